//! Explains findings: their meaning, their place and the value found there.

mod identity;
mod measure;
mod place;
mod repeated;
mod schema;
mod template;

use crate::finding::Finding;
use crate::pack::LoadedPack;
use cebridge_message::{Document, HAS_CHILDREN, mask, mask_identities};
use cebridge_rule_compiler::Grade;
use cebridge_rule_core::evaluate::{NO_DECL, RawFinding};
use cebridge_rule_core::pack::{Layer, RuleText};
use cebridge_rule_core::program::DeclId;
use cebridge_rule_core::schema_rules::SchemaRule;
use place::Place;

/// Maximum number of characters shown of a value.
const SHOWN: usize = 80;

/// Explains a finding in a document of this message. Unknown numbers give empty texts; [`LoadedPack::judge`] does not
/// let any through.
pub(crate) fn explain(pack: &LoadedPack, document: &Document, of: Option<usize>, raw: &RawFinding) -> Finding {
    let subject = Subject::new(pack, document, of, raw);
    let nothing = RuleText::default();
    let rule = pack.pack().rules.get(raw.rule as usize).unwrap_or(&nothing);
    let schema_rule = SchemaRule::from_index(raw.rule as usize);
    let (mut message, mut message_zh) = match schema_rule {
        Some(rule) => schema::texts(rule, &subject),
        None => template::texts(rule, raw.rule, &subject),
    };
    // A rule about many values breaks at the element that holds them all, but users look for the value itself.
    let detail = repeated::detail(&subject, raw.rule);
    let (path, field, node, value) = match &detail {
        None => (subject.path(), subject.field(), raw.node, subject.found(schema_rule)),
        Some(detail) => (
            document.path(detail.node),
            document.local(detail.node).to_owned(),
            detail.node,
            Some(show(pack, Some(detail.decl), document.value(detail.node))),
        ),
    };
    let detail = detail.as_ref().map(|detail| (detail.en.as_str(), detail.zh.as_str()));
    if let Some((en, zh)) = detail.or_else(|| identity::hint(&subject, raw.rule)) {
        message = format!("{message} {en}");
        message_zh.push_str(zh);
    }
    let of_message = of.and_then(|at| pack.pack().messages.get(at));
    let or_message = |own: &str, of: fn(&cebridge_rule_core::pack::MessageText) -> &String| {
        if own.is_empty() {
            of_message.map(|text| of(text).clone()).unwrap_or_default()
        } else {
            own.to_owned()
        }
    };
    let given = Grade::from(rule.severity);
    let severity = pack.grades().get(&rule.id).copied().unwrap_or(given);
    let position = document.position(node);
    Finding {
        rule: rule.id.clone(),
        layer: layer_name(rule.layer).to_owned(),
        severity,
        regraded_from: (severity != given).then_some(given),
        path,
        field: Some(field).filter(|field| !field.is_empty()),
        line: position.line,
        column: position.column,
        value,
        message,
        message_zh,
        code: Some(rule.code.clone()).filter(|code| !code.is_empty()),
        clause: or_message(&rule.clause, |text| &text.clause),
        source: or_message(&rule.source, |text| &text.source),
        pack: pack.digest().to_owned(),
    }
}

/// Returns the path of the node that a rule points at, as a pack's own cases expect it. The path of a [`Finding`] may
/// lead further down, to the value that breaks the rule.
pub(crate) fn path(pack: &LoadedPack, document: &Document, of: Option<usize>, raw: &RawFinding) -> String {
    Subject::new(pack, document, of, raw).path()
}

fn layer_name(layer: Layer) -> &'static str {
    match layer {
        Layer::Schema => "schema",
        Layer::Business => "business",
        Layer::Signature => "signature",
    }
}

/// Subject of a finding: a node of the document, or something missing below it.
struct Subject<'a> {
    pack: &'a LoadedPack,
    document: &'a Document,
    /// The node of the finding, with its ancestors.
    place: Place,
    node: u32,
    /// The declaration concerned, if known.
    decl: Option<DeclId>,
    /// Path from the node to the missing part; empty if the finding is about the node itself.
    missing: Vec<String>,
}

impl<'a> Subject<'a> {
    fn new(pack: &'a LoadedPack, document: &'a Document, message: Option<usize>, raw: &RawFinding) -> Self {
        let place = Place::of(pack, document, message, raw.node);
        let own = place.decl();
        let told = if raw.decl == NO_DECL {
            None
        } else {
            DeclId::try_from(raw.decl).ok()
        };
        let decl = told.or(own);
        let missing = match (own, decl) {
            (Some(own), Some(decl)) if own != decl => place::route(&pack.pack().program, own, decl),
            _ => None,
        };
        let missing: Vec<String> = missing
            .unwrap_or_default()
            .into_iter()
            .map(|step| step.name(&pack.pack().program))
            .collect();
        let decl = if missing.is_empty() && own.is_some() { own } else { decl };
        Self {
            pack,
            document,
            place,
            node: raw.node,
            decl,
            missing,
        }
    }

    fn path(&self) -> String {
        let path = self.document.path(self.node);
        if self.missing.is_empty() {
            return path;
        }
        let below = self.missing.join("/");
        if self.node == 0 {
            below
        } else {
            format!("{path}/{below}")
        }
    }

    fn field(&self) -> String {
        let missing = self.missing.last().map(|step| step.trim_start_matches('@'));
        missing.unwrap_or_else(|| self.document.local(self.node)).to_owned()
    }

    /// Returns the value to show with the message. Values of unknown nodes are not shown, since they may be personal
    /// data.
    fn found(&self, rule: Option<SchemaRule>) -> Option<String> {
        let about_value = match rule {
            None => true,
            Some(rule) => matches!(
                rule,
                SchemaRule::Type
                    | SchemaRule::Length
                    | SchemaRule::Digits
                    | SchemaRule::Fixed
                    | SchemaRule::Id
                    | SchemaRule::Utf16
            ),
        };
        let leaf = self
            .document
            .node(self.node)
            .is_some_and(|node| node.flags & HAS_CHILDREN == 0);
        (about_value && leaf && self.missing.is_empty() && self.decl.is_some()).then(|| self.value())
    }

    /// Returns the value of the node, fit for display.
    fn value(&self) -> String {
        if self.missing.is_empty() {
            show(self.pack, self.decl, self.document.value(self.node))
        } else {
            String::new()
        }
    }
}

/// Makes a value fit for display: masked and shortened.
fn show(pack: &LoadedPack, decl: Option<DeclId>, value: &str) -> String {
    let personal = decl
        .and_then(|decl| pack.pack().decls.get(usize::from(decl)))
        .is_some_and(|text| text.personal);
    if personal {
        return mask(value);
    }
    let value = mask_identities(value);
    let length = value.chars().count();
    if length <= SHOWN {
        return value.into_owned();
    }
    let start: String = value.chars().take(SHOWN).collect();
    format!("{start}… ({length} characters)")
}
