//! Goes through a text: a tokenizer finds the tokens, and everything it leaves out is checked here.

use std::ops::Range;

use crate::attributes::{self, Written};
use crate::chars::{self, is_space};
use crate::declaration::Declaration;
use crate::error::{Error, ErrorKind, Fault, shown};
use crate::item::{Attribute, Item, Start, Text};
use crate::limits::Limits;
use crate::names::{Binding, NameId, Names, Scope};
use crate::position::Position;
use crate::tokens::{Token, Tokens};
use crate::{markup, reference};

/// Reads the items of a document, and knows the declarations in force around the current one.
pub struct Reader<'t> {
    text: &'t str,
    /// Start of the document in the text, behind a byte order mark.
    base: usize,
    tokens: Tokens<'t>,
    limits: Limits,
    declaration: Option<Declaration>,
    /// Set if the text contains a carriage return; `section_ends`: the end of a CDATA section. Most contain neither.
    returns: bool,
    section_ends: bool,
    /// Tokens and attributes seen, counted as for [`Limits::pieces`].
    pieces: usize,
    open: Vec<Open<'t>>,
    rooted: bool,
    /// Set while the end of a self-closing tag is still to be given.
    pending_end: bool,
    /// Set once an element's end was given: it is left at the next token.
    leaving: bool,
    names: Names<'t>,
    attributes: Vec<Attribute<'t>>,
    /// `xml:` attributes of all open elements, with the depth of their element.
    inheritable: Vec<(usize, Attribute<'t>)>,
    /// Attributes of the current tag as written, and the names of its attributes; kept to reuse their memory.
    written: Vec<Written<'t>>,
    ids: Vec<NameId>,
}

/// An open element.
struct Open<'t> {
    /// Its name as written, which its end tag must repeat.
    name: &'t str,
    /// Offset of its start tag.
    at: usize,
    scope: Scope,
}

impl<'t> Reader<'t> {
    /// Starts to read a text without byte order mark. The size is not checked here: limits are for the bytes before
    /// decoding, see [`Limits::admit`].
    ///
    /// # Errors
    /// Characters that XML does not allow, and a wrong XML declaration.
    pub fn new(text: &'t str, limits: &Limits) -> Result<Self, Error> {
        Self::behind(text, 0, limits)
    }

    /// Starts to read at offset `base`, behind a byte order mark. It counts in all offsets, but in no [`Position`].
    ///
    /// # Errors
    /// As [`Reader::new`].
    pub fn behind(text: &'t str, base: usize, limits: &Limits) -> Result<Self, Error> {
        let document = text.get(base..).unwrap_or_default();
        chars::check(document).map_err(|fault| fault.within(document))?;
        if document.starts_with('\u{FEFF}') {
            return Err(Fault::new(0, ErrorKind::TextOutsideRoot).within(document));
        }
        Ok(Self {
            text,
            base,
            tokens: Tokens::new(text, base),
            limits: *limits,
            declaration: Declaration::read(document.as_bytes())?,
            returns: memchr::memchr(b'\r', document.as_bytes()).is_some(),
            section_ends: memchr::memmem::find(document.as_bytes(), b"]]>").is_some(),
            pieces: 0,
            open: Vec::with_capacity(16),
            rooted: false,
            pending_end: false,
            leaving: false,
            names: Names::new(limits),
            attributes: Vec::new(),
            inheritable: Vec::new(),
            written: Vec::new(),
            ids: Vec::new(),
        })
    }

    /// Reads the next item; always [`Item::Eof`] after the first one.
    ///
    /// # Errors
    /// Whatever is not well-formed, and documents beyond the limits.
    pub fn read(&mut self) -> Result<Item<'t>, Error> {
        self.leave();
        if std::mem::take(&mut self.pending_end) {
            let end = self.tokens.end;
            return Ok(self.end_of_element(end..end));
        }
        loop {
            match self.token() {
                Ok(Some(item)) => return Ok(item),
                Ok(None) => {}
                Err(fault) => return Err(self.located(fault)),
            }
        }
    }

    /// The text being read, which all offsets refer to.
    #[must_use]
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// The XML declaration, known before anything is read.
    #[must_use]
    pub fn declaration(&self) -> Option<&Declaration> {
        self.declaration.as_ref()
    }

    /// Byte range of the last token.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.tokens.start..self.tokens.end
    }

    /// Line and column of an offset.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let document = self.text.get(self.base..).unwrap_or_default();
        Position::of(document, offset.saturating_sub(self.base))
    }

    /// Number of open elements, including the current one (also at its end tag).
    #[must_use]
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Attributes of the last start tag, in written order.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute<'t>] {
        &self.attributes
    }

    /// `xml:` attributes of the elements around the current one, nearest last.
    pub fn inherited(&self) -> impl DoubleEndedIterator<Item = &Attribute<'t>> {
        let depth = self.depth();
        let around = self.inheritable.iter().filter(move |(at, _)| *at < depth);
        around.map(|(_, attribute)| attribute)
    }

    /// All namespace declarations of the open elements, outermost first.
    #[must_use]
    pub fn bindings(&self) -> &[Binding<'t>] {
        self.names.bindings()
    }

    /// Index of the first declaration made by the current element itself.
    #[must_use]
    pub fn own_bindings(&self) -> usize {
        self.open.last().map_or(0, |open| open.scope.bindings)
    }

    /// The namespace of a name; empty if it has none.
    #[must_use]
    pub fn namespace(&self, id: NameId) -> &str {
        self.names.namespace(id)
    }

    /// The name without its prefix.
    #[must_use]
    pub fn local(&self, id: NameId) -> &'t str {
        self.names.local(id)
    }

    /// Takes the next token; `None` if there is nothing to give (white space outside the root, the XML declaration).
    #[inline(always)]
    fn token(&mut self) -> Result<Option<Item<'t>>, Fault> {
        let open = self.open.last().map_or("", |open| open.name);
        let token = self.tokens.next(open)?;
        let (start, end) = (self.tokens.start, self.tokens.end);
        self.pieces += 1;
        if self.pieces > self.limits.pieces {
            let limit = self.limits.pieces;
            return Err(Fault::new(start, ErrorKind::TooManyPieces { limit }));
        }
        let item = match token {
            Token::Start { name, inside, empty } => {
                self.pending_end = empty;
                Item::Start(self.start(name, inside)?)
            }
            Token::End => {
                self.check_end(start, end)?;
                self.end_of_element(start..end)
            }
            Token::Text => {
                let text = self.between(start, "", end, "");
                if !self.check_text(text)? {
                    return Ok(None);
                }
                Item::Text(text)
            }
            Token::Section => {
                self.inside(start)?;
                Item::Text(self.between(start, "<![CDATA[", end, "]]>"))
            }
            Token::Reference => {
                self.inside(start)?;
                let body = self.between(start, "&", end, ";").raw;
                Item::Reference(reference::resolve(body).map_err(|kind| Fault::new(start, kind))?)
            }
            Token::Comment => markup::comment(self.between(start, "<!--", end, "-->"), start)?,
            Token::Instruction => markup::instruction(self.between(start, "<?", end, "?>"), start)?,
            Token::Declaration if start > self.base => return Err(Fault::new(start, ErrorKind::MisplacedDeclaration)),
            Token::Declaration => return Ok(None),
            Token::Eof => self.finish()?,
        };
        Ok(Some(item))
    }

    /// The start tag just found, with a name up to `name_end` and attributes up to `end`.
    #[inline(always)]
    fn start(&mut self, name_end: usize, end: usize) -> Result<Start<'t>, Fault> {
        let at = self.tokens.start;
        let name = self.text.get(at + 1..name_end).unwrap_or_default();
        if name.is_empty() {
            return Err(Fault::new(at, ErrorKind::BadMarkup));
        }
        if self.open.is_empty() && std::mem::replace(&mut self.rooted, true) {
            return Err(Fault::new(at, ErrorKind::SecondRoot { name: shown(name) }));
        }
        let limit = self.limits.depth.min(Limits::MOST_DEPTH);
        if self.open.len() >= limit {
            return Err(Fault::new(at, ErrorKind::TooDeep { limit }));
        }
        let scope = self.names.scope();
        self.written.clear();
        self.attributes.clear();
        if name_end < end {
            let most = self.limits.attributes;
            attributes::split(self.text, name, name_end, end, most, &mut self.written)?;
            self.declarations(scope)?;
        }
        let id = self.names.resolve(name, false, at)?;
        self.open.push(Open { name, at, scope });
        if !self.written.is_empty() {
            self.resolve_attributes()?;
        }
        let span = self.span();
        Ok(Start { name, id, span })
    }

    /// Takes the namespace declarations among the attributes; the others stay in `written`.
    fn declarations(&mut self, scope: Scope) -> Result<(), Fault> {
        for written in self.written.iter().filter(|written| written.is_declaration()) {
            let uri = written.value()?;
            self.names.declare(scope, written.name, uri, written.at)?;
        }
        self.written.retain(|written| !written.is_declaration());
        Ok(())
    }

    /// Resolves names and values of the attributes of the element just opened.
    fn resolve_attributes(&mut self) -> Result<(), Fault> {
        self.ids.clear();
        for written in &self.written {
            let Written { name, at, raw_at, .. } = *written;
            let value = written.value()?;
            let id = self.names.resolve(name, true, at)?;
            if self.ids.contains(&id) {
                return Err(Fault::new(at, ErrorKind::DuplicateAttribute { name: shown(name) }));
            }
            self.ids.push(id);
            let value_at = raw_at;
            let attribute = Attribute {
                name,
                at,
                id,
                value,
                value_at,
            };
            if attribute.prefix() == "xml" {
                self.inheritable.push((self.open.len(), attribute.clone()));
            }
            self.attributes.push(attribute);
        }
        self.pieces += 2 * self.attributes.len();
        Ok(())
    }

    /// An end tag must repeat the name of the open element; white space may follow it.
    #[inline(always)]
    fn check_end(&self, start: usize, end: usize) -> Result<(), Fault> {
        let found = self.between(start, "</", end, ">").raw;
        match self.open.last() {
            Some(open) if open.name == found || open.name == trimmed(found) => Ok(()),
            open => Err(self.wrong_end(open, trimmed(found), start)),
        }
    }

    #[cold]
    fn wrong_end(&self, open: Option<&Open<'_>>, found: &str, at: usize) -> Fault {
        let found = shown(found);
        let Some(open) = open else {
            return Fault::new(at, ErrorKind::UnexpectedEnd { found });
        };
        let (expected, line) = self.opened(open);
        Fault::new(at, ErrorKind::MismatchedEnd { expected, found, line })
    }

    #[inline(always)]
    fn end_of_element(&mut self, span: Range<usize>) -> Item<'t> {
        self.leaving = true;
        self.attributes.clear();
        let name = self.open.last().map_or("", |open| open.name);
        Item::End { name, span }
    }

    /// Leaves the element whose end was given last.
    #[inline(always)]
    fn leave(&mut self) {
        if !std::mem::take(&mut self.leaving) {
            return;
        }
        let depth = self.depth();
        while self.inheritable.pop_if(|(at, _)| *at == depth).is_some() {}
        if let Some(open) = self.open.pop() {
            self.names.restore(open.scope);
        }
    }

    /// Character data: `false` for white space outside the root.
    #[inline(always)]
    fn check_text(&self, text: Text<'_>) -> Result<bool, Fault> {
        if self.open.is_empty() {
            let ink = text.raw.bytes().position(|byte| !is_space(byte));
            return match ink {
                Some(at) => Err(Fault::new(text.at + at, ErrorKind::TextOutsideRoot)),
                None => Ok(false),
            };
        }
        if self.section_ends
            && let Some(at) = text.raw.find("]]>")
        {
            return Err(Fault::new(text.at + at, ErrorKind::CdataEnd));
        }
        Ok(true)
    }

    /// Text at `at` needs an open element.
    fn inside(&self, at: usize) -> Result<(), Fault> {
        if self.open.is_empty() {
            return Err(Fault::new(at, ErrorKind::TextOutsideRoot));
        }
        Ok(())
    }

    fn finish(&self) -> Result<Item<'t>, Fault> {
        let at = self.text.len();
        if let Some(open) = self.open.last() {
            let (name, line) = self.opened(open);
            return Err(Fault::new(at, ErrorKind::UnclosedElement { name, line }));
        }
        if self.rooted {
            Ok(Item::Eof)
        } else {
            Err(Fault::new(at, ErrorKind::NoRoot))
        }
    }

    /// Name of an open element and the line of its start tag.
    fn opened(&self, open: &Open<'_>) -> (String, u32) {
        (shown(open.name), self.position(open.at).line)
    }

    /// The text of a token without its delimiters.
    #[inline(always)]
    fn between(&self, start: usize, opening: &str, end: usize, closing: &str) -> Text<'t> {
        let at = start + opening.len();
        let raw = self.text.get(at..end - closing.len()).unwrap_or_default();
        let returns = self.returns;
        Text { raw, at, returns }
    }

    #[cold]
    fn located(&self, Fault { at, kind }: Fault) -> Error {
        let Position { line, column } = self.position(at);
        let kind = *kind;
        Error { line, column, kind }
    }
}

/// The name in an end tag without the white space behind it.
fn trimmed(name: &str) -> &str {
    name.trim_end_matches([' ', '\t', '\n', '\r'])
}
