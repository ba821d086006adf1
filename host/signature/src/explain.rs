//! Finds out what a failing signature was probably made over, for people who must repair a sender.
//!
//! Nothing here makes a signature valid: the mistakes are tried one by one and named.

use std::ops::Range;

use crate::c14n::{self, Comments, HashSink, Part, Sink, Writer};
use crate::profile::Profile;
use crate::xml::{Item, Reader, XmlError};

/// Whether white space between elements is left out of a canonical form.
type Skip = fn(beside_signature: bool) -> bool;

/// What the digest was made over instead, if one of the usual mistakes explains it.
pub(crate) fn digest(text: &str, signature: &Range<usize>, profile: &Profile, claimed: &[u8]) -> Option<String> {
    if claimed.len() != profile.digest().size() {
        return Some(format!(
            "the digest has {} bytes, {profile} has {}",
            claimed.len(),
            profile.digest().size()
        ));
    }
    let without = Part::Without(signature.start);
    let whitespace = |skip: Skip| hashed(profile, |out| write_skipping(text, without, skip, out));
    let cut = [text.get(..signature.start)?, text.get(signature.end..)?].concat();
    let tries = [
        (
            whitespace(|beside| beside),
            "white space beside the Signature was added after signing",
        ),
        (whitespace(|_| true), "the message was indented after signing"),
        (
            hashed(profile, |out| c14n::write(text, without, Comments::Keep, out)),
            "the digest was made over the canonical form with comments",
        ),
        (
            hashed(profile, |out| c14n::write(text, Part::Document, Comments::Drop, out)),
            "the digest was made over the message with its Signature",
        ),
        (
            Some(profile.digest().digest(cut.as_bytes())),
            "the digest was made over the text, not its canonical form",
        ),
    ];
    explained(tries, claimed)
}

/// What the signature value was made over instead, if one of the usual mistakes explains it.
pub(crate) fn value(
    text: &str,
    signature: &Range<usize>,
    signed_info: usize,
    fits: impl Fn(&[u8]) -> bool,
) -> Option<&'static str> {
    let alone = text.get(signature.clone()).unwrap_or_default();
    let part = Part::Element(signed_info.saturating_sub(signature.start));
    let in_place = Part::Element(signed_info);
    let tries = [
        (
            canonical(|out| c14n::write(alone, part, Comments::Drop, out)),
            "SignedInfo was signed apart from the message, without the namespaces it inherits from \
             the root (or by exclusive canonicalization)",
        ),
        (
            canonical(|out| write_skipping(text, in_place, |_| true, out)),
            "SignedInfo was indented after signing",
        ),
        (
            canonical(|out| write_skipping(alone, part, |_| true, out)),
            "SignedInfo was signed apart from the message, without the namespaces it inherits from \
             the root, and indented after signing",
        ),
    ];
    tries
        .into_iter()
        .find(|(bytes, _)| bytes.as_deref().is_some_and(&fits))
        .map(|(_, text)| text)
}

fn explained<const N: usize>(tries: [(Option<Vec<u8>>, &str); N], claimed: &[u8]) -> Option<String> {
    tries
        .into_iter()
        .find(|(digest, _)| digest.as_deref() == Some(claimed))
        .map(|(_, explanation)| explanation.to_owned())
}

fn hashed(profile: &Profile, write: impl FnOnce(&mut HashSink) -> Result<(), XmlError>) -> Option<Vec<u8>> {
    let mut out = HashSink::new(profile.hasher());
    write(&mut out).ok()?;
    Some(out.finish())
}

fn canonical(write: impl FnOnce(&mut Vec<u8>) -> Result<(), XmlError>) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    write(&mut out).ok()?;
    Some(out)
}

/// Canonical form without some of the white space that stands alone between tags.
fn write_skipping(text: &str, part: Part, skip: Skip, out: &mut impl Sink) -> Result<(), XmlError> {
    let mut reader = Reader::new(text)?;
    let mut writer = Writer::new(Comments::Drop);
    let (Part::Element(at) | Part::Without(at)) = part else {
        return Ok(());
    };
    let wants_inside = matches!(part, Part::Element(_));
    let mut inside = None;
    let mut waiting: Option<Item<'_>> = None;
    let mut after_part = false;
    loop {
        let item = reader.next()?;
        let begins = matches!(&item, Item::Start(start) if start.span.start == at);
        if let Some(blank) = waiting.take()
            && !skip(begins || after_part)
        {
            writer.item(&reader, &blank, false, out);
        }
        if begins {
            inside = Some(reader.depth());
        }
        let wanted = inside.is_some() == wants_inside;
        let ends = matches!(item, Item::End { .. }) && inside == Some(reader.depth());
        let blank = matches!(&item, Item::Text(text) if text.trim_ascii().is_empty());
        if matches!(item, Item::Eof) {
            return Ok(());
        }
        if wanted && blank {
            waiting = Some(item);
        } else {
            if wanted {
                let apex = if wants_inside { begins } else { reader.depth() == 1 };
                writer.item(&reader, &item, apex, out);
            }
            after_part = ends;
        }
        if ends {
            inside = None;
        }
    }
}
