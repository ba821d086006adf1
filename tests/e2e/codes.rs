//! Codes that speak: `explain` answers every code of customs, and `status` says what a bare code means.

use crate::support::cebridge;
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
    // What an unknown error does is known all the same.
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
