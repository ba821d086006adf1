//! A second implementation of Canonical XML 1.0: slow and plain, over another reader's tree.

use std::collections::BTreeMap;

use roxmltree::{Attribute, Document, Error, Node, ParsingOptions};

/// Reads a text that we read with the other reader, without its byte order mark. `None` where that one is known to be
/// wrong (`xmllint` agrees with us): the prefix `xml` is declared by definition (Namespaces in XML 1.0, section 3), which it
/// knows of attributes only, and it takes the attribute `xml:xmlns` for a declaration.
#[track_caller]
pub(crate) fn read(text: &str) -> Option<Document<'_>> {
    if text.contains("xml:xmlns") {
        return None;
    }
    let options = ParsingOptions {
        allow_dtd: false,
        ..ParsingOptions::default()
    };
    match Document::parse_with_options(text.strip_prefix('\u{feff}').unwrap_or(text), options) {
        Ok(document) => Some(document),
        Err(Error::UnknownNamespace(prefix, _)) if prefix == "xml" => None,
        Err(error) => panic!("an independent reader reads what we read: {error}"),
    }
}

/// Whether the other reader reads a text without document type.
pub(crate) fn reads(text: &str) -> bool {
    Document::parse(text.strip_prefix('\u{feff}').unwrap_or(text)).is_ok()
}

/// Canonical form of a document, or of one element as it stands in it.
pub(crate) fn canonicalize(document: &Document<'_>, element: Option<Node<'_, '_>>, comments: bool) -> String {
    let mut writer = Writer {
        comments,
        source: document.input_text(),
        out: String::new(),
    };
    match element {
        Some(element) => writer.element(element, &BTreeMap::new(), true),
        None => writer.document(document),
    }
    writer.out
}

/// Prefixes in force (empty for the default namespace) with their URIs.
type Scope<'a> = BTreeMap<&'a str, &'a str>;

struct Writer<'a> {
    comments: bool,
    source: &'a str,
    out: String,
}

impl Writer<'_> {
    fn document(&mut self, document: &Document<'_>) {
        let mut after = false;
        for node in document.root().children() {
            if node.is_element() {
                self.element(node, &BTreeMap::new(), false);
                after = true;
                continue;
            }
            if node.is_comment() && !self.comments || node.is_text() {
                continue;
            }
            if after {
                self.out.push('\n');
            }
            self.other(node);
            if !after {
                self.out.push('\n');
            }
        }
    }

    /// Writes an element; `around` is what the output has in force already.
    fn element(&mut self, node: Node<'_, '_>, around: &Scope<'_>, apex: bool) {
        let tag = self.source.get(node.range().start + 1..).unwrap_or_default();
        let name = tag.split([' ', '\t', '\r', '\n', '>', '/']).next().unwrap_or_default();
        let mut scope = Scope::new();
        for namespace in node.namespaces() {
            scope
                .entry(namespace.name().unwrap_or_default())
                .or_insert(namespace.uri());
        }
        scope.remove("xml");
        scope.retain(|_, uri| !uri.is_empty());
        self.out.push('<');
        self.out.push_str(name);
        if around.contains_key("") && !scope.contains_key("") {
            self.out.push_str(" xmlns=\"\"");
        }
        for (prefix, uri) in &scope {
            if around.get(prefix) != Some(uri) {
                let name = match *prefix {
                    "" => "xmlns".to_owned(),
                    prefix => format!("xmlns:{prefix}"),
                };
                self.attribute(&name, uri);
            }
        }
        let mut attributes: Vec<_> = node.attributes().map(|attribute| self.described(attribute)).collect();
        if apex {
            for ancestor in node.ancestors().skip(1).filter(Node::is_element) {
                for attribute in ancestor.attributes() {
                    let found = self.described(attribute);
                    let known = attributes.iter().any(|known| known.1 == found.1);
                    if found.1.starts_with("xml:") && !known {
                        attributes.push(found);
                    }
                }
            }
        }
        attributes.sort();
        for (_, name, value) in attributes {
            self.attribute(&name, &value);
        }
        self.out.push('>');
        for child in node.children() {
            match child.is_element() {
                true => self.element(child, &scope, false),
                false => self.other(child),
            }
        }
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// Sorting key (namespace, then local name), name as written, and value of an attribute.
    fn described(&self, attribute: Attribute<'_, '_>) -> ((String, String), String, String) {
        let written = self.source.get(attribute.range_qname()).unwrap_or_default();
        let local = written.rsplit(':').next().unwrap_or_default();
        let namespace = attribute.namespace().unwrap_or_default();
        (
            (namespace.to_owned(), local.to_owned()),
            written.to_owned(),
            attribute.value().to_owned(),
        )
    }

    fn attribute(&mut self, name: &str, value: &str) {
        let value = value
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;")
            .replace('\t', "&#x9;")
            .replace('\n', "&#xA;")
            .replace('\r', "&#xD;");
        self.out.push_str(&format!(" {name}=\"{value}\""));
    }

    /// Writes text, a comment or a processing instruction.
    fn other(&mut self, node: Node<'_, '_>) {
        let line_ends = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
        if node.is_text() {
            let text = node.text().unwrap_or_default();
            let text = text
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('\r', "&#xD;");
            self.out.push_str(&text);
        } else if node.is_comment() && self.comments {
            let text = line_ends(node.text().unwrap_or_default());
            self.out.push_str(&format!("<!--{text}-->"));
        } else if let Some(instruction) = node.pi() {
            let data = line_ends(instruction.value.unwrap_or_default());
            let space = if data.is_empty() { "" } else { " " };
            self.out.push_str(&format!("<?{}{space}{data}?>", instruction.target));
        }
    }
}
