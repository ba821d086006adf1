//! Writing rules: the guide as it stands, explaining, scaffolds, expected findings written down.

use crate::packs::changed_rules;
use crate::support::{BINARY, Enterprise, Run, rules};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};

/// A block of the guide: what it is, and its text.
enum Step {
    Shell(String),
    File(String, String),
}

/// Shell blocks, and TOML blocks with the file that the line above them names.
fn steps(guide: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut above = "";
    let mut lines = guide.lines();
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            match kind {
                "sh" => steps.extend(block.iter().map(|line| Step::Shell((*line).to_owned()))),
                "toml" => {
                    let file = above.rsplit('`').nth(1).unwrap();
                    steps.push(Step::File(file.to_owned(), block.join("\n") + "\n"));
                }
                other => panic!("a block of {other}"),
            }
        } else if !line.is_empty() {
            above = line;
        }
    }
    steps
}

/// Runs a line of the guide as a shell does, with the binary under test as `cebridge`.
fn shell(folder: &Path, line: &str) -> Run {
    let tools = folder.join("tools");
    if !tools.exists() {
        std::fs::create_dir(&tools).unwrap();
        std::os::unix::fs::symlink(BINARY, tools.join("cebridge")).unwrap();
    }
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-c", line])
        .current_dir(folder)
        .env("PATH", path)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Run::of(&output)
}

/// An invented export inventory with a waybill number of 33 characters and a trade mode that no edition knows.
fn inventory() -> String {
    let head = [
        ("guid", "C0DE0000-0000-4000-8000-000000000603"),
        ("appType", "1"),
        ("appTime", "20220601093000"),
        ("appStatus", "1"),
        ("customsCode", "5141"),
        ("ebpCode", "4401990002"),
        ("ebpName", "南湾示例平台"),
        ("orderNo", "NW-1"),
        ("logisticsCode", "4401990004"),
        ("logisticsName", "南湾示例物流有限公司"),
        ("logisticsNo", "WB1234567890123456789012345678901"),
        ("copNo", "COP-1"),
        ("ieFlag", "E"),
        ("portCode", "5141"),
        ("ieDate", "20220601"),
        ("statisticsFlag", "A"),
        ("agentCode", "4401990001"),
        ("agentName", "南湾示例电子商务有限公司"),
        ("ebcCode", "4401990001"),
        ("ebcName", "南湾示例电子商务有限公司"),
        ("ownerCode", "4401990001"),
        ("ownerName", "南湾示例电子商务有限公司"),
        ("tradeMode", "9999"),
        ("trafMode", "5"),
        ("country", "502"),
        ("POD", "3154"),
        ("freight", "1"),
        ("fCurrency", "142"),
        ("fFlag", "3"),
        ("insuredFee", "1"),
        ("iCurrency", "142"),
        ("iFlag", "3"),
        ("wrapType", "2"),
        ("packNo", "1"),
        ("grossWeight", "2"),
        ("netWeight", "1"),
    ];
    let list = [
        ("gnum", "1"),
        ("itemNo", "SKU-1"),
        ("gcode", "6109100010"),
        ("gname", "示例衬衫"),
        ("gmodel", "示例牌"),
        ("barCode", "无"),
        ("country", "502"),
        ("currency", "142"),
        ("qty", "1"),
        ("qty1", "1"),
        ("unit", "011"),
        ("unit1", "011"),
        ("price", "10"),
        ("totalPrice", "10"),
    ];
    let transfer = [
        ("copCode", "4401990001"),
        ("copName", "南湾示例电子商务有限公司"),
        ("dxpMode", "DXP"),
        ("dxpId", "DXPENT0000099901"),
    ];
    let fields = |fields: &[(&str, &str)]| -> String {
        let line = |(name, value): &(&str, &str)| format!("<{name}>{value}</{name}>\n");
        fields.iter().map(line).collect()
    };
    format!(
        "<CEB603Message xmlns=\"http://www.chinaport.gov.cn/ceb\" guid=\"C0DE0000-0000-4000-8000-000000000903\" \
         version=\"1.0\">\n<Inventory>\n<InventoryHead>\n{}</InventoryHead>\n<InventoryList>\n{}</InventoryList>\n\
         </Inventory>\n<BaseTransfer>\n{}</BaseTransfer>\n</CEB603Message>\n",
        fields(&head),
        fields(&list),
        fields(&transfer)
    )
}

#[test]
fn the_guide_works_as_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("ceb603.xml"), inventory()).unwrap();
    let guide = std::fs::read_to_string(rules().join("NOTICE.md")).unwrap();
    let steps = steps(&guide);
    assert!(steps.len() > 20, "{} steps", steps.len());
    for step in steps {
        match step {
            Step::File(file, text) => std::fs::write(at.join(file), text).unwrap(),
            Step::Shell(line) => {
                // The inventory is wrong, so judging it says so; everything else must succeed.
                let wrong = i32::from(line.starts_with("cebridge validate") && !line.contains("2022-05-16"));
                let run = shell(at, &line);
                let older = line.contains("2022-05-16") && run.code < 2;
                assert!(
                    run.code == wrong || older,
                    "{line}\nended with {}:\n{}{}",
                    run.code,
                    run.stdout,
                    run.stderr
                );
                // The edition in force follows from the day, and the change from the edition.
                if line.contains("--at") {
                    let day = line.contains("2022-05-18");
                    let edition = if day { "2022-05-try" } else { "2018-113" };
                    assert!(run.stdout.contains(&format!("edition {edition}:")), "{}", run.stdout);
                    assert_eq!(run.stdout.contains("XSD-length"), day, "{}", run.stdout);
                }
                if line.contains("explain CEB603-TRY01") {
                    assert!(run.stdout.contains("9710 (B2B export)"), "{}", run.stdout);
                    assert!(run.stdout.contains("<tradeMode>9999</tradeMode>"), "{}", run.stdout);
                }
            }
        }
    }
    let expect = at.join("rules/editions/2022-05-try/cases/ceb603-waybill.expect");
    let expect = std::fs::read_to_string(expect).unwrap();
    for finding in [
        "CEB603-TRY01 Inventory/InventoryHead/tradeMode",
        "XSD-length Inventory/InventoryHead/logisticsNo",
    ] {
        assert!(expect.lines().any(|line| line == finding), "{expect}");
    }
    let hints = std::fs::read_to_string(at.join("rules/.taplo.toml")).unwrap();
    assert!(!hints.contains("rules/"), "{hints}");
}

#[test]
fn scaffolds_overwrite_nothing_and_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let run = |line: &str| shell(folder.path(), line);
    let refused = |line: &str, words: &[&str]| {
        let run = run(line).expect(2);
        for word in words {
            assert!(run.stderr.contains(word), "{line}: {}", run.stderr);
        }
    };
    refused(
        "cebridge pack new edition e --extends 2018-113 --dir rules",
        &["pack rules -o rules"],
    );
    run("cebridge pack rules -o rules").expect(0);
    refused("cebridge pack rules -o rules", &["rules/editions", "empty folder"]);
    let new = "cebridge pack new edition e --dir rules";
    refused(&format!("{new} --extends 2018-114"), &["2018-114", "2018-113"]);
    refused(
        &format!("{new} --extends 2018-113 --effective-from 2022-02-30"),
        &["edition.toml:", "is no date"],
    );
    run(&format!("{new} --extends 2018-113")).expect(0);
    refused(
        &format!("{new} --extends 2018-113"),
        &["rules/editions/e", "left alone"],
    );
    run("cebridge pack test rules/editions/e").expect(0);

    for (code, more) in [
        ("CEB901", ""),
        ("CEB902", " --direction export --root Other --document Thing"),
    ] {
        run(&format!(
            "cebridge pack new message {code} --edition rules/editions/e{more}"
        ))
        .expect(0);
    }
    let cases = run("cebridge pack test rules/editions/e --format json")
        .expect(0)
        .lines();
    assert_eq!(cases.len(), 4);
    let new = "cebridge pack new message --edition rules/editions/e";
    refused(&format!("{new} CEB901"), &["CEB901", "[[change]]"]);
    refused(&format!("{new} CEB903 --root CEB311Message"), &["CEB311", "--root"]);
    refused(&format!("{new} 'CEB 903'"), &["CEB 903", "letters and digits"]);
    std::fs::write(folder.path().join("rules/editions/e/cases/ceb903-clean.xml"), "mine").unwrap();
    let before = run("cebridge pack new message CEB903 --edition rules/editions/e");
    assert_eq!(before.code, 2, "{}", before.stderr);
    assert!(
        !folder.path().join("rules/editions/e/CEB903.toml").exists(),
        "all or nothing"
    );
}

#[test]
fn expected_findings_are_written_down_only_when_asked() {
    let enterprise = Enterprise::new();
    let file = "editions/2022-05/cases/ceb311-amounts.expect";
    let original = std::fs::read_to_string(rules().join(file)).unwrap();
    let first = original.lines().find(|line| !line.starts_with('#')).unwrap().to_owned();
    let edition = changed_rules(&enterprise, file, &first, "CEB311-R15 Order/OrderHead/orderNo");
    let (edition, expect) = (edition.to_str().unwrap(), enterprise.path().join("rules").join(file));
    let clean = expect.with_file_name("ceb311-clean.expect");
    let changed = std::fs::read_to_string(&expect).unwrap();

    let failed = enterprise.run(&["pack", "test", edition]).expect(1);
    assert!(
        failed.stdout.contains(&format!("found, but not expected: {first}")),
        "{}",
        failed.stdout
    );
    let line = failed
        .stdout
        .lines()
        .skip_while(|line| !line.contains(&first))
        .nth(1)
        .unwrap();
    assert!(line.contains("CEB311.toml:"), "the rule's line: {line}");
    assert_eq!(std::fs::read_to_string(&expect).unwrap(), changed);

    // A finding that does not come any more and an id that is gone are no obstacle; a remark at the top stays.
    std::fs::write(&expect, "# Amounts that do not add up.\nCEB311-GONE Order\n").unwrap();
    std::fs::write(&clean, "CEB311-R05 Order/OrderList/totalPrice\n").unwrap();
    enterprise.run(&["pack", "test", edition, "--bless"]).expect(0);
    let blessed = std::fs::read_to_string(&expect).unwrap();
    let (remark, findings) = blessed.split_once('\n').unwrap();
    assert_eq!(remark, "# Amounts that do not add up.");
    assert!(findings.lines().is_sorted() && findings.contains(&first), "{findings}");
    assert!(!clean.exists(), "nothing is found there, so there is no file");
    enterprise.run(&["pack", "test", edition]).expect(0);

    std::fs::write(expect.with_file_name("broken.xml"), "<open>").unwrap();
    let run = enterprise.run(&["pack", "test", edition, "--bless"]).expect(2);
    assert!(run.stderr.contains("broken.xml"), "{}", run.stderr);
    enterprise.write("x.wasm", "x");
    let run = enterprise.run(&["pack", "test", "x.wasm", "--bless"]).expect(2);
    assert!(run.stderr.contains("folder of the edition"), "{}", run.stderr);
}

#[test]
fn rules_without_a_case_are_listed() {
    let enterprise = Enterprise::new();
    let file = "editions/2022-05/cases/ceb311-amounts.expect";
    let edition = rules().join("editions/2022-05");
    let covered = std::fs::read_to_string(rules().join(file)).unwrap();
    let run = enterprise
        .run(&[
            "pack",
            "test",
            edition.to_str().unwrap(),
            "--coverage",
            "--format",
            "json",
        ])
        .expect(0);
    let lines = run.lines();
    let listed: Vec<&str> = lines.iter().filter_map(|line| line["rule"].as_str()).collect();
    assert!(
        listed.contains(&"TEXT-utf16") || listed.contains(&"XSD-xsi"),
        "{listed:?}"
    );
    for line in covered.lines().filter(|line| !line.starts_with('#')) {
        assert!(!listed.contains(&line.split(' ').next().unwrap()), "{line}");
    }
}

fn explain(enterprise: &Enterprise, arguments: &[&str]) -> Value {
    let arguments = [&["explain"], arguments, &["--edition", "2022-05", "--format", "json"]].concat();
    enterprise.run(&arguments).expect(0).lines().remove(0)
}

#[test]
fn a_rule_is_explained_by_its_own_cases() {
    let enterprise = Enterprise::new();
    let rule = explain(&enterprise, &["ceb311-r03"]);
    assert_eq!(rule["rule"], "CEB311-R03");
    assert_eq!(
        (&rule["layer"], &rule["severity"]),
        (&"business".into(), &"error".into())
    );
    assert_eq!(rule["messages"], serde_json::json!(["CEB311"]));
    assert_eq!(rule["places"][0]["path"], "Order/OrderHead/acturalPaid");
    assert_eq!(rule["places"][0]["field"], "acturalPaid 实际支付金额");
    let check = &rule["checks"][0];
    assert!(check["check"].as_str().unwrap().contains("goodsValue + freight"));
    assert!(check["source"].as_str().unwrap().contains("CEB311.toml:"));
    assert!(!rule["why"].as_str().unwrap().is_empty());
    // The fields that the rule adds up are shown with the sum, in the wrong message and in the right one.
    for example in ["wrong", "right"] {
        let xml = rule[example]["xml"].as_str().unwrap();
        for field in ["<goodsValue>", "<freight>", "<taxTotal>", "<discount>", "<acturalPaid>"] {
            assert!(xml.contains(field), "{example}: {xml}");
        }
    }
    assert_ne!(rule["wrong"]["xml"], rule["right"]["xml"]);
    assert!(rule["wrong"]["xml"].as_str().unwrap().contains("CEB311-R03"));
    let text = enterprise.run(&["explain", "CEB311-R03"]).expect(0).stdout;
    for word in ["acturalPaid 实际支付金额", "wrong (case", "right (case", "clause"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn examples_mask_personal_data() {
    let enterprise = Enterprise::new();
    let cases = rules().join("editions/2022-05/cases");
    let mut people: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(cases).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for name in ["buyerIdNumber", "buyerTelephone", "consigneeAddress"] {
            people.extend(
                text.split(&format!("{name}>"))
                    .skip(1)
                    .step_by(2)
                    .map(|rest| rest.split('<').next().unwrap().to_owned()),
            );
        }
    }
    people.retain(|value| value.chars().count() > 6);
    people.sort();
    people.dedup();
    assert!(people.len() > 2, "{people:?}");
    let listed = enterprise
        .run(&["explain", "CEB311", "--edition", "2022-05", "--format", "json"])
        .expect(0)
        .lines()
        .remove(0);
    let mut seen = 0;
    for rule in listed["rules"].as_array().unwrap() {
        let about = rule["message"].as_str().unwrap().to_lowercase();
        if !about.contains("buyer") && !about.contains("identity") {
            continue;
        }
        let rule = rule["rule"].as_str().unwrap();
        let shown = explain(&enterprise, &[rule]);
        for example in ["wrong", "right"] {
            let xml = shown[example]["xml"].as_str().unwrap_or_default();
            seen += usize::from(xml.contains("***"));
            for value in &people {
                assert!(!xml.contains(value.as_str()), "{rule} {example}: {xml}");
            }
        }
    }
    assert!(seen > 0, "no example with a masked value was looked at");
}

#[test]
fn rules_without_a_case_get_an_example_from_the_declaration() {
    let enterprise = Enterprise::new();
    let text = explain(&enterprise, &["TEXT-utf16"]);
    assert_eq!(
        (&text["layer"], &text["basis"]),
        (&"business".into(), &"inferred".into())
    );
    let units = |example: &str| text[example]["xml"].as_str().unwrap().encode_utf16().count();
    assert!(units("wrong") > units("right"));
    for rule in ["XSD-root", "XSD-occurs", "XSD-fixed", "XSD-xsi", "CEB603-unit2-length"] {
        let shown = explain(&enterprise, &[rule]);
        let (wrong, right) = (&shown["wrong"]["xml"], &shown["right"]["xml"]);
        assert!(wrong.is_string() && right.is_string() && wrong != right, "{shown}");
    }
}

#[test]
fn the_rules_of_a_field_are_listed_and_unknown_ones_are_suggested() {
    let enterprise = Enterprise::new();
    let field = explain(&enterprise, &["ceb311", "OrderHead/orderNo"]);
    assert_eq!(
        (&field["message"], &field["path"]),
        (&"CEB311".into(), &"Order/OrderHead/orderNo".into())
    );
    let rules: Vec<&str> = field["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["rule"].as_str().unwrap())
        .collect();
    for rule in ["XSD-length", "TEXT-utf16", "CEB311-R02"] {
        assert!(rules.contains(&rule), "{rules:?}");
    }
    for (arguments, near) in [
        (&["CEB311-R3"][..], "CEB311-R03"),
        (&["XSD-lenght"], "XSD-length"),
        (&["CEB311", "ordrNo"], "orderNo"),
        (&["CEB31l", "orderNo"], "CEB311"),
    ] {
        let run = enterprise.run(&[&["explain"], arguments].concat()).expect(1);
        assert!(run.stderr.contains(near), "{}", run.stderr);
    }
    enterprise.grade("CEB311-R03", "warning");
    let rule = explain(&enterprise, &["CEB311-R03"]);
    assert_eq!(
        (&rule["severity"], &rule["configured"]),
        (&"error".into(), &"warning".into())
    );
}

#[test]
fn rules_of_the_host_are_explained_like_those_of_packs() {
    let enterprise = Enterprise::new();
    enterprise.grade("SIGN-OPTIONAL", "error");
    for rule in [
        "SIGN-NEED",
        "SIGN-OPTIONAL",
        "SIGN-FORBIDDEN",
        "SIGN-PROFILE",
        "SIGN-CERTIFICATE",
        "ACCESS-ROLE",
        "ACCESS-CODE",
        "ACCESS-MESSAGE",
        "ACCESS-ENTERPRISE",
        "ACCESS-CERTIFICATE",
        "HOST-MAPPING",
        "HOST-HELD-BACK",
        "HOST-DUPLICATE",
        "HOST-PLUGIN",
    ] {
        let told = enterprise.run(&["explain", rule, "--format", "json"]).expect(0).lines();
        assert_eq!((&told[0]["rule"], &told[0]["basis"]), (&rule.into(), &"host".into()));
        for part in ["why", "severity"] {
            assert!(!told[0][part].as_str().unwrap().is_empty(), "{}", told[0]);
        }
        assert!(!told[0]["checks"][0]["message_zh"].as_str().unwrap().is_empty());
    }
    let text = enterprise.run(&["explain", "sign-optional"]).expect(0).stdout;
    assert!(text.contains("warning, by the configuration error"), "{text}");
    let run = enterprise.run(&["explain", "SIGN-NED"]).expect(1);
    assert!(run.stderr.contains("did you mean SIGN-NEED"), "{}", run.stderr);
}
