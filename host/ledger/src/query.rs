//! Queries on the ledger.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, Transaction, params, params_from_iter};

use crate::clock::{canonical, time, time_if_any};
use crate::error::LedgerError;
use crate::fault::Fault;
use crate::input::{Filter, ReceiptFilter};
use crate::outbox;
use crate::state::{meaning, status};
use crate::status::Status;
use crate::store::Ledger;
use crate::trail;
use crate::view::{DocumentView, Event, ReceiptView};

const DOCUMENT: &str = "SELECT d.id, d.message, d.key, d.guid, d.app_type, d.source, d.status, d.is_final, d.reasons_json, \
     d.edition, d.pack_digest, d.content_hash, d.values_json, d.findings_json, o.cop_msg_id, d.accepted_at, o.sent_at, \
     d.updated_at, d.return_status, d.return_time, d.return_info, d.enterprise, d.app_status, d.held, d.heard_at, o.state, \
     CASE o.state WHEN 'pending' THEN o.due_at END, o.last_error, CASE o.state WHEN 'pending' THEN o.lease_until END FROM documents d LEFT JOIN outbox o ON o.id = d.outbox";

const RECEIPT: &str = "SELECT r.id, r.digest, r.message, r.document, d.key, r.cop_msg_id, r.matched_by, r.return_status, \
     r.return_time, r.return_info, r.becomes, r.is_final, r.values_json, r.received_at \
     FROM receipts r LEFT JOIN documents d ON d.id = r.document";

impl Ledger {
    /// Documents with this business key, guid, ERP record, `CopMsgId` or number (of order, payment,
    /// waybill, inventory, … in the document or assigned by customs), newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn find(&self, key: &str) -> Result<Vec<DocumentView>, LedgerError> {
        self.read(|tx| search(tx, key)?.into_iter().map(|id| one(tx, id)).collect())
    }

    /// Documents of a message type with these values, newest first: for each business key the last one that counts,
    /// even if it is a deletion. Refused, returned or dead documents do not count.
    ///
    /// A field is a path below the document, such as `OrderHead/orderNo`; numbers assigned by customs are found under
    /// the last name of the path. `is_number` says which names every document with such a field has among its
    /// [`crate::NewDocument::numbers`], which find it faster.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn find_documents(
        &self,
        message: &str,
        fields: &[(&str, &str)],
        is_number: impl Fn(&str) -> bool,
    ) -> Result<Vec<DocumentView>, LedgerError> {
        let mut wanted = Conditions::default();
        wanted.parts.push(
            "d.live = 1 AND NOT EXISTS (SELECT 1 FROM documents n WHERE n.message = d.message AND n.key = d.key \
             AND n.live = 1 AND n.id > d.id)"
                .to_owned(),
        );
        let name_of = |path: &'_ str| path.rsplit('/').next().unwrap_or(path).to_owned();
        // If a number leads to the few documents that have it, the index of messages must not be chosen instead: it
        // leads to all documents of that type. The plus keeps SQLite from it.
        let led = fields.iter().any(|(path, _)| is_number(&name_of(path)));
        let of_message = if led { "+d.message = ?" } else { "d.message = ?" };
        wanted.text(of_message, Some(message));
        for (path, value) in fields {
            let name = &name_of(path);
            // A number assigned to one document of a business key belongs to all of that key.
            wanted.texts(
                "(CASE WHEN json_valid(d.values_json) THEN json_extract(d.values_json, ?) END = ? OR EXISTS ( \
                 SELECT 1 FROM numbers n JOIN documents k ON k.id = n.document \
                 WHERE k.message = d.message AND k.key = d.key AND n.assigned = 1 AND n.name = ? AND n.value = ?))",
                &[&format!("$.{}", path.replace('/', ".")), value, name, value],
            );
            if is_number(name) {
                // Redundant, but answered by an index.
                wanted.texts(
                    "d.id IN (SELECT s.id FROM numbers n JOIN documents k ON k.id = n.document \
                     JOIN documents s ON s.message = k.message AND s.key = k.key WHERE n.value = ?)",
                    &[value],
                );
            }
        }
        let (tail, values) = wanted.finish("d.id", None);
        self.read(|tx| documents(tx, &tail, values))
    }

    /// One document by its id.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn document(&self, id: i64) -> Result<Option<DocumentView>, LedgerError> {
        self.read(|tx| Ok(documents(tx, "WHERE d.id = ?", vec![Value::Integer(id)])?.pop()))
    }

    /// Documents that pass the filter, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn list(&self, filter: &Filter) -> Result<Vec<DocumentView>, LedgerError> {
        let (tail, values) = filter.conditions().finish("d.id", filter.limit);
        self.read(|tx| documents(tx, &tail, values))
    }

    /// Events of a document and of the message that carries it, in order.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn history(&self, document: i64) -> Result<Vec<Event>, LedgerError> {
        self.read(|tx| {
            let sql = format!(
                "SELECT {0} FROM events WHERE document = ?1 UNION SELECT {0} FROM events WHERE document IS NULL \
                 AND message = (SELECT outbox FROM documents WHERE id = ?1) ORDER BY id",
                trail::COLUMNS
            );
            Ok(tx
                .prepare_cached(&sql)?
                .query_map([document], trail::read)?
                .collect::<Result<_, _>>()?)
        })
    }

    /// Events that concern the host and no document or message, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn host_events(&self, limit: usize) -> Result<Vec<Event>, LedgerError> {
        self.read(|tx| {
            let sql = format!(
                "SELECT {} FROM events WHERE document IS NULL AND message IS NULL ORDER BY id DESC LIMIT ?1",
                trail::COLUMNS
            );
            Ok(tx
                .prepare_cached(&sql)?
                .query_map([whole(limit)], trail::read)?
                .collect::<Result<_, _>>()?)
        })
    }

    /// Receipts that pass the filter, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn receipts(&self, filter: &ReceiptFilter) -> Result<Vec<ReceiptView>, LedgerError> {
        let mut wanted = Conditions::default();
        if filter.unmatched {
            wanted.parts.push("r.document IS NULL AND r.outbox IS NULL".to_owned());
        }
        wanted.integer(
            "(r.document = ? OR r.outbox = (SELECT outbox FROM documents WHERE id = ?))",
            filter.document,
        );
        if let Some(id) = filter.document {
            wanted.values.push(Value::Integer(id));
        }
        if let Some(enterprise) = &filter.enterprise {
            wanted.texts(
                "(d.enterprise = ? OR r.outbox IN (SELECT id FROM outbox WHERE enterprise = ?))",
                &[enterprise, enterprise],
            );
        }
        wanted.text("r.message = ?", filter.message.as_deref());
        wanted.integer("r.id < ?", filter.before_id);
        let (tail, values) = wanted.finish("r.id", filter.limit);
        self.read(|tx| {
            let mut statement = tx.prepare(&format!("{RECEIPT} {tail}"))?;
            Ok(statement
                .query_map(params_from_iter(values), receipt)?
                .collect::<Result<_, _>>()?)
        })
    }

    /// The latest time that customs wrote into a receipt (`returnTime`), and when that receipt was recorded.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn latest_answer(&self) -> Result<Option<(String, Timestamp)>, LedgerError> {
        self.read(|tx| {
            // A hundred are enough: only today's clock matters.
            let sql = "SELECT return_time, received_at FROM (SELECT return_time, received_at FROM receipts \
                       WHERE length(return_time) >= 14 ORDER BY id DESC LIMIT 100) ORDER BY return_time DESC LIMIT 1";
            let mut statement = tx.prepare_cached(sql)?;
            Ok(statement
                .query_row([], |row| Ok((row.get(0)?, time(row, 1)?)))
                .optional()?)
        })
    }

    /// The file that brought a receipt, byte for byte; for receipts of older versions, which kept no files, its values.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn receipt_raw(&self, id: i64) -> Result<Option<Vec<u8>>, LedgerError> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT coalesce(a.bytes, r.raw) FROM receipts r LEFT JOIN arrivals a ON a.id = r.arrival WHERE r.id = ?1",
            )?;
            Ok(statement.query_row([id], |row| row.get(0)).optional()?)
        })
    }

    /// Counts the documents that pass the filter, by message type and status; the filter's limit is ignored.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn counts(&self, filter: &Filter) -> Result<BTreeMap<(String, Status), u64>, LedgerError> {
        let conditions = filter.conditions();
        let sql = format!(
            "SELECT d.message, d.status, count(*) FROM documents d {}GROUP BY d.message, d.status",
            conditions.text_of()
        );
        self.read(|tx| {
            let mut statement = tx.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(conditions.values), |row| {
                let count: i64 = row.get(2)?;
                Ok(((row.get(0)?, status(&row.get::<_, String>(1)?)?), count.unsigned_abs()))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

impl Filter {
    fn conditions(&self) -> Conditions {
        let mut wanted = Conditions::default();
        wanted.text("d.enterprise = ?", self.enterprise.as_deref());
        wanted.text("d.message = ?", self.message.as_deref());
        wanted.text("d.status = ?", self.status.map(Status::as_str));
        wanted.integer("d.is_final = ?", self.is_final.map(i64::from));
        wanted.text("d.source = ?", self.source.as_deref());
        wanted.text("d.updated_at >= ?", self.since.map(canonical).as_deref());
        wanted.integer("d.id < ?", self.before_id);
        wanted
    }
}

/// Ids of the documents that match a search term, newest first.
pub(crate) fn search(tx: &Transaction<'_>, term: &str) -> rusqlite::Result<Vec<i64>> {
    if term.is_empty() {
        return Ok(Vec::new());
    }
    tx.prepare_cached(
        "SELECT id FROM documents WHERE key = ?1 UNION SELECT id FROM documents WHERE guid IN (?1, ?2, ?3) \
         UNION SELECT id FROM documents WHERE source = ?1 UNION SELECT document FROM numbers WHERE value = ?1 \
         UNION SELECT d.id FROM documents d JOIN outbox o ON o.id = d.outbox WHERE o.cop_msg_id = ?1 ORDER BY 1 DESC",
    )?
    .query_map(
        params![term, term.to_ascii_uppercase(), term.to_ascii_lowercase()],
        |row| row.get(0),
    )?
    .collect()
}

/// Conditions of a list, joined by `AND`.
#[derive(Default)]
struct Conditions {
    parts: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    fn text(&mut self, condition: &str, value: Option<&str>) {
        self.add(condition, value.map(|v| Value::Text(v.to_owned())));
    }

    /// A condition with several parameters.
    fn texts(&mut self, condition: &str, values: &[&str]) {
        self.parts.push(condition.to_owned());
        self.values
            .extend(values.iter().map(|value| Value::Text((*value).to_owned())));
    }

    fn integer(&mut self, condition: &str, value: Option<i64>) {
        self.add(condition, value.map(Value::Integer));
    }

    fn add(&mut self, condition: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.parts.push(condition.to_owned());
            self.values.push(value);
        }
    }

    /// `WHERE …`, or an empty text.
    fn text_of(&self) -> String {
        if self.parts.is_empty() {
            String::new()
        } else {
            format!("WHERE {} ", self.parts.join(" AND "))
        }
    }

    /// The rest of the statement, newest first, and its parameters.
    fn finish(mut self, order: &str, limit: Option<usize>) -> (String, Vec<Value>) {
        let filter = self.text_of();
        self.values.push(Value::Integer(limit.map_or(-1, whole)));
        (format!("{filter}ORDER BY {order} DESC LIMIT ?"), self.values)
    }
}

fn whole(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

pub(crate) fn one(tx: &Transaction<'_>, id: i64) -> Result<DocumentView, Fault> {
    let found = documents(tx, "WHERE d.id = ?", vec![Value::Integer(id)])?.pop();
    Ok(found.ok_or(rusqlite::Error::QueryReturnedNoRows)?)
}

fn documents(tx: &Transaction<'_>, tail: &str, values: Vec<Value>) -> Result<Vec<DocumentView>, Fault> {
    let mut statement = tx.prepare_cached(&format!("{DOCUMENT} {tail}"))?;
    let mut numbers = tx.prepare_cached("SELECT name, value FROM numbers WHERE document = ?1 AND assigned = 1")?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let mut view = document(row)?;
        view.assigned = numbers
            .query_map([view.id], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        found.push(view);
    }
    Ok(found)
}

fn document(row: &Row<'_>) -> Result<DocumentView, Fault> {
    Ok(DocumentView {
        id: row.get(0)?,
        message: row.get(1)?,
        key: row.get(2)?,
        guid: row.get(3)?,
        app_type: row.get(4)?,
        source: row.get(5)?,
        status: status(&row.get::<_, String>(6)?)?,
        is_final: row.get(7)?,
        reasons: serde_json::from_str(&row.get::<_, String>(8)?)?,
        edition: row.get(9)?,
        pack_digest: row.get(10)?,
        content_hash: row.get(11)?,
        values_json: row.get(12)?,
        findings_json: row.get(13)?,
        cop_msg_id: row.get(14)?,
        accepted_at: time(row, 15)?,
        sent_at: time_if_any(row, 16)?,
        updated_at: time(row, 17)?,
        return_status: row.get(18)?,
        return_time: row.get(19)?,
        return_info: row.get(20)?,
        enterprise: row.get(21)?,
        app_status: row.get(22)?,
        held: row.get(23)?,
        heard_at: time_if_any(row, 24)?,
        outbox: row
            .get::<_, Option<String>>(25)?
            .map(|word| outbox::state(&word))
            .transpose()?,
        due_at: time_if_any(row, 26)?,
        send_error: row.get(27)?,
        in_hand_until: time_if_any(row, 28)?,
        assigned: BTreeMap::new(),
    })
}

fn receipt(row: &Row<'_>) -> rusqlite::Result<ReceiptView> {
    Ok(ReceiptView {
        id: row.get(0)?,
        digest: row.get(1)?,
        message: row.get(2)?,
        document: row.get(3)?,
        key: row.get(4)?,
        cop_msg_id: row.get(5)?,
        matched_by: row.get(6)?,
        return_status: row.get(7)?,
        return_time: row.get(8)?,
        return_info: row.get(9)?,
        means: row
            .get::<_, Option<String>>(10)?
            .map(|word| meaning(&word))
            .transpose()?,
        is_final: row.get(11)?,
        values_json: row.get(12)?,
        received_at: time(row, 13)?,
    })
}
