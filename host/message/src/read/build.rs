//! From the items of a text to nodes.

use std::borrow::Cow;

use cebridge_xml::{Error, Item, Limits, Observer, Reader, Start, Text, is_space};

use super::names::{Attribute, Names};
use super::values::Values;
use crate::document::{ATTRIBUTE, HAS_CHILDREN, HAS_TEXT, Node, QName, XSI_TYPED};

pub(super) struct Parsed {
    pub(super) nodes: Vec<Node>,
    pub(super) names: Vec<QName>,
    /// Unescaped and joined values, to append to the text.
    pub(super) tail: String,
}

/// Reads a text; `observer` sees every item.
pub(super) fn parse(text: &str, limits: &Limits, observer: &mut impl Observer) -> Result<Parsed, Error> {
    let mut reader = Reader::new(text, limits)?;
    let mut builder = Builder {
        nodes: Vec::with_capacity((text.len() / 32).min(limits.pieces)),
        open: Vec::with_capacity(16),
        names: Names::new(),
        values: Values::new(text),
    };
    loop {
        let item = reader.read()?;
        observer.item(&reader, &item);
        match item {
            Item::Start(start) => builder.start(&reader, &start),
            Item::End { span, .. } => builder.close(span.start),
            Item::Text(text) => builder.text(text),
            Item::Reference(c) => builder.reference(c),
            Item::Comment(_) | Item::Instruction { .. } => {}
            Item::Eof => break,
        }
    }
    Ok(Parsed {
        nodes: builder.nodes,
        names: builder.names.into_names(),
        tail: builder.values.into_tail(),
    })
}

struct Builder<'t> {
    nodes: Vec<Node>,
    open: Vec<Open>,
    names: Names,
    values: Values<'t>,
}

/// An open element.
#[derive(Clone, Copy)]
struct Open {
    node: usize,
    pieces: usize,
}

impl Builder<'_> {
    fn start(&mut self, reader: &Reader<'_>, start: &Start<'_>) {
        let parent = self.open.last().map_or(0, |open| open.node);
        // The root has no parent node.
        if let Some(parent) = self.nodes.get_mut(parent) {
            parent.flags |= HAS_CHILDREN;
        }
        let node = self.nodes.len();
        self.nodes.push(Node {
            name: self.names.of(reader, start.id),
            flags: 0,
            parent: parent as u32,
            end: 0,
            start: 0,
            len: 0,
            at: start.span.start as u32,
        });
        self.open.push(Open {
            node,
            pieces: self.values.open(),
        });
        if !reader.attributes().is_empty() {
            self.attributes(reader, node);
        }
    }

    /// Adds nodes for the attributes of element `node`.
    fn attributes(&mut self, reader: &Reader<'_>, node: usize) {
        for attribute in reader.attributes() {
            let prefixed = !attribute.prefix().is_empty();
            let (start, len) = match &attribute.value {
                Cow::Borrowed(value) => (attribute.value_at as u32, value.len() as u32),
                Cow::Owned(value) => self.values.push_value(value),
            };
            match self.names.attribute(reader, attribute.id, prefixed) {
                Attribute::Xsi(typed) => {
                    if let (true, Some(element)) = (typed, self.nodes.get_mut(node)) {
                        element.flags |= XSI_TYPED;
                    }
                }
                Attribute::Named(name) => self.nodes.push(Node {
                    name,
                    flags: ATTRIBUTE,
                    parent: node as u32,
                    end: self.nodes.len() as u32 + 1,
                    start,
                    len,
                    at: attribute.at as u32,
                }),
            }
        }
    }

    /// Closes the innermost element; an empty value is placed at `at`.
    fn close(&mut self, at: usize) {
        let Some(open) = self.open.pop() else { return };
        let end = self.nodes.len() as u32;
        let (start, len) = self.values.close(open.pieces, at);
        if let Some(node) = self.nodes.get_mut(open.node) {
            (node.end, node.start, node.len) = (end, start, len);
        }
    }

    fn text(&mut self, text: Text<'_>) {
        let Some(&Open { node, pieces }) = self.open.last() else {
            return;
        };
        if !text.raw.bytes().all(is_space) {
            self.has_text(node);
        }
        self.values.push_source(pieces, text.raw, text.at);
    }

    fn reference(&mut self, c: char) {
        let Some(&Open { node, pieces }) = self.open.last() else {
            return;
        };
        if !matches!(c, ' ' | '\t' | '\n' | '\r') {
            self.has_text(node);
        }
        self.values.push_char(pieces, c);
    }

    fn has_text(&mut self, node: usize) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.flags |= HAS_TEXT;
        }
    }
}
