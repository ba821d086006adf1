//! Faulty senders, each built to make one mistake, and the cause reported for it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::type_complexity,
    missing_docs
)]

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cebridge_signature::c14n::{C14N_URI, Comments, Part, canonicalize};
use cebridge_signature::{
    Cause, Explained, Hash, Options, PrivateKey, Profile, ReasonCode, SM2_USER_ID, Scheme, SigningKey, Tolerated,
    explain, sm2_value, verify, verify_ukey_layout,
};
use support::{Identity, ORDER, sm2, small, usual};

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const XSI: &str = " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
const CEB: &str = " xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\"";
const END: &str = "</ceb:CEB311Message>";

type Digest<'s> = Box<dyn Fn(&str) -> String + 's>;
type Value<'s> = Box<dyn Fn(&str) -> String + 's>;

/// A sender, defined by its digest of a message and its value over `SignedInfo`.
struct Sender<'s> {
    identity: &'s Identity,
    /// The algorithms it names.
    profile: Profile,
    /// From the canonical message to `DigestValue`.
    digest: Digest<'s>,
    /// From the canonical `SignedInfo` in its place to `SignatureValue`.
    value: Value<'s>,
}

impl<'s> Sender<'s> {
    fn new(identity: &'s Identity, profile: Profile) -> Sender<'s> {
        let (hash, own) = (profile.digest(), profile.clone());
        Sender {
            identity,
            profile,
            digest: Box::new(move |canonical| STANDARD.encode(hash.digest(canonical.as_bytes()))),
            value: Box::new(move |info| STANDARD.encode(identity.signer.raw_sign(&own, info.as_bytes()).unwrap())),
        }
    }

    fn rsa() -> Sender<'static> {
        Sender::new(small(), Profile::RSA_SHA256)
    }

    fn sm2() -> Sender<'static> {
        Sender::new(sm2(), Profile::SM2_SM3)
    }

    /// Digests these bytes instead of the canonical message.
    fn digesting(mut self, form: impl Fn(&str) -> Vec<u8> + 's) -> Self {
        let hash = self.profile.digest();
        self.digest = Box::new(move |canonical| STANDARD.encode(hash.digest(&form(canonical))));
        self
    }

    /// Signs these bytes instead of the canonical `SignedInfo`.
    fn signing(mut self, form: impl Fn(&str) -> Vec<u8> + 's) -> Self {
        let (identity, profile) = (self.identity, self.profile.clone());
        self.value = Box::new(move |info| STANDARD.encode(identity.signer.raw_sign(&profile, &form(info)).unwrap()));
        self
    }

    /// Computes the value with the bare key.
    fn keyed(mut self, value: impl Fn(&PrivateKey, &[u8]) -> Vec<u8> + 's) -> Self {
        let key = PrivateKey::from_pem(&self.identity.pems.key_pem, None).unwrap();
        self.value = Box::new(move |info| STANDARD.encode(value(&key, info.as_bytes())));
        self
    }

    /// A message with its signature.
    fn send(&self, message: &str) -> String {
        let canonical = text(canonicalize(message, Part::Document, Comments::Drop).unwrap());
        let digest = (self.digest)(&canonical);
        let signature = |value: &str| {
            format!(
                "<ds:Signature xmlns:ds=\"{DS}\"><ds:SignedInfo>\
                 <ds:CanonicalizationMethod Algorithm=\"{C14N_URI}\"></ds:CanonicalizationMethod>\
                 <ds:SignatureMethod Algorithm=\"{}\"></ds:SignatureMethod>\
                 <ds:Reference URI=\"\"><ds:Transforms>\
                 <ds:Transform Algorithm=\"{DS}enveloped-signature\"></ds:Transform></ds:Transforms>\
                 <ds:DigestMethod Algorithm=\"{}\"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue>\
                 </ds:Reference></ds:SignedInfo><ds:SignatureValue>{value}</ds:SignatureValue>\
                 <ds:KeyInfo><ds:KeyName>{}</ds:KeyName><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate>\
                 </ds:X509Data></ds:KeyInfo></ds:Signature>",
                self.profile.signature_uri(),
                self.profile.digest_uri(),
                self.identity.certificate.serial_hex(),
                STANDARD.encode(self.identity.certificate.der())
            )
        };
        let at = message.rfind("</").unwrap();
        let draft = [&message[..at], &signature("AA=="), &message[at..]].concat();
        let place = Part::Element(draft.find("<ds:SignedInfo").unwrap());
        let info = text(canonicalize(&draft, place, Comments::Drop).unwrap());
        [&message[..at], &signature(&(self.value)(&info)), &message[at..]].concat()
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn explained(message: &[u8]) -> Explained {
    explain(message, &Options::default())
}

/// Asserts that the message is refused with exactly these causes.
#[track_caller]
fn assert_causes(message: &str, causes: &[Cause]) {
    let found = explained(message.as_bytes());
    assert!(!found.verdict.valid, "{message}");
    let named: Vec<Cause> = found.causes.iter().map(|found| found.cause).collect();
    assert_eq!(named, causes, "{:?}\n{:?}", found.causes, found.verdict.reasons);
}

/// An order written over several lines.
fn lines() -> String {
    ORDER
        .replace("><ceb:", ">\n  <ceb:")
        .replace("</ceb:OrderHead></ceb:Order>", "</ceb:OrderHead>\n  </ceb:Order>")
}

#[test]
fn a_right_sender_needs_no_explanation() {
    for sender in [Sender::rsa(), Sender::sm2(), Sender::new(usual(), Profile::RSA_SHA1)] {
        for message in [ORDER, &lines()] {
            let found = explained(sender.send(message).as_bytes());
            assert!(found.verdict.valid, "{:?}", found.verdict.reasons);
            assert!(found.causes.is_empty());
        }
    }
}

#[test]
fn what_happens_to_messages_after_signing() {
    for sender in [Sender::rsa(), Sender::sm2()] {
        let signed = sender.send(ORDER);
        for beside in ["\n", "\r\n", "\n  "] {
            let after = signed.replace(END, &format!("{beside}{END}"));
            assert_causes(&after, &[Cause::SpaceBesideSignature]);
            let before = signed.replace("<ds:Signature ", &format!("{beside}<ds:Signature "));
            assert_causes(&before, &[Cause::SpaceBesideSignature]);
        }
        // A message that already ended in a line feed got another one.
        let signed = sender.send(&ORDER.replace(END, &format!("\n{END}")));
        assert_causes(
            &signed.replace(END, &format!("\n{END}")),
            &[Cause::SpaceBesideSignature],
        );
        let signed = sender.send(ORDER);
        assert_causes(&signed.replace("><ceb:", ">\n\t<ceb:"), &[Cause::Indented]);
        assert_causes(&signed.replace("A-1", "A-2"), &[Cause::ContentChanged]);
        let info = signed.replace("><ds:", ">\n    <ds:");
        let info = info.replace(">\n    <ds:Signature ", "><ds:Signature ");
        assert_causes(&info, &[Cause::SignedInfoIndented]);
    }
}

#[test]
fn digests_over_other_bytes() {
    let cases: Vec<(&str, Cause, Box<dyn Fn(&str) -> Vec<u8>>)> = vec![
        (
            "line feed",
            Cause::TrailingNewline,
            Box::new(|c| format!("{c}\n").into()),
        ),
        (
            "declaration",
            Cause::Declaration,
            Box::new(|c| format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{c}").into()),
        ),
        (
            "declaration alone",
            Cause::Declaration,
            Box::new(|c| format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{c}").into()),
        ),
        ("mark", Cause::Declaration, Box::new(|c| format!("\u{feff}{c}").into())),
        (
            "self-closing",
            Cause::EmptyElements,
            Box::new(|c| c.replace("<ceb:note></ceb:note>", "<ceb:note />").into()),
        ),
        (
            "without xsi",
            Cause::RootNamespaces,
            Box::new(|c| c.replace(XSI, "").into()),
        ),
        (
            "with xsd",
            Cause::RootNamespaces,
            Box::new(|c| {
                c.replace(XSI, &format!(" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"{XSI}"))
                    .into()
            }),
        ),
        (
            "utf-16",
            Cause::Encoding,
            Box::new(|c| c.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ),
        (
            "gbk",
            Cause::Encoding,
            Box::new(|c| encoding_rs::GB18030.encode(c).0.into_owned()),
        ),
    ];
    for (name, cause, form) in &cases {
        println!("{name}");
        assert_causes(&Sender::rsa().digesting(form).send(ORDER), &[*cause]);
        assert_causes(&Sender::sm2().digesting(form).send(ORDER), &[*cause]);
    }
    let windows = |canonical: &str| canonical.replace('\n', "\r\n").into_bytes();
    assert_causes(&Sender::rsa().digesting(windows).send(&lines()), &[Cause::LineEnds]);
    let escaped = |canonical: &str| canonical.replace('\n', "&#xD;\n").into_bytes();
    assert_causes(&Sender::sm2().digesting(escaped).send(&lines()), &[Cause::LineEnds]);
    let short = ORDER.replace("<ceb:note></ceb:note>", "<ceb:note/>");
    let raw = short.clone().into_bytes();
    assert_causes(
        &Sender::rsa().digesting(move |_| raw.clone()).send(&short),
        &[Cause::RawText],
    );
    let pretty = |_: &str| b"<a>\n  <b>1</b>\n  <c>\n    <d></d>\n  </c>\n</a>".to_vec();
    assert_causes(
        &Sender::rsa().digesting(pretty).send("<a><b>1</b><c><d/></c></a>"),
        &[Cause::IndentedBefore],
    );
}

#[test]
fn digests_with_the_signature_inside() {
    // The signature is put into the message as a form to fill in, and the digest is made over both.
    let form = Sender {
        digest: Box::new(|_| String::new()),
        value: Box::new(|_| String::new()),
        ..Sender::rsa()
    };
    let filled = canonicalize(&form.send(ORDER), Part::Document, Comments::Drop).unwrap();
    let signed = Sender::rsa().digesting(move |_| filled.clone()).send(ORDER);
    assert_causes(&signed, &[Cause::WithSignature]);
}

#[test]
fn digests_with_comments() {
    let comments = ORDER.replace("<ceb:note>", "<!-- why --><ceb:note>");
    let kept = text(canonicalize(&comments, Part::Document, Comments::Keep).unwrap());
    let signed = Sender::rsa()
        .digesting(move |_| kept.clone().into_bytes())
        .send(&comments);
    assert_causes(&signed, &[Cause::Comments]);
    assert!(explained(signed.as_bytes()).verdict.has(ReasonCode::Comment));
}

#[test]
fn digests_in_other_forms() {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut sender = Sender::rsa();
    sender.digest = Box::new(move |canonical| STANDARD.encode(hex(&Hash::Sha256.digest(canonical.as_bytes()))));
    assert_causes(&sender.send(ORDER), &[Cause::DigestHex]);
    let mut sender = Sender::sm2();
    sender.digest = Box::new(move |canonical| hex(&Hash::Sm3.digest(canonical.as_bytes())).to_uppercase());
    assert_causes(&sender.send(ORDER), &[Cause::DigestHex]);
    let mut sender = Sender::rsa();
    sender.digest = Box::new(|canonical| STANDARD.encode(Hash::Sha1.digest(canonical.as_bytes())));
    assert_causes(&sender.send(ORDER), &[Cause::DigestHash]);
    let mut sender = Sender::sm2();
    sender.digest = Box::new(|canonical| STANDARD.encode(Hash::Sha256.digest(format!("{canonical}\n").as_bytes())));
    assert_causes(&sender.send(ORDER), &[Cause::TrailingNewline, Cause::DigestHash]);
}

#[test]
fn values_over_other_namespaces() {
    let apart = |info: &str| info.replace(XSI, "").replace(CEB, "").into_bytes();
    let without_xsi = |info: &str| info.replace(XSI, "").into_bytes();
    let without_ceb = |info: &str| info.replace(CEB, "").into_bytes();
    let with_xsd = |info: &str| {
        info.replacen(XSI, &format!(" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"{XSI}"), 1)
            .into_bytes()
    };
    for sender in [Sender::rsa, Sender::sm2] {
        assert_causes(&sender().signing(apart).send(ORDER), &[Cause::SignedInfoApart]);
        assert_causes(&sender().signing(without_xsi).send(ORDER), &[Cause::SignedInfoMissing]);
        assert_causes(&sender().signing(without_ceb).send(ORDER), &[Cause::SignedInfoMissing]);
        assert_causes(&sender().signing(with_xsd).send(ORDER), &[Cause::SignedInfoExtra]);
        // Signed in a message that declares xsi, sent in one that does not.
        let with_xsi = |info: &str| {
            let ds = format!(" xmlns:ds=\"{DS}\"");
            info.replacen(&ds, &format!("{ds}{XSI}"), 1).into_bytes()
        };
        let found = explained(sender().signing(with_xsi).send(&ORDER.replace(XSI, "")).as_bytes());
        assert_eq!(found.causes[0].cause, Cause::SignedInfoExtra);
        assert!(
            found.causes[0].detail.contains("xmlns:xsi"),
            "{}",
            found.causes[0].detail
        );
    }
    let indented = Sender::rsa()
        .signing(apart)
        .send(ORDER)
        .replace("</ds:Reference>", "</ds:Reference>\n");
    assert_causes(&indented, &[Cause::SignedInfoApart, Cause::SignedInfoIndented]);
}

#[test]
fn values_over_other_bytes() {
    let raw = |info: &str| {
        let tag = info.find('>').unwrap();
        format!("<ds:SignedInfo{}", &info[tag..]).into_bytes()
    };
    assert_causes(&Sender::rsa().signing(raw).send(ORDER), &[Cause::SignedInfoRaw]);
    let windows = |info: &str| info.replace("><ds:", ">\r\n<ds:").into_bytes();
    let signed = Sender::sm2().signing(windows).send(ORDER);
    let (head, tail) = signed.split_once("<ds:SignedInfo>").unwrap();
    let (info, tail) = tail.split_once("</ds:SignedInfo>").unwrap();
    let sent = format!(
        "{head}<ds:SignedInfo>\n{}</ds:SignedInfo>{tail}",
        info.replace("><ds:", ">\n<ds:")
    );
    assert_causes(&sent, &[Cause::SignedInfoLineEnds]);
    let twice = |info: &str| Hash::Sm3.digest(info.as_bytes());
    assert_causes(&Sender::sm2().signing(twice).send(ORDER), &[Cause::HashedTwice]);
    let message = |_: &str| canonicalize(ORDER, Part::Document, Comments::Drop).unwrap();
    assert_causes(&Sender::rsa().signing(message).send(ORDER), &[Cause::OtherBytes]);
    let digest = move |info: &str| Hash::Sha256.digest(&message(info));
    assert_causes(&Sender::rsa().signing(digest).send(ORDER), &[Cause::OtherBytes]);
    let nothing = |_: &str| b"something else".to_vec();
    assert_causes(&Sender::rsa().signing(nothing).send(ORDER), &[Cause::OtherKey]);
}

#[test]
fn values_in_other_forms() {
    let usual_id = Scheme::Sm2Sm3 { user_id: SM2_USER_ID };
    let der = |key: &PrivateKey, info: &[u8]| sm2_value::to_der(&key.sign(usual_id, info).unwrap()).unwrap();
    assert_causes(&Sender::sm2().keyed(der).send(ORDER), &[Cause::DerValue]);
    let swapped = |key: &PrivateKey, info: &[u8]| {
        let value = key.sign(usual_id, info).unwrap();
        [&value[32..], &value[..32]].concat()
    };
    assert_causes(&Sender::sm2().keyed(swapped).send(ORDER), &[Cause::SwappedValue]);
    let nobody = |key: &PrivateKey, info: &[u8]| key.sign(Scheme::Sm2Sm3 { user_id: "" }, info).unwrap();
    assert_causes(&Sender::sm2().keyed(nobody).send(ORDER), &[Cause::UserId]);
    let hex = |key: &PrivateKey, info: &[u8]| {
        let value = key.sign(Scheme::RsaSha256, info).unwrap();
        value
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
            .into_bytes()
    };
    assert_causes(&Sender::rsa().keyed(hex).send(ORDER), &[Cause::ValueHex]);
    let sha1 = |key: &PrivateKey, info: &[u8]| key.sign(Scheme::RsaSha1, info).unwrap();
    assert_causes(&Sender::rsa().keyed(sha1).send(ORDER), &[Cause::SignatureHash]);
}

#[test]
fn algorithms_named_wrongly() {
    // An SM2 card under RSA algorithm names, and the reverse.
    let mut sender = Sender::new(sm2(), Profile::RSA_SHA1);
    sender.value = Box::new(|info| STANDARD.encode(sm2().signer.raw_sign(&Profile::SM2_SM3, info.as_bytes()).unwrap()));
    let found = explained(sender.send(ORDER).as_bytes());
    assert!(found.verdict.has(ReasonCode::KeyKind), "{:?}", found.verdict.reasons);
    assert_eq!(found.causes[0].cause, Cause::AlgorithmNames);
    assert!(found.causes[0].detail.contains("sm2-sm3"), "{}", found.causes[0].detail);
    let mut sender = Sender::new(small(), Profile::SM2_SM3);
    sender.value =
        Box::new(|info| STANDARD.encode(small().signer.raw_sign(&Profile::RSA_SHA1, info.as_bytes()).unwrap()));
    assert_causes(&sender.send(ORDER), &[Cause::AlgorithmNames]);
    // A combination that no profile has.
    let sent = |from: &str, to: &str| {
        let mut sender = Sender::rsa();
        let (from, to) = (from.to_owned(), to.to_owned());
        let (one, two) = (from.clone(), to.clone());
        sender = sender.signing(move |info| info.replace(&one, &two).into_bytes());
        sender.send(ORDER).replace(&from, &to)
    };
    let mixed = sent(Profile::RSA_SHA256.digest_uri(), Profile::RSA_SHA1.digest_uri());
    let found = explained(mixed.as_bytes());
    assert!(found.verdict.has(ReasonCode::Algorithm));
    assert_eq!(found.causes[0].cause, Cause::AlgorithmNames);
}

#[test]
fn certificates_in_the_wrong_order_or_missing() {
    let signed = Sender::rsa().send(ORDER);
    let other = format!(
        "<ds:X509Certificate>{}</ds:X509Certificate>",
        STANDARD.encode(usual().certificate.der())
    );
    let sent = signed.replace("<ds:X509Data>", &format!("<ds:X509Data>{other}"));
    assert_causes(&sent, &[Cause::CertificateOrder]);
    let start = signed.find("<ds:X509Data>").unwrap();
    let end = signed.find("</ds:X509Data>").unwrap() + "</ds:X509Data>".len();
    let without = [&signed[..start], &signed[end..]].concat();
    let trust = [small().certificate.clone()];
    let found = explain(
        without.as_bytes(),
        &Options {
            trust: &trust,
            ..Options::default()
        },
    );
    assert_eq!(found.causes[0].cause, Cause::KnownCertificate);
}

#[test]
fn signatures_at_a_wrong_place_or_too_many() {
    let signed = Sender::rsa().send(ORDER);
    let start = signed.find("<ds:Signature ").unwrap();
    let end = signed.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let (signature, bare) = (&signed[start..end], [&signed[..start], &signed[end..]].concat());
    let first = bare.replace("<ceb:Order>", &format!("{signature}<ceb:Order>"));
    assert_causes(&first, &[Cause::Moved]);
    let inside = bare.replace("</ceb:OrderHead>", &format!("{signature}</ceb:OrderHead>"));
    assert_causes(&inside, &[Cause::Moved]);
    let before = bare.replace("<ceb:ExtendMessage>", &format!("{signature}<ceb:ExtendMessage>"));
    assert!(explained(before.as_bytes()).verdict.valid);
    // The message was changed and signed again, with the old signature left in.
    let again = Sender::sm2().send(&ORDER.replace("A-1", "A-2"));
    let both = again.replace("<ds:Signature ", &format!("{signature}<ds:Signature "));
    let found = explained(both.as_bytes());
    assert_eq!(found.causes[0].cause, Cause::OneOfSeveral);
    assert!(
        found.causes[0].detail.starts_with("Signature 2 of 2"),
        "{}",
        found.causes[0].detail
    );
    assert_causes(&both.replace("A-2", "A-3"), &[Cause::NoneOfSeveral]);
}

#[test]
fn messages_in_other_encodings() {
    let signed = Sender::sm2().send(ORDER).replace("\"UTF-8\"?", "\"GBK\"?");
    let (gbk, _, _) = encoding_rs::GBK.encode(&signed);
    let found = explained(&gbk);
    assert!(found.verdict.has(ReasonCode::Malformed));
    assert_eq!(found.causes[0].cause, Cause::Encoding);
    assert!(
        found.causes[0].detail.contains("in UTF-8 verifies"),
        "{}",
        found.causes[0].detail
    );
}

/// Lays out a message like the customs UKey client does.
fn ukey(signed: &str) -> String {
    let (head, tail) = signed.split_once("<ds:SignedInfo>").unwrap();
    let (info, tail) = tail.split_once("</ds:SignedInfo>").unwrap();
    let info = info.replace("><ds:", ">\n      <ds:");
    let tail = tail.replace(END, &format!("\n{END}"));
    format!("{head}<ds:SignedInfo>\n      {info}\n    </ds:SignedInfo>{tail}")
}

#[test]
fn the_layout_of_the_ukey_client_is_forgiven_on_request_only() {
    let options = Options::default();
    let signed = Sender::sm2().send(ORDER);
    let sent = ukey(&signed);
    assert!(!verify(sent.as_bytes(), &[], None).valid);
    let verdict = verify_ukey_layout(sent.as_bytes(), &options);
    assert!(verdict.valid, "{:?}", verdict.reasons);
    assert_eq!(
        verdict.tolerated,
        [Tolerated::SignedInfoIndented, Tolerated::LineFeedAfterSignature]
    );
    let one = signed.replace(END, &format!("\n{END}"));
    assert_eq!(
        verify_ukey_layout(one.as_bytes(), &options).tolerated,
        [Tolerated::LineFeedAfterSignature]
    );
    // A correct message is not touched.
    let right = verify_ukey_layout(signed.as_bytes(), &options);
    assert!(right.valid && right.tolerated.is_empty());
    // Nothing else is tolerated: two line feeds, a space, changed content, white space before the Signature.
    for other in [
        signed.replace(END, &format!("\n\n{END}")),
        signed.replace(END, &format!(" {END}")),
        signed.replace(END, &format!("\r\n{END}")),
        signed.replace("<ds:Signature ", "\n<ds:Signature "),
        sent.replace("A-1", "A-2"),
        sent.replace("<ceb:Order>", "\n<ceb:Order>"),
        sent.replace(
            "Algorithm=\"http://www.w3.org/TR",
            "Id=\"x\" Algorithm=\"http://www.w3.org/TR",
        ),
    ] {
        let verdict = verify_ukey_layout(other.as_bytes(), &options);
        assert!(!verdict.valid && verdict.tolerated.is_empty(), "{other}");
    }
}

#[test]
fn every_cause_and_reason_has_its_own_code_and_a_way_out() {
    let codes: Vec<&str> = Cause::ALL.iter().map(|cause| cause.as_str()).collect();
    let reasons: Vec<&str> = ReasonCode::ALL.iter().map(|code| code.as_str()).collect();
    let mut all = [codes, reasons].concat();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count, "a code stands twice");
    assert!(Cause::ALL.iter().all(|cause| !cause.repair().is_empty()));
}

#[test]
fn repairs_name_the_element_and_the_notation_of_what_is_written() {
    for (repair, words) in [
        (Cause::DigestHex.repair(), &["Base64", "DigestValue"][..]),
        (Cause::ValueHex.repair(), &["Base64", "SignatureValue"]),
        (Cause::DerValue.repair(), &["Base64", "SignatureValue", "32 bytes"]),
        (Cause::RawValue.repair(), &["Base64", "SignatureValue", "DER"]),
        (Cause::SwappedValue.repair(), &["SignatureValue"]),
        (Cause::AlgorithmNames.repair(), &["SignatureMethod", "DigestMethod"]),
        (Cause::DigestHash.repair(), &["DigestMethod"]),
        (Cause::SignatureHash.repair(), &["SignatureMethod"]),
        (Cause::CertificateOrder.repair(), &["X509Certificate"]),
        (Cause::OtherKey.repair(), &["X509Certificate"]),
        (Cause::KnownCertificate.repair(), &["DER", "Base64", "X509Certificate"]),
        (
            ReasonCode::CertificateMissing.repair(),
            &["DER", "Base64", "X509Certificate"],
        ),
        (
            ReasonCode::CertificateMalformed.repair(),
            &["DER", "Base64", "X509Certificate"],
        ),
        (ReasonCode::KeyNameMismatch.repair(), &["hexadecimal", "KeyName"]),
        (
            ReasonCode::SerialNumberMismatch.repair(),
            &["decimal", "X509SerialNumber", "X509IssuerSerial"],
        ),
        (ReasonCode::SubjectNameMismatch.repair(), &["X509SubjectName"]),
        (ReasonCode::Algorithm.repair(), &["SignatureMethod", "DigestMethod"]),
        (ReasonCode::KeyKind.repair(), &["SignatureMethod", "DigestMethod"]),
        (ReasonCode::Canonicalization.repair(), &["CanonicalizationMethod"]),
        (ReasonCode::Transforms.repair(), &["Transform", "Reference"]),
    ] {
        for word in words {
            assert!(repair.contains(word), "{word}: {repair}");
        }
    }
    // One notation each: only the serial number of X509IssuerSerial is decimal.
    assert!(!ReasonCode::KeyNameMismatch.repair().contains("in decimal"));
    assert!(!ReasonCode::SerialNumberMismatch.repair().contains("hexadecimal"));
}
