//! `totalAmount`: an exact decimal that keeps the digits it was written with.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A JSON number kept as text. It is never a float: `100`, `100.00` and `1e2` sign differently, so the digits are kept
/// as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount(String);

/// Returns `true` for `N19,5` without sign or exponent: at most 19 digits, at most 5 of them decimals.
pub(crate) fn is_amount(digits: &str) -> bool {
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    are_digits(whole)
        && are_digits(decimals)
        && !whole.is_empty()
        && decimals.len() <= 5
        && whole.len() <= 14
        && whole.len() + decimals.len() <= 19
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.clone())
            .map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        if text.starts_with(|first: char| first.is_ascii_digit() || first == '-') {
            Ok(Self(text.to_owned()))
        } else {
            Err(serde::de::Error::custom(
                "totalAmount must be a JSON number without quotes, for example 100.50",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Amount {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn digits_stay_as_written() {
        for text in ["100", "100.00", "0.10000", "99999999999999.99999", "1e2", "-1"] {
            assert_eq!(serde_json::to_string(&amount(text)).unwrap(), text);
        }
    }

    #[test]
    fn n19_5_is_kept() {
        for (text, fits) in [
            ("0", true),
            ("99999999999999.99999", true),
            ("100000000000000", false),
            ("1.123456", false),
            ("1e2", false),
            ("-1", false),
        ] {
            assert_eq!(is_amount(&amount(text).0), fits, "{text}");
        }
    }

    #[test]
    fn a_quoted_number_is_refused_with_the_way_out() {
        let error = serde_json::from_str::<Amount>("\"100\"").unwrap_err().to_string();
        assert!(error.contains("without quotes"), "{error}");
    }
}
