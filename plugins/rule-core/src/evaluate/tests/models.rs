//! Tests of choices, wildcards and nested groups.

use crate::evaluate::testing::*;
use crate::program::*;

const OTHER: Term = Term::Any { other_than: Some(1) };
const ANY: Term = Term::Any { other_than: None };

fn valid(schema: &Schema, messages: &[&str]) {
    for xml in messages {
        assert_eq!(schema.judge(xml), Vec::<String>::new(), "{xml}");
    }
}

fn findings(schema: &Schema, cases: &[(&str, &[&str])]) {
    for (xml, expected) in cases {
        assert_eq!(schema.judge(xml), *expected, "{xml}");
    }
}

fn with_model(build: impl FnOnce(&mut Schema) -> Particle) -> Schema {
    let mut schema = Schema::new();
    let model = build(&mut schema);
    let root = schema.model("r", model);
    schema.message(root);
    schema
}

fn element(schema: &mut Schema, name: &str, min: u32, max: impl Into<Option<u32>>) -> Particle {
    let decl = schema.field(name, string(0, 2));
    particle(Term::Element(decl), min, max)
}

#[test]
fn a_repeated_choice_takes_any_order() {
    let schema = with_model(|schema| {
        let items = ["a", "b"].map(|name| element(schema, name, 1, 1));
        let mut items = items.to_vec();
        items.push(particle(OTHER, 1, 1));
        particle(Term::Choice(items), 1, None)
    });
    valid(
        &schema,
        &[
            "<r><a/></r>",
            "<r><b/><a/><b/></r>",
            "<r><d:x><y/></d:x><a/></r>",
            "<r><o:x/></r>",
        ],
    );
    findings(
        &schema,
        &[
            ("<r/>", &["XSD-element-missing r a"]),
            ("<r><a>123</a></r>", &["XSD-length a a"]),
            ("<r><a/><c/></r>", &["XSD-element-unknown c -"]),
            // `##other` excludes the schema's own namespace, and elements without one.
            ("<r><a/><:x/></r>", &["XSD-element-unknown :x -"]),
            ("<r><a/><t:x/></r>", &["XSD-element-unknown t:x -"]),
        ],
    );
}

#[test]
fn a_single_choice_takes_one() {
    let schema = with_model(|schema| {
        let items = ["a", "b"].map(|name| element(schema, name, 1, 1));
        particle(Term::Choice(items.to_vec()), 1, 1)
    });
    valid(&schema, &["<r><a/></r>", "<r><b/></r>"]);
    findings(
        &schema,
        &[
            ("<r/>", &["XSD-element-missing r a"]),
            ("<r><a/><a/></r>", &["XSD-occurs a[2] a"]),
            ("<r><a/><b/></r>", &["XSD-element-order b b"]),
        ],
    );
}

#[test]
fn an_optional_wildcard_is_not_judged() {
    let schema = with_model(|_| particle(Term::Sequence(vec![particle(ANY, 0, 1)]), 1, 1));
    valid(
        &schema,
        &[
            "<r/>",
            "<r><x y=\"1\">text<r/></x></r>",
            "<r><:x/></r>",
            "<r><r xsi:type=\"a\"/></r>",
        ],
    );
    findings(&schema, &[("<r><x/><y/></r>", &["XSD-element-unknown y -"])]);
}

/// The shape of `DSAKeyValue`: (P, Q)?, G?, Y, J?, (S, C)?
fn nested() -> Schema {
    with_model(|schema| {
        let pair = |schema: &mut Schema, names: [&str; 2]| {
            let items = names.map(|name| element(schema, name, 1, 1)).to_vec();
            particle(Term::Sequence(items), 0, 1)
        };
        let items = vec![
            pair(schema, ["p", "q"]),
            element(schema, "g", 0, 1),
            element(schema, "y", 1, 1),
            element(schema, "j", 0, 1),
            pair(schema, ["s", "c"]),
        ];
        particle(Term::Sequence(items), 1, 1)
    })
}

#[test]
fn nested_sequences_are_all_or_nothing() {
    let schema = nested();
    valid(
        &schema,
        &[
            "<r><y/></r>",
            "<r><p/><q/><y/></r>",
            "<r><g/><y/><j/></r>",
            "<r><p/><q/><g/><y/><j/><s/><c/></r>",
        ],
    );
    findings(
        &schema,
        &[
            ("<r/>", &["XSD-element-missing r y"]),
            ("<r><p/><y/></r>", &["XSD-element-missing r q"]),
            ("<r><y/><s/></r>", &["XSD-element-missing r c"]),
            ("<r><p/><q/></r>", &["XSD-element-missing r y"]),
            ("<r><y/><g/></r>", &["XSD-element-order g g"]),
            ("<r><y/><y/></r>", &["XSD-occurs y[2] y"]),
        ],
    );
}

#[test]
fn a_repeated_sequence_starts_over() {
    // (a, other?)+ as in SPKIData, then (k | (l, m)) {2}
    let schema = with_model(|schema| {
        let first = particle(
            Term::Sequence(vec![element(schema, "a", 1, 1), particle(OTHER, 0, 1)]),
            1,
            None,
        );
        let inner = vec![element(schema, "l", 1, 1), element(schema, "m", 0, 2)];
        let choice = particle(
            Term::Choice(vec![element(schema, "k", 1, 1), particle(Term::Sequence(inner), 1, 1)]),
            2,
            2,
        );
        particle(Term::Sequence(vec![first, choice]), 1, 1)
    });
    valid(
        &schema,
        &[
            "<r><a/><k/><k/></r>",
            "<r><a/><a/><d:x/><a/><k/><l/></r>",
            "<r><a/><l/><m/><m/><l/><m/></r>",
            "<r><a/><l/><l/></r>",
        ],
    );
    findings(
        &schema,
        &[
            ("<r><a/><k/></r>", &["XSD-element-missing r k"]),
            ("<r><a/><k/><k/><k/></r>", &["XSD-occurs k[3] k"]),
            ("<r><a/><d:x/><d:y/><k/><k/></r>", &["XSD-element-unknown d:y -"]),
            ("<r><k/><k/></r>", &["XSD-element-missing r a"]),
            ("<r><a/><l/><m/><m/><m/><k/></r>", &["XSD-occurs m[3] m"]),
        ],
    );
}

#[test]
fn models_inside_models_keep_their_places() {
    let mut schema = Schema::new();
    let a = schema.field("a", string(0, None));
    let b = schema.field("b", string(0, None));
    let items = [a, b].map(|decl| particle(Term::Element(decl), 1, 1)).to_vec();
    let inner = schema.model("i", particle(Term::Sequence(items), 1, 1));
    let items = [inner, b].map(|decl| particle(Term::Element(decl), 1, 1)).to_vec();
    let root = schema.model("r", particle(Term::Sequence(items), 1, 2));
    schema.message(root);
    valid(&schema, &["<r><i><a/><b/></i><b/><i><a/><b/></i><b/></r>"]);
    findings(
        &schema,
        &[
            ("<r><i><a/></i><b/></r>", &["XSD-element-missing i b"]),
            ("<r><i><a/><b/></i></r>", &["XSD-element-missing r b"]),
            ("<r>x<i><a/><b/></i><b/></r>", &["XSD-text r r"]),
        ],
    );
}

#[test]
fn endless_nesting_of_a_model_is_bounded() {
    let schema = with_model(|schema| {
        let mut model = element(schema, "a", 1, 1);
        for _ in 0..500 {
            model = particle(Term::Sequence(vec![model]), 1, 1);
        }
        model
    });
    assert!(!schema.judge("<r><a/></r>").is_empty());
}
