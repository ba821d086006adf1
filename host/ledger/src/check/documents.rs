//! Documents: their rows against the chain, their states against receipts and chain.

use std::collections::{BTreeMap, BTreeSet};

use cebridge_clock::spoken_text;
use rusqlite::{Row, params};
use serde_json::Value;

use super::Check;
use super::report::ProblemKind;
use super::said::Said;
use crate::fault::Fault;
use crate::fold::State;
use crate::hash::sha256;
use crate::sealed;
use crate::state::compute;
use crate::status::Status;
use crate::view::Reason;

/// A document as stored in its row.
struct Document {
    id: i64,
    message: String,
    key: String,
    guid: String,
    app_type: String,
    enterprise: String,
    edition: String,
    pack_digest: String,
    content_hash: String,
    values_json: String,
    findings_json: String,
    reasons_json: String,
    status: String,
    is_final: bool,
    sent: bool,
    accepted_at: String,
    source: String,
    live: bool,
    held: bool,
    /// `returnStatus`, `returnTime` and `returnInfo` of the newest receipt.
    answer: [Option<String>; 3],
}

impl Document {
    const COLUMNS: &str = "id, message, key, guid, app_type, enterprise, edition, pack_digest, content_hash, values_json, \
         findings_json, reasons_json, status, is_final, outbox IS NOT NULL, accepted_at, source, \
         return_status, return_time, return_info, live, held";

    fn read(row: &Row<'_>) -> rusqlite::Result<Document> {
        Ok(Document {
            id: row.get(0)?,
            message: row.get(1)?,
            key: row.get(2)?,
            guid: row.get(3)?,
            app_type: row.get(4)?,
            enterprise: row.get(5)?,
            edition: row.get(6)?,
            pack_digest: row.get(7)?,
            content_hash: row.get(8)?,
            values_json: row.get(9)?,
            findings_json: row.get(10)?,
            reasons_json: row.get(11)?,
            status: row.get(12)?,
            is_final: row.get(13)?,
            sent: row.get(14)?,
            accepted_at: row.get(15)?,
            source: row.get(16)?,
            answer: [row.get(17)?, row.get(18)?, row.get(19)?],
            live: row.get(20)?,
            held: row.get(21)?,
        })
    }

    fn is_draft(&self) -> bool {
        !self.sent && self.status == Status::Draft.as_str()
    }

    fn name(&self) -> String {
        named(self.id, &self.message, &self.key)
    }
}

/// Names a document for people: number in the ledger, message and business number.
pub(super) fn named(id: i64, message: &str, key: &str) -> String {
    let number = key.rsplit('|').next().unwrap_or(key);
    format!("document {id}, {message} {number}")
}

impl Check<'_> {
    pub(super) fn documents(&mut self) -> Result<(), Fault> {
        let total = self.count("documents")?;
        let mut statement = self
            .tx
            .prepare(&format!("SELECT {} FROM documents ORDER BY id", Document::COLUMNS))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let document = Document::read(row)?;
            self.report.documents += 1;
            self.state(&document)?;
            self.key_holder(&document)?;
            self.row(&document)?;
            self.progress("documents", self.report.documents, total);
        }
        Ok(())
    }

    /// Checks the state, the last answer and the assigned numbers against the receipts.
    fn state(&mut self, document: &Document) -> Result<(), Fault> {
        let wanted = if document.is_draft() {
            (Status::Draft.as_str(), false)
        } else if document.sent {
            let Ok(state) = compute(self.tx, document.id) else {
                let text = "what its receipts say can't be read: they were changed";
                self.problems.add(ProblemKind::State, document.name(), text);
                return Ok(());
            };
            self.answer(document, &state)?;
            if state.held != document.held {
                let text = "whether customs only holds it (held) does not follow from its receipts";
                self.problems.add(ProblemKind::State, document.name(), text);
            }
            (state.status.as_str(), state.is_final)
        } else {
            (Status::Refused.as_str(), true)
        };
        if wanted != (document.status.as_str(), document.is_final) {
            let named = |status: &str, is_final: bool| format!("{status}{}", if is_final { ", final" } else { "" });
            let text = format!(
                "its row says {}, its receipts say {}",
                named(&document.status, document.is_final),
                named(wanted.0, wanted.1)
            );
            self.problems.add(ProblemKind::State, document.name(), text);
        }
        Ok(())
    }

    /// Checks what the row repeats of receipts: the answer of customs, and the numbers that it assigned.
    fn answer(&mut self, document: &Document, state: &State) -> Result<(), Fault> {
        // Rows of earlier versions may repeat another receipt than the newest.
        let sql = "SELECT 1 FROM receipts WHERE (document = ?1 OR kind = 'format' AND outbox = (SELECT outbox FROM documents \
             WHERE id = ?1)) AND return_status IS ?2 AND return_time IS ?3 AND (?4 IS NULL OR return_info = ?4)";
        let [status, time, info] = &document.answer;
        let known = self
            .tx
            .prepare_cached(sql)?
            .exists(params![document.id, status, time, info])?;
        if !known && (status.is_some() || info.is_some()) {
            let text = "the answer of customs in its row is in none of its receipts";
            self.problems.add(ProblemKind::State, document.name(), text);
        }
        let numbers: BTreeMap<String, String> = self
            .tx
            .prepare_cached("SELECT name, value FROM numbers WHERE document = ?1 AND assigned = 1")?
            .query_map([document.id], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        if numbers != state.assigned {
            let text = "the numbers assigned by customs are not those in its receipts";
            self.problems.add(ProblemKind::State, document.name(), text);
        }
        Ok(())
    }

    /// Time that belongs into `accepted_at`. A document that is refused again keeps that of the first refusal.
    fn began(&self, document: &Document, last: &Said) -> Result<String, Fault> {
        if last.kind != "refused" {
            return Ok(last.at.clone());
        }
        let sql = "SELECT at FROM events WHERE document = ?1 AND kind = 'refused' ORDER BY id LIMIT 1";
        Ok(self
            .tx
            .prepare_cached(sql)?
            .query_row([document.id], |row| row.get(0))?)
    }

    /// Checks the row against the chain.
    fn row(&mut self, document: &Document) -> Result<(), Fault> {
        const BEGAN: &str = "document = ?1 AND kind IN ('accepted', 'drafted', 'refused')";
        let Some(said) = Said::last(self.tx, BEGAN, &[&document.id])? else {
            let text =
                "no event says where it came from: it was inserted into the ledger later, or its events were removed";
            self.problems.add(ProblemKind::Document, document.name(), text);
            return Ok(());
        };
        let mut changed = said.differences(&[
            ("message", "message", &document.message),
            ("key", "key", &document.key),
            ("guid", "guid", &document.guid),
            ("app_type", "appType", &document.app_type),
            ("enterprise", "enterprise", &document.enterprise),
            ("edition", "edition", &document.edition),
            ("content_hash", "contentHash", &document.content_hash),
            ("source", "source", &document.source),
        ]);
        if self.began(document, &said)? != document.accepted_at {
            changed.push("accepted_at");
        }
        if said
            .pack_digest
            .as_ref()
            .is_some_and(|pack| *pack != document.pack_digest)
        {
            changed.push("pack_digest");
        }
        if differs(&said, "valuesSha256", &document.values_json) {
            changed.push("values");
        }
        if differs(&said, "findingsSha256", &document.findings_json) {
            changed.push("findings (warnings at acceptance)");
        }
        if changed.is_empty() && said.another_row(sealed::document(self.tx, document.id)?.as_ref()) {
            changed.push("made_at, app_status, input, outbox or what it is about (concerns)");
        }
        if !self.match_keys_fit(document, &said)? {
            changed.push("the strings by which receipts find it (match_keys)");
        }
        if said.kind == "refused" && rules(&document.reasons_json) != said.detail.get("rules").map(texts) {
            changed.push("reasons");
        }
        if !changed.is_empty() {
            let text = format!(
                "changed after it was recorded on {}: {}",
                spoken_text(&said.at),
                changed.join(", ")
            );
            self.problems.add(ProblemKind::Document, document.name(), text);
        }
        self.state_against_chain(document, &said)
    }

    /// Match strings are those it was accepted with and those learned from its receipts.
    fn match_keys_fit(&self, document: &Document, said: &Said) -> Result<bool, Fault> {
        let Some(declared) = said.detail.get("matchKeys").map(texts) else {
            return Ok(true);
        };
        let found: BTreeSet<String> = self
            .tx
            .prepare_cached("SELECT key FROM match_keys WHERE document = ?1")?
            .query_map([document.id], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let learned: BTreeSet<String> = self
            .tx
            .prepare_cached("SELECT match_keys_json FROM receipts WHERE document = ?1")?
            .query_map([document.id], |row| row.get::<_, String>(0))?
            .collect::<Result<Vec<_>, _>>()?
            .iter()
            .flat_map(|json| serde_json::from_str::<Vec<String>>(json).unwrap_or_default())
            .chain(declared)
            .collect();
        Ok(found == learned)
    }

    /// Checks who holds the business key: the newest document that still counts.
    fn key_holder(&mut self, document: &Document) -> Result<(), Fault> {
        let sql = "SELECT max(id) FROM documents WHERE message = ?1 AND key = ?2 AND app_type = ?3 AND outbox IS NOT NULL \
             AND status NOT IN ('draft', 'refused', 'returned', 'withdrawn', 'dead-letter') AND successor IS NULL";
        let holder: Option<i64> = self
            .tx
            .prepare_cached(sql)?
            .query_row(params![document.message, document.key, document.app_type], |row| {
                row.get(0)
            })?;
        let text = match (document.live, holder == Some(document.id)) {
            (false, true) => "its row says that its business key is free: it could be declared a second time",
            (true, false) => "its row says that it holds its business key, and it does not count any more",
            _ => return Ok(()),
        };
        self.problems.add(ProblemKind::Document, document.name(), text);
        Ok(())
    }

    fn state_against_chain(&mut self, document: &Document, said: &Said) -> Result<(), Fault> {
        let begun = match said.kind.as_str() {
            "accepted" => (Status::Waiting.as_str(), false),
            "drafted" => (Status::Draft.as_str(), false),
            _ => (Status::Refused.as_str(), true),
        };
        let last = Said::last(
            self.tx,
            "document = ?1 AND kind = 'status' AND id > ?2",
            &[&document.id, &said.id],
        )?;
        let told = last.as_ref().and_then(|last| {
            let is_final = last.detail.get("final").and_then(Value::as_bool)?;
            Some((last.text("to")?, is_final))
        });
        let told = told.unwrap_or(begun);
        if told != (document.status.as_str(), document.is_final) {
            let text = format!("its row says {}, its last event says {}", document.status, told.0);
            self.problems.add(ProblemKind::State, document.name(), text);
        }
        Ok(())
    }
}

fn differs(said: &Said, name: &str, text: &str) -> bool {
    said.text(name).is_some_and(|told| told != sha256(text))
}

fn texts(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Rule ids of the reasons; `None` if they can't be read.
fn rules(reasons_json: &str) -> Option<Vec<String>> {
    let reasons: Vec<Reason> = serde_json::from_str(reasons_json).ok()?;
    Some(reasons.into_iter().map(|reason| reason.rule).collect())
}
