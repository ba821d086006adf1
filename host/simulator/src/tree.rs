//! Elements in the journal: `{"name", "text", "attributes", "children"}`, without empty parts.

use cebridge_message::Element;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

#[derive(Serialize, Deserialize)]
struct Tree<'a> {
    name: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    text: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    children: Vec<Tree<'a>>,
}

impl<'a> Tree<'a> {
    fn of(element: &'a Element) -> Self {
        Self {
            name: Cow::Borrowed(&element.name),
            text: Cow::Borrowed(&element.text),
            attributes: element.attributes.clone(),
            children: element.children.iter().map(Tree::of).collect(),
        }
    }

    fn into_element(self) -> Element {
        Element {
            name: self.name.into_owned(),
            attributes: self.attributes,
            children: self.children.into_iter().map(Tree::into_element).collect(),
            text: self.text.into_owned(),
        }
    }
}

pub(crate) fn serialize<S: Serializer>(element: &Element, serializer: S) -> Result<S::Ok, S::Error> {
    Tree::of(element).serialize(serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Element, D::Error> {
    Ok(Tree::deserialize(deserializer)?.into_element())
}
