//! Exact tables of lexical forms.

use super::*;

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
            " 2024-01-01 ",
            "\n2024-01-01Z\t",
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
            "\u{a0}2024-01-01",
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
            " 2024-01-01T00:00:00\r\n",
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
            "\u{3000}2024-01-01T00:00:00",
        ],
    );
}

#[test]
fn base64_is_whole_and_canonically_padded() {
    assert_type(
        Base::Base64,
        &[
            "", "AAAA", "AAA=", "AA==", "AA AA", "A A A A", " AAAA ", "AA\n==", "AA= =", "Zg==", "Zm8=", "\t",
            "A\r\nAAA",
        ],
        &[
            "A",
            "AA",
            "AAA",
            "AAAAA",
            "A===",
            "AB==",
            "AAB=",
            "AA=",
            "AAAA=",
            "AAAA====",
            "AAA=AAAA",
            "=",
            "====",
            "A-_A",
            "AA@AA",
            "AAAA中",
            "AAAA.",
            "AA\u{a0}AA",
            "AAAA\0\0\0\0AAAA",
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
