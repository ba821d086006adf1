//! Canonical XML 1.0 (inclusive), with and without comments, over whole documents, single elements
//! in place, and documents without one element.

use cebridge_xml::{self as xml, Attribute, Binding, Item, Start, lookup};

use crate::hash::Hasher;
use crate::reader::Reader;
use crate::xml_error::{XmlError, XmlErrorKind};

/// URI of Canonical XML 1.0 without comments, the only method customs messages use.
pub const C14N_URI: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";

/// Treatment of comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comments {
    /// Left out, as signatures require.
    Drop,
    /// Kept (the `#WithComments` method).
    Keep,
}

/// The part of a document to canonicalise. Elements are identified by the byte offset of their `<`
/// in the given text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Everything.
    Document,
    /// One element with all its content, in place in its document: namespace declarations and `xml:`
    /// attributes of its ancestors are rendered on it.
    Element(usize),
    /// Everything but one element with all its content (the enveloped-signature transform).
    Without(usize),
}

/// Canonical form of a UTF-8 text; a byte order mark is skipped. `DOCTYPE` is refused, and so are
/// relative namespace names, for which Canonical XML is not defined.
///
/// # Errors
/// [`XmlError`] if the text is not well-formed or exceeds a limit, or if `part` matches no element.
pub fn canonicalize(xml: &str, part: Part, comments: Comments) -> Result<Vec<u8>, XmlError> {
    let mut out = Vec::with_capacity(xml.len() + xml.len() / 8);
    write(xml, part, comments, &mut out)?;
    Ok(out)
}

/// Destination of canonical bytes.
pub(crate) trait Sink {
    fn put(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Hashes canonical bytes as they arrive, so that no second copy of a large document is needed.
pub(crate) struct HashSink {
    hasher: Hasher,
    /// The pieces are tiny; hashing them one by one costs more than collecting them.
    waiting: Vec<u8>,
}

impl HashSink {
    const BLOCK: usize = 8192;

    pub(crate) fn new(hasher: Hasher) -> HashSink {
        HashSink {
            hasher,
            waiting: Vec::with_capacity(2 * HashSink::BLOCK),
        }
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.hasher.update(&self.waiting);
        self.hasher.finish()
    }
}

impl Sink for HashSink {
    fn put(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= HashSink::BLOCK {
            self.hasher.update(&self.waiting);
            self.waiting.clear();
        }
    }
}

/// Canonicalises into a sink.
pub(crate) fn write(xml: &str, part: Part, comments: Comments, out: &mut impl Sink) -> Result<(), XmlError> {
    let mut reader = Reader::new(xml)?;
    let mut selection = Selection::new(part, comments);
    loop {
        let item = reader.next()?;
        selection.take(&reader, &item, out);
        match item {
            Item::Eof if selection.found => return Ok(()),
            Item::Eof => return Err(XmlErrorKind::NoElement.at(&reader, reader.span().end)),
            _ => {}
        }
    }
}

/// Writes the selected part of a document, item by item.
pub(crate) struct Selection {
    part: Part,
    writer: Writer,
    /// Depth of the element `part` refers to, while inside it.
    inside: Option<usize>,
    found: bool,
}

impl Selection {
    pub(crate) fn new(part: Part, comments: Comments) -> Selection {
        Selection {
            part,
            writer: Writer::new(comments),
            inside: None,
            found: matches!(part, Part::Document),
        }
    }

    /// Writes the item just read by `reader`, if it is selected.
    pub(crate) fn take(&mut self, reader: &xml::Reader<'_>, item: &Item<'_>, out: &mut impl Sink) {
        if let Item::Start(start) = item
            && matches!(self.part, Part::Element(at) | Part::Without(at) if at == start.span.start)
        {
            self.found = true;
            self.inside = Some(reader.depth());
        }
        let (wanted, apex) = match self.part {
            Part::Document => (true, Some(1)),
            Part::Element(_) => (self.inside.is_some(), self.inside),
            Part::Without(_) => (self.inside.is_none(), Some(1)),
        };
        if wanted {
            self.writer.item(reader, item, apex == Some(reader.depth()), out);
        }
        if matches!(item, Item::End { .. }) && self.inside == Some(reader.depth()) {
            self.inside = None;
        }
    }
}

/// Writes items in canonical form.
pub(crate) struct Writer {
    comments: Comments,
    after_root: bool,
    order: Vec<usize>,
}

impl Writer {
    pub(crate) fn new(comments: Comments) -> Writer {
        Writer {
            comments,
            after_root: false,
            order: Vec::new(),
        }
    }

    /// Writes the item just read by `reader`. `apex`: the element is the outermost one written.
    pub(crate) fn item(&mut self, reader: &xml::Reader<'_>, item: &Item<'_>, apex: bool, out: &mut impl Sink) {
        match item {
            Item::Start(start) => self.start(reader, start, apex, out),
            Item::End { name, .. } => {
                out.put(b"</");
                out.put(name.as_bytes());
                out.put(b">");
                self.after_root |= reader.depth() == 1;
            }
            Item::Text(text) => escape_text(&text.value(), out),
            Item::Reference(c) => escape_text(c.encode_utf8(&mut [0; 4]), out),
            Item::Comment(body) if self.comments == Comments::Keep => {
                self.outside(reader, out, |out| {
                    out.put(b"<!--");
                    out.put(body.value().as_bytes());
                    out.put(b"-->");
                });
            }
            Item::Comment(_) | Item::Eof => {}
            Item::Instruction { target, data } => self.outside(reader, out, |out| {
                out.put(b"<?");
                out.put(target.as_bytes());
                if !data.raw.is_empty() {
                    out.put(b" ");
                    out.put(data.value().as_bytes());
                }
                out.put(b"?>");
            }),
        }
    }

    /// Separates comments and instructions outside the root with line feeds.
    fn outside<S: Sink>(&self, reader: &xml::Reader<'_>, out: &mut S, write: impl Fn(&mut S)) {
        let outside = reader.depth() == 0;
        if outside && self.after_root {
            out.put(b"\n");
        }
        write(out);
        if outside && !self.after_root {
            out.put(b"\n");
        }
    }

    fn start(&mut self, reader: &xml::Reader<'_>, start: &Start<'_>, apex: bool, out: &mut impl Sink) {
        out.put(b"<");
        out.put(start.name.as_bytes());
        self.namespaces(reader, apex, out);
        if apex && reader.depth() > 1 {
            self.apex_attributes(reader, out);
        } else {
            self.attributes(reader, reader.attributes(), out);
        }
        out.put(b">");
    }

    /// Renders the declarations that are not in force already, ordered by prefix. Since an element
    /// is always written together with all its descendants, the declarations in force around it in
    /// the document are also in force in the output, except for the apex.
    fn namespaces(&mut self, reader: &xml::Reader<'_>, apex: bool, out: &mut impl Sink) {
        let all = reader.bindings();
        let own = if apex { 0 } else { reader.own_bindings() };
        let (around, candidates) = all.split_at(own.min(all.len()));
        if candidates.is_empty() {
            return;
        }
        self.order.clear();
        self.order.extend((0..candidates.len()).filter(|index| {
            let later = candidates.get(index + 1..).unwrap_or_default();
            candidates
                .get(*index)
                .is_some_and(|binding| needed(binding, later, around))
        }));
        let prefix = |index: &usize| candidates.get(*index).map(|binding| binding.prefix);
        self.order.sort_unstable_by(|a, b| prefix(a).cmp(&prefix(b)));
        for binding in self.order.iter().filter_map(|index| candidates.get(*index)) {
            declaration(binding.prefix, &binding.uri, out);
        }
    }

    fn attributes(&mut self, reader: &xml::Reader<'_>, attributes: &[Attribute<'_>], out: &mut impl Sink) {
        self.order.clear();
        self.order.extend(0..attributes.len());
        if attributes.len() > 1 {
            let key = |index: &usize| {
                let attribute = attributes.get(*index)?;
                Some((reader.namespace(attribute.id), reader.local(attribute.id)))
            };
            self.order.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        }
        for attribute in self.order.iter().filter_map(|index| attributes.get(*index)) {
            self::attribute(attribute.name, &attribute.value, out);
        }
    }

    /// Attributes of an apex below the root: its own and the `xml:` ones of its ancestors; the nearest
    /// ancestor wins.
    fn apex_attributes(&mut self, reader: &xml::Reader<'_>, out: &mut impl Sink) {
        let mut all = reader.attributes().to_vec();
        for inherited in reader.inherited().rev() {
            if !all.iter().any(|known| known.name == inherited.name) {
                all.push(inherited.clone());
            }
        }
        self.attributes(reader, &all, out);
    }
}

/// Returns `true` if a declaration must be written: not overridden later, and not already in force.
fn needed(binding: &Binding<'_>, later: &[Binding<'_>], around: &[Binding<'_>]) -> bool {
    // The prefix xml is always bound to its fixed namespace.
    binding.prefix != "xml"
        && !later.iter().any(|other| other.prefix == binding.prefix)
        && lookup(around, binding.prefix).unwrap_or_default() != binding.uri
}

/// Writes a namespace declaration.
pub(crate) fn declaration(prefix: &str, uri: &str, out: &mut impl Sink) {
    out.put(if prefix.is_empty() {
        b" xmlns".as_slice()
    } else {
        b" xmlns:"
    });
    out.put(prefix.as_bytes());
    quoted(uri, out);
}

/// Writes an attribute with its value escaped.
pub(crate) fn attribute(name: &str, value: &str, out: &mut impl Sink) {
    out.put(b" ");
    out.put(name.as_bytes());
    quoted(value, out);
}

fn quoted(value: &str, out: &mut impl Sink) {
    out.put(b"=\"");
    escape(value, out, |byte| match byte {
        b'&' => Some(b"&amp;"),
        b'<' => Some(b"&lt;"),
        b'"' => Some(b"&quot;"),
        b'\t' => Some(b"&#x9;"),
        b'\n' => Some(b"&#xA;"),
        b'\r' => Some(b"&#xD;"),
        _ => None,
    });
    out.put(b"\"");
}

/// Writes character data, escaped.
pub(crate) fn escape_text(text: &str, out: &mut impl Sink) {
    escape(text, out, |byte| match byte {
        b'&' => Some(b"&amp;"),
        b'<' => Some(b"&lt;"),
        b'>' => Some(b"&gt;"),
        b'\r' => Some(b"&#xD;"),
        _ => None,
    });
}

/// Bytes that are escaped in some context.
#[expect(
    clippy::indexing_slicing,
    reason = "the compiler makes the table, and refuses places outside of it"
)]
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let bytes = *b"&<>\"\t\n\r";
    let mut at = 0;
    while at < bytes.len() {
        special[bytes[at] as usize] = true;
        at += 1;
    }
    special
};

fn escape(text: &str, out: &mut impl Sink, replace: impl Fn(u8) -> Option<&'static [u8]>) {
    let mut rest = text.as_bytes();
    let is_special = |byte: &u8| SPECIAL.get(usize::from(*byte)).is_some_and(|special| *special);
    while let Some(at) = rest.iter().position(is_special) {
        let (plain, special) = rest.split_at(at);
        out.put(plain);
        let Some((byte, behind)) = special.split_first() else {
            return;
        };
        match replace(*byte) {
            Some(replacement) => out.put(replacement),
            None => out.put(&[*byte]),
        }
        rest = behind;
    }
    out.put(rest);
}
