//! The single pass over a signed message: collects the signed content and the signature with its position.

use std::ops::Range;

use cebridge_xml::{Item, Observer, Reader, Start};

use crate::c14n::{Comments, Sink, Writer};
use crate::digests::{Digested, Digests};
use crate::dsig::{DSIG, Element, is_signature};
use crate::reader;
use crate::xml_error::{MAX_ELEMENTS, MAX_SIGNATURE, XmlError, XmlErrorKind};

/// Collects the parts of a signed message while somebody else reads it: it observes the reader of the data, so that both
/// see the same items.
pub struct Collector {
    writer: Writer,
    info_writer: Writer,
    message: Digests,
    info: Limited,
    /// Open elements of the first `Signature`, outermost first.
    open: Vec<Element>,
    elements: usize,
    /// Bytes kept of the first `Signature`.
    kept: usize,
    /// Depth of `SignedInfo` while inside it.
    inside_info: Option<usize>,
    info_seen: bool,
    begun: bool,
    complete: bool,
    /// Namespace of the root element.
    root: String,
    /// The last child of the root before the first `Signature`.
    last: Option<Sibling>,
    parts: SignedParts,
}

/// The parts of a signed message, not yet verified; [`SignedParts::verify`] does that.
#[derive(Debug, Clone, Default)]
pub struct SignedParts {
    /// Error that prevented reading the message to its end.
    pub(crate) fault: Option<XmlError>,
    /// Number of `Signature` elements, in any place.
    pub(crate) signatures: usize,
    /// Depth of the first one; 2 is a child of the root.
    pub(crate) depth: usize,
    /// Byte range of the first one.
    pub(crate) span: Range<usize>,
    /// The first one.
    pub(crate) element: Option<Element>,
    /// Byte range of its `SignedInfo`.
    pub(crate) info_span: Range<usize>,
    /// Canonical form of its `SignedInfo`.
    pub(crate) signed_info: Vec<u8>,
    /// Canonical form of the message without it.
    pub(crate) message: Digested,
    /// The child of the root directly before it.
    pub(crate) before: Option<Sibling>,
    /// The first children of the root after it, two at most.
    pub(crate) after: Vec<Sibling>,
    /// Line of the first comment inside the root.
    pub(crate) comment: Option<u32>,
    /// Line of the first processing instruction inside the root.
    pub(crate) instruction: Option<u32>,
}

/// A sibling of the `Signature`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sibling {
    pub(crate) name: String,
    /// `true` if it is in the root's namespace.
    pub(crate) own: bool,
}

impl Default for Collector {
    fn default() -> Self {
        Self::new()
    }
}

impl Observer for Collector {
    fn decoded(&mut self, encoding: &str) {
        if encoding != "UTF-8" {
            let kind = XmlErrorKind::Encoding(encoding.to_owned());
            self.parts.fault = Some(kind.at_start());
        }
    }

    /// After the first item that has no place in a signed message, all others are ignored; the verdict gives the reason.
    fn item(&mut self, reader: &Reader<'_>, item: &Item<'_>) {
        if self.parts.fault.is_none() {
            self.parts.fault = self.take(reader, item).err();
        }
    }
}

impl Collector {
    /// A collector for one message.
    #[must_use]
    pub fn new() -> Collector {
        Collector {
            writer: Writer::new(Comments::Drop),
            info_writer: Writer::new(Comments::Drop),
            message: Digests::default(),
            info: Limited::default(),
            open: Vec::new(),
            elements: 0,
            kept: 0,
            inside_info: None,
            info_seen: false,
            begun: false,
            complete: false,
            root: String::new(),
            last: None,
            parts: SignedParts::default(),
        }
    }

    /// Returns the parts found.
    #[must_use]
    pub fn finish(mut self) -> SignedParts {
        if self.parts.fault.is_none() && !self.complete {
            self.parts.fault = Some(XmlErrorKind::Unfinished.at_start());
        }
        self.parts.message = self.message.finish();
        self.parts.signed_info = self.info.bytes;
        self.parts
    }

    fn take(&mut self, reader: &Reader<'_>, item: &Item<'_>) -> Result<(), XmlError> {
        if !std::mem::replace(&mut self.begun, true) {
            reader::check_encoding(reader)?;
            let length = reader.text().len();
            self.message = Digests::with_capacity(length + length / 8);
        }
        reader::check(reader, item)?;
        match item {
            Item::Start(start) => self.start(reader, start)?,
            Item::Comment(_) if reader.depth() > 0 && self.parts.comment.is_none() => {
                self.parts.comment = Some(reader.position(reader.span().start).line);
            }
            Item::Instruction { .. } if reader.depth() > 0 && self.parts.instruction.is_none() => {
                self.parts.instruction = Some(reader.position(reader.span().start).line);
            }
            Item::Eof => self.complete = true,
            _ => {}
        }
        if self.open.is_empty() {
            self.writer.item(reader, item, reader.depth() == 1, &mut self.message);
            return Ok(());
        }
        self.inside_signature(reader, item)
    }

    fn inside_signature(&mut self, reader: &Reader<'_>, item: &Item<'_>) -> Result<(), XmlError> {
        if let (Some(text), Some(current)) = (item.characters(), self.open.last_mut()) {
            self.kept += text.len();
            if self.kept > MAX_SIGNATURE {
                return Err(too_large(reader));
            }
            current.text.push_str(&text);
        }
        if let Some(depth) = self.inside_info {
            let apex = reader.depth() == depth;
            self.info_writer.item(reader, item, apex, &mut self.info);
            if self.info.overflow {
                return Err(too_large(reader));
            }
        }
        if let Item::End { span, .. } = item {
            self.end(reader, span);
        }
        Ok(())
    }

    fn start(&mut self, reader: &Reader<'_>, start: &Start<'_>) -> Result<(), XmlError> {
        let depth = reader.depth();
        let signature = is_signature(reader, start);
        self.parts.signatures += usize::from(signature);
        if depth == 1 {
            reader.namespace(start.id).clone_into(&mut self.root);
        }
        if !self.open.is_empty() {
            self.elements += 1;
            self.kept += start.span.len();
            if depth == self.parts.depth + 1
                && !self.info_seen
                && reader.local(start.id) == "SignedInfo"
                && reader.namespace(start.id) == DSIG
            {
                self.info_seen = true;
                self.inside_info = Some(depth);
                self.parts.info_span = start.span.clone();
            }
        } else if signature && self.parts.element.is_none() {
            self.parts.depth = depth;
            self.parts.before = self.last.take();
            self.parts.span = start.span.clone();
        } else {
            if depth == 2 && self.parts.after.len() < 2 {
                self.sibling(reader, start);
            }
            return Ok(());
        }
        if self.elements > MAX_ELEMENTS || self.kept > MAX_SIGNATURE {
            return Err(too_large(reader));
        }
        self.open.push(Element::new(reader, start));
        Ok(())
    }

    fn sibling(&mut self, reader: &Reader<'_>, start: &Start<'_>) {
        let (name, own) = (reader.local(start.id), reader.namespace(start.id) == self.root);
        if self.parts.element.is_some() {
            let name = name.to_owned();
            self.parts.after.push(Sibling { name, own });
            return;
        }
        let last = self.last.get_or_insert_default();
        name.clone_into(&mut last.name);
        last.own = own;
    }

    fn end(&mut self, reader: &Reader<'_>, span: &Range<usize>) {
        if self.inside_info == Some(reader.depth()) {
            self.inside_info = None;
            self.parts.info_span.end = span.end;
        }
        let Some(done) = self.open.pop() else { return };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(done),
            None => {
                self.parts.span.end = span.end;
                self.parts.element = Some(done);
            }
        }
    }
}

/// The parts of a message that could not be read; their verdict says why.
impl From<XmlError> for SignedParts {
    fn from(fault: XmlError) -> SignedParts {
        SignedParts {
            fault: Some(fault),
            ..SignedParts::default()
        }
    }
}

impl SignedParts {
    /// Reads a UTF-8 message; a byte order mark is tolerated. Unreadable input becomes a reason in the verdict.
    #[must_use]
    pub fn read(message: &[u8]) -> SignedParts {
        match reader::decode(message) {
            Ok(text) => SignedParts::of(text),
            Err(fault) => SignedParts::from(fault),
        }
    }

    /// Returns `true` if the message carries a `Signature`.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.signatures > 0
    }

    /// Reads a text.
    pub(crate) fn of(text: &str) -> SignedParts {
        let mut collector = Collector::new();
        let mut read = || {
            let mut reader = reader::Reader::new(text)?;
            while !collector.complete {
                let item = reader.next()?;
                collector.take(&reader, &item)?;
            }
            Ok(())
        };
        if let Err(fault) = read() {
            collector.parts.fault = Some(fault);
        }
        collector.finish()
    }
}

fn too_large(reader: &Reader<'_>) -> XmlError {
    XmlErrorKind::LargeSignature.at(reader, reader.span().end)
}

/// Keeps bytes up to a limit.
#[derive(Default)]
struct Limited {
    bytes: Vec<u8>,
    overflow: bool,
}

impl Sink for Limited {
    fn put(&mut self, bytes: &[u8]) {
        if self.bytes.len() + bytes.len() > MAX_SIGNATURE {
            self.overflow = true;
        } else {
            self.bytes.extend_from_slice(bytes);
        }
    }
}
