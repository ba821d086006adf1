//! Writes a tree as the canonical bytes that will be signed and sent.

mod error;
mod escape;
mod layout;

pub use error::WriteError;
pub use layout::{Layout, LayoutElement, XSI_NAMESPACE};

use crate::element::Element;
use cebridge_xml::Limits;
use escape::{Place, escape};

/// Writes a message: the XML declaration, a line feed, then the tree in canonical form (Canonical XML 1.0 of the
/// result's root element equals its bytes), without white space between elements.
///
/// Children are sorted into the order of the layout; equal names keep their order.
///
/// # Errors
/// Elements, attributes or characters the message cannot have; the errors name the path.
pub fn write(layout: &Layout, root: &Element) -> Result<Vec<u8>, WriteError> {
    layout.check()?;
    let spec = &layout.elements[layout.root];
    if spec.local != root.name {
        return Err(WriteError::WrongRoot {
            expected: spec.local.clone(),
            found: root.name.clone(),
        });
    }
    let mut writer = Writer {
        layout,
        out: Vec::with_capacity(4096),
        declared: Vec::new(),
        trail: Vec::new(),
    };
    writer
        .out
        .extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    writer.element(spec, root)?;
    Ok(writer.out)
}

struct Writer<'a> {
    layout: &'a Layout,
    out: Vec<u8>,
    /// Namespace declarations in force, as prefix and URI.
    declared: Vec<(&'a str, &'a str)>,
    /// The elements from the root to the current one.
    trail: Vec<&'a Element>,
}

impl<'a> Writer<'a> {
    fn element(&mut self, spec: &'a LayoutElement, element: &'a Element) -> Result<(), WriteError> {
        self.trail.push(element);
        if self.trail.len() > Limits::MOST_DEPTH {
            return Err(WriteError::TooDeep {
                path: self.path(),
                limit: Limits::MOST_DEPTH,
            });
        }
        let outer = self.declared.len();
        self.out.push(b'<');
        self.name(spec);
        self.declarations(spec)?;
        self.attributes(spec, element)?;
        self.out.push(b'>');
        if element.children.is_empty() {
            self.escaped(&element.text, Place::Text, None)?;
        } else if element.text.is_empty() {
            self.children(spec, element)?;
        } else {
            return Err(WriteError::MixedContent { path: self.path() });
        }
        self.out.extend_from_slice(b"</");
        self.name(spec);
        self.out.push(b'>');
        self.declared.truncate(outer);
        self.trail.pop();
        Ok(())
    }

    fn name(&mut self, spec: &LayoutElement) {
        let (prefix, _) = &self.layout.prefixes[spec.namespace];
        if !prefix.is_empty() {
            self.out.extend_from_slice(prefix.as_bytes());
            self.out.push(b':');
        }
        self.out.extend_from_slice(spec.local.as_bytes());
    }

    /// Declares the namespaces that are new at this element, in the order of their prefixes.
    fn declarations(&mut self, spec: &LayoutElement) -> Result<(), WriteError> {
        let prefixes = &self.layout.prefixes;
        let outer = self.declared.len();
        let own = prefixes.get(spec.namespace);
        let xsi = prefixes
            .iter()
            .find(|(_, uri)| uri == XSI_NAMESPACE)
            .filter(|_| self.trail.len() == 1);
        for (prefix, uri) in own.into_iter().chain(xsi) {
            let known = self.declared.iter().rev().find(|(known, _)| known == prefix);
            // Without a declaration there is no default namespace.
            let in_force = known.map_or(if prefix.is_empty() { Some("") } else { None }, |(_, uri)| Some(uri));
            if in_force != Some(uri) {
                self.declared.push((prefix, uri));
            }
        }
        self.declared[outer..].sort_unstable();
        for at in outer..self.declared.len() {
            let (prefix, uri) = self.declared[at];
            self.out
                .extend_from_slice(if prefix.is_empty() { b" xmlns" } else { b" xmlns:" });
            self.out.extend_from_slice(prefix.as_bytes());
            self.quoted(uri, prefix)?;
        }
        Ok(())
    }

    fn attributes(&mut self, spec: &LayoutElement, element: &'a Element) -> Result<(), WriteError> {
        let mut sorted: Vec<&(String, String)> = element.attributes.iter().collect();
        sorted.sort();
        for (at, (name, value)) in sorted.iter().enumerate() {
            if !spec.attributes.contains(name) {
                return Err(WriteError::UnknownAttribute {
                    path: self.attribute_path(name),
                });
            }
            if sorted[..at].last().is_some_and(|(before, _)| before == name) {
                return Err(WriteError::DuplicateAttribute {
                    path: self.attribute_path(name),
                });
            }
            self.out.push(b' ');
            self.out.extend_from_slice(name.as_bytes());
            self.quoted(value, name)?;
        }
        Ok(())
    }

    /// Writes `="value"` of the attribute `name`.
    fn quoted(&mut self, value: &str, name: &str) -> Result<(), WriteError> {
        self.out.extend_from_slice(b"=\"");
        self.escaped(value, Place::Attribute, Some(name))?;
        self.out.push(b'"');
        Ok(())
    }

    fn escaped(&mut self, text: &str, place: Place, attribute: Option<&str>) -> Result<(), WriteError> {
        escape(text, place, &mut self.out).map_err(|code| {
            let path = attribute.map_or_else(|| self.path(), |name| self.attribute_path(name));
            WriteError::IllegalCharacter { path, code }
        })
    }

    /// Writes the children in the order of the layout.
    fn children(&mut self, spec: &'a LayoutElement, element: &'a Element) -> Result<(), WriteError> {
        let mut placed = Vec::with_capacity(element.children.len());
        let mut next = 0;
        for child in &element.children {
            // Trees are mostly in order already, so the search resumes where the last one ended.
            let count = spec.children.len();
            let found = (next..count)
                .chain(0..next)
                .find(|&at| self.local(spec, at) == child.name);
            let Some(at) = found else {
                self.trail.push(child);
                return Err(WriteError::UnknownElement { path: self.path() });
            };
            next = at;
            placed.push((at, child));
        }
        placed.sort_by_key(|&(at, _)| at);
        for (at, child) in placed {
            let layout = self.layout;
            self.element(&layout.elements[spec.children[at]], child)?;
        }
        Ok(())
    }

    fn local(&self, spec: &LayoutElement, child: usize) -> &'a str {
        &self.layout.elements[spec.children[child]].local
    }

    fn attribute_path(&self, name: &str) -> String {
        if self.trail.len() < 2 {
            format!("@{name}")
        } else {
            format!("{}/@{name}", self.path())
        }
    }

    /// Path of the current element below the root, with an index if a sibling has the same name.
    fn path(&self) -> String {
        if self.trail.len() < 2 {
            return "(root)".to_owned();
        }
        let steps = self.trail.windows(2).map(|pair| {
            let (parent, element) = (pair[0], pair[1]);
            let mut same = parent.children.iter().filter(|child| child.name == element.name);
            let index = same.clone().position(|child| std::ptr::eq(child, element)).unwrap_or(0) + 1;
            if same.nth(1).is_some() {
                format!("{}[{index}]", element.name)
            } else {
                element.name.clone()
            }
        });
        steps.collect::<Vec<_>>().join("/")
    }
}
