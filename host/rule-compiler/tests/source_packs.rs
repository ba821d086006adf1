//! Packs compiled from valid rule source, and their verdicts on messages.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
#[path = "common/message.rs"]
mod message;

use cebridge_rule_compiler::{Change, SourceSet, changes, compile};
use cebridge_rule_core::pack::{Meaning, Outcome, Pack, Severity};
use cebridge_rule_core::program::{Content, Type};
use cebridge_rule_core::roles::{FieldRoles, Origin, State, Transfer};
use cebridge_rule_core::schema_rules::SchemaRule;
use common::valid;
use message::{Node, field, group, judge};

fn compiled(edition: &str) -> Pack {
    compile(&valid(), edition).unwrap_or_else(|errors| {
        panic!(
            "{}",
            errors.iter().map(|error| format!("{error}\n")).collect::<String>()
        )
    })
}

fn line(gnum: &str, qty: &str, price: &str) -> Node {
    group("Line", [field("gnum", gnum), field("qty", qty), field("price", price)])
}

fn order<const N: usize>(head: [Node; N], lines: [Node; 2]) -> Node {
    let [first, second] = lines;
    group(
        "OrderMessage",
        [
            field("@guid", "ABCDEFGH"),
            group("Order", [group("Head", head), first, second]),
            group("Transfer", [field("dxpId", "DXP1")]),
        ],
    )
}

fn head(status: &str, total: &str) -> [Node; 7] {
    [
        field("orderNo", "A1"),
        field("status", status),
        field("total", total),
        field("currency", "142"),
        field("buyer", "Li"),
        field("invtNo", "123456789012345678"),
        field("remark", "r"),
    ]
}

/// The valid rules, with something added to `edition.toml` of an edition.
fn with(edition: &str, text: &str) -> SourceSet {
    let mut set = valid();
    let file = format!("editions/{edition}/edition.toml");
    set.files.get_mut(&file).unwrap().push_str(text);
    set
}

#[test]
fn an_edition_states_single_roles_and_inherits_the_others() {
    let standard = compiled("base");
    assert_eq!(standard.fields, FieldRoles::standard(), "nothing is stated");
    assert_eq!(standard.transfer, Transfer::standard());
    let mut set = with(
        "base",
        "[roles]\nassigned = [\"invtNo\", \"idNumber\"]\nport = []\n\
         [transfer]\nname = \"Transfer\"\nfields = [{ name = \"dxpId\", from = \"credit-code\" }]\n",
    );
    let next = set.files.get_mut("editions/next/edition.toml").unwrap();
    next.push_str("[roles]\nstate = { fields = [\"status\"], declared = \"9\" }\nport = [\"gnum\"]\n");
    let order = set.files.get_mut("editions/next/ORDER.toml").unwrap();
    *order = order.replacen(
        "message = \"ORDER\"\n",
        "message = \"ORDER\"\nerrors = [\"-10..-19\"]\n",
        1,
    );
    let [base, next] = ["base", "next"].map(|edition| compile(&set, edition).unwrap());
    assert_eq!(base.fields.assigned, ["invtNo", "idNumber"]);
    assert_eq!(base.fields.port, [""; 0]);
    assert_eq!(base.transfer.fields[0].origin, Origin::CreditCode);
    assert_eq!(base.transfer.attributes, Transfer::standard().attributes);
    assert_eq!(next.fields.assigned, base.fields.assigned);
    assert_eq!(next.fields.port, ["gnum"]);
    let state = State {
        fields: vec!["status".into()],
        held: "1".into(),
        declared: "9".into(),
    };
    assert_eq!(next.fields.state, state);
    assert_eq!(next.transfer, base.transfer);
    assert_eq!(next.fields.requests_of(12).collect::<Vec<_>>(), ["ORDER"]);
    assert_eq!(Pack::from_bytes(&next.to_bytes().unwrap()), Ok(next));
}

#[test]
fn roles_that_only_lack_fields_of_the_standard_are_those_of_the_standard() {
    let set = with(
        "base",
        "[roles]\nassigned = [\"invtNo\"]\nnumbers = [\"orderNo\", \"invtNo\"]\n",
    );
    assert_eq!(compile(&set, "base").unwrap().fields, FieldRoles::standard());
}

#[test]
fn a_sound_message_has_no_findings() {
    let message = order(head("1", "3"), [line("1", "1", "1"), line("2", "2", "1")]);
    assert_eq!(judge(&compiled("base"), &message), [""; 0]);
}

#[test]
fn written_rules_find_what_they_describe() {
    let pack = compiled("base");
    let message = order(head("2", "4"), [line("1", "1", "0"), line("3", "2.00", "1")]);
    assert_eq!(
        judge(&pack, &message),
        [
            "ORDER-R01 Order/Head/total",
            "ORDER-R02 Order/Line/gnum",
            "ORDER-R03 Order/Line/price",
            "SHARED-R02 (root)",
        ]
    );
    let message = order(head("3", "3"), [line("1", "1", "0"), line("2", "2", "0")]);
    assert_eq!(judge(&pack, &message), ["SHARED-R01 Order/Head/status"]);
}

#[test]
fn printed_formats_give_rules_where_the_schema_asks_for_less() {
    let pack = compiled("base");
    let fields = |id: &str, invt: Node, remark: &str| {
        [
            field("orderNo", "A1"),
            field("status", "1"),
            field("total", "3"),
            field("currency", "142"),
            field("buyer", "Li"),
            field("idNumber", id),
            invt,
            field("remark", remark),
        ]
    };
    let lines = || [line("1", "1", "1"), line("2", "2", "1")];
    let message = order(
        fields("123", field("invtNo", "12345678901234567890 "), "far too long"),
        lines(),
    );
    assert_eq!(
        judge(&pack, &message),
        [
            "ORDER-idNumber-length Order/Head/idNumber",
            "ORDER-invtNo-length Order/Head/invtNo",
            "ORDER-remark-length Order/Head/remark",
        ]
    );
    let message = order(fields("", field("invtNo", ""), ""), lines());
    assert_eq!(
        judge(&pack, &message),
        [
            "ORDER-invtNo-required Order/Head/invtNo",
            "ORDER-remark-empty Order/Head/remark"
        ]
    );
    let many = [line("1", "1", "1"), line("10000", "2", "1")];
    assert_eq!(
        judge(&pack, &order(head("1", "3"), many)),
        ["ORDER-R02 Order/Line/gnum", "ORDER-gnum-digits Order/Line/gnum"]
    );
}

#[test]
fn the_schema_is_that_of_the_source() {
    let pack = compiled("base");
    let mut wrong = head("1", "3");
    wrong[0] = field("orderNo", "");
    wrong[2] = field("total", "x");
    let message = order(wrong, [line("1", "1", "1"), line("2", "2", "1")]);
    assert_eq!(
        judge(&pack, &message),
        ["XSD-length Order/Head/orderNo", "XSD-type Order/Head/total"]
    );
    let message = group("OrderMessage", [group("Transfer", [])]);
    assert_eq!(
        judge(&pack, &message),
        [
            "XSD-attribute-missing (root) without guid",
            "XSD-element-missing (root) without Order",
            "XSD-element-missing Transfer without dxpId",
        ]
    );
}

#[test]
fn automatic_rules_explain_themselves() {
    let pack = compiled("base");
    let rule = |id: &str| pack.rules.iter().find(|rule| rule.id == id).unwrap();
    let length = rule("ORDER-invtNo-length");
    assert_eq!(length.severity, Severity::Warning);
    assert_eq!(length.check, "len(invtNo) >= 18 and len(invtNo) <= 20");
    assert_eq!(length.en, "Inventory number (invtNo) must have 18 to 20 characters.");
    assert_eq!(length.zh, "清单编号 (invtNo)长度应为 18 至 20 位。");
    assert_eq!(length.source, "editions/base/ORDER.toml:43");
    assert_eq!(length.clause, "1");
    assert_eq!(rule("ORDER-invtNo-required").severity, Severity::Error);
    assert!(
        pack.rules
            .iter()
            .all(|rule| rule.id != "ORDER-buyer-length" && rule.id != "ORDER-currency-empty")
    );
}

#[test]
fn written_rules_keep_their_texts_and_line() {
    let pack = compiled("base");
    let at = pack.rules.iter().position(|rule| rule.id == "ORDER-R03").unwrap();
    let rule = &pack.rules[at];
    assert_eq!(rule.severity, Severity::Warning, "inferred rules warn");
    assert_eq!(rule.check, "price > 0");
    assert!(rule.source.starts_with("editions/base/ORDER.toml:"));
    let line: usize = rule.source.rsplit(':').next().unwrap().parse().unwrap();
    let text = &valid().files["editions/base/ORDER.toml"];
    assert_eq!(text.lines().nth(line).unwrap(), "id = \"ORDER-R03\"");
    let message = pack.program.message("ORDER").unwrap();
    assert_eq!(
        pack.program.rules[at].trigger,
        pack.program.decl_by_path(message, "Order/Line").unwrap()
    );
    assert!(pack.program.messages[message].rules.contains(&(at as u16)));
}

#[test]
fn the_first_rules_are_those_of_the_schema() {
    let pack = compiled("base");
    assert_eq!(pack.rules.len(), pack.program.rules.len());
    for rule in SchemaRule::ALL {
        assert_eq!(pack.rules[rule.index()].id, rule.id());
        assert!(pack.program.rules[rule.index()].check.is_empty());
    }
}

#[test]
fn plain_lists_are_sequences_and_everything_else_is_a_model() {
    let pack = compiled("base");
    let message = pack.program.message("ORDER").unwrap();
    let content = |path: &str| {
        let decl = pack.program.decl_by_path(message, path).unwrap();
        match &pack.program.types[usize::from(pack.program.decl(decl).unwrap().ty)] {
            Type::Complex(complex) => complex.content.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(content("(root)"), Content::Sequence(slots) if slots.len() == 3));
    assert!(matches!(content("Order"), Content::Sequence(slots) if slots[1].max == Some(99)));
    assert!(matches!(content("Seal"), Content::Model(_)));
    assert!(matches!(content("Seal/Note"), Content::Simple(_)));
}

#[test]
fn names_have_the_namespace_of_their_block_and_attributes_none() {
    let pack = compiled("base");
    let message = pack.program.message("ORDER").unwrap();
    let uri = |path: &str| {
        let decl = pack.program.decl_by_path(message, path).unwrap();
        let name = &pack.program.names[usize::from(pack.program.decl(decl).unwrap().name)];
        pack.program.namespaces[usize::from(name.namespace)].clone()
    };
    assert_eq!(uri("Order/Head"), "urn:orders");
    assert_eq!(uri("Seal/value"), "urn:signature");
    assert_eq!(uri("@guid"), "");
    assert_eq!(pack.program.namespaces[0], "");
}

#[test]
fn messages_have_their_document_keys_and_outcomes() {
    let pack = compiled("base");
    let order = pack.program.message("ORDER").unwrap();
    assert_eq!(
        pack.messages[order].document,
        pack.program.decl_by_path(order, "Order").unwrap()
    );
    assert_eq!(
        pack.messages[order].keys,
        [pack.program.decl_by_path(order, "Order/Head/orderNo").unwrap()]
    );
    assert!(pack.decls[usize::from(pack.program.decl_by_path(order, "Order/Head/buyer").unwrap())].personal);
    let reply = pack.program.message("REPLY").unwrap();
    let stored = Outcome {
        status: "120".to_owned(),
        means: Meaning::Stored,
        is_final: true,
        texts: Vec::new(),
    };
    assert_eq!(pack.messages[reply].outcomes[0], stored);
}

#[test]
fn only_used_code_tables_enter_the_pack_and_its_digest() {
    let pack = compiled("base");
    assert_eq!(pack.tables.len(), 1);
    assert!(!pack.tables[0].complete);
    let table = pack
        .program
        .tables
        .iter()
        .find(|table| table.name == "currency_codes")
        .unwrap();
    assert_eq!(table.codes, ["142", "502"]);
    let digest_with = |path: &str| {
        let mut set = valid();
        set.files.get_mut(path).unwrap().push_str("\n# changed\n");
        compile(&set, "base").unwrap().manifest.source_digest
    };
    assert_eq!(digest_with("codes/unused.toml"), pack.manifest.source_digest);
    assert_eq!(digest_with("editions/next/ORDER.toml"), pack.manifest.source_digest);
    for used in [
        "codes/currency-codes.toml",
        "editions/base/shared.toml",
        "signature/base.toml",
        "editions/base/cases/clean.expect",
    ] {
        assert_ne!(digest_with(used), pack.manifest.source_digest, "{used}");
    }
}

#[test]
fn cases_are_sorted_and_signature_rules_inherited() {
    let pack = compiled("base");
    assert_eq!(pack.cases[0].name, "clean");
    assert_eq!(pack.cases[0].expect, ["ORDER-R01 Order/Head/total", "ORDER-R02 Order"]);
    let next = compiled("next");
    assert!(next.cases.is_empty());
    assert_eq!(next.signature, pack.signature);
    assert_eq!(next.signature[0].profiles, ["rsa-sha256", "rsa-sha1"]);
}

#[test]
fn an_edition_states_only_what_it_changes() {
    let next = compiled("next");
    let order = next.program.message("ORDER").unwrap();
    let decl = |path: &str| next.program.decl_by_path(order, path);
    let text = |path: &str| &next.decls[usize::from(decl(path).unwrap())];
    assert_eq!(next.manifest.effective_from, "2021-01-01");
    assert_eq!(text("Order/Head/orderNo").format, "C..30");
    assert_eq!(text("Order/Line").en, "Order line");
    assert_eq!(next.messages[order].clause, "2");
    assert_eq!(decl("Order/Line/unit"), None);
    assert_eq!(
        next.program.decl(decl("Order/Head/currency").unwrap()).unwrap().fixed,
        None
    );
    let head = next.program.children_of(decl("Order/Head").unwrap());
    assert_eq!(head[1], decl("Order/Head/platform").unwrap());
    let severity = |id: &str| next.rules.iter().find(|rule| rule.id == id).map(|rule| rule.severity);
    assert_eq!(severity("ORDER-R02"), None);
    assert_eq!(severity("ORDER-R03"), Some(Severity::Error));
    assert_eq!(severity("ORDER-R04"), Some(Severity::Error));
    assert!(next.program.message("EXTRA").is_some());
    assert!(compiled("base").program.message("EXTRA").is_none());
}

#[test]
fn changes_can_be_listed() {
    let made = changes(&valid(), "next").unwrap();
    assert_eq!(made.len(), 7);
    assert_eq!(
        made[0],
        Change {
            path: "ORDER/Order/Head/orderNo".to_owned(),
            what: "format = C..30".to_owned(),
            cite: "Notice 2, item 1".to_owned()
        }
    );
    assert_eq!(made[1].what, "new platform after it");
    assert_eq!(made[3].what, "no fixed, grade of length = off");
    assert_eq!(made[5].path, "ORDER-R03");
    assert!(changes(&valid(), "base").unwrap().is_empty());
}
