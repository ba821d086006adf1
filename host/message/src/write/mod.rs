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
    let spec = layout.check()?;
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
        let (prefix, _) = self.layout.prefix(spec)?;
        self.out.push(b'<');
        self.name(prefix, spec);
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
        self.name(prefix, spec);
        self.out.push(b'>');
        self.declared.truncate(outer);
        self.trail.pop();
        Ok(())
    }

    fn name(&mut self, prefix: &str, spec: &LayoutElement) {
        if !prefix.is_empty() {
            self.out.extend_from_slice(prefix.as_bytes());
            self.out.push(b':');
        }
        self.out.extend_from_slice(spec.local.as_bytes());
    }

    /// Declares the namespaces that are new at this element, in the order of their prefixes.
    fn declarations(&mut self, spec: &LayoutElement) -> Result<(), WriteError> {
        let layout = self.layout;
        let mut new: Vec<(&'a str, &'a str)> = Vec::new();
        let xsi = layout
            .prefixes
            .iter()
            .map(|(prefix, uri)| (prefix.as_str(), uri.as_str()))
            .find(|(_, uri)| *uri == XSI_NAMESPACE)
            .filter(|_| self.trail.len() == 1);
        for (prefix, uri) in std::iter::once(layout.prefix(spec)?).chain(xsi) {
            let mut known = self.declared.iter().chain(&new).rev();
            // Without a declaration there is no default namespace.
            let none = prefix.is_empty().then_some("");
            let in_force = known
                .find(|(known, _)| *known == prefix)
                .map_or(none, |(_, uri)| Some(uri));
            if in_force != Some(uri) {
                new.push((prefix, uri));
            }
        }
        new.sort_unstable();
        self.declared.extend(&new);
        for (prefix, uri) in new {
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
        let mut before = None;
        for (name, value) in sorted {
            if !spec.attributes.contains(name) {
                return Err(WriteError::UnknownAttribute {
                    path: self.attribute_path(name),
                });
            }
            if before.replace(name) == Some(name) {
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
        let elements = &self.layout.elements;
        let mut next = 0;
        for child in &element.children {
            // Trees are mostly in order already, so the search resumes where the last one ended.
            let order = spec.children.iter().enumerate();
            let mut order = order.clone().skip(next).chain(order.take(next));
            let found = order.find_map(|(at, &index)| {
                let of_child = elements.get(index).filter(|of_child| of_child.local == child.name)?;
                Some((at, of_child))
            });
            let Some((at, of_child)) = found else {
                self.trail.push(child);
                return Err(WriteError::UnknownElement { path: self.path() });
            };
            next = at;
            placed.push((at, of_child, child));
        }
        placed.sort_by_key(|&(at, ..)| at);
        for (_, of_child, child) in placed {
            self.element(of_child, child)?;
        }
        Ok(())
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
        let steps = self.trail.array_windows().map(|&[parent, element]| {
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
