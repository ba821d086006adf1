//! Makes rules from a field's printed format where the schema is less strict.

use crate::grade::Grade;
use crate::notation::Format;
use crate::places::Places;
use crate::rules::Rules;
use crate::structure::{Facts, Structure};
use crate::syntax::Required;
use crate::text::Sources;
use cebridge_rule_core::pack::{Layer, RuleText, Severity};
use cebridge_rule_core::program::{Base, DeclId, Op, Rule, Simple};
use cebridge_rule_core::tree::Place;
use std::collections::BTreeSet;

/// Maximum number of digits whose bound still fits a constant in rule code.
const MAX_DIGITS: u8 = 18;

/// Adds the automatic rules of a message, in document order. `first` is the position of its first written rule; a
/// written rule replaces an automatic one with the same id.
pub(crate) fn add(
    code: &str,
    clause: &str,
    structure: &Structure,
    places: &Places,
    sources: &Sources<'_>,
    first: usize,
    out: &mut Rules,
) {
    let written: BTreeSet<String> = out.texts.iter().skip(first).map(|text| text.id.clone()).collect();
    let mut done: BTreeSet<DeclId> = BTreeSet::new();
    for (index, place) in places.list().iter().enumerate() {
        let position = usize::from(place.part.decl);
        let (Some(Some(facts)), Some(label)) = (structure.facts.get(position), structure.texts.get(position)) else {
            continue;
        };
        if !done.insert(place.part.decl) {
            continue;
        }
        for draft in drafts(place, facts) {
            let id = format!("{code}-{}-{}", place.name.trim_start_matches('@'), draft.kind);
            if written.contains(&id) {
                continue;
            }
            // Each occurrence of a repeated field is judged on its own; its presence is judged from the parent.
            let on = if place.part.repeated && draft.kind != "required" {
                index
            } else {
                place.parent
            };
            let decl = |index: usize| places.list().get(index).map_or(0, |place| place.part.decl);
            out.rules.push(Rule {
                trigger: decl(places.trigger(on)),
                on: decl(on),
                at: place.part.decl,
                when: draft.when,
                check: draft.check,
            });
            out.texts.push(RuleText {
                id,
                layer: Layer::Business,
                severity: draft.severity,
                basis: "stated".to_owned(),
                code: String::new(),
                zh: format!("{}{}。", labelled(&label.zh, &place.name), draft.zh),
                en: format!("{} {}.", labelled(&label.en, &place.name), draft.en),
                clause: clause.to_owned(),
                source: sources.line_of(facts.at),
                check: draft.written,
                when: String::new(),
                why: String::new(),
            });
        }
    }
}

fn labelled(label: &str, name: &str) -> String {
    if label.is_empty() {
        name.to_owned()
    } else {
        format!("{label} ({name})")
    }
}

/// A rule before it has an id.
struct Draft {
    kind: &'static str,
    severity: Severity,
    when: Vec<Op>,
    check: Vec<Op>,
    written: String,
    zh: String,
    en: String,
}

fn drafts(place: &Place, facts: &Facts) -> Vec<Draft> {
    [
        required(place, facts),
        empty(place, facts),
        length(place, facts),
        digits(place, facts),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Returns the severity after the field's own grading; `None` if the rule is switched off.
fn graded(grade: Option<Grade>, default: Severity) -> Option<Severity> {
    grade.map_or(Some(default), Grade::severity)
}

fn not_empty(decl: DeclId) -> Vec<Op> {
    vec![Op::Empty(decl), Op::Not]
}

/// For fields printed as required, but optional in the schema.
fn required(place: &Place, facts: &Facts) -> Option<Draft> {
    if facts.required != Some(Required::Yes) || facts.occurs.min > 0 || facts.in_choice {
        return None;
    }
    let name = &place.name;
    let (check, written) = if place.part.repeated {
        (
            vec![Op::Count(place.part.decl), Op::Number { mantissa: 0, scale: 0 }, Op::Gt],
            format!("count({name}) > 0"),
        )
    } else if facts.has_value {
        // An empty element takes its fixed or default value.
        (vec![Op::Present(place.part.decl)], format!("present({name})"))
    } else {
        (not_empty(place.part.decl), format!("not empty({name})"))
    };
    Some(Draft {
        kind: "required",
        severity: graded(facts.grade.required, Severity::Error)?,
        when: Vec::new(),
        check,
        written,
        zh: "为必填项，不能缺省".to_owned(),
        en: "is required by the specification".to_owned(),
    })
}

/// For fields printed as required, but possibly empty in the schema.
fn empty(place: &Place, facts: &Facts) -> Option<Draft> {
    let text = facts.simple.as_ref().filter(|simple| simple.base == Base::String)?;
    if facts.required != Some(Required::Yes) || facts.occurs.min == 0 || text.min_length > 0 || facts.has_value {
        return None;
    }
    Some(Draft {
        kind: "empty",
        severity: graded(facts.grade.empty, Severity::Error)?,
        when: vec![Op::Present(place.part.decl)],
        check: not_empty(place.part.decl),
        written: format!("not empty({})", place.name),
        zh: "为必填项，不能为空".to_owned(),
        en: "is required by the specification and must not be empty".to_owned(),
    })
}

/// For fields printed with a narrower length than in the schema.
fn length(place: &Place, facts: &Facts) -> Option<Draft> {
    let text = facts.simple.as_ref().filter(|simple| simple.base == Base::String)?;
    let (Format::Characters { min, max } | Format::Digits { min, max }) = facts.format? else {
        return None;
    };
    let low = (min > text.min_length).then_some(min);
    let high = text.max_length.is_none_or(|known| known > max).then_some(max);
    if low.is_none() && high.is_none() {
        return None;
    }
    let name = &place.name;
    let bound = |bound: u32, op: Op| {
        [
            Op::Field(place.part.decl),
            Op::Len,
            Op::Number {
                mantissa: i64::from(bound),
                scale: 0,
            },
            op,
        ]
    };
    let (check, written, zh, en): (Vec<Op>, _, _, _) = if min == max {
        (
            bound(min, Op::Eq).to_vec(),
            format!("len({name}) == {min}"),
            format!("长度应为 {min} 位"),
            format!("must have exactly {min} characters"),
        )
    } else if low.is_some() {
        let mut check = bound(min, Op::Ge).to_vec();
        check.extend(bound(max, Op::Le));
        check.push(Op::And);
        (
            check,
            format!("len({name}) >= {min} and len({name}) <= {max}"),
            format!("长度应为 {min} 至 {max} 位"),
            format!("must have {min} to {max} characters"),
        )
    } else {
        (
            bound(max, Op::Le).to_vec(),
            format!("len({name}) <= {max}"),
            format!("长度不能超过 {max} 位"),
            format!("must have at most {max} characters"),
        )
    };
    Some(Draft {
        kind: "length",
        severity: graded(facts.grade.length, Severity::Warning)?,
        when: not_empty(place.part.decl),
        check,
        written,
        zh,
        en,
    })
}

/// For fields printed with fewer digits than in the schema, or as digits where the schema accepts any text.
fn digits(place: &Place, facts: &Facts) -> Option<Draft> {
    let simple = facts.simple.as_ref()?;
    let name = &place.name;
    let severity = graded(facts.grade.digits, Severity::Warning)?;
    match facts.format? {
        Format::Digits { .. } if simple.base == Base::String => Some(Draft {
            kind: "digits",
            severity,
            when: not_empty(place.part.decl),
            check: vec![Op::Field(place.part.decl), Op::IsDigits],
            written: format!("digits({name})"),
            zh: "只能包含数字".to_owned(),
            en: "must have digits only".to_owned(),
        }),
        Format::Number { total, fraction } if is_number(simple) => {
            let whole = total
                .checked_sub(fraction.unwrap_or(0))
                .filter(|whole| *whole <= MAX_DIGITS)?;
            let known = simple
                .total_digits
                .map(|total| total.saturating_sub(simple.fraction_digits.unwrap_or(0)));
            if known.is_some_and(|known| known <= whole) {
                return None;
            }
            let bound = 10i64.checked_pow(u32::from(whole))?;
            let check = vec![
                Op::Field(place.part.decl),
                Op::Abs,
                Op::Number {
                    mantissa: bound,
                    scale: 0,
                },
                Op::Lt,
            ];
            Some(Draft {
                kind: "digits",
                severity,
                when: Vec::new(),
                check,
                written: format!("abs({name}) < {bound}"),
                zh: format!("整数部分不能超过 {whole} 位"),
                en: format!("must have at most {whole} digits before the point"),
            })
        }
        _ => None,
    }
}

fn is_number(simple: &Simple) -> bool {
    matches!(simple.base, Base::Decimal | Base::Int | Base::Integer)
}
