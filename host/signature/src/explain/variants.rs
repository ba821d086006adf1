//! Forms of a message that faulty senders mistake for the canonical one.

use cebridge_xml::Item;

use crate::c14n::{Comments, Part, Sink, Writer};
use crate::reader::Reader;
use crate::xml_error::XmlError;

/// Decides if white space between elements is left out of a canonical form.
pub(super) type Skip = fn(beside_part: bool) -> bool;

/// Canonical form of a document without one element, or of one element, without the white space between tags that
/// `skip` selects.
pub(super) fn skipping(text: &str, part: Part, skip: Skip) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    write_skipping(text, part, skip, &mut out).ok()?;
    Some(out)
}

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
        let blank = is_blank(&item);
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

/// Returns `true` for white space as text, however it is written.
fn is_blank(item: &Item<'_>) -> bool {
    item.characters().is_some_and(|text| text.trim_ascii().is_empty())
}

/// A canonical form indented the way programs print XML: each child element on its own line.
pub(super) fn indented(canonical: &str, indent: &str) -> Option<Vec<u8>> {
    let mut reader = Reader::new(canonical).ok()?;
    let mut writer = Writer::new(Comments::Drop);
    let mut out: Vec<u8> = Vec::with_capacity(canonical.len() * 2);
    // `true` for each open element that already has children, outermost first.
    let mut children: Vec<bool> = Vec::new();
    let line = |out: &mut Vec<u8>, depth: usize| {
        out.push(b'\n');
        for _ in 0..depth {
            out.extend_from_slice(indent.as_bytes());
        }
    };
    loop {
        let item = reader.next().ok()?;
        let depth = reader.depth();
        match &item {
            Item::Start(_) => {
                if let Some(parent) = children.last_mut() {
                    *parent = true;
                    line(&mut out, depth - 1);
                }
                children.push(false);
            }
            Item::End { .. } if children.pop() == Some(true) => line(&mut out, depth - 1),
            _ if is_blank(&item) => continue,
            Item::Eof => return Some(out),
            _ => {}
        }
        writer.item(&reader, &item, depth == 1, &mut out);
    }
}

/// A canonical form with every line feed replaced by `replacement`, as if CR LF line ends were not normalised.
pub(super) fn with_line_ends(canonical: &[u8], replacement: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(canonical.len() + canonical.len() / 8);
    for byte in canonical {
        match byte {
            b'\n' => out.extend_from_slice(replacement),
            other => out.push(*other),
        }
    }
    out
}

/// A canonical form with empty elements as self-closing tags.
pub(super) fn self_closing(canonical: &str, space: &str) -> String {
    let mut out = String::with_capacity(canonical.len());
    let mut rest = canonical;
    while let Some(at) = rest.find("></") {
        let (before, after) = rest.split_at(at);
        let name = after
            .get("></".len()..)
            .and_then(|tail| tail.split('>').next())
            .unwrap_or_default();
        let opened = before.rsplit('<').next().unwrap_or_default();
        let own = opened.split([' ', '>']).next().unwrap_or_default();
        out.push_str(before);
        if own == name && !opened.starts_with('/') && !opened.contains('>') {
            out.push_str(space);
            out.push_str("/>");
            rest = after.get("></".len() + name.len() + 1..).unwrap_or_default();
        } else {
            out.push('>');
            rest = after.get(1..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    out
}
