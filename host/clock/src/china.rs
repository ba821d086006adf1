//! China Standard Time in the forms of the specification.

use jiff::{Timestamp, civil, tz};

/// China Standard Time, UTC+8 all year round.
#[must_use]
pub fn china() -> tz::TimeZone {
    tz::TimeZone::fixed(tz::offset(8))
}

/// `YYYYMMDDhhmmss` in China Standard Time, as in `appTime` and similar fields.
#[must_use]
pub fn time14(at: Timestamp) -> String {
    at.to_zoned_datetime(china()).strftime("%Y%m%d%H%M%S").to_string()
}

/// `YYYYMMDDhhmmssSSS` in China Standard Time, as in `returnTime`.
#[must_use]
pub fn time17(at: Timestamp) -> String {
    format!("{}{:03}", time14(at), at.subsec_millisecond().unsigned_abs())
}

/// The day in China Standard Time.
#[must_use]
pub fn date(at: Timestamp) -> civil::Date {
    at.to_zoned_datetime(china()).date()
}

/// `YYYY-MM-DD` in China Standard Time: the day by which editions and certificates are judged.
#[must_use]
pub fn day(at: Timestamp) -> String {
    date(at).to_string()
}

/// `YYYY-MM-DDThh:mm:ss` in China Standard Time, as in an envelope's `CreatTime`.
#[must_use]
pub fn date_time(at: Timestamp) -> String {
    at.to_zoned_datetime(china()).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// Start of a day in China Standard Time; `None` if out of range.
#[must_use]
pub fn midnight(day: civil::Date) -> Option<Timestamp> {
    tz::offset(8)
        .to_timestamp(day.to_datetime(civil::time(0, 0, 0, 0)))
        .ok()
}

/// Parses a time as users write it: `YYYY-MM-DD`, `YYYY-MM-DDThh:mm:ss` (both China Standard Time), or RFC 3339 with an
/// offset.
///
/// # Errors
/// The text has another form; the error lists the accepted forms.
pub fn parse_moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let local = text.parse::<civil::DateTime>().or_else(|_| {
        text.parse::<civil::Date>()
            .map(|day| day.to_datetime(civil::time(0, 0, 0, 0)))
    });
    local.and_then(|at| tz::offset(8).to_timestamp(at)).map_err(|_| {
        format!(
            "`{text}` is not a valid time; write 2026-05-01, 2026-05-01T08:30:00 (China Standard Time) or 2026-05-01T00:30:00Z"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_china() {
        let at = parse_moment("2026-05-01").unwrap();
        assert_eq!(at.to_string(), "2026-04-30T16:00:00Z");
        assert_eq!(day(at), "2026-05-01");
        assert_eq!(time14(at), "20260501000000");
    }

    #[test]
    fn the_last_second_in_utc_is_already_the_next_day_in_china() {
        let at = parse_moment("2026-05-31T23:59:59Z").unwrap();
        assert_eq!(day(at), "2026-06-01");
        assert_eq!(date_time(at), "2026-06-01T07:59:59");
    }

    #[test]
    fn nonsense_is_refused_with_the_forms_that_work() {
        assert!(parse_moment("tomorrow").unwrap_err().contains("2026-05-01"));
    }

    #[test]
    fn return_times_carry_milliseconds() {
        let at = parse_moment("2026-05-01T00:00:00.042Z").unwrap();
        assert_eq!(time17(at), "20260501080000042");
    }
}
