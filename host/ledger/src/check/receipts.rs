//! Receipts: the files as received, and the rows kept for the records in them.

use std::collections::BTreeMap;

use cebridge_clock::spoken_text;
use rusqlite::{OptionalExtension, Row};
use serde_json::Value;

use super::report::ProblemKind;
use super::said::{Said, differing_places};
use super::{Check, Record};
use crate::fault::Fault;
use crate::hash::sha256;
use crate::sealed;

/// A receipt as stored in its row.
struct Receipt {
    id: i64,
    digest: String,
    message: String,
    document: Option<i64>,
    outbox: Option<i64>,
    return_status: String,
    return_time: String,
    return_info: String,
    values_json: String,
    arrival: Option<i64>,
    matched_by: Option<String>,
    assigns_json: String,
}

impl Receipt {
    const COLUMNS: &str = "id, digest, message, document, outbox, return_status, return_time, return_info, values_json, arrival, matched_by, \
         assigns_json";

    fn read(row: &Row<'_>) -> rusqlite::Result<Receipt> {
        Ok(Receipt {
            id: row.get(0)?,
            digest: row.get(1)?,
            message: row.get(2)?,
            document: row.get(3)?,
            outbox: row.get(4)?,
            return_status: row.get(5)?,
            return_time: row.get(6)?,
            return_info: row.get(7)?,
            values_json: row.get(8)?,
            arrival: row.get(9)?,
            matched_by: row.get(10)?,
            assigns_json: row.get(11)?,
        })
    }
}

/// The records of the file read last; rows of one file are adjacent.
type Read = Option<(i64, Option<BTreeMap<String, Record>>)>;

impl Check<'_> {
    pub(super) fn receipts(&mut self) -> Result<(), Fault> {
        self.arrivals()?;
        let total = self.count("receipts")?;
        let mut statement = self
            .tx
            .prepare(&format!("SELECT {} FROM receipts ORDER BY id", Receipt::COLUMNS))?;
        let mut rows = statement.query([])?;
        let mut read: Read = None;
        while let Some(row) = rows.next()? {
            let receipt = Receipt::read(row)?;
            self.receipt_against_chain(&receipt)?;
            self.receipt_against_file(&receipt, &mut read)?;
            self.report.receipts += 1;
            self.progress("receipts", self.report.receipts, total);
        }
        Ok(())
    }

    /// The files, against their digests.
    fn arrivals(&mut self) -> Result<(), Fault> {
        let mut statement = self
            .tx
            .prepare("SELECT name, sha256, bytes, received_at, id FROM arrivals ORDER BY id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (name, digest, bytes): (String, String, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let received_at: String = row.get(3)?;
            let id: i64 = row.get(4)?;
            self.arrival_against_chain(id, &name, &digest, &received_at)?;
            if sha256(bytes) != digest {
                let text = format!(
                    "the bytes of the file {name}, received on {}, were changed",
                    spoken_text(&received_at)
                );
                self.problems
                    .add(ProblemKind::Receipt, format!("file of receipts {name}"), text);
            }
        }
        Ok(())
    }

    /// A file has an event, unless it came before files had any.
    fn arrival_against_chain(&mut self, id: i64, name: &str, digest: &str, received_at: &str) -> Result<(), Fault> {
        let of_file = "document IS NULL AND message IS NULL AND kind = 'receipt-file'";
        let said = Said::last(self.tx, &format!("{of_file} AND bytes_sha256 = ?1"), &[&digest])?;
        let what = format!("file of receipts {name}");
        let Some(said) = said else {
            let since: Option<i64> = self
                .tx
                .prepare_cached(&format!(
                    "SELECT min(json_extract(detail_json, '$.arrival')) FROM events WHERE {of_file} AND json_valid(detail_json)"
                ))?
                .query_row([], |row| row.get(0))?;
            if since.is_some_and(|since| id >= since) {
                let text = "no event says that it was received: it was inserted into the ledger later";
                self.problems.add(ProblemKind::Receipt, what, text);
            }
            return Ok(());
        };
        let mut changed = said.differences(&[("name", "file", name)]);
        if said.at != received_at {
            changed.push("received_at");
        }
        if !changed.is_empty() {
            let text = format!("changed since it was recorded: {}", changed.join(", "));
            self.problems.add(ProblemKind::Receipt, what, text);
        }
        Ok(())
    }

    fn receipt_against_chain(&mut self, receipt: &Receipt) -> Result<(), Fault> {
        let said = match (receipt.document, receipt.outbox) {
            (Some(document), _) => Said::last(
                self.tx,
                "document = ?1 AND kind = 'receipt' AND bytes_sha256 = ?2",
                &[&document, &receipt.digest],
            )?,
            (None, Some(message)) => Said::last(
                self.tx,
                "message = ?1 AND kind = 'receipt' AND bytes_sha256 = ?2",
                &[&message, &receipt.digest],
            )?,
            (None, None) => Said::last(
                self.tx,
                "document IS NULL AND message IS NULL AND kind = 'receipt-unmatched' AND bytes_sha256 = ?1",
                &[&receipt.digest],
            )?,
        };
        let Some(said) = said else {
            let text = "no event says that it was received for this document: it was inserted, changed or moved";
            return self.wrong(receipt, text.to_owned());
        };
        let mut changed = said.differences(&[
            ("return_status", "returnStatus", &receipt.return_status),
            ("return_status", "code", &receipt.return_status),
            ("return_time", "returnTime", &receipt.return_time),
            (
                "matched_by",
                "matchedBy",
                receipt.matched_by.as_deref().unwrap_or_default(),
            ),
        ]);
        if changed.is_empty() && said.another_row(sealed::receipt(self.tx, receipt.id)?.as_ref()) {
            changed.push("its other columns, or the file that brought it");
        }
        if !changed.is_empty() {
            let text = format!("changed since it was recorded: {}", changed.join(", "));
            self.wrong(receipt, text)?;
        }
        Ok(())
    }

    fn receipt_against_file(&mut self, receipt: &Receipt, read: &mut Read) -> Result<(), Fault> {
        // Earlier versions kept no files.
        let Some(arrival) = receipt.arrival else { return Ok(()) };
        if read.as_ref().is_none_or(|(known, _)| *known != arrival) {
            let bytes: Option<Vec<u8>> = self
                .tx
                .prepare_cached("SELECT bytes FROM arrivals WHERE id = ?1")?
                .query_row([arrival], |row| row.get(0))
                .optional()?;
            let records = match self.reader.records(&bytes.unwrap_or_default()) {
                Ok(records) => records.map(by_digest),
                Err(error) => {
                    self.wrong(receipt, format!("the file that brought it can't be read: {error}"))?;
                    None
                }
            };
            *read = Some((arrival, records));
        }
        let Some((_, Some(records))) = read else { return Ok(()) };
        let Some(record) = records.get(&receipt.digest) else {
            let text = "it is not in the file that is said to have brought it: one of the two was changed";
            return self.wrong(receipt, text.to_owned());
        };
        let mut changed = Vec::new();
        if let Some(values) = &record.values_json {
            changed = differing_places(&receipt.values_json, values);
        }
        if record.status != receipt.return_status {
            changed.push("return_status".to_owned());
        }
        if !assigned_in(&receipt.assigns_json, &receipt.values_json) {
            changed.push("assigns_json (numbers assigned by customs)".to_owned());
        }
        if record.info.as_ref().is_some_and(|info| *info != receipt.return_info) {
            changed.push("return_info".to_owned());
        }
        if !changed.is_empty() {
            let text = format!("not as in the file that brought it: {}", changed.join(", "));
            self.wrong(receipt, text)?;
        }
        Ok(())
    }

    fn wrong(&mut self, receipt: &Receipt, text: String) -> Result<(), Fault> {
        let about = match receipt.document {
            Some(document) => self
                .tx
                .prepare_cached("SELECT message, key FROM documents WHERE id = ?1")?
                .query_row([document], |row| {
                    let (code, key): (String, String) = (row.get(0)?, row.get(1)?);
                    Ok(format!(" for {}", super::documents::named(document, &code, &key)))
                })
                .optional()?
                .unwrap_or_default(),
            None => String::new(),
        };
        let what = format!(
            "receipt {}, {} {}{about}",
            receipt.id, receipt.message, receipt.return_status
        );
        self.problems.add(ProblemKind::Receipt, what, text);
        Ok(())
    }
}

/// Returns `true` if each assigned number is a value of the record under its name.
fn assigned_in(assigns_json: &str, values_json: &str) -> bool {
    fn holds(node: &Value, name: &str, value: &str) -> bool {
        match node {
            Value::Object(members) => members.iter().any(|(key, member)| {
                key == name && member.as_str().is_some_and(|text| text.trim() == value.trim())
                    || holds(member, name, value)
            }),
            Value::Array(items) => items.iter().any(|item| holds(item, name, value)),
            _ => false,
        }
    }
    let assigned: Vec<(String, String)> = serde_json::from_str(assigns_json).unwrap_or_default();
    let values: Value = serde_json::from_str(values_json).unwrap_or_default();
    assigned.iter().all(|(name, value)| holds(&values, name, value))
}

fn by_digest(records: Vec<Record>) -> BTreeMap<String, Record> {
    let named = |record: Record| (record.digest.clone(), record);
    records.into_iter().map(named).collect()
}
