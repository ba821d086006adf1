//! Puts two documents side by side in one artificial message, and finds the way back from its places.

use cebridge_message::Element;
use cebridge_rule_core::pack::{Lines, Pair};

/// Name of the root while two documents are written as one; the batch uses the pair's own name.
pub(crate) const ROOT: &str = "Pair";
const LINE: &str = "Line";
const OTHER_STATUS: &str = "otherStatus";

/// Two documents side by side.
#[derive(Debug, Clone, Copy)]
pub struct DocumentPair<'a> {
    /// The document that is judged.
    pub message: &'a Element,
    /// The document it is compared with; `None` judges its absence.
    pub other: Option<&'a Element>,
    /// State of the other document (`waiting`, `stored`, `released`), if known.
    pub other_status: Option<&'a str>,
}

/// Origins of the lines of the artificial message.
#[derive(Debug)]
pub(crate) struct Origins<'a> {
    message: &'a str,
    other: &'a str,
    lines: Option<&'a Lines>,
    /// For each `Line`, the position of the other document's line, from 1.
    others: Vec<Option<usize>>,
    /// Number of lines in the other document.
    of_other: usize,
}

/// Builds the artificial message of two documents.
pub(crate) fn side_by_side<'a>(pair: &'a Pair, documents: &DocumentPair<'a>) -> (Element, Origins<'a>) {
    let mut origins = Origins {
        message: &documents.message.name,
        other: documents.other.map_or("", |other| &other.name),
        lines: pair.lines.as_ref(),
        others: Vec::new(),
        of_other: 0,
    };
    let mut root = Element::new(ROOT);
    let status = documents.other_status.map(|status| Element::leaf(OTHER_STATUS, status));
    let Some(lines) = &pair.lines else {
        root.children.push(documents.message.clone());
        root.children.extend(documents.other.cloned());
        root.children.extend(status);
        return (root, origins);
    };
    let (head, own) = take(documents.message, &lines.message);
    root.children.push(head);
    let (other_head, others) = documents.other.map(|other| take(other, &lines.other)).unzip();
    let others = others.unwrap_or_default();
    root.children.extend(other_head);
    root.children.extend(status);
    origins.of_other = others.len();
    for line in own {
        let by = line.text_at(&lines.by).map(str::trim).unwrap_or_default().to_owned();
        let same = |other: &Element| other.text_at(&lines.by).is_some_and(|text| text.trim() == by);
        let found = others.iter().position(same).filter(|_| !by.is_empty());
        origins.others.push(found.map(|at| at + 1));
        let mut joined = Element::new(LINE);
        joined.children.push(line);
        joined.children.extend(found.and_then(|at| others.get(at)).cloned());
        root.children.push(joined);
    }
    (root, origins)
}

/// Splits off the child elements with that name; returns the rest of the document and these elements.
fn take(document: &Element, name: &str) -> (Element, Vec<Element>) {
    let (lines, rest) = document.children.iter().cloned().partition(|child| child.name == name);
    let head = Element {
        name: document.name.clone(),
        attributes: document.attributes.clone(),
        children: rest,
        text: document.text.clone(),
    };
    (head, lines)
}

impl Origins<'_> {
    /// Converts a path in the artificial message to a path in the document it comes from.
    pub(crate) fn path(&self, path: &str) -> String {
        let Some(lines) = self.lines else {
            return path.to_owned();
        };
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        let (name, number) = first.split_once('[').unwrap_or((first, "1]"));
        let number: Option<usize> = number.trim_end_matches(']').parse().ok();
        let (LINE, Some(number)) = (name, number) else {
            return path.to_owned();
        };
        let (step, below) = rest
            .split_once('/')
            .map_or((rest, None), |(step, below)| (step, Some(below)));
        let (document, group, position, count) = if step == lines.other {
            let position = number
                .checked_sub(1)
                .and_then(|at| self.others.get(at).copied().flatten());
            (self.other, &lines.other, position, self.of_other)
        } else {
            (self.message, &lines.message, Some(number), self.others.len())
        };
        let index = position.filter(|_| count > 1).map(|at| format!("[{at}]"));
        let index = index.unwrap_or_default();
        let below = below.map(|below| format!("/{below}")).unwrap_or_default();
        format!("{document}/{group}{index}{below}")
    }
}
