//! Receipts in the ERP's own format.

#![allow(clippy::unwrap_used, clippy::panic)]

use cebridge_mapper_shop::ShopMapper;
use cebridge_plugin_sdk::{Mapper, Receipt, Value};

fn receipt(source: &str, values: &[(&str, &str)]) -> Receipt {
    let value = |(name, text): &(&str, &str)| Value {
        group: String::new(),
        row: 0,
        name: (*name).into(),
        text: (*text).into(),
    };
    Receipt {
        message: "CEB622".into(),
        source: source.into(),
        answers: "CEB621".into(),
        values: values.iter().map(value).collect(),
    }
}

fn rendered(receipt: &Receipt) -> serde_json::Value {
    let json = ShopMapper::render_receipt(receipt).unwrap();
    assert_eq!(json.last(), Some(&b'\n'));
    serde_json::from_slice(&json).unwrap()
}

#[test]
fn a_receipt_tells_order_document_state_time_and_text() {
    let answer = rendered(&receipt(
        "SO-1",
        &[
            ("copNo", "SO-1"),
            ("invtNo", "224420261234567890"),
            ("returnStatus", "800"),
            ("returnTime", "20260302101500123"),
            ("returnInfo", "[放行] \"ok\" <1>"),
        ],
    ));
    let expected = serde_json::json!({
        "order": "SO-1", "document": "CEB621", "receipt": "CEB622", "status": "800", "outcome": "done",
        "meaning": "released", "time": "2026-03-02T10:15:00+08:00", "info": "[放行] \"ok\" <1>",
        "inventoryNo": "224420261234567890", "declarationNo": "SO-1",
    });
    assert_eq!(answer, expected);
}

#[test]
fn outcomes_say_what_the_erp_has_to_do() {
    for (status, outcome) in [
        ("-621005", "refused"),
        ("100", "refused"),
        ("4", "refused"),
        ("2", "waiting"),
        ("120", "accepted"),
        ("500", "waiting"),
        ("899", "done"),
        ("0", "unknown"),
        ("431", "unknown"),
        ("OK", "unknown"),
    ] {
        assert_eq!(
            rendered(&receipt("SO-1", &[("returnStatus", status)]))["outcome"],
            outcome,
            "{status}"
        );
    }
}

#[test]
fn what_belongs_to_no_known_order_has_a_null_and_odd_times_stay() {
    let answer = rendered(&receipt("", &[("returnStatus", "1"), ("returnTime", "yesterday")]));
    assert!(answer["order"].is_null() && answer["info"].is_null());
    assert_eq!(answer["time"], "yesterday");
    assert_eq!(
        rendered(&receipt("", &[("returnStatus", "1"), ("orderNo", "SO-9")]))["order"],
        "SO-9"
    );
    let error = ShopMapper::render_receipt(&receipt("SO-1", &[])).unwrap_err();
    assert!(error.contains("returnStatus"), "{error}");
}
