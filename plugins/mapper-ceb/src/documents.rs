//! Turns trees into documents of the contract: fields by group, without those the host assigns.

use cebridge_plugin_sdk::{Document, Mapped, Problems, Record, Value};

use crate::messages::{Known, find};
use crate::tree::{Message, Node};

/// The time of declaration.
const APP_TIME: &str = "appTime";

/// Maps the documents of a message, with problems for those that can't be mapped.
pub(crate) fn map(message: &Message, at: &str) -> Mapped {
    let known = find(&message.code);
    let problems = Problems::new();
    let mut documents = Vec::new();
    for (index, node) in message.documents.iter().enumerate() {
        let row = index + 1;
        let source = source(&message.code, known, node, row);
        let record = problems.record(&source, row);
        let values = values(node, at, &record);
        if record.is_clean() {
            documents.push(Document {
                message: message.code.clone(),
                source,
                row: u32::try_from(row).unwrap_or_default(),
                values,
            });
        }
    }
    Mapped {
        documents,
        problems: problems.into_list(),
    }
}

/// The business keys, after the code: documents of different messages are different records even with equal keys.
fn source(code: &str, known: Option<&Known>, node: &Node, row: usize) -> String {
    let keys: Vec<&str> = known
        .map_or(&[] as &[&str], |known| known.keys)
        .iter()
        .filter_map(|key| node.first(key))
        .filter(|text| !text.is_empty())
        .collect();
    if keys.is_empty() {
        return format!("{code} row {row}");
    }
    format!("{code} {}", keys.join("|"))
}

fn values(node: &Node, at: &str, record: &Record<'_>) -> Vec<Value> {
    let mut out = Vec::new();
    if let Some(fault) = node.fault {
        record.note("", fault);
    }
    if node.children.is_empty() && node.fault.is_none() {
        record.note("", "is no document: it has no fields");
    }
    let mut rows: Vec<(&str, u32)> = Vec::new();
    if lacks_time(node) {
        out.push(value("", 0, APP_TIME, at));
    }
    for child in &node.children {
        if child.children.is_empty() {
            field(&mut out, "", 0, child, at, record);
            continue;
        }
        let row = match rows.iter_mut().find(|(name, _)| *name == child.name) {
            Some((_, next)) => {
                *next += 1;
                *next - 1
            }
            None => {
                rows.push((&child.name, 1));
                0
            }
        };
        if !child.text.trim().is_empty() {
            record.note(&path(&child.name, row, ""), "has text between its fields");
        }
        if lacks_time(child) {
            out.push(value(&child.name, row, APP_TIME, at));
        }
        for item in &child.children {
            field(&mut out, &child.name, row, item, at, record);
        }
    }
    out
}

/// Returns `true` if a document or group lacks the time of declaration although it should have it: in every request the
/// time is next to type and status.
fn lacks_time(node: &Node) -> bool {
    let beside = ["appType", "appStatus"];
    beside.iter().any(|name| node.child(name).is_some()) && node.child(APP_TIME).is_none()
}

fn field(out: &mut Vec<Value>, group: &str, row: u32, node: &Node, at: &str, record: &Record<'_>) {
    let place = || path(group, row, &node.name);
    if let Some(fault) = node.fault {
        record.note(&place(), fault);
        return;
    }
    if !node.children.is_empty() {
        record.note(&place(), "must be a field; groups stand directly in the document");
        return;
    }
    // The host gives every document its own guid.
    if node.name == "guid" {
        return;
    }
    let same_group = |value: &&Value| value.group == group && value.row == row;
    if out
        .iter()
        .rev()
        .take_while(same_group)
        .any(|value| value.name == node.name)
    {
        record.note(&place(), "stands twice in its group");
        return;
    }
    // The message is declared now, whenever the file was made.
    let text = if node.name == APP_TIME { at } else { node.text.as_str() };
    out.push(value(group, row, &node.name, text));
}

fn value(group: &str, row: u32, name: &str, text: &str) -> Value {
    Value {
        group: group.to_owned(),
        row,
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

/// `InvtRefundList[2]/qty`; rows count from 1.
fn path(group: &str, row: u32, name: &str) -> String {
    match (group, name) {
        ("", name) => name.to_owned(),
        (group, "") => format!("{group}[{}]", row + 1),
        (group, name) => format!("{group}[{}]/{name}", row + 1),
    }
}
