//! Sequences, occurrences, attributes and values.

use crate::evaluate::testing::*;
use crate::evaluate::{MAX_FINDINGS, evaluate};
use crate::program::*;

/// `r` with a required, an optional, a repeated (1..3) and a required child.
fn sequence() -> Schema {
    let mut schema = Schema::new();
    let a = schema.field("a", string(1, 3));
    let b = schema.field("b", string(0, 3));
    let c = schema.field("c", string(0, None));
    let d = schema.field("d", string(0, None));
    let root = schema.group("r", vec![slot(a, 1, 1), slot(b, 0, 1), slot(c, 1, 3), slot(d, 1, 1)]);
    schema.message(root);
    schema
}

fn assert_findings(schema: &Schema, cases: &[(&str, &[&str])]) {
    for (xml, expected) in cases {
        assert_eq!(schema.judge(xml), *expected, "{xml}");
    }
}

#[test]
fn sequences_in_order_are_valid() {
    assert_findings(
        &sequence(),
        &[
            ("<r><a>1</a><b/><c/><d/></r>", &[]),
            ("<r><a>1</a><c/><d/></r>", &[]),
            ("<r> <a>1</a>\n<c/><c/><c/><d/></r>", &[]),
        ],
    );
}

#[test]
fn what_is_missing_is_named() {
    assert_findings(
        &sequence(),
        &[
            (
                "<r/>",
                &[
                    "XSD-element-missing r a",
                    "XSD-element-missing r c",
                    "XSD-element-missing r d",
                ],
            ),
            ("<r><c/><d/></r>", &["XSD-element-missing r a"]),
            ("<r><a>1</a><d/></r>", &["XSD-element-missing r c"]),
            ("<r><a>1</a><b/><c/></r>", &["XSD-element-missing r d"]),
            (
                "<r><b/><d/></r>",
                &["XSD-element-missing r a", "XSD-element-missing r c"],
            ),
        ],
    );
}

#[test]
fn misplaced_elements_are_told_from_missing_ones() {
    assert_findings(
        &sequence(),
        &[
            // Two swapped neighbours, one moved to the front, one moved to the end.
            ("<r><b/><a>1</a><c/><d/></r>", &["XSD-element-order b b"]),
            ("<r><d/><a>1</a><b/><c/></r>", &["XSD-element-order d d"]),
            ("<r><b/><c/><d/><a>1</a></r>", &["XSD-element-order a a"]),
            ("<r><a>1</a><c/><b/><d/></r>", &["XSD-element-order b b"]),
            // The value of a misplaced element is checked as well.
            (
                "<r><b/><c/><d/><a>1234</a></r>",
                &["XSD-element-order a a", "XSD-length a a"],
            ),
        ],
    );
}

#[test]
fn elements_that_nobody_knows_are_reported_without_looking_inside() {
    assert_findings(
        &sequence(),
        &[
            (
                "<r><a>1</a><x><a>too long</a></x><c/><d/></r>",
                &["XSD-element-unknown x -"],
            ),
            ("<r><d:a>1</d:a><a>1</a><c/><d/></r>", &["XSD-element-unknown d:a -"]),
            ("<r><a>1</a><:c/><c/><d/></r>", &["XSD-element-unknown :c -"]),
            ("<r><a>1</a><c/><d/><zz/></r>", &["XSD-element-unknown zz -"]),
            ("<r><r/><a>1</a><c/><d/></r>", &["XSD-element-unknown r[2] -"]),
        ],
    );
}

#[test]
fn too_many_of_an_element_are_reported_once() {
    assert_findings(
        &sequence(),
        &[
            ("<r><a>1</a><a>2</a><c/><d/></r>", &["XSD-occurs a[2] a"]),
            ("<r><a>1</a><c/><c/><c/><c/><c/><d/></r>", &["XSD-occurs c[4] c"]),
            ("<r><a>1</a><c/><d/><a>1</a></r>", &["XSD-occurs a[2] a"]),
            ("<r><a>1</a><c/><d/><d/></r>", &["XSD-occurs d[2] d"]),
        ],
    );
}

#[test]
fn a_minimum_above_one_is_counted() {
    let mut schema = Schema::new();
    let a = schema.field("a", string(0, None));
    let b = schema.field("b", string(0, None));
    let root = schema.group("r", vec![slot(a, 2, None), slot(b, 0, 1)]);
    schema.message(root);
    assert_findings(
        &schema,
        &[
            ("<r><a/><a/></r>", &[]),
            ("<r><a/><a/><a/><a/><b/></r>", &[]),
            ("<r><a/></r>", &["XSD-element-missing r a"]),
            ("<r><a/><b/></r>", &["XSD-element-missing r a"]),
        ],
    );
}

#[test]
fn the_same_name_may_have_two_places() {
    let mut schema = Schema::new();
    let a = schema.field("a", string(0, None));
    let b = schema.field("b", string(0, None));
    let root = schema.group("r", vec![slot(a, 0, 1), slot(b, 1, 1), slot(a, 1, 1)]);
    schema.message(root);
    assert_findings(
        &schema,
        &[
            ("<r><a/><b/><a/></r>", &[]),
            ("<r><b/><a/></r>", &[]),
            ("<r><a/><b/></r>", &["XSD-element-missing r a"]),
        ],
    );
}

#[test]
fn an_element_that_may_not_occur_is_unknown() {
    let mut schema = Schema::new();
    let a = schema.field("a", string(0, None));
    let root = schema.group("r", vec![slot(a, 0, 0)]);
    schema.message(root);
    assert_findings(&schema, &[("<r/>", &[]), ("<r><a/></r>", &["XSD-element-unknown a -"])]);
}

#[test]
fn text_and_elements_stand_only_where_they_may() {
    assert_findings(
        &sequence(),
        &[
            ("<r>x<a>1</a><c/><d/></r>", &["XSD-text r r"]),
            ("<r><a>1</a><c/>x<d/></r>", &["XSD-text r r"]),
            ("<r><a><c/></a><c/><d/></r>", &["XSD-children a a"]),
            ("<r><a>1<x/></a><c/><d/></r>", &["XSD-children a a"]),
        ],
    );
    let mut schema = Schema::new();
    let mixed = schema.element(
        "m",
        Type::Complex(Complex {
            mixed: true,
            ..Complex::default()
        }),
    );
    let empty = schema.element("e", Type::Complex(Complex::default()));
    let any = schema.element("y", Type::Any);
    let root = schema.group("r", vec![slot(mixed, 0, 9), slot(empty, 0, 9), slot(any, 0, 9)]);
    schema.message(root);
    assert_findings(
        &schema,
        &[
            ("<r><m>text</m><e/><y k=\"1\">x<z/></y></r>", &[]),
            ("<r><y><z xsi:type=\"t\"/></y></r>", &[]),
            ("<r><y xsi:nil=\"true\"/></r>", &["XSD-xsi y y"]),
            ("<r><m><z/></m></r>", &["XSD-element-unknown z -"]),
            ("<r><e> </e></r>", &["XSD-text e e"]),
            ("<r><e><z/></e></r>", &["XSD-element-unknown z -"]),
        ],
    );
}

#[test]
fn attributes_are_known_required_and_typed() {
    let mut schema = Schema::new();
    let guid = schema.attribute("guid", string(3, 3));
    let version = schema.attribute("version", string(0, 3));
    let fixed = schema.attribute("ver", simple(Base::String));
    schema.program.decls[usize::from(fixed)].fixed = Some("1.0".into());
    let plain = schema.field("p", string(0, None));
    let attributes = vec![
        AttributeUse {
            decl: guid,
            required: true,
        },
        AttributeUse {
            decl: version,
            required: false,
        },
        AttributeUse {
            decl: fixed,
            required: false,
        },
    ];
    let content = Content::Sequence(vec![slot(plain, 0, 1)]);
    let root = schema.element(
        "r",
        Type::Complex(Complex {
            attributes,
            content,
            mixed: false,
        }),
    );
    schema.message(root);
    assert_findings(
        &schema,
        &[
            ("<r guid=\"123\"/>", &[]),
            ("<r version=\"1\" guid=\"123\" ver=\"1.0\"><p/></r>", &[]),
            ("<r/>", &["XSD-attribute-missing r guid"]),
            ("<r version=\"1\"/>", &["XSD-attribute-missing r guid"]),
            ("<r guid=\"12\"/>", &["XSD-length guid guid"]),
            ("<r guid=\"123\" Guid=\"123\"/>", &["XSD-attribute-unknown Guid -"]),
            (
                "<r guid=\"123\" t:version=\"1\"/>",
                &["XSD-attribute-unknown t:version -"],
            ),
            ("<r guid=\"123\" ver=\"\"/>", &["XSD-fixed ver ver"]),
            ("<r guid=\"123\" ver=\"1.00\"/>", &["XSD-fixed ver ver"]),
            ("<r guid=\"123\"><p q=\"1\">x</p></r>", &["XSD-attribute-unknown q -"]),
            (
                "<r guid=\"123\"><p q=\"1\"><z/></p></r>",
                &["XSD-children p p", "XSD-attribute-unknown q -"],
            ),
        ],
    );
}

#[test]
fn simple_content_may_have_attributes() {
    let mut schema = Schema::new();
    let id = schema.attribute("Id", simple(Base::Id));
    let attributes = vec![AttributeUse {
        decl: id,
        required: false,
    }];
    let content = Content::Simple(simple(Base::Base64));
    let value = schema.element(
        "v",
        Type::Complex(Complex {
            attributes,
            content,
            mixed: false,
        }),
    );
    let root = schema.group("r", vec![slot(value, 1, None)]);
    schema.message(root);
    assert_findings(
        &schema,
        &[
            ("<r><v>AAAA</v></r>", &[]),
            ("<r><v Id=\"a\">AAAA</v><v Id=\"b\"/></r>", &[]),
            ("<r><v Id=\"a\">AAA</v></r>", &["XSD-type v v"]),
            ("<r><v Id=\"1\">AAAA</v></r>", &["XSD-type Id Id"]),
            ("<r><v Id=\"a\"><x/></v></r>", &["XSD-children v v"]),
            ("<r><v Id=\"a\"/><v Id=\"b\"/><v Id=\" a \"/></r>", &["XSD-id Id[3] Id"]),
        ],
    );
}

#[test]
fn empty_elements_take_their_fixed_or_default_value() {
    let mut schema = Schema::new();
    let currency = schema.field("currency", string(3, 3));
    schema.program.decls[usize::from(currency)].fixed = Some("142".into());
    let freight = schema.field("freight", decimal(19, 5));
    schema.program.decls[usize::from(freight)].default = Some("0".into());
    let root = schema.group("r", vec![slot(currency, 1, 1), slot(freight, 1, 1)]);
    schema.message(root);
    assert_findings(
        &schema,
        &[
            ("<r><currency/><freight/></r>", &[]),
            ("<r><currency></currency><freight>1.5</freight></r>", &[]),
            ("<r><currency>142</currency><freight>-1</freight></r>", &[]),
            (
                "<r><currency>502</currency><freight/></r>",
                &["XSD-fixed currency currency"],
            ),
            (
                "<r><currency>142 </currency><freight/></r>",
                &["XSD-fixed currency currency"],
            ),
            (
                "<r><currency> </currency><freight> </freight></r>",
                &["XSD-fixed currency currency", "XSD-type freight freight"],
            ),
        ],
    );
}

#[test]
fn a_fixed_value_is_compared_after_collapsing_where_the_type_collapses() {
    let mut schema = Schema::new();
    let flag = schema.field(
        "f",
        Simple {
            collapse: true,
            ..string(1, 1)
        },
    );
    schema.program.decls[usize::from(flag)].fixed = Some("3".into());
    let root = schema.group("r", vec![slot(flag, 1, 1)]);
    schema.message(root);
    assert_findings(
        &schema,
        &[
            ("<r><f> 3\n</f></r>", &[]),
            ("<r><f>3 3</f></r>", &["XSD-fixed f f"]),
            ("<r><f/></r>", &[]),
        ],
    );
}

#[test]
fn xsi_typing_is_not_allowed() {
    let schema = sequence();
    assert_findings(
        &schema,
        &[
            ("<r xsi:type=\"x\"><a>1</a><c/><d/></r>", &["XSD-xsi r r"]),
            ("<r><a xsi:nil=\"true\">1</a><c/><d/></r>", &["XSD-xsi a a"]),
            (
                "<r><a>1</a><c/><d/><x xsi:type=\"x\"/></r>",
                &["XSD-element-unknown x -"],
            ),
        ],
    );
}

#[test]
fn the_root_must_be_a_message() {
    let schema = sequence();
    for root in ["<a/>", "<x/>", "<d:r/>", "<:r/>"] {
        let name = &root[1..root.len() - 2];
        assert_eq!(schema.judge(root), [format!("XSD-root {name} -")]);
    }
}

#[test]
fn findings_stand_in_document_order() {
    let findings = sequence().judge("<r><a>1234</a><b>1234</b><x/></r>");
    assert_eq!(
        findings,
        [
            "XSD-element-missing r c",
            "XSD-element-missing r d",
            "XSD-length a a",
            "XSD-length b b",
            "XSD-element-unknown x -",
        ]
    );
}

#[test]
fn each_broken_rule_is_heard_beyond_the_limit() {
    let mut schema = Schema::new();
    let n = schema.field("n", string(0, None));
    let row = schema.group("row", vec![slot(n, 0, 1)]);
    let root = schema.group("r", vec![slot(row, 0, None)]);
    schema.message(root);
    schema.rule(row, row, row, &[], &[Op::Present(n)]);
    let rows = "<row/>".repeat(2 * MAX_FINDINGS);
    let findings = schema.judge(&format!("<r>{rows}<row><x/><x/><n>1<x/></n></row></r>"));
    // The errors at the end make the message invalid, so the others must not hide them.
    assert_eq!(findings.len(), MAX_FINDINGS + 2);
    assert_eq!(
        findings[MAX_FINDINGS..],
        ["XSD-element-unknown x -", "XSD-children n n"]
    );
}

#[test]
fn findings_of_one_rule_stop_at_the_limit() {
    let schema = sequence();
    let xml = format!("<r>{}</r>", "<x/>".repeat(3 * MAX_FINDINGS));
    let findings = schema.judge(&xml);
    let unknown = findings
        .iter()
        .filter(|finding| finding.starts_with("XSD-element-unknown"));
    assert_eq!(unknown.count(), MAX_FINDINGS);
    // Findings already in the list do not count.
    let mut out = vec![];
    evaluate(&schema.program, &schema.batch(&xml), &mut out).unwrap();
    evaluate(&schema.program, &schema.batch(&xml), &mut out).unwrap();
    assert_eq!(out.len(), 2 * findings.len());
}

/// Rare characters and emoji are one character, but two UTF-16 units.
#[test]
fn texts_that_fit_only_by_characters_are_warned_about() {
    let mut schema = Schema::new();
    let guid = schema.attribute("guid", string(0, 3));
    let preserved = schema.field("a", string(1, 3));
    let collapsed = schema.field(
        "b",
        Simple {
            collapse: true,
            ..string(0, 3)
        },
    );
    let unlimited = schema.field("c", string(0, None));
    let uri = schema.field(
        "d",
        Simple {
            max_length: Some(3),
            ..simple(Base::AnyUri)
        },
    );
    let slots = [preserved, collapsed, unlimited, uri].map(|decl| slot(decl, 0, 1));
    let root = schema.element(
        "r",
        Type::Complex(Complex {
            attributes: vec![AttributeUse {
                decl: guid,
                required: false,
            }],
            content: Content::Sequence(slots.to_vec()),
            mixed: false,
        }),
    );
    schema.message(root);
    assert_findings(
        &schema,
        &[
            ("<r><a>𠮷a</a><b>  𠮷  </b></r>", &[]),
            // Three bytes each, but one unit: ordinary Chinese text.
            ("<r><a>电商企</a><b>电商企</b></r>", &[]),
            ("<r><a>𠮷野家</a></r>", &["TEXT-utf16 a a"]),
            ("<r><a>𠮷𠮷</a></r>", &["TEXT-utf16 a a"]),
            ("<r><b> 𠮷  𠮷 </b></r>", &["TEXT-utf16 b b"]),
            ("<r><c>𠮷𠮷𠮷𠮷𠮷𠮷</c></r>", &[]),
            ("<r guid=\"𠮷😀\"/>", &["TEXT-utf16 guid guid"]),
            // No additional warning for texts that the schema rejects.
            ("<r><a>𠮷𠮷𠮷𠮷</a></r>", &["XSD-length a a"]),
        ],
    );
}
