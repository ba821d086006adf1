//! `validate`: verdicts, places, and agreement with an independent XSD validator.

use crate::support::{Enterprise, Run, cebridge, official_schema, rules, specification, tool};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::path::Path;

/// A message or an envelope of edition 2018-113 without any finding.
fn clean(name: &str) -> String {
    std::fs::read_to_string(rules().join(format!("editions/2018-113/cases/{name}-clean.xml"))).unwrap()
}

/// An envelope without any finding around a message.
fn around(message: &str) -> String {
    clean("dxpmsg").replace("PGE+PC9hPg==", &STANDARD.encode(message))
}

/// A value replaced, which must be there.
fn with(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

/// Judges a text by edition 2018-113, or by what `more` says.
fn judged(text: &str, more: &[&str]) -> (Run, Run) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file.xml"), text).unwrap();
    let edition: &[&str] = match more.first() {
        Some(&("--edition" | "--at")) => &[],
        _ => &["--edition", "2018-113"],
    };
    let run = |format: &str| {
        let args = [&["validate", "file.xml", "--format", format], edition, more].concat();
        cebridge(folder.path(), &args)
    };
    (run("json"), run("text"))
}

#[track_caller]
fn verdict(text: &str, code: i32, more: &[&str]) -> (Value, String) {
    let (json, human) = judged(text, more);
    assert_eq!(json.code, human.code);
    let human = human.expect(code).stdout;
    (json.expect(code).lines().remove(0), human)
}

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

#[test]
fn the_message_inside_an_envelope_is_judged_too() {
    let message = clean("ceb311");
    let wrong = with(&message, "<ceb:orderType>I<", "<ceb:orderType>XX<");
    let sent = |message: &str| with(&around(message), "<MsgType>CEB311Message</MsgType>", "");

    let (good, human) = verdict(&around(&message), 0, &[]);
    assert_eq!(good["message"], "DxpMsg");
    assert_eq!((&good["schema_valid"], &good["valid"]), (&true.into(), &true.into()));
    assert_eq!(good["envelope_valid"], true);
    let inside = &good["inside"];
    assert_eq!(
        (&inside["message"], &inside["edition"]),
        (&"CEB311".into(), &"2018-113".into())
    );
    assert_eq!(
        (&inside["schema_valid"], &inside["valid"]),
        (&true.into(), &true.into())
    );
    assert_eq!(
        (&inside["findings"], &inside["pack"]),
        (&Value::Array(Vec::new()), &good["pack"])
    );
    assert!(
        human.contains("DxpMsg, edition 2018-113: envelope valid, CEB311 inside: valid\n"),
        "{human}"
    );

    // The schema verdict on the file stays that of the file; the message is judged as it would be alone.
    let (bad, human) = verdict(&around(&wrong), 1, &[]);
    assert_eq!(
        (&bad["schema_valid"], &bad["envelope_valid"]),
        (&true.into(), &true.into())
    );
    assert_eq!(
        (&bad["valid"], &bad["findings"]),
        (&false.into(), &Value::Array(Vec::new()))
    );
    let (alone, _) = verdict(&wrong, 1, &[]);
    for key in ["message", "edition", "pack", "schema_valid", "valid", "findings"] {
        assert_eq!(bad["inside"][key], alone[key], "{key}");
    }
    assert_eq!(alone.get("inside").or(alone.get("envelope_valid")), None);
    assert!(human.contains("envelope valid, CEB311 inside: NOT valid\n"), "{human}");
    let finding = &alone["findings"][0];
    let place = format!(
        "file.xml (inside):{}:{}: error XSD-length",
        finding["line"], finding["column"]
    );
    assert!(human.contains(&place), "{human}");

    let (bad, human) = verdict(&sent(&message), 1, &[]);
    assert_eq!(
        (&bad["schema_valid"], &bad["envelope_valid"]),
        (&false.into(), &false.into())
    );
    assert_eq!((&bad["inside"]["valid"], &bad["valid"]), (&true.into(), &false.into()));
    assert!(human.contains("envelope NOT valid, CEB311 inside: valid\n"), "{human}");
    let (_, human) = verdict(&sent(&wrong), 1, &[]);
    assert!(
        human.contains("envelope NOT valid, CEB311 inside: NOT valid\n"),
        "{human}"
    );

    let broken = clean("dxpmsg").replace("PGE+PC9hPg==", "%%%");
    let (bad, human) = verdict(&broken, 1, &[]);
    assert_eq!((&bad["envelope_valid"], &bad["inside"]), (&false.into(), &Value::Null));
    assert!(
        human.contains("envelope NOT valid, the message inside can't be read\n"),
        "{human}"
    );
    let (bad, human) = verdict(&around("{}"), 1, &[]);
    let finding = &bad["inside"]["findings"][0];
    assert_eq!(
        (&finding["rule"], &finding["message"]),
        (&"XML-READ".into(), &"this is JSON, not XML".into())
    );
    assert!(
        human.contains("envelope valid, no known message inside: NOT valid\n"),
        "{human}"
    );
}

#[test]
fn edition_and_layer_hold_for_envelope_and_message_alike() {
    let message = clean("ceb311");
    // What only the text of the specification forbids.
    let sum = with(&message, "<ceb:acturalPaid>279.8<", "<ceb:acturalPaid>279.9<");
    let (bad, _) = verdict(&around(&sum), 1, &[]);
    assert_eq!(bad["inside"]["schema_valid"], true);
    let (good, _) = verdict(&around(&sum), 0, &["--layer", "schema"]);
    assert_eq!(good["inside"]["findings"], Value::Array(Vec::new()));

    let file = rules().join("editions/2022-05/cases/ceb213-clean.xml");
    let newer = around(&std::fs::read_to_string(file).unwrap());
    let (bad, human) = verdict(&newer, 1, &["--at", "2019-01-01"]);
    assert_eq!(
        (&bad["envelope_valid"], &bad["inside"]["edition"]),
        (&true.into(), &"2018-113".into())
    );
    assert_eq!(bad["inside"]["findings"][0]["rule"], "XSD-root");
    assert!(human.contains("CEB213 is a message of edition 2022-05"), "{human}");
    let (judged, _) = verdict(&newer, 0, &["--edition", "2022-05"]);
    assert_eq!(judged["inside"]["message"], "CEB213");
}

#[test]
fn folders_of_envelopes_are_judged_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let good = around(&clean("ceb311"));
    let bad = around(&with(&clean("ceb311"), "<ceb:orderType>I<", "<ceb:orderType>XX<"));
    for number in 0..60 {
        let text = if number % 7 == 3 { &bad } else { &good };
        std::fs::write(folder.path().join(format!("{number:02}.xml")), text).unwrap();
    }
    let args = ["validate", ".", "--edition", "2018-113", "--format", "json"];
    let verdicts = cebridge(folder.path(), &args).expect(1).lines();
    assert_eq!(verdicts.len(), 60);
    for (number, verdict) in verdicts.iter().enumerate() {
        let name = Path::new(verdict["file"].as_str().unwrap()).file_name().unwrap();
        assert_eq!(name.to_str(), Some(&*format!("{number:02}.xml")));
        assert_eq!(
            (&verdict["envelope_valid"], &verdict["valid"]),
            (&true.into(), &(number % 7 != 3).into())
        );
    }
}

/// Customs adds fields to its receipts that no schema has, and early ones lack fields. The verdict stays that of the
/// schema, but those who ask should know that the receipt is no loss.
#[test]
fn receipts_with_other_fields_are_said_to_be_read_all_the_same() {
    const TOLD: &str = "still accept such receipts";
    let tax = clean("ceb816");
    let added = tax.replace(
        "<customsCode>5141</customsCode>",
        "<customsCode>5141</customsCode><orderNo>SO-1</orderNo><logisticsNo>WB-1</logisticsNo>",
    );
    let (bad, human) = verdict(&added, 1, &[]);
    assert_eq!(
        (&bad["schema_valid"], &bad["message"]),
        (&false.into(), &"CEB816".into())
    );
    assert_eq!(human.matches(TOLD).count(), 1, "{human}");
    let whole = clean("ceb622");
    let (before, rest) = whole.split_once("<guid>").unwrap();
    let early = format!("{before}{}", rest.split_once("</guid>").unwrap().1);
    assert!(verdict(&early, 1, &[]).1.contains(TOLD));
    let (_, human) = verdict(&around(&added), 1, &[]);
    assert!(
        human.contains("CEB816 inside: NOT valid") && human.contains(TOLD),
        "{human}"
    );

    // Not where a value is wrong, where there is nothing to read, and in what we send.
    let value = with(&added, "<taxPrice>200.5<", "<taxPrice>much<");
    let nothing = clean("ceb622").replace("InventoryReturn", "Other");
    let request = with(&clean("ceb311"), "<ceb:orderType>I</ceb:orderType>", "");
    for text in [&value, &nothing, &request] {
        let (_, human) = verdict(text, 1, &[]);
        assert!(!human.contains(TOLD), "{human}");
    }
}

/// A message of a hundred documents: which two are alike, and which line is wrong?
#[test]
fn duplicates_and_gaps_name_the_value_and_both_places() {
    let one = clean("ceb311");
    let (head, rest) = one.split_once("  <ceb:Order>").unwrap();
    let (order, _) = rest.split_once("  <ceb:Order>").unwrap();
    let tail = &one[one.rfind("</ceb:Order>").unwrap() + "</ceb:Order>".len()..];
    let orders: Vec<String> = (1..=5)
        .map(|number| {
            let order = format!("  <ceb:Order>{order}");
            let order = order.replace(
                "C0DE0000-0000-4000-8000-000000000001",
                &format!("C0DE0000-0000-4000-8000-00000000000{number}"),
            );
            order.replace("NW-20230315-0001", &format!("NW-000{number}"))
        })
        .collect();
    let text = format!("{head}{}{tail}", orders.concat());
    verdict(&text, 0, &[]);
    // Order 4 takes the guid of order 2; in order 3 the second line is number 3; order 5 has the number of order 1.
    let text = text
        .replace(
            "C0DE0000-0000-4000-8000-000000000004",
            "C0DE0000-0000-4000-8000-000000000002",
        )
        .replace("NW-0005", "NW-0001");
    let third = text.find("NW-0003").unwrap();
    let gap = third + text[third..].find("<ceb:gnum>2<").unwrap();
    let text = format!("{}<ceb:gnum>3<{}", &text[..gap], &text[gap + "<ceb:gnum>2<".len()..]);
    let (bad, human) = verdict(&text, 1, &[]);
    let finding = |rule: &str| {
        bad["findings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|found| found["rule"] == rule)
            .unwrap()
    };
    let line_of = |at: usize| u64::try_from(text[..at].matches('\n').count()).unwrap() + 1;

    let guid = finding("CEB-C04");
    let value = "C0DE0000-0000-4000-8000-000000000002";
    assert_eq!(
        (&guid["path"], &guid["value"]),
        (&"Order[4]/OrderHead/guid".into(), &value.into())
    );
    assert_eq!(
        (&guid["field"], guid["line"].as_u64()),
        (&"guid".into(), Some(line_of(text.rfind(value).unwrap())))
    );
    let message = guid["message"].as_str().unwrap();
    assert!(
        message.ends_with(&format!("Documents 2 and 4 have the guid {value}.")),
        "{message}"
    );
    let message = guid["message_zh"].as_str().unwrap();
    assert!(
        message.ends_with(&format!("第2份单证和第4份单证的guid均为{value}。")),
        "{message}"
    );

    let number = finding("CEB311-R02");
    assert_eq!(
        (&number["path"], &number["value"]),
        (&"Order[5]/OrderHead/orderNo".into(), &"NW-0001".into())
    );
    assert!(
        number["message"]
            .as_str()
            .unwrap()
            .contains("Documents 1 and 5 have the orderNo NW-0001.")
    );

    let line = finding("CEB311-R15");
    assert_eq!(
        (&line["path"], &line["value"]),
        (&"Order[3]/OrderList[2]/gnum".into(), &"3".into())
    );
    assert_eq!(line["line"].as_u64(), Some(line_of(gap)));
    assert!(
        line["message"]
            .as_str()
            .unwrap()
            .ends_with("Line 2 has gnum 3; expected 2."),
        "{line}"
    );
    assert!(human.contains("Line 2 has gnum 3; expected 2."), "{human}");
}

/// The check character of an identity number is a capital X; registers and customs compare letter by letter.
#[test]
fn an_identity_number_with_a_small_x_is_told_so_without_being_shown() {
    let message = clean("ceb311").replace("110101190001010014", "11010119000101009x");
    let (found, human) = verdict(&message, 0, &[]);
    let finding = &found["findings"][0];
    assert_eq!(finding["rule"], "CEB311-R09");
    assert!(
        finding["message"].as_str().unwrap().contains("lower-case x; write X"),
        "{finding}"
    );
    assert!(!human.contains("11010119000101009"), "{human}");
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
