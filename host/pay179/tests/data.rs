//! Limits of the data, and that the upload is exactly what was signed, whatever the values are.
#![allow(clippy::unwrap_used)]

use cebridge_pay179::{
    OpenRequest, Options, PayloadError, Prepared, Problem, ProblemKind, ServiceTime, Unsigned, check, errors, verify,
};
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

/// All problems; 142 and 502 are the known currencies.
fn judged(value: &Value) -> Vec<Problem> {
    check(&prepared(value), &|code| ["142", "502"].contains(&code))
}

fn prepared(value: &Value) -> Prepared {
    Prepared::read(value.to_string().as_bytes()).unwrap()
}

#[test]
fn every_limit_names_its_field_and_the_way_out() {
    assert_eq!(judged(&data()), []);
    for (pointer, value, field, word) in [
        (
            "/payExchangeInfoHead/guid",
            json!("0F5C1B7E-6A54-4A50-9D0A-3C1F2E4D5A6b"),
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
            "\"1\", \"2\", \"3\"",
        ),
        (
            "/payExchangeInfoHead/payType",
            json!("12"),
            "payExchangeInfoHead.payType",
            "\"1\", \"2\", \"3\", \"4\"",
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
        let found = judged(&data);
        assert_eq!(found.len(), 1, "{pointer}: {found:?}");
        assert_eq!(found[0].field, field);
        assert!(found[0].rule.contains(word), "{}", found[0]);
        // The announcement's own example has a lower-case guid, so that one is not an error.
        assert_eq!(errors(&prepared(&data)).is_empty(), field.ends_with("guid"), "{field}");
    }
    // The limit counts characters, not bytes.
    let mut data = data();
    data["payExchangeInfoHead"]["initalResponse"] = json!("字".repeat(8000));
    assert_eq!(judged(&data), []);
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
        // Both parts are in the upload exactly as between the quotes of the string.
        let head = string.split_once("\"payExchangeInfoHead\":\"").unwrap().1;
        let head = &head[..head.find("\"||\"payExchangeInfoLists\":\"[").unwrap()];
        let head_in_upload = format!("\"payExchangeInfoHead\":{head},\"payExchangeInfoLists\":[");
        prop_assert!(payload.contains(&head_in_upload));
        // And customs reads from it exactly what was prepared.
        let again = Unsigned::read(payload.as_bytes()).unwrap();
        prop_assert_eq!(again.prepared(), &prepared);
        prop_assert_eq!(again.signing_string(), string);
    }
}

#[test]
fn the_form_of_every_value_is_judged() {
    for (name, value, word, is_error) in [
        ("tradingTime", "2026-05-01 04:18:03", "the digits alone", true),
        ("tradingTime", "20270702", "YYYYMMDDhhmmss", true),
        ("tradingTime", "2026050104180x", "YYYYMMDDhhmmss", true),
        ("tradingTime", "20260230041803", "no such day", true),
        ("tradingTime", "20260501246060", "no such day", true),
        ("currency", "CNY", "write 142", true),
        ("currency", "156", "write 142", true),
        ("currency", "US", "three digits", true),
        ("currency", "999", "no currency", false),
        ("ebpCode", "123", "has 3 characters", false),
        ("payCode", "91440300MA5EX0001", "has 17 characters", false),
        ("ebpCode", "91440300MA5EX000181", "at most 18", true),
        ("guid", "x", "a guid has 36", false),
        ("verDept", "9", "\"1\", \"2\", \"3\"", true),
        ("payType", "5", "\"1\", \"2\", \"3\", \"4\"", true),
    ] {
        let mut data = data();
        data["payExchangeInfoHead"][name] = json!(value);
        let found = judged(&data);
        let own: Vec<_> = found.iter().filter(|problem| problem.rule.contains(word)).collect();
        assert_eq!(own.len(), 1, "{name} {value}: {found:?}");
        assert_eq!(own[0].field, format!("payExchangeInfoHead.{name}"));
        assert_eq!(own[0].is_error, is_error, "{}", own[0]);
        assert!(found.iter().all(|problem| problem.kind == ProblemKind::Value));
        assert!(
            !own[0].to_string().contains(value) || value.len() < 4,
            "values are not repeated: {}",
            own[0]
        );
    }
    for (name, value) in [
        ("currency", "502"),
        ("ebpCode", "91440300MA5EX00018"),
        ("tradingTime", "20240229235959"),
    ] {
        let mut data = data();
        data["payExchangeInfoHead"][name] = json!(value);
        assert_eq!(judged(&data), [], "{name} {value}");
    }
}

#[test]
fn all_faults_are_found_at_once_with_their_paths() {
    let mut data = data();
    let lists = data.as_object_mut().unwrap().remove("payExchangeInfoLists").unwrap();
    data["payExchangeInfoList"] = lists[0].clone();
    data["payExchangeInfoList"]["recpAccount"] = json!("");
    data["payExchangeInfoList"]["recpName"] = json!("");
    let head = data["payExchangeInfoHead"].as_object_mut().unwrap();
    let note = head.remove("note").unwrap();
    head.insert("node".to_owned(), note);
    head.insert("totalAmount".to_owned(), json!("100.50"));
    head.insert("payCode".to_owned(), json!(""));
    head.insert("colour".to_owned(), json!("red"));
    head.remove("verDept");
    let error = Prepared::read(data.to_string().as_bytes()).unwrap_err();
    let PayloadError::Shape(problems) = error else {
        panic!("{error}")
    };
    let mut found: Vec<(&str, &str)> = problems.iter().map(|p| (p.field.as_str(), p.rule.as_str())).collect();
    found.sort_unstable();
    let expected = [
        ("payExchangeInfoHead.colour", "no such member; there are guid, "),
        ("payExchangeInfoHead.node", "did you mean note?"),
        ("payExchangeInfoHead.payCode", "must not be empty"),
        ("payExchangeInfoHead.totalAmount", "a number without quotes"),
        ("payExchangeInfoHead.verDept", "is missing"),
        ("payExchangeInfoList", "one object where a list is wanted"),
        ("payExchangeInfoList", "did you mean payExchangeInfoLists?"),
        ("payExchangeInfoList.recpAccount", "must not be empty"),
        ("payExchangeInfoList.recpName", "must not be empty"),
    ];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ((field, rule), (expected_field, words)) in found.iter().zip(expected) {
        assert_eq!(*field, expected_field);
        assert!(rule.contains(words), "{field}: {rule}");
    }
}

#[test]
fn other_json_is_named_by_its_member() {
    for (text, field, word) in [
        ("[]", "(root)", "must be an object"),
        (
            r#"{"payExchangeInfoHead":"x","payExchangeInfoLists":[]}"#,
            "payExchangeInfoHead",
            "not a text",
        ),
        (
            r#"{"payExchangeInfoHead":{},"payExchangeInfoLists":"x"}"#,
            "payExchangeInfoLists",
            "must be a list",
        ),
        (
            r#"{"payExchangeInfoHead":{},"payExchangeInfoLists":["x"]}"#,
            "payExchangeInfoLists[0]",
            "must be an object",
        ),
    ] {
        let PayloadError::Shape(found) = Prepared::read(text.as_bytes()).unwrap_err() else {
            panic!("{text}")
        };
        assert!(
            found
                .iter()
                .any(|problem| problem.field == field && problem.rule.contains(word)),
            "{text}: {found:?}"
        );
    }
    let twice = data()
        .to_string()
        .replace("\"ebpCode\":", "\"guid\":\"x\",\"ebpCode\":");
    let error = Prepared::read(twice.as_bytes()).unwrap_err().to_string();
    assert!(
        error.contains("payExchangeInfoHead.guid") && error.contains("more than once"),
        "{error}"
    );
    assert!(matches!(Prepared::read(b"{"), Err(PayloadError::Json(_))));
}
