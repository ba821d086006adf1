//! `explain`: a rule, or the rules of a field or message.

use crate::Outcome;
use crate::args::Explain;
use crate::context::{Context, Failure};
use crate::output::{json_line, line, table};
use cebridge_engine::explain::{self, Excerpt, FieldRules, RuleExplanation};
use cebridge_runtime::LoadedPack;

/// Messages and places that are listed; JSON has all.
const LISTED: usize = 8;

pub(crate) fn run(context: &Context, args: &Explain) -> Result<Outcome, Failure> {
    let (_, pack) = context.pack_by(&args.by)?;
    let unknown = |error: explain::Unknown| Failure::Other(error.to_string());
    if args.field.is_some() || is_message(&pack, &args.rule) {
        let fields = explain::of_field(&pack, &args.rule, args.field.as_deref()).map_err(unknown)?;
        for field in &fields {
            if context.json() {
                json_line(field)?;
            } else {
                print_field(field)?;
            }
        }
        return Ok(Outcome::Good);
    }
    let rule = explain::rule(&pack, &args.rule).map_err(unknown)?;
    if context.json() {
        json_line(&rule)?;
    } else {
        print_rule(&rule)?;
    }
    Ok(Outcome::Good)
}

fn is_message(pack: &LoadedPack, name: &str) -> bool {
    let messages = &pack.pack().program.messages;
    messages.iter().any(|message| message.code.eq_ignore_ascii_case(name))
}

fn print_rule(rule: &RuleExplanation) -> Result<(), Failure> {
    let severity = match rule.configured {
        Some(grade) => format!("{}, by the configuration {}", rule.severity.name(), grade.name()),
        None => rule.severity.name().to_owned(),
    };
    line(&format!(
        "{}  {severity}, layer {}, edition {}",
        rule.rule, rule.layer, rule.edition
    ))?;
    line("")?;
    for check in &rule.checks {
        line(&format!("  {}", check.message))?;
        line(&format!("  {}", check.message_zh))?;
        pair("check", &check.check)?;
        pair("when", &check.when)?;
        pair("source", &check.source)?;
        line("")?;
    }
    pair("why", &rule.why)?;
    pair("basis", &rule.basis)?;
    pair("clause", &rule.clauses.join(", "))?;
    if let Some(code) = &rule.code {
        let meaning = [&code.zh, &code.en].into_iter().flatten().cloned().collect::<Vec<_>>();
        pair("code", format!("{} {}", code.code, meaning.join(" / ")).trim())?;
    }
    let messages = if rule.messages.is_empty() {
        "all".to_owned()
    } else {
        listed(&rule.messages)
    };
    pair("messages", &messages)?;
    for place in rule.places.iter().take(LISTED) {
        let holds = if place.messages.len() == rule.messages.len() {
            String::new()
        } else {
            format!(" ({})", listed(&place.messages))
        };
        pair("field", &format!("{}: {}{holds}", place.path, place.field))?;
    }
    if rule.places.len() > LISTED {
        pair(
            "",
            &format!("and {} more; --format json lists all", rule.places.len() - LISTED),
        )?;
    }
    if rule.wrong.is_none() && rule.right.is_none() && rule.basis != "host" {
        line("")?;
        line("  no case of this edition breaks this rule, so there is no example")?;
    }
    print_excerpt("wrong", rule.wrong.as_ref())?;
    print_excerpt("right", rule.right.as_ref())
}

fn listed(names: &[String]) -> String {
    let shown = names
        .iter()
        .take(LISTED)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().checked_sub(LISTED) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}

fn pair(label: &str, value: &str) -> Result<(), Failure> {
    if value.is_empty() {
        return Ok(());
    }
    line(&format!("  {label:<9} {value}"))
}

fn print_excerpt(label: &str, excerpt: Option<&Excerpt>) -> Result<(), Failure> {
    let Some(excerpt) = excerpt else { return Ok(()) };
    let from = match (&excerpt.case, excerpt.line) {
        (Some(case), Some(number)) => format!("case {case}, line {number}"),
        _ => "made from the declaration of the field".to_owned(),
    };
    line("")?;
    line(&format!("  {label} ({from}):"))?;
    excerpt.xml.lines().try_for_each(|text| line(&format!("    {text}")))
}

fn print_field(field: &FieldRules) -> Result<(), Failure> {
    let facts = [&field.format, &field.required].map(String::as_str);
    line(&format!(
        "{} {}  {} {}  {}",
        field.message,
        field.path,
        field.zh,
        field.en,
        facts.join(" ").trim()
    ))?;
    let mut rows = table(&["rule", "layer", "severity", "", "message", "说明"]);
    for rule in &field.rules {
        rows.add_row([
            &rule.rule,
            rule.layer,
            rule.severity.name(),
            rule.concerns,
            &rule.message,
            &rule.message_zh,
        ]);
    }
    line(&rows.to_string())
}
