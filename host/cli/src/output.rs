//! Printing: tables for people, JSON lines for programs.

use crate::context::{Context, Failure};
use cebridge_engine::fate::Fate;
use cebridge_ledger::Reason;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};

/// One JSON object on a line of its own.
pub(crate) fn json_line(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(|error| Failure::Other(error.to_string()))?;
    line(&text)
}

/// One line on stdout.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    Ok(writeln!(io::stdout().lock(), "{text}")?)
}

/// Bytes on stdout.
pub(crate) fn raw(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}

/// A reader that went away is no failure.
pub(crate) fn is_broken_pipe(failure: &Failure) -> bool {
    matches!(failure, Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
}

/// A table with these headings.
pub(crate) fn table(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(headings.to_vec());
    if io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table
}

/// A reason in one line.
pub(crate) fn reason(reason: &Reason) -> String {
    let parts = [
        reason.rule.as_str(),
        reason.code.as_str(),
        reason.path.as_str(),
        reason.text.as_str(),
    ];
    parts
        .iter()
        .filter(|part| !part.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(" ")
}

/// The fates of documents, in the form that was asked for.
pub(crate) fn fates(context: &Context, fates: &[Fate]) -> Result<(), Failure> {
    if context.json() {
        return fates.iter().try_for_each(json_line);
    }
    let mut rows = table(&["message", "key", "status", "reasons"]);
    for fate in fates {
        let reasons: Vec<String> = fate.reasons.iter().map(reason).collect();
        rows.add_row([&fate.message, &fate.key, &fate.status, &reasons.join("\n")]);
    }
    line(&rows.to_string())
}

/// How many documents of each message ended how.
pub(crate) fn counts(fates: &[Fate]) -> Table {
    let words = ["released", "stored", "returned", "refused", "waiting", "dead-letter"];
    let mut headings = vec!["message"];
    headings.extend(words);
    headings.push("total");
    let mut counted: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for fate in fates {
        for row in [fate.message.as_str(), "total"] {
            *counted.entry(row).or_default().entry(fate.status.as_str()).or_default() += 1;
        }
    }
    let mut out = table(&headings);
    let total = counted.remove("total");
    for (message, row) in counted.into_iter().chain(total.map(|row| ("total", row))) {
        let mut cells = vec![message.to_owned()];
        cells.extend(words.iter().map(|word| row.get(word).copied().unwrap_or(0).to_string()));
        cells.push(row.values().sum::<usize>().to_string());
        out.add_row(cells);
    }
    out
}
