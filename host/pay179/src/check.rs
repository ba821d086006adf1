//! Checks payment data before it is signed.

use crate::judge::judge;
use crate::payload::Prepared;
use crate::problem::Problem;
use crate::shape::PREPARED;
use crate::tree::Node;

/// Returns the problems that prevent signing; empty if the data may be signed.
#[must_use]
pub fn errors(prepared: &Prepared) -> Vec<Problem> {
    let mut found = check(prepared, &|_| true);
    found.retain(|problem| problem.is_error);
    found
}

/// Returns all departures from the announcement, warnings too. `known` recognises the currencies of customs' table.
#[must_use]
pub fn check(prepared: &Prepared, known: &dyn Fn(&str) -> bool) -> Vec<Problem> {
    // Check exactly what will be written.
    let written = serde_json::to_vec(prepared).and_then(|json| Node::read(&json));
    written.map_or_else(|_| Vec::new(), |node| judge(&node, PREPARED, known))
}
