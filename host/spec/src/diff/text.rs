//! The list of changes in plain English, grouped by message.

use super::{Area, Change};
use std::collections::BTreeSet;
use std::fmt::Write;

/// XSD facets, which share one line.
const FACETS: [&str; 7] = [
    "type",
    "whiteSpace",
    "minLength",
    "maxLength",
    "totalDigits",
    "fractionDigits",
    "occurs",
];

/// Formats the changes as a text. `names` are the two editions.
#[must_use]
pub fn text(changes: &[Change], names: [&str; 2]) -> String {
    let mut out = String::new();
    let messages: BTreeSet<&str> = changes
        .iter()
        .map(|change| change.message.as_str())
        .filter(|code| !code.is_empty())
        .collect();
    let _ = writeln!(out, "{} -> {}", names[0], names[1]);
    if changes.is_empty() {
        out.push_str("no difference\n");
        return out;
    }
    for change in changes.iter().filter(|change| change.area == Area::Edition) {
        let what = format!("{} {}", change.subject, change.aspect);
        let _ = writeln!(out, "{}: {}", what.trim_start(), arrow(change));
    }
    for change in changes
        .iter()
        .filter(|change| change.area == Area::Signature && change.message.is_empty())
    {
        let _ = writeln!(out, "signature, {}: {}", change.aspect, arrow(change));
    }
    for code in &messages {
        let own: Vec<&Change> = changes.iter().filter(|change| change.message == **code).collect();
        message(code, &own, &mut out);
    }
    tables(changes, &mut out);
    let _ = writeln!(
        out,
        "\n{} differences in {} messages: {} in fields, {} in rules, {} in signatures, {} in code tables",
        changes.len(),
        messages.len(),
        count(changes, Area::Field),
        count(changes, Area::Rule),
        count(changes, Area::Signature),
        count(changes, Area::Table)
    );
    out
}

fn count(changes: &[Change], area: Area) -> usize {
    changes.iter().filter(|change| change.area == area).count()
}

fn arrow(change: &Change) -> String {
    let value = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    format!("{} -> {}", value(&change.before), value(&change.after))
}

fn message(code: &str, own: &[&Change], out: &mut String) {
    let name = own.first().map_or("", |change| change.name.as_str());
    let _ = writeln!(out, "\n{}", format!("{code} {name}").trim_end());
    for change in own.iter().filter(|change| change.area == Area::Message) {
        let _ = match change.aspect {
            "new" => writeln!(out, "  new message: {}", change.after.as_deref().unwrap_or_default()),
            "removed" => writeln!(out, "  removed: {}", change.before.as_deref().unwrap_or_default()),
            aspect => writeln!(out, "  {aspect}: {}", arrow(change)),
        };
    }
    for change in own.iter().filter(|change| change.area == Area::Signature) {
        let _ = writeln!(out, "  signature, {}: {}", change.aspect, arrow(change));
    }
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for change in own
        .iter()
        .filter(|change| change.area == Area::Field && change.aspect != "position")
    {
        if done.insert(&change.subject) {
            field(&change.subject, own, out);
        }
    }
    positions(own, out);
    rules(own, &done, out);
}

fn field(path: &str, own: &[&Change], out: &mut String) {
    let here: Vec<&&Change> = own
        .iter()
        .filter(|change| change.area == Area::Field && change.subject == path)
        .collect();
    let label = here
        .iter()
        .map(|change| change.label.as_str())
        .find(|label| !label.is_empty())
        .unwrap_or_default();
    let _ = writeln!(out, "  {}", format!("{path} {label}").trim_end());
    let is_facet = |change: &Change| FACETS.contains(&change.aspect);
    for change in here
        .iter()
        .filter(|change| change.aspect != "position" && !is_facet(change))
    {
        let _ = match change.aspect {
            "new" => writeln!(out, "      new: {}", change.after.as_deref().unwrap_or_default()),
            "removed" => writeln!(out, "      removed: {}", change.before.as_deref().unwrap_or_default()),
            aspect => writeln!(out, "      {aspect}: {}", arrow(change)),
        };
    }
    let facets: Vec<String> = here
        .iter()
        .filter(|change| is_facet(change))
        .map(|change| format!("{} {}", change.aspect, arrow(change)))
        .collect();
    if !facets.is_empty() {
        let _ = writeln!(out, "      schema: {}", facets.join("; "));
    }
    for change in own
        .iter()
        .filter(|change| change.area == Area::Rule && change.automatic && change.at == path)
    {
        rule(change, "      so rule ", out);
    }
    let cites: BTreeSet<&str> = here.iter().filter_map(|change| change.cite.as_deref()).collect();
    for cite in cites {
        let _ = writeln!(out, "      source: {cite}");
    }
}

/// Lists fields whose position changed only because a neighbour was added or removed.
fn positions(own: &[&Change], out: &mut String) {
    let mut groups: Vec<(&str, Vec<String>)> = Vec::new();
    for change in own.iter().filter(|change| change.aspect == "position") {
        let (parent, name) = change.subject.rsplit_once('/').unwrap_or(("(root)", &change.subject));
        let step = format!("{name} {}", arrow(change));
        match groups.iter_mut().find(|(known, _)| *known == parent) {
            Some((_, steps)) => steps.push(step),
            None => groups.push((parent, vec![step])),
        }
    }
    for (parent, steps) in groups {
        let _ = writeln!(out, "  positions in {parent}: {}", steps.join(", "));
    }
}

fn rules(own: &[&Change], fields: &BTreeSet<&str>, out: &mut String) {
    let told = |change: &Change| change.automatic && fields.contains(change.at.as_str());
    for change in own.iter().filter(|change| change.area == Area::Rule && !told(change)) {
        rule(change, "  rule ", out);
        if let Some(cite) = &change.cite {
            let _ = writeln!(out, "      source: {cite}");
        }
    }
}

fn rule(change: &Change, lead: &str, out: &mut String) {
    let id = &change.subject;
    // The words of an automatic rule only repeat its field's entry above.
    let short = |text: &Option<String>| {
        let text = text.clone().unwrap_or_default();
        match text.split_once(" (") {
            Some((check, _)) if change.automatic => check.split(" when ").next().unwrap_or_default().to_owned(),
            _ => text,
        }
    };
    let _ = match change.aspect {
        "new" => writeln!(out, "{lead}{id} is new: {}", short(&change.after)),
        "removed" => writeln!(out, "{lead}{id} is gone: {}", short(&change.before)),
        aspect => writeln!(out, "{lead}{id}, {aspect}: {}", arrow(change)),
    };
}

fn tables(changes: &[Change], out: &mut String) {
    let mut last = "";
    for change in changes.iter().filter(|change| change.area == Area::Table) {
        if change.subject != last {
            let _ = writeln!(out, "\ncode table {}", change.subject);
            last = &change.subject;
        }
        let _ = match (change.aspect, &change.before, &change.after) {
            ("new" | "code added", _, Some(what)) => writeln!(out, "  {}: {what}", change.aspect),
            ("removed" | "code removed", Some(what), _) => writeln!(out, "  {}: {what}", change.aspect),
            (aspect, ..) => writeln!(out, "  {aspect}: {}", arrow(change)),
        };
    }
}
