//! The pass over a message before signing, which determines the signature's position and content.

use std::ops::Range;

use cebridge_xml::Item;

use crate::c14n::{self, Comments, HashSink, Writer};
use crate::dsig::{DSIG, is_signature};
use crate::place::Place;
use crate::profile::Profile;
use crate::reader::Reader;
use crate::sign_error::SignError;

/// Result of one pass over the message.
pub(crate) struct Outline {
    /// Digest of the canonical form without a signature.
    pub(crate) digest: Vec<u8>,
    /// A signature to be replaced.
    old: Option<Range<usize>>,
    /// Offset of the new one.
    at: usize,
    /// Canonical start tag of `SignedInfo`, with everything it inherits from the root.
    pub(crate) signed_info_tag: Vec<u8>,
}

impl Outline {
    pub(crate) fn read(text: &str, profile: &Profile, place: Place<'_>) -> Result<Outline, SignError> {
        let mut reader = Reader::new(text)?;
        let mut writer = Writer::new(Comments::Drop);
        let mut hash = HashSink::new(profile.hasher());
        let mut signed_info_tag = Vec::new();
        let mut old: Option<Range<usize>> = None;
        let mut inside_old = false;
        let mut before = None;
        let mut root_end = None;
        loop {
            let item = reader.next()?;
            match &item {
                Item::Start(_) if inside_old => {}
                Item::Start(start) if is_signature(&reader, start) => {
                    if reader.depth() != 2 {
                        let line = reader.position(start.span.start).line;
                        return Err(SignError::SignatureElsewhere { line });
                    }
                    if old.is_some() {
                        return Err(SignError::SeveralSignatures);
                    }
                    old = Some(start.span.clone());
                    inside_old = true;
                }
                Item::Start(_) if reader.depth() == 1 => signed_info_tag = inheriting_tag(&reader),
                Item::Start(start)
                    if reader.depth() == 2 && before.is_none() && place == Place::Before(reader.local(start.id)) =>
                {
                    before = Some(start.span.start);
                }
                Item::End { span, .. } if reader.depth() == 1 => {
                    if span.is_empty() {
                        return Err(SignError::EmptyRoot);
                    }
                    root_end = Some(span.start);
                }
                Item::End { span, .. } if inside_old && reader.depth() == 2 => {
                    inside_old = false;
                    if let Some(old) = &mut old {
                        old.end = span.end;
                    }
                    // This end tag still belongs to the signature.
                    continue;
                }
                Item::Comment(_) | Item::Instruction { .. } if reader.depth() > 0 && !inside_old => {
                    let line = reader.position(reader.span().end).line;
                    return Err(SignError::Comment { line });
                }
                Item::Eof => break,
                _ => {}
            }
            if !inside_old {
                writer.item(&reader, &item, reader.depth() == 1, &mut hash);
            }
        }
        let at = before.or(root_end).ok_or(SignError::EmptyRoot)?;
        Ok(Outline {
            digest: hash.finish(),
            old,
            at,
            signed_info_tag,
        })
    }

    /// Like [`Outline::read`] for a message already in canonical form: only its first tag is read.
    pub(crate) fn of_canonical(text: &str, profile: &Profile, place: Place<'_>) -> Result<Outline, SignError> {
        let mut reader = Reader::new(text)?;
        let root = loop {
            match reader.next()? {
                Item::Start(start) => break start,
                Item::Eof => return Err(SignError::EmptyRoot),
                _ => {}
            }
        };
        let canonical = text.get(root.span.start..).unwrap_or_default();
        // In canonical form every `<` begins a tag.
        let before = match place {
            Place::Last => None,
            Place::Before(name) => {
                let prefix = root.name.strip_suffix(reader.local(root.id)).unwrap_or_default();
                let tag = format!("<{prefix}{name}");
                let whole = |at: &usize| matches!(text.as_bytes().get(at + tag.len()), Some(b'>' | b' '));
                text.rmatch_indices(&tag).map(|(at, _)| at).find(whole)
            }
        };
        Ok(Outline {
            digest: profile.digest().digest(canonical.as_bytes()),
            old: None,
            at: before.or_else(|| text.rfind("</")).ok_or(SignError::EmptyRoot)?,
            signed_info_tag: inheriting_tag(&reader),
        })
    }

    /// The text with the old signature removed and the new one inserted.
    pub(crate) fn insert(&self, text: &str, signature: &str) -> Vec<u8> {
        let at = self.at;
        let old = self.old.clone().unwrap_or(at..at);
        let (before, after) = match old.start < at {
            true => ([0..old.start, old.end..at], [at..text.len(), 0..0]),
            false => ([0..at, 0..0], [at..old.start, old.end..text.len()]),
        };
        let mut out = Vec::with_capacity(text.len() + signature.len());
        let copy = |out: &mut Vec<u8>, range: Range<usize>| {
            out.extend_from_slice(text.get(range).unwrap_or_default().as_bytes());
        };
        before.into_iter().for_each(|range| copy(&mut out, range));
        out.extend_from_slice(signature.as_bytes());
        after.into_iter().for_each(|range| copy(&mut out, range));
        out
    }
}

/// Start tag of `SignedInfo` as inclusive canonicalisation renders it inside a `Signature` that is a
/// child of the root just opened: it has all declarations and `xml:` attributes of the root, and `ds`
/// as declared by `Signature`.
fn inheriting_tag(reader: &Reader<'_>) -> Vec<u8> {
    let mut namespaces: Vec<(&str, &str)> = reader
        .bindings()
        .iter()
        .map(|binding| (binding.prefix, binding.uri.as_ref()))
        .filter(|(prefix, uri)| !uri.is_empty() && !matches!(*prefix, "ds" | "xml"))
        .collect();
    namespaces.push(("ds", DSIG));
    namespaces.sort_unstable();
    let mut attributes: Vec<(&str, &str)> = reader
        .attributes()
        .iter()
        .filter(|attribute| attribute.prefix() == "xml")
        .map(|attribute| (attribute.name, attribute.value.as_ref()))
        .collect();
    attributes.sort_unstable();
    let mut tag = b"<ds:SignedInfo".to_vec();
    for (prefix, uri) in namespaces {
        c14n::declaration(prefix, uri, &mut tag);
    }
    for (name, value) in attributes {
        c14n::attribute(name, value, &mut tag);
    }
    tag.push(b'>');
    tag
}
