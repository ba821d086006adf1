//! Conditions of rules, which packs keep only compiled, read as they were written.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use cebridge_rule_compiler::compile;
use cebridge_spec::{Catalogue, CodeNames};
use support::sources;

/// Returns a condition as it reads after passing through a pack.
fn through_a_pack(condition: &str) -> String {
    let mut sources = sources();
    let file = sources.files.get_mut("editions/2020-01/CEB311.toml").unwrap();
    *file = file.replace("status == '1' or buyer != 'a'", condition);
    let pack = compile(&sources, "2020-01").unwrap_or_else(|errors| panic!("{condition}: {errors:#?}"));
    let names = CodeNames::default();
    let catalogue = Catalogue::new(&pack, &names).unwrap();
    let message = pack.message("CEB311").unwrap();
    let rules = catalogue.rules(message);
    rules
        .iter()
        .find(|rule| rule.text.id == "CEB311-R02")
        .unwrap()
        .when
        .clone()
}

#[test]
fn a_condition_reads_as_it_was_written() {
    for condition in [
        "status == '1'",
        "total > 0.05",
        "total >= -2 and total < 10",
        "(status == '1' or buyer == 'a') and total != 0",
        "status == '1' or buyer == 'a' and total != 0",
        "not (status == '1' or buyer == 'a')",
        "not empty(buyer)",
        "present(buyer)",
        "status in ['1', '2']",
        "country not in country",
        "total - (total - 1) <= (total + 2) * 3",
        "abs(total - 1) <= 0.01",
        "len(orderNo) == 18 and upper(orderNo) and digits(status)",
        "starts(orderNo, 'B')",
        "date(orderNo) or datetime(orderNo) or timestamp(orderNo)",
        "identity(buyer)",
        "@guid != ''",
    ] {
        assert_eq!(through_a_pack(condition), condition);
    }
}

#[test]
fn rules_that_the_compiler_makes_are_told_apart() {
    let pack = support::pack("2021-01");
    let names = CodeNames::default();
    let catalogue = Catalogue::new(&pack, &names).unwrap();
    let rules = catalogue.rules(pack.message("CEB311").unwrap());
    let automatic: Vec<&str> = rules
        .iter()
        .filter(|rule| rule.automatic)
        .map(|rule| rule.text.id.as_str())
        .collect();
    assert!(automatic.contains(&"CEB311-orderNo-empty"), "{automatic:?}");
    assert!(!automatic.contains(&"CEB311-R01"), "{automatic:?}");
}
