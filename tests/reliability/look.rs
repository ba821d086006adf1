//! The enterprise's side at one moment: its ledger, by the commands, and its folders.

use crate::balance::Books;
use crate::enterprise::Enterprise;
use crate::folders::{Found, look};
use crate::product::{Product, Row};
use crate::report::{Category, Violation};
use crate::world::Sides;

/// The enterprise's side at one moment.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) rows: Vec<Row>,
    pub(crate) inputs: Vec<Found>,
    pub(crate) receipts: Vec<Found>,
    pub(crate) unmatched: String,
}

/// Asks the ledger and lists the folders.
pub(crate) fn see(enterprise: &Enterprise, product: &Product) -> Result<Look, Violation> {
    let broken = |text| Violation::new(Category::Broken, text);
    Ok(Look {
        rows: product.status(&enterprise.folder).map_err(broken)?,
        unmatched: product.unmatched(&enterprise.folder).map_err(broken)?,
        inputs: look(&enterprise.folder.join("intake")),
        receipts: look(&enterprise.folder.join("dxp/in")),
    })
}

/// The books of both sides. `last`: the operator has nothing left to repair.
pub(crate) fn books<'a>(enterprise: &'a Enterprise, sides: &'a Sides, seen: &'a Look, last: bool) -> Books<'a> {
    Books {
        journal: &sides.customs.journal,
        drops: &sides.intake.drops,
        rows: &seen.rows,
        inputs: &seen.inputs,
        receipts: &seen.receipts,
        unmatched: &seen.unmatched,
        known: &enterprise.known,
        returned: &enterprise.returned,
        errors: enterprise.errors,
        last,
    }
}
