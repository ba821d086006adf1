//! Events about a document or message, and the comparison of a row with them.

use rusqlite::types::ToSql;
use rusqlite::{OptionalExtension, Transaction};
use serde_json::Value;

use crate::fault::Fault;
use crate::sealed::ROW;

/// The parts of an event that rows are compared with.
pub(super) struct Said {
    pub(super) id: i64,
    pub(super) at: String,
    pub(super) kind: String,
    pub(super) detail: Value,
    pub(super) pack_digest: Option<String>,
    pub(super) key_serial: Option<String>,
    pub(super) bytes_sha256: Option<String>,
}

impl Said {
    /// The last event that meets a condition.
    pub(super) fn last(
        tx: &Transaction<'_>,
        condition: &str,
        parameters: &[&dyn ToSql],
    ) -> Result<Option<Said>, Fault> {
        let sql = format!(
            "SELECT id, at, kind, detail_json, pack_digest, key_serial, bytes_sha256 FROM events WHERE {condition} \
             ORDER BY id DESC LIMIT 1"
        );
        let found = tx.prepare_cached(&sql)?.query_row(parameters, |row| {
            let detail: String = row.get(3)?;
            Ok(Said {
                id: row.get(0)?,
                at: row.get(1)?,
                kind: row.get(2)?,
                // Invalid JSON here means that the event was changed, which the chain reports.
                detail: serde_json::from_str(&detail).unwrap_or(Value::Null),
                pack_digest: row.get(4)?,
                key_serial: row.get(5)?,
                bytes_sha256: row.get(6)?,
            })
        });
        Ok(found.optional()?)
    }

    /// A text field of the detail; `None` if absent, as in events of earlier versions.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.detail.get(name).and_then(Value::as_str)
    }

    /// `true` if the event holds another digest of the row than this one.
    pub(super) fn another_row(&self, found: Option<&String>) -> bool {
        self.text(ROW)
            .is_some_and(|said| found.is_none_or(|found| found != said))
    }

    /// Names of the columns that differ from the event.
    pub(super) fn differences<'n>(&self, columns: &[(&'n str, &str, &str)]) -> Vec<&'n str> {
        columns
            .iter()
            .filter(|(_, name, value)| self.text(name).is_some_and(|said| said != *value))
            .map(|(column, ..)| *column)
            .collect()
    }
}

/// Places where two JSON texts differ, at most five; the values are left out, as they are personal data.
pub(super) fn differing_places(one: &str, other: &str) -> Vec<String> {
    const MOST: usize = 5;
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
    let mut places = Vec::new();
    compare(&read(one), &read(other), String::new(), &mut places);
    if places.len() > MOST {
        let more = places.len() - MOST;
        places.truncate(MOST);
        places.push(format!("{more} more"));
    }
    places
}

fn compare(one: &Value, other: &Value, place: String, places: &mut Vec<String>) {
    let below = |name: &str| {
        if place.is_empty() {
            name.to_owned()
        } else {
            format!("{place}/{name}")
        }
    };
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            let mut names: Vec<&String> = a.keys().chain(b.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                match (a.get(name), b.get(name)) {
                    (Some(a), Some(b)) => compare(a, b, below(name), places),
                    _ => places.push(below(name)),
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (at, (a, b)) in a.iter().zip(b).enumerate() {
                compare(a, b, format!("{place}[{}]", at + 1), places);
            }
        }
        (a, b) if a == b => {}
        _ => places.push(place),
    }
}

#[cfg(test)]
mod tests {
    use super::differing_places;

    #[test]
    fn places_are_named_and_values_are_not() {
        let one = r#"{"OrderHead":{"orderNo":"1","buyerName":"x"},"OrderList":[{"gnum":"1"},{"gnum":"2"}]}"#;
        let other =
            r#"{"OrderHead":{"orderNo":"1","buyerName":"y","note":""},"OrderList":[{"gnum":"1"},{"gnum":"3"}]}"#;
        assert_eq!(
            differing_places(one, other),
            ["OrderHead/buyerName", "OrderHead/note", "OrderList[2]/gnum"]
        );
        assert!(differing_places(one, one).is_empty());
    }
}
