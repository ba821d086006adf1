//! Time for the pipeline: injected, and in China Standard Time where the specification says so.

use jiff::{Timestamp, civil, tz};
use std::sync::OnceLock;

/// Source of the current time; tests and `--at` substitute their own.
pub trait Clock: Send + Sync {
    /// Returns the current time.
    fn now(&self) -> Timestamp;
}

/// The system clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that never advances.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

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

/// The display time zone, set once per process.
static ZONE: OnceLock<tz::TimeZone> = OnceLock::new();

/// Sets the display time zone. Only the first call has an effect; the default is China Standard Time.
pub fn choose_zone(zone: tz::TimeZone) {
    // A second call could only come from a reload, which reports that a new zone needs a restart.
    let _ = ZONE.set(zone);
}

/// Parses a time zone as written in the configuration: an offset such as `+08:00`, or `UTC`.
///
/// # Errors
/// The text has another form; the error lists the accepted forms.
pub fn parse_zone(text: &str) -> Result<tz::TimeZone, String> {
    let forms = || format!("`{text}` is not a time zone; write an offset such as +08:00, or UTC");
    if let Some(digits) = text.strip_prefix(['+', '-']) {
        let (hours, minutes) = digits.split_once(':').ok_or_else(forms)?;
        let (hours, minutes): (i32, i32) = (
            hours.parse().map_err(|_| forms())?,
            minutes.parse().map_err(|_| forms())?,
        );
        let whole = (hours * 60 + minutes) * 60;
        let seconds = if text.starts_with('-') { -whole } else { whole };
        let offset = tz::Offset::from_seconds(seconds).map_err(|_| forms())?;
        return if minutes < 60 {
            Ok(tz::TimeZone::fixed(offset))
        } else {
            Err(forms())
        };
    }
    if text == "UTC" {
        Ok(tz::TimeZone::UTC)
    } else {
        Err(forms())
    }
}

/// Formats a time for display, in the display time zone and with its offset: `2026-05-01T08:30:00+08:00`.
#[must_use]
pub fn spoken(at: Timestamp) -> String {
    let zone = ZONE.get().cloned().unwrap_or_else(china);
    at.to_zoned_datetime(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// [`spoken`] for a ledger timestamp (RFC 3339). Other text is returned unchanged.
#[must_use]
pub fn spoken_text(at: &str) -> String {
    at.parse::<Timestamp>().map_or_else(|_| at.to_owned(), spoken)
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
    fn people_read_china_standard_time_with_its_mark() {
        let at: Timestamp = "2026-05-31T23:59:59Z".parse().unwrap();
        assert_eq!(spoken(at), "2026-06-01T07:59:59+08:00");
        assert_eq!(spoken_text("2026-05-31T23:59:59.123Z"), "2026-06-01T07:59:59+08:00");
        assert_eq!(spoken_text("once"), "once");
    }

    #[test]
    fn zones_are_offsets() {
        let at: Timestamp = "2026-05-31T23:59:59Z".parse().unwrap();
        let local =
            |zone: &str| parse_zone(zone).map(|zone| at.to_zoned_datetime(zone).strftime("%H:%M%:z").to_string());
        assert_eq!(local("+08:00").unwrap(), "07:59+08:00");
        assert_eq!(local("-03:30").unwrap(), "20:29-03:30");
        assert_eq!(local("UTC").unwrap(), "23:59+00:00");
        for wrong in ["", "+8", "+25:99", "Asia/Shanghai", "+08:61"] {
            assert!(parse_zone(wrong).unwrap_err().contains("+08:00"), "{wrong}");
        }
    }

    #[test]
    fn return_times_carry_milliseconds() {
        let at = parse_moment("2026-05-01T00:00:00.042Z").unwrap();
        assert_eq!(time17(at), "20260501080000042");
    }
}
