//! Target `signature`: whatever is done to a signed message, what is still accepted says what was signed.

use std::sync::OnceLock;

use cebridge_signature::{
    Certificate, KeyKind, Place, Profile, Signer, generate_identity, generate_sm2_identity, verify,
};

use crate::script::Script;
use crate::view;

/// Messages that are signed: with prefixes and without, as import and as export messages stand.
const MESSAGES: [&str; 3] = [
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ceb:CEB311Message xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\" \
     xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" guid=\"4CDE1CFD-EDED-46B1-946C-B8022E42FC94\" version=\"1.0\">\
     <ceb:Order><ceb:OrderHead><ceb:orderNo>A-1</ceb:orderNo><ceb:goodsValue>123.45</ceb:goodsValue>\
     <ceb:note></ceb:note></ceb:OrderHead></ceb:Order></ceb:CEB311Message>",
    "<CEB603Message xmlns=\"http://www.chinaport.gov.cn/ceb\" version=\"1.0\">\n  <Inventory><note>甲 &amp; 乙</note></Inventory>\n  \
     <ExtendMessage><name>x</name></ExtendMessage>\n</CEB603Message>\n",
    "<a:m xmlns:a=\"urn:x:a\" xmlns:b=\"urn:x:b\" xml:lang=\"zh\" b:y=\"1\" x=\"2\"><a:v>1<![CDATA[2]]></a:v><b:v xmlns=\"urn:x:d\"><w/></b:v></a:m>",
];

/// What is signed once for each process.
struct Originals {
    trust: Vec<Certificate>,
    signed: Vec<Vec<u8>>,
    /// What the data layer reads from each of them.
    views: Vec<String>,
}

fn originals() -> &'static Originals {
    static ORIGINALS: OnceLock<Originals> = OnceLock::new();
    ORIGINALS.get_or_init(|| {
        let mut originals = Originals {
            trust: Vec::new(),
            signed: Vec::new(),
            views: Vec::new(),
        };
        for (signer, profile) in signers() {
            originals.trust.extend(signer.certificate().cloned());
            for message in MESSAGES {
                let signed = signer.sign(message.as_bytes(), &profile, Place::Before("ExtendMessage"));
                let signed = signed.expect("the messages can be signed");
                originals.views.push(data(&signed));
                originals.signed.push(signed);
            }
        }
        originals
    })
}

/// Signers for every profile. The keys are made afresh; what they sign has always the same length, give or take a byte
/// of a certificate, so that a script found once nearly always means the same later.
fn signers() -> Vec<(Signer, Profile)> {
    let rsa = || generate_identity("CN=Fuzz,O=Example", 1024);
    let sm2 = || generate_sm2_identity("CN=Fuzz,O=Example");
    let signer = |profile: Profile| {
        let (key, certificate, _) = match profile.fits(KeyKind::Sm2) {
            true => sm2(),
            false => rsa(),
        }
        .expect("a key can be made");
        let signer = Signer::new(key, Some(certificate)).expect("key and certificate belong together");
        (signer, profile)
    };
    Profile::OFFICIAL.map(signer).into()
}

/// What the data layer reads besides the signature.
fn data(xml: &[u8]) -> String {
    view::data_without_signature(xml).expect("what is accepted is readable")
}

/// The first byte says whether the rest is a message (even) or a script of changes to a signed one (odd). With no
/// changes, the signed message must be accepted.
pub fn signature(input: &[u8]) {
    let originals = originals();
    let Some((kind, rest)) = input.split_first() else {
        return;
    };
    let changed = match kind % 2 {
        0 => rest.to_vec(),
        _ => Script::new(rest).apply(&originals.signed),
    };
    let verdict = verify(&changed, &originals.trust, None);
    assert_eq!(verdict.valid, verdict.reasons.is_empty());
    for reason in &verdict.reasons {
        assert!(!reason.detail.is_empty(), "{} without a word", reason.code);
    }
    if verdict.valid {
        assert_eq!(verdict.trusted, Some(true), "accepted from somebody else");
        assert!(
            originals.views.contains(&data(&changed)),
            "accepted, but nobody signed this:\n{}",
            String::from_utf8_lossy(&changed)
        );
    }
    if rest.len() <= 1 && kind % 2 == 1 {
        assert!(verdict.valid, "an unchanged message is refused: {:?}", verdict.reasons);
    }
}
