//! Unprompted news about a document: tax bills and their state, results of a summary.
//!
//! A notice is built from the catalogue like a receipt; values that no document has are invented here.

use crate::answer::root;
use crate::ids::guid;
use crate::kinds::{NUMBERS, Part, code, filler, parts};
use crate::letters::Mail;
use crate::records::{Record, find};
use cebridge_clock::time17;
use cebridge_findings::RuleSet;
use cebridge_message::Element;
use cebridge_rule_core::program::Program;
use jiff::Timestamp;

/// A notice to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    /// Message that brings it, a position in the pack.
    pub(crate) message: usize,
    /// The document it is about.
    pub(crate) record: Record,
}

/// One, in units of 0.00001 as in N19,5.
const UNIT: i128 = 100_000;

/// Returns `true` if a notice is about tax.
pub(crate) fn is_tax(pack: &RuleSet, message: usize) -> bool {
    let pack = pack.pack();
    let keys = pack.messages.get(message).map_or(&[][..], |text| text.keys.as_slice());
    keys.iter().any(|&decl| pack.program.local_name(decl) == Some("taxNo"))
}

/// Builds a notice as its own message; `None` if the pack describes no document for it.
pub(crate) fn mail<'a>(pack: &'a RuleSet, notice: &'a Notice, at: Timestamp) -> Option<Mail<'a>> {
    let model = pack.pack();
    let text = model.messages.get(notice.message)?;
    let code = code(model, notice.message);
    let mut document = Element::new(model.program.local_name(text.document)?);
    let lines: Vec<&Element> = lines(&notice.record.element);
    for group in parts(&model.program, text.document) {
        // The first group is the head; the others have a line for each line of the document.
        let is_lines = !document.children.is_empty();
        if is_lines {
            for line in &lines {
                document
                    .children
                    .push(element(&model.program, &group, notice, Some(line), at));
            }
        } else {
            document
                .children
                .push(element(&model.program, &group, notice, None, at));
        }
    }
    let mut root = root(code);
    root.children.push(document);
    Some(Mail {
        code,
        direction: &text.direction,
        to: std::slice::from_ref(&notice.record.sender),
        root,
        records: 1,
    })
}

/// Returns the lines of a document: its groups except the first, which is the head.
fn lines(document: &Element) -> Vec<&Element> {
    let groups = document.children.iter().filter(|child| !child.children.is_empty());
    groups.skip(1).collect()
}

fn element(program: &Program, group: &Part<'_>, notice: &Notice, line: Option<&Element>, at: Timestamp) -> Element {
    let mut out = Element::new(group.name);
    for part in parts(program, group.decl) {
        let text = invented(part.name, notice, line, at)
            .or_else(|| line.and_then(|line| find(line, part.name)).map(str::to_owned))
            .or_else(|| Some(notice.record.text(part.name).to_owned()))
            .filter(|text| !text.is_empty());
        let text = match (text, part.required, part.simple) {
            (Some(text), ..) => text,
            (None, true, Some(simple)) => filler(simple),
            _ => continue,
        };
        out.children.push(Element::leaf(part.name, text));
    }
    out
}

/// Returns a value that comes from customs, not from the document.
fn invented(name: &str, notice: &Notice, line: Option<&Element>, at: Timestamp) -> Option<String> {
    let number = &notice.record.number;
    Some(match name {
        "guid" => guid(),
        "returnTime" | "opDate" => time17(at),
        "taxNo" => format!("T{number}"),
        "declSeqNo" | "entryId" => number.clone(),
        "status" => "1".to_owned(),
        "decState" => "8".to_owned(),
        "customsTax" | "consumptionTax" => "0".to_owned(),
        // 70 % of the regular 13 % VAT.
        "valueAddedTax" => written(values(notice, line) * 91 / 1000),
        "taxPrice" => written(values(notice, line)),
        name if NUMBERS.contains(&name) && line.is_none() => number.clone(),
        _ => return None,
    })
}

/// Returns the value of one line, or of all of them, in units of 0.00001.
fn values(notice: &Notice, line: Option<&Element>) -> i128 {
    let value = |line: &Element| find(line, "totalPrice").and_then(units).unwrap_or_default();
    match line {
        Some(line) => value(line),
        None => lines(&notice.record.element).into_iter().map(value).sum(),
    }
}

fn units(text: &str) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 5 {
        return None;
    }
    format!("{whole}{fraction:0<5}").parse().ok()
}

fn written(units: i128) -> String {
    format!("{}.{:05}", units / UNIT, units % UNIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tax_is_exact() {
        assert_eq!(
            units("100").map(|units| written(units * 91 / 1000)).as_deref(),
            Some("9.10000")
        );
        assert_eq!(units("0.1").map(written).as_deref(), Some("0.10000"));
        assert_eq!(units("1.123456"), None);
    }
}
