//! Printing: tables for people, JSON lines for programs.

/// Prints a line on stderr. A failed write is ignored: it must not end the program, as `eprintln` would.
macro_rules! complain {
    ($($text:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stderr(), $($text)*);
    }};
}

use crate::context::{Context, Failure};
use cebridge_engine::Fate;
use cebridge_ledger::Reason;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Prints one JSON object on its own line.
pub(crate) fn json_line(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(|error| Failure::Other(error.to_string()))?;
    line(&text)
}

/// Prints one line on stdout.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    Ok(writeln!(io::stdout().lock(), "{text}")?)
}

/// Writes bytes to stdout.
pub(crate) fn raw(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}

/// Returns a count with its noun, such as `1 pack` or `2 packs`.
pub(crate) fn counted(count: impl Into<u64>, noun: &str) -> String {
    match count.into() {
        1 => format!("1 {noun}"),
        many => format!("{many} {noun}s"),
    }
}

/// Returns `true` if the reader of stdout has gone away, which is not a failure.
pub(crate) fn is_broken_pipe(failure: &Failure) -> bool {
    matches!(failure, Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
}

/// Column width at which a cell wraps if no terminal sets the width. Arbitrary: a sentence fits in two or three lines,
/// and a table of five columns into a wide window.
const WIDEST_CELL: u16 = 80;

/// Returns a table with these headings. Long texts wrap: on a terminal to its width, elsewhere within their column, so
/// that one of them does not widen every row.
pub(crate) fn table(headings: &[&str]) -> Table {
    let terminal = terminal_size::terminal_size_of(io::stdout());
    table_within(headings, terminal.map(|(width, _)| width.0))
}

fn table_within(headings: &[&str], terminal: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(headings.to_vec());
    if let Some(width) = terminal {
        table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width);
    } else {
        for column in table.column_iter_mut() {
            column.set_constraint(ColumnConstraint::UpperBoundary(Width::Fixed(WIDEST_CELL)));
        }
    }
    table
}

/// Formats a reason in one line.
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

/// Prints the fates of documents in the chosen format.
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

/// Counts the documents of each message by state.
pub(crate) fn counts(fates: &[Fate]) -> Table {
    let mut counted: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for fate in fates {
        *counted.entry((&fate.message, &fate.status)).or_default() += 1;
    }
    count_table(counted)
}

/// Builds a table with a row for each message and a column for each state.
pub(crate) fn count_table<'a>(counted: impl IntoIterator<Item = ((&'a str, &'a str), u64)>) -> Table {
    let mut rows: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    let mut total: BTreeMap<&str, u64> = BTreeMap::new();
    for ((message, status), count) in counted {
        *rows.entry(message).or_default().entry(status).or_default() += count;
        *total.entry(status).or_default() += count;
    }
    let mut words = vec!["released", "stored", "returned", "refused", "waiting", "dead-letter"];
    // Rarer states get a column only if they occur.
    let rare = ["withdrawn", "draft"];
    words.extend(rare.into_iter().filter(|word| total.contains_key(word)));
    let mut headings = vec!["message"];
    headings.extend(&words);
    headings.push("total");
    let mut out = table(&headings);
    let total = (!total.is_empty()).then_some(("total", total));
    for (message, row) in rows.into_iter().chain(total) {
        let mut cells = vec![message.to_owned()];
        cells.extend(words.iter().map(|word| row.get(word).copied().unwrap_or(0).to_string()));
        cells.push(row.values().sum::<u64>().to_string());
        out.add_row(cells);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{WIDEST_CELL, table_within};

    /// Width of a line in terminal columns.
    fn width(line: &str) -> usize {
        line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
    }

    fn lines(text: &str, terminal: Option<u16>) -> Vec<String> {
        let mut table = table_within(&["receipt", "returnInfo"], terminal);
        table.add_row(["CEB622", "[Code:2600;Desc:放行]"]);
        table.add_row(["CEB622", text]);
        table.to_string().lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_long_text_does_not_widen_every_row() {
        let word = "申".repeat(2000);
        let sentence = "the inventory was returned because its order is unknown; ".repeat(40);
        for text in [&word, &sentence] {
            let lines = lines(text, None);
            let widest = lines.iter().map(|line| width(line)).max();
            assert!(widest <= Some(usize::from(WIDEST_CELL) + 20), "{widest:?}");
            // Nothing is cut off.
            let kept = |wanted: fn(char) -> bool| {
                let cells = lines.iter().filter_map(|line| line.split('|').nth(2)).skip(3);
                cells.flat_map(str::chars).filter(|c| wanted(*c)).count()
            };
            let letters = |c: char| c.is_alphanumeric();
            assert_eq!(kept(letters), text.chars().filter(|c| letters(*c)).count());
        }
        let short = lines("查验", None);
        assert!(width(&short[0]) < 50, "{}", short[0]);
    }

    #[test]
    fn a_terminal_sets_the_width() {
        for columns in [50, 120] {
            let lines = lines(&"审核 ".repeat(300), Some(columns));
            let widest = lines.iter().map(|line| width(line)).max();
            assert!(widest <= Some(usize::from(columns)), "{widest:?}");
        }
    }
}
