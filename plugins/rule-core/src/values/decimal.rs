//! Exact decimals, and the lexical form of XSD numbers.

use super::trim;
use core::cmp::Ordering;

/// Maximum number of significant digits in a number used in computations.
pub const MAX_DIGITS: usize = 38;

/// Digits that always fit a `u64`.
const FAST_DIGITS: usize = 19;

/// An exact decimal: `mantissa / 10^scale`. Arithmetic beyond 128 bits gives `None`.
#[derive(Debug, Clone, Copy)]
pub struct Decimal {
    mantissa: i128,
    scale: u32,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { mantissa: 0, scale: 0 };

    /// Creates `mantissa / 10^scale`.
    #[must_use]
    pub const fn new(mantissa: i128, scale: u32) -> Self {
        Self { mantissa, scale }
    }

    /// Reads `[+-]? (digits (. digits?)? | . digits)`, trimmed; `None` for anything else and for more than
    /// [`MAX_DIGITS`] significant digits.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = trim(text);
        let (negative, digits) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        let (magnitude, scale) = if digits.len() <= FAST_DIGITS {
            parse_short(digits)?
        } else {
            parse_long(digits)?
        };
        let mantissa = if negative { -magnitude } else { magnitude };
        Some(Self { mantissa, scale })
    }

    /// Returns the sum.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let (left, right, scale) = self.align(other)?;
        Some(Self {
            mantissa: left.checked_add(right)?,
            scale,
        })
    }

    /// Returns the difference.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_add(other.checked_neg()?)
    }

    /// Returns the product.
    #[must_use]
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        Some(Self {
            mantissa: multiply(self.mantissa, other.mantissa)?,
            scale: self.scale.checked_add(other.scale)?,
        })
    }

    /// Returns the number with the opposite sign.
    #[must_use]
    pub fn checked_neg(self) -> Option<Self> {
        Some(Self {
            mantissa: self.mantissa.checked_neg()?,
            scale: self.scale,
        })
    }

    /// Returns the absolute value.
    #[must_use]
    pub fn checked_abs(self) -> Option<Self> {
        Some(Self {
            mantissa: self.mantissa.checked_abs()?,
            scale: self.scale,
        })
    }

    /// Compares two numbers; `None` if they can't be brought to the same scale.
    #[must_use]
    pub fn checked_cmp(self, other: Self) -> Option<Ordering> {
        let (left, right, _) = self.align(other)?;
        Some(left.cmp(&right))
    }

    /// Returns both mantissas at the larger scale of the two.
    fn align(self, other: Self) -> Option<(i128, i128, u32)> {
        match self.scale.cmp(&other.scale) {
            Ordering::Equal => Some((self.mantissa, other.mantissa, self.scale)),
            Ordering::Less => Some((
                raise(self.mantissa, other.scale - self.scale)?,
                other.mantissa,
                other.scale,
            )),
            Ordering::Greater => Some((
                self.mantissa,
                raise(other.mantissa, self.scale - other.scale)?,
                self.scale,
            )),
        }
    }
}

/// Powers of ten that fit 64 bits.
const POWERS: [i64; 19] = {
    let mut powers = [1; 19];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// Returns `mantissa * 10^places`.
fn raise(mantissa: i128, places: u32) -> Option<i128> {
    if mantissa == 0 {
        return Some(0);
    }
    match POWERS.get(places as usize) {
        Some(power) => multiply(mantissa, i128::from(*power)),
        None => multiply(mantissa, 10_i128.checked_pow(places)?),
    }
}

/// Multiplies; nearly always both numbers fit 64 bits, where overflow is impossible and the cost is one instruction.
fn multiply(left: i128, right: i128) -> Option<i128> {
    match (i64::try_from(left), i64::try_from(right)) {
        (Ok(left), Ok(right)) => Some(i128::from(left) * i128::from(right)),
        _ => left.checked_mul(right),
    }
}

fn parse_short(digits: &[u8]) -> Option<(i128, u32)> {
    let mut value = 0_u64;
    let mut count = 0_u32;
    let mut point = None;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            value = value * 10 + u64::from(digit);
            count += 1;
        } else if *byte == b'.' && point.is_none() {
            point = Some(count);
        } else {
            return None;
        }
    }
    (count > 0).then(|| (i128::from(value), point.map_or(0, |point| count - point)))
}

/// Like [`parse_short`], for texts with possibly insignificant zeros.
fn parse_long(digits: &[u8]) -> Option<(i128, u32)> {
    let shape = Shape::of_digits(digits)?;
    if shape.integer + shape.fraction > MAX_DIGITS {
        return None;
    }
    let whole = digits.iter().position(|byte| *byte == b'.').unwrap_or(digits.len());
    let significant = digits[whole - shape.integer..whole]
        .iter()
        .chain(digits.iter().skip(whole + 1).take(shape.fraction));
    let mut value = 0_i128;
    for byte in significant {
        value = value.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
    }
    Some((value, u32::try_from(shape.fraction).ok()?))
}

/// Digit counts of a number, without insignificant zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Digits before the point, without leading zeros.
    pub(super) integer: usize,
    /// Digits after the point, without trailing zeros.
    pub(super) fraction: usize,
    /// There is a decimal point.
    pub(super) point: bool,
}

impl Shape {
    /// Returns the shape of a number; `None` if the text is not one.
    #[inline]
    pub(super) fn of(text: &[u8]) -> Option<Self> {
        let digits = match text {
            [b'-' | b'+', rest @ ..] => rest,
            _ => text,
        };
        Self::of_digits(digits)
    }

    /// Returns the shape of a number without a sign.
    #[inline]
    fn of_digits(digits: &[u8]) -> Option<Self> {
        let mut integer = 0;
        let mut seen = 0;
        let mut at = 0;
        while let Some(byte) = digits.get(at)
            && byte.is_ascii_digit()
        {
            seen += 1;
            integer += usize::from(integer > 0 || *byte != b'0');
            at += 1;
        }
        let mut fraction = 0;
        let point = digits.get(at) == Some(&b'.');
        if point {
            at += 1;
            let start = at;
            while let Some(byte) = digits.get(at)
                && byte.is_ascii_digit()
            {
                seen += 1;
                at += 1;
                if *byte != b'0' {
                    fraction = at - start;
                }
            }
        }
        (seen > 0 && at == digits.len()).then_some(Self {
            integer,
            fraction,
            point,
        })
    }

    /// Returns the digits counted by `totalDigits`: 0.01 has two, because a value is an integer divided by a power of
    /// ten whose exponent is bounded as well.
    #[inline]
    pub(super) fn total(self) -> usize {
        self.integer + self.fraction
    }
}

/// Checks for digits, at most `integer` of them before an optional point and at most `fraction` after it; a point needs
/// at least one digit before it and a type that has a fraction.
#[must_use]
#[inline]
pub fn is_short_number(text: &[u8], integer: usize, fraction: usize) -> bool {
    let whole = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if whole == 0 || whole > integer {
        return false;
    }
    match text.get(whole..) {
        None | Some([]) => true,
        Some([b'.', rest @ ..]) => fraction > 0 && rest.len() <= fraction && rest.iter().all(u8::is_ascii_digit),
        Some(_) => false,
    }
}

/// Returns `true` if a whole number (already checked) fits 32 bits.
pub(super) fn fits_int(text: &[u8]) -> bool {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let limit = if negative { 2_147_483_648 } else { 2_147_483_647 };
    let mut value = 0_u64;
    for byte in digits {
        value = value * 10 + u64::from(byte.wrapping_sub(b'0'));
        if value > limit {
            return false;
        }
    }
    true
}
