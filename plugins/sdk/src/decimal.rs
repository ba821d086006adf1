//! Exact decimal numbers: money and quantities never pass through a float.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// Maximum number of digits in a text, before and after the point together; customs accepts 19.
const MAX_DIGITS: usize = 19;

/// An exact decimal number, normalised to lowest terms: `2.50` and `2.5` are equal and print as `2.5`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Decimal {
    units: i128,
    scale: u32,
}

/// Reason why a text is not a usable number, or a result does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Not of the form `-12.5` or `1.25e2`.
    #[error("is not a number")]
    NotANumber,
    /// More than 19 digits.
    #[error("has more than 19 digits")]
    TooLong,
    /// A result exceeds the range of exact arithmetic.
    #[error("is too large to compute with")]
    Overflow,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { units: 0, scale: 0 };

    fn new(mut units: i128, mut scale: u32) -> Self {
        while scale > 0 && units % 10 == 0 {
            units /= 10;
            scale -= 1;
        }
        Self { units, scale }
    }

    /// Returns the exact sum.
    ///
    /// # Errors
    /// The result is too large.
    pub fn plus(self, other: Self) -> Result<Self, DecimalError> {
        let scale = self.scale.max(other.scale);
        let (left, right) = (self.scaled_to(scale), other.scaled_to(scale));
        let sum = left.and_then(|left| left.checked_add(right?));
        sum.map(|units| Self::new(units, scale)).ok_or(DecimalError::Overflow)
    }

    /// Returns the exact difference.
    ///
    /// # Errors
    /// The result is too large.
    pub fn minus(self, other: Self) -> Result<Self, DecimalError> {
        self.plus(Self {
            units: -other.units,
            scale: other.scale,
        })
    }

    /// Returns the exact product.
    ///
    /// # Errors
    /// The result is too large.
    pub fn times(self, other: Self) -> Result<Self, DecimalError> {
        let units = self.units.checked_mul(other.units);
        units
            .map(|units| Self::new(units, self.scale + other.scale))
            .ok_or(DecimalError::Overflow)
    }

    /// Returns the exact sum of many numbers.
    ///
    /// # Errors
    /// The result is too large.
    pub fn sum(numbers: impl IntoIterator<Item = Self>) -> Result<Self, DecimalError> {
        numbers.into_iter().try_fold(Self::ZERO, Self::plus)
    }

    /// Returns `true` if below zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.units < 0
    }

    /// Returns `true` if exactly zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.units == 0
    }

    /// Returns the number of digits needed after the point.
    #[must_use]
    pub fn decimals(self) -> u32 {
        self.scale
    }

    /// Returns the number with at least two digits after the point, as money is written: `128.50`.
    #[must_use]
    pub fn money(self) -> String {
        self.written(self.scale.max(2))
    }

    fn scaled_to(self, scale: u32) -> Option<i128> {
        let factor = 10i128.checked_pow(scale.checked_sub(self.scale)?)?;
        self.units.checked_mul(factor)
    }

    fn written(self, decimals: u32) -> String {
        let sign = if self.units < 0 { "-" } else { "" };
        let zeros = (decimals - self.scale) as usize;
        let mut digits = self.units.unsigned_abs().to_string();
        digits.extend(std::iter::repeat_n('0', zeros));
        let decimals = decimals as usize;
        if decimals == 0 {
            return format!("{sign}{digits}");
        }
        if digits.len() <= decimals {
            digits.insert_str(0, &"0".repeat(decimals + 1 - digits.len()));
        }
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        format!("{sign}{whole}.{fraction}")
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    /// Reads `12`, `-0.50`, `1.25e2`; spaces, thousands separators and a leading `+` are not allowed.
    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().map_err(not_a_number)?),
            None => (text, 0),
        };
        let (negative, number) = match number.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, number),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let digits_only = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits_only(whole) || !digits_only(fraction) {
            return Err(DecimalError::NotANumber);
        }
        let fraction = fraction.trim_end_matches('0');
        let digits = format!("{}{fraction}", whole.trim_start_matches('0'));
        if digits.is_empty() {
            return Ok(Self::ZERO);
        }
        if digits.trim_start_matches('0').len() > MAX_DIGITS {
            return Err(DecimalError::TooLong);
        }
        let units: i128 = digits.parse().map_err(not_a_number)?;
        let units = if negative { -units } else { units };
        let scale = fraction.len() as i64 - i64::from(exponent);
        shifted(units, scale).ok_or(DecimalError::TooLong)
    }
}

/// Returns `units` divided by ten to the power of `scale`, which may be negative.
fn shifted(units: i128, scale: i64) -> Option<Decimal> {
    let limit = MAX_DIGITS as i64;
    if scale > limit || scale < -limit {
        return None;
    }
    if scale >= 0 {
        return Some(Decimal::new(units, u32::try_from(scale).ok()?));
    }
    let units = units.checked_mul(10i128.checked_pow(u32::try_from(-scale).ok()?)?)?;
    (units.unsigned_abs() < 10u128.pow(MAX_DIGITS as u32)).then_some(Decimal::new(units, 0))
}

fn not_a_number<E>(_: E) -> DecimalError {
    DecimalError::NotANumber
}

impl From<u32> for Decimal {
    fn from(number: u32) -> Self {
        Self::new(i128::from(number), 0)
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let scale = self.scale.max(other.scale);
        match (self.scaled_to(scale), other.scaled_to(scale)) {
            (Some(left), Some(right)) => left.cmp(&right),
            // Only one side is scaled up; if it doesn't fit, its magnitude is the larger one.
            (None, _) => self.units.signum().cmp(&0),
            (_, None) => 0.cmp(&other.units.signum()),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written(self.scale))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(text: &str) -> Decimal {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_tenth_stays_a_tenth() {
        assert_eq!(n("0.1").plus(n("0.2")), Ok(n("0.3")));
        assert_eq!(n("1.15").times(n("3")).map(Decimal::money), Ok("3.45".into()));
        assert_eq!(n("0.3").minus(n("0.1")), Ok(n("0.2")));
        let cents = std::iter::repeat_n(n("0.01"), 1000);
        assert_eq!(Decimal::sum(cents), Ok(n("10")));
    }

    #[test]
    fn numbers_print_in_lowest_terms_and_as_money() {
        for (text, plain, money) in [
            ("128.50", "128.5", "128.50"),
            ("0", "0", "0.00"),
            ("-0.05", "-0.05", "-0.05"),
            ("007", "7", "7.00"),
            ("1.25e2", "125", "125.00"),
            ("125E-4", "0.0125", "0.0125"),
            ("9999999999999999999", "9999999999999999999", "9999999999999999999.00"),
        ] {
            assert_eq!((n(text).to_string(), n(text).money()), (plain.into(), money.into()));
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "", "-", ".5", "5.", "1,000", "1 2", "+1", "abc", "1e", "NaN", "0x1", "１２",
        ] {
            assert_eq!(text.parse::<Decimal>(), Err(DecimalError::NotANumber), "{text:?}");
        }
        for text in [
            "12345678901234567890",
            "1e40",
            "1e-40",
            "1e2000000000",
            "1.0000000000000000001",
        ] {
            assert_eq!(text.parse::<Decimal>(), Err(DecimalError::TooLong), "{text:?}");
        }
    }

    #[test]
    fn order_follows_the_value_and_not_the_text() {
        let mut numbers = [
            "2.50",
            "-9999999999999999999",
            "10",
            "2.5000000000000001",
            "0.5e-17",
            "0",
        ]
        .map(n);
        numbers.sort();
        let texts = numbers.map(|number| number.to_string());
        assert_eq!(
            texts,
            [
                "-9999999999999999999",
                "0",
                "0.000000000000000005",
                "2.5",
                "2.5000000000000001",
                "10"
            ]
        );
        assert_eq!(n("2.50"), n("2.5"));
    }

    #[test]
    fn a_result_beyond_the_range_is_an_error_and_no_wrong_number() {
        let large = n("9999999999999999999");
        let square = large.times(large).unwrap();
        assert_eq!(square.times(large), Err(DecimalError::Overflow));
        assert_eq!(square.plus(n("0.1")), Err(DecimalError::Overflow));
        assert!(square > n("0.1") && n("0.1") > n("-9999999999999999999").times(large).unwrap());
    }
}
