//! Tolerates, on request and by name, what the customs UKey client does to its own messages.

use crate::collect::SignedParts;
use crate::reader;
use crate::verdict::{ReasonCode, Tolerated, Verdict};
use crate::verify::Options;

/// Verifies strictly, but tolerates exactly two layout faults: white space added between the elements of `SignedInfo`
/// after signing, and one line feed added directly after the `Signature`. Neither can change the message's meaning.
///
/// Each fault is undone in the text, and the text is verified strictly again, so that nothing else slips through. The
/// verdict names the tolerated faults.
#[must_use]
pub fn verify_ukey_layout(message: &[u8], options: &Options<'_>) -> Verdict {
    let parts = SignedParts::read(message);
    let strict = parts.verify(options);
    let digest = strict.has(ReasonCode::DigestMismatch);
    let value = strict.has(ReasonCode::ValueMismatch);
    let Ok(text) = reader::decode(message) else {
        return strict;
    };
    let mut repaired = text.to_owned();
    let mut tolerated = Vec::new();
    if digest {
        let end = parts.span.end;
        if !text.get(end..).is_some_and(|rest| rest.starts_with('\n')) {
            return strict;
        }
        repaired.remove(end);
        tolerated.push(Tolerated::LineFeedAfterSignature);
    }
    if value {
        // SignedInfo precedes the line feed, so its span is unchanged.
        let span = parts.info_span.clone();
        let compact = without_blanks(text.get(span.clone()).unwrap_or_default());
        if compact.len() == span.len() {
            return strict;
        }
        repaired.replace_range(span, &compact);
        tolerated.insert(0, Tolerated::SignedInfoIndented);
    }
    if tolerated.is_empty() {
        return strict;
    }
    let mut verdict = SignedParts::of(&repaired).verify(options);
    if verdict.has(ReasonCode::DigestMismatch) || verdict.has(ReasonCode::ValueMismatch) {
        return strict;
    }
    verdict.tolerated = tolerated;
    verdict
}

/// A text without the white space between adjacent tags.
pub(crate) fn without_blanks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, piece) in text.split('<').enumerate() {
        if index > 0 {
            out.push('<');
        }
        // After the tag, up to the next one.
        match piece.rsplit_once('>') {
            Some((tag, between)) if between.trim_ascii().is_empty() => {
                out.push_str(tag);
                out.push('>');
            }
            _ => out.push_str(piece),
        }
    }
    out
}
