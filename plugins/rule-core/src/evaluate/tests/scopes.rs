//! Tests of the occurrence of a field that a rule sees, and of when a rule is judged at all.

use crate::evaluate::testing::*;
use crate::evaluate::{Plan, evaluate, evaluate_with};
use crate::program::*;

/// `m / (date?, doc*)`, `doc / (head / (no?, total?), row* / (n?, price?), tail?)`.
struct Orders {
    schema: Schema,
    m: DeclId,
    date: DeclId,
    doc: DeclId,
    head: DeclId,
    no: DeclId,
    total: DeclId,
    row: DeclId,
    n: DeclId,
    price: DeclId,
}

impl Orders {
    fn new() -> Self {
        let mut schema = Schema::new();
        let [date, no, total, n, price] =
            ["date", "no", "total", "n", "price"].map(|name| schema.field(name, string(0, None)));
        let head = schema.group("head", vec![slot(no, 0, 1), slot(total, 0, 1)]);
        let row = schema.group("row", vec![slot(n, 0, 1), slot(price, 0, 1)]);
        let doc = schema.group("doc", vec![slot(head, 0, 1), slot(row, 0, None)]);
        let m = schema.group("m", vec![slot(date, 0, 1), slot(doc, 0, None)]);
        schema.message(m);
        Self {
            schema,
            m,
            date,
            doc,
            head,
            no,
            total,
            row,
            n,
            price,
        }
    }

    fn judge(&self, xml: &str) -> Vec<String> {
        self.schema.judge(xml)
    }
}

/// A declaration in two messages that only one of them reads must not disturb the fields of the other one.
#[test]
fn a_field_that_only_another_message_reads_is_not_mixed_up_with_own_fields() {
    let mut schema = Schema::new();
    let [both, own] = ["both", "own"].map(|name| schema.field(name, string(0, None)));
    let first = schema.group("first", vec![slot(own, 1, 1), slot(both, 1, 1)]);
    schema.message(first);
    let check = [Op::Field(own), schema.text("A"), Op::Eq];
    schema.rule(first, first, own, &[], &check);
    let second = schema.group("second", vec![slot(both, 1, 1)]);
    schema.message(second);
    let check = [Op::Field(both), schema.text("B"), Op::Eq];
    schema.rule(second, second, both, &[], &check);
    let batch = |xml: &str| schema.batch(xml);
    let judge = |xml: &str| {
        let mut findings = Vec::new();
        evaluate_with(&schema.program, &Plan::new(&schema.program), &batch(xml), &mut findings).unwrap();
        findings.len()
    };
    assert_eq!(judge("<first><own>A</own><both>C</both></first>"), 0);
    assert_eq!(judge("<first><own>C</own><both>A</both></first>"), 1);
    assert_eq!(judge("<second><both>B</both></second>"), 0);
    assert_eq!(judge("<second><both>A</both></second>"), 1);
}

#[test]
fn a_document_never_sees_the_fields_of_the_one_before() {
    let mut orders = Orders::new();
    let check = [Op::Field(orders.no), orders.schema.text("A"), Op::Eq];
    orders.schema.rule(orders.doc, orders.head, orders.no, &[], &check);
    // The second document has no `no`: unknown, although the first one has a value that breaks the rule.
    assert_eq!(
        orders.judge("<m><doc><head><no>B</no></head></doc><doc><head/></doc></m>"),
        ["B0 no no"]
    );
    // Presence is decided per document, too.
    let mut orders = Orders::new();
    orders
        .schema
        .rule(orders.doc, orders.doc, orders.no, &[], &[Op::Present(orders.no)]);
    assert_eq!(
        orders.judge("<m><doc><head><no/></head></doc><doc/></m>"),
        ["B0 doc[2] no"]
    );
}

#[test]
fn a_row_sees_the_head_of_its_own_document_only() {
    let mut orders = Orders::new();
    let check = [Op::Field(orders.no), orders.schema.text("A"), Op::Eq];
    orders.schema.rule(orders.row, orders.row, orders.n, &[], &check);
    assert_eq!(
        orders.judge(
            "<m><doc><head><no>B</no></head><row><n>1</n></row><row/></doc>\
             <doc><head/><row><n>2</n></row></doc>\
             <doc><head><no>A</no></head><row><n>3</n></row></doc></m>"
        ),
        ["B0 n n", "B0 row[2] n"]
    );
}

#[test]
fn a_row_never_sees_the_row_before() {
    let mut orders = Orders::new();
    let check = [Op::Field(orders.price), Op::Number { mantissa: 0, scale: 0 }, Op::Gt];
    orders.schema.rule(orders.row, orders.row, orders.price, &[], &check);
    assert_eq!(
        orders.judge("<m><doc><row><price>0</price></row><row/><row><price>1</price></row></doc></m>"),
        ["B0 price price"]
    );
}

#[test]
fn the_message_level_is_visible_everywhere() {
    let mut orders = Orders::new();
    let check = [Op::Field(orders.date), orders.schema.text("D"), Op::Eq];
    orders.schema.rule(orders.row, orders.row, orders.row, &[], &check);
    orders.schema.rule(orders.m, orders.date, orders.date, &[], &check);
    assert_eq!(
        orders.judge("<m><date>X</date><doc><row/></doc><doc><row/></doc></m>"),
        ["B1 date date", "B0 row row", "B0 row[2] row"]
    );
    assert_eq!(
        orders.judge("<m><date>D</date><doc><row/></doc></m>"),
        Vec::<String>::new()
    );
    assert_eq!(orders.judge("<m><doc><row/></doc></m>"), Vec::<String>::new());
}

#[test]
fn a_document_sees_the_latest_of_its_rows() {
    let mut orders = Orders::new();
    let check = [Op::Field(orders.n), orders.schema.text("2"), Op::Eq];
    orders.schema.rule(orders.doc, orders.doc, orders.n, &[], &check);
    assert_eq!(
        orders.judge("<m><doc><row><n>1</n></row><row><n>2</n></row></doc><doc><row><n>3</n></row></doc></m>"),
        ["B0 n[3] n"]
    );
}

#[test]
fn a_rule_is_skipped_where_its_element_is_absent() {
    let mut orders = Orders::new();
    orders
        .schema
        .rule(orders.doc, orders.head, orders.total, &[], &[Op::Truth(false)]);
    // Absent in one document, even if present in the previous one; without the field, the finding is at the element.
    assert_eq!(
        orders.judge("<m><doc><head><total/></head></doc><doc/><doc><head/></doc></m>"),
        ["B0 total total", "B0 head[2] total"]
    );
}

#[test]
fn the_precondition_must_be_true() {
    for (when, judged) in [(Op::Truth(true), true), (Op::Truth(false), false), (Op::Neg, false)] {
        let mut orders = Orders::new();
        orders
            .schema
            .rule(orders.m, orders.m, orders.m, &[when], &[Op::Truth(false)]);
        assert_eq!(!orders.judge("<m/>").is_empty(), judged);
    }
}

#[test]
fn aggregates_stay_inside_their_document() {
    let mut orders = Orders::new();
    let check = [Op::Sum(orders.price), Op::Field(orders.total), Op::Eq];
    orders.schema.rule(orders.doc, orders.head, orders.total, &[], &check);
    orders
        .schema
        .rule(orders.doc, orders.doc, orders.n, &[], &[Op::Sequence(orders.n)]);
    orders
        .schema
        .rule(orders.m, orders.m, orders.no, &[], &[Op::Unique(orders.no)]);
    let doc = |no: &str, total: &str, rows: &[(&str, &str)]| {
        let rows: String = rows
            .iter()
            .map(|(n, price)| format!("<row><n>{n}</n><price>{price}</price></row>"))
            .collect();
        format!("<doc><head><no>{no}</no><total>{total}</total></head>{rows}</doc>")
    };
    let message = |docs: &[String]| format!("<m>{}</m>", docs.concat());
    let good = [
        doc("A", "0.3", &[("1", "0.1"), ("2", "0.2")]),
        doc("B", "5", &[("1", "5.00")]),
    ];
    assert_eq!(orders.judge(&message(&good)), Vec::<String>::new());
    let bad = [
        doc("A", "0.3", &[("1", "0.1"), ("2", "0.2")]),
        doc("B", "5.01", &[("2", "5")]),
        doc("A", "0", &[]),
    ];
    assert_eq!(
        orders.judge(&message(&bad)),
        ["B0 total[2] total", "B1 n[3] n", "B2 no[3] no"]
    );
}

#[test]
fn rules_of_other_messages_do_not_fire() {
    let mut schema = Schema::new();
    let field = schema.field("f", string(0, None));
    let shared = schema.group("shared", vec![slot(field, 0, 1)]);
    for (root, value) in [("one", "1"), ("two", "2")] {
        let decl = schema.group(root, vec![slot(shared, 0, 5)]);
        schema.message(decl);
        let check = [Op::Field(field), schema.text(value), Op::Eq];
        schema.rule(shared, shared, field, &[], &check);
    }
    assert_eq!(
        schema.judge("<one><shared><f>1</f></shared></one>"),
        Vec::<String>::new()
    );
    assert_eq!(schema.judge("<two><shared><f>1</f></shared></two>"), ["B1 f f"]);
    assert_eq!(schema.judge("<one><shared><f>2</f></shared></one>"), ["B0 f f"]);

    // A plan of all messages gives the same results as one made on the fly.
    let plan = Plan::new(&schema.program);
    for xml in [
        "<one><shared><f>1</f></shared></one>",
        "<two><shared><f>1</f></shared></two>",
        "<zwei/>",
    ] {
        let batch = schema.batch(xml);
        let (mut once, mut planned) = (vec![], vec![]);
        evaluate(&schema.program, &batch, &mut once).unwrap();
        evaluate_with(&schema.program, &plan, &batch, &mut planned).unwrap();
        assert_eq!(once, planned, "{xml}");
    }
}

#[test]
fn a_repeated_field_can_be_the_trigger() {
    let mut schema = Schema::new();
    let field = schema.field("f", string(0, None));
    let root = schema.group("r", vec![slot(field, 0, None)]);
    schema.message(root);
    let check = [Op::Field(field), schema.text("ok"), Op::Eq];
    schema.rule(field, field, field, &[], &check);
    assert_eq!(
        schema.judge("<r><f>ok</f><f>no</f><f/></r>"),
        ["B0 f[2] f", "B0 f[3] f"]
    );
}

#[test]
fn attributes_can_be_read() {
    let mut schema = Schema::new();
    let guid = schema.attribute("guid", string(0, None));
    let attributes = vec![AttributeUse {
        decl: guid,
        required: false,
    }];
    let root = schema.element(
        "r",
        Type::Complex(Complex {
            attributes,
            ..Complex::default()
        }),
    );
    schema.message(root);
    schema.rule(root, root, guid, &[], &[Op::Field(guid), Op::IsUpper]);
    assert_eq!(schema.judge("<r guid=\"ab\"/>"), ["B0 guid guid"]);
    assert_eq!(schema.judge("<r guid=\"AB\"/>"), Vec::<String>::new());
}
