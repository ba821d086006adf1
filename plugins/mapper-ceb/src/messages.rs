//! The requests of the specification: their document element and the fields that identify a document.
//!
//! The host knows all this from the edition in force. A mapper does not, and needs it only to name a record so that
//! people find it. A message that is not listed is still mapped, and named by its row.

/// A request of the specification.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) code: &'static str,
    /// Element of one document.
    pub(crate) document: &'static str,
    /// Fields that identify a document.
    pub(crate) keys: &'static [&'static str],
}

/// The requests of all editions up to 2022-05.
pub(crate) const KNOWN: [Known; 19] = [
    known("CEB213", "InvtRefund", &["coElNo"]),
    known("CEB215", "InvtRefundDetail", &["coElNo"]),
    known("CEB303", "Order", &["ebpCode", "orderNo"]),
    known("CEB311", "Order", &["ebpCode", "orderNo"]),
    known("CEB403", "Receipts", &["ebcCode", "orderNo", "payNo"]),
    known("CEB411", "Payment", &["payCode", "payTransactionId"]),
    known("CEB505", "Logistics", &["logisticsCode", "logisticsNo"]),
    known("CEB507", "Arrival", &["copNo", "msgSeqNo"]),
    known("CEB509", "Departure", &["copNo", "msgSeqNo"]),
    known("CEB511", "Logistics", &["logisticsCode", "logisticsNo"]),
    known(
        "CEB513",
        "LogisticsStatus",
        &["logisticsCode", "logisticsNo", "logisticsStatus"],
    ),
    known("CEB603", "Inventory", &["copNo"]),
    known("CEB605", "InvtCancel", &["copNo"]),
    known("CEB607", "WayBill", &["copNo", "msgSeqNo"]),
    known("CEB621", "Inventory", &["copNo"]),
    known("CEB623", "InvtCancel", &["copNo"]),
    known("CEB625", "InvtRefund", &["copNo"]),
    known("CEB701", "SummaryApply", &["copNo", "msgSeqNo"]),
    known("CEB711", "Delivery", &["copNo"]),
];

const fn known(code: &'static str, document: &'static str, keys: &'static [&'static str]) -> Known {
    Known { code, document, keys }
}

/// Returns the entry of a message; `None` for one of another edition.
pub(crate) fn find(code: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.code == code)
}

/// Returns `true` for `CEB` and three digits.
pub(crate) fn is_code(text: &str) -> bool {
    text.strip_prefix("CEB")
        .is_some_and(|digits| digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}
