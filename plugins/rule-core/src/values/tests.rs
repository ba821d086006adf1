//! Exact tables of lexical forms, and decimals against a reference on texts.

use super::*;
use crate::schema_rules::SchemaRule;
use proptest::prelude::*;

fn simple(base: Base) -> Simple {
    Simple {
        base,
        collapse: false,
        min_length: 0,
        max_length: None,
        total_digits: None,
        fraction_digits: None,
    }
}

fn assert_all(simple: &Simple, expected: Option<SchemaRule>, texts: &[&str]) {
    for text in texts {
        assert_eq!(check(simple, text.as_bytes()), expected, "{:?} {text:?}", simple.base);
    }
}

fn assert_type(base: Base, valid: &[&str], invalid: &[&str]) {
    assert_all(&simple(base), None, valid);
    assert_all(&simple(base), Some(SchemaRule::Type), invalid);
}

#[test]
fn decimals_have_one_lexical_form() {
    let long = "1".repeat(40);
    assert_type(
        Base::Decimal,
        &[
            "1",
            "+1",
            "-1",
            ".5",
            "5.",
            "+.5",
            "-0",
            "00001",
            " 1 ",
            "\t1\r\n",
            &long,
            "0.0000000000000000000000000001",
        ],
        &[
            "", " ", "+", "-", ".", "-.", "1e5", "1,0", "1 0", "--1", "+-1", "0x1", "INF", "NaN", "١", "1.1.1",
            "1\u{a0}",
        ],
    );
}

#[test]
fn whole_numbers_have_no_point() {
    let long = "9".repeat(40);
    assert_type(
        Base::Integer,
        &["1", "+1", "-0", " 7 ", "000", &long],
        &["", "-", "1.", "1.0", "1e1"],
    );
    assert_type(
        Base::Int,
        &[
            "0",
            "-0",
            "+5",
            "2147483647",
            "-2147483648",
            "00000000000000000000000000000000000005",
            " 12 ",
        ],
        &["", "2147483648", "-2147483649", "1.0", "1.", "1 2", &long],
    );
}

#[test]
fn digits_are_counted_without_zeros_that_mean_nothing() {
    let amount = Simple {
        total_digits: Some(19),
        fraction_digits: Some(5),
        ..simple(Base::Decimal)
    };
    let (fourteen, fifteen, nineteen) = ("1".repeat(14), "1".repeat(15), "1".repeat(19));
    let valid = [
        "0".into(),
        "0.00001".into(),
        "1.1000000".into(),
        "0.0000000".into(),
        ".00000".into(),
        "-1".into(),
        format!("{fourteen}.12345"),
        format!("{fifteen}.1234"),
        format!("{fifteen}.12340"),
        nineteen.clone(),
        format!("0000000000{nineteen}"),
        format!("-{nineteen}.00000000000000000000"),
    ];
    assert_all(&amount, None, &valid.each_ref().map(String::as_str));
    let invalid = [
        "0.000001".into(),
        "1.123456".into(),
        format!("{fifteen}.12345"),
        format!("{nineteen}1"),
    ];
    assert_all(
        &amount,
        Some(SchemaRule::Digits),
        &invalid.each_ref().map(String::as_str),
    );
    let two = Simple {
        total_digits: Some(2),
        ..simple(Base::Decimal)
    };
    assert_all(&two, None, &["0.01", "0.10", "10", "1.1", "1.10", "00.00", "-99"]);
    assert_all(&two, Some(SchemaRule::Digits), &["0.001", "100", "1.11"]);
    let four = Simple {
        total_digits: Some(4),
        ..simple(Base::Int)
    };
    assert_all(&four, None, &["9999", "-9999", "00001", "0", "000000"]);
    assert_all(&four, Some(SchemaRule::Digits), &["10000", "-10000"]);
}

#[test]
fn dates_are_real_days() {
    assert_type(
        Base::Date,
        &[
            "2024-02-29",
            "2000-02-29",
            "-0001-01-01",
            "-0004-02-29",
            "12024-01-01",
            "-10000-01-01",
            "9999999999-01-01",
            "2024-01-01Z",
            "2024-01-01+08:00",
            "2024-01-01+14:00",
            "2024-01-01-14:00",
            "2024-01-01+13:59",
            "2024-01-01-00:00",
        ],
        &[
            "",
            "2023-02-29",
            "1900-02-29",
            "0000-01-01",
            "02024-01-01",
            "024-01-01",
            "2024-1-1",
            "2024-13-01",
            "2024-00-10",
            "2024-01-32",
            "2024-01-00",
            "2024-04-31",
            "2024-01-01+14:01",
            "2024-01-01+13:60",
            "2024-01-01+15:00",
            "2024-01-01z",
            "2024-01-01+8:00",
            "2024-01-01+0800",
            "+2024-01-01",
            "2024/01/01",
            "20240101",
            " 2024-01-01 ",
            "2024-01-01T00:00:00",
            "2024-01-01 Z",
            "-010000-01-01",
            "99999999999999999999-01-01",
        ],
    );
}

#[test]
fn times_are_real_times() {
    assert_type(
        Base::DateTime,
        &[
            "2024-01-01T00:00:00",
            "2024-01-01T24:00:00",
            "2024-01-01T24:00:00.0",
            "2024-01-01T24:00:00Z",
            "2024-01-01T23:59:59.999999999999",
            "2024-01-01T23:59:59.1Z",
            "2024-01-01T23:59:59+08:00",
            "-2024-01-01T00:00:00",
        ],
        &[
            "",
            "2024-01-01",
            "2024-01-01T24:00:01",
            "2024-01-01T24:00:00.1",
            "2024-01-01T25:00:00",
            "2024-01-01T23:60:00",
            "2024-01-01T23:59:60",
            "2024-01-01T23:59:59.",
            "2024-01-01T23:59:59,5",
            "2024-01-01 00:00:00",
            "2024-01-01t00:00:00",
            "2024-01-01T0:00:00",
            "2024-01-01T00:00",
            "2024-01-01T00:00:00 Z",
            "2023-02-29T00:00:00",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:5",
            "2024-01-01T00:00:00+24:00",
            "20240101000000",
            " 2024-01-01T00:00:00 ",
        ],
    );
}

#[test]
fn base64_is_whole_and_canonically_padded() {
    assert_type(
        Base::Base64,
        &[
            "", "AAAA", "AAA=", "AA==", "AA AA", "A A A A", " AAAA ", "AA\n==", "AA= =", "Zg==", "Zm8=", "AA@AA",
        ],
        &[
            "A", "AA", "AAA", "AAAAA", "A===", "AB==", "AAB=", "AA=", "AAAA=", "AAAA====", "AAA=AAAA", "=", "====",
            "A-_A",
        ],
    );
    for (text, octets) in [("", 0), ("AAAA", 3), ("AAA=", 2), ("AA==", 1), ("AAAA AAAA\nAA==", 7)] {
        assert_eq!(base64_octets(text.as_bytes()), Some(octets), "{text:?}");
    }
    let three = Simple {
        min_length: 3,
        max_length: Some(3),
        ..simple(Base::Base64)
    };
    assert_all(&three, None, &["AAAA", "A A A A"]);
    assert_all(&three, Some(SchemaRule::Length), &["", "AAA=", "AAAAAA=="]);
}

#[test]
fn uris_are_taken_with_characters_that_would_need_escaping() {
    assert_type(
        Base::AnyUri,
        &[
            "",
            "#",
            "#a",
            "a b",
            "{a}",
            "中文",
            "http://中/",
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
            "urn:x",
            "http://a:80/",
            "http://u:p@h/",
            "http://[::1]/",
            "%41",
            "./a:b",
            "/a:b",
            "?a?b",
            "//",
            "///",
            "http:",
            " http://a ",
            "a+b:c",
            "a#[b",
            "http://a:2147483647",
        ],
        &[
            "::",
            ":a",
            "1:a",
            "-a:b",
            "%4",
            "%zz",
            "http://a/%",
            "#a#b",
            "a[b",
            "a]b",
            "http://[",
            "http://[a]b",
            "http://a:b/",
            "http://a:/",
            "http://a:80b",
            "http://a@b@c/",
            "http://a:99999999999/",
            "http://u[@h",
        ],
    );
}

#[test]
fn identifiers_are_names_without_colon() {
    assert_type(
        Base::Id,
        &["a", "_a", " a ", "a-b.c", "中", "a·", "a1"],
        &["", "1a", "a b", "a:b", "-a", ".a", "·a", "a/", "a\u{d7}"],
    );
}

#[test]
fn string_lengths_count_characters() {
    let string = Simple {
        min_length: 2,
        max_length: Some(3),
        ..simple(Base::String)
    };
    assert_all(
        &string,
        None,
        &["ab", "abc", "  ", "\n\t", "中文", "中文字", "😀😀😀", "a中"],
    );
    assert_all(
        &string,
        Some(SchemaRule::Length),
        &["", "a", "abcd", " abc", "中", "中文字符", "😀😀😀😀", "😀"],
    );
    assert_all(&simple(Base::String), None, &["", " anything "]);
    let name = Simple {
        min_length: 1,
        max_length: Some(60),
        ..simple(Base::String)
    };
    assert_all(&name, None, &["\u{20000}".repeat(60).as_str(), "a".repeat(60).as_str()]);
    assert_all(
        &name,
        Some(SchemaRule::Length),
        &["\u{20000}".repeat(61).as_str(), "a".repeat(61).as_str(), ""],
    );
}

#[test]
fn collapsed_lengths_ignore_superfluous_white_space() {
    let string = Simple {
        collapse: true,
        min_length: 2,
        max_length: Some(3),
        ..simple(Base::String)
    };
    assert_all(
        &string,
        None,
        &["abc", " abc ", "a c", "a   c", "\ta\nb\t", "中文", " 中\r\n文 "],
    );
    assert_all(&string, Some(SchemaRule::Length), &["", "   ", " a ", "a    b c", "中"]);
}

#[test]
fn fixed_values_follow_the_white_space_of_the_type() {
    let preserved = simple(Base::String);
    let collapsed = Simple {
        collapse: true,
        ..preserved.clone()
    };
    assert!(equals_fixed(&preserved, b"142", "142"));
    assert!(!equals_fixed(&preserved, b" 142", "142"));
    assert!(equals_fixed(&collapsed, b" 142\n", "142"));
    assert!(equals_fixed(&collapsed, b"a \t b", "a b"));
    assert!(!equals_fixed(&collapsed, b"14 2", "142"));
    assert!(!equals_fixed(&collapsed, b"", "142"));
}

#[test]
fn compact_times_are_real_times() {
    assert!(is_compact_date(b"20240229") && !is_compact_date(b"20230229") && !is_compact_date(b"00000101"));
    assert!(is_compact_date_time(b"20240101235959") && !is_compact_date_time(b"20240101240000"));
    assert!(!is_compact_date_time("2024010123595é".as_bytes()) && !is_compact_date_time(b"2024"));
    assert!(is_compact_timestamp(b"20240101235959000") && !is_compact_timestamp(b"2024010123595900"));
}

#[test]
fn identity_numbers_have_a_check_character() {
    for valid in ["11010519491231002X", "440524188001010014"] {
        assert!(is_identity(valid.as_bytes()), "{valid}");
    }
    for invalid in [
        "",
        "11010519491231002x",
        "440524188001010015",
        "44052418800101001",
        "4405241880010100144",
        "A40524188001010014",
    ] {
        assert!(!is_identity(invalid.as_bytes()), "{invalid}");
    }
}

#[test]
fn only_numbers_are_parsed_as_decimals() {
    for text in ["", "+", ".", "-.", "--1", "+-1", "1e3", "1.2.3", "1 2", "0x10", "١"] {
        assert!(Decimal::parse(text.as_bytes()).is_none(), "{text:?}");
        // The same with so many zeros that the long path is taken.
        let long = format!("{text}{}", "0".repeat(25));
        let is_number = matches!(text, "" | "+" | "." | "-.");
        assert_eq!(Decimal::parse(long.as_bytes()).is_some(), is_number, "{long:?}");
    }
    assert!(Decimal::parse("9".repeat(MAX_DIGITS).as_bytes()).is_some());
    assert!(Decimal::parse("9".repeat(MAX_DIGITS + 1).as_bytes()).is_none());
    assert!(Decimal::parse(format!("{}1.{}", "0".repeat(50), "0".repeat(50)).as_bytes()).is_some());
}

/// A number as sign, digits and scale, added and compared digit by digit: slow, simple, and independent.
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

/// Base64 as the rules say it, one character at a time.
fn octets_by_character(text: &str) -> Option<usize> {
    let digits: Vec<char> = text
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='))
        .collect();
    let padding = digits.iter().rev().take_while(|c| **c == '=').count();
    let body = &digits[..digits.len() - padding];
    let is_whole = digits.len().is_multiple_of(4) && padding <= 2 && !body.contains(&'=');
    let ends_in = |allowed: &str| body.last().is_some_and(|last| allowed.contains(*last));
    let is_canonical = match padding {
        0 => true,
        1 => ends_in("AEIMQUYcgkosw048"),
        _ => ends_in("AQgw"),
    };
    (is_whole && is_canonical).then(|| digits.len() / 4 * 3 - padding)
}

proptest! {
    #[test]
    fn base64_agrees_with_the_reference(text in "[AQgwBz09+/]{0,12}[AQEgw4]{0,20}=?[ \\n@:`\\[{,.-]?[AQgc=é]{0,3}={0,2}") {
        prop_assert_eq!(base64_octets(text.as_bytes()), octets_by_character(&text));
    }

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
        // Subtraction undoes it.
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

    #[test]
    fn characters_are_those_of_the_text(text in "\\PC{0,40}") {
        prop_assert_eq!(count_characters(text.as_bytes()), text.chars().count());
        let exact = Simple { min_length: text.chars().count() as u32, max_length: Some(text.chars().count() as u32), ..simple(Base::String) };
        prop_assert_eq!(check(&exact, text.as_bytes()), None);
    }

    #[test]
    fn collapsing_agrees_with_splitting(text in "[ \t\n\ra中]{0,20}") {
        let collapsed = text.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        prop_assert!(collapsed_eq(text.as_bytes(), collapsed.as_bytes()));
        let length = collapsed.chars().count() as u32;
        let exact = Simple { collapse: true, min_length: length, max_length: Some(length), ..simple(Base::String) };
        prop_assert_eq!(check(&exact, text.as_bytes()), None);
        let longer = Simple { min_length: length + 1, max_length: None, ..exact };
        prop_assert_eq!(check(&longer, text.as_bytes()), Some(SchemaRule::Length));
    }

    #[test]
    fn no_text_makes_a_check_panic(text in proptest::collection::vec(any::<u8>(), 0..40)) {
        for base in [Base::String, Base::Decimal, Base::Integer, Base::Int, Base::Date, Base::DateTime, Base::Base64, Base::AnyUri, Base::Id] {
            let _ = check(&Simple { total_digits: Some(3), max_length: Some(5), ..simple(base) }, &text);
        }
        let _ = (is_identity(&text), is_compact_timestamp(&text), Decimal::parse(&text).is_some());
    }
}
