//! What the ledger says, read from its tables and from `cebridge status`.

use crate::bakery::sha256;
use crate::moment::Moment;
use crate::product::Product;
use crate::record::{Period, Record};
use rusqlite::{Connection, OpenFlags, Row};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// A document and the verdict on it.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// The order that it was made from.
    pub(crate) source: String,
    pub(crate) message: String,
    pub(crate) refused: bool,
    pub(crate) edition: String,
    /// The pack that judged it.
    pub(crate) digest: String,
    /// Rules that refused it.
    pub(crate) rules: Vec<String>,
}

/// An input: a file that was taken.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    /// Name of the file.
    pub(crate) name: String,
    pub(crate) edition: String,
    pub(crate) digest: String,
    pub(crate) begun: Moment,
    /// `None`: it is not recorded to its end.
    pub(crate) ended: Option<Moment>,
}

/// Every document, by `status`.
pub(crate) fn documents(product: &Product, enterprise: &Path) -> Vec<Document> {
    let rows = product.lines(enterprise, &["status"]);
    rows.iter().map(document).collect()
}

fn document(row: &Value) -> Document {
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let reasons = row["reasons"].as_array().cloned().unwrap_or_default();
    Document {
        source: text("source"),
        message: text("message"),
        refused: text("status") == "refused",
        edition: text("edition"),
        digest: text("pack_digest"),
        rules: reasons
            .iter()
            .map(|reason| reason["rule"].as_str().unwrap_or_default().to_owned())
            .collect(),
    }
}

/// The ledger, read only.
#[derive(Debug)]
pub(crate) struct Ledger(Connection);

impl Ledger {
    pub(crate) fn open(enterprise: &Path) -> Self {
        let connection = Connection::open_with_flags(enterprise.join("cebridge.db"), OpenFlags::SQLITE_OPEN_READ_ONLY);
        let connection = connection.expect("a ledger that can be read");
        connection.busy_timeout(Duration::from_secs(10)).unwrap();
        Self(connection)
    }

    pub(crate) fn inputs(&self) -> Vec<Input> {
        self.rows(
            "SELECT place, edition, pack_digest, begun_at, ended_at FROM inputs ORDER BY id",
            |row| {
                let place: String = text(row, 0);
                Input {
                    name: place.rsplit('/').next().unwrap_or_default().to_owned(),
                    edition: text(row, 1),
                    digest: text(row, 2),
                    begun: moment(row, 3).expect("an input has a begin"),
                    ended: moment(row, 4),
                }
            },
        )
    }

    /// Digests of the packs in the archive whose bytes have that digest.
    pub(crate) fn archive(&self) -> BTreeSet<String> {
        let kept = self.rows("SELECT digest, bytes FROM rule_packs", |row| {
            let bytes: Option<Vec<u8>> = row.get(1).unwrap();
            (text(row, 0), bytes.unwrap_or_default())
        });
        let whole = kept.into_iter().filter(|(digest, bytes)| sha256(bytes) == *digest);
        whole.map(|(digest, _)| digest).collect()
    }

    /// Whether the product knows that no file of this name lies in the packs folder.
    pub(crate) fn knows_gone(&self, name: &str) -> bool {
        let offers = self.rows("SELECT place, state FROM pack_offers", |row| {
            (text(row, 0), text(row, 1))
        });
        let mut own = offers
            .iter()
            .filter(|(place, _)| place.rsplit('/').next() == Some(name));
        own.all(|(_, state)| state == "gone")
    }

    pub(crate) fn record(&self) -> Record {
        Record(self.rows(
            "SELECT edition, digest, origin, since, until, why, ended_why FROM packs_in_force ORDER BY edition, id",
            |row| Period {
                edition: text(row, 0),
                digest: text(row, 1),
                shipped: text(row, 2) == "shipped",
                since: moment(row, 3).expect("a time in force has a begin"),
                until: moment(row, 4),
                why: text(row, 5),
                ended: text(row, 6),
            },
        ))
    }

    fn rows<T>(&self, sql: &str, read: impl Fn(&Row<'_>) -> T) -> Vec<T> {
        let mut statement = self.0.prepare(sql).expect("the tables of the ledger");
        let rows = statement.query_map([], |row| Ok(read(row))).unwrap();
        rows.map(|row| row.expect("a row of the ledger")).collect()
    }
}

fn text(row: &Row<'_>, at: usize) -> String {
    row.get::<_, Option<String>>(at).unwrap().unwrap_or_default()
}

fn moment(row: &Row<'_>, at: usize) -> Option<Moment> {
    let text: Option<String> = row.get(at).unwrap();
    text.map(|text| Moment::read(&text).expect("a time"))
}
