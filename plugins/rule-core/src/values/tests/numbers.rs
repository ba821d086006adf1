//! Tests decimals against a reference that computes on texts.

use super::*;

#[test]
fn only_numbers_are_parsed_as_decimals() {
    for text in ["", "+", ".", "-.", "--1", "+-1", "1e3", "1.2.3", "1 2", "0x10", "١"] {
        assert!(Decimal::parse(text.as_bytes()).is_none(), "{text:?}");
        // The same with enough zeros to force the slow path.
        let long = format!("{text}{}", "0".repeat(25));
        let is_number = matches!(text, "" | "+" | "." | "-.");
        assert_eq!(Decimal::parse(long.as_bytes()).is_some(), is_number, "{long:?}");
    }
    assert!(Decimal::parse("9".repeat(MAX_DIGITS).as_bytes()).is_some());
    assert!(Decimal::parse("9".repeat(MAX_DIGITS + 1).as_bytes()).is_none());
    assert!(Decimal::parse(format!("{}1.{}", "0".repeat(50), "0".repeat(50)).as_bytes()).is_some());
}

/// A number as sign, digits and scale, added and compared digit by digit: slow, simple and independent.
mod reference {
    /// Digits at a scale of 30 places, most significant first, width 80.
    pub(super) fn digits(text: &str) -> (bool, Vec<u8>) {
        let negative = text.starts_with('-');
        let unsigned = text.trim_start_matches(['-', '+']);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let padded = format!("{whole:0>50}{fraction:0<30}");
        let digits: Vec<u8> = padded.bytes().map(|digit| digit - b'0').collect();
        let is_zero = digits.iter().all(|digit| *digit == 0);
        (negative && !is_zero, digits)
    }

    pub(super) fn compare(left: &str, right: &str) -> std::cmp::Ordering {
        let ((left_negative, left), (right_negative, right)) = (digits(left), digits(right));
        match (left_negative, right_negative) {
            (false, true) => std::cmp::Ordering::Greater,
            (true, false) => std::cmp::Ordering::Less,
            (false, false) => left.cmp(&right),
            (true, true) => right.cmp(&left),
        }
    }

    /// Sum of two numbers without signs.
    pub(super) fn add(left: &str, right: &str) -> String {
        let ((_, left), (_, right)) = (digits(left), digits(right));
        let mut out = vec![0; left.len()];
        let mut carry = 0;
        for at in (0..left.len()).rev() {
            let sum = left[at] + right[at] + carry;
            out[at] = sum % 10 + b'0';
            carry = sum / 10;
        }
        let out = String::from_utf8(out).unwrap();
        format!("{}.{}", &out[..50], &out[50..])
    }
}

fn magnitude() -> impl Strategy<Value = String> {
    "(0{0,5}[0-9]{1,14}(\\.[0-9]{0,5}0{0,20})?|\\.[0-9]{1,5})"
}

fn number() -> impl Strategy<Value = String> {
    "[+-]?(0{0,5}[0-9]{1,14}(\\.[0-9]{0,5}0{0,20})?|\\.[0-9]{1,5})"
}

proptest! {
    #[test]
    fn short_numbers_are_numbers_with_few_digits(text in "[+-]?[0-9]{0,6}[.]?[0-9]{0,6}[ e]?", integer in 0_u8..6, fraction in 0_u8..4) {
        if is_short_number(text.as_bytes(), usize::from(integer), usize::from(fraction)) {
            let decimal = Simple {
                total_digits: Some(integer + fraction),
                fraction_digits: Some(fraction),
                ..simple(Base::Decimal)
            };
            prop_assert_eq!(check(&decimal, text.as_bytes()), None);
            let whole = Simple { total_digits: Some(integer), ..simple(Base::Int) };
            prop_assert!(fraction > 0 || check(&whole, text.as_bytes()).is_none());
        }
    }

    #[test]
    fn comparison_agrees_with_the_reference(left in number(), right in number()) {
        let (parsed_left, parsed_right) =
            (Decimal::parse(left.as_bytes()).unwrap(), Decimal::parse(right.as_bytes()).unwrap());
        prop_assert_eq!(parsed_left.checked_cmp(parsed_right), Some(reference::compare(&left, &right)));
    }

    #[test]
    fn addition_agrees_with_the_reference(left in magnitude(), right in magnitude(), negative: bool) {
        let signed = |text: &str| format!("{}{text}", if negative { "-" } else { "" });
        let parse = |text: &str| Decimal::parse(text.as_bytes()).unwrap();
        let (left_number, right_number) = (parse(&signed(&left)), parse(&signed(&right)));
        let sum = left_number.checked_add(right_number).unwrap();
        let expected = signed(&reference::add(&left, &right));
        prop_assert_eq!(sum.checked_cmp(parse(&expected)), Some(std::cmp::Ordering::Equal), "{}", expected);
        // Subtraction reverses it.
        let back = sum.checked_sub(right_number).unwrap();
        prop_assert_eq!(back.checked_cmp(left_number), Some(std::cmp::Ordering::Equal));
    }

    #[test]
    fn products_are_those_of_whole_numbers(left in -1_000_000_000_i64..1_000_000_000, right in -1_000_000_000_i64..1_000_000_000, places in 0_usize..6) {
        let shifted = |value: i64| {
            let digits = format!("{:0>12}", value.unsigned_abs());
            let (whole, fraction) = digits.split_at(digits.len() - places);
            format!("{}{whole}.{fraction}", if value < 0 { "-" } else { "" })
        };
        let parse = |text: String| Decimal::parse(text.as_bytes()).unwrap();
        let product = parse(shifted(left)).checked_mul(parse(shifted(right))).unwrap();
        let expected = Decimal::new(i128::from(left) * i128::from(right), 2 * places as u32);
        prop_assert_eq!(product.checked_cmp(expected), Some(std::cmp::Ordering::Equal));
    }
}
