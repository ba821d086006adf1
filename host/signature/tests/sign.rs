//! Signing: position and form of the signature, untouched content, and refusals.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use cebridge_signature::c14n::{Comments, Part, canonicalize};
use cebridge_signature::{ErrorKind, Place, Profile, SignError, Signer, XmlErrorKind, verify};
use proptest::prelude::*;
use support::{ORDER, sm2, small, small_key, usual};

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";

fn sign(xml: &str, place: Place<'_>) -> String {
    let signed = small().signer.sign(xml.as_bytes(), &Profile::RSA_SHA1, place).unwrap();
    String::from_utf8(signed).unwrap()
}

fn refusal(xml: &str) -> SignError {
    small()
        .signer
        .sign(xml.as_bytes(), &Profile::RSA_SHA1, Place::Last)
        .unwrap_err()
}

/// Splits a signed message into the parts before, in, and after its signature.
fn split(signed: &str) -> (&str, &str, &str) {
    let start = signed.find("<ds:Signature ").unwrap();
    let end = signed.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    (&signed[..start], &signed[start..end], &signed[end..])
}

#[test]
fn only_the_signature_is_inserted() {
    let signed = sign(ORDER, Place::Last);
    let (before, _, after) = split(&signed);
    assert_eq!(format!("{before}{after}"), ORDER);
    assert_eq!(after, "</ceb:CEB311Message>");
    let signed = sign(ORDER, Place::Before("ExtendMessage"));
    let (before, _, after) = split(&signed);
    assert_eq!(format!("{before}{after}"), ORDER);
    assert!(after.starts_with("<ceb:ExtendMessage>"));
    assert!(verify(signed.as_bytes(), &[], None).valid);
}

#[test]
fn without_the_named_child_the_signature_goes_last() {
    let xml = "<a><b><ExtendMessage/></b></a>";
    let signed = sign(xml, Place::Before("ExtendMessage"));
    let (before, _, after) = split(&signed);
    assert_eq!((before, after), ("<a><b><ExtendMessage/></b>", "</a>"));
}

#[test]
fn the_signature_has_the_form_every_reader_accepts() {
    let signed = sign(ORDER, Place::Last);
    let (before, signature, _) = split(&signed);
    assert!(!before.contains("xmldsig"));
    assert!(signature.starts_with(&format!(
        "<ds:Signature xmlns:ds=\"{DS}\"><ds:SignedInfo><ds:CanonicalizationMethod \
         Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\">"
    )));
    assert!(!signature.contains(['\n', '\r', '\t']));
    assert!(!signature.contains("> <"));
    let serial = small().certificate.serial_hex();
    let certificate = small()
        .pems
        .certificate_pem
        .lines()
        .filter(|line| !line.contains('-'))
        .collect::<String>();
    assert!(signature.ends_with(&format!(
        "</ds:SignatureValue><ds:KeyInfo><ds:KeyName>{serial}</ds:KeyName><ds:X509Data>\
         <ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\
         </ds:Signature>"
    )));
    // In place, SignedInfo shows its inherited namespaces, in the order customs signs them.
    let part = Part::Element(signed.find("<ds:SignedInfo").unwrap());
    let canonical = canonicalize(&signed, part, Comments::Drop).unwrap();
    assert!(String::from_utf8(canonical).unwrap().starts_with(&format!(
        "<ds:SignedInfo xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\" xmlns:ds=\"{DS}\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">"
    )));
}

#[test]
fn every_profile_names_its_algorithms() {
    for (identity, profile, method, digest) in [
        (
            sm2(),
            &Profile::SM2_SM3,
            "http://www.chinaport.gov.cn/2022/04/xmldsig#sm2-sm3",
            "http://www.chinaport.gov.cn/2022/04/xmldsig#sm3",
        ),
        (
            usual(),
            &Profile::RSA_SHA1,
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
            "http://www.w3.org/2000/09/xmldsig#sha1",
        ),
        (
            usual(),
            &Profile::RSA_SHA256,
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "http://www.w3.org/2001/04/xmlenc#sha256",
        ),
    ] {
        let signed = identity.signer.sign(ORDER.as_bytes(), profile, Place::Last).unwrap();
        let text = String::from_utf8(signed.clone()).unwrap();
        assert!(text.contains(&format!("<ds:SignatureMethod Algorithm=\"{method}\">")));
        assert!(text.contains(&format!("<ds:DigestMethod Algorithm=\"{digest}\">")));
        let verdict = verify(&signed, &[], None);
        assert!(verdict.valid, "{:?}", verdict.reasons);
        assert_eq!(verdict.profile.as_ref(), Some(profile));
        assert_eq!(Profile::official(profile.name()).as_ref(), Some(profile));
    }
    assert_eq!(Profile::official("rsa-sha512"), None);
}

#[test]
fn a_signature_of_the_root_is_replaced() {
    let first = sign(ORDER, Place::Last);
    assert_eq!(sign(&first, Place::Last), first);
    let moved = sign(&first, Place::Before("ExtendMessage"));
    assert_eq!(moved, sign(ORDER, Place::Before("ExtendMessage")));
    assert_eq!(sign(&moved, Place::Last), first);
    let other = usual()
        .signer
        .sign(first.as_bytes(), &Profile::RSA_SHA256, Place::Last)
        .unwrap();
    assert_eq!(
        other,
        usual()
            .signer
            .sign(ORDER.as_bytes(), &Profile::RSA_SHA256, Place::Last)
            .unwrap()
    );
    // An empty one, as in a template, too.
    let template = ORDER.replace(
        "<ceb:ExtendMessage>",
        &format!("<Signature xmlns='{DS}'/><ceb:ExtendMessage>"),
    );
    assert_eq!(sign(&template, Place::Last), first);
}

#[test]
fn signatures_elsewhere_are_not_signed_over() {
    let nested = format!("<a>\n<b><Signature xmlns='{DS}'/></b></a>");
    assert_eq!(refusal(&nested), SignError::SignatureElsewhere { line: 2 });
    let root = format!("<Signature xmlns='{DS}'></Signature>");
    assert_eq!(refusal(&root), SignError::SignatureElsewhere { line: 1 });
    let two = format!("<a xmlns:ds='{DS}'><ds:Signature/><b/><ds:Signature/></a>");
    assert_eq!(refusal(&two), SignError::SeveralSignatures);
    // Only the name in its namespace counts.
    assert!(verify(sign("<a><b><Signature/></b></a>", Place::Last).as_bytes(), &[], None).valid);
}

#[test]
fn a_byte_order_mark_goes() {
    let signed = sign(&format!("\u{feff}{ORDER}"), Place::Last);
    assert_eq!(signed, sign(ORDER, Place::Last));
}

#[test]
fn what_cannot_be_signed_is_refused_by_name() {
    assert_eq!(refusal("<a/>"), SignError::EmptyRoot);
    assert_eq!(refusal("<a>\n<b>1<!-- c -->2</b></a>"), SignError::Comment { line: 2 });
    assert_eq!(refusal("<a><?p d?></a>"), SignError::Comment { line: 1 });
    let kind = |xml: &[u8]| match small().signer.sign(xml, &Profile::RSA_SHA1, Place::Last) {
        Err(SignError::Xml(error)) => error.kind,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        kind(b"<?xml version='1.0' encoding='GBK'?><a>x</a>"),
        XmlErrorKind::Encoding("GBK".into())
    );
    // "中" in GBK: the declaration explains the bytes.
    assert_eq!(
        kind(b"<?xml version='1.0' encoding='gb2312'?><a>\xd6\xd0</a>"),
        XmlErrorKind::Encoding("gb2312".into())
    );
    assert_eq!(kind(b"<a>\xd6\xd0</a>"), XmlErrorKind::NotUtf8);
    assert_eq!(kind(b"\xff\xfe<\0a\0/\0>\0"), XmlErrorKind::Encoding("UTF-16".into()));
    assert_eq!(kind(b"<!DOCTYPE a><a>x</a>"), XmlErrorKind::Xml(ErrorKind::Doctype));
    let signer = Signer::new(small_key(), None).unwrap();
    assert_eq!(
        signer.sign(b"<a>x</a>", &Profile::RSA_SHA1, Place::Last),
        Err(SignError::KeyNameMissing)
    );
}

#[test]
fn a_signer_without_certificate_signs_under_its_name() {
    let signer = Signer::new(small_key(), None).unwrap().with_key_name("0001").unwrap();
    let signed = signer.sign(ORDER.as_bytes(), &Profile::RSA_SHA1, Place::Last).unwrap();
    let text = String::from_utf8(signed).unwrap();
    assert!(text.contains("<ds:KeyInfo><ds:KeyName>0001</ds:KeyName></ds:KeyInfo>"));
}

#[test]
fn roots_of_any_shape_are_signed_right() {
    let roots = [
        "<a xmlns='http://d.example' xmlns:ds='http://other.example' xmlns:zz='http://z.example'><ds:b/></a>",
        "<a xmlns='http://d.example' xml:lang='zh' xml:space='preserve' b='1'>\n <b/>\n</a>",
        "<a xmlns=''><b xmlns='http://d.example'/></a>",
        "<ds:a xmlns:ds='http://www.w3.org/2000/09/xmldsig#'><ds:b/></ds:a>",
        "<a xmlns:xml='http://www.w3.org/XML/1998/namespace'>x</a>",
        "<a xmlns:é='http://e.example/&amp;' xmlns:A='http://a.example'>x</a>",
        "<!-- c --><?p d?><a>\r\n x\r\n</a ><!-- d -->\n",
        "<a><![CDATA[<&>]]>&#13;&quot;</a>",
    ];
    for root in roots {
        let signed = sign(root, Place::Last);
        let verdict = verify(signed.as_bytes(), &[], None);
        assert!(verdict.valid, "{root}: {:?}", verdict.reasons);
    }
}

#[test]
fn a_canonical_body_stays_canonical() {
    let signed = sign(ORDER, Place::Last);
    let body = signed.split_once('\n').unwrap().1;
    let canonical = canonicalize(&signed, Part::Document, Comments::Drop).unwrap();
    assert_eq!(String::from_utf8(canonical).unwrap(), body);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_signed_verifies(
        text in "[ -~\t\n\r\u{a0}-\u{d7ff}\u{10000}-\u{1ffff}]{0,40}",
        attribute in "[ -~\t\n\u{4e00}-\u{4eff}]{0,20}",
        lines in any::<bool>(),
    ) {
        let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        let feed = if lines { "\r\n" } else { "" };
        let xml = format!("<a b=\"{}\">{feed}<c>{}</c>{feed}</a>", escape(&attribute), escape(&text));
        let signed = sign(&xml, Place::Last);
        let verdict = verify(signed.as_bytes(), &[], None);
        prop_assert!(verdict.valid, "{:?}", verdict.reasons);
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = small().signer.sign(&bytes, &Profile::RSA_SHA1, Place::Last);
        prop_assert!(!verify(&bytes, &[], None).valid);
    }
}
