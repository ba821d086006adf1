//! The documents stored by the simulated customs.

use crate::tree;
use cebridge_message::Element;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The place of a document: its message, and the business key under which it is unique there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Message code, for example `CEB311`.
    pub(crate) message: String,
    /// The texts of its key fields, joined by `|`.
    pub(crate) key: String,
}

impl Place {
    pub(crate) fn new(message: &str, key: &str) -> Self {
        Self {
            message: message.to_owned(),
            key: key.to_owned(),
        }
    }
}

/// Progress of a stored document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Stage {
    /// Awaiting a decision.
    Declared,
    /// Customs answered that it is stored (120); its release is still to come.
    Stored,
    /// The final answer was given.
    Ended,
}

/// A document that was declared, or saved as a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Document element as received.
    #[serde(with = "tree")]
    pub(crate) element: Element,
    /// Its guid.
    pub(crate) guid: String,
    /// `CopMsgId` of the envelope that brought it.
    pub(crate) cop_msg_id: String,
    /// `CreatTime` of that envelope.
    pub(crate) sent: String,
    /// `DXP` id of the sender, for the way back.
    pub(crate) sender: String,
    /// Receivers of a copy of the receipts.
    pub(crate) subscribers: Vec<String>,
    /// Number assigned by the e-port (`preNo`; customs takes it over as `invtNo`, `sumNo` or `rkdNo`); empty for
    /// messages whose receipts carry none.
    pub(crate) number: String,
    /// Set if its number is an inventory number, by which other documents refer to it.
    pub(crate) is_inventory: bool,
    pub(crate) stage: Stage,
}

impl Record {
    /// Returns the text of the first field of that name; empty if absent.
    pub(crate) fn text(&self, name: &str) -> &str {
        find(&self.element, name).unwrap_or_default()
    }

    /// Returns the occurrences of a group, for example the lines `InventoryList`.
    pub(crate) fn groups<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.element.children.iter().filter(move |child| child.name == name)
    }

    /// Returns `true` if both came in the same message.
    pub(crate) fn is_same_message(&self, other: &Self) -> bool {
        self.guid == other.guid && self.cop_msg_id == other.cop_msg_id
    }
}

/// Returns the text of the first descendant of that name.
pub(crate) fn find<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    element.children.iter().find_map(|child| {
        if child.name == name {
            Some(child.text.as_str())
        } else {
            find(child, name)
        }
    })
}

/// All declared documents.
#[derive(Debug, Default)]
pub(crate) struct Records {
    by_place: BTreeMap<Place, Record>,
    /// Inventories by number.
    inventories: BTreeMap<String, Place>,
}

impl Records {
    pub(crate) fn get(&self, place: &Place) -> Option<&Record> {
        self.by_place.get(place)
    }

    /// Returns the inventory of that number, and its place.
    pub(crate) fn inventory(&self, number: &str) -> Option<(&Place, &Record)> {
        let place = self.inventories.get(number)?;
        Some((place, self.by_place.get(place)?))
    }

    /// Stores a document in place of an older one with the same key.
    pub(crate) fn put(&mut self, place: Place, record: Record) {
        self.remove(&place);
        if record.is_inventory {
            self.inventories.insert(record.number.clone(), place.clone());
        }
        self.by_place.insert(place, record);
    }

    /// Removes a document.
    pub(crate) fn remove(&mut self, place: &Place) {
        if let Some(record) = self.by_place.remove(place) {
            self.inventories.remove(&record.number);
        }
    }

    pub(crate) fn set_stage(&mut self, place: &Place, stage: Stage) {
        if let Some(record) = self.by_place.get_mut(place) {
            record.stage = stage;
        }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&Place, &Record)> {
        self.by_place.iter()
    }

    /// Returns the stored documents of a message.
    pub(crate) fn of<'a>(&'a self, message: &str) -> impl Iterator<Item = &'a Record> {
        let message = message.to_owned();
        self.by_place
            .range(Place::new(&message, "")..)
            .take_while(move |(place, _)| place.message == message)
            .map(|(_, record)| record)
    }
}
