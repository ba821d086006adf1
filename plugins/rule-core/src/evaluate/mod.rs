//! Judges a batch: the schema layer and the business rules of the message, which its root name identifies.
//!
//! The verdict of the schema layer is that of an XSD 1.0 validator. Each node is checked once, during the walk; a
//! subtree that is not judged (an unknown element, the content of a wildcard) is skipped unread.
//!
//! Values read by business rules:
//!
//! * a field is its latest occurrence inside the trigger's instance, or else the latest one before it that does not
//!   belong to an earlier instance of the trigger or of one of its ancestors;
//! * an empty element with a fixed or default value has that value;
//! * invalid rule code (too few operands, a truth value where a text is needed, a position that does not exist in the
//!   program, hundreds of nested operations) yields *unknown*, which does not break any rule.

mod code;
mod findings;
mod identifiers;
mod memory;
mod model;
mod plan;
mod rules;
mod sequence;
mod walk;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use crate::batch::BatchError;
pub use code::MAX_NESTING;
pub use plan::Plan;

use crate::batch::View;
use crate::program::Program;
use crate::schema_rules::SchemaRule;
use alloc::vec::Vec;

/// The declaration of a [`RawFinding`] without one.
pub const NO_DECL: u32 = u32::MAX;

/// Maximum number of findings for one message; beyond it, only the first of each rule without one so far.
pub const MAX_FINDINGS: usize = 1000;

/// Maximum nesting of judged elements.
pub const MAX_DEPTH: usize = 128;

/// A broken rule, as numbers; ordered by node, rule and declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RawFinding {
    /// Node of the batch that the finding points at.
    pub node: u32,
    /// Position of the rule in the program.
    pub rule: u32,
    /// Declaration concerned, [`NO_DECL`] if unknown.
    pub decl: u32,
}

/// Judges a message and appends its findings, ordered by node, rule and declaration.
///
/// To judge many messages, make a [`Plan`] once and call [`evaluate_with`].
///
/// # Errors
/// As for [`evaluate_with`].
pub fn evaluate(program: &Program, batch: &[u8], out: &mut Vec<RawFinding>) -> Result<(), BatchError> {
    let view = View::new(batch)?;
    match plan::message_of(program, &view) {
        Some(message) => judge(program, &Plan::for_message(program, message), &view, message, out),
        None => unknown_root(out),
    }
}

/// Judges a message with a plan made earlier from the same program.
///
/// # Errors
/// The batch is malformed, or the program refers to declarations or types that it does not contain. In that case
/// nothing is appended.
pub fn evaluate_with(
    program: &Program,
    plan: &Plan,
    batch: &[u8],
    out: &mut Vec<RawFinding>,
) -> Result<(), BatchError> {
    let view = View::new(batch)?;
    match plan.message(&view) {
        Some(message) => judge(program, plan, &view, message, out),
        None => unknown_root(out),
    }
}

fn unknown_root(out: &mut Vec<RawFinding>) -> Result<(), BatchError> {
    out.push(RawFinding {
        node: 0,
        rule: SchemaRule::Root.index() as u32,
        decl: NO_DECL,
    });
    Ok(())
}

fn judge(
    program: &Program,
    plan: &Plan,
    view: &View<'_>,
    message: usize,
    out: &mut Vec<RawFinding>,
) -> Result<(), BatchError> {
    let before = out.len();
    let walked = walk::Walk::new(program, plan, *view, message, out)?.run();
    match walked {
        Ok(()) => {
            if let Some(found) = out.get_mut(before..) {
                found.sort_unstable();
            }
        }
        Err(_) => out.truncate(before),
    }
    walked
}
