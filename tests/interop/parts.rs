//! What is digested and what is signed, made without our own canonicalisation: by cutting the message as text and
//! leaving the canonical form to `xmllint`.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::cases::Signed;
use crate::tools::{run, text};

/// The bytes that must have been digested and signed, and the values sent.
pub(crate) struct Parts {
    /// Canonical message without its signature.
    pub(crate) message: Vec<u8>,
    /// Canonical `SignedInfo` as it stands in the message.
    pub(crate) signed_info: Vec<u8>,
    pub(crate) digest: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

/// Takes a signed message apart; `folder` is for the files in between.
pub(crate) fn parts(folder: &Path, signed: &Signed) -> Parts {
    let message = &signed.text;
    let start = message.find("<ds:Signature ").unwrap();
    let end = message.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let signature = &message[start..end];
    let name = signed.path.file_stem().unwrap().to_str().unwrap();
    let canonical = |xml: &str, kind: &str| {
        let file = format!("{name}-{kind}.part");
        std::fs::write(folder.join(&file), xml).unwrap();
        text(&run(folder, "xmllint", &["--nonet", "--huge", "--c14n", &file])).into_bytes()
    };
    let whole = canonical(&format!("{}{}", &message[..start], &message[end..]), "whole");
    // What SignedInfo inherits are the declarations and the xml: attributes of the root, whose tag is canonical now.
    let text = String::from_utf8(whole.clone()).unwrap();
    let inherited: String = attributes(&text)
        .into_iter()
        .filter(|(name, _)| {
            *name == "xmlns" || name.starts_with("xmlns:") && *name != "xmlns:ds" || name.starts_with("xml:")
        })
        .map(|(name, value)| format!(" {name}=\"{value}\""))
        .collect();
    let info = between(signature, "<ds:SignedInfo>", "</ds:SignedInfo>");
    let declared =
        format!("<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"{inherited}>{info}</ds:SignedInfo>");
    let decode = |text: &str| STANDARD.decode(text).unwrap();
    Parts {
        message: whole,
        signed_info: canonical(&declared, "info"),
        digest: decode(between(signature, "<ds:DigestValue>", "</ds:DigestValue>")),
        value: decode(between(signature, "<ds:SignatureValue>", "</ds:SignatureValue>")),
    }
}

/// Attributes of the root of a canonical document: there every value stands in double quotes and holds none.
fn attributes(canonical: &str) -> Vec<(&str, &str)> {
    let mut rest = canonical.trim_start_matches('<');
    let mut found = Vec::new();
    rest = &rest[rest.find([' ', '>']).unwrap()..];
    while let Some(tail) = rest.strip_prefix(' ') {
        let (name, tail) = tail.split_once("=\"").unwrap();
        let (value, tail) = tail.split_once('"').unwrap();
        found.push((name, value));
        rest = tail;
    }
    assert!(rest.starts_with('>'), "no canonical start tag: {canonical}");
    found
}

fn between<'t>(text: &'t str, open: &str, close: &str) -> &'t str {
    let start = text.find(open).unwrap() + open.len();
    &text[start..start + text[start..].find(close).unwrap()]
}
