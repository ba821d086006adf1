//! Rule source as written, one structure for each kind of table, every value with its place.

use super::text::{Span, Text};
use crate::pack::{Effect, Outcome};

/// One TOML file of an edition.
#[derive(Debug, Clone)]
pub(super) struct RuleFile {
    /// Its number in the sources.
    pub(super) file: usize,
    /// The message it describes; none for files with shared blocks and rules.
    pub(super) head: Option<Head>,
    /// Namespace of the file.
    pub(super) namespace: Option<Text>,
    pub(super) groups: Vec<Group>,
    /// Shared blocks: groups that every message may use.
    pub(super) blocks: Vec<Group>,
    pub(super) rules: Vec<RuleSource>,
    pub(super) pairs: Vec<PairSource>,
    /// Outcomes that several receipts share.
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
    /// What the states of a receipt mean.
    pub(super) outcomes: Option<Vec<OutcomeEntry>>,
    /// The other document that the documents of a request are about.
    pub(super) concerns: Option<ConcernSource>,
}

/// An entry of `outcomes`.
#[derive(Debug, Clone)]
pub(super) struct OutcomeEntry {
    pub(super) form: OutcomeForm,
    pub(super) at: Span,
    /// The `use` that brought it, when it is not written where it stands.
    pub(super) used: Option<Span>,
}

/// What an entry of `outcomes` is.
#[derive(Debug, Clone)]
pub(super) enum OutcomeForm {
    /// What some states mean.
    States(Outcome),
    /// The entries of a list, or those that the parent edition has for the receipt.
    Use(String),
}

/// An `[[outcome-list]]`: outcomes that several receipts share.
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

/// A `[[group]]` or `[[block]]`: an element and what stands inside it.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// Path below the root, or the block's name and the path below it.
    pub(super) path: Text,
    pub(super) at: Span,
    pub(super) zh: Option<Text>,
    pub(super) en: Option<Text>,
    /// Namespace of the elements; that of the file when absent.
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

/// What an entry is.
#[derive(Debug, Clone)]
pub(super) enum Form {
    /// A field, or an attribute when the name begins with `@`.
    Field(Text),
    /// An element described by its own `[[group]]`.
    Group(Text),
    /// An element described by a shared `[[block]]`.
    Use {
        /// Name of the element.
        name: Text,
        /// Name of the block: that of the element unless the entry says `as`.
        block: Text,
    },
    /// Any element; with `true` only those of other namespaces.
    Any(bool),
    /// One of these.
    Choice(Vec<Entry>),
    /// All of these, in order.
    Sequence(Vec<Entry>),
}

impl Form {
    /// Name of the element or attribute; wildcards and nested lists have none.
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
    /// The message that they are compared with.
    pub(super) other: Text,
    /// Fields by which the two find each other: of the message, of the other one.
    pub(super) matching: Vec<(Text, Text)>,
    pub(super) lines: Option<LinesSource>,
    pub(super) at: Span,
}

impl PairSource {
    /// The name by which rules mean the pair.
    pub(super) fn code(&self) -> String {
        format!("{}+{}", self.message.value, self.other.value)
    }
}

/// `lines` of a pair: which lines belong together.
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
    /// Pairs of documents that it holds for.
    pub(super) pairs: Option<Vec<Text>>,
    /// It is a `[[unique]]`: the values of `fields` together stand in one document only.
    pub(super) unique: bool,
    /// Days after which a value of a `[[unique]]` may be used again.
    pub(super) days: Option<u16>,
    pub(super) when: Option<Text>,
    pub(super) check: Option<Text>,
    /// Why the rule exists: what goes wrong when it is broken.
    pub(super) why: Option<Text>,
    pub(super) basis: Option<Text>,
    pub(super) severity: Option<Text>,
    pub(super) code: Option<Text>,
    pub(super) clause: Option<Text>,
    pub(super) zh: Option<Text>,
    pub(super) en: Option<Text>,
}

/// A `[[change]]` of what the parent edition says.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) at: Span,
    pub(super) action: Action,
    pub(super) cite: Text,
}

/// What a change does.
#[derive(Debug, Clone)]
pub(super) enum Action {
    /// Sets keys of the entry at a path.
    Set { path: Text, keys: Box<Keys> },
    /// Puts an entry before or after another one.
    Add {
        anchor: Text,
        after: bool,
        entry: Box<Entry>,
    },
    /// Takes the entry at a path away.
    Remove { path: Text },
    /// Sets keys of a rule.
    SetRule { id: Text, keys: Box<RuleKeys> },
    /// Takes a rule away.
    RemoveRule { id: Text },
}
