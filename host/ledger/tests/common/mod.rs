//! Documents, messages and receipts for tests, all invented.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used)]

use cebridge_ledger::{DocumentView, Ledger, NewDocument, NewMessage, NewReceipt, Status};

/// The time of most calls.
pub const NOW: &str = "2026-03-01T02:00:00.000Z";

/// An order document; `content` stands for its business values.
pub fn order(number: &str, content: &str) -> NewDocument {
    NewDocument {
        message: "CEB311".into(),
        key: format!("EBP1/EBC1/{number}"),
        match_keys: vec![format!("CEB312|EBP1|EBC1|{number}")],
        enterprise: "4403960AA1".into(),
        guid: format!("GUID-{number}-{content}"),
        app_type: "1".into(),
        source: format!("erp-{number}"),
        edition: "2022-05".into(),
        pack_digest: "ab".repeat(32),
        content_hash: format!("hash of {content}"),
        values_json: format!(r#"{{"OrderHead":{{"orderNo":"{number}","goodsInfo":"{content}"}}}}"#),
        at: NOW.into(),
        findings_json: "[]".into(),
        key_free_before: String::new(),
    }
}

/// An inventory document for an order.
pub fn inventory(cop_no: &str, order_no: &str) -> NewDocument {
    NewDocument {
        message: "CEB621".into(),
        key: cop_no.into(),
        match_keys: vec![format!("CEB622|copNo|{cop_no}")],
        guid: format!("GUID-{cop_no}"),
        values_json: format!(
            r#"{{"InventoryHead":{{"orderNo":"{order_no}","copNo":"{cop_no}","logisticsNo":"W-{order_no}"}}}}"#
        ),
        ..order(order_no, cop_no)
    }
}

/// The message that carries these documents.
pub fn message(cop_msg_id: &str, documents: &[usize]) -> NewMessage {
    NewMessage {
        guid: format!("MSG-{cop_msg_id}"),
        cop_msg_id: cop_msg_id.into(),
        message: "CEB311".into(),
        enterprise: "4403960AA1".into(),
        envelope: format!("<DxpMsg>{cop_msg_id}</DxpMsg>").into_bytes(),
        body_sha256: "cd".repeat(32),
        key_serial: "01a2b3c4".into(),
        profile: "rsa-sha256".into(),
        pack_digest: "ab".repeat(32),
        edition: "2022-05".into(),
        documents: documents.to_vec(),
    }
}

/// Accepts one document in a message of its own.
pub fn accept(ledger: &Ledger, document: &NewDocument, cop_msg_id: &str) -> i64 {
    accept_at(ledger, document, cop_msg_id, NOW)
}

/// Accepts one document at a given time.
pub fn accept_at(ledger: &Ledger, document: &NewDocument, cop_msg_id: &str, at: &str) -> i64 {
    ledger
        .accept(std::slice::from_ref(document), &[message(cop_msg_id, &[0])], at)
        .unwrap()[0]
}

/// Claims and sends everything that is due.
pub fn send_all(ledger: &Ledger, at: &str) -> usize {
    let items = ledger.claim_outbox(at, "worker", 60, 1000).unwrap();
    for item in &items {
        ledger.mark_sent(item.id, at).unwrap();
    }
    items.len()
}

/// A receipt of this number for a key, with its own digest.
pub fn receipt(digest: &str, match_key: &str, status: &str, time: &str, becomes: Option<(Status, bool)>) -> NewReceipt {
    NewReceipt {
        digest: digest.into(),
        message: match_key.split('|').next().unwrap_or_default().into(),
        match_keys: vec![match_key.into()],
        return_status: status.into(),
        return_time: time.into(),
        return_info: format!("info {digest}"),
        values_json: "{}".into(),
        raw: digest.as_bytes().to_vec(),
        becomes,
        ..NewReceipt::default()
    }
}

/// The document of this id.
pub fn view(ledger: &Ledger, id: i64) -> DocumentView {
    ledger.document(id).unwrap().unwrap()
}

/// Status and finality of a document.
pub fn fate(ledger: &Ledger, id: i64) -> (Status, bool) {
    let view = view(ledger, id);
    (view.status, view.is_final)
}

/// Kinds of the events of a document, in order.
pub fn story(ledger: &Ledger, id: i64) -> Vec<String> {
    ledger
        .history(id)
        .unwrap()
        .into_iter()
        .map(|event| event.kind)
        .collect()
}

/// The whole ledger is sound.
pub fn assert_sound(ledger: &Ledger) {
    let report = ledger.check().unwrap();
    assert!(report.is_ok(), "{:?}", report.problems);
}
