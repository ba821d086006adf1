//! Odd markup: the same message with other prefixes, white space, CDATA, shorter times and unknown elements.

use cebridge_message::Element;

/// The style a message is written in.
pub(super) struct Style {
    /// Prefix of all names; empty for a default namespace.
    pub(super) prefix: &'static str,
    /// Indented, with white space around every value.
    pub(super) spaces: bool,
    /// Every value in a CDATA section.
    pub(super) cdata: bool,
}

/// Cuts the milliseconds off every `returnTime`.
pub(super) fn shorten_times(element: &mut Element) {
    for child in &mut element.children {
        if child.name == "returnTime" {
            child.text = child.text.chars().take(14).collect();
        }
        shorten_times(child);
    }
}

/// Adds elements that no edition has: to the message, and in two places of every record.
pub(super) fn add_unknown(root: &mut Element) {
    for record in root.children.iter_mut().filter(|child| !child.children.is_empty()) {
        record.children.insert(1, Element::leaf("traceMark", "0"));
        let mut group = Element::new("nodeInfo");
        group.children.push(Element::leaf("nodeMark", "46000002"));
        record.children.push(group);
    }
    root.children.push(Element::leaf("batchMark", "1"));
}

/// Writes the message without an XML declaration.
pub(super) fn text(root: &Element, namespace: &str, style: &Style) -> String {
    let mut writer = Writer {
        style,
        out: String::new(),
    };
    let declaration = match style.prefix {
        "" => ("xmlns".to_owned(), namespace),
        prefix => (format!("xmlns:{prefix}"), namespace),
    };
    writer.element(root, Some(declaration), 0);
    writer.out
}

struct Writer<'a> {
    style: &'a Style,
    out: String,
}

impl Writer<'_> {
    fn element(&mut self, element: &Element, declaration: Option<(String, &str)>, depth: usize) {
        self.tag("<", &element.name);
        let own = element
            .attributes
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str()));
        for (name, value) in declaration.into_iter().chain(own) {
            self.out.push_str(&format!(" {name}=\"{}\"", escaped(value)));
        }
        self.out.push('>');
        for child in &element.children {
            self.new_line(depth + 1);
            self.element(child, None, depth + 1);
        }
        if element.children.is_empty() {
            self.new_line(depth + 1);
            self.value(&element.text);
        }
        self.new_line(depth);
        self.tag("</", &element.name);
        self.out.push('>');
    }

    fn tag(&mut self, open: &str, name: &str) {
        self.out.push_str(open);
        if !self.style.prefix.is_empty() {
            self.out.push_str(self.style.prefix);
            self.out.push(':');
        }
        self.out.push_str(name);
    }

    fn new_line(&mut self, depth: usize) {
        if self.style.spaces {
            self.out.push_str("\r\n");
            self.out.extend(std::iter::repeat_n("  ", depth));
        }
    }

    fn value(&mut self, text: &str) {
        if self.style.cdata {
            let inside = text.replace("]]>", "]]]]><![CDATA[>");
            self.out.push_str(&format!("<![CDATA[{inside}]]>"));
        } else {
            self.out.push_str(&escaped(text));
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
