//! Bad input: each ends in a clear error or a finding, with the right exit code.

use crate::support::Enterprise;

fn validate(enterprise: &Enterprise, name: &str, content: impl AsRef<[u8]>) -> serde_json::Value {
    let file = enterprise.write(name, content);
    let run = enterprise
        .run(&["validate", file.to_str().unwrap(), "--format", "json"])
        .expect(1);
    let verdict = run.lines().remove(0);
    assert_eq!(verdict["schema_valid"], false);
    assert_eq!(verdict["valid"], false);
    verdict["findings"][0].clone()
}

#[test]
fn hostile_xml_is_a_finding_with_a_place() {
    let enterprise = Enterprise::new();
    let doctype = "<?xml version=\"1.0\"?>\n<!DOCTYPE a [<!ENTITY x \"y\">]>\n<a>&x;</a>";
    let finding = validate(&enterprise, "doctype.xml", doctype);
    assert_eq!(finding["line"], 2);
    assert!(finding["message"].as_str().unwrap().contains("DOCTYPE"), "{finding}");
    let deep = "<a>".repeat(5_000);
    assert!(
        validate(&enterprise, "deep.xml", deep)["message"]
            .as_str()
            .unwrap()
            .contains("deep")
    );
    let finding = validate(&enterprise, "cut.xml", "<a><b>text</b>");
    assert_eq!(finding["rule"], "XML-READ");
    let wrong = validate(
        &enterprise,
        "utf8.xml",
        b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><a>\xff\xfe</a>",
    );
    assert!(wrong["message"].as_str().unwrap().contains("UTF-8"), "{wrong}");
    validate(&enterprise, "empty.xml", "");
    validate(&enterprise, "binary.xml", [0_u8, 159, 146, 150]);
    let unknown = validate(
        &enterprise,
        "unknown.xml",
        "<CEB999Message xmlns=\"http://www.chinaport.gov.cn/ceb\"/>",
    );
    assert_eq!(unknown["rule"], "XSD-root");
}

#[test]
fn files_that_are_not_there_are_errors_of_the_command() {
    let enterprise = Enterprise::new();
    for arguments in [
        &["validate", "nowhere.xml"][..],
        &["sign", "nowhere.xml", "--key", "nowhere.pem"],
        &["verify", "nowhere.xml"],
        &["unwrap", "nowhere.xml"],
        &["declare", "nowhere.json", "--mapper", "shop"],
        &["declare", "erp/orders.json", "--mapper", "nobody"],
        &["validate", "erp/orders.json", "--pack", "cebridge.toml"],
        &["status", "--config", "nowhere.toml"],
        &["validate"],
    ] {
        let run = enterprise.run(arguments).expect(2);
        assert!(!run.stderr.is_empty(), "{arguments:?} says why");
    }
}

#[test]
fn an_erp_file_that_is_no_json_is_refused_with_its_place() {
    let enterprise = Enterprise::new();
    enterprise.write("broken.json", "{ \"shop\": {},\n \"orders\": [ }");
    let run = enterprise
        .run(&["declare", "broken.json", "--mapper", "shop"])
        .expect(2);
    assert!(
        run.stderr.contains("broken.json") && run.stderr.contains("line 2"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_signature_that_is_none_is_refused() {
    let enterprise = Enterprise::new();
    for (name, content) in [
        ("none.xml", "<a xmlns=\"http://www.chinaport.gov.cn/ceb\"/>"),
        ("text.xml", "no xml at all"),
        (
            "empty-signature.xml",
            "<a><ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/></a>",
        ),
    ] {
        let file = enterprise.write(name, content);
        let run = enterprise
            .run(&["verify", file.to_str().unwrap(), "--format", "json"])
            .expect(1);
        let verdict = run.lines().remove(0);
        assert_eq!(verdict["valid"], false);
        assert!(
            !verdict["reasons"].as_array().unwrap().is_empty(),
            "{name} has a reason"
        );
    }
}

#[test]
fn a_ledger_that_is_none_is_not_touched() {
    let enterprise = Enterprise::new();
    enterprise.write("cebridge.db", "this is not a database, and somebody may need it");
    let run = enterprise.run(&["status"]).expect(2);
    assert!(run.stderr.contains("cebridge.db"), "{}", run.stderr);
    let after = std::fs::read_to_string(enterprise.path().join("cebridge.db")).unwrap();
    assert_eq!(after, "this is not a database, and somebody may need it");
}
