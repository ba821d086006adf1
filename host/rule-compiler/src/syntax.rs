//! Rule source as written: one structure for each kind of table, and a place for every value.

use crate::grade::Grade;
use crate::text::{Span, Text};
use cebridge_rule_core::pack::{Effect, Outcome};

/// One TOML file of an edition.
#[derive(Debug, Clone)]
pub(crate) struct RuleFile {
    /// Its number in the sources.
    pub(crate) file: usize,
    /// The message it describes; `None` for files with shared blocks and rules.
    pub(crate) head: Option<Head>,
    /// Namespace of the file.
    pub(crate) namespace: Option<Text>,
    pub(crate) groups: Vec<Group>,
    /// Shared blocks: groups that every message may use.
    pub(crate) blocks: Vec<Group>,
    pub(crate) rules: Vec<RuleSource>,
    pub(crate) pairs: Vec<PairSource>,
    /// Outcomes shared by several receipts.
    pub(crate) outcome_lists: Vec<OutcomeList>,
    pub(crate) changes: Vec<Change>,
}

/// The keys at the top of a message file.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) code: Text,
    pub(crate) root: Option<Text>,
    pub(crate) kind: Option<Text>,
    pub(crate) direction: Option<Text>,
    pub(crate) zh: Option<Text>,
    pub(crate) en: Option<Text>,
    pub(crate) clause: Option<Text>,
    pub(crate) receipt: Option<Text>,
    pub(crate) document: Option<Text>,
    pub(crate) keys: Option<Vec<Text>>,
    /// Meanings of a receipt's states.
    pub(crate) outcomes: Option<Vec<OutcomeEntry>>,
    /// The other document that the documents of a request refer to.
    pub(crate) concerns: Option<ConcernSource>,
    /// The field by which a receipt names the message that it refuses as a whole.
    pub(crate) refuses: Option<Text>,
    /// Ranges of customs' error codes for the documents of a request, without their sign.
    pub(crate) errors: Option<Vec<(u64, u64)>>,
}

/// An entry of `outcomes`.
#[derive(Debug, Clone)]
pub(crate) struct OutcomeEntry {
    pub(crate) form: OutcomeForm,
    pub(crate) at: Span,
    /// The `use` that brought it here, if it was written elsewhere.
    pub(crate) used: Option<Span>,
}

/// Form of an entry of `outcomes`.
#[derive(Debug, Clone)]
pub(crate) enum OutcomeForm {
    /// Meaning of some states.
    States(Outcome),
    /// The entries of a list, or the parent edition's entries for the receipt.
    Use(String),
}

/// An `[[outcome-list]]`: outcomes shared by several receipts.
#[derive(Debug, Clone)]
pub(crate) struct OutcomeList {
    pub(crate) name: Text,
    pub(crate) entries: Vec<OutcomeEntry>,
}

/// `concerns` of a request.
#[derive(Debug, Clone)]
pub(crate) struct ConcernSource {
    pub(crate) message: Text,
    /// Names of the fields that hold the number of the other document.
    pub(crate) by: Vec<Text>,
    pub(crate) effect: Effect,
    pub(crate) at: Span,
}

/// A `[[group]]` or `[[block]]`: an element and its content.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    /// Path below the root, or the block's name and the path below it.
    pub(crate) path: Text,
    pub(crate) at: Span,
    pub(crate) zh: Option<Text>,
    pub(crate) en: Option<Text>,
    /// Namespace of the elements; defaults to that of the file.
    pub(crate) namespace: Option<Text>,
    /// Text between the elements is allowed.
    pub(crate) mixed: bool,
    /// Type of the text of a group with attributes and text only.
    pub(crate) text: Option<Text>,
    pub(crate) entries: Vec<Entry>,
}

/// One entry of `fields`.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) form: Form,
    pub(crate) keys: Keys,
    pub(crate) at: Span,
}

/// Form of an entry.
#[derive(Debug, Clone)]
pub(crate) enum Form {
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
    pub(crate) fn name(&self) -> Option<&Text> {
        match self {
            Self::Field(name) | Self::Group(name) | Self::Use { name, .. } => Some(name),
            Self::Any(_) | Self::Choice(_) | Self::Sequence(_) => None,
        }
    }
}

/// The describing keys of an entry.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys {
    pub(crate) format: Option<Text>,
    pub(crate) schema: Option<Text>,
    pub(crate) required: Option<Required>,
    pub(crate) occurs: Option<Text>,
    pub(crate) fixed: Option<Text>,
    pub(crate) default: Option<Text>,
    pub(crate) zh: Option<Text>,
    pub(crate) en: Option<Text>,
    pub(crate) personal: Option<bool>,
    pub(crate) grade: FieldGrades,
}

/// The printed requirement of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Required {
    Yes,
    No,
    Conditional,
}

/// Severities of the automatic rules of a field.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FieldGrades {
    pub(crate) required: Option<Grade>,
    pub(crate) empty: Option<Grade>,
    pub(crate) length: Option<Grade>,
    pub(crate) digits: Option<Grade>,
}

/// A `[[pair]]`: two documents that are compared with each other.
#[derive(Debug, Clone)]
pub(crate) struct PairSource {
    /// The message whose documents are judged.
    pub(crate) message: Text,
    /// The message they are compared with.
    pub(crate) other: Text,
    /// Fields that match the two: of the message, of the other one.
    pub(crate) matching: Vec<(Text, Text)>,
    pub(crate) lines: Option<LinesSource>,
    pub(crate) at: Span,
}

impl PairSource {
    /// Returns the name by which rules refer to the pair.
    pub(crate) fn code(&self) -> String {
        format!("{}+{}", self.message.value, self.other.value)
    }
}

/// `lines` of a pair: the lines that belong together.
#[derive(Debug, Clone)]
pub(crate) struct LinesSource {
    pub(crate) message: Text,
    pub(crate) other: Text,
    /// The field whose value joins them.
    pub(crate) by: Text,
}

/// A `[[rule]]` or a `[[unique]]`.
#[derive(Debug, Clone)]
pub(crate) struct RuleSource {
    pub(crate) id: Text,
    pub(crate) keys: RuleKeys,
    pub(crate) at: Span,
}

/// The keys of a rule.
#[derive(Debug, Clone, Default)]
pub(crate) struct RuleKeys {
    pub(crate) on: Option<Text>,
    pub(crate) at: Option<Text>,
    pub(crate) fields: Option<Vec<Text>>,
    pub(crate) messages: Option<Vec<Text>>,
    pub(crate) kinds: Option<Vec<Text>>,
    /// Pairs of documents that it applies to.
    pub(crate) pairs: Option<Vec<Text>>,
    /// `true` for a `[[unique]]`: the values of `fields` together may occur in one document only.
    pub(crate) unique: bool,
    /// Days after which a value of a `[[unique]]` may be used again.
    pub(crate) days: Option<u16>,
    pub(crate) when: Option<Text>,
    pub(crate) check: Option<Text>,
    /// Reason for the rule: the consequence of breaking it.
    pub(crate) why: Option<Text>,
    pub(crate) basis: Option<Text>,
    pub(crate) severity: Option<Text>,
    pub(crate) code: Option<Text>,
    pub(crate) clause: Option<Text>,
    pub(crate) zh: Option<Text>,
    pub(crate) en: Option<Text>,
}

/// A `[[change]]` to the parent edition.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) at: Span,
    pub(crate) action: Action,
    pub(crate) cite: Text,
}

/// Effect of a change.
#[derive(Debug, Clone)]
pub(crate) enum Action {
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
