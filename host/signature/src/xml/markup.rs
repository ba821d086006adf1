//! The XML declaration, processing instructions, and the delimiters of other markup.

use super::attributes::RawAttributes;
use super::chars::{is_ncname, is_space, line_ends};
use super::{Item, XmlErrorKind};

/// `raw` without its delimiters.
pub(super) fn inside<'a>(raw: &'a str, open: &str, close: &str) -> &'a str {
    raw.strip_prefix(open)
        .and_then(|raw| raw.strip_suffix(close))
        .unwrap_or_default()
}

/// Checks an XML declaration: version 1.0, UTF-8, in the order XML requires.
pub(super) fn declaration(body: &str) -> Result<(), XmlErrorKind> {
    let mut raw = RawAttributes::new(body);
    let mut expected: &[&str] = &["version", "encoding", "standalone"];
    let mut versioned = false;
    while let Some(found) = raw.next()? {
        let Some(index) = expected.iter().position(|name| *name == found.name) else {
            return Err(XmlErrorKind::malformed("malformed XML declaration"));
        };
        expected = expected.get(index + 1..).unwrap_or_default();
        match (found.name, found.value) {
            ("version", "1.0") => versioned = true,
            ("version", other) => {
                return Err(XmlErrorKind::Malformed(format!(
                    "XML version {other:?} is not supported"
                )));
            }
            ("encoding", name) if is_utf8(name) => {}
            ("encoding", name) => {
                return Err(XmlErrorKind::Encoding(name.chars().take(40).collect()));
            }
            ("standalone", "yes" | "no") => {}
            _ => return Err(XmlErrorKind::malformed("malformed XML declaration")),
        }
    }
    match versioned {
        true => Ok(()),
        false => Err(XmlErrorKind::malformed("XML declaration without version")),
    }
}

fn is_utf8(name: &str) -> bool {
    name.eq_ignore_ascii_case("UTF-8") || name.eq_ignore_ascii_case("UTF8")
}

/// Splits a processing instruction into target and data.
pub(super) fn instruction(body: &str) -> Result<Item<'_>, XmlErrorKind> {
    let length = body.bytes().position(is_space).unwrap_or(body.len());
    let (target, data) = body.split_at(length);
    if !is_ncname(target) || target.eq_ignore_ascii_case("xml") {
        return Err(XmlErrorKind::malformed("bad name of a processing instruction"));
    }
    let data = data.trim_start_matches([' ', '\t', '\n', '\r']);
    Ok(Item::Instruction {
        target,
        data: line_ends(data),
    })
}
