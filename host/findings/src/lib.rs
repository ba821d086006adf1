//! The rules of a pack as data, without the component that runs them: no WebAssembly and no I/O.
//!
//! * [`RuleSet`] is what a pack says: its rules, texts, layouts and severities. It explains raw findings as [`Finding`]s.
//! * [`DocumentPair`] holds two documents side by side, and [`PairMessage`] the one message that they are judged as.
//! * [`Case`] is a pack's own case as it is judged.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

mod artificial;
mod batch;
mod case;
mod explain;
mod finding;
mod incomparable;
mod layer;
mod layout;
mod names;
mod pair_form;
mod pair_message;
mod rule_set;
mod side_by_side;
mod texts;
mod unique;

pub use case::{Case, pair_of};
pub use finding::{Finding, Grades};
pub use incomparable::Incomparable;
pub use layer::layer_name;
pub use pair_message::PairMessage;
pub use rule_set::RuleSet;
pub use side_by_side::DocumentPair;
pub use texts::plain;
