//! Messages in, documents out.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use cebridge_mapper_ceb::CebMapper;
use cebridge_plugin_sdk::Mapper;
use common::{RETURNS, RETURNS_JSON, map, run, values};

#[test]
fn documents_keep_every_value_but_what_the_host_makes() {
    let mapped = map(RETURNS);
    assert_eq!(mapped.problems, []);
    let names: Vec<_> = mapped.documents.iter().map(|d| (d.source.as_str(), d.row)).collect();
    assert_eq!(names, [("CEB625 R-1", 1), ("CEB625 R-2", 2)]);
    assert!(mapped.documents.iter().all(|document| document.message == "CEB625"));
    assert_eq!(
        values(&mapped.documents[0]),
        [
            ("InvtRefundHead", 0, "appType", "1"),
            ("InvtRefundHead", 0, "appTime", "20260302080000"),
            ("InvtRefundHead", 0, "appStatus", "2"),
            ("InvtRefundHead", 0, "copNo", "R-1"),
            ("InvtRefundHead", 0, "reason", "A & B 不<合>"),
            ("InvtRefundHead", 0, "note", ""),
            ("InvtRefundList", 0, "gnum", "1"),
            ("InvtRefundList", 0, "qty", "1.50"),
            ("InvtRefundList", 1, "gnum", "2"),
            ("InvtRefundList", 1, "qty", "2"),
        ]
    );
}

#[test]
fn prefix_default_namespace_none_and_json_come_to_the_same() {
    let expected = map(RETURNS);
    let default = RETURNS.replace("ceb:", "").replace("xmlns:ceb", "xmlns");
    let other = RETURNS.replace("ceb:", "n1:").replace("xmlns:ceb", "xmlns:n1");
    let bare = default.replace(" xmlns=\"http://www.chinaport.gov.cn/ceb\"", "");
    let marked = format!("\u{feff}{default}");
    for text in [&default, &other, &bare, &marked] {
        assert_eq!(map(text).documents, expected.documents, "{text}");
    }
    // Members of a JSON object have no order; the host sorts fields anyway.
    let sorted = |mapped: cebridge_plugin_sdk::Mapped| {
        let mut documents = mapped.documents;
        for document in &mut documents {
            let place = |v: &cebridge_plugin_sdk::Value| (v.group.clone(), v.row, v.name.clone());
            document.values.sort_by_key(place);
        }
        documents
    };
    let json = map(RETURNS_JSON);
    assert_eq!(json.problems, []);
    assert_eq!(sorted(json), sorted(expected));
}

/// `appTime` is the time of declaration, so software that makes messages need not write it.
#[test]
fn the_time_of_declaration_may_be_left_out() {
    let time = |document: &cebridge_plugin_sdk::Document| -> Vec<(String, u32, String)> {
        let times = document.values.iter().filter(|value| value.name == "appTime");
        times
            .map(|value| (value.group.clone(), value.row, value.text.clone()))
            .collect()
    };
    let expected = vec![("InvtRefundHead".to_owned(), 0, "20260302080000".to_owned())];
    let without = RETURNS.replace("<ceb:appTime>20200101000000</ceb:appTime>", "");
    let no_json = RETURNS_JSON
        .replace("\"appTime\": \"20200101000000\", ", "")
        .replace("\"appTime\": \"\"", "\"appTime\": null");
    for text in [RETURNS, RETURNS_JSON, &without, &no_json] {
        let mapped = map(text);
        assert_eq!(mapped.problems, [], "{text}");
        assert_eq!(mapped.documents.len(), 2);
        for document in &mapped.documents {
            assert_eq!(time(document), expected, "{text}");
        }
    }
    let direct = map("<CEB403Message><Receipts><appType>1</appType><payNo>P-1</payNo></Receipts></CEB403Message>");
    let expected = [(String::new(), 0, "20260302080000".to_owned())];
    assert_eq!(time(&direct.documents[0]), expected);
}

#[test]
fn documents_without_groups_have_their_fields_directly() {
    let xml = "<CEB403Message><Receipts><guid>g</guid><ebcCode>31229X0002</ebcCode><orderNo>SO-1</orderNo>\
               <payNo>P-1</payNo></Receipts></CEB403Message>";
    let json = r#"{"message":"CEB403","documents":[{"ebcCode":"31229X0002","orderNo":"SO-1","payNo":"P-1"}]}"#;
    for text in [xml, json] {
        let mapped = map(text);
        assert_eq!(mapped.documents[0].source, "CEB403 31229X0002|SO-1|P-1");
        assert_eq!(
            values(&mapped.documents[0])[1..2],
            [("", 0, "orderNo", "SO-1")],
            "{text}"
        );
    }
}

#[test]
fn every_request_is_named_by_its_keys_and_a_new_one_by_its_row() {
    let info = CebMapper::describe();
    assert_eq!(info.messages.len(), 19);
    for code in &info.messages {
        let every = [
            "copNo",
            "coElNo",
            "ebpCode",
            "ebcCode",
            "orderNo",
            "payCode",
            "payTransactionId",
            "payNo",
        ]
        .iter()
        .chain(&["logisticsCode", "logisticsNo", "logisticsStatus", "msgSeqNo"])
        .map(|name| format!("\"{name}\":\"{name}-1\""))
        .collect::<Vec<_>>()
        .join(",");
        let mapped = map(&format!(
            r#"{{"message":"{code}","documents":[{{"Head":{{{every}}}}}]}}"#
        ));
        let source = &mapped.documents[0].source;
        assert!(
            source.starts_with(&format!("{code} ")) && source.contains("-1"),
            "{source}"
        );
    }
    let mapped = map("<CEB999Message><New><A><copNo>1</copNo></A></New></CEB999Message>");
    assert_eq!(
        (mapped.documents[0].source.as_str(), mapped.problems.len()),
        ("CEB999 row 1", 0)
    );
}

#[test]
fn a_subscription_is_not_lost_unless_the_configuration_says_so() {
    let text = RETURNS.replace(
        "<ceb:BaseTransfer>",
        "<ceb:BaseSubscribe><ceb:status>ALL</ceb:status></ceb:BaseSubscribe><ceb:ExtendMessage/><ceb:BaseTransfer>",
    );
    let refused = run(&text, &[("leaveOut", "ExtendMessage")]).unwrap_err();
    assert!(
        refused.contains("BaseSubscribe") && refused.contains("leaveOut"),
        "{refused}"
    );
    let mapped = run(&text, &[("leaveOut", "BaseSubscribe, ExtendMessage")]).unwrap();
    assert_eq!(mapped.documents, map(RETURNS).documents);
}
