//! Tests of the views of JSON input.

use super::*;
use crate::problems::Problems;

fn problems_of(json: &str, read: impl FnOnce(&View<'_>)) -> Vec<(String, String)> {
    let value = parse_json(json.as_bytes()).unwrap();
    let problems = Problems::new();
    read(&View::new(&value, &problems.record("SO-1", 7)));
    let list = problems.into_list();
    assert!(list.iter().all(|p| p.source == "SO-1" && p.row == 7));
    list.into_iter().map(|p| (p.field, p.message)).collect()
}

#[test]
fn digits_of_json_numbers_survive() {
    let json = r#"{"a": 0.1, "b": "0.10", "c": 1234567890123456.789, "d": 1e2}"#;
    let noted = problems_of(json, |view| {
        let texts = ["a", "b", "c", "d"].map(|name| view.amount(name, "the amount").to_string());
        assert_eq!(texts, ["0.1", "0.1", "1234567890123456.789", "100"]);
    });
    assert_eq!(noted, []);
}

#[test]
fn one_problem_for_each_unusable_field_with_its_path() {
    let json = r#"{"buyer": {"name": 5, "id": "  ", "phone": "1\u0007"}, "recipient": "Li",
                   "lines": [{"qty": "abc"}, 3], "extra": {}}"#;
    let noted = problems_of(json, |view| {
        let buyer = view.at("buyer");
        for name in ["name", "id", "phone"] {
            assert_eq!(buyer.text(name, "the field"), "");
        }
        assert_eq!(view.at("recipient").optional_text("name"), None);
        for line in view.list("lines", "the list of lines") {
            let _ = line.quantity("qty", "the quantity");
        }
        assert!(view.list("extra", "the list").is_empty() && view.list("none", "the list").is_empty());
    });
    let fields: Vec<_> = noted.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "buyer.name",
            "buyer.id",
            "buyer.phone",
            "recipient",
            "lines[2]",
            "lines[1].qty",
            "extra",
            "none"
        ]
    );
    assert!(
        noted[2].1.contains("U+0007") && noted[5].1.contains("\"abc\""),
        "{noted:?}"
    );
}

#[test]
fn times_and_signs_are_checked() {
    let json = r#"{"t": "yesterday", "u": "2026-03-01 10:00", "v": 20260301, "n": -1, "z": 0, "d": "2026-02-30"}"#;
    let noted = problems_of(json, |view| {
        assert_eq!(view.time("u", "the time"), "20260301100000");
        let times = ["t", "v", "missing"].map(|name| view.time(name, "the time"));
        assert_eq!(times, ["", "", ""]);
        assert_eq!(view.optional_time("missing", "the time"), None);
        assert_eq!(view.optional_date("d", "the day"), None);
        assert_eq!(view.amount("z", "the amount"), Decimal::ZERO);
        assert_eq!(
            (view.amount("n", "it"), view.quantity("z", "it")),
            (Decimal::ZERO, Decimal::ZERO)
        );
    });
    let fields: Vec<_> = noted.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["t", "v", "missing", "d", "n", "z"]);
}

#[test]
fn what_is_no_json_says_line_and_column_in_characters() {
    let error = |content: &[u8]| parse_json(content).unwrap_err();
    assert!(
        error("{\n \"名称\": 一}".as_bytes()).starts_with("line 2, column 8: "),
        "{}",
        error("{\n \"名称\": 一}".as_bytes())
    );
    assert!(error(b"").starts_with("line 1, column 1: "));
    let gbk = error(b"{\n\"a\": \"\xc9\xcf\"}");
    assert!(gbk.starts_with("line 2, column 7: ") && gbk.contains("UTF-8"), "{gbk}");
    assert!(parse_json(b"\xef\xbb\xbf{}").is_ok());
}
