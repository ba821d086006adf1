//! Tests of operations on all occurrences of a field, and on fields with a default value.

use super::bench::*;
use crate::program::*;

#[test]
fn sums_and_counts_take_every_occurrence() {
    let mut bench = Bench::new();
    let sum = [Op::Sum(bench.x), number(60, 2), Op::Eq];
    assert_eq!(bench.rows(&["0.1", "0.2", "0.30"], &sum), Some(true));
    assert_eq!(bench.rows(&["0.1", "0.2"], &sum), Some(false));
    assert_eq!(bench.rows(&["0.6", ""], &sum), None);
    assert_eq!(bench.rows(&[], &[Op::Sum(bench.x), number(0, 0), Op::Eq]), Some(true));
    assert_eq!(
        bench.rows(&["a", "", "c"], &[Op::Count(bench.x), number(3, 0), Op::Eq]),
        Some(true)
    );
    assert_eq!(bench.rows(&[], &[Op::Count(bench.x), number(0, 0), Op::Eq]), Some(true));
}

#[test]
fn uniqueness_compares_texts() {
    let mut bench = Bench::new();
    let unique = [Op::Unique(bench.x)];
    assert_eq!(bench.rows(&[], &unique), Some(true));
    assert_eq!(bench.rows(&["1", "2", "01"], &unique), Some(true));
    assert_eq!(bench.rows(&["1", "2", "1"], &unique), Some(false));
}

#[test]
fn sequences_count_from_one() {
    let mut bench = Bench::new();
    let sequence = [Op::Sequence(bench.x)];
    for (rows, expected) in [
        (&[][..], Some(true)),
        (&["1", "2", "3"], Some(true)),
        (&["1", "02", "3.0"], Some(true)),
        (&["0", "1"], Some(false)),
        (&["1", "3"], Some(false)),
        (&["2", "1"], Some(false)),
        (&["1", "x"], None),
        (&["2", "x"], Some(false)),
    ] {
        assert_eq!(bench.rows(rows, &sequence), expected, "{rows:?}");
    }
}

#[test]
fn any_finds_one_occurrence() {
    let mut bench = Bench::new();
    let Op::Text(two) = bench.schema.text("2") else {
        unreachable!()
    };
    let any = [Op::AnyEq(bench.x, two)];
    assert_eq!(bench.rows(&["1", "2", "3"], &any), Some(true));
    assert_eq!(bench.rows(&["1", "2.0"], &any), Some(false));
    assert_eq!(bench.rows(&[], &any), Some(false));
}

#[test]
fn an_empty_element_has_its_default_for_rules_too() {
    let mut bench = Bench::new();
    bench.schema.program.decls[usize::from(bench.a)].default = Some("2".into());
    let check = [Op::Field(bench.a), number(2, 0), Op::Eq];
    assert_eq!(bench.run("<r><a/></r>", &check), Some(true));
    assert_eq!(bench.run("<r><a>3</a></r>", &check), Some(false));
    assert_eq!(bench.run("<r/>", &check), None);
    let empty = [Op::Empty(bench.a)];
    assert_eq!(bench.run("<r><a/></r>", &empty), Some(false));
}
