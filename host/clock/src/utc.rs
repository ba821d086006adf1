//! Times for programs: UTC with milliseconds, so that the order of texts is the order of times.
//!
//! For fields of serde, as `with` or `serialize_with`.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// Formats a time, such as `2026-05-01T00:30:00.000Z`.
#[must_use]
pub fn text(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// Serialises a time, or one that may be missing.
///
/// # Errors
/// Those of the serialiser.
pub fn serialize<S: Serializer>(at: &(impl Copy + Into<Option<Timestamp>>), to: S) -> Result<S::Ok, S::Error> {
    match (*at).into() {
        Some(at) => to.serialize_str(&text(at)),
        None => to.serialize_none(),
    }
}

/// Deserialises a time of any offset and precision.
///
/// # Errors
/// The value is not a string, or the string is not an RFC 3339 time.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    String::deserialize(from)?.parse().map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_and_precisions_become_one_form() {
        let form = |at: &str| text(at.parse().unwrap());
        assert_eq!(form("2026-01-31T08:00:00+08:00"), "2026-01-31T00:00:00.000Z");
        assert_eq!(form("2026-01-31T00:00:00.1239Z"), "2026-01-31T00:00:00.123Z");
    }
}
