//! A few lines of a message around one place: the field, its neighbours and what a rule reads; personal data masked.

use cebridge_message::{Document, mask, mask_identities};
use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::program::DeclId;
use std::collections::BTreeSet;

/// Maximum lines of an excerpt; enough for an order with four lines of goods.
const MAX_LINES: usize = 32;
/// Maximum characters of a value.
const MAX_VALUE: usize = 60;
/// Children shown of a group that is itself the target.
const FIRST: usize = 3;

/// The excerpt to show.
pub(super) struct Wanted<'a> {
    /// Position of the message in the pack.
    pub(super) message: usize,
    /// Place of the finding, as findings name it.
    pub(super) path: &'a str,
    /// Declarations shown wherever they occur.
    pub(super) reads: &'a BTreeSet<DeclId>,
    /// Written after the place, as an XML comment.
    pub(super) mark: &'a str,
}

/// Returns the excerpt and the line of its place in the message; `None` if nothing of the path exists.
pub(super) fn excerpt(pack: &Pack, document: &Document, wanted: &Wanted<'_>) -> Option<(String, u32)> {
    let (target, missing) = locate(document, wanted.path)?;
    let chain = chain(pack, document, wanted.message, target)?;
    let leaf = chain
        .last()
        .is_some_and(|(_, decl)| pack.program.simple_of(*decl).is_some());
    // The smallest element around the place that holds everything the rule reads.
    let within = |decl: DeclId| {
        let mut inside = BTreeSet::from([decl]);
        descend(pack, decl, 0, &mut inside);
        wanted.reads.is_subset(&inside)
    };
    let skip = usize::from(leaf && chain.len() > 1);
    let (top, top_decl) = chain
        .iter()
        .rev()
        .skip(skip)
        .find(|(_, decl)| within(*decl))
        .or(chain.first())?;
    let mut writer = Writer {
        pack,
        document,
        target,
        ancestors: chain.iter().map(|(node, _)| *node).collect(),
        missing: &missing,
        wanted,
        lines: Vec::new(),
    };
    writer.element(*top, *top_decl, 0);
    let mut lines = writer.lines;
    if lines.len() > MAX_LINES {
        lines.truncate(MAX_LINES);
        lines.push("…".to_owned());
    }
    Some((lines.join("\n"), document.position(target).line))
}

/// Returns the deepest existing node of the path, and the names missing below it.
fn locate(document: &Document, path: &str) -> Option<(u32, Vec<String>)> {
    let steps: Vec<&str> = path.split('/').collect();
    for count in (1..=steps.len()).rev() {
        if let Some(node) = document.find(0, &steps.get(..count)?.join("/")) {
            let rest = steps.get(count..)?.iter().map(|step| (*step).to_owned());
            return Some((node, rest.collect()));
        }
    }
    Some((0, steps.iter().map(|step| (*step).to_owned()).collect()))
}

/// Returns the node and its ancestors from the root down, with their declarations, as far as the pack knows them.
fn chain(pack: &Pack, document: &Document, message: usize, node: u32) -> Option<Vec<(u32, DeclId)>> {
    let mut nodes = vec![node];
    let mut at = node;
    while at != 0 {
        at = document.node(at)?.parent;
        nodes.push(at);
    }
    let mut decl = pack.program.messages.get(message)?.root;
    let mut out = vec![(0, decl)];
    for node in nodes.into_iter().rev().skip(1) {
        match declared(pack, document, decl, node) {
            Some(found) => decl = found,
            None => break,
        }
        out.push((node, decl));
    }
    Some(out)
}

fn declared(pack: &Pack, document: &Document, above: DeclId, node: u32) -> Option<DeclId> {
    let program = &pack.program;
    let candidates = if document.node(node)?.is_attribute() {
        program.attributes_of(above)
    } else {
        program.children_of(above)
    };
    let name = document.local(node);
    candidates
        .into_iter()
        .find(|decl| program.local_name(*decl) == Some(name))
}

fn descend(pack: &Pack, decl: DeclId, depth: usize, out: &mut BTreeSet<DeclId>) {
    if depth > 16 {
        return;
    }
    out.extend(pack.program.attributes_of(decl));
    for child in pack.program.children_of(decl) {
        if out.insert(child) {
            descend(pack, child, depth + 1, out);
        }
    }
}

struct Writer<'a> {
    pack: &'a Pack,
    document: &'a Document,
    target: u32,
    ancestors: BTreeSet<u32>,
    missing: &'a [String],
    wanted: &'a Wanted<'a>,
    lines: Vec<String>,
}

impl Writer<'_> {
    fn line(&mut self, depth: usize, text: &str) {
        let more = "…";
        let same = text == more && self.lines.last().is_some_and(|last| last.trim() == more);
        if !same {
            self.lines.push(format!("{}{text}", "  ".repeat(depth)));
        }
    }

    fn element(&mut self, node: u32, decl: DeclId, depth: usize) {
        let name = self.document.local(node).to_owned();
        let mark = if node == self.target && self.missing.is_empty() && !self.wanted.mark.is_empty() {
            format!("  <!-- {} -->", self.wanted.mark)
        } else {
            String::new()
        };
        let attributes = self.attributes(node, decl);
        if self.pack.program.simple_of(decl).is_some() {
            let value = self.value(node, decl);
            self.line(depth, &format!("<{name}{attributes}>{value}</{name}>{mark}"));
            return;
        }
        self.line(depth, &format!("<{name}{attributes}>{mark}"));
        self.children(node, decl, depth + 1);
        if node == self.target && !self.missing.is_empty() {
            let missing = self.missing.join("/");
            let mark = self.wanted.mark;
            self.line(depth + 1, &format!("<!-- {missing} is missing: {mark} -->"));
        }
        self.line(depth, &format!("</{name}>"));
    }

    fn children(&mut self, node: u32, decl: DeclId, depth: usize) {
        let children: Vec<u32> = self.document.children(node).collect();
        let at = children
            .iter()
            .position(|child| *child == self.target || self.ancestors.contains(child));
        for (index, child) in children.iter().enumerate() {
            let Some(child_decl) = declared(self.pack, self.document, decl, *child) else {
                // An undeclared element may hold personal data: only its name is shown, and only if it is the target.
                if *child == self.target {
                    let name = self.document.local(*child);
                    let text = format!("<{name}>…</{name}>  <!-- {} -->", self.wanted.mark);
                    self.line(depth, &text);
                } else {
                    self.line(depth, "…");
                }
                continue;
            };
            let is_leaf = self.pack.program.simple_of(child_decl).is_some();
            let neighbour = at.is_some_and(|at| at.abs_diff(index) <= 1) && is_leaf && self.is_near(&children, at);
            let of_target = node == self.target && index < FIRST && is_leaf;
            let shown = *child == self.target
                || self.ancestors.contains(child)
                || neighbour
                || of_target
                || self.holds_read(child_decl);
            if shown {
                self.element(*child, child_decl, depth);
            } else {
                self.line(depth, "…");
            }
        }
    }

    /// Returns `true` if the place itself is a child here: groups around it show no neighbours.
    fn is_near(&self, children: &[u32], at: Option<usize>) -> bool {
        at.and_then(|at| children.get(at)) == Some(&self.target)
    }

    fn holds_read(&self, decl: DeclId) -> bool {
        let mut inside = BTreeSet::from([decl]);
        descend(self.pack, decl, 0, &mut inside);
        !inside.is_disjoint(self.wanted.reads)
    }

    fn attributes(&self, node: u32, decl: DeclId) -> String {
        let mut out = String::new();
        for attribute in self.document.attributes(node) {
            let known = declared(self.pack, self.document, decl, attribute);
            if attribute == self.target || known.is_some_and(|known| self.wanted.reads.contains(&known)) {
                let name = self.document.local(attribute);
                let value = known.map_or_else(|| "…".to_owned(), |known| self.value(attribute, known));
                out.push_str(&format!(" {name}=\"{value}\""));
            }
        }
        out
    }

    fn value(&self, node: u32, decl: DeclId) -> String {
        let value = self.document.value(node);
        let personal = self.pack.decls.get(usize::from(decl)).is_some_and(|text| text.personal);
        shown(
            if personal {
                mask(value).into()
            } else {
                mask_identities(value)
            }
            .as_ref(),
        )
    }
}

/// Returns a value as an excerpt shows it: escaped, and shortened if it is long.
pub(super) fn shown(value: &str) -> String {
    let length = value.chars().count();
    let start: String = value.chars().take(MAX_VALUE).collect();
    let escaped = start.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    if length > MAX_VALUE {
        format!("{escaped}… ({length} characters)")
    } else {
        escaped
    }
}
