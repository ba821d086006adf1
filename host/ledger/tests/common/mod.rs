//! Documents, messages and receipts for tests, all invented.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used)]

use cebridge_ledger::{
    Arrival, Batch, CheckReport, Claim, DocumentView, FormatError, FormatErrorOutcome, Intake, Ledger, LedgerError,
    Meaning, NewDocument, NewMessage, NewReceipt, OutboxItem, Problem, Reader, Reason, ReceiptOutcome, Status,
};
pub use jiff::Timestamp;

/// The time of most calls, 2026-03-01T02:00:00Z.
pub const NOW: Timestamp = Timestamp::constant(1_772_330_400, 0);

/// The time in an RFC 3339 text.
pub fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn numbers(named: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    named.iter().map(owned).collect()
}

/// An order document; `content` represents its business values.
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
        numbers: numbers(&[("orderNo", number)]),
        at: Some(NOW),
        findings_json: "[]".into(),
        ..NewDocument::default()
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
        numbers: numbers(&[
            ("copNo", cop_no),
            ("logisticsNo", &format!("W-{order_no}")),
            ("orderNo", order_no),
        ]),
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

/// Accepts one document in its own message.
pub fn accept(ledger: &Ledger, document: &NewDocument, cop_msg_id: &str) -> i64 {
    accept_at(ledger, document, cop_msg_id, NOW)
}

/// Accepts one document at a given time.
pub fn accept_at(ledger: &Ledger, document: &NewDocument, cop_msg_id: &str, at: Timestamp) -> i64 {
    ledger
        .accept(std::slice::from_ref(document), &[message(cop_msg_id, &[0])], at)
        .unwrap()[0]
}

/// Claims and sends everything that is due.
pub fn send_all(ledger: &Ledger, at: Timestamp) -> usize {
    let items = ledger.claim(at, "worker", 60, 1000).unwrap();
    for item in &items {
        ledger.sent(item.id, at).unwrap();
    }
    items.len()
}

/// A receipt of this number for a key, with its own digest.
pub fn receipt(digest: &str, match_key: &str, status: &str, time: &str, means: Option<(Meaning, bool)>) -> NewReceipt {
    NewReceipt {
        digest: digest.into(),
        message: match_key.split('|').next().unwrap_or_default().into(),
        match_keys: vec![match_key.into()],
        return_status: status.into(),
        return_time: time.into(),
        return_info: format!("info {digest}"),
        values_json: "{}".into(),
        means,
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

/// Asserts that the whole ledger is sound.
pub fn assert_sound(ledger: &Ledger) {
    let report = check(ledger);
    assert!(report.is_ok(), "{:?}", report.problems);
}

/// Reads nothing: the messages and receipts of these tests are not XML.
pub struct Unread;

impl Reader for Unread {}

/// Checks the whole ledger.
pub fn check(ledger: &Ledger) -> CheckReport {
    ledger.check(&Unread, &[]).unwrap()
}

/// Complaints of a check, one line each.
pub fn complaints(ledger: &Ledger) -> Vec<String> {
    let line = |problem: &Problem| format!("{} {}: {}", problem.kind.as_str(), problem.what, problem.text);
    check(ledger).problems.iter().map(line).collect()
}

/// The longest wait that a correct clock makes, in seconds.
pub const LONGEST_WAIT: i64 = 4500;

/// Short forms of the calls that most tests make.
pub trait Short {
    fn accept(
        &self,
        documents: &[NewDocument],
        messages: &[NewMessage],
        at: Timestamp,
    ) -> Result<Vec<i64>, LedgerError>;
    fn record_refused(&self, document: &NewDocument, reasons: &[Reason], at: Timestamp) -> Result<i64, LedgerError>;
    fn look(
        &self,
        message: &str,
        key: &str,
        app_type: &str,
        hash: &str,
        free: Option<Timestamp>,
    ) -> Result<Option<Intake>, LedgerError>;
    fn claim(&self, now: Timestamp, worker: &str, lease: i64, limit: usize) -> Result<Vec<OutboxItem>, LedgerError>;
    fn sent(&self, id: i64, at: Timestamp) -> Result<(), LedgerError>;
    fn apply_receipt(&self, receipt: &NewReceipt, at: Timestamp) -> Result<ReceiptOutcome, LedgerError>;
    fn apply_all(&self, receipts: &[NewReceipt], at: Timestamp) -> Result<Vec<ReceiptOutcome>, LedgerError>;
    fn format_error(
        &self,
        cop_msg_id: &str,
        code: &str,
        info: &str,
        raw: &[u8],
        digest: &str,
        at: Timestamp,
    ) -> Result<FormatErrorOutcome, LedgerError>;
}

impl Short for Ledger {
    fn accept(
        &self,
        documents: &[NewDocument],
        messages: &[NewMessage],
        at: Timestamp,
    ) -> Result<Vec<i64>, LedgerError> {
        let batch = Batch {
            documents,
            messages,
            ..Batch::default()
        };
        self.record(&batch, at)
    }

    fn record_refused(&self, document: &NewDocument, reasons: &[Reason], at: Timestamp) -> Result<i64, LedgerError> {
        let refusals = [(document.clone(), reasons.to_vec())];
        let batch = Batch {
            refusals: &refusals,
            ..Batch::default()
        };
        self.record(&batch, at)?;
        let newest = self.find(&document.key)?.into_iter();
        Ok(newest
            .filter(|view| view.content_hash == document.content_hash && view.enterprise == document.enterprise)
            .map(|view| view.id)
            .next()
            .unwrap())
    }

    fn look(
        &self,
        message: &str,
        key: &str,
        app_type: &str,
        hash: &str,
        free: Option<Timestamp>,
    ) -> Result<Option<Intake>, LedgerError> {
        self.lookup(&NewDocument {
            message: message.into(),
            key: key.into(),
            app_type: app_type.into(),
            content_hash: hash.into(),
            key_free_before: free,
            ..NewDocument::default()
        })
    }

    fn claim(&self, now: Timestamp, worker: &str, lease: i64, limit: usize) -> Result<Vec<OutboxItem>, LedgerError> {
        let claim = Claim {
            worker,
            lease_seconds: lease,
            longest_wait: LONGEST_WAIT,
            limit,
            repeats: true,
        };
        self.claim_outbox(&claim, now)
    }

    fn sent(&self, id: i64, at: Timestamp) -> Result<(), LedgerError> {
        self.mark_sent(&[id], at)
    }

    fn apply_receipt(&self, receipt: &NewReceipt, at: Timestamp) -> Result<ReceiptOutcome, LedgerError> {
        Ok(self.apply_all(std::slice::from_ref(receipt), at)?.remove(0))
    }

    fn apply_all(&self, receipts: &[NewReceipt], at: Timestamp) -> Result<Vec<ReceiptOutcome>, LedgerError> {
        let bytes: String = receipts.iter().map(|receipt| receipt.digest.as_str()).collect();
        let arrival = Arrival {
            name: "receipts.xml",
            bytes: bytes.as_bytes(),
        };
        self.apply_receipts(receipts, &arrival, at)
    }

    fn format_error(
        &self,
        cop_msg_id: &str,
        code: &str,
        info: &str,
        raw: &[u8],
        digest: &str,
        at: Timestamp,
    ) -> Result<FormatErrorOutcome, LedgerError> {
        let error = FormatError {
            cop_msg_id,
            code,
            info,
            digest,
        };
        let arrival = Arrival {
            name: "error.xml",
            bytes: raw,
        };
        self.apply_format_error(&error, &arrival, at)
    }
}
