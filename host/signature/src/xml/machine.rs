//! Push parser: takes tokens as they are found and checks everything a signature depends on.

use std::borrow::Cow;
use std::ops::Range;

use super::attributes::{RawAttributes, normalise};
use super::chars::{first_illegal, is_space, line_ends, resolve, split_name};
use super::error::{XmlError, XmlErrorKind};
use super::markup::{declaration, inside, instruction};
use super::names::{Attribute, Binding, check_binding, lookup};
use super::token::Token;
use super::{MAX_ATTRIBUTES, MAX_BYTES, MAX_DEPTH, MAX_NAMESPACES, MAX_PIECES, XML_NAMESPACE, strip_bom};

/// One item of a document.
#[derive(Debug)]
pub(crate) enum Item<'a> {
    /// A start tag; the reader has its attributes and namespaces.
    Start(Start<'a>),
    /// An end tag, also reported after a self-closing tag (with an empty span after it).
    End { name: &'a str, span: Range<usize> },
    /// Character data: references resolved, CDATA unwrapped, line ends normalised. Adjacent pieces
    /// are not joined.
    Text(Cow<'a, str>),
    /// The text of a comment.
    Comment(Cow<'a, str>),
    /// A processing instruction; `data` without leading white space.
    Instruction { target: &'a str, data: Cow<'a, str> },
    /// The end of a well-formed document.
    Eof,
}

/// A start tag.
#[derive(Debug, Clone)]
pub(crate) struct Start<'a> {
    /// Qualified name as written.
    pub(crate) name: &'a str,
    /// Name without prefix.
    pub(crate) local: &'a str,
    /// Byte range of the tag in the reader's text.
    pub(crate) span: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Prolog,
    Root,
    Epilog,
}

/// Turns the tokens of a document into [`Item`]s and tracks the declarations in force around them.
///
/// The caller runs a tokenizer over the text and passes in each token with its span; the machine reads the content
/// from the text itself, so it does not depend on the tokenizer's interpretation.
pub(crate) struct Machine<'a> {
    text: &'a str,
    /// Length of the byte order mark before the document.
    base: usize,
    /// Set if the text contains a carriage return; `section_ends`: the end of a CDATA section. Most contain neither.
    returns: bool,
    section_ends: bool,
    /// End of the last token.
    at: usize,
    stage: Stage,
    /// Tokens and attributes seen, counted as for [`MAX_PIECES`].
    pieces: usize,
    open: Vec<&'a str>,
    /// Set while the end of a self-closing tag is still to be reported.
    pending_end: bool,
    /// Set once an element's end was reported: its bindings are dropped at the next token.
    leaving: bool,
    bindings: Vec<Binding<'a>>,
    attributes: Vec<Attribute<'a>>,
    /// `xml:` attributes of all open elements, with the depth of their element.
    inheritable: Vec<(usize, Attribute<'a>)>,
}

impl<'a> Machine<'a> {
    /// Starts reading; a byte order mark is skipped but counted in all offsets.
    pub(crate) fn new(text: &'a str) -> Result<Machine<'a>, XmlError> {
        if text.len() > MAX_BYTES {
            return Err(XmlErrorKind::TooLarge { bytes: text.len() }.at("", 0));
        }
        if let Some(at) = first_illegal(text) {
            return Err(XmlErrorKind::malformed("character not allowed in XML").at(text, at));
        }
        let body = strip_bom(text);
        let base = text.len() - body.len();
        if strip_bom(body).len() != body.len() {
            return Err(XmlErrorKind::malformed("text outside of the root element").at(text, base));
        }
        Ok(Machine {
            text,
            base,
            returns: text.as_bytes().contains(&b'\r'),
            section_ends: text.contains("]]>"),
            at: base,
            stage: Stage::Prolog,
            pieces: 0,
            open: Vec::new(),
            pending_end: false,
            leaving: false,
            bindings: Vec::new(),
            attributes: Vec::new(),
            inheritable: Vec::new(),
        })
    }

    /// Takes the next token, at `span`; `None` if there is nothing to report (white space outside the root, the XML
    /// declaration). [`Machine::closing`] must be called after each token.
    pub(crate) fn token(&mut self, token: Token, span: Range<usize>) -> Result<Option<Item<'a>>, XmlError> {
        self.leave();
        self.at = span.end;
        let text = self.text;
        self.pieces += 1;
        let fail = |kind: XmlErrorKind| kind.at(text, span.start);
        if self.pieces > MAX_PIECES {
            return Err(fail(XmlErrorKind::TooManyPieces));
        }
        let raw = text.get(span.clone()).unwrap_or_default();
        let outside = || fail(XmlErrorKind::malformed("text outside of the root element"));
        let item = match token {
            Token::Start => self.start(span, 1)?,
            Token::Empty => {
                self.pending_end = true;
                self.start(span, 2)?
            }
            Token::End => {
                let name = inside(raw, "</", ">");
                match self.open.last() {
                    Some(open) if *open == name => return Ok(Some(self.end(span))),
                    _ => {}
                }
                let name = name.trim_end_matches([' ', '\t', '\n', '\r']);
                match self.open.last() {
                    Some(open) if *open == name => self.end(span),
                    Some(open) => {
                        let name: String = name.chars().take(40).collect();
                        return Err(fail(XmlErrorKind::Malformed(format!(
                            "</{name}> does not close {open}"
                        ))));
                    }
                    None => return Err(fail(XmlErrorKind::malformed("an end tag closes nothing"))),
                }
            }
            Token::Text if self.stage != Stage::Root => {
                return if raw.bytes().all(is_space) {
                    Ok(None)
                } else {
                    Err(outside())
                };
            }
            Token::Text if self.section_ends && raw.contains("]]>") => {
                return Err(fail(XmlErrorKind::malformed("]]> in text")));
            }
            Token::Text if !self.returns => Item::Text(Cow::Borrowed(raw)),
            Token::Text => Item::Text(line_ends(raw)),
            Token::CData | Token::Reference if self.stage != Stage::Root => return Err(outside()),
            Token::CData => Item::Text(line_ends(inside(raw, "<![CDATA[", "]]>"))),
            Token::Reference => resolve(inside(raw, "&", ";"))
                .map(|c| Item::Text(Cow::Owned(c.to_string())))
                .map_err(fail)?,
            Token::Comment => {
                let body = inside(raw, "<!--", "-->");
                if body.contains("--") || body.ends_with('-') {
                    return Err(fail(XmlErrorKind::malformed("-- in a comment")));
                }
                Item::Comment(line_ends(body))
            }
            Token::Declaration => {
                if span.start != self.base {
                    return Err(fail(XmlErrorKind::malformed(
                        "XML declaration not at the start of the document",
                    )));
                }
                declaration(inside(raw, "<?xml", "?>")).map_err(fail)?;
                return Ok(None);
            }
            Token::Instruction => instruction(inside(raw, "<?", "?>")).map_err(fail)?,
            Token::Doctype => return Err(fail(XmlErrorKind::Doctype)),
            Token::Eof => match self.stage {
                Stage::Epilog => Item::Eof,
                Stage::Prolog => return Err(fail(XmlErrorKind::malformed("no root element"))),
                Stage::Root => {
                    let open = self.open.last().copied().unwrap_or_default();
                    return Err(fail(XmlErrorKind::malformed(format!("element {open} is not closed"))));
                }
            },
        };
        Ok(Some(item))
    }

    /// The end of the element, if the last token was a self-closing tag.
    pub(crate) fn closing(&mut self) -> Option<Item<'a>> {
        let at = self.at;
        std::mem::take(&mut self.pending_end).then(|| self.end(at..at))
    }

    /// Length of the byte order mark.
    pub(crate) fn base(&self) -> usize {
        self.base
    }

    /// Number of open elements, including the current one (also at its end tag).
    pub(crate) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Attributes of the last start tag, in written order.
    pub(crate) fn attributes(&self) -> &[Attribute<'a>] {
        &self.attributes
    }

    /// All namespace declarations of the open elements, outermost first.
    pub(crate) fn bindings(&self) -> &[Binding<'a>] {
        &self.bindings
    }

    /// Index of the first declaration made by the current element itself.
    pub(crate) fn own_bindings(&self) -> usize {
        let depth = self.depth();
        self.bindings.partition_point(|binding| binding.depth < depth)
    }

    /// `xml:` attributes the current element inherits, nearest ancestor last.
    pub(crate) fn inherited(&self) -> impl DoubleEndedIterator<Item = &Attribute<'a>> {
        let depth = self.depth();
        self.inheritable
            .iter()
            .filter(move |(at, _)| *at < depth)
            .map(|(_, attribute)| attribute)
    }

    /// The namespace a prefix is bound to; the empty prefix is the default namespace.
    pub(crate) fn resolve(&self, prefix: &str) -> Option<&str> {
        lookup(&self.bindings, prefix)
    }

    /// The namespace of the current element; empty if it has none.
    pub(crate) fn namespace(&self, start: &Start<'a>) -> &str {
        let prefix = start.name.split_once(':').map_or("", |(prefix, _)| prefix);
        self.resolve(prefix).unwrap_or_default()
    }

    /// The namespace of an attribute; empty without a prefix.
    pub(crate) fn attribute_namespace(&self, attribute: &Attribute<'a>) -> &str {
        match attribute.binding.and_then(|index| self.bindings.get(index)) {
            Some(binding) => &binding.uri,
            None if attribute.prefix == "xml" => XML_NAMESPACE,
            None => "",
        }
    }

    /// An error at the current position.
    pub(crate) fn error(&self, kind: XmlErrorKind) -> XmlError {
        kind.at(self.text, self.at)
    }

    fn start(&mut self, span: Range<usize>, closing: usize) -> Result<Item<'a>, XmlError> {
        let (start, text) = (span.start, self.text);
        let fail = |kind: XmlErrorKind, offset: usize| Err(kind.at(text, offset));
        match self.stage {
            Stage::Prolog => self.stage = Stage::Root,
            Stage::Root => {}
            Stage::Epilog => {
                return fail(XmlErrorKind::malformed("second root element"), start);
            }
        }
        if self.open.len() == MAX_DEPTH {
            return fail(XmlErrorKind::TooDeep, start);
        }
        let tag = text.get(start + 1..span.end - closing).unwrap_or_default();
        let length = tag.bytes().position(is_space).unwrap_or(tag.len());
        let (name, rest) = tag.split_at(length);
        let Some((prefix, local)) = split_name(name) else {
            return fail(XmlErrorKind::malformed("bad element name"), start);
        };
        self.open.push(name);
        if let Err((kind, at)) = self.read_attributes(rest) {
            return fail(kind, start + 1 + length + at);
        }
        if !prefix.is_empty() && self.resolve(prefix).is_none() {
            return fail(XmlErrorKind::UndeclaredPrefix(prefix.to_owned()), start);
        }
        Ok(Item::Start(Start { name, local, span }))
    }

    fn read_attributes(&mut self, tag: &'a str) -> Result<(), (XmlErrorKind, usize)> {
        self.attributes.clear();
        let depth = self.depth();
        let own = self.bindings.len();
        let mut raw = RawAttributes::new(tag);
        while let Some(found) = raw.next().map_err(|kind| (kind, raw.position()))? {
            let fail = |kind: XmlErrorKind| (kind, found.at);
            let Some((prefix, local)) = split_name(found.name) else {
                return Err(fail(XmlErrorKind::malformed("bad attribute name")));
            };
            let value = normalise(found.value).map_err(fail)?;
            let declared = match (prefix, local) {
                ("", "xmlns") => Some(""),
                ("xmlns", local) => Some(local),
                _ => None,
            };
            if let Some(prefix) = declared {
                let before = self.bindings.get(own..).unwrap_or_default();
                if before.iter().any(|binding| binding.prefix == prefix) {
                    return Err(fail(XmlErrorKind::DuplicateAttribute(found.name.to_owned())));
                }
                check_binding(prefix, &value).map_err(fail)?;
                self.bindings.push(Binding {
                    prefix,
                    uri: value,
                    depth,
                });
            } else {
                self.attributes.push(Attribute {
                    name: found.name,
                    prefix,
                    local,
                    value,
                    binding: None,
                });
            }
            if self.attributes.len() > MAX_ATTRIBUTES {
                return Err(fail(XmlErrorKind::TooManyAttributes));
            }
            if self.bindings.len() > MAX_NAMESPACES {
                return Err(fail(XmlErrorKind::TooManyNamespaces));
            }
        }
        self.pieces += 2 * self.attributes.len();
        self.check_attributes().map_err(|kind| (kind, 0))?;
        let inherited = self.attributes.iter().filter(|attribute| attribute.prefix == "xml");
        self.inheritable
            .extend(inherited.map(|attribute| (depth, attribute.clone())));
        Ok(())
    }

    /// Resolves the prefixes of the attributes and refuses duplicate names.
    fn check_attributes(&mut self) -> Result<(), XmlErrorKind> {
        for attribute in self
            .attributes
            .iter_mut()
            .filter(|attribute| !attribute.prefix.is_empty())
        {
            let prefix = attribute.prefix;
            attribute.binding = self.bindings.iter().rposition(|binding| binding.prefix == prefix);
            if attribute.binding.is_none() && prefix != "xml" {
                return Err(XmlErrorKind::UndeclaredPrefix(prefix.to_owned()));
            }
        }
        if self.attributes.len() < 2 {
            return Ok(());
        }
        let name = |index: &usize| {
            let attribute = self.attributes.get(*index)?;
            Some((attribute.local, self.attribute_namespace(attribute)))
        };
        let mut order: Vec<usize> = (0..self.attributes.len()).collect();
        // Stable, so the second of two equal names is the later one.
        order.sort_by_key(name);
        let twice = order.windows(2).find_map(|pair| match pair {
            [one, two] if name(one) == name(two) => self.attributes.get(*two),
            _ => None,
        });
        match twice {
            Some(attribute) => Err(XmlErrorKind::DuplicateAttribute(attribute.name.to_owned())),
            None => Ok(()),
        }
    }

    fn end(&mut self, span: Range<usize>) -> Item<'a> {
        self.leaving = true;
        self.attributes.clear();
        Item::End {
            name: self.open.last().copied().unwrap_or_default(),
            span,
        }
    }

    /// Drops the element whose end was reported last.
    fn leave(&mut self) {
        if !std::mem::take(&mut self.leaving) {
            return;
        }
        let depth = self.depth();
        while self.bindings.pop_if(|binding| binding.depth == depth).is_some() {}
        while self.inheritable.pop_if(|(at, _)| *at == depth).is_some() {}
        self.open.pop();
        if self.open.is_empty() {
            self.stage = Stage::Epilog;
        }
    }
}
