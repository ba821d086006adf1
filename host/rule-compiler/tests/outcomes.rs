//! Outcomes in rule source: lists, restatements, and the documents that requests refer to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use cebridge_rule_compiler::{SourceSet, compile};
use cebridge_rule_core::pack::{Effect, Meaning, Pack};
use common::valid;

const LIST: &str = r#"
[[outcome-list]]
name = "complaints"
outcomes = [
  { status = "negative", text = ["已存在"], means = "repeated" },
  { status = "negative", text = ["旧报文"], means = "outdated" },
]
"#;

/// The valid rules with other outcomes of `REPLY` in both editions.
fn with_outcomes(base: &str, next: &str) -> SourceSet {
    let mut set = valid();
    let reply = set.files.get_mut("editions/base/REPLY.toml").unwrap();
    let (start, end) = (reply.find("outcomes").unwrap(), reply.find("[[group]]").unwrap());
    reply.replace_range(start..end, &format!("outcomes = [\n{base}\n]\n\n"));
    set.files.get_mut("editions/base/shared.toml").unwrap().push_str(LIST);
    let next = format!("message = \"REPLY\"\noutcomes = [\n{next}\n]\n");
    set.files.insert("editions/next/REPLY.toml".to_owned(), next);
    set
}

fn compiled(set: &SourceSet, edition: &str) -> Pack {
    compile(set, edition).unwrap_or_else(|errors| panic!("{}", errors[0]))
}

fn means(pack: &Pack, status: &str, info: &str) -> Option<Meaning> {
    let receipt = pack.message("REPLY").unwrap();
    pack.said(receipt, status, info).map(|said| said.meaning)
}

const BASE: &str = r#"
  { status = "120", means = "stored", final = true },
  { status = "-7", means = "waiting" },
  { status = "-20..-30", means = "barred" },
  { use = "complaints" },
  { status = "negative", means = "returned", final = true },
"#;

#[test]
fn a_receipt_takes_over_a_list() {
    let pack = compiled(&with_outcomes(BASE, r#"{ use = "before" }"#), "base");
    assert_eq!(means(&pack, "-1", "单证已存在"), Some(Meaning::Repeated));
    assert_eq!(means(&pack, "-1", "接收报文为旧报文数据"), Some(Meaning::Outdated));
    assert_eq!(means(&pack, "-1", "价格错误"), Some(Meaning::Returned));
    assert_eq!(means(&pack, "-7", "单证已存在"), Some(Meaning::Waiting));
    assert_eq!(means(&pack, "-25", "单证已存在"), Some(Meaning::Barred));
    let last = pack.said(pack.message("REPLY").unwrap(), "-1", "").unwrap();
    assert_eq!(
        (last.rank, last.is_final),
        (5, true),
        "rank is the position in the joined list"
    );
    // It survives encoding and decoding of a pack.
    assert_eq!(Pack::from_bytes(&pack.to_bytes().unwrap()), Ok(pack));
}

#[test]
fn an_edition_restates_only_what_changes() {
    let next = r#"
  { status = "500", means = "waiting" },
  { status = "-7", means = "returned", final = true },
  { use = "before" },
"#;
    let set = with_outcomes(BASE, next);
    assert_eq!(means(&compiled(&set, "base"), "500", ""), None);
    let pack = compiled(&set, "next");
    assert_eq!(means(&pack, "500", ""), Some(Meaning::Waiting));
    assert_eq!(means(&pack, "-7", ""), Some(Meaning::Returned));
    assert_eq!(means(&pack, "120", ""), Some(Meaning::Stored));
    assert_eq!(means(&pack, "-1", "单证已存在"), Some(Meaning::Repeated));
    let outcomes = &pack.messages[pack.message("REPLY").unwrap()].outcomes;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.status == "-7").count(), 1);
}

#[test]
fn an_edition_replaces_a_list_of_its_parent() {
    let mut set = with_outcomes(BASE, r#"{ use = "before" }"#);
    let list = LIST.replace("已存在", "重复").replace("[\"旧报文\"]", "[\"过期\"]");
    set.files.insert(
        "editions/next/shared.toml".to_owned(),
        format!("namespace = \"o\"\n{list}"),
    );
    let pack = compiled(&set, "next");
    assert_eq!(means(&pack, "-1", "单证重复"), Some(Meaning::Repeated));
    assert_eq!(means(&pack, "-1", "单证已存在"), Some(Meaning::Returned));
    assert_eq!(
        means(&compiled(&set, "base"), "-1", "单证已存在"),
        Some(Meaning::Repeated)
    );
}

#[test]
fn a_request_says_which_document_it_is_about() {
    let mut set = valid();
    let order = &set.files["editions/base/ORDER.toml"];
    let (head, rest) = order.split_once("\n[[group]]").unwrap();
    let groups = rest.split("[[rule]]").next().unwrap();
    let cancel = format!("{head}\n[[group]]{groups}")
        .replace("message = \"ORDER\"", "message = \"CANCEL\"")
        .replace("OrderMessage", "CancelMessage")
        .replace("{ use = \"Seal\", occurs = \"0..1\" },", "")
        .replace(
            "receipt = \"REPLY\"",
            "receipt = \"REPLY\"\nconcerns = { message = \"ORDER\", by = [\"orderNo\", \"invtNo\"], effect = \"withdraws\" }",
        );
    set.files.insert("editions/base/CANCEL.toml".to_owned(), cancel);
    for edition in ["base", "next"] {
        let pack = compiled(&set, edition);
        let concern = pack.concern(pack.message("CANCEL").unwrap()).unwrap();
        assert_eq!((concern.message.as_str(), concern.effect), ("ORDER", Effect::Withdraws));
        assert_eq!(concern.by, ["orderNo", "invtNo"]);
        assert_eq!(pack.concern(pack.message("ORDER").unwrap()), None);
        assert_eq!(Pack::from_bytes(&pack.to_bytes().unwrap()), Ok(pack));
    }
}
