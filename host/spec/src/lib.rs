//! The message standard, published from packs: the content of the rules, in forms for people and programs.
//!
//! * [`Catalogue`] is a readable view of one [`Pack`](cebridge_rule_core::pack::Pack): messages, fields by path, rules.
//! * [`xsd`], [`json_schema`], [`markdown`] and [`html`] write it down.
//! * [`diff`] lists the changes between two packs, as a revision note would.
//!
//! Nothing here reads or writes files.

mod catalogue;
mod check;
mod codes;
pub mod diff;
mod error;
mod expression;
mod facets;
mod fields;
pub mod html;
mod json;
pub mod json_schema;
mod lookup;
pub mod markdown;
mod namespaces;
mod receipts;
mod rules;
mod shared;
pub mod xsd;

pub use catalogue::Catalogue;
pub use codes::{Allowed, CodeNames};
pub use error::StandardError;
pub use facets::{facets, notation};
pub use fields::{Field, Value};
pub use rules::RuleView;

/// A file of a set: its name and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Name without folder.
    pub name: String,
    /// Content.
    pub text: String,
}
