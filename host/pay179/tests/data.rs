//! Limits of the data, and that what is signed is what is uploaded, whatever the values are.
#![allow(clippy::unwrap_used)]

use cebridge_pay179::{OpenRequest, Options, Prepared, ServiceTime, Unsigned, check, errors, verify};
use cebridge_signature::{Certificate, PrivateKey, generate_identity};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

static SIGNER: LazyLock<(PrivateKey, Certificate)> = LazyLock::new(|| {
    let (key, certificate, _) = generate_identity("CN=shop", 1024).unwrap();
    (key, certificate)
});

fn data() -> Value {
    json!({
        "payExchangeInfoHead": {
            "guid": "0F5C1B7E-6A54-4A50-9D0A-3C1F2E4D5A6B", "initalRequest": "a", "initalResponse": "b",
            "ebpCode": "4403960XY1", "payCode": "312226XX01", "payTransactionId": "1", "totalAmount": 1,
            "currency": "142", "verDept": "3", "payType": "1", "tradingTime": "20260501101500", "note": ""
        },
        "payExchangeInfoLists": [{
            "orderNo": "SO-1", "goodsInfo": [{"gname": "tea", "itemLink": "https://shop.example/1"}],
            "recpAccount": "6222", "recpCode": "", "recpName": "shop"
        }]
    })
}

fn prepared(value: &Value) -> Prepared {
    Prepared::read(value.to_string().as_bytes()).unwrap()
}

#[test]
fn every_limit_names_its_field_and_the_way_out() {
    assert_eq!(check(&prepared(&data())), []);
    for (pointer, value, field, word) in [
        (
            "/payExchangeInfoHead/guid",
            json!("abc"),
            "payExchangeInfoHead.guid",
            "upper case",
        ),
        (
            "/payExchangeInfoHead/initalResponse",
            json!("字".repeat(8001)),
            "payExchangeInfoHead.initalResponse",
            "8001 characters, at most 8000",
        ),
        (
            "/payExchangeInfoHead/payTransactionId",
            json!("1".repeat(61)),
            "payExchangeInfoHead.payTransactionId",
            "at most 60",
        ),
        (
            "/payExchangeInfoHead/totalAmount",
            json!(1.123_456),
            "payExchangeInfoHead.totalAmount",
            "N19,5",
        ),
        (
            "/payExchangeInfoHead/verDept",
            json!("4"),
            "payExchangeInfoHead.verDept",
            "123",
        ),
        (
            "/payExchangeInfoHead/payType",
            json!("12"),
            "payExchangeInfoHead.payType",
            "1234",
        ),
        (
            "/payExchangeInfoHead/ebpCode",
            json!(" "),
            "payExchangeInfoHead.ebpCode",
            "required",
        ),
        (
            "/payExchangeInfoLists",
            json!([]),
            "payExchangeInfoLists",
            "at least the order",
        ),
        (
            "/payExchangeInfoLists/0/goodsInfo/0/gname",
            json!("字".repeat(251)),
            "payExchangeInfoLists[0].goodsInfo[0].gname",
            "at most 250",
        ),
        (
            "/payExchangeInfoLists/0/goodsInfo/0/itemLink",
            json!("x".repeat(3001)),
            "payExchangeInfoLists[0].goodsInfo[0].itemLink",
            "at most 3000",
        ),
    ] {
        let mut data = data();
        *data.pointer_mut(pointer).unwrap() = value;
        let found = check(&prepared(&data));
        assert_eq!(found.len(), 1, "{pointer}: {found:?}");
        assert_eq!(found[0].field, field);
        assert!(found[0].rule.contains(word), "{}", found[0]);
        // The announcement's own example has a guid in lower case, so that one is no error.
        assert_eq!(errors(&prepared(&data)).is_empty(), field.ends_with("guid"), "{field}");
    }
    // The limit counts characters, not bytes.
    let mut data = data();
    data["payExchangeInfoHead"]["initalResponse"] = json!("字".repeat(8000));
    assert_eq!(check(&prepared(&data)), []);
}

#[test]
fn a_misspelt_field_is_an_error_that_names_it() {
    let mut data = data();
    data["payExchangeInfoHead"]["initialRequest"] = json!("x");
    let error = Prepared::read(data.to_string().as_bytes()).unwrap_err().to_string();
    assert!(
        error.contains("initialRequest") && error.contains("initalRequest"),
        "{error}"
    );
}

#[test]
fn optional_fields_that_are_missing_stay_missing() {
    let mut data = data();
    data["payExchangeInfoHead"].as_object_mut().unwrap().remove("note");
    data["payExchangeInfoHead"].as_object_mut().unwrap().remove("payType");
    let string = Unsigned::new("s", prepared(&data), ServiceTime::from_millis(1))
        .unwrap()
        .signing_string();
    assert!(!string.contains("note") && !string.contains("payType"), "{string}");
}

#[test]
fn customs_requests_are_read_with_time_as_number_or_text() {
    for time in ["1600852846372", "\"1600852846372\""] {
        let request = OpenRequest::read(&format!(
            "{{\"orderNo\":\"SO-1\",\"sessionID\":\"032C3F56-0EE6\",\"serviceTime\":{time}}}"
        ))
        .unwrap();
        assert_eq!(request.service_time.digits(), "1600852846372");
    }
    for wrong in [
        r#"{"orderNo":"","sessionID":"a","serviceTime":1}"#,
        r#"{"orderNo":"1","sessionID":"a\"b","serviceTime":1}"#,
        r#"{"orderNo":"1","sessionID":"a","serviceTime":1.5}"#,
    ] {
        assert!(OpenRequest::read(wrong).is_err(), "{wrong}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_upload_holds_the_signed_bytes(
        request in "\\PC{1,40}", note in any::<String>(), link in "[ -~]{1,30}",
        amount in "(0|[1-9][0-9]{0,13})(\\.[0-9]{1,5})?", session in "[A-Za-z0-9-]{1,36}", time in 0_i64..4_000_000_000_000,
    ) {
        let mut data = data();
        data["payExchangeInfoHead"]["initalRequest"] = json!(request);
        data["payExchangeInfoHead"]["note"] = json!(note);
        data["payExchangeInfoLists"][0]["goodsInfo"][0]["itemLink"] = json!(link);
        let text = data.to_string().replace("\"totalAmount\":1,", &format!("\"totalAmount\":{amount},"));
        let prepared = Prepared::read(text.as_bytes()).unwrap();
        let unsigned = Unsigned::new(&session, prepared.clone(), ServiceTime::from_millis(time)).unwrap();
        let string = unsigned.signing_string();
        let payload = unsigned.sign(&SIGNER.0, None, &SIGNER.1).unwrap();

        let verdict = verify(payload.as_bytes(), &SIGNER.1, &Options::default());
        prop_assert!(verdict.valid, "{:?}", verdict.reasons);
        let amount_in_upload = format!("\"totalAmount\":{amount},");
        prop_assert!(payload.contains(&amount_in_upload));
        // Both parts stand in the upload exactly as between the quotes of the string.
        let head = string.split_once("\"payExchangeInfoHead\":\"").unwrap().1;
        let head = &head[..head.find("\"||\"payExchangeInfoLists\":\"[").unwrap()];
        let head_in_upload = format!("\"payExchangeInfoHead\":{head},\"payExchangeInfoLists\":[");
        prop_assert!(payload.contains(&head_in_upload));
        // And what customs reads from it is what was prepared.
        let again = Unsigned::read(payload.as_bytes()).unwrap();
        prop_assert_eq!(again.prepared(), &prepared);
        prop_assert_eq!(again.signing_string(), string);
    }
}
