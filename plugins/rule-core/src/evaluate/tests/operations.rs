//! Tests of operations on single values, with three-valued logic and exact decimals.

use super::bench::*;
use crate::evaluate::testing::{Schema, slot, string};
use crate::program::*;

#[test]
fn logic_has_three_values() {
    let mut bench = Bench::new();
    let truth = |value: Option<bool>| value.map_or(UNKNOWN, Op::Truth);
    let values = [Some(true), Some(false), None];
    for left in values {
        assert_eq!(bench.run("<r/>", &[truth(left)]), left);
        for right in values {
            let and = if left == Some(false) || right == Some(false) {
                Some(false)
            } else {
                left.and(right)
            };
            let or = if left == Some(true) || right == Some(true) {
                Some(true)
            } else {
                left.and(right)
            };
            assert_eq!(
                bench.run("<r/>", &[truth(left), truth(right), Op::And]),
                and,
                "{left:?} and {right:?}"
            );
            assert_eq!(
                bench.run("<r/>", &[truth(left), truth(right), Op::Or]),
                or,
                "{left:?} or {right:?}"
            );
        }
    }
}

#[test]
fn texts_are_compared_as_texts() {
    let mut bench = Bench::new();
    assert_eq!(bench.pair("1", Op::Eq, "1"), Some(true));
    assert_eq!(bench.pair("1", Op::Eq, "1.0"), Some(false));
    assert_eq!(bench.pair("x", Op::Ne, "y"), Some(true));
    assert_eq!(bench.pair("", Op::Eq, ""), Some(true));
    let check = [Op::Field(bench.a), bench.schema.text("人民币"), Op::Eq];
    assert_eq!(bench.run("<r><a>人民币</a></r>", &check), Some(true));
    assert_eq!(bench.run("<r/>", &check), None);
}

#[test]
fn a_decimal_on_one_side_makes_the_comparison_numeric() {
    let mut bench = Bench::new();
    let check = [Op::Field(bench.a), number(10, 1), Op::Eq];
    for (text, expected) in [
        ("1", Some(true)),
        (" 1.000 ", Some(true)),
        ("2", Some(false)),
        ("one", None),
    ] {
        assert_eq!(
            bench.run(&format!("<r><a>{text}</a></r>"), &check),
            expected,
            "{text:?}"
        );
    }
    let check = [number(1, 0), Op::Field(bench.a), Op::Ne];
    assert_eq!(bench.run("<r><a>1.0</a></r>", &check), Some(false));
    assert_eq!(bench.run("<r/>", &check), None);
    // A truth value is not a number.
    assert_eq!(bench.run("<r/>", &[number(1, 0), Op::Truth(true), Op::Eq]), None);
    assert_eq!(
        bench.run("<r/>", &[Op::Truth(false), Op::Truth(true), Op::Eq]),
        Some(false)
    );
}

#[test]
fn orders_are_numeric() {
    let mut bench = Bench::new();
    for (left, right, lt, le, gt, ge) in [
        ("9", "10", true, true, false, false),
        ("10", "9.5", false, false, true, true),
        ("1.10", "1.1", false, true, false, true),
        ("-2", "-1", true, true, false, false),
    ] {
        for (op, expected) in [(Op::Lt, lt), (Op::Le, le), (Op::Gt, gt), (Op::Ge, ge)] {
            assert_eq!(
                bench.pair(left, op.clone(), right),
                Some(expected),
                "{left} {op:?} {right}"
            );
        }
    }
    assert_eq!(bench.pair("a", Op::Lt, "b"), None);
    assert_eq!(bench.pair("", Op::Ge, "0"), None);
}

#[test]
fn arithmetic_is_exact() {
    let mut bench = Bench::new();
    let (a, b) = (bench.a, bench.b);
    let mut equals = |left: &str, op: Op, right: &str, mantissa: i64, scale: u8| {
        let check = [Op::Field(a), Op::Field(b), op, number(mantissa, scale), Op::Eq];
        bench.run(&Bench::fields(left, right), &check)
    };
    assert_eq!(equals("0.1", Op::Add, "0.2", 3, 1), Some(true));
    assert_eq!(
        equals("99999999999999.99999", Op::Add, "0.00001", 100_000_000_000_000, 0),
        Some(true)
    );
    assert_eq!(equals("1", Op::Sub, "0.99999", 1, 5), Some(true));
    assert_eq!(equals("19.99", Op::Mul, "-3", -5997, 2), Some(true));
    assert_eq!(equals("3", Op::Mul, "0.33333", 99999, 5), Some(true));
    assert_eq!(equals("1", Op::Add, "x", 1, 0), None);
    let check = [Op::Field(a), Op::Neg, Op::Abs, Op::Field(a), Op::Eq];
    assert_eq!(bench.run("<r><a>7.50</a></r>", &check), Some(true));
}

#[test]
fn numbers_too_large_to_compute_with_are_unknown() {
    let mut bench = Bench::new();
    let huge = "9".repeat(38);
    assert_eq!(bench.pair(&huge, Op::Gt, "1"), Some(true));
    assert_eq!(bench.pair(&huge, Op::Gt, "0.00001"), None);
    assert_eq!(bench.pair(&"9".repeat(39), Op::Gt, "1"), None);
    let (a, b) = (bench.a, bench.b);
    let check = [Op::Field(a), Op::Field(b), Op::Mul, number(0, 0), Op::Gt];
    assert_eq!(bench.run(&Bench::fields(&huge, &huge), &check), None);
    assert_eq!(bench.run(&Bench::fields(&huge, "0"), &check), Some(false));
    let check = [number(1, 255), number(1, 0), Op::Lt];
    assert_eq!(bench.run("<r/>", &check), None);
}

#[test]
fn tables_hold_whole_texts() {
    let mut bench = Bench::new();
    let table = bench.schema.table(&["142", "110", "502", ""]);
    for (text, expected) in [
        ("142", true),
        ("110", true),
        ("14", false),
        ("1422", false),
        ("", true),
        (" 142", false),
    ] {
        assert_eq!(bench.text(text, table.clone()), Some(expected), "{text:?}");
    }
    let check = [Op::Field(bench.b), table.clone()];
    assert_eq!(bench.run("<r/>", &check), None);
    assert_eq!(bench.run("<r/>", &[number(142, 0), table]), None);
}

#[test]
fn presence_and_emptiness_are_never_unknown() {
    let mut bench = Bench::new();
    let (empty, present) = ([Op::Empty(bench.a)], [Op::Present(bench.a)]);
    for (xml, is_empty, is_present) in [
        ("<r/>", true, false),
        ("<r><a/></r>", true, true),
        ("<r><a> \t\n</a></r>", true, true),
        ("<r><a> x </a></r>", false, true),
        ("<r><a>0</a></r>", false, true),
    ] {
        assert_eq!(bench.run(xml, &empty), Some(is_empty), "{xml}");
        assert_eq!(bench.run(xml, &present), Some(is_present), "{xml}");
    }
}

#[test]
fn lengths_count_characters() {
    let mut bench = Bench::new();
    for (text, length) in [("", 0), ("abc", 3), ("订单编号", 4), ("😀", 1), (" a ", 3)] {
        let check = [Op::Field(bench.a), Op::Len, number(length, 0), Op::Eq];
        assert_eq!(
            bench.run(&format!("<r><a>{text}</a></r>"), &check),
            Some(true),
            "{text:?}"
        );
    }
    let check = [Op::Field(bench.a), Op::Len, number(0, 0), Op::Eq];
    assert_eq!(bench.run("<r/>", &check), None);
}

#[test]
fn text_tests_tell_true_from_false() {
    let mut bench = Bench::new();
    let cases: &[(Op, &[&str], &[&str])] = &[
        (Op::IsDigits, &["0", "0123456789"], &["", " 1", "1.0", "-1", "１"]),
        (Op::IsUpper, &["", "ABC-1", "中"], &["a", "ABc"]),
        (
            Op::IsDate,
            &["20240229", "20231231"],
            &["20230229", "2024-02-29", "20241301", "20240100", ""],
        ),
        (
            Op::IsDateTime,
            &["20240229235959"],
            &["20240229240000", "20240229236000", "20240229", "2024022923595a"],
        ),
        (
            Op::IsTimestamp,
            &["20240229235959999"],
            &["20240229235959", "20240229235959 99", "20240230235959999"],
        ),
        (
            Op::IsIdentity,
            &["11010519491231002X"],
            &["11010519491231002x", "110105194912310021", "11010519491231002"],
        ),
    ];
    for (op, yes, no) in cases {
        for text in *yes {
            assert_eq!(bench.text(text, op.clone()), Some(true), "{op:?} {text:?}");
        }
        for text in *no {
            assert_eq!(bench.text(text, op.clone()), Some(false), "{op:?} {text:?}");
        }
        let absent = [Op::Field(bench.b), op.clone()];
        assert_eq!(bench.run("<r/>", &absent), None, "{op:?}");
    }
}

#[test]
fn prefixes_are_texts() {
    let mut bench = Bench::new();
    let prefix = bench.schema.text("I");
    let check = [Op::Field(bench.a), prefix, Op::Starts];
    assert_eq!(bench.run("<r><a>I123</a></r>", &check), Some(true));
    assert_eq!(bench.run("<r><a>1I</a></r>", &check), Some(false));
    assert_eq!(bench.run("<r/>", &check), None);
}

#[test]
fn code_that_makes_no_sense_is_unknown() {
    let mut bench = Bench::new();
    let pieces: &[&[Op]] = &[
        &[],
        &[Op::Add],
        &[Op::And],
        &[Op::Eq],
        &[Op::Starts],
        &[Op::Text(999)],
        &[Op::In(999)],
        &[Op::Field(999)],
        &[Op::AnyEq(999, 999)],
        &[Op::Sum(999), Op::Not],
        &[Op::Truth(true), Op::Len],
        &[Op::Truth(true), Op::IsDate],
        &[number(1, 0), Op::Not],
        &[number(1, 0)],
    ];
    for code in pieces {
        assert_eq!(bench.run("<r><a>1</a></r>", code), None, "{code:?}");
    }
}

#[test]
fn nesting_is_bounded() {
    let mut bench = Bench::new();
    let chain = |operations: usize| {
        let mut code = vec![Op::Truth(false)];
        code.extend((0..operations).flat_map(|_| [Op::Truth(true), Op::Or]));
        code
    };
    let most = usize::from(crate::evaluate::MAX_NESTING) - 1;
    assert_eq!(bench.run("<r/>", &chain(most - 1)), Some(true));
    assert_eq!(bench.run("<r/>", &chain(most + 1)), None);
    assert_eq!(bench.run("<r/>", &chain(10_000)), None);
}

#[test]
fn white_space_that_the_schema_collapses_is_no_part_of_the_value() {
    for (collapse, expected) in [(true, 0), (false, 1)] {
        let mut schema = Schema::new();
        let kind = Simple {
            collapse,
            ..string(0, None)
        };
        let field = schema.field("a", kind);
        let root = schema.group("r", vec![slot(field, 1, 1)]);
        schema.message(root);
        let sea = schema.text("2");
        schema.rule(root, root, field, &[], &[Op::Field(field), sea, Op::Eq]);
        assert_eq!(
            schema.judge("<r><a> 2\n</a></r>").len(),
            expected,
            "collapse {collapse}"
        );
    }
}
