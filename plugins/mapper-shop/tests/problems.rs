//! Problems in an export are reported with row and field, and no order is mapped in part.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use cebridge_mapper_shop::ShopMapper;
use cebridge_plugin_sdk::{Input, Mapper};
use common::{changed, map, sample};
use serde_json::{Value, json};

#[test]
fn every_missing_or_unusable_field_is_named() {
    type Change = fn(&mut Value);
    let cases: &[(&str, Change)] = &[
        ("buyer.name", |order| order["buyer"]["name"] = Value::Null),
        ("buyer.idNumber", |order| order["buyer"]["idNumber"] = "  ".into()),
        ("buyer.phone", |order| order["buyer"]["phone"] = json!(13900000001_i64)),
        ("buyer.account", |order| order["buyer"]["account"] = Value::Null),
        ("recipient", |order| {
            order["recipient"] = "to the door".into();
        }),
        ("recipient.address", |order| order["recipient"]["address"] = "".into()),
        ("lines", |order| order["lines"] = json!([])),
        ("lines[2]", |order| order["lines"][1] = json!("honey")),
        ("lines[1].name", |order| order["lines"][0]["name"] = Value::Null),
        ("lines[1].hsCode", |order| {
            order["lines"][0]["hsCode"] = json!(3304990039_i64)
        }),
        ("lines[1].qty", |order| order["lines"][0]["qty"] = "abc".into()),
        ("lines[2].qty", |order| order["lines"][1]["qty"] = json!(0)),
        ("lines[1].price", |order| order["lines"][0]["price"] = json!(-1)),
        ("lines[1].unit", |order| order["lines"][0]["unit"] = Value::Null),
        ("lines[1].qty2", |order| order["lines"][0]["qty2"] = Value::Null),
        ("lines[1].unit2", |order| order["lines"][0]["unit2"] = "".into()),
        ("lines[1].origin", |order| order["lines"][0]["origin"] = Value::Null),
        ("currency", |order| order["currency"] = "USD".into()),
        ("freight", |order| order["freight"] = Value::Null),
        ("discount", |order| order["discount"] = "1,000".into()),
        ("tax", |order| order["tax"] = json!({"amount": 1})),
        ("paid", |order| order["paid"] = "12345678901234567890.1".into()),
        ("payment.transactionId", |order| {
            order["payment"]["transactionId"] = Value::Null
        }),
        ("payment.paidAt", |order| {
            order["payment"]["paidAt"] = "2026-02-30 10:00:00".into()
        }),
        ("payment.amount", |order| order["payment"]["amount"] = Value::Null),
        ("payment.payer.idNumber", |order| {
            order["payment"]["payer"] = json!({"name": "李例", "phone": "13900000002"});
        }),
        ("parcel.waybillNo", |order| order["parcel"]["waybillNo"] = Value::Null),
        ("parcel.weight", |order| order["parcel"]["weight"] = json!(0)),
        ("parcel.packages", |order| order["parcel"]["packages"] = "1.5".into()),
        ("parcel.signedAt", |order| order["parcel"]["signedAt"] = "soon".into()),
        ("transport.entryDate", |order| {
            order["transport"] = json!({"entryDate": "1 March"})
        }),
        ("remarks", |order| order["remarks"] = "bell\u{7}".into()),
        ("declarationNo", |order| order["id"] = "SO-2026-000001-SHANGHAI".into()),
        ("id", |order| order["id"] = Value::Null),
    ];
    for (field, change) in cases {
        let mapped = map(&changed(change));
        let fields: Vec<_> = mapped.problems.iter().map(|problem| problem.field.as_str()).collect();
        assert!(fields.contains(field), "{field}: {fields:?}");
        assert!(
            mapped
                .problems
                .iter()
                .all(|problem| problem.row == 1 && problem.message.len() > 10),
            "{field}"
        );
        assert_eq!(mapped.documents, [], "never half an order: {field}");
        let related = |other: &&str| other.starts_with(field) || *field == "id";
        assert!(fields.iter().all(related), "{field} only: {fields:?}");
    }
}

#[test]
fn problems_hold_no_personal_data() {
    let mapped = map(&changed(|order| {
        order["buyer"]["name"] = "王样\u{1}".into();
        order["payment"]["paidAt"] = "王样".into();
    }));
    assert_eq!(mapped.problems.len(), 2);
    assert!(mapped.problems.iter().all(|problem| !problem.message.contains("王样")));
}

#[test]
fn one_faulty_order_does_not_hold_up_the_others() {
    let mut export = sample();
    let mut good = export["orders"][0].clone();
    good["id"] = "SO-2".into();
    export["orders"][0]["paid"] = Value::Null;
    export["orders"]
        .as_array_mut()
        .unwrap()
        .extend([json!("rubbish"), good]);
    let mapped = map(&export);
    let rows: Vec<_> = mapped.problems.iter().map(|problem| problem.row).collect();
    assert_eq!(rows, [1, 2]);
    assert!(
        mapped
            .documents
            .iter()
            .all(|document| document.source == "SO-2" && document.row == 3)
    );
    assert_eq!(mapped.documents.len(), 5);
}

#[test]
fn an_order_that_stands_twice_is_declared_not_even_once() {
    let mut export = sample();
    let again = export["orders"][0].clone();
    export["orders"].as_array_mut().unwrap().push(again);
    let mapped = map(&export);
    let problems: Vec<_> = mapped.problems.iter().map(|p| (p.row, p.field.as_str())).collect();
    assert_eq!(problems, [(1, "id"), (2, "id")]);
    assert!(mapped.problems[0].message.contains("orders 1, 2"));
    assert_eq!(mapped.documents, []);
}

#[test]
fn an_unreadable_file_is_an_error_with_its_place() {
    let error = |content: &str, at: &str| {
        let input = Input {
            name: "day.json".into(),
            content: content.into(),
            settings: vec![],
            at: at.into(),
        };
        ShopMapper::map(&input).unwrap_err()
    };
    let at = "20260302080000";
    assert!(error("{\"shop\": {},\n \"orders\": [}", at).starts_with("day.json: line 2, column 13: "));
    assert!(error("[]", at).contains("shop.platform.code"));
    let mut export = sample();
    export["orders"] = json!({});
    assert!(error(&export.to_string(), at).contains("\"orders\""));
    export["shop"]["customs"]["tradeMode"] = "0110".into();
    assert!(error(&export.to_string(), at).contains("9610 or 1210"));
    export["shop"]["customs"]["tradeMode"] = json!(9610);
    assert!(error(&export.to_string(), at).contains("in quotes"));
    for at in ["", "2026-03-02", "20260230080000"] {
        assert!(error("{}", at).contains("YYYYMMDDhhmmss"));
    }
}
