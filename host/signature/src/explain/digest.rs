//! Finds the input or encoding of a digest that does not match the canonical message.

use std::ops::ControlFlow;

use encoding_rs::GB18030;

use super::namespaces;
use super::variants::{indented, self_closing, skipping, with_line_ends};
use super::{Case, Cause, Explanation};
use crate::c14n::{Comments, Part, canonicalize};
use crate::hash::Hash;
use crate::reader::strip_bom;

/// The XML declaration most programs write.
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

/// Returns the causes of a digest that does not match.
pub(super) fn causes(case: &Case<'_>) -> Vec<Explanation> {
    let search = Search::new(case);
    if search.forms.is_empty() {
        return Vec::new();
    }
    match look(case, &search) {
        ControlFlow::Break(found) => found,
        ControlFlow::Continue(()) => {
            let detail =
                "the digest fits neither the message nor any usual mistake: the content differs from what was signed";
            vec![Explanation::new(Cause::ContentChanged, detail)]
        }
    }
}

/// The claimed digest and the hashes to try.
struct Search {
    /// Possible readings of the claimed digest, with the cause each implies.
    forms: Vec<(Vec<u8>, Option<Cause>)>,
    /// Hashes to try, the stated one first.
    hashes: Vec<Hash>,
    stated: Option<Hash>,
}

type Outcome = ControlFlow<Vec<Explanation>>;

impl Search {
    fn new(case: &Case<'_>) -> Search {
        let mut forms = Vec::new();
        if let Some(digest) = &case.parts.digest {
            forms.push((digest.clone(), None));
            let text = std::str::from_utf8(digest).ok();
            forms.extend(text.and_then(from_hex).map(|bytes| (bytes, Some(Cause::DigestHex))));
        }
        let written = case
            .element
            .child("SignedInfo")
            .and_then(|info| info.child("Reference"))
            .and_then(|reference| reference.child("DigestValue"))
            .map(|value| value.compact());
        forms.extend(
            written
                .as_deref()
                .and_then(from_hex)
                .map(|bytes| (bytes, Some(Cause::DigestHex))),
        );
        let stated = case
            .parts
            .profile
            .as_ref()
            .or_else(|| {
                case.profiles
                    .iter()
                    .find(|profile| profile.digest_uri() == case.parts.digest_uri)
            })
            .map(|profile| profile.digest());
        let mut hashes: Vec<Hash> = stated.into_iter().collect();
        hashes.extend(Hash::ALL.into_iter().filter(|hash| Some(*hash) != stated));
        Search { forms, hashes, stated }
    }

    /// Tries one form of the message.
    fn form(&self, cause: Cause, detail: &str, bytes: &[u8]) -> Outcome {
        self.matching(Some((cause, detail)), bytes)
    }

    fn optional(&self, cause: Cause, detail: &str, bytes: Option<Vec<u8>>) -> Outcome {
        match bytes {
            Some(bytes) => self.form(cause, detail, &bytes),
            None => ControlFlow::Continue(()),
        }
    }

    fn matching(&self, explained: Option<(Cause, &str)>, bytes: &[u8]) -> Outcome {
        let sizes = |hash: &&Hash| self.forms.iter().any(|(form, _)| form.len() == hash.size());
        for hash in self.hashes.iter().filter(sizes) {
            let digest = hash.digest(bytes);
            let Some((_, written)) = self.forms.iter().find(|(form, _)| *form == digest) else {
                continue;
            };
            let mut found = Vec::new();
            found.extend(explained.map(|(cause, detail)| Explanation::new(cause, detail)));
            if let Some(cause) = written {
                found.push(Explanation::new(*cause, "DigestValue holds the digest in hexadecimal"));
            }
            if let Some(stated) = self.stated
                && stated != *hash
            {
                let detail = format!("the digest was made by {hash}, DigestMethod names {stated}");
                found.push(Explanation::new(Cause::DigestHash, detail));
            }
            return ControlFlow::Break(found);
        }
        ControlFlow::Continue(())
    }
}

fn look(case: &Case<'_>, search: &Search) -> Outcome {
    let (text, span) = (case.text, case.found.span.clone());
    let without = Part::Without(span.start);
    let Ok(canonical) = canonicalize(text, without, Comments::Drop) else {
        return ControlFlow::Continue(());
    };
    search.matching(None, &canonical)?;
    beside(case, search)?;
    let compact = skipping(text, without, |_| true);
    search.optional(
        Cause::Indented,
        "white space between the elements was added after signing",
        compact.clone(),
    )?;
    let utf8 = String::from_utf8_lossy(&canonical);
    for (difference, variant) in namespaces::variants(&utf8) {
        let detail = format!(
            "the digest was made over a root with other namespace declarations ({})",
            difference.names()
        );
        search.form(Cause::RootNamespaces, &detail, variant.as_bytes())?;
    }
    search.optional(
        Cause::Comments,
        "the digest was made over the canonical form with comments",
        canonicalize(text, without, Comments::Keep).ok(),
    )?;
    search.optional(
        Cause::WithSignature,
        "the digest was made over the message with its Signature, not filled in yet",
        canonicalize(&unfilled(text), Part::Document, Comments::Drop).ok(),
    )?;
    around(case, search, &canonical)?;
    if canonical.contains(&b'\n') {
        for ends in [b"&#xD;\n".as_slice(), b"\r\n"] {
            let detail = "the digest was made over CR LF line ends";
            search.form(Cause::LineEnds, detail, &with_line_ends(&canonical, ends))?;
        }
    }
    raw(case, search)?;
    for space in ["", " "] {
        let detail = "the digest was made over empty elements written as self-closing tags";
        search.form(Cause::EmptyElements, detail, self_closing(&utf8, space).as_bytes())?;
    }
    for indent in ["  ", "    ", "\t", " ", ""] {
        let Some(pretty) = indented(&utf8, indent) else {
            continue;
        };
        let detail = "the digest was made over an indented form of the message, which was not sent";
        search.form(Cause::IndentedBefore, detail, &pretty)?;
        let closed = self_closing(&String::from_utf8_lossy(&pretty), "");
        search.form(Cause::IndentedBefore, detail, format!("{closed}\n").as_bytes())?;
        search.form(
            Cause::IndentedBefore,
            detail,
            format!("{DECLARATION}\n{closed}\n").as_bytes(),
        )?;
    }
    encodings(search, &utf8)?;
    encodings(search, text)
}

/// A message with its signature before digest and value were filled in.
fn unfilled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = false;
    for piece in text.split_inclusive('>') {
        match piece.rfind('<') {
            Some(tag) if empty => out.push_str(piece.get(tag..).unwrap_or_default()),
            _ => out.push_str(piece),
        }
        let filled = piece.ends_with("DigestValue>") || piece.ends_with("SignatureValue>");
        empty = filled && !piece.contains("</");
    }
    out
}

/// Tries the message without white space directly beside the signature.
fn beside(case: &Case<'_>, search: &Search) -> Outcome {
    let (text, span) = (case.text, case.found.span.clone());
    let detail = "white space beside the Signature was added after signing";
    let before = text.get(..span.start).unwrap_or_default();
    let after = text.get(span.end..).unwrap_or_default();
    let trimmed = (before.trim_ascii_end().len(), after.trim_ascii_start());
    let line_feed = after.strip_prefix("\r\n").or(after.strip_prefix('\n'));
    for (keep, rest) in [
        (before.len(), line_feed),
        (before.len(), Some(trimmed.1)),
        (trimmed.0, Some(after)),
        (trimmed.0, Some(trimmed.1)),
    ] {
        let (Some(kept), Some(rest)) = (text.get(..keep), rest) else {
            continue;
        };
        let whole = [kept, rest].concat();
        let form = canonicalize(&whole, Part::Document, Comments::Drop).ok();
        search.optional(Cause::SpaceBesideSignature, detail, form)?;
    }
    ControlFlow::Continue(())
}

/// Tries the canonical form with something before or after it.
fn around(case: &Case<'_>, search: &Search, canonical: &[u8]) -> Outcome {
    let detail = "the digest was made over the canonical form and a line end behind it";
    for end in ["\n", "\r\n"] {
        search.form(Cause::TrailingNewline, detail, &[canonical, end.as_bytes()].concat())?;
    }
    let own = strip_bom(case.text);
    let own = own
        .find("?>")
        .and_then(|at| own.get(..at + 2))
        .filter(|head| head.starts_with("<?xml"));
    let upper = DECLARATION.replace("UTF-8", "utf-8");
    for declaration in [own.unwrap_or_default(), DECLARATION, upper.as_str(), "\u{feff}"] {
        for end in ["", "\n", "\r\n"] {
            let form = [declaration.as_bytes(), end.as_bytes(), canonical].concat();
            let detail = "the digest was made over an XML declaration or byte order mark too";
            search.form(Cause::Declaration, detail, &form)?;
        }
    }
    ControlFlow::Continue(())
}

/// Tries the raw text.
fn raw(case: &Case<'_>, search: &Search) -> Outcome {
    let (text, span) = (case.text, case.found.span.clone());
    let detail = "the digest was made over the text, not its canonical form";
    let cut = [
        text.get(..span.start).unwrap_or_default(),
        text.get(span.end..).unwrap_or_default(),
    ]
    .concat();
    for whole in [cut.as_str(), text] {
        let bare = strip_bom(whole);
        let root = match bare.find("?>") {
            Some(at) if bare.starts_with("<?xml") => bare.get(at + 2..).unwrap_or_default(),
            _ => bare,
        };
        for form in [whole, bare, bare.trim_ascii_end(), root, root.trim_ascii()] {
            search.form(Cause::RawText, detail, form.as_bytes())?;
            if form.contains('\n') {
                let unix = form.replace("\r\n", "\n");
                search.form(Cause::RawText, detail, unix.as_bytes())?;
                search.form(Cause::LineEnds, detail, unix.replace('\n', "\r\n").as_bytes())?;
            }
        }
    }
    ControlFlow::Continue(())
}

/// Tries a form in other encodings.
fn encodings(search: &Search, form: &str) -> Outcome {
    let detail = |name: &str| format!("the digest was made over the text in {name}");
    let (gbk, _, lossy) = GB18030.encode(form);
    if !lossy {
        search.form(Cause::Encoding, &detail("GBK"), &gbk)?;
    }
    for (name, mark) in [("UTF-16", ""), ("UTF-16 with byte order mark", "\u{feff}")] {
        let units: Vec<u16> = mark.encode_utf16().chain(form.encode_utf16()).collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        search.form(Cause::Encoding, &detail(name), &little)?;
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        search.form(Cause::Encoding, &detail(name), &big)?;
    }
    ControlFlow::Continue(())
}

/// Decodes a hexadecimal text at least as long as a digest.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    if text.len() < 40 || text.len() % 2 == 1 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}
