//! Receipts in the form for the enterprise's software.

#![allow(clippy::unwrap_used, clippy::panic)]

use cebridge_mapper_ceb::CebMapper;
use cebridge_plugin_sdk::{Mapper, Receipt, Value};

fn value(group: &str, row: u32, name: &str, text: &str) -> Value {
    Value {
        group: group.into(),
        row,
        name: name.into(),
        text: text.into(),
    }
}

#[test]
fn a_receipt_keeps_every_value_under_its_official_name() {
    let receipt = Receipt {
        message: "CEB816".into(),
        source: "CEB621 C-1".into(),
        answers: "CEB621".into(),
        values: vec![
            value("TaxHeadRd", 0, "taxNo", "T\"1\""),
            value("TaxListRd", 0, "gnum", "1"),
            value("TaxListRd", 1, "gnum", "2"),
        ],
    };
    let json = CebMapper::render_receipt(&receipt).unwrap();
    assert_eq!(json.last(), Some(&b'\n'));
    let expected = serde_json::json!({
        "receipt": "CEB816", "answers": "CEB621", "source": "CEB621 C-1",
        "values": { "TaxHeadRd": { "taxNo": "T\"1\"" }, "TaxListRd": [{ "gnum": "1" }, { "gnum": "2" }] },
    });
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&json).unwrap(), expected);
}

#[test]
fn what_is_not_known_is_null_and_an_empty_receipt_is_none() {
    let mut receipt = Receipt {
        message: "CEB312".into(),
        source: String::new(),
        answers: String::new(),
        values: vec![value("", 0, "returnStatus", "2")],
    };
    let json: serde_json::Value = serde_json::from_slice(&CebMapper::render_receipt(&receipt).unwrap()).unwrap();
    assert!(json["source"].is_null() && json["answers"].is_null());
    assert_eq!(json["values"]["returnStatus"], "2");
    receipt.values.clear();
    assert!(CebMapper::render_receipt(&receipt).is_err());
}
