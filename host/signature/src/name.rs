//! Distinguished names as readable text, whatever string type an authority used.

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;

use encoding_rs::{GBK, WINDOWS_1252};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::oid::db::DB;
use x509_cert::der::{Encode, Tag, Tagged};
use x509_cert::name::Name;

/// Tag of `UniversalString`, which the certificate parser does not know.
const UNIVERSAL: u8 = 0x1c;
/// Its substitute while a certificate is parsed: a type that no name has (T.100 videotex).
const STAND_IN: u8 = 0x15;

/// A distinguished name in the form of RFC 4514, most specific part first. Text is also shown as text for attributes
/// without a short name, where RFC 4514 would use hexadecimal digits: authorities store credit codes there.
pub(crate) fn readable(name: &Name) -> String {
    let relative = name.iter_rdn().map(|rdn| {
        let parts: Vec<String> = rdn.iter().map(part).collect();
        parts.join("+")
    });
    let mut all: Vec<String> = relative.collect();
    all.reverse();
    all.join(",")
}

/// Returns `true` if two names are the same, even with different string types.
pub(crate) fn same(one: &Name, other: &Name) -> bool {
    one == other || readable(one) == readable(other)
}

fn part(part: &AttributeTypeAndValue) -> String {
    let mut out = format!("{}=", label(part.oid));
    match text(part.value.tag(), part.value.value()) {
        Some(text) => escape(&text, &mut out),
        None => {
            out.push('#');
            for byte in part.value.to_der().unwrap_or_default() {
                let _ = write!(out, "{byte:02x}");
            }
        }
    }
    out
}

/// The shortest name of an attribute (`CN`), otherwise its OID.
fn label(oid: ObjectIdentifier) -> String {
    let names = DB.find_names_for_oid(oid);
    names
        .min_by_key(|name| name.len())
        .map_or_else(|| oid.to_string(), str::to_ascii_uppercase)
}

/// The text of a string value; `None` for other types and for damaged text.
fn text(tag: Tag, bytes: &[u8]) -> Option<String> {
    match tag {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString => {
            String::from_utf8(bytes.to_vec()).ok()
        }
        Tag::TeletexString => teletex(bytes),
        Tag::BmpString => {
            let units = units::<2>(bytes)?.map(u16::from_be_bytes);
            char::decode_utf16(units).collect::<Result<_, _>>().ok()
        }
        // UniversalString: see `for_reader`.
        Tag::VideotexString => units::<4>(bytes)?
            .map(|unit| char::from_u32(u32::from_be_bytes(unit)))
            .collect(),
        _ => None,
    }
}

fn units<const N: usize>(bytes: &[u8]) -> Option<impl Iterator<Item = [u8; N]>> {
    let (units, rest) = bytes.as_chunks::<N>();
    rest.is_empty().then(|| units.iter().copied())
}

/// `TeletexString` should be T.61, but in practice holds UTF-8, GB2312 or Latin-1, depending on the authority.
fn teletex(bytes: &[u8]) -> Option<String> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.to_owned());
    }
    // Accented Latin-1 letters are single bytes; GB2312 characters are pairs of bytes from A1 on.
    let pairs = bytes.split(|byte| *byte < 0xa1).all(|run| run.len() % 2 == 0);
    let known = if pairs { GBK } else { WINDOWS_1252 };
    known
        .decode_without_bom_handling_and_without_replacement(bytes)
        .map(Cow::into_owned)
}

/// Writes a value with the escapes of RFC 4514.
fn escape(value: &str, out: &mut String) {
    let last = value.chars().count().saturating_sub(1);
    for (at, c) in value.chars().enumerate() {
        match c {
            '#' if at == 0 => out.push_str("\\#"),
            ' ' if at == 0 || at == last => out.push_str("\\ "),
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    let _ = write!(out, "\\{byte:02x}");
                }
            }
            c => out.push(c),
        }
    }
}

/// The encoding of a certificate in a form the parser accepts: `UniversalString` in names gets another tag. The
/// original bytes are what was signed, so the caller keeps them too.
pub(crate) fn for_reader(der: &[u8]) -> Cow<'_, [u8]> {
    let places = universal_tags(der).unwrap_or_default();
    if places.is_empty() {
        return Cow::Borrowed(der);
    }
    let mut changed = der.to_vec();
    for place in places {
        if let Some(tag) = changed.get_mut(place) {
            *tag = STAND_IN;
        }
    }
    Cow::Owned(changed)
}

/// Offsets of the `UniversalString` tags in the issuer and subject names.
fn universal_tags(der: &[u8]) -> Option<Vec<usize>> {
    let (_, certificate) = value(der, 0)?;
    let (_, tbs) = value(der, certificate.start)?;
    let fields = children(der, tbs)?;
    // A version may precede serial number, algorithm, issuer, validity, subject.
    let version = usize::from(der.get(*fields.first()?) == Some(&0xa0));
    let mut found = Vec::new();
    for name in [fields.get(version + 2)?, fields.get(version + 4)?] {
        for relative in children(der, value(der, *name)?.1)? {
            for pair in children(der, value(der, relative)?.1)? {
                let place = *children(der, value(der, pair)?.1)?.get(1)?;
                found.extend((der.get(place) == Some(&UNIVERSAL)).then_some(place));
            }
        }
    }
    Some(found)
}

/// Start offsets of the values in a range.
fn children(der: &[u8], range: Range<usize>) -> Option<Vec<usize>> {
    let mut found = Vec::new();
    let mut at = range.start;
    while at < range.end {
        found.push(at);
        at = value(der, at)?.1.end;
    }
    Some(found)
}

/// Tag and content range of the value at an offset.
fn value(der: &[u8], at: usize) -> Option<(u8, Range<usize>)> {
    let tag = *der.get(at)?;
    let first = usize::from(*der.get(at + 1)?);
    let (start, length) = match first {
        0..0x80 => (at + 2, first),
        _ => {
            let digits = der
                .get(at + 2..)?
                .get(..first & 0x7f)
                .filter(|digits| digits.len() <= 4)?;
            let length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
            (at + 2 + digits.len(), length)
        }
    };
    let end = start.checked_add(length).filter(|end| *end <= der.len())?;
    Some((tag, start..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_string_type_is_text() {
        let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_be_bytes).collect() };
        let widest = |text: &str| -> Vec<u8> { text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect() };
        for (tag, bytes, expected) in [
            (Tag::Utf8String, "王示例".as_bytes().to_vec(), Some("王示例")),
            (Tag::PrintableString, b"Shop".to_vec(), Some("Shop")),
            (Tag::BmpString, wide("王示例𠮷"), Some("王示例𠮷")),
            (Tag::VideotexString, widest("王示例𠮷"), Some("王示例𠮷")),
            (
                Tag::TeletexString,
                GBK.encode("王示例 A").0.into_owned(),
                Some("王示例 A"),
            ),
            (Tag::TeletexString, "王示例".as_bytes().to_vec(), Some("王示例")),
            (Tag::TeletexString, b"M\xfcller, B\xe4r".to_vec(), Some("Müller, Bär")),
            (Tag::BmpString, vec![0xd8, 0, 0], None),
            (Tag::BmpString, vec![0xd8, 0], None),
            (Tag::Utf8String, vec![0xff], None),
            (Tag::Integer, vec![1], None),
        ] {
            assert_eq!(text(tag, &bytes).as_deref(), expected, "{tag:?}");
        }
    }

    #[test]
    fn what_would_be_taken_for_syntax_is_escaped() {
        let escaped = |text: &str| {
            let mut out = String::new();
            escape(text, &mut out);
            out
        };
        assert_eq!(escaped(" a,b+c "), "\\ a\\,b\\+c\\ ");
        assert_eq!(escaped("#1\u{1b}[2J\u{9b}"), "\\#1\\1b[2J\\c2\\9b");
    }

    #[test]
    fn damaged_encodings_are_left_to_the_reader() {
        for der in [
            &[][..],
            &[0x30],
            &[0x30, 0x84],
            &[0x30, 0x82, 0xff, 0xff],
            &[0x30, 3, 0x30, 1, 0xa0],
        ] {
            assert_eq!(for_reader(der), der);
        }
    }
}
