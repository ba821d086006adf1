//! Input designed to exhaust resources: it gets a verdict, and the CPU time used is printed (`--nocapture`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use std::time::Duration;

use cebridge_signature::{Limits, Options, Place, Profile, ReasonCode, explain, verify};
use support::{ORDER, small};

const MAX_BYTES: usize = Limits::MESSAGE.bytes;
/// Largest allowed message; an eighth of it in unoptimised builds.
const SIZE: usize = if cfg!(debug_assertions) {
    MAX_BYTES / 8
} else {
    MAX_BYTES
};

/// Repeats `piece` between `head` and `tail` until the text has `SIZE` bytes.
fn filled(head: &str, piece: &str, tail: &str) -> String {
    let count = (SIZE - head.len() - tail.len()) / piece.len();
    [head, &piece.repeat(count), tail].concat()
}

/// CPU time of this thread; zero if the system does not report it.
fn spent() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = text.split(' ').next().and_then(|nanoseconds| nanoseconds.parse().ok());
    Duration::from_nanos(first.unwrap_or_default())
}

#[track_caller]
fn answered(name: &str, text: &str, code: ReasonCode) {
    let start = spent();
    let verdict = verify(text.as_bytes(), &[], None);
    let strict = spent() - start;
    // Inputs of very many small pieces exceed the piece limit, whatever they are.
    let known = verdict.has(code)
        || verdict
            .reasons
            .iter()
            .any(|reason| reason.detail.contains("more than 2000000"));
    assert!(!verdict.valid && known, "{name}: {:?}", verdict.reasons);
    let start = spent();
    let _ = explain(text.as_bytes(), &Options::default());
    println!(
        "{name:24} {} bytes: verify {strict:?}, explain {:?}",
        text.len(),
        spent() - start
    );
}

/// A signed order with one text replaced.
fn signed(from: &str, to: &str) -> String {
    let signed = small()
        .signer
        .sign(ORDER.as_bytes(), &Profile::RSA_SHA256, Place::Last)
        .unwrap();
    let signed = String::from_utf8(signed).unwrap();
    assert!(signed.contains(from), "{from}");
    signed.replacen(from, to, 1)
}

fn signed_and_filled(from: &str, piece: &str) -> String {
    let whole = signed(from, &format!("{from}\u{1}"));
    let (head, tail) = whole.split_once('\u{1}').unwrap();
    filled(head, piece, tail)
}

#[test]
fn messages_as_large_as_allowed() {
    answered("nesting", &filled("", "<a>", ""), ReasonCode::Malformed);
    let attributes: String = (0..SIZE / 16).map(|index| format!(" a{index}='1'")).collect();
    answered("attributes", &format!("<a{attributes}/>"), ReasonCode::Malformed);
    let declarations: String = (0..30)
        .map(|index| format!(" xmlns:n{index:02}='urn:{index}'"))
        .collect();
    let root = format!("<a{declarations}>");
    answered("prefixes", &filled(&root, "<n00:b/>", "</a>"), ReasonCode::NoSignature);
    let one_name: String = (0..30).map(|index| format!(" n{index:02}:a=''")).collect();
    let text = filled(&root, &format!("<b{one_name}/>"), "</a>");
    answered("one name", &text, ReasonCode::NoSignature);
    let again: String = (0..30).map(|index| format!(" xmlns:n{index:02}=\"a:\"")).collect();
    let text = filled("<a>", &format!("<b{again}/>"), "</a>");
    answered("declarations", &text, ReasonCode::NoSignature);
    let many: String = (0..256).map(|index| format!(" a{index:03}=''")).collect();
    answered(
        "full tags",
        &filled("<a>", &format!("<b{many}/>"), "</a>"),
        ReasonCode::NoSignature,
    );
    answered(
        "references",
        &signed_and_filled("<ceb:note>", "&#13;"),
        ReasonCode::DigestMismatch,
    );
    answered(
        "growing text",
        &signed_and_filled("<ceb:note>", ">"),
        ReasonCode::DigestMismatch,
    );
    answered(
        "comments",
        &signed_and_filled("<ceb:note>", "<!---->"),
        ReasonCode::Comment,
    );
    answered(
        "instructions",
        &signed_and_filled("<ceb:note>", "<?x?>"),
        ReasonCode::DigestMismatch,
    );
    answered(
        "empty CDATA",
        &filled("<a>", "<![CDATA[]]>", "</a>"),
        ReasonCode::NoSignature,
    );
    let signature = "<Signature xmlns='http://www.w3.org/2000/09/xmldsig#'/>";
    answered(
        "signatures",
        &filled("<a>", signature, "</a>"),
        ReasonCode::SeveralSignatures,
    );
    answered(
        "value",
        &signed_and_filled("<ds:SignatureValue>", "AAAA"),
        ReasonCode::Malformed,
    );
    answered(
        "value in pieces",
        &signed_and_filled("<ds:SignatureValue>", "&#65;"),
        ReasonCode::Malformed,
    );
    answered(
        "certificates",
        &signed_and_filled("<ds:X509Data>", "<ds:X509Certificate/>"),
        ReasonCode::Malformed,
    );
    answered(
        "long name",
        &format!("<{0}></{0}>", "n".repeat(SIZE / 2 - 8)),
        ReasonCode::Malformed,
    );
    let uri = format!("<ceb:CEB311Message xmlns:x=\"urn:{}\" ", "x".repeat(SIZE - 8000));
    answered(
        "long namespace",
        &signed("<ceb:CEB311Message ", &uri),
        ReasonCode::Malformed,
    );
    let doctype = "<!DOCTYPE a [<!ENTITY b \"&c;&c;\">]><a>&b;</a>";
    answered("entities", doctype, ReasonCode::Malformed);
    let larger = format!("{}  ", filled("<a>", "b", "</a>"));
    answered(
        "too large",
        &format!("{larger}{}", " ".repeat(MAX_BYTES)),
        ReasonCode::TooLarge,
    );
}

#[test]
fn causes_of_hostile_messages_are_searched_for_in_bounds() {
    let declarations: String = (0..5).map(|index| format!(" xmlns:n{index}=\"urn:{index}\"")).collect();
    let root = format!("<ceb:CEB311Message{declarations} ");
    let filled = ORDER.replace("<ceb:note>", &format!("<ceb:note>{}", "x&gt;\n".repeat(150_000)));
    let filled = filled.replace("<ceb:CEB311Message ", &root);
    let signed = small()
        .signer
        .sign(filled.as_bytes(), &Profile::RSA_SHA256, Place::Last)
        .unwrap();
    let damaged = String::from_utf8(signed).unwrap().replace("A-1", "A-2");
    let damaged = damaged.replacen("<ds:SignedInfo>", "<ds:SignedInfo Id=\"x\">", 1);
    let start = spent();
    let found = explain(damaged.as_bytes(), &Options::default());
    println!("search in {} bytes: {:?}", damaged.len(), spent() - start);
    assert_eq!(found.causes.len(), 2, "{:?}", found.causes);
}
