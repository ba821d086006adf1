//! Ids that customs uses and makes.

/// DXP id of customs for import messages.
const IMPORT_ID: &str = "DXPEDCCEB0000002";
/// DXP id of customs for export messages.
pub(crate) const EXPORT_ID: &str = "DXPEDCCEB0000003";

/// `ReceiverId` of requests, and `SenderId` of receipts, for a direction.
pub(crate) fn customs_id(direction: &str) -> &'static str {
    if direction == "export" { EXPORT_ID } else { IMPORT_ID }
}

/// Returns a new guid.
pub(crate) fn guid() -> String {
    uuid::Uuid::new_v4().to_string().to_uppercase()
}
