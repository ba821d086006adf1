//! The XSD of a small pack: its content, and the verdicts of a validator.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use cebridge_spec::{Catalogue, StandardError, xsd};
use std::path::Path;
use std::process::Command;
use support::{names, pack};

fn files() -> Vec<cebridge_spec::File> {
    let (pack, names) = (pack("2020-01"), names());
    xsd::files(&Catalogue::new(&pack, &names).unwrap()).unwrap()
}

#[test]
fn directions_and_namespaces_have_files_of_their_own() {
    let names: Vec<String> = files().into_iter().map(|file| file.name).collect();
    assert_eq!(names, ["ceb-export.xsd", "ceb-import.xsd", "xmldsig.xsd"]);
}

#[test]
fn only_the_messages_that_were_asked_for_are_written() {
    let (pack, names) = (pack("2020-01"), names());
    let catalogue = Catalogue::new(&pack, &names).unwrap();
    let files = xsd::files(&catalogue.clone().only(&["ceb303".to_owned()]).unwrap()).unwrap();
    assert_eq!(files.len(), 1);
    assert!(files[0].text.contains("CEB303Message"), "{}", files[0].text);
    let error = catalogue.only(&["CEB999".to_owned()]).unwrap_err();
    assert!(matches!(error, StandardError::UnknownMessage { .. }), "{error}");
    assert!(error.to_string().contains("CEB311"), "known codes are named: {error}");
}

#[test]
fn labels_and_printed_formats_are_annotations() {
    let import = files()
        .into_iter()
        .find(|file| file.name == "ceb-import.xsd")
        .unwrap()
        .text;
    for part in [
        "<xs:documentation xml:lang=\"zh\">订单编号</xs:documentation>",
        "Order number. Printed: C..10, required",
        "Personal data",
        "fixed=\"142\"",
        "default=\"1\"",
        "<xs:totalDigits value=\"5\"/>",
        "<xs:whiteSpace value=\"collapse\"/>",
        "maxOccurs=\"unbounded\"",
        "ref=\"ds:Signature\"",
        "processContents=\"skip\"",
    ] {
        assert!(import.contains(part), "{part} is missing in {import}");
    }
}

/// Validity of each document; `None` if xmllint is not installed and tests may skip.
fn judged(folder: &Path, schema: &str, documents: &[String]) -> Option<Vec<bool>> {
    let mut command = Command::new("xmllint");
    command
        .current_dir(folder)
        .args(["--nonet", "--noout", "--schema", schema]);
    for (index, document) in documents.iter().enumerate() {
        std::fs::write(folder.join(format!("{index}.xml")), document).unwrap();
        command.arg(format!("{index}.xml"));
    }
    let output = match command.output() {
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => {
            assert!(
                std::env::var_os("CEBRIDGE_TESTS_MUST_RUN").is_none(),
                "xmllint is needed: {error}"
            );
            eprintln!("skipped: xmllint is not installed");
            return None;
        }
    };
    let verdict = |index: usize| {
        let has = |line: String| output.lines().any(|known| known == line);
        let good = has(format!("{index}.xml validates"));
        assert!(
            good || has(format!("{index}.xml fails to validate")),
            "no verdict on {index}: {output}"
        );
        good
    };
    Some((0..documents.len()).map(verdict).collect())
}

#[test]
fn a_validator_accepts_and_refuses_what_the_rules_do() {
    let folder = std::env::temp_dir().join(format!("cebridge-spec-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for file in files() {
        std::fs::write(folder.join(&file.name), &file.text).unwrap();
    }
    let order = "<Order><orderNo>A1</orderNo><total>1.50</total><currency>142</currency><country>110</country></Order>";
    let signature = "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><KeyInfo>x<KeyName>k</KeyName>\
                     <Certificate type=\"a\">abc</Certificate></KeyInfo></Signature>";
    let message = |inside: &str| {
        format!(
            "<CEB311Message xmlns=\"http://example.test/ceb\" guid=\"{}\">{inside}</CEB311Message>",
            "A".repeat(36)
        )
    };
    let cases = [
        (true, message(order)),
        (true, message(&format!("{order}{order}"))),
        (true, message(&format!("{order}<Extension><Content><a xmlns=\"\"><b/></a></Content></Extension>{signature}"))),
        (true, message(&order.replace("142", ""))),
        (false, message(&order.replace("142", "143"))),
        (false, message(&format!("{order}{order}{order}"))),
        (false, message(&order.replace("A1", ""))),
        (false, message(&order.replace("A1", "12345678901"))),
        (false, message(&order.replace("1.50", "1.555"))),
        (false, message(&order.replace("1.50", "123456"))),
        (false, message(&order.replace("<total>1.50</total>", ""))),
        (false, message(&order.replace("orderNo", "OrderNo"))),
        (false, message(&format!("{signature}{order}"))),
        (false, message(&format!("{order}{}", signature.replace("abc", "123456789")))),
        (false, message(order).replace("guid", "id")),
        (
            true,
            "<CEB312Message xmlns=\"http://example.test/ceb\"><Order><orderNo>12345678901</orderNo></Order></CEB312Message>"
                .to_owned(),
        ),
    ];
    let documents: Vec<String> = cases.iter().map(|(_, document)| document.clone()).collect();
    if let Some(verdicts) = judged(&folder, "ceb-import.xsd", &documents) {
        for ((expected, document), verdict) in cases.iter().zip(verdicts) {
            assert_eq!(verdict, *expected, "{document}");
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
