//! The single pass over a signed message: collects the signed content and the signature with its position.

use std::ops::Range;

use crate::c14n::{Comments, Sink, Writer};
use crate::digests::{Digested, Digests};
use crate::dsig::{DSIG, Element, is_signature};
use crate::xml::{self, Item, Machine, Start, Token, Tokens, XmlError, XmlErrorKind};

/// Most elements inside one `Signature`; a typical one has 13. Arbitrary, keeps memory bounded.
const MAX_ELEMENTS: usize = 256;
/// Most characters and attributes inside one `Signature`, in bytes; a typical one has 3000. Arbitrary.
const MAX_SIGNATURE: usize = 256 << 10;

/// Collects the parts of a signed message while another reader parses it.
///
/// One tokenizer serves the data reader and this collector, so that both see the same tokens: each token is passed in
/// with its span in the text, in order, including the end of the text.
pub struct Collector<'t> {
    text: &'t str,
    machine: Option<Machine<'t>>,
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
    complete: bool,
    /// Namespace of the root element.
    root: String,
    /// The last child of the root read, with `true` if it is in the root's namespace.
    last: Option<(&'t str, bool)>,
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
    pub(crate) comment: Option<usize>,
    /// Line of the first processing instruction inside the root.
    pub(crate) instruction: Option<usize>,
}

/// A sibling of the `Signature`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sibling {
    pub(crate) name: String,
    /// `true` if it is in the root's namespace.
    pub(crate) own: bool,
}

impl<'t> Collector<'t> {
    /// Starts with the text that all spans refer to; it may begin with a byte order mark.
    #[must_use]
    pub fn new(text: &'t str) -> Collector<'t> {
        let mut parts = SignedParts::default();
        let machine = match Machine::new(text) {
            Ok(machine) => Some(machine),
            Err(error) => {
                parts.fault = Some(error);
                None
            }
        };
        Collector {
            text,
            machine,
            writer: Writer::new(Comments::Drop),
            info_writer: Writer::new(Comments::Drop),
            message: Digests::with_capacity(text.len() + text.len() / 8),
            info: Limited::default(),
            open: Vec::new(),
            elements: 0,
            kept: 0,
            inside_info: None,
            info_seen: false,
            complete: false,
            root: String::new(),
            last: None,
            parts,
        }
    }

    /// Takes the next token. After the first unacceptable one, all others are ignored; the verdict gives the reason.
    pub fn feed(&mut self, token: Token, span: Range<usize>) {
        let Some(mut machine) = self.machine.take() else {
            return;
        };
        match self.step(&mut machine, token, span) {
            Ok(()) => self.machine = Some(machine),
            Err(error) => self.parts.fault = Some(error),
        }
    }

    /// Returns the parts found.
    #[must_use]
    pub fn finish(mut self) -> SignedParts {
        if self.parts.fault.is_none() && !self.complete {
            let kind = XmlErrorKind::malformed("the message was not read to its end");
            self.parts.fault = Some(kind.at(self.text, self.text.len()));
        }
        self.parts.message = self.message.finish();
        self.parts.signed_info = self.info.bytes;
        self.parts
    }

    fn step(&mut self, machine: &mut Machine<'t>, token: Token, span: Range<usize>) -> Result<(), XmlError> {
        if let Some(item) = machine.token(token, span.clone())? {
            self.item(machine, &item, span.start)?;
        }
        if let Some(end) = machine.closing() {
            self.item(machine, &end, span.start)?;
        }
        Ok(())
    }

    fn item(&mut self, machine: &Machine<'t>, item: &Item<'t>, at: usize) -> Result<(), XmlError> {
        match item {
            Item::Start(start) => self.start(machine, start)?,
            Item::Comment(_) if machine.depth() > 0 && self.parts.comment.is_none() => {
                self.parts.comment = Some(self.line(at));
            }
            Item::Instruction { .. } if machine.depth() > 0 && self.parts.instruction.is_none() => {
                self.parts.instruction = Some(self.line(at));
            }
            Item::Text(text) => {
                if let Some(current) = self.open.last_mut() {
                    self.kept += text.len();
                    if self.kept > MAX_SIGNATURE {
                        return Err(machine.error(too_large()));
                    }
                    current.text.push_str(text);
                }
            }
            Item::Eof => self.complete = true,
            _ => {}
        }
        if self.open.is_empty() {
            self.writer.item(machine, item, machine.depth() == 1, &mut self.message);
            return Ok(());
        }
        if let Some(depth) = self.inside_info {
            let apex = machine.depth() == depth;
            self.info_writer.item(machine, item, apex, &mut self.info);
            if self.info.overflow {
                return Err(machine.error(too_large()));
            }
        }
        if let Item::End { span, .. } = item {
            self.end(machine, span);
        }
        Ok(())
    }

    fn start(&mut self, machine: &Machine<'t>, start: &Start<'t>) -> Result<(), XmlError> {
        let depth = machine.depth();
        let signature = is_signature(machine, start);
        self.parts.signatures += usize::from(signature);
        if depth == 1 {
            machine.namespace(start).clone_into(&mut self.root);
        }
        if !self.open.is_empty() {
            self.elements += 1;
            self.kept += start.span.len();
            if depth == self.parts.depth + 1
                && !self.info_seen
                && start.local == "SignedInfo"
                && machine.namespace(start) == DSIG
            {
                self.info_seen = true;
                self.inside_info = Some(depth);
                self.parts.info_span = start.span.clone();
            }
        } else if signature && self.parts.element.is_none() {
            self.parts.depth = depth;
            self.parts.before = self.last.map(|(name, own)| Sibling {
                name: name.to_owned(),
                own,
            });
            self.parts.span = start.span.clone();
        } else {
            if depth == 2 && self.parts.after.len() < 2 {
                self.sibling(machine, start);
            }
            return Ok(());
        }
        if self.elements > MAX_ELEMENTS || self.kept > MAX_SIGNATURE {
            return Err(machine.error(too_large()));
        }
        self.open.push(Element::new(machine, start));
        Ok(())
    }

    fn sibling(&mut self, machine: &Machine<'t>, start: &Start<'t>) {
        let own = machine.namespace(start) == self.root;
        match self.parts.element {
            Some(_) => self.parts.after.push(Sibling {
                name: start.local.to_owned(),
                own,
            }),
            None => self.last = Some((start.local, own)),
        }
    }

    fn end(&mut self, machine: &Machine<'t>, span: &Range<usize>) {
        if self.inside_info == Some(machine.depth()) {
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

    fn line(&self, at: usize) -> usize {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        before.iter().filter(|byte| **byte == b'\n').count() + 1
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
        match xml::decode(message) {
            Ok(text) => SignedParts::of(text),
            Err(fault) => SignedParts::from(fault),
        }
    }

    /// Returns `true` if the message carries a `Signature`.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.signatures > 0
    }

    /// Reads a text with its own tokenizer.
    pub(crate) fn of(text: &str) -> SignedParts {
        let mut collector = Collector::new(text);
        let Some(base) = collector.machine.as_ref().map(Machine::base) else {
            return collector.finish();
        };
        let mut tokens = Tokens::new(text, base);
        while collector.machine.is_some() && !collector.complete {
            match tokens.next() {
                Ok((token, span)) => collector.feed(token, span),
                Err(fault) => {
                    collector.parts.fault = Some(fault);
                    break;
                }
            }
        }
        collector.finish()
    }
}

fn too_large() -> XmlErrorKind {
    XmlErrorKind::Malformed(format!(
        "a Signature of more than {MAX_ELEMENTS} elements or {MAX_SIGNATURE} bytes"
    ))
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
