//! Misplaced signatures, multiple signatures, and messages in other encodings.

use std::ops::Range;

use cebridge_xml::Item;
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

use super::{Case, Cause, Explanation};
use crate::collect::SignedParts;
use crate::dsig::is_signature;
use crate::reader::Reader;
use crate::verify::Options;
use crate::xml_error::XmlError;

/// Most signatures tried one by one. Arbitrary.
const MOST: usize = 8;

/// Explains a message in an encoding other than UTF-8.
pub(super) fn encoding(message: &[u8], options: &Options<'_>) -> Option<Explanation> {
    let encoding = match message {
        [0xff, 0xfe, ..] => UTF_16LE,
        [0xfe, 0xff, ..] => UTF_16BE,
        _ => Encoding::for_label(declared(message)?.as_bytes())?,
    };
    if encoding == encoding_rs::UTF_8 {
        return None;
    }
    let (text, _, damaged) = encoding.decode(message);
    let body = match text.find("?>") {
        Some(at) if text.starts_with("<?xml") => text.get(at + 2..).unwrap_or_default(),
        _ => &text,
    };
    let holds = !damaged && SignedParts::of(body).verify(options).valid;
    let name = encoding.name();
    let detail = match holds {
        true => format!("the message is sent in {name}; the same message in UTF-8 verifies"),
        false => format!("the message is sent in {name}, and does not verify in UTF-8 either"),
    };
    Some(Explanation::new(Cause::Encoding, detail))
}

/// The encoding named by an XML declaration.
fn declared(message: &[u8]) -> Option<String> {
    let head: String = message.iter().take(200).map(|byte| char::from(*byte)).collect();
    let declaration = head.strip_prefix("<?xml")?.split("?>").next()?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next()?;
    value.get(1..)?.split(quote).next().map(str::to_owned)
}

/// Finds the one of several signatures that verifies alone.
pub(super) fn several(text: &str, options: &Options<'_>) -> Vec<Explanation> {
    let Ok(spans) = signatures(text) else {
        return Vec::new();
    };
    for (index, own) in spans.iter().enumerate().take(MOST) {
        let others = spans.iter().enumerate().filter(|(other, _)| *other != index);
        let alone = without(text, others.map(|(_, span)| span));
        if SignedParts::of(&alone).verify(options).valid {
            let line = text.get(..own.start).unwrap_or_default().matches('\n').count() + 1;
            let detail = format!(
                "Signature {} of {}, in line {line}, verifies once the others are removed",
                index + 1,
                spans.len()
            );
            return vec![Explanation::new(Cause::OneOfSeveral, detail)];
        }
    }
    let detail = "none of the Signatures verifies alone";
    vec![Explanation::new(Cause::NoneOfSeveral, detail)]
}

/// Checks if a misplaced signature verifies in its proper place.
pub(super) fn misplaced(text: &str, found: &SignedParts, options: &Options<'_>) -> Option<Explanation> {
    let signature = text.get(found.span.clone())?;
    let rest = without(text, std::iter::once(&found.span));
    let (extension, end) = places(&rest).ok()?;
    for at in extension.into_iter().chain(end) {
        let (before, after) = rest.split_at_checked(at)?;
        let moved = [before, signature, after].concat();
        if SignedParts::of(&moved).verify(options).valid {
            let line = moved.get(..at).unwrap_or_default().matches('\n').count() + 1;
            let detail = format!("the same Signature verifies in line {line}, where the schema has it");
            return Some(Explanation::new(Cause::Moved, detail));
        }
    }
    None
}

/// Finds a trusted certificate that verifies a message sent without one.
pub(super) fn without_certificate(case: &Case<'_>, options: &Options<'_>) -> Option<Explanation> {
    let (profile, value) = (case.parts.profile.as_ref()?, case.parts.value.as_ref()?);
    let known = options.trust.iter().find(|certificate| {
        let key = certificate.public_key();
        key.is_some_and(|key| profile.check(key, &case.found.signed_info, value))
    })?;
    let detail = format!(
        "the trusted certificate with serial {} verifies the value",
        known.serial_hex()
    );
    Some(Explanation::new(Cause::KnownCertificate, detail))
}

/// Byte ranges of the outermost signatures in a text.
fn signatures(text: &str) -> Result<Vec<Range<usize>>, XmlError> {
    let mut reader = Reader::new(text)?;
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut inside = None;
    loop {
        match reader.next()? {
            Item::Start(start) if inside.is_none() && is_signature(&reader, &start) => {
                inside = Some(reader.depth());
                found.push(start.span);
            }
            Item::End { span, .. } if inside == Some(reader.depth()) => {
                inside = None;
                if let Some(last) = found.last_mut() {
                    last.end = span.end;
                }
            }
            Item::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// Offsets of `ExtendMessage` and of the root's end tag.
fn places(text: &str) -> Result<(Option<usize>, Option<usize>), XmlError> {
    let mut reader = Reader::new(text)?;
    let (mut extension, mut end) = (None, None);
    loop {
        match reader.next()? {
            Item::Start(start) if reader.depth() == 2 && reader.local(start.id) == "ExtendMessage" => {
                extension = Some(start.span.start);
            }
            Item::End { span, .. } if reader.depth() == 1 => end = Some(span.start),
            Item::Eof => return Ok((extension, end)),
            _ => {}
        }
    }
}

/// A text without some of its parts, which must be in order.
fn without<'r>(text: &str, parts: impl Iterator<Item = &'r Range<usize>>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for part in parts {
        out.push_str(text.get(from..part.start).unwrap_or_default());
        from = part.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}
