//! Detects resident identity numbers that are correct except for a lower-case x.

use super::place::{self, nodes_at};
use super::subject::Subject;
use cebridge_rule_core::program::{DeclId, Op};
use cebridge_rule_core::values::is_identity;

/// Returns a hint, in English and Chinese, if only the case of a check character is wrong.
pub(super) fn hint(subject: &Subject<'_>, rule: u32) -> Option<(&'static str, &'static str)> {
    let rule = subject.pack.program.rules.get(usize::try_from(rule).ok()?)?;
    let number = |field: &DeclId| value(subject, *field).filter(|text| is_right_in_capitals(text));
    let alone = rule.check.windows(2).any(|ops| match ops {
        [Op::Field(field), Op::IsIdentity] => number(field).is_some_and(|text| text.ends_with('x')),
        _ => false,
    });
    if alone {
        return Some((
            "Its check character is a lower-case x; write X.",
            "末位校验码为小写x，应写大写X。",
        ));
    }
    let compared = rule.check.windows(3).any(|ops| match ops {
        [Op::Field(one), Op::Field(other), Op::Eq] => match (number(one), number(other)) {
            (Some(one), Some(other)) => one != other && one.eq_ignore_ascii_case(other),
            _ => false,
        },
        _ => false,
    });
    compared.then_some((
        "The two numbers differ only in a lower-case x; write X in both.",
        "两个号码仅末位x的大小写不同，均应写大写X。",
    ))
}

fn is_right_in_capitals(text: &str) -> bool {
    is_identity(text.to_ascii_uppercase().as_bytes())
}

/// Returns the value of a field, looked up in the element of the finding, then in its ancestors.
fn value<'a>(subject: &'a Subject<'_>, field: DeclId) -> Option<&'a str> {
    let program = &subject.pack.program;
    subject.place.steps.iter().rev().find_map(|(node, decl)| {
        if *decl == Some(field) {
            return Some(subject.document.value(*node).trim());
        }
        let way = place::route(program, (*decl)?, field)?;
        let found = nodes_at(program, subject.document, *node, &way);
        found.last().map(|node| subject.document.value(*node).trim())
    })
}
