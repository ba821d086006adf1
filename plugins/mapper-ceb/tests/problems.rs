//! Problems in a file are reported with row and field, or with line and column.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{RETURNS, error, map};

fn problems(text: &str) -> Vec<(String, u32, String)> {
    let mapped = map(text);
    assert!(mapped.problems.iter().all(|problem| problem.message.len() > 10));
    assert!(
        mapped
            .documents
            .iter()
            .all(|document| mapped.problems.iter().all(|problem| problem.row != document.row)),
        "never half a document"
    );
    mapped
        .problems
        .into_iter()
        .map(|problem| (problem.source, problem.row, problem.field))
        .collect()
}

#[test]
fn a_document_that_cannot_be_mapped_is_named_and_the_others_go_on() {
    for (from, to, field) in [
        (
            "<ceb:gnum>2",
            "<ceb:gnum>2</ceb:gnum><ceb:gnum>3",
            "InvtRefundList[2]/gnum",
        ),
        ("<ceb:qty>2", "<ceb:qty><ceb:a>2</ceb:a>", "InvtRefundList[2]/qty"),
        ("A &amp; B", "bell &#7;", "InvtRefundHead[1]/reason"),
        (
            "<ceb:InvtRefundList><ceb:gnum>1",
            "<ceb:InvtRefundList>text<ceb:gnum>1",
            "InvtRefundList[1]",
        ),
    ] {
        let text = RETURNS.replacen(from, to, 1);
        assert_ne!(text, RETURNS);
        assert_eq!(problems(&text), [("CEB625 R-1".to_owned(), 1, field.to_owned())]);
        assert_eq!(map(&text).documents.len(), 1, "{field}");
    }
    let json = |document: &str| format!(r#"{{"message":"CEB625","documents":[{{"a":"1"}},{document}]}}"#);
    for (document, field) in [
        (r#"{"InvtRefundHead":{"qty":1e3}}"#, "InvtRefundHead[1]/qty"),
        (r#"{"InvtRefundHead":{"copNo":true}}"#, "InvtRefundHead[1]/copNo"),
        (r#"{"note":"\u0007"}"#, "note"),
        (r#""text""#, ""),
        ("{}", ""),
        ("[]", ""),
    ] {
        let found = problems(&json(document));
        assert!(
            found.contains(&("CEB625 row 2".to_owned(), 2, field.to_owned())),
            "{document}: {found:?}"
        );
    }
}

#[test]
fn a_file_that_is_no_request_is_refused_with_its_place() {
    for (text, part) in [
        ("", "neither XML nor a JSON object"),
        ("[1]", "neither XML nor a JSON object"),
        ("<Order/>", "<Order> is no CEB message"),
        ("<DxpMsg/>", "<DxpMsg> is no CEB message"),
        ("<CEB311Message/>", "holds no document"),
        ("<CEB311Message><BaseTransfer/></CEB311Message>", "holds no document"),
        (
            "<CEB311Message>\n<Payment/></CEB311Message>",
            "<Payment> is no document of CEB311",
        ),
        ("<CEB311Message>\n  <Order></Odrer></CEB311Message>", "line 2, column "),
        ("<CEB311Message><Order>", "ends within"),
        ("<!DOCTYPE a><CEB311Message/>", "DOCTYPE"),
        (
            "<CEB311Message>&lol;</CEB311Message>",
            "line 1, column 16: an unknown entity",
        ),
        ("<CEB311Message/><CEB311Message/>", "second root"),
        ("<CEB311Message/>text", "outside of the root"),
        ("<?xml version=\"1.0\" encoding=\"GBK\"?><CEB311Message/>", "UTF-8"),
        ("{\"message\": \"CEB311\",\n}", "line 2, column 1"),
        ("{\"message\": \"311\"}", "\"message\""),
        ("{\"message\": \"CEB311\", \"documents\": {}}", "\"documents\""),
        ("{\"message\": \"CEB311\", \"documents\": []}", "holds no document"),
    ] {
        let error = error(text);
        assert!(
            error.starts_with("day.xml: ") && error.contains(part),
            "{text}: {error}"
        );
    }
    let deep = format!("<CEB311Message>{}", "<a>".repeat(10_000));
    assert!(error(&deep).contains("too deeply"));
}
