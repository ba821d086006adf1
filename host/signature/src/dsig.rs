//! The `Signature` element: its names, and how it is found in a message.

use std::ops::Range;

use crate::xml::{Item, Reader, Start, XmlError, XmlErrorKind};

/// Namespace of XML signatures.
pub(crate) const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
/// The only transform used.
pub(crate) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// Most elements inside of one `Signature`; a usual one has 13. Arbitrary, keeps memory bounded.
const MAX_ELEMENTS: usize = 256;

/// Whether the element just read is a `Signature`.
pub(crate) fn is_signature(reader: &Reader<'_>, start: &Start<'_>) -> bool {
    start.local == "Signature" && reader.namespace(start) == DSIG
}

/// An element inside of a `Signature`.
#[derive(Debug)]
pub(crate) struct Element {
    /// Local name; empty for elements of other namespaces.
    pub(crate) name: String,
    /// Attributes by local name; the name is empty for attributes with a namespace.
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Element>,
    pub(crate) text: String,
    /// Comments or processing instructions are inside.
    pub(crate) noise: bool,
    /// Offset of its `<`.
    pub(crate) offset: usize,
}

/// The signatures of a document.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// How many there are, at whatever place.
    pub(crate) count: usize,
    /// Depth of the first one; 2 is a child of the root.
    pub(crate) depth: usize,
    /// Where the first one stands.
    pub(crate) span: Range<usize>,
    /// The first one.
    pub(crate) element: Option<Element>,
}

/// Reads a whole document and finds its signatures.
pub(crate) fn find(text: &str) -> Result<Found, XmlError> {
    let mut reader = Reader::new(text)?;
    let mut found = Found::default();
    loop {
        match reader.next()? {
            Item::Start(start) if is_signature(&reader, &start) => {
                found.count += 1;
                if found.element.is_none() {
                    found.depth = reader.depth();
                    let (element, end) = read(&mut reader, &start, &mut found.count)?;
                    found.span = start.span.start..end;
                    found.element = Some(element);
                }
            }
            Item::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// Reads the element that just began up to its end; counts the signatures inside.
fn read(reader: &mut Reader<'_>, start: &Start<'_>, signatures: &mut usize) -> Result<(Element, usize), XmlError> {
    let mut open = vec![Element::new(reader, start)];
    let mut count = 1;
    loop {
        let item = reader.next()?;
        let Some(current) = open.last_mut() else {
            return Err(reader.error(XmlErrorKind::NoElement));
        };
        match item {
            Item::Start(start) => {
                count += 1;
                if count > MAX_ELEMENTS {
                    let kind =
                        XmlErrorKind::Malformed(format!("more than {MAX_ELEMENTS} elements inside of a Signature"));
                    return Err(reader.error(kind));
                }
                *signatures += usize::from(is_signature(reader, &start));
                open.push(Element::new(reader, &start));
            }
            Item::End { span, .. } => {
                let Some(done) = open.pop() else {
                    return Err(reader.error(XmlErrorKind::NoElement));
                };
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => return Ok((done, span.end)),
                }
            }
            Item::Text(text) => current.text.push_str(&text),
            Item::Comment(_) | Item::Instruction { .. } => current.noise = true,
            Item::Eof => return Err(reader.error(XmlErrorKind::NoElement)),
        }
    }
}

impl Element {
    fn new(reader: &Reader<'_>, start: &Start<'_>) -> Element {
        let plain = |known: bool, name: &str| {
            if known { name.to_owned() } else { String::new() }
        };
        Element {
            name: plain(reader.namespace(start) == DSIG, start.local),
            attributes: reader
                .attributes()
                .iter()
                .map(|found| {
                    (
                        plain(found.prefix.is_empty(), found.local),
                        found.value.clone().into_owned(),
                    )
                })
                .collect(),
            children: Vec::new(),
            text: String::new(),
            noise: false,
            offset: start.span.start,
        }
    }

    /// The value of an attribute without namespace.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Children of a name.
    pub(crate) fn named<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text without white space, as Base64 content allows it.
    pub(crate) fn compact(&self) -> String {
        self.text
            .chars()
            .filter(|c| !matches!(c, ' ' | '\t' | '\n' | '\r'))
            .collect()
    }
}
