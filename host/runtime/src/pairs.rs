//! Judges two documents side by side, and reports values that are already taken.
//!
//! The evaluator sees both documents as one artificial message; see [`Pair`]. A file can't hold that message: its name
//! is not an XML name, and only this module gives it to a root.

use crate::error::{FaultCause, PluginFault};
use crate::finding::Finding;
use crate::layout::layout;
use crate::pack::LoadedPack;
use cebridge_message::{Document, Element, Layout, Limits, write};
use cebridge_rule_compiler::Grade;
use cebridge_rule_core::evaluate::{NO_DECL, RawFinding};
use cebridge_rule_core::pack::{Lines, Pack, Pair, Unique};
use cebridge_rule_core::program::NameId;
use cebridge_rule_core::schema_rules::SchemaRule;

/// Name of the root while two documents are written as one; the batch uses the pair's own name.
const ROOT: &str = "Pair";
const LINE: &str = "Line";
const OTHER_STATUS: &str = "otherStatus";

/// Two documents side by side.
#[derive(Debug, Clone, Copy)]
pub struct Joint<'a> {
    /// The document that is judged.
    pub message: &'a Element,
    /// The document it is compared with; `None` judges its absence.
    pub other: Option<&'a Element>,
    /// State of the other document (`waiting`, `stored`, `released`), if known.
    pub other_status: Option<&'a str>,
}

/// Two documents could not be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PairError {
    /// The pack failed.
    #[error(transparent)]
    Fault(#[from] PluginFault),
    /// The documents can't be combined.
    #[error("the documents of {pair} can't be compared: {reason}")]
    Unwritable {
        /// Code of the pair or message.
        pair: String,
        /// The reason.
        reason: String,
    },
}

/// Form in which two documents are written as one.
#[derive(Debug)]
pub(crate) struct PairForm {
    code: String,
    /// Position of the artificial message.
    message: usize,
    /// Name of the root.
    root: NameId,
    layout: Layout,
}

impl PairForm {
    /// Returns the forms of all pairs of a pack.
    pub(crate) fn all(pack: &Pack) -> Vec<Self> {
        pack.pairs.iter().filter_map(|pair| Self::of(pack, pair)).collect()
    }

    fn of(pack: &Pack, pair: &Pair) -> Option<Self> {
        let message = pack.message(&pair.code)?;
        let root = pack.program.decl(pack.program.messages.get(message)?.root)?.name;
        let mut layout = layout(&pack.program, message)?;
        ROOT.clone_into(&mut layout.elements.get_mut(layout.root)?.local);
        Some(Self {
            code: pair.code.clone(),
            message,
            root,
            layout,
        })
    }
}

impl LoadedPack {
    /// Judges a pair in a fresh instance, by the pair's own rules only, without those switched off. Fields unknown to
    /// the edition are not compared: the other document may belong to an older one.
    ///
    /// # Errors
    /// The pack failed, or a document holds text that XML can't carry.
    pub fn judge_pair(&self, pair: &Pair, joint: &Joint<'_>) -> Result<Vec<Finding>, PairError> {
        let unwritable = |reason: String| PairError::Unwritable {
            pair: pair.code.clone(),
            reason,
        };
        let form = self.pair_forms().iter().find(|form| form.code == pair.code);
        let form = form.ok_or_else(|| unwritable(format!("edition {} does not have this pair", self.edition())))?;
        let layout = &form.layout;
        let (tree, lines) = side_by_side(pair, joint);
        let xml = write(layout, &fit(layout, layout.root, tree)).map_err(|error| unwritable(error.to_string()))?;
        let document = Document::parse(&xml, &Limits::MESSAGE).map_err(|error| unwritable(error.to_string()))?;
        let raw = self.judge_batch(&self.binder().bind_as(&document, form.root))?;
        let own = raw
            .iter()
            .filter(|found| SchemaRule::from_index(found.rule as usize).is_none());
        Ok(own
            .map(|found| self.explain_in(&document, form.message, found))
            .filter(|found| found.severity != Grade::Off)
            .map(|found| Finding {
                path: lines.path(&found.path),
                line: 0,
                column: 0,
                ..found
            })
            .collect())
    }

    /// Returns the finding for a document whose unique values another document already has; `None` if the rule is
    /// switched off.
    ///
    /// # Errors
    /// The document holds text that XML can't carry.
    pub fn repeated(&self, unique: &Unique, document: &Element) -> Result<Option<Finding>, PairError> {
        let unwritable = |reason: String| PairError::Unwritable {
            pair: unique.message.clone(),
            reason,
        };
        let unknown = || unwritable(format!("edition {} does not have this message", self.edition()));
        let index = self.pack().message(&unique.message).ok_or_else(unknown)?;
        let layout = self.layout(&unique.message).ok_or_else(unknown)?;
        let root = layout.elements.get(layout.root).ok_or_else(unknown)?;
        let mut tree = Element::new(root.local.clone());
        tree.children.push(document.clone());
        let xml = write(&layout, &fit(&layout, layout.root, tree)).map_err(|error| unwritable(error.to_string()))?;
        let parsed = Document::parse(&xml, &Limits::MESSAGE).map_err(|error| unwritable(error.to_string()))?;
        let at = unique.fields.last().map(|field| format!("{}/{field}", document.name));
        let found = RawFinding {
            rule: unique.rule,
            node: at.and_then(|path| parsed.find(0, &path)).unwrap_or(0),
            decl: NO_DECL,
        };
        if self.pack().rules.get(found.rule as usize).is_none() {
            let reason = format!("rule {} does not exist", found.rule);
            return Err(self.fault("catalogue", FaultCause::Malformed { reason }).into());
        }
        let found = self.explain_in(&parsed, index, &found);
        Ok((found.severity != Grade::Off).then_some(Finding {
            line: 0,
            column: 0,
            ..found
        }))
    }
}

/// Origins of the lines of the artificial message.
struct Origins<'a> {
    message: &'a str,
    other: &'a str,
    lines: Option<&'a Lines>,
    /// For each `Line`, the position of the other document's line, from 1.
    others: Vec<Option<usize>>,
    /// Number of lines in the other document.
    of_other: usize,
}

/// Builds the artificial message of two documents.
fn side_by_side<'a>(pair: &'a Pair, joint: &Joint<'a>) -> (Element, Origins<'a>) {
    let mut origins = Origins {
        message: &joint.message.name,
        other: joint.other.map_or("", |other| &other.name),
        lines: pair.lines.as_ref(),
        others: Vec::new(),
        of_other: 0,
    };
    let mut root = Element::new(ROOT);
    let status = joint.other_status.map(|status| Element::leaf(OTHER_STATUS, status));
    let Some(lines) = &pair.lines else {
        root.children.push(joint.message.clone());
        root.children.extend(joint.other.cloned());
        root.children.extend(status);
        return (root, origins);
    };
    let (head, own) = take(joint.message, &lines.message);
    root.children.push(head);
    let (other_head, others) = joint.other.map(|other| take(other, &lines.other)).unzip();
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
    fn path(&self, path: &str) -> String {
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

/// Drops everything the layout does not know.
fn fit(layout: &Layout, spec: usize, mut element: Element) -> Element {
    let Some(known) = layout.elements.get(spec) else {
        return element;
    };
    element.attributes.retain(|(name, _)| known.attributes.contains(name));
    element.children = element
        .children
        .into_iter()
        .filter_map(|child| {
            let named = |at: &&usize| layout.elements.get(**at).is_some_and(|spec| spec.local == child.name);
            let spec = *known.children.iter().find(named)?;
            Some(fit(layout, spec, child))
        })
        .collect();
    element
}
