//! Points in time: their one form in rows, and `returnTime`.

use cebridge_clock::utc;
use jiff::{SignedDuration, Timestamp};
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};

/// The form in rows and events. Both are hashed, so it never changes.
pub(crate) fn canonical(at: Timestamp) -> String {
    utc::text(at)
}

/// A time as a row holds it.
struct Stored(Timestamp);

impl FromSql for Stored {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?;
        match text.parse() {
            // Another form of the same time is not ours, and other digests follow from it.
            Ok(at) if canonical(at) == text => Ok(Stored(at)),
            _ => Err(FromSqlError::Other(format!("`{text}` is no time of the ledger").into())),
        }
    }
}

/// Reads a time in a row.
pub(crate) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get(column).map(|Stored(at)| at)
}

/// Reads a time in a row that may have none.
pub(crate) fn time_if_any(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let stored: Option<Stored> = row.get(column)?;
    Ok(stored.map(|Stored(at)| at))
}

/// `at` plus a number of seconds, or the last moment there is.
pub(crate) fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.saturating_add(SignedDuration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}

/// A `returnTime` made comparable: its digits padded to 17; empty if it is not a number.
pub(crate) fn comparable(return_time: &str) -> String {
    let digits = return_time.trim();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return String::new();
    }
    format!("{digits:0<17}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn rows_hold_one_form_and_are_read_in_no_other() {
        let rows = Connection::open_in_memory().unwrap();
        let read = |text: &str| rows.query_row("SELECT ?1", [text], |row| time(row, 0));
        let now = at("2026-01-31T08:00:00.1239+08:00");
        assert_eq!(read(&canonical(now)).unwrap(), at("2026-01-31T00:00:00.123Z"));
        for wrong in ["", "soon", "2026-01-31T00:00:00Z", "2026-01-31T08:00:00.123+08:00"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn short_and_broken_return_times_compare_sanely() {
        assert_eq!(comparable("20260131080000"), "20260131080000000");
        assert_eq!(comparable("soon"), "");
        assert!(comparable("") < comparable("20260131080000"));
    }
}
