//! `validate`: verdicts, places, and agreement with an independent XSD validator.

use crate::support::{Enterprise, cebridge, official_schema, rules, specification, tool};
use serde_json::Value;

#[test]
fn a_finding_names_rule_place_line_and_what_to_do() {
    let enterprise = Enterprise::new();
    enterprise.run(&["map", "erp/orders.json", "--mapper", "shop", "-o", "mapped"]);
    let path = enterprise.path().join("mapped/CEB311-001.xml");
    let xml = std::fs::read_to_string(&path).unwrap();
    let wrong = xml.replacen(
        "<ceb:orderType>I</ceb:orderType>",
        "<ceb:orderType>XX</ceb:orderType>",
        1,
    );
    let file = enterprise.write("wrong.xml", wrong);
    let run = enterprise
        .run(&["validate", file.to_str().unwrap(), "--format", "json"])
        .expect(1);
    let verdict = &run.lines()[0];
    for key in [
        "file",
        "message",
        "edition",
        "pack",
        "schema_valid",
        "valid",
        "findings",
    ] {
        assert!(verdict.get(key).is_some(), "{key} is missing");
    }
    assert_eq!(verdict["message"], "CEB311");
    assert_eq!(verdict["schema_valid"], false);
    let found = verdict["findings"].as_array().unwrap();
    let length = found.iter().find(|finding| finding["rule"] == "XSD-length").unwrap();
    for key in [
        "layer",
        "severity",
        "path",
        "field",
        "line",
        "column",
        "value",
        "message",
        "message_zh",
        "clause",
        "source",
    ] {
        assert!(length.get(key).is_some(), "{key} is missing: {length}");
    }
    assert_eq!(length["layer"], "schema");
    assert_eq!(length["severity"], "error");
    assert!(
        length["path"].as_str().unwrap().ends_with("OrderHead/orderType"),
        "{length}"
    );
    assert_eq!(length["value"], "XX");
}

#[test]
fn the_day_chooses_the_edition() {
    let enterprise = Enterprise::new();
    enterprise.run(&["map", "erp/orders.json", "--mapper", "shop", "-o", "mapped"]);
    for (at, edition) in [
        ("2018-06-30", "2018-56"),
        ("2018-09-29", "2018-56"),
        ("2019-01-01", "2018-113"),
        ("2022-05-16", "2018-113"),
        ("2022-05-17", "2022-05"),
    ] {
        let run = enterprise.run(&["validate", "mapped/CEB621-001.xml", "--at", at, "--format", "json"]);
        assert_eq!(run.lines()[0]["edition"], edition, "at {at}");
    }
    let run = enterprise
        .run(&["validate", "mapped/CEB621-001.xml", "--at", "2017-01-01"])
        .expect(2);
    assert!(run.stderr.contains("2018-06-30"), "{}", run.stderr);
    let run = enterprise
        .run(&["validate", "mapped/CEB621-001.xml", "--edition", "2030-01"])
        .expect(2);
    assert!(run.stderr.contains("2022-05"), "{}", run.stderr);
}

#[test]
fn severities_follow_the_configuration_and_say_so() {
    let enterprise = Enterprise::new();
    enterprise.grade("CEB311-R15", "warning");
    let case = rules().join("editions/2018-113/cases/ceb311-gap.xml");
    let run = enterprise.run(&[
        "validate",
        case.to_str().unwrap(),
        "--edition",
        "2018-113",
        "--format",
        "json",
    ]);
    let verdict: &Value = &run.lines()[0];
    let gap = verdict["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["rule"] == "CEB311-R15")
        .unwrap();
    assert_eq!(gap["severity"], "warning");
    assert_eq!(gap["regraded_from"], "error");
}

/// `ebcName` takes 100 characters. A hundred of them with one rare character fit, but are 101 UTF-16 units.
#[test]
fn texts_that_are_too_long_only_in_utf16_are_warned_about() {
    let enterprise = Enterprise::new();
    let case = std::fs::read_to_string(rules().join("editions/2018-113/cases/ceb311-clean.xml")).unwrap();
    let (before, rest) = case.split_once("<ceb:ebcName>").unwrap();
    let (_, after) = rest.split_once("</ceb:ebcName>").unwrap();
    let with = |name: &str| format!("{before}<ceb:ebcName>{name}</ceb:ebcName>{after}");
    enterprise.write("rare.xml", with(&format!("𠮷{}", "电".repeat(99))));
    enterprise.write("usual.xml", with(&"电".repeat(100)));
    let judge = |file: &str, more: &[&str]| {
        let arguments = [&["validate", file, "--edition", "2018-113", "--format", "json"], more].concat();
        let run = enterprise.run(&arguments);
        (run.code, run.lines().remove(0))
    };
    assert_eq!(judge("usual.xml", &[]).1["findings"], serde_json::json!([]));
    let (code, verdict) = judge("rare.xml", &[]);
    let finding = &verdict["findings"][0];
    assert_eq!(
        (code, verdict["findings"].as_array().unwrap().len()),
        (0, 1),
        "{verdict}"
    );
    assert_eq!(finding["rule"], "TEXT-utf16");
    assert_eq!(
        (&finding["layer"], &finding["severity"]),
        (&"business".into(), &"warning".into())
    );
    assert_eq!(finding["path"], "Order[1]/OrderHead/ebcName");
    for language in ["message", "message_zh"] {
        let message = finding[language].as_str().unwrap();
        assert!(message.contains("100") && message.contains("101"), "{message}");
    }
    let (_, schema) = judge("rare.xml", &["--layer", "schema"]);
    assert_eq!(schema["findings"], serde_json::json!([]));

    enterprise.grade("TEXT-utf16", "error");
    let (code, verdict) = judge("rare.xml", &[]);
    assert_eq!((code, &verdict["schema_valid"]), (1, &true.into()), "{verdict}");
}

#[test]
fn gb18030_and_default_namespace_are_read_like_any_other() {
    let enterprise = Enterprise::new();
    let case = std::fs::read_to_string(rules().join("editions/2018-113/cases/ceb311-clean.xml")).unwrap();
    let body = case.split_once("?>").map_or(case.as_str(), |(_, body)| body);
    let plain = body
        .replace("ceb:", "")
        .replace("xmlns:ceb", "xmlns")
        .replace(":ceb=", "=");
    let text = format!("<?xml version=\"1.0\" encoding=\"GB18030\"?>{plain}");
    let (bytes, _, _) = encoding_rs::GB18030.encode(&text);
    let file = enterprise.write("gb.xml", bytes);
    let run = enterprise
        .run(&[
            "validate",
            file.to_str().unwrap(),
            "--edition",
            "2018-113",
            "--format",
            "json",
        ])
        .expect(0);
    assert_eq!(run.lines()[0]["message"], "CEB311");
}

/// Every case of the rule packs, judged by us and by libxml2 with the official schemas.
#[test]
fn the_schema_verdict_equals_xmllints() {
    let Some(specification) = specification() else { return };
    for edition in ["2018-113", "2022-05"] {
        let cases = rules().join(format!("editions/{edition}/cases"));
        let run = cebridge(
            &cases,
            &[
                "validate",
                ".",
                "--edition",
                edition,
                "--layer",
                "schema",
                "--format",
                "json",
            ],
        );
        let verdicts = run.lines();
        assert!(verdicts.len() >= 20, "{} cases of {edition}", verdicts.len());
        for verdict in verdicts {
            let Some(message) = verdict["message"].as_str() else {
                continue;
            };
            let schema = specification.join("xsd").join(edition).join(official_schema(message));
            let file = cases.join(verdict["file"].as_str().unwrap());
            let arguments = [
                "--nonet",
                "--noout",
                "--schema",
                schema.to_str().unwrap(),
                file.to_str().unwrap(),
            ];
            let Some(run) = tool("xmllint", &arguments) else { return };
            assert_eq!(
                verdict["schema_valid"],
                run.code == 0,
                "{}: {}\n{verdict}",
                file.display(),
                run.stderr
            );
        }
    }
}

/// The official samples of the import chain: valid by the schema, and without a business error.
#[test]
fn the_official_samples_pass() {
    let Some(specification) = specification() else { return };
    let mut seen = 0;
    for edition in ["2018-113", "2022-05"] {
        for code in ["CEB311", "CEB312", "CEB411", "CEB511", "CEB513", "CEB621", "CEB622"] {
            let file = specification.join(format!("samples/{edition}/{code}Message.xml"));
            if file.exists() {
                let arguments = [
                    "validate",
                    file.to_str().unwrap(),
                    "--edition",
                    edition,
                    "--format",
                    "json",
                ];
                let verdict = &cebridge(&specification, &arguments).expect(0).lines()[0];
                assert_eq!(verdict["schema_valid"], true, "{verdict}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 9, "only {seen} samples were found");
}
