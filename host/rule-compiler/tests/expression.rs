//! The expression language: the code that texts compile to, and that no text crashes the compiler.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use cebridge_rule_compiler::compile;
use cebridge_rule_compiler::expr::{self, ExprError, Found, MAX_CHARACTERS, MAX_OPS, Read, Refusal, Resolver};
use cebridge_rule_core::program::Op;
use common::valid;
use proptest::prelude::*;

/// Knows the fields `a` to `z`, numbered by letter, and the code table `codes`.
#[derive(Default)]
struct Letters {
    texts: Vec<String>,
    lists: Vec<Vec<String>>,
}

impl Resolver for Letters {
    fn field(&mut self, path: &str, read: Read) -> Result<Found, Refusal> {
        match path.as_bytes() {
            [letter @ b'a'..=b'z'] => Ok(Found {
                decl: u16::from(letter - b'a'),
                repeated: *letter == b'z' && read == Read::Presence,
            }),
            _ => Err(Refusal {
                message: format!("no {path}"),
                hint: None,
            }),
        }
    }

    fn table(&mut self, name: &str) -> Result<u16, Refusal> {
        if name == "codes" {
            return Ok(100);
        }
        Err(Refusal {
            message: format!("no table {name}"),
            hint: None,
        })
    }

    fn list(&mut self, codes: &[String]) -> Result<u16, Refusal> {
        self.lists.push(codes.to_vec());
        Ok(self.lists.len() as u16 - 1)
    }

    fn text(&mut self, text: &str) -> Result<u16, Refusal> {
        self.texts.push(text.to_owned());
        Ok(self.texts.len() as u16 - 1)
    }
}

fn ops(text: &str) -> Vec<Op> {
    expr::compile(text, &mut Letters::default()).unwrap()
}

fn errors(text: &str) -> Vec<ExprError> {
    expr::compile(text, &mut Letters::default()).unwrap_err()
}

const A: Op = Op::Field(0);
const B: Op = Op::Field(1);
const C: Op = Op::Field(2);

fn number(mantissa: i64, scale: u8) -> Op {
    Op::Number { mantissa, scale }
}

#[test]
fn multiplication_binds_stronger_than_addition_and_both_stronger_than_comparison() {
    assert_eq!(
        ops("a == b + c * a - 1"),
        [A, B, C, A, Op::Mul, Op::Add, number(1, 0), Op::Sub, Op::Eq]
    );
    assert_eq!(ops("a - b - c > 0"), [A, B, Op::Sub, C, Op::Sub, number(0, 0), Op::Gt]);
    assert_eq!(
        ops("(a + b) * c <= 1"),
        [A, B, Op::Add, C, Op::Mul, number(1, 0), Op::Le]
    );
    assert_eq!(ops("-a * b != 1"), [A, Op::Neg, B, Op::Mul, number(1, 0), Op::Ne]);
}

#[test]
fn not_binds_weaker_than_comparison_and_and_stronger_than_or() {
    assert_eq!(
        ops("not a < b and a > 1 or digits(c)"),
        [
            A,
            B,
            Op::Lt,
            Op::Not,
            A,
            number(1, 0),
            Op::Gt,
            Op::And,
            C,
            Op::IsDigits,
            Op::Or
        ]
    );
    assert_eq!(
        ops("not (a < b and true)"),
        [A, B, Op::Lt, Op::Truth(true), Op::And, Op::Not]
    );
}

#[test]
fn decimals_are_exact() {
    assert_eq!(ops("a == 19.90"), [A, number(1990, 2), Op::Eq]);
    assert_eq!(ops("a < 9223372036854775807")[1], number(i64::MAX, 0));
    assert_eq!(
        errors("a < 9223372036854775808")[0].column("a < 9223372036854775808"),
        5
    );
    assert!(
        errors("a < 0.1234567890123456789")[0]
            .message
            .contains("too many digits")
    );
}

#[test]
fn lists_tables_and_their_negation() {
    assert_eq!(ops("a in codes"), [A, Op::In(100)]);
    assert_eq!(ops("a not in ['1', \"2\",]"), [A, Op::In(0), Op::Not]);
    assert_eq!(ops("a in codes - 1".trim_end_matches(" - 1")), [A, Op::In(100)]);
    assert!(
        errors("a in trade-mode")[0]
            .hint
            .as_deref()
            .unwrap()
            .contains("trade_mode")
    );
}

#[test]
fn functions() {
    assert_eq!(
        ops("empty(a) or not present(b)"),
        [Op::Empty(0), Op::Present(1), Op::Not, Op::Or]
    );
    assert_eq!(
        ops("len(a) == 18 and starts(a, '91')"),
        [A, Op::Len, number(18, 0), Op::Eq, A, Op::Text(0), Op::Starts, Op::And]
    );
    assert_eq!(
        ops("abs(a - b) <= 0.01"),
        [A, B, Op::Sub, Op::Abs, number(1, 2), Op::Le]
    );
    assert_eq!(ops("sum(a) == count(b)"), [Op::Sum(0), Op::Count(1), Op::Eq]);
    assert_eq!(
        ops("unique(a) and sequence(b) and any(c, '2')"),
        [Op::Unique(0), Op::Sequence(1), Op::And, Op::AnyEq(2, 0), Op::And]
    );
    for (name, op) in [
        ("upper", Op::IsUpper),
        ("date", Op::IsDate),
        ("datetime", Op::IsDateTime),
        ("timestamp", Op::IsTimestamp),
        ("identity", Op::IsIdentity),
    ] {
        assert_eq!(ops(&format!("{name}(a)")), [A, op]);
    }
}

#[test]
fn the_presence_of_what_stands_many_times_is_a_count() {
    assert_eq!(ops("present(z)"), [Op::Count(25), number(0, 0), Op::Gt]);
}

/// Evaluates code over truth values only, to check that two forms are equivalent.
fn truth(ops: &[Op], present: &dyn Fn(u16) -> bool) -> bool {
    let mut stack: Vec<bool> = Vec::new();
    for op in ops {
        let value = match op {
            Op::Present(decl) => present(*decl),
            Op::Truth(truth) => *truth,
            Op::Not => !stack.pop().unwrap(),
            Op::And | Op::Or => {
                let (right, left) = (stack.pop().unwrap(), stack.pop().unwrap());
                if *op == Op::And { left && right } else { left || right }
            }
            other => panic!("{other:?}"),
        };
        stack.push(value);
    }
    assert_eq!(stack.len(), 1);
    stack[0]
}

#[test]
fn truth_values_can_be_compared() {
    for (a, b) in [(false, false), (false, true), (true, false), (true, true)] {
        let present = |decl: u16| if decl == 0 { a } else { b };
        assert_eq!(truth(&ops("present(a) == present(b)"), &present), a == b);
        assert_eq!(truth(&ops("present(a) != present(b)"), &present), a != b);
        assert_eq!(truth(&ops("(present(a) == true) == present(b)"), &present), a == b);
    }
}

#[test]
fn every_mistake_in_names_and_types_is_reported() {
    let found = errors("aa == 1 and b + 'x' > 1 and bb == 2");
    let columns: Vec<usize> = found
        .iter()
        .map(|error| error.column("aa == 1 and b + 'x' > 1 and bb == 2"))
        .collect();
    assert_eq!(columns, [1, 17, 29]);
}

#[test]
fn limits() {
    let deep = |depth: usize| format!("{}a == 1{}", "(".repeat(depth), ")".repeat(depth));
    assert!(expr::compile(&deep(25), &mut Letters::default()).is_ok());
    assert!(errors(&deep(40))[0].message.contains("deeper"));
    let long = vec!["a == 1"; 70].join(" or ");
    assert!(errors(&long)[0].message.contains(&MAX_OPS.to_string()));
    assert!(
        errors(&" ".repeat(MAX_CHARACTERS + 1))[0]
            .message
            .contains("characters")
    );
    let doubling = (0..20).fold("present(a)".to_owned(), |text, _| format!("({text}) == present(b)"));
    assert!(errors(&doubling)[0].message.contains("steps"));
}

/// Text that is often an expression, and often nearly one.
fn nearly() -> impl Strategy<Value = String> {
    let tokens = [
        "a",
        "b",
        "z",
        "codes",
        "OrderList/x",
        "@guid",
        "1",
        "0.05",
        "'t'",
        "\"t\"",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        "+",
        "-",
        "*",
        "/",
        "(",
        ")",
        "[",
        "]",
        ",",
        "and",
        "or",
        "not",
        "in",
        "true",
        "empty",
        "len",
        "sum",
        "any",
        "=",
        "订",
        "'",
    ];
    proptest::collection::vec(prop::sample::select(tokens.to_vec()), 0..30).prop_map(|tokens| tokens.join(" "))
}

proptest! {
    #[test]
    fn no_text_breaks_the_parser(text in "\\PC{0,80}") {
        let _ = expr::compile(&text, &mut Letters::default());
    }

    #[test]
    fn places_of_errors_lie_inside_the_text(text in nearly()) {
        if let Err(errors) = expr::compile(&text, &mut Letters::default()) {
            prop_assert!(!errors.is_empty());
            for error in errors {
                prop_assert!(error.start <= error.end && error.end <= text.len());
                prop_assert!(text.is_char_boundary(error.start) && text.is_char_boundary(error.end));
                prop_assert!(!error.message.is_empty());
            }
        }
    }

    #[test]
    fn code_leaves_exactly_one_value(text in nearly()) {
        if let Ok(ops) = expr::compile(&text, &mut Letters::default()) {
            prop_assert!(ops.len() <= MAX_OPS);
            let mut depth = 0i32;
            for op in ops {
                depth += match op {
                    Op::Neg | Op::Abs | Op::Not | Op::In(_) | Op::Len | Op::IsDigits | Op::IsUpper | Op::IsDate
                    | Op::IsDateTime | Op::IsTimestamp | Op::IsIdentity => 0,
                    Op::Add | Op::Sub | Op::Mul | Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::And
                    | Op::Or | Op::Starts => -1,
                    _ => 1,
                };
                prop_assert!(depth >= 1);
            }
            prop_assert_eq!(depth, 1);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// However a rule file is damaged, the compiler returns a pack or displayable errors.
    #[test]
    fn no_damage_to_rule_files_breaks_the_compiler(
        which in any::<prop::sample::Index>(),
        from in any::<prop::sample::Index>(),
        length in 0usize..40,
        put in "[\\[\\]{}=\"'a-z0-9,/@.# \n订]{0,6}",
    ) {
        let mut set = valid();
        let paths: Vec<String> = set.files.keys().cloned().collect();
        let text = set.files.get_mut(which.get(&paths)).unwrap();
        let characters: Vec<char> = text.chars().collect();
        let from = from.index(characters.len());
        *text = characters[..from].iter().copied().chain(put.chars()).chain(characters.iter().skip(from + length).copied()).collect();
        for edition in ["base", "next"] {
            if let Err(errors) = compile(&set, edition) {
                prop_assert!(!errors.is_empty());
                for error in errors {
                    prop_assert!(error.line >= 1 && error.column >= 1 && error.length >= 1);
                    let lines = set.files.get(&error.file).map_or(0, |text| text.lines().count());
                    prop_assert!(error.line <= lines.max(1) + 1);
                    prop_assert!(error.to_string().contains(&error.message));
                }
            }
        }
    }
}
