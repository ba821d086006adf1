//! What may be signed: UTF-8, and XML that has a canonical form.
//!
//! Well-formedness and limits are the business of [`cebridge_xml`]; what signatures ask beyond them is asked here.

use std::ops::Deref;

use cebridge_xml::{Declaration, Item, Limits, Position};

use crate::xml_error::{XmlError, XmlErrorKind};

const BOM: &str = "\u{feff}";

/// Reads a text of which a signature is made or checked.
pub(crate) struct Reader<'t>(cebridge_xml::Reader<'t>);

impl<'t> Reader<'t> {
    /// Starts reading; a byte order mark is skipped but counted in all offsets.
    pub(crate) fn new(text: &'t str) -> Result<Reader<'t>, XmlError> {
        let limits = Limits::MESSAGE;
        limits.admit(text.len())?;
        let base = text.len() - strip_bom(text).len();
        let reader = cebridge_xml::Reader::behind(text, base, &limits)?;
        check_encoding(&reader)?;
        Ok(Reader(reader))
    }

    /// Reads the next item; always `Eof` after [`Item::Eof`].
    pub(crate) fn next(&mut self) -> Result<Item<'t>, XmlError> {
        let item = self.0.read()?;
        check(&self.0, &item)?;
        Ok(item)
    }
}

impl<'t> Deref for Reader<'t> {
    type Target = cebridge_xml::Reader<'t>;

    fn deref(&self) -> &cebridge_xml::Reader<'t> {
        &self.0
    }
}

/// Refuses a document that declares another encoding than UTF-8.
pub(crate) fn check_encoding(reader: &cebridge_xml::Reader<'_>) -> Result<(), XmlError> {
    match foreign(reader.declaration()) {
        Some(encoding) => Err(encoding.at_start()),
        None => Ok(()),
    }
}

/// Refuses namespaces that have no canonical form.
pub(crate) fn check(reader: &cebridge_xml::Reader<'_>, item: &Item<'_>) -> Result<(), XmlError> {
    if !matches!(item, Item::Start(_)) {
        return Ok(());
    }
    let own = reader.bindings().get(reader.own_bindings()..).unwrap_or_default();
    match own.iter().find(|own| !own.uri.is_empty() && !has_scheme(&own.uri)) {
        Some(own) => {
            let shown = own.uri.chars().take(80).collect();
            Err(XmlErrorKind::RelativeNamespace(shown).at(reader, own.at))
        }
        None => Ok(()),
    }
}

/// Returns the text of a UTF-8 document, including a byte order mark at its start.
///
/// Other encodings are refused by name; a caller that knows the encoding has to transcode the
/// document, including its declaration.
pub(crate) fn decode(bytes: &[u8]) -> Result<&str, XmlError> {
    Limits::MESSAGE.admit(bytes.len())?;
    if let Some(name) = foreign_mark(bytes) {
        return Err(XmlErrorKind::Encoding(name.to_owned()).at_start());
    }
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error,
    };
    let readable = bytes
        .get(..error.valid_up_to())
        .and_then(|valid| std::str::from_utf8(valid).ok())
        .map(strip_bom)
        .unwrap_or_default();
    // If the declaration names another encoding, that is the better explanation.
    let declared = Declaration::read(readable.as_bytes()).ok().flatten();
    Err(match foreign(declared.as_ref()) {
        Some(encoding) => encoding.at_start(),
        None => XmlErrorKind::NotUtf8.with(Position::of(readable, readable.len())),
    })
}

/// `text` without its byte order mark.
pub(crate) fn strip_bom(text: &str) -> &str {
    text.strip_prefix(BOM).unwrap_or(text)
}

/// The declared encoding, if it is not UTF-8.
fn foreign(declaration: Option<&Declaration>) -> Option<XmlErrorKind> {
    let name = declaration?.encoding.as_deref()?;
    let is_utf8 = name.eq_ignore_ascii_case("UTF-8") || name.eq_ignore_ascii_case("UTF8");
    (!is_utf8).then(|| XmlErrorKind::Encoding(name.chars().take(40).collect()))
}

/// Detects other encodings by their first bytes.
fn foreign_mark(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'<', 0, ..] | [0, b'<', ..] => Some("UTF-16"),
        _ => None,
    }
}

/// Returns `true` if a URI is absolute.
fn has_scheme(uri: &str) -> bool {
    let Some((scheme, _)) = uri.split_once(':') else {
        return false;
    };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}
