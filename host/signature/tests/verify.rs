//! Verification: every deviation from the one accepted form has its reason.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::OnceLock;

use cebridge_signature::c14n::{C14N_URI, Comments, Part, canonicalize};
use cebridge_signature::{Options, Place, Profile, ReasonCode, Signer, Verdict, verify, verify_with};
use proptest::prelude::*;
use support::{ORDER, small, small_key, usual};

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";

fn signed() -> &'static str {
    static SIGNED: OnceLock<String> = OnceLock::new();
    SIGNED.get_or_init(|| {
        let signed = small()
            .signer
            .sign(ORDER.as_bytes(), &Profile::RSA_SHA256, Place::Last)
            .unwrap();
        String::from_utf8(signed).unwrap()
    })
}

fn judge(xml: &str) -> Verdict {
    let verdict = verify(xml.as_bytes(), &[], None);
    assert_eq!(verdict.valid, verdict.reasons.is_empty());
    verdict
}

fn codes(xml: &str) -> Vec<ReasonCode> {
    judge(xml).reasons.iter().map(|reason| reason.code).collect()
}

/// The signed order with one text replaced; the text must be there.
fn changed(from: &str, to: &str) -> String {
    assert!(signed().contains(from), "{from}");
    signed().replacen(from, to, 1)
}

#[track_caller]
fn assert_reason(xml: &str, code: ReasonCode) {
    let verdict = judge(xml);
    assert!(
        verdict.reasons.iter().any(|reason| reason.code == code),
        "{code}: {:?}",
        verdict.reasons
    );
}

#[test]
fn a_good_signature_tells_its_signer() {
    let verdict = judge(signed());
    assert!(verdict.valid, "{:?}", verdict.reasons);
    let certificate = &small().certificate;
    assert_eq!(verdict.profile, Some(Profile::RSA_SHA256));
    assert_eq!(verdict.signer.as_deref(), Some("CN=Small Shop,O=Example"));
    assert_eq!(verdict.key_name, Some(certificate.serial_hex()));
    assert_eq!(verdict.serial, Some(certificate.serial_hex()));
    assert_eq!(verdict.not_before, Some(certificate.not_before()));
    assert_eq!(verdict.not_after, Some(certificate.not_after()));
    assert_eq!(verdict.trusted, None);
    assert!(judge(&format!("\u{feff}{}", signed())).valid);
}

#[test]
fn changed_content_breaks_the_digest_only() {
    assert_eq!(codes(&changed("A-1", "A-2")), [ReasonCode::DigestMismatch]);
    assert_eq!(codes(&changed("guid=\"4", "guid=\"5")), [ReasonCode::DigestMismatch]);
    assert_eq!(codes(&changed("示例", "示列")), [ReasonCode::DigestMismatch]);
    assert_eq!(
        codes(&changed("<ceb:note></ceb:note>", "")),
        [ReasonCode::DigestMismatch]
    );
}

#[test]
fn what_canonical_form_evens_out_may_change() {
    assert!(judge(&changed("<ceb:note></ceb:note>", "<ceb:note/>")).valid);
    assert!(judge(&changed("&amp;", "<![CDATA[&]]>")).valid);
    assert!(judge(&changed("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "")).valid);
    assert!(judge(&format!("{}\n", signed())).valid);
}

#[test]
fn every_byte_of_the_content_is_protected() {
    let bytes = signed().as_bytes();
    let original = canonicalize(signed(), Part::Document, Comments::Drop).unwrap();
    let end = signed().find("<ds:Signature ").unwrap();
    let start = signed().find("<ceb:CEB311Message").unwrap();
    for at in start..end {
        let mut damaged = bytes.to_vec();
        damaged[at] ^= 1;
        let verdict = verify(&damaged, &[], None);
        let same = std::str::from_utf8(&damaged)
            .ok()
            .and_then(|text| canonicalize(text, Part::Document, Comments::Drop).ok())
            .is_some_and(|canonical| canonical == original);
        assert_eq!(verdict.valid, same, "byte {at}: {:?}", verdict.reasons);
    }
}

#[test]
fn every_byte_of_signed_info_and_value_is_protected() {
    let bytes = signed().as_bytes();
    let start = signed().find("<ds:SignedInfo").unwrap();
    let end = signed().find("<ds:KeyInfo").unwrap();
    let equal = |a: u8, b: u8| a == b'"' && b == b'\'' || a == b'\'' && b == b'"';
    for at in start..end {
        let mut damaged = bytes.to_vec();
        damaged[at] ^= 1;
        assert!(
            !verify(&damaged, &[], None).valid || equal(bytes[at], damaged[at]),
            "byte {at}: {}",
            String::from_utf8_lossy(&damaged[at - 10..at + 10])
        );
    }
}

#[test]
fn a_foreign_value_is_a_value_mismatch() {
    let other = small()
        .signer
        .sign(b"<a>x</a>", &Profile::RSA_SHA256, Place::Last)
        .unwrap();
    let other = String::from_utf8(other).unwrap();
    let value = |xml: &str| {
        let start = xml.find("<ds:SignatureValue>").unwrap();
        xml[start..xml.find("</ds:SignatureValue>").unwrap()].to_owned()
    };
    assert_eq!(
        codes(&changed(&value(signed()), &value(&other))),
        [ReasonCode::ValueMismatch]
    );
    let longer = usual()
        .signer
        .sign(ORDER.as_bytes(), &Profile::RSA_SHA256, Place::Last)
        .unwrap();
    let longer = String::from_utf8(longer).unwrap();
    let verdict = judge(&changed(&value(signed()), &value(&longer)));
    assert_eq!(verdict.reasons[0].code, ReasonCode::ValueMismatch);
    assert_eq!(
        verdict.reasons[0].detail,
        "the value has 256 bytes; the certificate's RSA-1024 key makes 128"
    );
}

#[test]
fn the_signature_must_be_one_child_of_the_root() {
    assert_eq!(codes(ORDER), [ReasonCode::NoSignature]);
    let start = signed().find("<ds:Signature ").unwrap();
    let end = signed().find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let signature = &signed()[start..end];
    let doubled = changed(signature, &format!("{signature}{signature}"));
    assert_eq!(codes(&doubled), [ReasonCode::SeveralSignatures]);
    let nested = changed(signature, &format!("<ceb:x>{signature}</ceb:x>"));
    assert_eq!(codes(&nested), [ReasonCode::WrongPlace]);
    let hidden = changed("<ceb:note>", &format!("<ceb:note><Signature xmlns=\"{DS}\"/>"));
    assert_eq!(codes(&hidden), [ReasonCode::SeveralSignatures]);
    let object = changed(
        "</ds:Signature>",
        "<ds:Object><ds:Signature/></ds:Object></ds:Signature>",
    );
    assert_eq!(codes(&object), [ReasonCode::SeveralSignatures]);
    assert_eq!(codes(signature), [ReasonCode::WrongPlace]);
    // Elsewhere among the root's children, the signature still covers the same content.
    let moved = signed()
        .replace(signature, "")
        .replace("<ceb:ExtendMessage>", &format!("{signature}<ceb:ExtendMessage>"));
    assert!(judge(&moved).valid);
}

#[test]
fn references_and_transforms_are_fixed() {
    assert_reason(&changed("URI=\"\"", "URI=\"#x\""), ReasonCode::ReferenceUri);
    assert_reason(&changed(" URI=\"\"", ""), ReasonCode::ReferenceUri);
    let start = signed().find("<ds:Reference").unwrap();
    let end = signed().find("</ds:Reference>").unwrap() + "</ds:Reference>".len();
    let reference = &signed()[start..end];
    assert_reason(
        &changed(reference, &format!("{reference}{reference}")),
        ReasonCode::ReferenceUri,
    );
    let start = signed().find("<ds:Transform ").unwrap();
    let end = signed().find("</ds:Transforms>").unwrap();
    let transform = &signed()[start..end];
    let other = format!("<ds:Transform Algorithm=\"{C14N_URI}\"/>");
    assert_reason(&changed(transform, ""), ReasonCode::Transforms);
    assert_reason(&changed(transform, &other), ReasonCode::Transforms);
    assert_reason(
        &changed(transform, &format!("{transform}{other}")),
        ReasonCode::Transforms,
    );
    assert_reason(
        &changed(transform, &format!("{transform}{transform}")),
        ReasonCode::Transforms,
    );
    let whole = format!("<ds:Transforms>{transform}</ds:Transforms>");
    assert_reason(&changed(&whole, ""), ReasonCode::Transforms);
}

#[test]
fn algorithms_are_fixed_and_do_not_mix() {
    let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
    for uri in [
        exclusive,
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
        "",
    ] {
        assert_reason(&changed(C14N_URI, uri), ReasonCode::Canonicalization);
    }
    let sha256 = Profile::RSA_SHA256.signature_uri();
    assert_reason(
        &changed(sha256, Profile::RSA_SHA1.signature_uri()),
        ReasonCode::Algorithm,
    );
    assert_reason(&changed("xmlenc#sha256", "xmlenc#sha512"), ReasonCode::Algorithm);
    assert_reason(
        &changed(sha256, "http://www.w3.org/2000/09/xmldsig#hmac-sha1"),
        ReasonCode::Algorithm,
    );
    let sm2 = changed(sha256, "http://www.chinaport.gov.cn/2022/04/xmldsig#sm2-sm3");
    assert_reason(&sm2, ReasonCode::Algorithm);
    assert!(judge(&sm2).reasons[0].detail.contains("does not go with"));
}

#[test]
fn the_signature_must_have_its_parts_and_no_others() {
    let malformed = [
        ("<ds:SignedInfo>", "<ds:SignedInfo>x"),
        ("<ds:SignedInfo>", "<ds:SignedInfo x=\"1\">"),
        ("<ds:SignedInfo>", "<ds:SignedInfo xml:lang=\"zh\">"),
        ("<ds:SignedInfo>", "<ds:SignedInfo><x/>"),
        ("</ds:Signature>", "<ds:Object/></ds:Signature>"),
        ("<ds:SignatureValue>", "<ds:SignatureValue>!"),
        ("<ds:DigestValue>", "<ds:DigestValue>="),
        ("<ds:Transform ", "<ds:Transform x=\"1\" "),
        ("</ds:Transform>", "<ds:XPath/></ds:Transform>"),
        ("</ds:CanonicalizationMethod>", "<x/></ds:CanonicalizationMethod>"),
        ("</ds:DigestMethod>", "x</ds:DigestMethod>"),
    ];
    for (from, to) in malformed {
        assert_reason(&changed(from, to), ReasonCode::Malformed);
    }
    let empty = ORDER.replace("</ceb:CEB311", &format!("<Signature xmlns=\"{DS}\"/></ceb:CEB311"));
    assert_reason(&empty, ReasonCode::Malformed);
    let huge = changed("<ds:KeyInfo>", &format!("<ds:KeyInfo>{}", "<x/>".repeat(300)));
    assert_eq!(codes(&huge), [ReasonCode::Malformed]);
}

#[test]
fn key_name_and_certificate_must_agree() {
    let serial = small().certificate.serial_hex();
    let name = format!("<ds:KeyName>{serial}</ds:KeyName>");
    assert_eq!(
        codes(&changed(&name, "<ds:KeyName>00000001</ds:KeyName>")),
        [ReasonCode::KeyNameMismatch]
    );
    // The same number in another notation is the same serial.
    assert!(
        judge(&changed(
            &name,
            &format!("<ds:KeyName> 00{}\n</ds:KeyName>", serial.to_uppercase())
        ))
        .valid
    );
    let without = judge(&changed(&name, ""));
    assert!(without.valid);
    assert_eq!(without.key_name, None);
}

#[test]
fn a_certificate_is_needed_and_must_be_readable() {
    let start = signed().find("<ds:X509Data>").unwrap();
    let end = signed().find("</ds:X509Data>").unwrap() + "</ds:X509Data>".len();
    let data = &signed()[start..end];
    assert_eq!(codes(&changed(data, "")), [ReasonCode::CertificateMissing]);
    let certificate = "<ds:X509Certificate>";
    for damage in ["!", "AAAA", "MII"] {
        assert_eq!(
            codes(&changed(certificate, &format!("{certificate}{damage}"))),
            [ReasonCode::CertificateMalformed],
        );
    }
    // A second certificate does not replace a broken first one.
    let broken = format!("<ds:X509Certificate>AAAA</ds:X509Certificate>{certificate}");
    assert_eq!(
        codes(&changed(certificate, &broken)),
        [ReasonCode::CertificateMalformed]
    );
    let signer = Signer::new(small_key(), None).unwrap().with_key_name("0001").unwrap();
    let named = signer.sign(ORDER.as_bytes(), &Profile::RSA_SHA1, Place::Last).unwrap();
    assert_eq!(
        codes(std::str::from_utf8(&named).unwrap()),
        [ReasonCode::CertificateMissing]
    );
    let other = usual()
        .pems
        .certificate_pem
        .lines()
        .filter(|line| !line.contains('-'))
        .collect::<String>();
    let body =
        &data["<ds:X509Data><ds:X509Certificate>".len()..data.len() - "</ds:X509Certificate></ds:X509Data>".len()];
    let swapped = codes(&changed(body, &other));
    assert_eq!(swapped, [ReasonCode::KeyNameMismatch, ReasonCode::ValueMismatch]);
}

#[test]
fn certificates_have_their_time() {
    let at = |now: &str| verify(signed().as_bytes(), &[], Some(now));
    let certificate = &small().certificate;
    assert!(at(&certificate.not_before()).valid);
    assert!(at(&certificate.not_after()).valid);
    assert_eq!(at("2001-01-01").reasons[0].code, ReasonCode::NotYetValid);
    assert_eq!(at("2999-12-31").reasons[0].code, ReasonCode::CertificateExpired);
    for no_day in ["", "today", "2026-1-01", "2026-01-01T00", "2026/01/01"] {
        assert_eq!(at(no_day).reasons[0].code, ReasonCode::Malformed);
    }
}

#[test]
fn comments_and_instructions_inside_of_the_root_are_refused() {
    for at in [
        "<ceb:orderNo>A",
        "<ceb:note>",
        "<ds:SignedInfo>",
        "<ds:DigestValue>",
        "<ds:KeyName>",
    ] {
        assert_reason(&changed(at, &format!("{at}<!-- x -->")), ReasonCode::Comment);
        assert_reason(&changed(at, &format!("{at}<?x y?>")), ReasonCode::Instruction);
    }
    // No signature covers a comment, so that one would be the only reason.
    assert_eq!(
        codes(&changed("<ceb:orderNo>A", "<ceb:orderNo>A<!-- x -->")),
        [ReasonCode::Comment]
    );
    // Outside the root they are not part of the message.
    assert!(judge(&format!("{}<!-- printed by x -->", signed())).valid);
}

#[test]
fn nothing_hides_in_key_info() {
    let hidden = [
        ("<ds:KeyName>", "<ds:KeyName>1</ds:KeyName><ds:KeyName>"),
        ("<ds:KeyInfo>", "<ds:KeyInfo><x>1</x>"),
        ("<ds:KeyInfo>", "<ds:KeyInfo>x"),
        ("<ds:KeyInfo>", "<ds:KeyInfo xml:lang=\"zh\">"),
        ("<ds:KeyInfo>", "<ds:KeyInfo><ds:MgmtData>x</ds:MgmtData>"),
        (
            "<ds:KeyInfo>",
            "<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue/></ds:KeyValue>",
        ),
        (
            "<ds:KeyInfo>",
            "<ds:KeyInfo><ds:RetrievalMethod URI=\"http://x.example\"/>",
        ),
        ("<ds:KeyName>", "<ds:KeyName><x/>"),
        ("<ds:X509Data>", "<ds:X509Data></ds:X509Data><ds:X509Data>"),
        ("<ds:X509Data>", "<ds:X509Data><ds:X509CRL>AAAA</ds:X509CRL>"),
        ("<ds:X509Data>", "<ds:X509Data><x xmlns=\"http://x.example\">1</x>"),
        ("<ds:X509Certificate>", "<ds:X509Certificate><x/>"),
        (
            "<ds:X509Data>",
            "<ds:X509Data><ds:X509IssuerSerial>x</ds:X509IssuerSerial>",
        ),
    ];
    for (from, to) in hidden {
        assert_reason(&changed(from, to), ReasonCode::KeyInfo);
    }
    let many = "<ds:X509Certificate>AAAA</ds:X509Certificate>".repeat(9);
    assert_reason(
        &changed("</ds:X509Data>", &format!("{many}</ds:X509Data>")),
        ReasonCode::KeyInfo,
    );
}

#[test]
fn names_of_the_certificate_must_be_its_own() {
    let certificate = &small().certificate;
    let serial = u64::from_str_radix(&certificate.serial_hex(), 16).unwrap();
    let names = |subject: &str, serial: u64| {
        changed(
            "<ds:X509Data>",
            &format!(
                "<ds:X509Data><ds:X509SubjectName>{subject}</ds:X509SubjectName><ds:X509IssuerSerial>\
                 <ds:X509IssuerName>CN=x</ds:X509IssuerName><ds:X509SerialNumber>{serial}</ds:X509SerialNumber>\
                 </ds:X509IssuerSerial>"
            ),
        )
    };
    for subject in [
        "CN=Small Shop,O=Example",
        "CN=Small Shop, O=Example",
        "O = Example, CN = Small Shop",
    ] {
        assert!(judge(&names(subject, serial)).valid, "{subject}");
    }
    assert_eq!(
        codes(&names("CN=Other Shop,O=Example", serial)),
        [ReasonCode::SubjectNameMismatch]
    );
    // The repair names the wrong element and the notation it requires.
    let verdict = judge(&names("CN=Small Shop,O=Example", serial + 1));
    let [reason] = &verdict.reasons[..] else {
        panic!("{:?}", verdict.reasons)
    };
    assert_eq!(reason.code, ReasonCode::SerialNumberMismatch);
    assert!(
        reason
            .detail
            .ends_with(&format!("serial number is {serial} in decimal")),
        "{reason}"
    );
    let repair = reason.code.repair();
    assert!(
        repair.contains("in decimal") && repair.contains("X509IssuerSerial"),
        "{repair}"
    );
    assert!(!repair.contains("KeyName"), "{repair}");
}

#[test]
fn the_place_follows_the_direction() {
    let place = |xml: &str, place| {
        let options = Options {
            place: Some(place),
            ..Options::default()
        };
        verify_with(xml.as_bytes(), &options).valid
    };
    let start = signed().find("<ds:Signature ").unwrap();
    let end = signed().find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let signature = &signed()[start..end];
    let bare = signed().replace(signature, "");
    let export = bare.replace("<ceb:ExtendMessage>", &format!("{signature}<ceb:ExtendMessage>"));
    let (last, before) = (Place::Last, Place::Before("ExtendMessage"));
    assert!(place(signed(), last) && !place(signed(), before));
    assert!(place(&export, before) && !place(&export, last));
    let first = bare.replace("<ceb:Order>", &format!("{signature}<ceb:Order>"));
    assert_eq!(codes(&first), [ReasonCode::WrongPlace]);
    assert!(!place(&first, last) && !place(&first, before));
    // Only the message's own ExtendMessage may follow, and only one.
    let twice = export.replace("</ceb:ExtendMessage>", "</ceb:ExtendMessage><ceb:ExtendMessage/>");
    assert_eq!(codes(&twice), [ReasonCode::WrongPlace]);
    let foreign = export
        .replace("ceb:ExtendMessage>", "x:ExtendMessage>")
        .replace("xmlns:xsi", "xmlns:x=\"urn:x\" xmlns:xsi");
    assert_eq!(codes(&foreign), [ReasonCode::WrongPlace]);
}

#[test]
fn small_keys_can_be_refused() {
    let options = Options {
        min_rsa_bits: 2048,
        ..Options::default()
    };
    let verdict = verify_with(signed().as_bytes(), &options);
    assert_eq!(verdict.reasons.len(), 1, "{:?}", verdict.reasons);
    assert_eq!(verdict.reasons[0].code, ReasonCode::KeySize);
    let larger = usual()
        .signer
        .sign(ORDER.as_bytes(), &Profile::RSA_SHA256, Place::Last)
        .unwrap();
    assert!(verify_with(&larger, &options).valid);
}

#[test]
fn large_messages_are_judged_like_small_ones() {
    // Larger than the buffer before hashing begins.
    let large = ORDER.replace("<ceb:note>", &format!("<ceb:note>{}", "长 &gt;\n".repeat(200_000)));
    let signed = small()
        .signer
        .sign(large.as_bytes(), &Profile::RSA_SHA1, Place::Last)
        .unwrap();
    let signed = String::from_utf8(signed).unwrap();
    assert!(judge(&signed).valid);
    let at = signed.rfind("长").unwrap();
    let damaged = [&signed[..at], "短", &signed[at + "长".len()..]].concat();
    assert_eq!(codes(&damaged), [ReasonCode::DigestMismatch]);
}

#[test]
fn unreadable_input_is_malformed() {
    for bytes in [
        b"".as_slice(),
        b"<a>",
        b"\xff\xfe<\0",
        b"<a>\xd6\xd0</a>",
        b"<!DOCTYPE a><a/>",
    ] {
        let verdict = verify(bytes, &[], None);
        assert_eq!(verdict.reasons[0].code, ReasonCode::Malformed);
        assert!(!verdict.valid);
    }
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    assert_eq!(codes(&deep), [ReasonCode::Malformed]);
    let large = vec![b' '; (16 << 20) + 1];
    let verdict = verify(&large, &[], None);
    assert_eq!(verdict.reasons[0].code, ReasonCode::TooLarge);
    assert!(
        verdict.reasons[0].detail.contains("16777217 bytes"),
        "{:?}",
        verdict.reasons
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_messages_are_answered(at in any::<prop::sample::Index>(), remove in 0usize..40, insert in "[<>&;\"'/=!A-C:\u{4e2d} \n]{0,6}") {
        let mut bytes = signed().as_bytes().to_vec();
        let at = at.index(bytes.len());
        let end = (at + remove).min(bytes.len());
        bytes.splice(at..end, insert.bytes());
        let verdict = verify(&bytes, std::slice::from_ref(&small().certificate), Some("2030-01-01"));
        if verdict.valid {
            let canonical = |bytes: &[u8]| {
                let text = std::str::from_utf8(bytes).unwrap();
                let tag = text.find(":Signature ").unwrap() - 3;
                canonicalize(text, Part::Without(tag), Comments::Drop).unwrap()
            };
            prop_assert_eq!(canonical(&bytes), canonical(signed().as_bytes()));
        }
    }
}
