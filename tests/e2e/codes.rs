//! Codes that speak: `explain` answers every code of customs, and `status` says what a bare code means.

use crate::support::{Enterprise, cebridge};
use serde_json::Value;

fn explain(code: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    cebridge(folder.path(), &["explain", code, "--format", "json"])
        .expect(0)
        .lines()
        .remove(0)
}

fn tables(answer: &Value) -> Vec<&str> {
    let meanings = answer["meanings"].as_array().unwrap().iter();
    meanings.map(|entry| entry["table"].as_str().unwrap()).collect()
}

#[test]
fn an_error_says_what_it_does_what_to_do_and_which_rules_stand_for_it() {
    let answer = explain("-621004");
    assert_eq!(tables(&answer), ["error-import"]);
    let meaning = &answer["meanings"][0];
    assert!(meaning["zh"].as_str().unwrap().contains("已经申报过") && !meaning["en"].as_str().unwrap().is_empty());
    let effect = &meaning["effects"][0];
    assert_eq!(
        (&effect["becomes"], &effect["receipts"][0]),
        (&"repeated".into(), &"CEB622".into())
    );
    assert!(effect["advice"].as_str().unwrap().contains("appType 2"), "{effect}");
    let rules: Vec<&str> = answer["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["rule"].as_str().unwrap())
        .collect();
    assert!(rules.contains(&"CEB621-R24-order"), "{rules:?}");
    // Without `--`, and for people.
    let folder = tempfile::tempdir().unwrap();
    let text = cebridge(folder.path(), &["explain", "-621004"]).expect(0).stdout;
    for part in [
        "已经申报过",
        "repeated",
        "CEB622",
        "to do",
        "appType 2",
        "CEB621-R24-order",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn states_tables_and_fields_are_answered() {
    let released = explain("800");
    let states: Vec<&str> = tables(&released)
        .into_iter()
        .filter(|table| table.starts_with("status-"))
        .collect();
    assert_eq!(states, ["status-214", "status-604", "status-622"]);
    let inventory = released["meanings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["table"] == "status-622")
        .unwrap();
    assert_eq!(
        (&inventory["effects"][0]["becomes"], &inventory["effects"][0]["final"]),
        (&"released".into(), &true.into())
    );
    // 142 is a currency and a country: both are told, with the fields that take them.
    let both = explain("142");
    assert!(
        tables(&both).contains(&"currency") && tables(&both).contains(&"country"),
        "{both}"
    );
    let with_fields = both["meanings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| !entry["fields"].as_array().unwrap().is_empty());
    assert!(with_fields.count() >= 1, "{both}");
    let folder = tempfile::tempdir().unwrap();
    let fields = cebridge(folder.path(), &["explain", "grossWeight", "--format", "json"])
        .expect(0)
        .lines();
    let of_inventory = fields.iter().find(|field| field["message"] == "CEB621").unwrap();
    assert!(!of_inventory["zh"].as_str().unwrap().is_empty() && !of_inventory["en"].as_str().unwrap().is_empty());
    let text = cebridge(folder.path(), &["explain", "grossWeight"]).expect(0).stdout;
    assert!(text.contains("CEB621") && text.contains("毛重"), "{text}");
}

#[test]
fn what_is_unknown_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for code in ["-451", "1322", "-999999"] {
        let run = cebridge(folder.path(), &["explain", code, "--format", "json"]).expect(1);
        assert_eq!(run.lines()[0]["known"], false, "{code}");
        let text = cebridge(folder.path(), &["explain", code]).expect(1).stdout;
        assert!(
            text.contains("in no table of the specification") && text.contains("read the text"),
            "{text}"
        );
    }
    // Montserrat in the table of countries, and no state that an edition lists.
    let text = cebridge(folder.path(), &["explain", "430"]).expect(0).stdout;
    assert!(
        text.contains("Montserrat") && text.contains("as the state in a receipt") && text.contains("no edition lists"),
        "{text}"
    );
    // The effect is known even for an unknown error.
    let text = cebridge(folder.path(), &["explain", "-999999"]).expect(1).stdout;
    assert!(text.contains("returned, final"), "{text}");
    let run = cebridge(folder.path(), &["explain", "CEB621", "nosuch"]).expect(1);
    assert!(
        run.stderr.contains("CEB621 has no field nosuch; did you mean "),
        "{}",
        run.stderr
    );
    assert!(!run.stderr.contains("CEB311"), "{}", run.stderr);
    let run = cebridge(folder.path(), &["explain", "CEB621", "invtNoo"]).expect(1);
    assert!(run.stderr.contains("did you mean invtNo"), "{}", run.stderr);
    cebridge(folder.path(), &["explain", "nothing-like-it"]).expect(1);
}

#[test]
fn a_returned_document_tells_what_a_bare_code_means() {
    let (enterprise, number) = crate::accepted::declared();
    for (file, status, time, info) in [
        ("R1.xml", "100", "20261130140000000", ""),
        ("R2.xml", "-621015", "20261130140100000", "[Code:-621015;Desc:]"),
    ] {
        crate::accepted::inventory_receipt(&enterprise, file, &number, status, time, info);
        enterprise.run(&["run", "--once", "--quiet"]);
    }
    let rows = enterprise
        .run(&["status", &number, "--format", "json"])
        .expect(0)
        .lines();
    let inventory = rows.iter().find(|row| row["message"] == "CEB621").unwrap();
    assert_eq!(inventory["status"], "returned");
    let reasons = inventory["reasons"].as_array().unwrap();
    let text = |code: &str| {
        let own = reasons.iter().find(|reason| reason["code"] == code);
        own.unwrap_or_else(|| panic!("{code}: {inventory}"))["text"]
            .as_str()
            .unwrap()
    };
    assert!(
        text("100").contains("海关退单") && text("100").contains("Returned by customs"),
        "{inventory}"
    );
    assert!(
        text("-621015").starts_with("[Code:-621015;Desc:] "),
        "what customs wrote stays: {inventory}"
    );
    assert!(
        text("-621015").chars().filter(|c| !c.is_ascii()).count() > 5,
        "{inventory}"
    );
}

#[test]
fn a_text_that_speaks_for_itself_is_left_alone() {
    let (enterprise, number) = crate::accepted::declared();
    let said = "[Code:1800;Desc:申报要素不全]";
    crate::accepted::inventory_receipt(&enterprise, "R1.xml", &number, "100", "20261130140000000", said);
    enterprise.run(&["run", "--once", "--quiet"]);
    let rows = enterprise
        .run(&["status", &number, "--format", "json"])
        .expect(0)
        .lines();
    let inventory = rows.iter().find(|row| row["message"] == "CEB621").unwrap();
    assert_eq!(inventory["reasons"][0]["text"], said);
}

#[test]
fn another_enterprise_is_answered_by_the_edition_that_is_asked_for() {
    let enterprise = Enterprise::new();
    let answer = enterprise
        .run(&["explain", "-301500", "--edition", "2018-113", "--format", "json"])
        .expect(0)
        .lines()
        .remove(0);
    assert_eq!(
        (tables(&answer), &answer["edition"]),
        (vec!["error-export"], &"2018-113".into())
    );
    assert_eq!(answer["meanings"][0]["effects"][0]["receipts"][0], "CEB304");
}
