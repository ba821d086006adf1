//! Changes from one small pack to the next.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use cebridge_rule_compiler::{SourceSet, compile};
use cebridge_rule_core::pack::Pack;
use cebridge_spec::Catalogue;
use cebridge_spec::diff::{Area, Change, Citation, changes, cite, text};
use support::{names, pack, sources};

fn compare(a: &Pack, b: &Pack) -> Vec<Change> {
    let names = names();
    changes(&Catalogue::new(a, &names).unwrap(), &Catalogue::new(b, &names).unwrap())
}

fn cited() -> Vec<Change> {
    let mut list = compare(&pack("2020-01"), &pack("2021-01"));
    let citations: Vec<Citation> = cebridge_rule_compiler::changes(&sources(), "2021-01")
        .unwrap()
        .into_iter()
        .map(|change| Citation {
            path: change.path,
            what: change.what,
            cite: change.cite,
        })
        .collect();
    cite(&mut list, &citations);
    list
}

#[test]
fn an_edition_does_not_differ_from_itself() {
    let pack = pack("2020-01");
    assert_eq!(compare(&pack, &pack), []);
    assert!(text(&[], ["a", "b"]).contains("no difference"));
}

#[test]
fn what_receipts_say_and_requests_concern_is_compared() {
    let old = pack("2020-01");
    let mut new = old.clone();
    for text in &mut new.messages {
        text.outcomes.retain(|outcome| outcome.texts.is_empty());
        text.concern = None;
    }
    let found: Vec<String> = compare(&old, &new)
        .iter()
        .map(|change| {
            let side = |text: &Option<String>| text.clone().unwrap_or_default();
            let (before, after) = (side(&change.before), side(&change.after));
            format!("{} {}: {before} -> {after}", change.message, change.aspect)
        })
        .collect();
    assert_eq!(
        found,
        [
            "CEB311 concerns: withdraws CEB311 by orderNo -> ",
            "CEB312 outcomes: 120 stored (last), negative with 已存在 or 重复申报 repeated, -1..-9 barred -> \
             120 stored (last), -1..-9 barred",
        ]
    );
}

#[test]
fn each_change_has_its_values_and_its_source() {
    let list = cited();
    for (subject, aspect, before, after, item) in [
        ("Order/orderNo", "print", Some("C..10"), Some("C..8"), 1),
        ("Order/orderNo", "minLength", Some("1"), None, 1),
        ("Order/orderNo", "maxLength", Some("10"), Some("8"), 1),
        ("Order/status", "default", Some("1"), Some("2"), 2),
        ("Order/buyer", "position", Some("2"), Some("3"), 3),
        ("Order", "maxOccurs", Some("2"), Some("unbounded"), 4),
        ("CEB311-R02", "severity", Some("warning"), Some("error"), 5),
    ] {
        let found = list
            .iter()
            .find(|change| change.message == "CEB311" && change.subject == subject && change.aspect == aspect)
            .unwrap_or_else(|| panic!("{subject} {aspect} in {list:#?}"));
        assert_eq!(
            (found.before.as_deref(), found.after.as_deref()),
            (before, after),
            "{subject} {aspect}"
        );
        assert_eq!(
            found.cite.as_deref(),
            Some(format!("Second notice, item {item}").as_str()),
            "{subject} {aspect}"
        );
    }
    let new = list.iter().find(|change| change.subject == "Order/lineNo").unwrap();
    assert_eq!(
        (new.aspect, new.cite.as_deref()),
        ("new", Some("Second notice, item 3"))
    );
    let rule = list
        .iter()
        .find(|change| change.subject == "CEB311-orderNo-empty")
        .unwrap();
    assert!(rule.automatic && rule.aspect == "new", "{rule:?}");
    assert_eq!(rule.cite.as_deref(), Some("Second notice, item 1"));
    assert!(
        list.iter().all(|change| change.message != "CEB312"),
        "what did not change is not told"
    );
}

#[test]
fn the_way_back_takes_away_what_the_way_there_brings() {
    let list = compare(&pack("2021-01"), &pack("2020-01"));
    let gone = list.iter().find(|change| change.subject == "Order/lineNo").unwrap();
    assert_eq!((gone.aspect, &gone.after), ("removed", &None));
    assert!(
        list.iter()
            .any(|change| change.subject == "CEB311-orderNo-empty" && change.aspect == "removed")
    );
}

#[test]
fn messages_moved_fields_codes_and_signatures_are_told() {
    let before = pack("2020-01");
    let mut sources = sources();
    sources.files.remove("editions/2020-01/CEB303.toml");
    let change = |sources: &mut SourceSet, file: &str, from: &str, to: &str| {
        let text = sources.files.get_mut(file).unwrap();
        assert!(text.contains(from), "{from}");
        *text = text.replacen(from, to, 1);
    };
    change(
        &mut sources,
        "codes/country.toml",
        "[\"110\", \"甲国\", \"Land A\"]",
        "[\"111\", \"丙国\", \"Land C\"]",
    );
    change(&mut sources, "signature/2020-01.toml", "\"rsa-sha1\"", "\"sm2-sm3\"");
    // The first field goes to the end.
    let first =
        "  { name = \"orderNo\", format = \"C..10\", required = true, zh = \"订单编号\", en = \"Order number\" },\n";
    change(&mut sources, "editions/2020-01/CEB311.toml", first, "");
    let last = "zh = \"国别\", en = \"Country\" },\n";
    change(
        &mut sources,
        "editions/2020-01/CEB311.toml",
        last,
        &format!("{last}{first}"),
    );
    let after = compile(&sources, "2020-01").unwrap();
    let list = compare(&before, &after);
    let has = |area: Area, subject: &str, aspect: &str| {
        list.iter()
            .any(|change| change.area == area && change.subject == subject && change.aspect == aspect)
    };
    assert!(
        list.iter()
            .any(|change| change.message == "CEB303" && change.aspect == "removed")
    );
    assert!(has(Area::Field, "Order/orderNo", "moved"), "{list:#?}");
    assert!(!has(Area::Field, "Order/total", "moved"), "the others kept their order");
    assert!(has(Area::Table, "country", "code added") && has(Area::Table, "country", "code removed"));
    assert!(has(Area::Signature, "", "profiles"));
    let printed = text(&list, ["before", "after"]);
    for line in [
        "CEB303 出口订单 Export order\n  removed: export request, 1 fields and groups",
        "  signature, profiles: rsa-sha1 -> sm2-sm3",
        "      moved: first -> after country",
        "code table country\n  code added: 111",
        "  code removed: 110 甲国 Land A",
    ] {
        assert!(printed.contains(line), "{line} is missing in {printed}");
    }
}

#[test]
fn the_text_is_grouped_by_message_and_field() {
    let printed = text(&cited(), ["2020-01", "2021-01"]);
    for line in [
        "2020-01 -> 2021-01\n",
        "in force from: 2020-01-01 -> 2021-01-01",
        "\nCEB311 订单 Order\n",
        "  Order/orderNo 订单编号\n      print: C..10 -> C..8\n      schema: minLength 1 -> none; maxLength 10 -> 8\n",
        "      so rule CEB311-orderNo-empty is new: error: not empty(orderNo)\n      source: Second notice, item 1",
        "      new: int 4, printed N4, required, occurs 1, after orderNo",
        "  positions in Order: buyer 2 -> 3",
        "  rule CEB311-R02, severity: warning -> error\n      source: Second notice, item 5",
    ] {
        assert!(printed.contains(line), "{line} is missing in {printed}");
    }
}
