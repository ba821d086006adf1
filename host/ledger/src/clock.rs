//! Points in time, kept in one text form so that text order is time order.

use cebridge_clock::time17;
use jiff::Timestamp;

use crate::error::LedgerError;

/// Converts RFC 3339 with any offset to UTC with milliseconds.
pub(crate) fn canonical(at: &str) -> Result<String, LedgerError> {
    Ok(text(parse(at)?))
}

/// `at` plus a number of seconds.
pub(crate) fn later(at: &str, seconds: i64) -> Result<String, LedgerError> {
    let moved = parse(at)?.checked_add(jiff::SignedDuration::from_secs(seconds));
    moved
        .map(text)
        .map_err(|_| LedgerError::Time(format!("{at} + {seconds} s")))
}

/// The 17 digits customs would write for `at`: Beijing time, which has had no summer time since 1991.
pub(crate) fn customs_digits(at: &str) -> Result<String, LedgerError> {
    Ok(time17(parse(at)?))
}

/// A `returnTime` made comparable: its digits padded to 17; empty if it is not a number.
pub(crate) fn comparable(return_time: &str) -> String {
    let digits = return_time.trim();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return String::new();
    }
    format!("{digits:0<17}")
}

fn parse(at: &str) -> Result<Timestamp, LedgerError> {
    at.parse().map_err(|_| LedgerError::Time(at.to_owned()))
}

fn text(at: Timestamp) -> String {
    format!("{at:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_and_precisions_become_one_form() {
        assert_eq!(
            canonical("2026-01-31T08:00:00+08:00").unwrap(),
            "2026-01-31T00:00:00.000Z"
        );
        assert_eq!(
            canonical("2026-01-31T00:00:00.1239Z").unwrap(),
            "2026-01-31T00:00:00.123Z"
        );
        assert!(matches!(canonical("2026-01-31 08:00"), Err(LedgerError::Time(t)) if t == "2026-01-31 08:00"));
    }

    #[test]
    fn customs_digits_are_beijing_time() {
        assert_eq!(customs_digits("2026-01-31T20:00:00.007Z").unwrap(), "20260201040000007");
        assert_eq!(later("2026-01-31T23:59:59Z", 2).unwrap(), "2026-02-01T00:00:01.000Z");
    }

    #[test]
    fn short_and_broken_return_times_compare_sanely() {
        assert_eq!(comparable("20260131080000"), "20260131080000000");
        assert_eq!(comparable("soon"), "");
        assert!(comparable("") < comparable("20260131080000"));
    }
}
