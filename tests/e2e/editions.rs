//! Editions by date: which one judges a document, and what differs between them.

use crate::support::{Enterprise, Run, rules};
use serde_json::Value;

/// An order that is clean in 2018-113.
fn order() -> String {
    std::fs::read_to_string(rules().join("editions/2018-113/cases/ceb311-clean.xml")).unwrap()
}

fn without(xml: &str, element: &str) -> String {
    let open = format!("<ceb:{element}>");
    let close = format!("</ceb:{element}>");
    let (before, rest) = xml.split_once(&open).unwrap();
    let (_, after) = rest.split_once(&close).unwrap();
    format!("{before}{after}")
}

fn judged(enterprise: &Enterprise, name: &str, xml: &str, edition: &[&str]) -> Value {
    let file = enterprise.write(name, xml);
    let mut arguments = vec!["validate", file.to_str().unwrap(), "--format", "json"];
    arguments.extend(edition);
    enterprise.run(&arguments).lines().remove(0)
}

#[test]
fn what_announcement_113_added_is_demanded_from_113_on() {
    let enterprise = Enterprise::new();
    let telephone = without(&order(), "buyerTelephone");
    for (edition, valid) in [("2018-56", true), ("2018-113", false), ("2022-05", false)] {
        let verdict = judged(&enterprise, "telephone.xml", &telephone, &["--edition", edition]);
        assert_eq!(verdict["schema_valid"], valid, "{edition}: {verdict}");
    }
    let inventory = std::fs::read_to_string(rules().join("editions/2018-113/cases/ceb621-clean-9610.xml")).unwrap();
    let (before, rest) = inventory.split_once("<ceb:gmodel>").unwrap();
    let (_, after) = rest.split_once("</ceb:gmodel>").unwrap();
    let long = format!("{before}<ceb:gmodel>{}</ceb:gmodel>{after}", "规".repeat(300));
    for (edition, valid) in [("2018-56", false), ("2018-113", true)] {
        let verdict = judged(&enterprise, "gmodel.xml", &long, &["--edition", edition]);
        assert_eq!(verdict["schema_valid"], valid, "{edition}: {verdict}");
    }
}

#[test]
fn the_first_day_of_an_edition_is_configurable() {
    let enterprise = Enterprise::new();
    let at = ["--at", "2018-10-01"];
    assert_eq!(judged(&enterprise, "a.xml", &order(), &at)["edition"], "2018-113");
    let config = std::fs::read_to_string(enterprise.path().join("cebridge.toml")).unwrap();
    let config = format!("{config}\n[rules.effective-from]\n\"2018-113\" = \"2018-10-15\"\n");
    enterprise.write("cebridge.toml", config);
    assert_eq!(judged(&enterprise, "a.xml", &order(), &at)["edition"], "2018-56");
}

#[test]
fn a_message_of_a_later_edition_is_told_where_it_belongs() {
    let enterprise = Enterprise::new();
    let xml = "<ceb:CEB213Message xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\"/>";
    let verdict = judged(&enterprise, "return.xml", xml, &["--at", "2019-01-01"]);
    assert_eq!(verdict["valid"], false);
    let text = verdict["findings"][0]["message"].as_str().unwrap();
    assert!(text.contains("2022-05") && text.contains("2022-05-17"), "{text}");
    let verdict = judged(&enterprise, "return.xml", xml, &["--at", "2022-06-01"]);
    assert_eq!(verdict["message"], "CEB213");
}

#[test]
fn a_declaration_is_judged_by_the_edition_of_its_day() {
    let enterprise = Enterprise::new();
    let orders = enterprise.clean_orders().to_string();
    enterprise.write("erp/clean.json", orders);
    enterprise.sign_by_rsa();
    for (at, edition) in [("2018-07-15 10:00:00", "2018-56"), ("2019-06-10 10:00:00", "2018-113")] {
        let run: Run = enterprise.run(&[
            "declare",
            "erp/clean.json",
            "--mapper",
            "shop",
            "--at",
            at,
            "--dry-run",
            "--show",
            "--format",
            "json",
        ]);
        let sent: Vec<Value> = run
            .lines()
            .into_iter()
            .filter(|line| line.get("would_send").is_some())
            .collect();
        assert!(!sent.is_empty(), "{}", run.stderr);
        for message in sent {
            assert_eq!(message["edition"], edition, "{at}");
        }
    }
}

#[test]
fn the_derived_edition_says_that_it_is_derived() {
    let enterprise = Enterprise::new();
    let folder = rules().join("editions/2018-56");
    enterprise
        .run(&["pack", "build", folder.to_str().unwrap(), "-o", "old.wasm"])
        .expect(0);
    let shown = enterprise.run(&["pack", "inspect", "old.wasm"]).expect(0).stdout;
    assert!(shown.contains("derived") && shown.contains("2018-113"), "{shown}");
}

#[test]
fn a_file_that_cannot_be_read_does_not_hide_the_others() {
    let enterprise = Enterprise::new();
    enterprise.write("many/b.xml", order());
    enterprise.write("many/c.xml", "<nothing/>");
    let run = enterprise
        .run(&[
            "validate",
            "many/a.xml",
            "many",
            "--edition",
            "2018-113",
            "--format",
            "json",
        ])
        .expect(2);
    assert_eq!(run.lines().len(), 2, "{}", run.stdout);
    assert!(run.stderr.contains("many/a.xml"), "{}", run.stderr);
}

#[test]
fn a_rule_that_is_switched_off_is_named() {
    let enterprise = Enterprise::new();
    enterprise.grade("CEB311-R15", "off");
    let xml = std::fs::read_to_string(rules().join("editions/2018-113/cases/ceb311-gap.xml")).unwrap();
    let verdict = judged(&enterprise, "gap.xml", &xml, &["--edition", "2018-113"]);
    assert_eq!(verdict["valid"], true, "{verdict}");
    assert_eq!(verdict["switched_off"][0], "CEB311-R15");
}
