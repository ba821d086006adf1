//! One order at a time: exactness, settings, transport, bonded import.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use cebridge_mapper_shop::ShopMapper;
use cebridge_plugin_sdk::Mapper;
use common::{changed, document, map, run, sample, value};
use serde_json::{Value, json};

#[test]
fn an_order_becomes_four_documents_and_a_fifth_when_it_was_signed_for() {
    let mapped = map(&sample());
    assert_eq!(mapped.problems, []);
    let codes: Vec<_> = mapped
        .documents
        .iter()
        .map(|document| document.message.as_str())
        .collect();
    assert_eq!(codes, ["CEB311", "CEB411", "CEB511", "CEB621", "CEB513"]);
    for document in &mapped.documents {
        assert_eq!((document.source.as_str(), document.row), ("SO-1", 1));
        assert_eq!(value(document, 0, "appType"), Some("1"));
        assert_eq!(value(document, 0, "appTime"), Some("20260302080000"));
        assert_eq!(value(document, 0, "appStatus"), Some("2"));
        assert_eq!(value(document, 0, "guid"), None, "the host gives the guid");
        assert!(document.values.iter().all(|value| !value.text.is_empty()));
    }
    let groups: Vec<_> = mapped
        .documents
        .iter()
        .map(|document| document.values[0].group.as_str())
        .collect();
    assert_eq!(
        groups,
        ["OrderHead", "PaymentHead", "LogisticsHead", "InventoryHead", ""]
    );
    let status = document(&mapped, "CEB513");
    assert_eq!(value(status, 0, "logisticsStatus"), Some("S"));
    assert_eq!(value(status, 0, "logisticsTime"), Some("20260306101500"));

    let unsigned = map(&changed(|order| order["parcel"]["signedAt"] = Value::Null));
    assert_eq!(unsigned.documents.len(), 4);
}

#[test]
fn amounts_are_exact() {
    let mapped = map(&sample());
    let order = document(&mapped, "CEB311");
    // 0.1 × 3 + 19.99 × 1.5, neither exact as a float.
    assert_eq!(value(order, 0, "goodsValue"), Some("30.285"));
    assert_eq!(value(order, 1, "totalPrice"), Some("29.985"));
    assert_eq!(
        (value(order, 0, "price"), value(order, 0, "gnum")),
        (Some("0.10"), Some("1"))
    );
    assert_eq!(value(order, 0, "taxTotal"), Some("2.76"));
    assert_eq!(
        value(order, 0, "acturalPaid"),
        Some("33.04"),
        "as the ERP says, even when it does not add up"
    );
    let inventory = document(&mapped, "CEB621");
    assert_eq!(value(inventory, 1, "qty1"), Some("1.5"));
    assert_eq!(value(inventory, 0, "grossWeight"), Some("1.83"));
    assert_eq!(
        (value(inventory, 0, "barCode"), value(inventory, 1, "barCode")),
        (Some("690000"), Some("无"))
    );
    assert_eq!(
        (value(inventory, 0, "unit2"), value(inventory, 0, "qty2")),
        (Some("011"), Some("3"))
    );
    assert_eq!(
        (value(inventory, 1, "unit2"), value(inventory, 1, "qty2")),
        (None, None)
    );
}

#[test]
fn text_goes_through_unchanged() {
    let mapped = map(&sample());
    assert_eq!(
        value(document(&mapped, "CEB311"), 0, "note"),
        Some("A&B <东门> \"前台\" 🎂\n]]>")
    );
}

#[test]
fn settings_come_before_the_export() {
    let mapped = run(
        &sample(),
        &[("agentCode", "3122980009"), ("ebpName", " 另一平台 "), ("loctNo", "")],
    )
    .unwrap();
    let inventory = document(&mapped, "CEB621");
    assert_eq!(value(inventory, 0, "agentCode"), Some("3122980009"));
    assert_eq!(value(document(&mapped, "CEB411"), 0, "ebpName"), Some("另一平台"));
    assert_eq!(value(inventory, 0, "loctNo"), None);
    let error = run(&sample(), &[("agentcode", "1")]).unwrap_err();
    assert!(
        error.contains("\"agentcode\"") && error.contains("agentCode"),
        "{error}"
    );
    let names: Vec<_> = ShopMapper::describe()
        .settings
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert!(names.contains(&"agentCode".to_owned()) && names.contains(&"emsNo".to_owned()));
}

#[test]
fn bonded_import_takes_the_account_book_and_no_border_crossing() {
    let mut export = sample();
    export["shop"]["customs"]["tradeMode"] = "1210".into();
    let error = run(&export, &[]).unwrap_err();
    for name in ["areaCode", "areaName", "emsNo"] {
        assert!(error.contains(name), "{error}");
    }
    export["orders"][0]["lines"][0]["recordNo"] = "AB-7".into();
    let settings = [
        ("areaCode", "31229X0009"),
        ("areaName", "样例仓"),
        ("emsNo", "T2244W000001"),
    ];
    let mapped = run(&export, &settings).unwrap();
    let inventory = document(&mapped, "CEB621");
    assert_eq!(
        (value(inventory, 0, "country"), value(inventory, 0, "emsNo")),
        (Some("142"), Some("T2244W000001"))
    );
    assert_eq!(
        (value(inventory, 0, "trafNo"), value(inventory, 0, "billNo")),
        (None, None)
    );
    assert_eq!(value(document(&mapped, "CEB511"), 0, "billNo"), None);
    let record = inventory
        .values
        .iter()
        .find(|value| value.name == "itemRecordNo")
        .unwrap();
    assert_eq!(
        (record.group.as_str(), record.row, record.text.as_str()),
        ("InventoryList", 0, "AB-7")
    );
    let direct = map(&changed(|order| order["lines"][0]["recordNo"] = "AB-7".into()));
    assert_eq!(value(document(&direct, "CEB621"), 0, "itemRecordNo"), None);
}

#[test]
fn an_order_says_its_own_transport_as_a_whole() {
    let mapped = map(&changed(|order| {
        order["transport"] = json!({"trafNo": "YL1", "voyageNo": "", "entryDate": "2026-03-05"});
    }));
    let inventory = document(&mapped, "CEB621");
    assert_eq!(
        (value(inventory, 0, "trafNo"), value(inventory, 0, "ieDate")),
        (Some("YL1"), Some("20260305"))
    );
    assert_eq!(
        (value(inventory, 0, "voyageNo"), value(inventory, 0, "billNo")),
        (None, None)
    );
}

#[test]
fn a_payer_and_a_consignee_of_their_own_are_handed_on() {
    let mapped = map(&changed(|order| {
        order["payment"]["payer"] = json!({"name": "李例", "idNumber": "310000199001010013", "phone": "13900000002"});
        order["parcel"]["recipient"] = json!({"name": "赵测", "phone": "13900000003", "address": "样例路9号"});
    }));
    let payment = document(&mapped, "CEB411");
    assert_eq!(value(payment, 0, "payerIdNumber"), Some("310000199001010013"));
    assert_eq!(value(document(&mapped, "CEB511"), 0, "consignee"), Some("赵测"));
    assert_eq!(value(document(&mapped, "CEB311"), 0, "consignee"), Some("王样"));
}
