//! Rule source as written: one structure for each kind of table, and a place for every value.

use super::text::{Span, Text};
use crate::pack::{Effect, Outcome};

/// One TOML file of an edition.
#[derive(Debug, Clone)]
pub(super) struct RuleFile {
    /// Its number in the sources.
    pub(super) file: usize,
    /// The message it describes; `None` for files with shared blocks and rules.
    pub(super) head: Option<Head>,
    /// Namespace of the file.
    pub(super) namespace: Option<Text>,
    pub(super) groups: Vec<Group>,
    /// Shared blocks: groups that every message may use.
    pub(super) blocks: Vec<Group>,
    pub(super) rules: Vec<RuleSource>,
    pub(super) pairs: Vec<PairSource>,
    /// Outcomes shared by several receipts.
    pub(super) outcome_lists: Vec<OutcomeList>,
    pub(super) changes: Vec<Change>,
}

/// The keys at the top of a message file.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) code: Text,
    pub(super) root: Option<Text>,
    pub(super) kind: Option<Text>,
    pub(super) direction: Option<Text>,
    pub(super) zh: Option<Text>,
    pub(super) en: Option<Text>,
    pub(super) clause: Option<Text>,
    pub(super) receipt: Option<Text>,
    pub(super) document: Option<Text>,
    pub(super) keys: Option<Vec<Text>>,
    /// Meanings of a receipt's states.
    pub(super) outcomes: Option<Vec<OutcomeEntry>>,
    /// The other document that the documents of a request refer to.
    pub(super) concerns: Option<ConcernSource>,
}

/// An entry of `outcomes`.
#[derive(Debug, Clone)]
pub(super) struct OutcomeEntry {
    pub(super) form: OutcomeForm,
    pub(super) at: Span,
    /// The `use` that brought it here, if it was written elsewhere.
    pub(super) used: Option<Span>,
}

/// Form of an entry of `outcomes`.
#[derive(Debug, Clone)]
pub(super) enum OutcomeForm {
    /// Meaning of some states.
    States(Outcome),
    /// The entries of a list, or the parent edition's entries for the receipt.
    Use(String),
}

/// An `[[outcome-list]]`: outcomes shared by several receipts.
#[derive(Debug, Clone)]
pub(super) struct OutcomeList {
    pub(super) name: Text,
    pub(super) entries: Vec<OutcomeEntry>,
}

/// `concerns` of a request.
#[derive(Debug, Clone)]
pub(super) struct ConcernSource {
    pub(super) message: Text,
    /// Names of the fields that hold the number of the other document.
    pub(super) by: Vec<Text>,
    pub(super) effect: Effect,
    pub(super) at: Span,
}

/// A `[[group]]` or `[[block]]`: an element and its content.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// Path below the root, or the block's name and the path below it.
    pub(super) path: Text,
    pub(super) at: Span,
    pub(super) zh: Option<Text>,
    pub(super) en: Option<Text>,
    /// Namespace of the elements; defaults to that of the file.
    pub(super) namespace: Option<Text>,
    /// Text between the elements is allowed.
    pub(super) mixed: bool,
    /// Type of the text of a group with attributes and text only.
    pub(super) text: Option<Text>,
    pub(super) entries: Vec<Entry>,
}

/// One entry of `fields`.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) form: Form,
    pub(super) keys: Keys,
    pub(super) at: Span,
}

/// Form of an entry.
#[derive(Debug, Clone)]
pub(super) enum Form {
    /// A field, or an attribute if the name begins with `@`.
    Field(Text),
    /// An element described by its own `[[group]]`.
    Group(Text),
    /// An element described by a shared `[[block]]`.
    Use {
        /// Name of the element.
        name: Text,
        /// Name of the block; defaults to that of the element unless the entry has `as`.
        block: Text,
    },
    /// Any element; if `true`, only those of other namespaces.
    Any(bool),
    /// One of these.
    Choice(Vec<Entry>),
    /// All of these, in order.
    Sequence(Vec<Entry>),
}

impl Form {
    /// Returns the name of the element or attribute; wildcards and nested lists have none.
    pub(super) fn name(&self) -> Option<&Text> {
        match self {
            Self::Field(name) | Self::Group(name) | Self::Use { name, .. } => Some(name),
            Self::Any(_) | Self::Choice(_) | Self::Sequence(_) => None,
        }
    }
}

/// The describing keys of an entry.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys {
    pub(super) format: Option<Text>,
    pub(super) schema: Option<Text>,
    pub(super) required: Option<Required>,
    pub(super) occurs: Option<Text>,
    pub(super) fixed: Option<Text>,
    pub(super) default: Option<Text>,
    pub(super) zh: Option<Text>,
    pub(super) en: Option<Text>,
    pub(super) personal: Option<bool>,
    pub(super) grade: Grade,
}

/// The printed requirement of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Required {
    Yes,
    No,
    Conditional,
}

/// Severities of the automatic rules of a field.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Grade {
    pub(super) required: Option<Graded>,
    pub(super) empty: Option<Graded>,
    pub(super) length: Option<Graded>,
    pub(super) digits: Option<Graded>,
}

/// Severity of an automatic rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Graded {
    Error,
    Warning,
    Off,
}

/// A `[[pair]]`: two documents that are compared with each other.
#[derive(Debug, Clone)]
pub(super) struct PairSource {
    /// The message whose documents are judged.
    pub(super) message: Text,
    /// The message they are compared with.
    pub(super) other: Text,
    /// Fields that match the two: of the message, of the other one.
    pub(super) matching: Vec<(Text, Text)>,
    pub(super) lines: Option<LinesSource>,
    pub(super) at: Span,
}

impl PairSource {
    /// Returns the name by which rules refer to the pair.
    pub(super) fn code(&self) -> String {
        format!("{}+{}", self.message.value, self.other.value)
    }
}

/// `lines` of a pair: the lines that belong together.
#[derive(Debug, Clone)]
pub(super) struct LinesSource {
    pub(super) message: Text,
    pub(super) other: Text,
    /// The field whose value joins them.
    pub(super) by: Text,
}

/// A `[[rule]]` or a `[[unique]]`.
#[derive(Debug, Clone)]
pub(super) struct RuleSource {
    pub(super) id: Text,
    pub(super) keys: RuleKeys,
    pub(super) at: Span,
}

/// The keys of a rule.
#[derive(Debug, Clone, Default)]
pub(super) struct RuleKeys {
    pub(super) on: Option<Text>,
    pub(super) at: Option<Text>,
    pub(super) fields: Option<Vec<Text>>,
    pub(super) messages: Option<Vec<Text>>,
    pub(super) kinds: Option<Vec<Text>>,
    /// Pairs of documents that it applies to.
    pub(super) pairs: Option<Vec<Text>>,
    /// `true` for a `[[unique]]`: the values of `fields` together may occur in one document only.
    pub(super) unique: bool,
    /// Days after which a value of a `[[unique]]` may be used again.
    pub(super) days: Option<u16>,
    pub(super) when: Option<Text>,
    pub(super) check: Option<Text>,
    /// Reason for the rule: the consequence of breaking it.
    pub(super) why: Option<Text>,
    pub(super) basis: Option<Text>,
    pub(super) severity: Option<Text>,
    pub(super) code: Option<Text>,
    pub(super) clause: Option<Text>,
    pub(super) zh: Option<Text>,
    pub(super) en: Option<Text>,
}

/// A `[[change]]` to the parent edition.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) at: Span,
    pub(super) action: Action,
    pub(super) cite: Text,
}

/// Effect of a change.
#[derive(Debug, Clone)]
pub(super) enum Action {
    /// Sets keys of the entry at a path.
    Set { path: Text, keys: Box<Keys> },
    /// Inserts an entry before or after another one.
    Add {
        anchor: Text,
        after: bool,
        entry: Box<Entry>,
    },
    /// Removes the entry at a path.
    Remove { path: Text },
    /// Sets keys of a rule.
    SetRule { id: Text, keys: Box<RuleKeys> },
    /// Removes a rule.
    RemoveRule { id: Text },
}
