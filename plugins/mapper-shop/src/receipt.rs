//! Receipts for the ERP: one JSON object each.

use cebridge_plugin_sdk::{Receipt, time::iso_time};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    /// Order of the ERP; null when the receipt belongs to no known order.
    order: Option<&'a str>,
    /// Message code of the answered document.
    document: &'a str,
    receipt: &'a str,
    status: &'a str,
    outcome: &'static str,
    meaning: &'static str,
    time: Option<String>,
    info: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inventory_no: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pre_entry_no: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    declaration_no: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waybill_no: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<&'a str>,
}

/// Renders the receipt as JSON text with a final line break. The error says what the receipt lacks.
pub(crate) fn render(receipt: &Receipt) -> Result<Vec<u8>, String> {
    let status = receipt
        .value("returnStatus")
        .ok_or_else(|| format!("the receipt {} has no returnStatus", receipt.message))?;
    let (outcome, meaning) = meaning(status);
    let answer = Answer {
        order: Some(receipt.source.as_str())
            .filter(|source| !source.is_empty())
            .or_else(|| receipt.value("orderNo")),
        document: &receipt.answers,
        receipt: &receipt.message,
        status,
        outcome,
        meaning,
        time: receipt
            .value("returnTime")
            .map(|time| iso_time(time).unwrap_or_else(|| time.to_owned())),
        info: receipt.value("returnInfo"),
        inventory_no: receipt.value("invtNo"),
        pre_entry_no: receipt.value("preNo"),
        declaration_no: receipt.value("copNo"),
        waybill_no: receipt.value("logisticsNo"),
        transaction_id: receipt.value("payTransactionId"),
    };
    let mut json = serde_json::to_vec_pretty(&answer).map_err(|error| error.to_string())?;
    json.push(b'\n');
    Ok(json)
}

/// Outcome for the ERP (`waiting`, `accepted`, `refused`, `done`, `unknown`) and meaning of a state.
fn meaning(status: &str) -> (&'static str, &'static str) {
    let Ok(code) = status.parse::<i64>() else {
        return ("unknown", "a state that this mapper does not know");
    };
    match code {
        i64::MIN..=-1 => ("refused", "processing error: correct and send again"),
        1 => ("waiting", "stored at the e-port"),
        2 => ("waiting", "being declared by the e-port"),
        3 => ("waiting", "sent to customs"),
        4 => ("refused", "could not be sent to customs"),
        100 => ("refused", "returned by customs: correct and send again"),
        120 => ("accepted", "accepted by customs"),
        300 => ("waiting", "manual review"),
        399 => ("done", "concluded by customs"),
        500 => ("waiting", "inspection"),
        501..=503 | 599 => ("waiting", "detained"),
        700 => ("done", "returned abroad"),
        800 => ("done", "released"),
        899 => ("done", "closed"),
        _ => ("unknown", "a state that this mapper does not know"),
    }
}
