//! Times of envelopes.

use cebridge_clock::parse_moment;
use jiff::Timestamp;

/// Parses a `CreatTime`: with an offset, or in China Standard Time; `None` for other texts.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    parse_moment(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_envelopes_are_compared_as_moments() {
        let utc = moment("2026-01-01T00:00:00Z");
        assert!(utc.is_some());
        assert_eq!(moment("2026-01-01T08:00:00"), utc);
        assert_eq!(moment("2026-01-01T09:00:00+09:00"), utc);
        assert!(moment("2026-01-01T08:00:00.001") > utc);
        assert_eq!(moment("yesterday"), None);
    }
}
