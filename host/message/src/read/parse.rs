//! From text to nodes, with the checks that the tokenizer leaves out.

use quick_xml::Reader;
use quick_xml::errors::{Error, SyntaxError};
use quick_xml::events::Event;

use super::attributes::{self, Written};
use super::chars::{self, name_is_valid};
use super::names::{Attribute, Names, Scope};
use super::values::{Values, first_ink};
use super::{Fault, Observer, quotes, reference};
use crate::document::{ATTRIBUTE, HAS_CHILDREN, HAS_TEXT, Node, QName, XSI_TYPED};
use crate::error::{ReadErrorKind, shown};
use crate::limits::Limits;
use crate::position::position_of;

pub(super) struct Parsed {
    pub(super) nodes: Vec<Node>,
    pub(super) names: Vec<QName>,
    /// Unescaped and joined values, to append to the text.
    pub(super) tail: String,
}

/// Reads a text; `observer` sees every token, including the end.
pub(super) fn parse(text: &str, limits: &Limits, observer: &mut impl Observer) -> Result<Parsed, Fault> {
    chars::check(text)?;
    // The tokenizer would silently skip a second byte order mark.
    if text.starts_with('\u{FEFF}') {
        return Err(Fault::new(0, ReadErrorKind::TextOutsideRoot));
    }
    let mut parser = Parser {
        text,
        max_depth: limits.max_depth.min(Limits::MOST_DEPTH),
        max_nodes: limits.max_nodes.min(u32::MAX as usize),
        cdata_ends: memchr::memmem::find(text.as_bytes(), b"]]>").is_some(),
        nodes: Vec::with_capacity((text.len() / 32).min(limits.max_nodes)),
        open: Vec::with_capacity(16),
        names: Names::new(),
        values: Values::new(text),
        written: Vec::new(),
    };
    parser.run(observer)?;
    Ok(Parsed {
        nodes: parser.nodes,
        names: parser.names.into_names(),
        tail: parser.values.into_tail(),
    })
}

struct Parser<'t> {
    text: &'t str,
    max_depth: usize,
    max_nodes: usize,
    /// Set if `]]>` occurs at all, so that most texts need not be searched for it.
    cdata_ends: bool,
    nodes: Vec<Node>,
    open: Vec<Open<'t>>,
    names: Names<'t>,
    values: Values<'t>,
    /// Attributes of the current tag; kept to reuse its memory.
    written: Vec<Written<'t>>,
}

/// An open element.
struct Open<'t> {
    node: usize,
    /// Its name as written, which its end tag must repeat.
    written: &'t str,
    pieces: usize,
    scope: Scope,
}

impl<'t> Parser<'t> {
    fn run(&mut self, observer: &mut impl Observer) -> Result<(), Fault> {
        let mut reader = Reader::from_str(self.text);
        // Names of end tags and comments are checked here, with better messages.
        reader.config_mut().check_end_names = false;
        reader.config_mut().allow_unmatched_ends = true;
        let mut start = 0;
        loop {
            let event = match reader.read_event() {
                Ok(event) => event,
                Err(error) => return Err(self.syntax(&error, reader.error_position() as usize)),
            };
            let end = reader.buffer_position() as usize;
            observer.token(&event, start..end);
            match event {
                Event::Start(tag) => {
                    let name_len = tag.name().as_ref().len();
                    self.start(start, name_len, end - 1)?;
                }
                Event::Empty(tag) => {
                    let name_len = tag.name().as_ref().len();
                    self.start(start, name_len, end - 2)?;
                    self.close(end);
                }
                Event::End(tag) => self.end(tag.name().as_ref(), start)?,
                Event::Text(_) => self.source(start, end, self.cdata_ends)?,
                Event::CData(_) => {
                    self.inside(start)?;
                    self.source(start + "<![CDATA[".len(), end - "]]>".len(), false)?;
                }
                Event::GeneralRef(_) => self.reference(start, end)?,
                Event::Comment(_) => self.comment(start, end)?,
                Event::PI(_) => self.instruction(start, end)?,
                Event::Decl(_) if start > 0 => {
                    return Err(Fault::new(start, ReadErrorKind::MisplacedDeclaration));
                }
                Event::Decl(_) => {}
                Event::DocType(_) => return Err(Fault::new(start, ReadErrorKind::Doctype)),
                Event::Eof => return self.finish(),
            }
            start = end;
        }
    }

    /// A start tag: `<` at `at`, the name, attributes up to `end`.
    fn start(&mut self, at: usize, name_len: usize, end: usize) -> Result<(), Fault> {
        let written = &self.text[at + 1..at + 1 + name_len];
        if written.is_empty() {
            return Err(Fault::new(at, ReadErrorKind::BadMarkup));
        }
        if self.open.is_empty() && !self.nodes.is_empty() {
            return Err(Fault::new(at, ReadErrorKind::SecondRoot { name: shown(written) }));
        }
        if self.open.len() >= self.max_depth {
            return Err(Fault::new(at, ReadErrorKind::TooDeep { limit: self.max_depth }));
        }
        let scope = self.names.scope();
        self.written.clear();
        let name_end = at + 1 + name_len;
        if name_end < end {
            attributes::split(self.text, written, name_end, end, &mut self.written)?;
            self.declarations(scope)?;
        }
        let name = self.names.element(written, at)?;
        let parent = self.open.last().map_or(0, |open| open.node);
        // The root has no parent node.
        if let Some(parent) = self.nodes.get_mut(parent) {
            parent.flags |= HAS_CHILDREN;
        }
        let node = self.nodes.len();
        self.push(Node {
            name,
            flags: 0,
            parent: parent as u32,
            end: 0,
            start: 0,
            len: 0,
            at: at as u32,
        })?;
        self.open.push(Open {
            node,
            written,
            pieces: self.values.open(),
            scope,
        });
        if !self.written.is_empty() {
            self.attributes(node)?;
        }
        Ok(())
    }

    /// Processes the namespace declarations among the attributes; the others stay in `written`.
    fn declarations(&mut self, scope: Scope) -> Result<(), Fault> {
        for attribute in &self.written {
            if attribute.is_declaration() {
                let uri = self.values.attribute(attribute.start, attribute.end)?;
                self.names
                    .declare(scope, attribute.name, self.values.get(uri), attribute.at)?;
            }
        }
        self.written.retain(|attribute| !attribute.is_declaration());
        Ok(())
    }

    /// Adds nodes for the attributes of element `node`.
    fn attributes(&mut self, node: usize) -> Result<(), Fault> {
        let written = std::mem::take(&mut self.written);
        let mut xsi: Vec<&str> = Vec::new();
        for attribute in &written {
            let twice = || {
                Fault::new(
                    attribute.at,
                    ReadErrorKind::DuplicateAttribute {
                        name: shown(attribute.name),
                    },
                )
            };
            let (start, len) = self.values.attribute(attribute.start, attribute.end)?;
            match self.names.attribute(attribute.name, attribute.at)? {
                Attribute::Xsi(local) => {
                    if xsi.contains(&local) {
                        return Err(twice());
                    }
                    xsi.push(local);
                    if let ("nil" | "type", Some(element)) = (local, self.nodes.get_mut(node)) {
                        element.flags |= XSI_TYPED;
                    }
                }
                Attribute::Named(name) => {
                    let own = self.nodes.get(node + 1..).unwrap_or_default();
                    if own.iter().any(|other| other.name == name) {
                        return Err(twice());
                    }
                    let end = self.nodes.len() as u32 + 1;
                    let (parent, at) = (node as u32, attribute.at as u32);
                    self.push(Node {
                        name,
                        flags: ATTRIBUTE,
                        parent,
                        end,
                        start,
                        len,
                        at,
                    })?;
                }
            }
        }
        self.written = written;
        Ok(())
    }

    fn push(&mut self, node: Node) -> Result<(), Fault> {
        if self.nodes.len() >= self.max_nodes {
            return Err(Fault::new(
                node.at as usize,
                ReadErrorKind::TooManyNodes { limit: self.max_nodes },
            ));
        }
        self.nodes.push(node);
        Ok(())
    }

    fn end(&mut self, found: &str, at: usize) -> Result<(), Fault> {
        match self.open.last() {
            Some(open) if open.written == found => {
                self.close(at);
                Ok(())
            }
            Some(open) => {
                let (expected, line) = self.opened(open);
                Err(Fault::new(
                    at,
                    ReadErrorKind::MismatchedEnd {
                        expected,
                        found: shown(found),
                        line,
                    },
                ))
            }
            None => Err(Fault::new(at, ReadErrorKind::UnexpectedEnd { found: shown(found) })),
        }
    }

    /// Closes the innermost element; an empty value is placed at `at`.
    fn close(&mut self, at: usize) {
        let Some(open) = self.open.pop() else { return };
        self.names.restore(open.scope);
        let end = self.nodes.len() as u32;
        let (start, len) = self.values.close(open.pieces, at);
        if let Some(node) = self.nodes.get_mut(open.node) {
            (node.end, node.start, node.len) = (end, start, len);
        }
    }

    /// Adds character data from the source.
    fn source(&mut self, start: usize, end: usize, search_cdata_end: bool) -> Result<(), Fault> {
        let ink = first_ink(self.text, start, end);
        let Some(open) = self.open.last() else {
            return ink.map_or(Ok(()), |at| Err(Fault::new(at, ReadErrorKind::TextOutsideRoot)));
        };
        if search_cdata_end && let Some(at) = self.text[start..end].find("]]>") {
            return Err(Fault::new(start + at, ReadErrorKind::CdataEnd));
        }
        if let (Some(_), Some(node)) = (ink, self.nodes.get_mut(open.node)) {
            node.flags |= HAS_TEXT;
        }
        self.values.push_source(open.pieces, start, end);
        Ok(())
    }

    fn reference(&mut self, start: usize, end: usize) -> Result<(), Fault> {
        let open = self.inside(start)?;
        let (pieces, node) = (open.pieces, open.node);
        let c = reference::resolve(&self.text[start + 1..end - 1]).map_err(|kind| Fault::new(start, kind))?;
        if let (false, Some(node)) = (matches!(c, ' ' | '\t' | '\n' | '\r'), self.nodes.get_mut(node)) {
            node.flags |= HAS_TEXT;
        }
        self.values.push_char(pieces, c);
        Ok(())
    }

    /// The innermost open element; text at `at` needs one.
    fn inside(&self, at: usize) -> Result<&Open<'t>, Fault> {
        self.open
            .last()
            .ok_or_else(|| Fault::new(at, ReadErrorKind::TextOutsideRoot))
    }

    fn comment(&self, start: usize, end: usize) -> Result<(), Fault> {
        let body = self.text.get(start + "<!--".len()..end - "-->".len());
        match body {
            Some(body) if !body.contains("--") && !body.ends_with('-') => Ok(()),
            _ => Err(Fault::new(start, ReadErrorKind::BadComment)),
        }
    }

    fn instruction(&self, start: usize, end: usize) -> Result<(), Fault> {
        let body = self.text.get(start + "<?".len()..end - "?>".len()).unwrap_or_default();
        let target = body.split([' ', '\t', '\n', '\r']).next().unwrap_or_default();
        if name_is_valid(target) && !target.eq_ignore_ascii_case("xml") {
            return Ok(());
        }
        Err(Fault::new(start, ReadErrorKind::BadInstruction))
    }

    fn finish(&self) -> Result<(), Fault> {
        let at = self.text.len();
        if let Some(open) = self.open.last() {
            let (name, line) = self.opened(open);
            return Err(Fault::new(at, ReadErrorKind::UnclosedElement { name, line }));
        }
        if self.nodes.is_empty() {
            Err(Fault::new(at, ReadErrorKind::NoRoot))
        } else {
            Ok(())
        }
    }

    /// Name of an open element and the line of its start tag.
    fn opened(&self, open: &Open<'t>) -> (String, u32) {
        let at = self.nodes.get(open.node).map_or(0, |node| node.at as usize);
        (shown(open.written), position_of(self.text, at).line)
    }

    /// Maps a tokenizer error at `at` to our own error.
    fn syntax(&self, error: &Error, at: usize) -> Fault {
        let unclosed = |what| ReadErrorKind::UnclosedMarkup { what };
        let rest = self.text.get(at..).unwrap_or_default();
        let tag = at..at + rest.find('>').unwrap_or(rest.len());
        let kind = match error {
            _ if rest.starts_with("<!D") || rest.starts_with("<!d") => ReadErrorKind::Doctype,
            Error::Syntax(SyntaxError::UnclosedPI | SyntaxError::UnclosedXmlDecl) => unclosed("processing instruction"),
            Error::Syntax(SyntaxError::UnclosedComment) => unclosed("comment"),
            Error::Syntax(SyntaxError::UnclosedCData) => unclosed("CDATA section"),
            Error::Syntax(SyntaxError::UnclosedTag) => unclosed("tag"),
            Error::Syntax(
                SyntaxError::UnclosedSingleQuotedAttributeValue | SyntaxError::UnclosedDoubleQuotedAttributeValue,
            ) => match quotes::closing(self.text, tag) {
                Some(fault) => return fault,
                None => unclosed("attribute value"),
            },
            _ if rest.starts_with('&') => ReadErrorKind::BadReference,
            _ => ReadErrorKind::BadMarkup,
        };
        Fault::new(at, kind)
    }
}
