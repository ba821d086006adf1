//! Business documents on their way into a message: mapper output with guid, keys and content hash.

use crate::error::MapFault;
use crate::keys;
use crate::own_words;
use cebridge_message::{Element, Layout};
use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::roles::FieldRoles;
use cebridge_runtime::mapping;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// One business document before it is put into a message.
#[derive(Debug, Clone)]
pub(crate) struct OutgoingDocument {
    /// Message code, for example `CEB311`.
    pub message: String,
    /// Position of the message in the pack.
    pub index: usize,
    /// Layout of the message.
    pub layout: Arc<Layout>,
    /// Position of the input it came from.
    pub input: usize,
    /// Id of the ledger draft it was kept as, if it is being submitted.
    pub kept: Option<i64>,
    /// ERP record it came from.
    pub source: String,
    /// Document guid, 36 characters, upper case.
    pub guid: String,
    /// Whether it declares, changes or deletes (报送类型), in the ledger's words; empty when the message has no such
    /// field.
    pub app_type: String,
    /// Human-readable business key: enterprise codes, then numbers, joined by bars.
    pub key: String,
    /// Keys by which receipts find it.
    pub match_keys: Vec<String>,
    /// SHA-256 of the business values without guid and time of sending: documents with the same hash have the same
    /// content.
    pub content_hash: String,
    /// The document element.
    pub element: Element,
}

impl OutgoingDocument {
    /// Builds the document element in catalogue terms and gives it a guid.
    ///
    /// # Errors
    /// A message, group or field unknown to the edition: a mapper bug; the error gives its place.
    pub(crate) fn new(
        pack: &Pack,
        layout: &Arc<Layout>,
        mapped: &mapping::Document,
        guid: String,
    ) -> Result<Self, MapFault> {
        let fault = |what: String| MapFault {
            document: mapped.message.clone(),
            record: mapped.source.clone(),
            what,
        };
        let index = pack.message(&mapped.message).ok_or_else(|| {
            fault(format!(
                "edition {} has no message {}",
                pack.manifest.edition, mapped.message
            ))
        })?;
        let shape = Shape::of(pack, layout, index)
            .ok_or_else(|| fault(format!("{} carries no business documents", mapped.message)))?;
        let element = shape.element(&mapped.values, &guid).map_err(fault)?;
        let value = |name: &str| first(&element, name).map(str::to_owned);
        let key = keys::key(pack, index, value);
        let match_keys = keys::of_request(pack, index, value);
        let content_hash = content_hash(&pack.fields, &mapped.message, &mapped.values);
        let app_type = own_words::operation(&pack.fields, first_of(&element, &pack.fields.operation.fields));
        Ok(Self {
            message: mapped.message.clone(),
            index,
            layout: Arc::clone(layout),
            input: 0,
            kept: None,
            source: mapped.source.clone(),
            guid,
            app_type,
            key,
            match_keys,
            content_hash,
            element,
        })
    }
}

/// The structure of a document in a message's layout.
struct Shape<'a> {
    layout: &'a Layout,
    document: usize,
    /// Names of the field with the document's id.
    ids: &'a [String],
}

impl<'a> Shape<'a> {
    fn of(pack: &'a Pack, layout: &'a Layout, index: usize) -> Option<Self> {
        let decl = pack.messages.get(index)?.document;
        let name = pack.program.decls.get(usize::from(decl))?.name;
        let local = &pack.program.names.get(usize::from(name))?.local;
        let root = layout.elements.get(layout.root)?;
        let document = *root
            .children
            .iter()
            .find(|&&child| layout.elements.get(child).is_some_and(|e| e.local == *local))?;
        Some(Self {
            layout,
            document,
            ids: &pack.fields.id,
        })
    }

    fn child(&self, parent: usize, local: &str) -> Option<usize> {
        let children = &self.layout.elements.get(parent)?.children;
        children.iter().copied().find(|&child| self.local(child) == local)
    }

    fn local(&self, index: usize) -> &str {
        self.layout
            .elements
            .get(index)
            .map_or("", |element| element.local.as_str())
    }

    fn element(&self, values: &[mapping::Value], guid: &str) -> Result<Element, String> {
        let mut root = Element {
            name: self.local(self.document).to_owned(),
            ..Element::default()
        };
        let mut groups: Vec<(String, u32)> = Vec::new();
        for value in values {
            let (target, parent) = if value.group.is_empty() {
                (&mut root, self.document)
            } else {
                let parent = self
                    .child(self.document, &value.group)
                    .ok_or_else(|| format!("there is no group {}/{}", self.local(self.document), value.group))?;
                let place = (value.group.clone(), value.row);
                let at = groups.iter().position(|known| *known == place).unwrap_or_else(|| {
                    groups.push(place);
                    root.children.push(Element {
                        name: value.group.clone(),
                        ..Element::default()
                    });
                    groups.len() - 1
                });
                let Some(group) = root.children.get_mut(at) else {
                    continue;
                };
                (group, parent)
            };
            if self.child(parent, &value.name).is_none() {
                return Err(format!("there is no field {}/{}", self.local(parent), value.name));
            }
            if self.ids.contains(&value.name) {
                return Err(format!("the host assigns {}; a mapper must not", value.name));
            }
            target.children.push(leaf(&value.name, &value.text));
        }
        self.put_id(&mut root, guid);
        Ok(root)
    }

    /// Inserts the id into the document itself, or into the first group that takes one.
    fn put_id(&self, root: &mut Element, id: &str) {
        if let Some(name) = self.id_in(self.document) {
            root.children.insert(0, leaf(name, id));
            return;
        }
        let head = root.children.iter_mut().find_map(|group| {
            let name = self.id_in(self.child(self.document, &group.name)?)?;
            Some((group, name))
        });
        if let Some((head, name)) = head {
            head.children.insert(0, leaf(name, id));
        }
    }

    /// Returns the name of the field for the id that an element takes.
    fn id_in(&self, parent: usize) -> Option<&'a str> {
        let mut names = self.ids.iter().map(String::as_str);
        names.find(|name| self.child(parent, name).is_some())
    }
}

fn leaf(name: &str, text: &str) -> Element {
    Element {
        name: name.to_owned(),
        text: text.to_owned(),
        ..Element::default()
    }
}

/// Text of the first descendant with that name.
pub(crate) fn first<'a>(element: &'a Element, local: &str) -> Option<&'a str> {
    element.children.iter().find_map(|child| {
        if child.name == local {
            Some(child.text.as_str())
        } else {
            first(child, local)
        }
    })
}

/// Text of the first of these fields that is filled; empty if none is, but one is present.
pub(crate) fn first_of<'a>(element: &'a Element, names: &[String]) -> Option<&'a str> {
    filled_first(names.iter().filter_map(|name| first(element, name)))
}

/// As [`first_of`], for fields that are direct children of a record.
pub(crate) fn text_of<'a>(record: &'a Element, names: &[String]) -> Option<&'a str> {
    filled_first(names.iter().filter_map(|name| record.text_at(name)))
}

fn filled_first<'a>(texts: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    texts
        .clone()
        .find(|text| !text.is_empty())
        .or_else(|| texts.clone().next())
}

/// The text at a path whose first name is the element's own, such as `Order/OrderHead/ebcCode`.
pub(crate) fn at_path<'a>(element: &'a Element, path: &str) -> Option<&'a str> {
    let (own, below) = path.split_once('/')?;
    (element.name == own).then(|| element.text_at(below)).flatten()
}

fn content_hash(roles: &FieldRoles, message: &str, values: &[mapping::Value]) -> String {
    let mut hash = Sha256::new();
    let mut put = |part: &str| {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    };
    put(message);
    for value in values
        .iter()
        .filter(|value| !roles.time.contains(&value.name) && !roles.id.contains(&value.name))
    {
        put(&value.group);
        put(&value.row.to_string());
        put(&value.name);
        put(&value.text);
    }
    hex::encode(hash.finalize())
}
