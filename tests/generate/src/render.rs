//! A tree as XML text, written in one of the many ways that mean the same.

use crate::random::Random;
use crate::tree::{Attribute, Item, Name, Tree, XML_NAMESPACE, XMLNS_NAMESPACE};

/// How freely a tree is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// With comments, processing instructions, CDATA sections, references and any white space that XML ignores.
    Free,
    /// Each start tag on a line of its own, so that a line names an element.
    Lines,
}

/// Writes a tree as XML text, without an XML declaration.
#[must_use]
pub fn render(tree: &Tree, random: &mut Random, form: Form) -> String {
    let mut renderer = Renderer {
        habit: random.below(4),
        noise: if form == Form::Free {
            *random.pick(&[0, 0, 3, 15])
        } else {
            0
        },
        random,
        form,
        out: String::new(),
        scope: vec![("xml".to_owned(), XML_NAMESPACE.to_owned())],
        fresh: 0,
    };
    renderer.noise_between();
    renderer.element(tree);
    renderer.noise_between();
    renderer.out.push('\n');
    renderer.out
}

struct Renderer<'r> {
    random: &'r mut Random,
    form: Form,
    /// Which prefixes the writer of this message likes.
    habit: usize,
    /// How many of a hundred places get something that means nothing.
    noise: usize,
    out: String,
    /// Prefixes in scope with their URIs, the innermost last.
    scope: Vec<(String, String)>,
    fresh: u32,
}

impl Renderer<'_> {
    fn element(&mut self, tree: &Tree) {
        let outer = self.scope.len();
        let mut declarations: Vec<(String, String)> = Vec::new();
        let mut attributes = Vec::new();
        for attribute in &tree.attributes {
            if attribute.name.namespace == XMLNS_NAMESPACE {
                self.declare(&attribute.name.local, &attribute.value, &mut declarations);
            }
        }
        // The name first: its declaration may hide prefixes that attributes would like to use.
        let name = self.name(&tree.name, true, &mut declarations);
        for attribute in &tree.attributes {
            if attribute.name.namespace != XMLNS_NAMESPACE {
                let name = self.name(&attribute.name, false, &mut declarations);
                attributes.push((name, attribute));
            }
        }
        self.start_tag(&name, &declarations, attributes);
        if tree.content.is_empty() {
            if self.random.chance(50) {
                self.out.push_str("/>");
            } else {
                self.out.push_str("></");
                self.out.push_str(&name);
                self.out.push('>');
            }
        } else {
            self.out.push('>');
            self.content(tree);
            self.out.push_str("</");
            self.out.push_str(&name);
            self.blank();
            self.out.push('>');
        }
        self.scope.truncate(outer);
    }

    fn start_tag(&mut self, name: &str, declarations: &[(String, String)], attributes: Vec<(String, &Attribute)>) {
        self.out.push('<');
        self.out.push_str(name);
        let mut written: Vec<(String, &str)> = declarations
            .iter()
            .map(|(prefix, uri)| {
                let name = if prefix.is_empty() {
                    "xmlns".to_owned()
                } else {
                    format!("xmlns:{prefix}")
                };
                (name, uri.as_str())
            })
            .collect();
        written.extend(attributes.into_iter().map(|(name, it)| (name, it.value.as_str())));
        if self.random.chance(50) {
            self.random.shuffle(&mut written);
        }
        for (name, value) in written {
            self.out.push(' ');
            self.blank();
            self.out.push_str(&name);
            self.blank();
            self.out.push('=');
            self.blank();
            self.quoted(value);
        }
        self.blank();
    }

    fn content(&mut self, tree: &Tree) {
        let spaced = tree.elements().next().is_some();
        for item in &tree.content {
            match item {
                Item::Element(child) => {
                    if spaced {
                        self.break_line();
                    }
                    self.element(child);
                }
                Item::Text(text) => self.text(text),
            }
        }
        if spaced {
            self.break_line();
        } else if self.random.chance(self.noise) {
            self.remark();
        }
    }

    /// White space between elements.
    fn break_line(&mut self) {
        match self.form {
            Form::Lines => self.out.push('\n'),
            Form::Free => {
                let space = self.random.word(&["", "", "\n", "\n  ", "\r\n\t", " "]);
                self.out.push_str(space);
                self.noise_between();
            }
        }
    }

    fn noise_between(&mut self) {
        while self.random.chance(self.noise) {
            self.remark();
            self.out.push_str(if self.random.chance(50) { "\n" } else { "" });
        }
    }

    /// A comment or processing instruction.
    fn remark(&mut self) {
        let remarks = [
            "<!-- -->",
            "<!-- 订单 <orderNo>1</orderNo> & so on -->",
            "<?x?>",
            "<?x-y version=\"1.0\" <>&?>",
        ];
        let remark = self.random.word(&remarks);
        self.out.push_str(remark);
    }

    /// White space inside a tag.
    fn blank(&mut self) {
        if self.random.chance(self.noise) {
            let blank = self.random.word(&[" ", "\n", "\t", "  "]);
            self.out.push_str(blank);
        }
    }

    fn text(&mut self, text: &str) {
        let has_cdata = self.random.chance(self.noise.min(5)) && !text.contains("]]>") && !text.contains('\r');
        if has_cdata {
            self.out.push_str("<![CDATA[");
            self.out.push_str(text);
            self.out.push_str("]]>");
            return;
        }
        for c in text.chars() {
            if self.noise > 0 && self.random.chance(1) {
                self.remark();
            }
            self.character(c, false);
        }
    }

    fn quoted(&mut self, value: &str) {
        let quote = if self.random.chance(30) { '\'' } else { '"' };
        self.out.push(quote);
        for c in value.chars() {
            self.character(c, true);
        }
        self.out.push(quote);
    }

    fn character(&mut self, c: char, in_attribute: bool) {
        let must = match c {
            '&' | '<' | '>' | '\r' => true,
            '"' | '\'' | '\n' | '\t' => in_attribute,
            _ => false,
        };
        let may = self.noise > 0 && self.random.chance(self.noise.min(4));
        if !must && !may {
            self.out.push(c);
            return;
        }
        let named = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            '\'' => "&apos;",
            _ => "",
        };
        let code = u32::from(c);
        let reference = match self.random.below(4) {
            0 => format!("&#{code};"),
            1 => format!("&#x{code:x};"),
            2 => format!("&#x00{code:X};"),
            _ if named.is_empty() => format!("&#{code};"),
            _ => named.to_owned(),
        };
        self.out.push_str(&reference);
    }

    /// The name as written here, with a declaration of its prefix where that is needed.
    fn name(&mut self, name: &Name, is_element: bool, declarations: &mut Vec<(String, String)>) -> String {
        let Name { namespace, local } = name;
        if namespace.is_empty() {
            if is_element && self.bound("").is_some_and(|uri| !uri.is_empty()) {
                self.declare("", "", declarations);
            }
            return local.clone();
        }
        let known: Vec<String> = self
            .scope
            .iter()
            .map(|(prefix, _)| prefix.clone())
            .filter(|prefix| (is_element || !prefix.is_empty()) && self.bound(prefix) == Some(namespace.as_str()))
            .collect();
        let again = self.form == Form::Free && namespace != XML_NAMESPACE && self.random.chance(self.noise.min(3));
        let prefix = match self.random.pick_of(known) {
            Some(prefix) if !again => prefix,
            _ => {
                let prefix = self.new_prefix(namespace, is_element, declarations);
                self.declare(&prefix, namespace, declarations);
                prefix
            }
        };
        if prefix.is_empty() {
            local.clone()
        } else {
            format!("{prefix}:{local}")
        }
    }

    fn new_prefix(&mut self, namespace: &str, is_element: bool, declarations: &[(String, String)]) -> String {
        let official = match namespace.rsplit('/').next() {
            Some(last @ ("ceb" | "dxp")) => last,
            Some("xmldsig#") => "ds",
            Some("XMLSchema-instance") => "xsi",
            _ => "",
        };
        let wanted = match self.habit {
            0 => official,
            1 => "",
            2 => self.random.word(&["", "a", "a.b-c", "中", "_"]),
            _ => self.random.word(&["", official]),
        };
        let taken = |prefix: &str| declarations.iter().any(|(known, _)| known == prefix);
        if !taken(wanted) && (is_element || !wanted.is_empty()) {
            return wanted.to_owned();
        }
        self.fresh += 1;
        format!("n{}", self.fresh)
    }

    fn declare(&mut self, prefix: &str, uri: &str, declarations: &mut Vec<(String, String)>) {
        if !declarations.iter().any(|(known, _)| known == prefix) {
            declarations.push((prefix.to_owned(), uri.to_owned()));
            self.scope.push((prefix.to_owned(), uri.to_owned()));
        }
    }

    fn bound(&self, prefix: &str) -> Option<&str> {
        let known = self.scope.iter().rev().find(|(known, _)| known == prefix);
        known.map(|(_, uri)| uri.as_str())
    }
}
