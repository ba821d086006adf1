//! Times for people, in one time zone for the whole process.

use crate::china;
use jiff::{Timestamp, tz};
use std::sync::OnceLock;

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
        // China Standard Time is +08:00; the offsets in use on Earth reach from -12:00 to +14:00.
        return if minutes < 60 && (-12 * 3600..=14 * 3600).contains(&seconds) {
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

#[cfg(test)]
mod tests {
    use super::*;

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
        for wrong in ["", "+8", "+25:00", "+14:30", "Asia/Shanghai", "+08:61"] {
            assert!(parse_zone(wrong).unwrap_err().contains("+08:00"), "{wrong}");
        }
    }
}
