//! Turns rule code back into the expression language, for the parts of a rule that a pack keeps only compiled.

use cebridge_rule_core::program::{DeclId, Op, Program};

/// Binding strength, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Or,
    And,
    Not,
    Compare,
    Within,
    Add,
    Multiply,
    Whole,
}

/// Returns the expression that compiles to these steps; empty for no steps. `name` names a field.
pub(crate) fn written(ops: &[Op], program: &Program, name: &dyn Fn(DeclId) -> String) -> String {
    let mut stack: Vec<(String, Strength)> = Vec::new();
    for op in ops {
        let step = step(op, program, name, &mut stack);
        stack.push(step);
    }
    stack.pop().map(|(text, _)| text).unwrap_or_default()
}

fn step(
    op: &Op,
    program: &Program,
    name: &dyn Fn(DeclId) -> String,
    stack: &mut Vec<(String, Strength)>,
) -> (String, Strength) {
    let literal = |text: &u16| quoted(program.strings.get(usize::from(*text)).map_or("", String::as_str));
    let mut binary = |sign: &str, strength: Strength| {
        let right = wrapped(stack.pop(), strength, true);
        let left = wrapped(stack.pop(), strength, false);
        (format!("{left} {sign} {right}"), strength)
    };
    match op {
        Op::Add => return binary("+", Strength::Add),
        Op::Sub => return binary("-", Strength::Add),
        Op::Mul => return binary("*", Strength::Multiply),
        Op::Eq => return binary("==", Strength::Compare),
        Op::Ne => return binary("!=", Strength::Compare),
        Op::Lt => return binary("<", Strength::Compare),
        Op::Le => return binary("<=", Strength::Compare),
        Op::Gt => return binary(">", Strength::Compare),
        Op::Ge => return binary(">=", Strength::Compare),
        Op::And => return binary("and", Strength::And),
        Op::Or => return binary("or", Strength::Or),
        _ => {}
    }
    let mut call = |function: &str| {
        let inner = stack.pop().map(|(text, _)| text).unwrap_or_default();
        format!("{function}({inner})")
    };
    let text = match op {
        Op::Number { mantissa, scale } => decimal(*mantissa, *scale),
        Op::Text(text) => literal(text),
        Op::Truth(truth) => truth.to_string(),
        Op::Field(decl) => name(*decl),
        Op::Neg => format!("-{}", wrapped(stack.pop(), Strength::Whole, false)),
        Op::Not => {
            let (inner, strength) = stack.pop().unwrap_or((String::new(), Strength::Whole));
            // `x not in …` reads better than `not x in …`.
            let text = match inner.split_once(" in ") {
                Some((left, right)) if strength == Strength::Within => format!("{left} not in {right}"),
                _ => format!("not {}", wrapped(Some((inner, strength)), Strength::Not, false)),
            };
            return (text, Strength::Not);
        }
        Op::In(table) => {
            let left = wrapped(stack.pop(), Strength::Compare, true);
            let table = program.tables.get(usize::from(*table));
            let list = table.map(|table| match table.name.as_str() {
                "" => format!(
                    "[{}]",
                    table
                        .codes
                        .iter()
                        .map(|code| quoted(code))
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
                name => name.to_owned(),
            });
            return (format!("{left} in {}", list.unwrap_or_default()), Strength::Within);
        }
        Op::Abs => call("abs"),
        Op::Len => call("len"),
        Op::IsDigits => call("digits"),
        Op::IsUpper => call("upper"),
        Op::IsDate => call("date"),
        Op::IsDateTime => call("datetime"),
        Op::IsTimestamp => call("timestamp"),
        Op::IsIdentity => call("identity"),
        Op::Starts => {
            let prefix = stack.pop().map(|(text, _)| text).unwrap_or_default();
            let text = stack.pop().map(|(text, _)| text).unwrap_or_default();
            format!("starts({text}, {prefix})")
        }
        Op::Empty(decl) => format!("empty({})", name(*decl)),
        Op::Present(decl) => format!("present({})", name(*decl)),
        Op::Sum(decl) => format!("sum({})", name(*decl)),
        Op::Count(decl) => format!("count({})", name(*decl)),
        Op::Unique(decl) => format!("unique({})", name(*decl)),
        Op::Sequence(decl) => format!("sequence({})", name(*decl)),
        Op::AnyEq(decl, text) => format!("any({}, {})", name(*decl), literal(text)),
        // Binary operators were handled above.
        _ => String::new(),
    };
    (text, Strength::Whole)
}

fn wrapped(part: Option<(String, Strength)>, around: Strength, right: bool) -> String {
    let (text, strength) = part.unwrap_or((String::new(), Strength::Whole));
    let tight = if right && !matches!(around, Strength::And | Strength::Or) {
        strength > around
    } else {
        strength >= around
    };
    if tight { text } else { format!("({text})") }
}

fn quoted(text: &str) -> String {
    if text.contains('\'') {
        format!("\"{text}\"")
    } else {
        format!("'{text}'")
    }
}

fn decimal(mantissa: i64, scale: u8) -> String {
    let scale = usize::from(scale);
    let digits = format!("{:0width$}", mantissa.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if mantissa < 0 { "-" } else { "" };
    if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}
