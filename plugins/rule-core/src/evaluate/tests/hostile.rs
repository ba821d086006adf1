//! Tests with bytes that no honest host sends.

use crate::batch::{self, BatchError, HEADER, NodeRecord, RECORD};
use crate::evaluate::testing::*;
use crate::evaluate::{MAX_DEPTH, RawFinding, evaluate};
use crate::program::*;
use proptest::prelude::*;

/// A program with all features: sequences, models, attributes, identifiers, a recursive element, aggregates.
fn program() -> Schema {
    let mut schema = Schema::new();
    let id = schema.attribute("id", simple(Base::Id));
    let text = schema.field(
        "t",
        Simple {
            collapse: true,
            ..string(1, 5)
        },
    );
    let number = schema.field("n", decimal(5, 2));
    let when = schema.field("w", simple(Base::DateTime));
    let bytes = schema.field("b", simple(Base::Base64));
    let link = schema.field("u", simple(Base::AnyUri));
    let whole = schema.field("i", simple(Base::Int));
    let choice = [text, number, whole]
        .map(|decl| particle(Term::Element(decl), 1, 2))
        .to_vec();
    let wild = particle(Term::Any { other_than: Some(1) }, 0, None);
    let model = schema.model(
        "m",
        particle(
            Term::Sequence(vec![particle(Term::Choice(choice), 0, 3), wild]),
            1,
            None,
        ),
    );
    let any = schema.element("y", Type::Any);
    let root = schema.element("r", Type::Any);
    let slots = vec![
        slot(text, 0, 2),
        slot(number, 0, None),
        slot(when, 0, 1),
        slot(bytes, 0, 1),
        slot(link, 0, 1),
        slot(model, 0, None),
        slot(any, 0, 1),
        slot(root, 0, None),
    ];
    let attributes = vec![AttributeUse {
        decl: id,
        required: true,
    }];
    let root_type = schema.program.decls[usize::from(root)].ty;
    schema.program.types[usize::from(root_type)] = Type::Complex(Complex {
        attributes,
        content: Content::Sequence(slots),
        mixed: false,
    });
    schema.message(root);
    let one = Op::Number { mantissa: 1, scale: 0 };
    schema.rule(root, root, number, &[], &[Op::Sum(number), one.clone(), Op::Lt]);
    schema.rule(root, root, id, &[], &[Op::Unique(text), Op::Sequence(whole), Op::And]);
    schema.rule(
        model,
        model,
        text,
        &[Op::Present(id)],
        &[Op::Field(text), Op::Len, one, Op::Eq],
    );
    schema.rule(number, number, when, &[], &[Op::Field(when), Op::IsDateTime]);
    schema
}

const MESSAGE: &str = "<r id=\"a\"><t>x</t><t>中文</t><n>1.5</n><n/><w>2024-01-01T00:00:00Z</w><b>AAAA</b><u>#a</u>\
    <m><n>1</n><t>a b</t><d:x><r/></d:x></m><y>any<z/></y><r id=\"b\"><t/><r id=\"a\"/></r></r>";

fn run(schema: &Schema, bytes: &[u8]) -> Result<Vec<RawFinding>, BatchError> {
    let mut findings = vec![];
    let result = evaluate(&schema.program, bytes, &mut findings);
    if result.is_err() {
        assert!(findings.is_empty(), "findings next to an error");
    }
    result.map(|()| findings)
}

#[test]
fn the_honest_message_is_judged() {
    let schema = program();
    let findings = run(&schema, &schema.batch(MESSAGE)).unwrap();
    assert!(!findings.is_empty());
    assert!(findings.is_sorted());
}

#[test]
fn trees_that_are_none_are_refused() {
    let schema = program();
    let good = schema.batch(MESSAGE);
    let count = (good.len() - HEADER) / RECORD;
    let damage = |node: usize, field: usize, value: u32| {
        let mut bytes = good.clone();
        let at = HEADER + node * RECORD + field;
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        run(&schema, &bytes)
    };
    let (parent, end, start, length) = (4, 8, 12, 16);
    assert!(count > 5);
    assert_eq!(damage(0, parent, 1), Err(BatchError::Tree { node: 0 }));
    assert_eq!(damage(0, end, 1), Err(BatchError::Tree { node: 0 }));
    assert_eq!(damage(1, end, 5), Err(BatchError::Tree { node: 1 }));
    assert_eq!(damage(1, parent, 3), Err(BatchError::Tree { node: 1 }));
    assert_eq!(damage(2, parent, 2), Err(BatchError::Tree { node: 2 }));
    assert_eq!(damage(2, end, 2), Err(BatchError::Tree { node: 2 }));
    assert_eq!(damage(2, end, u32::MAX), Err(BatchError::Tree { node: 2 }));
    assert_eq!(damage(3, start, u32::MAX), Err(BatchError::Span { node: 3 }));
    assert_eq!(damage(3, length, u32::MAX), Err(BatchError::Span { node: 3 }));
    assert_eq!(
        damage(3, length, 1),
        Err(BatchError::Span { node: 3 }),
        "a character cut in two"
    );
}

#[test]
fn an_attribute_after_a_child_is_refused() {
    let schema = program();
    let record = |name: u16, flags, parent, end| NodeRecord {
        name,
        flags,
        namespace: 1,
        parent,
        end,
        start: 0,
        len: 0,
    };
    let name = |local: &str| {
        schema
            .program
            .names
            .iter()
            .position(|name| name.local == local)
            .unwrap() as u16
    };
    let nodes = [
        record(name("r"), 0, 0, 3),
        record(name("t"), 0, 0, 2),
        record(name("id"), batch::ATTRIBUTE, 0, 3),
    ];
    assert_eq!(
        run(&schema, &batch::encode(&nodes, b"")),
        Err(BatchError::Tree { node: 2 })
    );
    assert_eq!(
        run(
            &schema,
            &batch::encode(&[record(name("r"), batch::ATTRIBUTE, 0, 1)], b"")
        ),
        Err(BatchError::Tree { node: 0 })
    );
}

#[test]
fn deep_nesting_is_refused() {
    let schema = program();
    let nested = |depth: usize| format!("{}{}", "<r id=\"a\">".repeat(depth), "</r>".repeat(depth));
    assert!(run(&schema, &schema.batch(&nested(MAX_DEPTH))).is_ok());
    assert!(matches!(
        run(&schema, &schema.batch(&nested(MAX_DEPTH + 1))),
        Err(BatchError::Depth { .. })
    ));
    // Depth does not matter where nothing is judged.
    let skipped = format!("<r id=\"a\"><y>{}</y></r>", nested(5000));
    assert!(run(&schema, &schema.batch(&skipped)).is_ok());
}

#[test]
fn a_program_with_dangling_positions_is_an_error_not_a_panic() {
    let mut schema = program();
    let batch = schema.batch(MESSAGE);
    schema.program.types.truncate(3);
    assert_eq!(run(&schema, &batch), Err(BatchError::Program));
    schema.program.decls.truncate(2);
    let _ = run(&schema, &batch);
    schema.program.messages[0].root = u16::MAX;
    let _ = run(&schema, &batch);
    schema.program = Program::default();
    assert_eq!(run(&schema, &batch).unwrap().len(), 1, "an empty program knows no root");
}

#[test]
fn many_equal_rows_are_judged_without_blowing_up() {
    // Quadratic work on this many rows would not finish within a reasonable test run.
    let mut schema = Schema::new();
    let field = schema.field("f", string(0, None));
    let row = schema.group("row", vec![slot(field, 0, 1)]);
    let root = schema.group("r", vec![slot(row, 0, None)]);
    schema.message(root);
    schema.rule(root, root, root, &[], &[Op::Unique(field)]);
    schema.rule(root, root, root, &[], &[Op::Sequence(field)]);
    schema.rule(
        row,
        row,
        field,
        &[],
        &[Op::Count(field), Op::Number { mantissa: 1, scale: 0 }, Op::Eq],
    );
    let rows: String = (1..=200_000).map(|n| format!("<row><f>{n}</f></row>")).collect();
    assert_eq!(schema.judge(&format!("<r>{rows}</r>")), Vec::<String>::new());
    let rows: String = (1..=200_000).map(|_| "<row><f>1</f></row>").collect();
    assert_eq!(schema.judge(&format!("<r>{rows}</r>")), ["B0 r r", "B1 r r"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let schema = program();
        let _ = run(&schema, &bytes);
        let mut with_magic = batch::MAGIC.to_vec();
        with_magic.extend_from_slice(&bytes);
        let _ = run(&schema, &with_magic);
    }

    #[test]
    fn damaged_batches_never_panic(
        edits in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        cut in proptest::option::of(any::<proptest::sample::Index>()),
    ) {
        let schema = program();
        let mut bytes = schema.batch(MESSAGE);
        for (at, value) in edits {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = run(&schema, &bytes);
    }

    #[test]
    fn random_records_never_panic(
        records in proptest::collection::vec((0_u16..16, any::<u8>(), 0_u8..4, 0_u32..20, 0_u32..20, 0_u32..40, 0_u32..12), 1..20),
        blob in "[ -~中]{0,40}",
    ) {
        let schema = program();
        let root = schema.program.decls[usize::from(schema.program.messages[0].root)].name;
        let mut nodes: Vec<NodeRecord> = records
            .into_iter()
            .map(|(name, flags, namespace, parent, end, start, len)| NodeRecord { name, flags, namespace, parent, end, start, len })
            .collect();
        let count = nodes.len() as u32;
        nodes[0] = NodeRecord { name: root, flags: 0, namespace: 1, parent: 0, end: count, start: 0, len: 0 };
        let _ = run(&schema, &batch::encode(&nodes, blob.as_bytes()));
    }

    #[test]
    fn random_code_never_panics(ops in proptest::collection::vec(op(), 0..30)) {
        let mut schema = program();
        let root = schema.program.messages[0].root;
        schema.program.strings.push("1".into());
        schema.rule(root, root, root, &ops, &ops);
        prop_assert!(run(&schema, &schema.batch(MESSAGE)).is_ok());
    }
}

fn op() -> impl Strategy<Value = Op> {
    let decl = 0_u16..14;
    prop_oneof![
        (any::<i64>(), any::<u8>()).prop_map(|(mantissa, scale)| Op::Number { mantissa, scale }),
        (0_u16..3).prop_map(Op::Text),
        any::<bool>().prop_map(Op::Truth),
        decl.clone().prop_map(Op::Field),
        decl.clone().prop_map(Op::Empty),
        decl.clone().prop_map(Op::Present),
        decl.clone().prop_map(Op::Sum),
        decl.clone().prop_map(Op::Count),
        decl.clone().prop_map(Op::Unique),
        decl.clone().prop_map(Op::Sequence),
        (decl, 0_u16..3).prop_map(|(decl, text)| Op::AnyEq(decl, text)),
        (0_u16..3).prop_map(Op::In),
        proptest::sample::select(vec![
            Op::Neg,
            Op::Add,
            Op::Sub,
            Op::Mul,
            Op::Abs,
            Op::Eq,
            Op::Ne,
            Op::Lt,
            Op::Le,
            Op::Gt,
            Op::Ge,
            Op::And,
            Op::Or,
            Op::Not,
            Op::Len,
            Op::IsDigits,
            Op::IsUpper,
            Op::IsDate,
            Op::IsDateTime,
            Op::IsTimestamp,
            Op::IsIdentity,
            Op::Starts,
        ]),
    ]
}
