//! The standard as one Markdown document.

use crate::fields::{Field, Value};
use crate::rules::RuleView;
use crate::{Catalogue, notation, receipts};
use cebridge_rule_core::pack::MessageText;
use cebridge_rule_core::program::Message;
use std::fmt::Write;

/// Returns one document about all messages in view.
#[must_use]
pub fn document(catalogue: &Catalogue<'_>) -> String {
    let mut out = String::new();
    head(catalogue, &mut out);
    for (index, message, text) in catalogue.listed() {
        section(catalogue, index, message, text, &mut out);
    }
    tables(catalogue, &mut out);
    out
}

/// Writes a line. Writing to a string cannot fail.
macro_rules! line {
    ($out:expr, $($text:tt)*) => {{
        let _ = writeln!($out, $($text)*);
    }};
}

fn head(catalogue: &Catalogue<'_>, out: &mut String) {
    let manifest = &catalogue.pack.manifest;
    line!(out, "# CEB message standard, edition {}\n", manifest.edition);
    line!(out, "In force from {}: {}.", manifest.effective_from, manifest.notice);
    if !manifest.derived.is_empty() {
        line!(out, "\n{}", manifest.derived);
    }
    line!(
        out,
        "\nWritten by cebridge from the pack {} {}, rule source `{}`.\n",
        manifest.name,
        manifest.version,
        manifest.source_digest
    );
    line!(out, "## Messages\n");
    line!(
        out,
        "| code | 名称 | name | kind | direction | clause | receipt |\n|---|---|---|---|---|---|---|"
    );
    for (_, message, text) in catalogue.listed() {
        line!(
            out,
            "| [{code}](#{anchor}) | {} | {} | {} | {} | {} | {} |",
            cell(&text.zh),
            cell(&text.en),
            text.kind,
            text.direction,
            cell(&text.clause),
            text.receipt,
            code = message.code,
            anchor = message.code.to_lowercase()
        );
    }
    line!(
        out,
        "\nFields marked ● hold personal data. “Printed” is what the specification prints: format and"
    );
    line!(out, "requirement; “schema” is what the official XSD enforces.\n");
}

fn section(catalogue: &Catalogue<'_>, index: usize, message: &Message, text: &MessageText, out: &mut String) {
    let fields = catalogue.fields(index);
    let path = |decl| catalogue.path(&fields, decl);
    line!(out, "<a id=\"{}\"></a>\n", message.code.to_lowercase());
    line!(out, "## {} {} {}\n", message.code, text.zh, text.en);
    let mut facts = vec![format!("{}, {}", text.kind, text.direction)];
    if !text.clause.is_empty() {
        facts.push(format!("clause {}", text.clause));
    }
    if !text.receipt.is_empty() {
        facts.push(format!("answered by {}", text.receipt));
    }
    if text.concern.is_some() {
        facts.push(receipts::concern(text.concern.as_ref()));
    }
    if text.document != 0 {
        facts.push(format!("one document: `{}`", path(text.document)));
    }
    if !text.keys.is_empty() {
        let keys: Vec<String> = text.keys.iter().map(|key| format!("`{}`", path(*key))).collect();
        facts.push(format!("key: {}", keys.join(", ")));
    }
    line!(out, "{}.\n", facts.join("; "));
    for rule in catalogue.signature(&message.code) {
        line!(
            out,
            "Signature {}: {} by {} ({}).\n",
            rule.duty(),
            rule.profiles.join(", "),
            rule.signers.join(", "),
            rule.clause
        );
    }
    if !text.outcomes.is_empty() {
        line!(out, "| returnStatus | means | last |\n|---|---|---|");
        for outcome in &text.outcomes {
            let last = if outcome.is_final { "yes" } else { "" };
            let states = cell(&receipts::states(outcome));
            line!(out, "| {states} | {} | {last} |", outcome.means.as_str());
        }
        out.push('\n');
    }
    structure(&fields, out);
    field_table(catalogue, index, &fields, out);
    rule_table(&catalogue.rules(index), out);
}

fn structure(fields: &[Field<'_>], out: &mut String) {
    line!(out, "### Structure\n\n```text");
    for field in fields.iter().filter(|field| matches!(field.value, Value::Group { .. })) {
        // The signature is the same everywhere; its content is in the table.
        if field.parent.split('/').any(|step| step == "Signature") {
            continue;
        }
        let name = if field.is_root() { "(root)" } else { field.name.as_str() };
        line!(
            out,
            "{}{name} {} {}",
            "  ".repeat(field.depth),
            field.occurs(),
            field.text.zh
        );
    }
    line!(out, "```\n");
}

fn field_table(catalogue: &Catalogue<'_>, index: usize, fields: &[Field<'_>], out: &mut String) {
    let allowed = catalogue.allowed(index);
    line!(out, "### Fields\n");
    line!(
        out,
        "| field | 名称 | name | printed | | schema | occurs | values | |\n|---|---|---|---|---|---|---|---|---|"
    );
    for field in fields.iter().filter(|field| !field.is_root()) {
        let (schema, required) = match field.value {
            Value::Simple(simple, _) => (notation(simple), field.text.required.as_str()),
            Value::Any => ("anyType".to_owned(), field.text.required.as_str()),
            Value::Group { open: true, .. } => ("elements, others too".to_owned(), ""),
            Value::Group { .. } => ("elements".to_owned(), ""),
        };
        let mut values = Vec::new();
        if let Some(fixed) = &field.declared.fixed {
            values.push(format!("fixed {}", code(fixed)));
        }
        if let Some(default) = &field.declared.default {
            values.push(format!("default {}", code(default)));
        }
        for allowed in allowed.get(&field.decl).into_iter().flatten() {
            let what = match allowed.table.name.as_str() {
                "" => allowed
                    .table
                    .codes
                    .iter()
                    .map(|value| code(value))
                    .collect::<Vec<_>>()
                    .join(", "),
                name => format!("table [{}](#table-{name})", cell(name)),
            };
            let when = if allowed.conditional { ", under a condition" } else { "" };
            values.push(format!("{what} ({}{when})", cell(allowed.rule)));
        }
        line!(
            out,
            "| {} | {} | {} | {} | {} | {} | {}{} | {} | {} |",
            cell(&field.path),
            cell(&field.text.zh),
            cell(&field.text.en),
            cell(&field.text.format),
            required,
            cell(&schema),
            field.occurs(),
            if field.in_model { " (choice)" } else { "" },
            values.join("; "),
            if field.text.personal { "●" } else { "" }
        );
    }
    out.push('\n');
}

fn rule_table(rules: &[RuleView<'_>], out: &mut String) {
    if rules.is_empty() {
        return;
    }
    line!(out, "### Rules\n");
    line!(
        out,
        "| id | severity | basis | clause | customs code | about | condition | check | 说明 | text |\n|---|---|---|---|---|---|---|---|---|---|"
    );
    for rule in rules {
        let text = rule.text;
        let english = if text.why.is_empty() {
            text.en.clone()
        } else {
            format!("{} {}", text.en, text.why)
        };
        line!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            cell(&text.id),
            rule.severity(),
            cell(&text.basis),
            cell(&text.clause),
            cell(&text.code),
            cell(&rule.at),
            if rule.when.is_empty() {
                String::new()
            } else {
                code(&rule.when)
            },
            code(&text.check),
            cell(&text.zh),
            cell(&english)
        );
    }
    out.push('\n');
}

fn tables(catalogue: &Catalogue<'_>, out: &mut String) {
    let pack = catalogue.pack;
    let mut used: Vec<&str> = catalogue
        .messages()
        .iter()
        .flat_map(|index| catalogue.allowed(*index).into_values().flatten().collect::<Vec<_>>())
        .map(|allowed| allowed.table.name.as_str())
        .filter(|name| !name.is_empty())
        .collect();
    used.sort_unstable();
    used.dedup();
    if used.is_empty() {
        return;
    }
    line!(out, "## Code tables\n");
    for table in pack
        .program
        .tables
        .iter()
        .filter(|table| used.contains(&table.name.as_str()))
    {
        line!(out, "<a id=\"table-{}\"></a>\n\n### {}\n", table.name, table.name);
        if let Some(text) = pack.tables.iter().find(|text| text.name == table.name) {
            let complete = if text.complete {
                "complete"
            } else {
                "not complete: other codes may exist"
            };
            line!(out, "{}; {}; {complete}.\n", text.source, text.date);
        }
        line!(out, "| code | 名称 | name |\n|---|---|---|");
        for code in &table.codes {
            let (zh, en) = catalogue.names.of(&table.name, code);
            line!(out, "| {} | {} | {} |", cell(code), cell(zh), cell(en));
        }
        out.push('\n');
    }
}

/// Escapes text for a table cell: Markdown and HTML signs appear literally.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' => out.push(' '),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' => {
                out.push('\\');
                out.push(letter);
            }
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            other => out.push(other),
        }
    }
    out
}

/// Formats an expression of the rule language; only the bar, which would end the cell, is escaped.
fn code(text: &str) -> String {
    if text.is_empty() {
        return "''".to_owned();
    }
    let fence = if text.contains('`') { "``" } else { "`" };
    format!("{fence}{}{fence}", text.replace('|', "\\|").replace(['\n', '\r'], " "))
}
