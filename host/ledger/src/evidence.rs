//! Evidence for auditors: messages, receipts and events with their bytes, read one by one from one snapshot.

use std::path::Path;

use cebridge_clock::utc;
use jiff::Timestamp;
use rusqlite::types::ToSql;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::Serialize;

use crate::clock::{canonical, time, time_if_any};
use crate::error::LedgerError;
use crate::fault::Fault;
use crate::query;
use crate::store::Ledger;
use crate::trail;
use crate::view::{DocumentView, Event};

/// A message as it was signed, with its envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageView {
    /// Id in the ledger.
    pub id: i64,
    /// `CopMsgId`.
    pub cop_msg_id: String,
    /// Message type.
    pub message: String,
    /// Customs code of the enterprise that sends it; empty in rows of the first version.
    pub enterprise: String,
    /// The exact bytes that are sent.
    #[serde(skip)]
    pub envelope: Vec<u8>,
    /// SHA-256 of the envelope.
    pub envelope_sha256: String,
    /// SHA-256 of the signed message inside.
    pub body_sha256: String,
    /// Serial of the signing certificate.
    pub key_serial: String,
    /// Signature profile.
    pub profile: String,
    /// Rule pack.
    pub pack_digest: String,
    /// Edition.
    pub edition: String,
    /// When it was recorded.
    #[serde(serialize_with = "utc::serialize")]
    pub accepted_at: Timestamp,
    /// When it was sent last.
    #[serde(serialize_with = "utc::serialize")]
    pub sent_at: Option<Timestamp>,
}

/// A file of receipts as received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArrivalView {
    /// Id in the ledger.
    pub id: i64,
    /// SHA-256 of the bytes.
    pub sha256: String,
    /// Name of the file.
    pub name: String,
    /// When it was received.
    #[serde(serialize_with = "utc::serialize")]
    pub received_at: Timestamp,
    /// The bytes.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// A period and an enterprise to select by.
#[derive(Debug, Clone)]
pub struct Period {
    from: String,
    until: String,
    enterprise: Option<String>,
}

impl Period {
    /// From `from` until just before `until`; of all enterprises, or of the one with this customs code.
    #[must_use]
    pub fn new(from: Timestamp, until: Timestamp, enterprise: Option<&str>) -> Period {
        Period {
            from: canonical(from),
            until: canonical(until),
            enterprise: enterprise.map(str::to_owned),
        }
    }
}

/// A consistent view of the ledger, whatever others write meanwhile.
pub struct Snapshot<'a> {
    tx: &'a Transaction<'a>,
    path: &'a Path,
}

const MESSAGE: &str = "o.id, o.cop_msg_id, o.message, o.enterprise, o.envelope, o.envelope_sha256, o.body_sha256, \
     o.key_serial, o.profile, o.pack_digest, o.edition, o.accepted_at, o.sent_at";

const ARRIVAL: &str = "a.id, a.sha256, a.name, a.received_at, a.bytes";

/// The files of receipts of a period: those received in it, and those for documents recorded in it.
const ARRIVED: &str = "a.id IN (SELECT r.arrival FROM receipts r LEFT JOIN documents d ON d.id = r.document \
     LEFT JOIN outbox o ON o.id = coalesce(d.outbox, r.outbox) WHERE r.arrival IS NOT NULL \
     AND (?3 IS NULL OR coalesce(d.enterprise, o.enterprise) = ?3) \
     AND (r.received_at >= ?1 AND r.received_at < ?2 \
     OR coalesce(d.accepted_at, o.accepted_at) >= ?1 AND coalesce(d.accepted_at, o.accepted_at) < ?2))";

impl Ledger {
    /// Runs several queries on one snapshot of the ledger. It takes no lock that others wait for.
    ///
    /// # Errors
    /// Those of `work`, and when the ledger cannot be read.
    pub fn snapshot<T, E: From<LedgerError>>(&self, work: impl FnOnce(&Snapshot<'_>) -> Result<T, E>) -> Result<T, E> {
        let path = self.path();
        self.read(|tx| Ok(work(&Snapshot { tx, path })))?
    }

    /// The message with this `CopMsgId`, and its envelope.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn message(&self, cop_msg_id: &str) -> Result<Option<MessageView>, LedgerError> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached(&format!("SELECT {MESSAGE} FROM outbox o WHERE o.cop_msg_id = ?1"))?
                .query_row([cop_msg_id], message)
                .optional()?)
        })
    }

    /// The file that brought a receipt; `None` for receipts of older versions, which kept no files.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn arrival(&self, receipt: i64) -> Result<Option<ArrivalView>, LedgerError> {
        self.read(|tx| {
            let sql = format!("SELECT {ARRIVAL} FROM receipts r JOIN arrivals a ON a.id = r.arrival WHERE r.id = ?1");
            Ok(tx.prepare_cached(&sql)?.query_row([receipt], arrival).optional()?)
        })
    }
}

impl Snapshot<'_> {
    /// Counts the messages recorded in a period.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn count(&self, period: &Period) -> Result<u64, LedgerError> {
        let sql = "SELECT count(*) FROM outbox o WHERE o.accepted_at >= ?1 AND o.accepted_at < ?2 \
                   AND (?3 IS NULL OR o.enterprise = ?3)";
        let parameters = params![period.from, period.until, period.enterprise];
        let count = self
            .tx
            .prepare_cached(sql)
            .and_then(|mut found| found.query_row(parameters, |row| row.get::<_, i64>(0)));
        Ok(count.map_err(|error| Fault::from(error).at(self.path))?.unsigned_abs())
    }

    /// SHA-256 of a signed message and the serial of its certificate.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn carrier(&self, cop_msg_id: &str) -> Result<Option<(String, String)>, LedgerError> {
        let sql = "SELECT body_sha256, key_serial FROM outbox WHERE cop_msg_id = ?1";
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let found = self
            .tx
            .prepare_cached(sql)
            .and_then(|mut found| found.query_row([cop_msg_id], read).optional());
        found.map_err(|error| Fault::from(error).at(self.path))
    }

    /// Passes the messages recorded in a period to `each`, in order.
    ///
    /// # Errors
    /// Those of `each`, and when the ledger cannot be read.
    pub fn messages<E: From<LedgerError>>(
        &self,
        period: &Period,
        each: impl FnMut(MessageView) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = format!(
            "SELECT {MESSAGE} FROM outbox o WHERE o.accepted_at >= ?1 AND o.accepted_at < ?2 \
             AND (?3 IS NULL OR o.enterprise = ?3) ORDER BY o.id"
        );
        self.each(
            &sql,
            params![period.from, period.until, period.enterprise],
            message,
            each,
        )
    }

    /// Passes the documents recorded in a period, including refused ones and drafts, to `each`, in order.
    ///
    /// # Errors
    /// Those of `each`, and when the ledger cannot be read.
    pub fn documents<E: From<LedgerError>>(
        &self,
        period: &Period,
        mut each: impl FnMut(DocumentView) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = "SELECT d.id FROM documents d WHERE d.accepted_at >= ?1 AND d.accepted_at < ?2 \
                   AND (?3 IS NULL OR d.enterprise = ?3) ORDER BY d.id";
        let parameters = params![period.from, period.until, period.enterprise];
        self.each(
            sql,
            parameters,
            |row| row.get::<_, i64>(0),
            |id| each(query::one(self.tx, id).map_err(|fault| fault.at(self.path))?),
        )
    }

    /// Passes the files of receipts that came in a period or answer its documents to `each`, in order.
    ///
    /// # Errors
    /// Those of `each`, and when the ledger cannot be read.
    pub fn arrivals<E: From<LedgerError>>(
        &self,
        period: &Period,
        each: impl FnMut(ArrivalView) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = format!("SELECT {ARRIVAL} FROM arrivals a WHERE {ARRIVED} ORDER BY a.id");
        self.each(
            &sql,
            params![period.from, period.until, period.enterprise],
            arrival,
            each,
        )
    }

    /// Ids and digests of the files that brought the receipts of a document, in order.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn arrivals_of(&self, document: i64) -> Result<Vec<(i64, String)>, LedgerError> {
        let mut found = Vec::new();
        let sql = "SELECT DISTINCT a.id, a.sha256 FROM receipts r JOIN arrivals a ON a.id = r.arrival \
                   WHERE r.document = ?1 OR r.kind = 'format' AND r.outbox = (SELECT outbox FROM documents WHERE id = ?1) \
                   ORDER BY a.id";
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        self.each(sql, params![document], read, |one| {
            found.push(one);
            Ok::<(), LedgerError>(())
        })?;
        Ok(found)
    }

    /// Passes the chain from its beginning to the last event of a period to `each`, and with each event whether it
    /// concerns the period's enterprise. Without an enterprise every event does; otherwise, of the events about no
    /// document or message, only those about rule packs do.
    ///
    /// # Errors
    /// Those of `each`, and when the ledger cannot be read.
    pub fn events<E: From<LedgerError>>(
        &self,
        period: &Period,
        each: impl FnMut((Event, bool)) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = format!(
            "SELECT {}, ?2 IS NULL OR coalesce((SELECT enterprise FROM documents d WHERE d.id = e.document), \
             (SELECT enterprise FROM outbox o WHERE o.id = e.message), \
             CASE WHEN e.document IS NULL AND e.message IS NULL AND e.kind LIKE 'pack-%' THEN ?2 END) IS ?2 \
             FROM events e WHERE id <= (SELECT max(id) FROM events WHERE at < ?1) ORDER BY id",
            trail::COLUMNS
        );
        let read = |row: &Row<'_>| Ok((trail::read(row)?, row.get(11)?));
        self.each(&sql, params![period.until, period.enterprise], read, each)
    }

    fn each<T, E: From<LedgerError>>(
        &self,
        sql: &str,
        parameters: &[&dyn ToSql],
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
        mut each: impl FnMut(T) -> Result<(), E>,
    ) -> Result<(), E> {
        let named = |error: rusqlite::Error| Fault::from(error).at(self.path);
        let mut statement = self.tx.prepare_cached(sql).map_err(named)?;
        let mut rows = statement.query(parameters).map_err(named)?;
        while let Some(row) = rows.next().map_err(named)? {
            each(read(row).map_err(named)?)?;
        }
        Ok(())
    }
}

fn message(row: &Row<'_>) -> rusqlite::Result<MessageView> {
    Ok(MessageView {
        id: row.get(0)?,
        cop_msg_id: row.get(1)?,
        message: row.get(2)?,
        enterprise: row.get(3)?,
        envelope: row.get(4)?,
        envelope_sha256: row.get(5)?,
        body_sha256: row.get(6)?,
        key_serial: row.get(7)?,
        profile: row.get(8)?,
        pack_digest: row.get(9)?,
        edition: row.get(10)?,
        accepted_at: time(row, 11)?,
        sent_at: time_if_any(row, 12)?,
    })
}

fn arrival(row: &Row<'_>) -> rusqlite::Result<ArrivalView> {
    Ok(ArrivalView {
        id: row.get(0)?,
        sha256: row.get(1)?,
        name: row.get(2)?,
        received_at: time(row, 3)?,
        bytes: row.get(4)?,
    })
}
