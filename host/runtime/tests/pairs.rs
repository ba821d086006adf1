//! Two documents side by side, judged by the shipped rules.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use cebridge_findings::{DocumentPair, Finding, Grades};
use cebridge_message::{Document, Element, Limits};
use cebridge_rule_compiler::{Grade, compile};
use cebridge_rule_core::pack::Pair;
use cebridge_runtime::{LoadedPack, shipped_sources};
use std::sync::OnceLock;
use support::baker;

fn wasm() -> &'static [u8] {
    static WASM: OnceLock<Vec<u8>> = OnceLock::new();
    WASM.get_or_init(|| {
        let pack = compile(&shipped_sources(), "2022-05").unwrap_or_else(|errors| panic!("{}", errors[0]));
        baker().bake(&pack).expect("a pack")
    })
}

fn pack() -> &'static LoadedPack {
    static PACK: OnceLock<LoadedPack> = OnceLock::new();
    PACK.get_or_init(|| LoadedPack::load(baker(), wasm()).expect("a pack"))
}

fn pair<'p>(pack: &'p LoadedPack, code: &str) -> &'p Pair {
    pack.rules()
        .pack()
        .pairs
        .iter()
        .find(|pair| pair.code == code)
        .expect(code)
}

fn group(name: &str, fields: &[(&str, &str)]) -> Element {
    let mut group = Element::new(name);
    group.children = fields.iter().map(|(name, text)| Element::leaf(*name, *text)).collect();
    group
}

fn document(name: &str, groups: Vec<Element>) -> Element {
    let mut document = Element::new(name);
    document.children = groups;
    document
}

fn order(lines: &[(&str, &str)]) -> Element {
    let head = [
        ("orderNo", "SO-1"),
        ("ebcCode", "EBC1"),
        ("acturalPaid", "100.50"),
        ("buyerName", "订购人"),
        ("buyerIdNumber", "110101199001011237"),
    ];
    let mut groups = vec![group("OrderHead", &head)];
    groups.extend(
        lines
            .iter()
            .map(|(gnum, name)| group("OrderList", &[("gnum", gnum), ("itemName", name)])),
    );
    document("Order", groups)
}

fn payment(amount: &str, payer: &str) -> Element {
    let head = [
        ("orderNo", "SO-1"),
        ("amountPaid", amount),
        ("payerName", payer),
        ("payerIdNumber", "110101199001011237"),
    ];
    document("Payment", vec![group("PaymentHead", &head)])
}

fn inventory(lines: &[(&str, &str)]) -> Element {
    let head = [
        ("orderNo", "SO-1"),
        ("ebcCode", "EBC1"),
        ("buyerName", "订购人"),
        ("buyerIdNumber", "110101199001011237"),
    ];
    let mut groups = vec![group("InventoryHead", &head)];
    groups.extend(
        lines
            .iter()
            .map(|(gnum, name)| group("InventoryList", &[("gnum", gnum), ("gname", name)])),
    );
    document("Inventory", groups)
}

fn judge(pack: &LoadedPack, code: &str, message: &Element, other: Option<&Element>) -> Vec<Finding> {
    let documents = DocumentPair {
        message,
        other,
        other_status: None,
    };
    pack.judge_pair(pair(pack, code), &documents).unwrap()
}

fn told(found: &[Finding]) -> Vec<String> {
    found
        .iter()
        .map(|finding| format!("{} {}", finding.rule, finding.path))
        .collect()
}

#[test]
fn equal_amounts_agree_however_they_are_written() {
    let found = judge(pack(), "CEB411+CEB311", &payment("100.5", "订购人"), Some(&order(&[])));
    assert_eq!(told(&found), [""; 0]);
}

#[test]
fn a_payment_that_differs_from_its_order_is_explained_in_both_languages() {
    let found = judge(pack(), "CEB411+CEB311", &payment("100.51", "订购人"), Some(&order(&[])));
    let [finding] = &found[..] else { panic!("{found:#?}") };
    assert_eq!(told(&found), ["CEB411-R06 Payment/PaymentHead/amountPaid"]);
    assert_eq!((finding.layer.as_str(), finding.severity), ("business", Grade::Error));
    assert_eq!((finding.line, finding.column), (0, 0));
    assert_eq!(finding.value.as_deref(), Some("100.51"));
    assert_eq!(finding.clause, "3.1.4");
    assert!(finding.source.contains("pairs.toml:"), "{}", finding.source);
    assert_eq!(finding.pack, pack().rules().digest());
    assert!(
        finding.message.contains("100.51") && finding.message.contains("100.50"),
        "{}",
        finding.message
    );
    assert!(
        finding
            .message_zh
            .contains("支付金额 100.51 与订单实际支付金额 100.50 不一致")
    );
}

/// The most frequent reason why a buyer is not the payer: one of the two programs writes a lower-case x.
#[test]
fn identity_numbers_that_differ_in_a_small_x_are_told_apart_from_others() {
    let with_number = |mut document: Element, number: &str| {
        let fields = &mut document.children[0].children;
        let field = fields
            .iter_mut()
            .find(|field| field.name.ends_with("IdNumber"))
            .unwrap();
        number.clone_into(&mut field.text);
        document
    };
    let capital = with_number(order(&[]), "11010119000101009X");
    let hint = "differ only in a lower-case x";
    for (number, is_case) in [("11010119000101009x", true), ("110101190001010014", false)] {
        let payment = with_number(payment("100.50", "订购人"), number);
        let inventory = with_number(inventory(&[]), number);
        for (code, document) in [("CEB411+CEB311", &payment), ("CEB621+CEB311", &inventory)] {
            let found = judge(pack(), code, document, Some(&capital));
            let [finding] = &found[..] else { panic!("{found:#?}") };
            assert_eq!(finding.message.contains(hint), is_case, "{finding:?}");
            assert_eq!(finding.message_zh.contains("仅末位x"), is_case, "{finding:?}");
            assert!(!finding.message.contains(number), "{finding:?}");
        }
    }
}

#[test]
fn values_of_persons_are_masked() {
    let found = judge(pack(), "CEB411+CEB311", &payment("100.50", "别的人"), Some(&order(&[])));
    assert_eq!(told(&found), ["CEB411-R07-name Payment/PaymentHead/payerName"]);
    assert_eq!(found[0].severity, Grade::Warning, "what is inferred only warns");
    assert_eq!(found[0].value.as_deref(), Some("别**"));
}

#[test]
fn lines_are_joined_by_their_number_and_named_as_in_their_document() {
    let order = order(&[("2", "茶"), ("1", "米"), ("4", "盐")]);
    let inventory = inventory(&[("1", "米"), ("2", "咖啡"), ("3", "油")]);
    assert_eq!(
        told(&judge(pack(), "CEB621+CEB311", &inventory, Some(&order))),
        [
            "CEB621-R12 Inventory/InventoryList[2]/gname",
            "CEB621-R10-order Inventory/InventoryList[3]/gnum"
        ]
    );
}

#[test]
fn an_absent_document_is_the_only_thing_that_is_told_about_it() {
    let found = judge(pack(), "CEB621+CEB311", &inventory(&[("1", "米")]), None);
    assert_eq!(told(&found), ["CEB621-R11 Inventory/InventoryHead/orderNo"]);
    assert_eq!(found[0].code.as_deref(), Some("-301003"));
    for pair in &pack().rules().pack().pairs {
        let name = |message: &str| {
            pack()
                .rules()
                .pack()
                .document_name(pack().rules().pack().message(message).unwrap())
                .unwrap()
        };
        let empty = Element::new(name(&pair.message));
        let documents = DocumentPair {
            message: &empty,
            other: Some(&Element::new(name(&pair.other))),
            other_status: None,
        };
        let found = pack().judge_pair(pair, &documents).unwrap();
        assert_eq!(
            told(&found),
            [""; 0],
            "{}: documents without fields say nothing",
            pair.code
        );
    }
}

#[test]
fn the_status_of_the_other_document_counts_where_it_is_known() {
    let withdrawal = group("InvtCancel", &[("invtNo", "224420261000000001")]);
    let pair = pair(pack(), "CEB623+CEB621");
    let told_of = |status| {
        let documents = DocumentPair {
            message: &withdrawal,
            other: Some(&inventory(&[])),
            other_status: status,
        };
        told(&pack().judge_pair(pair, &documents).unwrap())
    };
    assert_eq!(told_of(None), [""; 0]);
    assert_eq!(told_of(Some("waiting")), [""; 0]);
    assert_eq!(told_of(Some("released")), ["CEB623-R02-state InvtCancel/invtNo"]);
}

#[test]
fn a_return_application_is_held_against_each_line_of_its_inventory() {
    let line = |group_name: &str, fields: &[(&str, &str)]| group(group_name, fields);
    let own = line(
        "InventoryList",
        &[("gnum", "1"), ("gcode", "0902101000"), ("gname", "茶"), ("qty", "2")],
    );
    let inventory = document("Inventory", vec![group("InventoryHead", &[]), own]);
    let told_of = |fields: &[(&str, &str)]| {
        let refund = document(
            "InvtRefund",
            vec![group("InvtRefundHead", &[]), line("InvtRefundList", fields)],
        );
        told(&judge(pack(), "CEB625+CEB621", &refund, Some(&inventory)))
    };
    let same = [("gnum", "1"), ("gcode", "0902101000"), ("gname", "茶"), ("qty", "2.0")];
    assert_eq!(told_of(&same), [""; 0]);
    assert_eq!(
        told_of(&[
            ("gnum", "1"),
            ("gcode", "0902101001"),
            ("gname", "茶叶"),
            ("qty", "2.1")
        ]),
        [
            "CEB625-R02 InvtRefund/InvtRefundList/gcode",
            "CEB625-R04 InvtRefund/InvtRefundList/gname",
            "CEB625-R03 InvtRefund/InvtRefundList/qty"
        ]
    );
    assert_eq!(
        told_of(&[("gnum", "2"), ("gcode", "0902101000"), ("gname", "茶"), ("qty", "1")]),
        ["CEB625-R02 InvtRefund/InvtRefundList/gcode"]
    );
}

#[test]
fn severities_are_set_by_configuration() {
    let graded = |grade| {
        let grades = Grades::from([("CEB411-R06".to_owned(), grade)]);
        let pack = LoadedPack::load(baker(), wasm()).expect("a pack").with_grades(grades);
        judge(&pack, "CEB411+CEB311", &payment("1", "订购人"), Some(&order(&[])))
    };
    let [warning] = &graded(Grade::Warning)[..] else {
        panic!()
    };
    assert_eq!(
        (warning.severity, warning.regraded_from),
        (Grade::Warning, Some(Grade::Error))
    );
    assert_eq!(graded(Grade::Off), []);
}

#[test]
fn fields_of_another_edition_are_left_out() {
    let mut order = order(&[]);
    order.children[0].children.push(Element::leaf("longGone", "1"));
    assert_eq!(
        told(&judge(
            pack(),
            "CEB411+CEB311",
            &payment("100.50", "订购人"),
            Some(&order)
        )),
        [""; 0]
    );
}

#[test]
fn a_repeated_value_is_explained_at_its_field() {
    let unique = pack()
        .rules()
        .pack()
        .uniques
        .iter()
        .find(|unique| unique.message == "CEB621")
        .unwrap();
    let found = pack().repeated(unique, &inventory(&[])).unwrap().unwrap();
    assert_eq!(
        (found.rule.as_str(), found.path.as_str()),
        ("CEB621-R24-order", "Inventory/InventoryHead/orderNo")
    );
    assert_eq!(found.code.as_deref(), Some("-621004"));
    assert!(found.message.contains("SO-1"), "{}", found.message);
}

#[test]
fn no_document_passes_for_a_pair() {
    for pair in &pack().rules().pack().pairs {
        for root in ["Pair".to_owned(), pair.code.replace('+', "-")] {
            let xml = format!("<{root}><Order/></{root}>");
            let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap();
            assert_eq!(pack().rules().message_of(&document), None);
            let found = pack().rules().explain_all(&document, &pack().judge(&document).unwrap());
            assert!(found.iter().any(|finding| finding.is_error()), "{root}");
            assert!(found.iter().all(|finding| !finding.message.contains('+')), "{found:?}");
        }
        let xml = format!("<{0}></{0}>", pair.code);
        assert!(Document::parse(xml.as_bytes(), &Limits::MESSAGE).is_err(), "{xml}");
    }
    let pack = pack().rules().pack();
    assert!(pack.catalogue().all(|(_, message, _)| !message.code.contains('+')));
    assert_eq!(pack.catalogue().count() + pack.pairs.len(), pack.program.messages.len());
}
