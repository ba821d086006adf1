//! `explain`: a rule, the rules of a field or message, or a customs code.

use crate::Outcome;
use crate::args::Explain;
use crate::context::{Context, Failure};
use crate::output::{json_line, line, table};
use cebridge_authoring::explain::{
    self, CodeExplanation, Effect, Excerpt, Explanation, FieldRules, RuleExplanation, Unknown,
};
use cebridge_findings::RuleSet;

/// Maximum number of messages, places and rules listed; JSON has all.
const LISTED: usize = 8;

pub(crate) fn run(context: &Context, args: &Explain) -> Result<Outcome, Failure> {
    let (_, pack) = context.pack_by(&args.by)?;
    if args.field.is_some() || is_message(pack.rules(), &args.rule) {
        return match explain::of_field(pack.rules(), &args.rule, args.field.as_deref()) {
            Ok(fields) => {
                for field in &fields {
                    if context.json() {
                        json_line(field)?;
                    } else {
                        print_field(field)?;
                    }
                }
                Ok(Outcome::Good)
            }
            Err(unknown) => Ok(nothing(&unknown)),
        };
    }
    match explain::anything(pack.rules(), &args.rule) {
        Err(unknown) => return Ok(nothing(&unknown)),
        Ok(Explanation::Rule(rule)) if context.json() => json_line(&rule)?,
        Ok(Explanation::Rule(rule)) => print_rule(&rule)?,
        Ok(Explanation::Fields(fields)) if context.json() => fields.iter().try_for_each(json_line)?,
        Ok(Explanation::Fields(fields)) => print_places(&fields)?,
        Ok(Explanation::Code(code)) => {
            if context.json() {
                json_line(&code)?;
            } else {
                print_code(&code)?;
            }
            return Ok(Outcome::good_if(code.known));
        }
    }
    Ok(Outcome::Good)
}

fn nothing(unknown: &Unknown) -> Outcome {
    complain!("cebridge: {unknown}");
    Outcome::Wrong
}

fn print_code(code: &CodeExplanation) -> Result<(), Failure> {
    line(&format!("{}  edition {}", code.code, code.edition))?;
    if !code.known {
        line("")?;
        line("  in no table of the specification 未列入规范的代码表")?;
        line("  customs and platforms also send codes that nobody listed: read the text of the receipt")?;
        for effect in &code.effects {
            print_effect(effect)?;
        }
    }
    for entry in &code.meanings {
        line("")?;
        line(&format!("  {}", entry.zh))?;
        line(&format!("  {}", entry.en))?;
        pair(
            "table",
            &format!(
                "{} {} {} ({})",
                entry.table, entry.table_zh, entry.table_en, entry.source
            ),
        )?;
        pair("fields", &listed(&entry.fields))?;
        for effect in &entry.effects {
            print_effect(effect)?;
        }
    }
    if code.known && code.meanings.iter().all(|entry| entry.effects.is_empty()) && !code.effects.is_empty() {
        line("")?;
        line("  as the state in a receipt: in no table of the specification 作为回执状态：未列入规范的代码表")?;
        for effect in &code.effects {
            print_effect(effect)?;
        }
    }
    if !code.rules.is_empty() {
        line("")?;
    }
    for (index, rule) in code.rules.iter().enumerate() {
        let label = if index == 0 { "rules" } else { "" };
        pair(label, &format!("{}: {}", rule.rule, rule.message))?;
        pair("", &rule.message_zh)?;
    }
    Ok(())
}

fn print_effect(effect: &Effect) -> Result<(), Failure> {
    pair("receipts", &listed(&effect.receipts))?;
    if !effect.becomes.is_empty() {
        let last = if effect.is_final { ", final" } else { "" };
        pair("says", &format!("{}{last}", effect.becomes))?;
    }
    pair("document", effect.document)?;
    pair("", effect.document_zh)?;
    pair("to do", effect.advice)?;
    pair("", effect.advice_zh)
}

/// Prints one line for each message that has a field.
fn print_places(fields: &[FieldRules]) -> Result<(), Failure> {
    let mut rows = table(&["message", "field", "名称", "name", "format", "required", "rules"]);
    for field in fields {
        rows.add_row([
            &field.message,
            &field.path,
            &field.zh,
            &field.en,
            &field.format,
            &field.required,
            &field.rules.len().to_string(),
        ]);
    }
    line(&rows.to_string())?;
    match fields.first() {
        Some(field) => line(&format!(
            "`cebridge explain {} {}` lists the rules of one",
            field.message, field.path
        )),
        None => Ok(()),
    }
}

fn is_message(pack: &RuleSet, name: &str) -> bool {
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
