//! Customs times: China Standard Time in the digits of the specification.

use jiff::civil::DateTime;
use jiff::{Timestamp, tz};

/// `YYYYMMDDhhmmssSSS`.
pub(crate) fn time17(at: Timestamp) -> String {
    let local = at.to_zoned_datetime(tz::TimeZone::fixed(tz::offset(8)));
    format!(
        "{}{:03}",
        local.strftime("%Y%m%d%H%M%S"),
        at.subsec_millisecond().unsigned_abs()
    )
}

/// `YYYY-MM-DDThh:mm:ss`.
pub(crate) fn date_time(at: Timestamp) -> String {
    at.to_zoned_datetime(tz::TimeZone::fixed(tz::offset(8)))
        .strftime("%Y-%m-%dT%H:%M:%S")
        .to_string()
}

/// `YYYY-MM-DD`.
pub(crate) fn day(at: Timestamp) -> String {
    at.to_zoned_datetime(tz::TimeZone::fixed(tz::offset(8)))
        .strftime("%Y-%m-%d")
        .to_string()
}

/// Parses a `CreatTime`: with an offset, or in China Standard Time; `None` for other texts.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let local: DateTime = text.parse().ok()?;
        tz::offset(8).to_timestamp(local).ok()
    })
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
