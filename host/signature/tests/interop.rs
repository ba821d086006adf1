//! xmlsec1 accepts what we sign, and we accept what xmlsec1 signs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;

use cebridge_signature::{Place, Profile, verify};
use support::{Identity, ORDER, run, small, usual};

/// Messages of the kinds that have broken signatures elsewhere.
fn messages() -> Vec<(&'static str, String)> {
    let many: String = (0..100)
        .map(|index| {
            format!("<ceb:Order><ceb:OrderHead><ceb:orderNo>NO-{index}</ceb:orderNo><ceb:goodsName>商品 &amp; 货物 {index}</ceb:goodsName></ceb:OrderHead></ceb:Order>")
        })
        .collect();
    let large = ORDER.replace("<ceb:Order>", &format!("{many}<ceb:Order>"));
    let default = ORDER.replace("xmlns:ceb=", "xmlns=").replace("ceb:", "");
    vec![
        ("prefixed", ORDER.to_owned()),
        ("default namespace", default),
        ("many documents", large),
        ("line ends", ORDER.replace("><", ">\r\n  <")),
        ("carriage returns", ORDER.replace("A-1", "A&#13;&#10;1\r2")),
        ("CDATA", ORDER.replace("A-1", "<![CDATA[<A> & \"1\"\r\n]]>]]&gt;")),
        ("comments", format!("{}\n<!-- after -->", ORDER.replace("<ceb:CEB311Message", "<!-- before --><ceb:CEB311Message"))),
        ("instructions", format!("{ORDER}\n<?after x?>\n")),
        ("attributes", ORDER.replace("<ceb:Order>", "<ceb:Order z='1' a=\"&lt;&quot;'\t&#9;&#10;\" xsi:type='ceb:x' xml:lang='zh'>")),
        ("other namespaces", ORDER.replace(" guid=", " xmlns:zz='http://z.example' xmlns:ds='http://ds.example' xmlns='http://d.example' xml:space='preserve' guid=")),
        ("empty elements", ORDER.replace("<ceb:note></ceb:note>", "<ceb:note/><ceb:note xmlns:ceb='http://www.chinaport.gov.cn/ceb' />")),
        ("overridden prefix", ORDER.replace("<ceb:note></ceb:note>", "<ceb:note xmlns:ceb='http://other.example'><x xmlns='' xmlns:ceb='http://www.chinaport.gov.cn/ceb'/></ceb:note>")),
    ]
}

fn xmlsec_accepts(at: &Path, xml: &[u8], identity: &Identity, label: &str) {
    std::fs::write(at.join("signed.xml"), xml).unwrap();
    std::fs::write(at.join("cert.pem"), &identity.pems.certificate_pem).unwrap();
    // With the given key, and with the trusted certificate from the message.
    for option in ["--pubkey-cert-pem", "--trusted-pem"] {
        let output = run(at, "xmlsec1", &["--verify", option, "cert.pem", "signed.xml"]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{label} {option}: {text}\n{}",
            String::from_utf8_lossy(xml)
        );
    }
}

#[test]
fn xmlsec_accepts_what_we_sign() {
    if !support::has("xmlsec1") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    for (label, message) in messages() {
        for (identity, profile) in [(small(), &Profile::RSA_SHA1), (usual(), &Profile::RSA_SHA256)] {
            for place in [Place::Last, Place::Before("ExtendMessage")] {
                let signed = identity.signer.sign(message.as_bytes(), profile, place).expect(label);
                xmlsec_accepts(at, &signed, identity, label);
            }
        }
    }
}

#[test]
fn xmlsec_refuses_what_we_refuse() {
    if !support::has("xmlsec1") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let signed = small()
        .signer
        .sign(ORDER.as_bytes(), &Profile::RSA_SHA1, Place::Last)
        .unwrap();
    let damaged = String::from_utf8(signed).unwrap().replace("A-1", "A-2");
    assert!(!verify(damaged.as_bytes(), &[], None).valid);
    std::fs::write(at.join("x.xml"), damaged).unwrap();
    std::fs::write(at.join("cert.pem"), &small().pems.certificate_pem).unwrap();
    assert!(
        !run(at, "xmlsec1", &["--verify", "--pubkey-cert-pem", "cert.pem", "x.xml"])
            .status
            .success()
    );
}

/// A template for xmlsec1, with the given prefix and white space.
fn template(profile: &Profile, prefix: &str, space: &str, key_name: &str) -> String {
    let (open, declaration) = match prefix {
        "" => (String::new(), "xmlns".to_owned()),
        prefix => (format!("{prefix}:"), format!("xmlns:{prefix}")),
    };
    let (method, digest) = (profile.signature_uri(), profile.digest_uri());
    format!(
        "<{open}Signature {declaration}=\"http://www.w3.org/2000/09/xmldsig#\">{space}<{open}SignedInfo>{space}\
         <{open}CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"/>{space}\
         <{open}SignatureMethod Algorithm=\"{method}\"/>{space}\
         <{open}Reference URI=\"\">{space}<{open}Transforms>{space}\
         <{open}Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>{space}</{open}Transforms>{space}\
         <{open}DigestMethod Algorithm=\"{digest}\"/>{space}<{open}DigestValue/>{space}</{open}Reference>{space}\
         </{open}SignedInfo>{space}<{open}SignatureValue/>{space}<{open}KeyInfo>{space}\
         <{open}KeyName>{key_name}</{open}KeyName>{space}<{open}X509Data/>{space}</{open}KeyInfo>{space}</{open}Signature>"
    )
}

#[test]
fn we_accept_what_xmlsec_signs() {
    if !support::has("xmlsec1") || !support::has("openssl") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    support::openssl(
        at,
        "req -x509 -newkey rsa:1024 -nodes -keyout key.pem -out cert.pem -subj /CN=xmlsec -set_serial 0x2a",
    );
    for (label, message) in messages() {
        for (profile, prefix, space) in [
            (&Profile::RSA_SHA1, "ds", ""),
            (&Profile::RSA_SHA256, "", "\n  "),
            (&Profile::RSA_SHA256, "dsig", "\r\n"),
        ] {
            let end = message.rfind("</").unwrap();
            let signature = template(profile, prefix, space, "0000002a");
            std::fs::write(
                at.join("template.xml"),
                format!("{}{signature}{}", &message[..end], &message[end..]),
            )
            .unwrap();
            let output = run(
                at,
                "xmlsec1",
                &[
                    "--sign",
                    "--privkey-pem",
                    "key.pem,cert.pem",
                    "--output",
                    "signed.xml",
                    "template.xml",
                ],
            );
            assert!(
                output.status.success(),
                "{label}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            let verdict = verify(&std::fs::read(at.join("signed.xml")).unwrap(), &[], None);
            assert!(verdict.valid, "{label} {prefix:?}: {:?}", verdict.reasons);
            assert_eq!(verdict.key_name.as_deref(), Some("0000002a"));
            assert_eq!(verdict.profile.as_ref(), Some(profile));
        }
    }
}
