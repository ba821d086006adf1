//! Customs times: China Standard Time in the digits of the specification.

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
