//! A single read for data and signature: both see the same message, or it is refused.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::sync::OnceLock;

use cebridge_message::{Document, Limits};
use cebridge_signature::c14n::{Comments, Part, canonicalize};
use cebridge_signature::{
    Collector, Options, Place, Profile, ReasonCode, SignedParts, Signer, generate_sm2_identity, verify,
};
use proptest::prelude::*;

/// Data and signature of a message from one reading of its bytes.
fn read_signed(bytes: &[u8]) -> (Document, SignedParts) {
    let mut collector = Collector::new();
    let document = Document::observed(bytes, &Limits::MESSAGE, &mut collector).unwrap();
    (document, collector.finish())
}

fn signer() -> &'static Signer {
    static SIGNER: OnceLock<Signer> = OnceLock::new();
    SIGNER.get_or_init(|| {
        let (key, certificate, _) = generate_sm2_identity("CN=Shop,O=Example").unwrap();
        Signer::new(key, Some(certificate)).unwrap()
    })
}

fn sign(message: &str) -> String {
    let signed = signer()
        .sign(message.as_bytes(), &Profile::SM2_SM3, Place::Last)
        .unwrap();
    String::from_utf8(signed).unwrap()
}

/// Names and values in document order, without the signature.
fn data(document: &Document) -> Vec<(String, String)> {
    let signature = document.child(0, "Signature");
    let skipped = signature
        .and_then(|ix| Some(ix..document.node(ix)?.end))
        .unwrap_or(0..0);
    (0..u32::try_from(document.nodes().len()).unwrap())
        .filter(|ix| !skipped.contains(ix))
        .map(|ix| {
            let name = document.name(ix).unwrap();
            (
                format!("{}|{}", name.namespace, name.local),
                document.value(ix).to_owned(),
            )
        })
        .collect()
}

const MESSAGE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <c:M xmlns:c=\"urn:c\" guid=\"1\"><c:no>A-1</c:no><c:name>示例 &amp; <![CDATA[<1>]]></c:name><c:note/></c:M>";

#[test]
fn the_document_and_the_verdict_are_those_of_separate_readings() {
    let signed = sign(MESSAGE);
    let texts = [
        signed.clone(),
        format!("\u{feff}{signed}\n"),
        signed.replace("A-1", "A-2"),
        signed.replace("A-1", "A<!-- -->-1"),
        signed.replace("A-1", "A<?x?>-1"),
        signed.replace("<c:note/>", "<c:note></c:note>"),
        signed.replace(" guid=", " xmlns:r=\"relative\" guid="),
        MESSAGE.to_owned(),
    ];
    for text in texts {
        let (document, parts) = read_signed(text.as_bytes());
        let alone = Document::parse(text.as_bytes(), &Limits::MESSAGE).unwrap();
        assert_eq!(data(&document), data(&alone));
        let separate = verify(text.as_bytes(), &[], None);
        let verdict = parts.verify(&Options::default());
        if !verdict.has(ReasonCode::Malformed) {
            assert_eq!(parts.is_signed(), text.contains("Signature"));
        }
        assert_eq!(verdict, separate, "{text}");
    }
}

#[test]
fn a_comment_between_the_halves_of_a_value_is_no_way_around_the_signature() {
    let split = sign(MESSAGE).replace("A-1", "A<!-- x -->-1");
    let (_, parts) = read_signed(split.as_bytes());
    let verdict = parts.verify(&Options::default());
    assert_eq!(verdict.reasons.len(), 1);
    assert_eq!(verdict.reasons[0].code, ReasonCode::Comment);
}

#[test]
fn other_encodings_are_data_but_not_signed_data() {
    let text = sign(MESSAGE).replace("UTF-8", "GBK");
    let (gbk, _, _) = encoding_rs::GBK.encode(&text);
    let utf16: Vec<u8> = "\u{feff}"
        .encode_utf16()
        .chain(sign("<a><b/></a>").encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    for bytes in [gbk.as_ref(), &utf16] {
        let (_, parts) = read_signed(bytes);
        let verdict = parts.verify(&Options::default());
        assert_eq!(verdict.reasons[0].code, ReasonCode::Malformed);
        assert!(
            verdict.reasons[0].detail.contains("UTF-8"),
            "{}",
            verdict.reasons[0].detail
        );
    }
}

/// Values in all notations XML allows.
fn value() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        " ",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "&amp;",
        "&lt;",
        "&gt;",
        "&#13;",
        "&#xA;",
        "&#9;",
        "&quot;",
        "&apos;",
        "中文",
        "\u{85}",
        "\u{2028}",
        "𠀀",
        "<![CDATA[<&>\r\n]]>",
        "<![CDATA[]]>",
        "<![CDATA[]]]]><![CDATA[>]]>",
        "]]",
        "\"",
        "'",
    ]);
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// The data layer reads the same from the message as from the canonical form, which is what was signed.
    #[test]
    fn data_is_what_was_signed(values in prop::collection::vec(value(), 1..5), attribute in "[a \t\n]{0,4}") {
        let fields: String = values.iter().map(|value| format!("<c:f>{value}</c:f>")).collect();
        let message = format!("<c:M xmlns:c=\"urn:c\" a=\"{attribute}&#10;&quot;\">{fields}</c:M>");
        let signed = sign(&message);
        let (document, parts) = read_signed(signed.as_bytes());
        prop_assert!(parts.verify(&Options::default()).valid);
        let at = signed.find("<ds:Signature ").unwrap();
        let canonical = canonicalize(&signed, Part::Without(at), Comments::Drop).unwrap();
        let covered = Document::parse(&canonical, &Limits::MESSAGE).unwrap();
        prop_assert_eq!(data(&document), data(&covered));
    }
}
