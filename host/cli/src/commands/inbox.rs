//! `inbox`: lists the files set aside from intake and receipts, and retakes them.

use crate::Outcome;
use crate::args::InboxArgs;
use crate::context::{Context, Failure};
use crate::output::{json_line, line, table};
use cebridge_clock as clock;
use cebridge_engine::inbox::{Entry, entries};
use cebridge_transport::{SetAside, retake};
use jiff::Timestamp;
use serde::Serialize;

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    from: &'a str,
    reason: &'a str,
    bytes: u64,
    changed: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    retaken: Option<String>,
}

pub(crate) fn run(context: &Context, args: &InboxArgs) -> Result<Outcome, Failure> {
    let entries = entries(&context.config)?;
    let chosen: Vec<&Entry> = match &args.retake {
        Some(name) => entries.iter().filter(|entry| entry.file.name == *name).collect(),
        None => entries.iter().collect(),
    };
    if let (Some(name), true) = (&args.retake, chosen.is_empty()) {
        context.note(&format!(
            "no file of the name {name} was set aside; `cebridge inbox` lists those that were"
        ));
        return Ok(Outcome::Wrong);
    }
    let take = args.all || args.retake.is_some();
    let mut rows = table(&["name", "from", "changed", "bytes", "reason"]);
    for entry in &chosen {
        let retaken = take.then(|| retake(&entry.file, &entry.folder)).transpose()?;
        let row = Row {
            name: &entry.file.name,
            from: entry.from,
            reason: &entry.file.reason,
            bytes: entry.file.size,
            changed: changed(&entry.file),
            retaken: retaken.as_ref().map(|path| path.display().to_string()),
        };
        match (&row.retaken, context.json()) {
            (_, true) => json_line(&row)?,
            (Some(path), false) => line(&format!("{}: taken again as {path}", row.name))?,
            (None, false) => {
                rows.add_row([row.name, row.from, &row.changed, &row.bytes.to_string(), row.reason]);
            }
        }
    }
    if !take && !context.json() {
        line(&rows.to_string())?;
        if !chosen.is_empty() {
            context.note("`cebridge inbox --retake NAME` or `--all` takes them again, once their cause is mended");
        }
    }
    Ok(Outcome::good_if(take || chosen.is_empty()))
}

/// Returns the time of the file's last change.
fn changed(file: &SetAside) -> String {
    Timestamp::try_from(file.modified)
        .map(clock::spoken)
        .unwrap_or_default()
}
