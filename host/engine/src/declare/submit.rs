//! Declares kept documents: drafts that were never sent, and documents that customs only holds.

use super::declaration::Declaration;
use super::records::{Record, Step};
use super::{DeclareReport, Mode, Progress, named, take};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::new_guid;
use crate::outgoing::OutgoingDocument;
use crate::own_words::HELD;
use crate::packs::Choice;
use crate::values;
use cebridge_clock as clock;
use cebridge_ledger::{DocumentView, Status};
use cebridge_message::Element;
use cebridge_rule_core::roles::FieldRoles;
use cebridge_runtime::mapping;
use jiff::Timestamp;
use std::sync::Arc;

/// Declares the documents with this key that are drafts or held at customs: with new guids, the state of
/// declared documents and the current time, through all stages of a declaration. Without any, does nothing and returns an empty report.
///
/// # Errors
/// As [`super::declare`], or a document of the ledger that the edition in force can't hold.
pub fn submit(
    engine: &Engine,
    key: &str,
    enterprise: Option<&str>,
    at: Timestamp,
    progress: Progress<'_>,
) -> Result<DeclareReport, EngineError> {
    let named = named(engine, enterprise)?;
    let pack = engine.packs.choose(&Choice::Day(clock::day(at)))?;
    let declaration = Declaration::new(engine, named, pack, at)?;
    let mut found = engine.ledger.find(key)?;
    found.retain(|view| view.status == Status::Draft || is_held(view));
    // Oldest first, as they were declared.
    found.reverse();
    let restored = found.iter().map(|view| declaration.restored(view));
    let documents: Vec<OutgoingDocument> = restored.collect::<Result<_, _>>()?;
    if documents.is_empty() {
        return Ok(DeclareReport::default());
    }
    let step = Step {
        records: vec![Record {
            documents,
            problems: Vec::new(),
        }],
        reaches: Vec::new(),
    };
    take(&declaration, Mode::Declare, &step, progress)
}

/// Returns `true` if a document was sent only to be held (暂存), and nothing more is known of it.
fn is_held(view: &DocumentView) -> bool {
    view.status == Status::Waiting && (view.held || view.app_status == HELD)
}

impl Declaration<'_> {
    /// Returns a document of the ledger, to be declared now.
    fn restored(&self, view: &DocumentView) -> Result<OutgoingDocument, EngineError> {
        let wrong = |reasons: String| EngineError::Assembly {
            message: view.message.clone(),
            reasons: format!("document {} of the ledger can't be declared: {reasons}", view.guid),
        };
        let pack = self.pack.rules().pack();
        let name = pack.message(&view.message).and_then(|index| pack.document_name(index));
        let name = name.ok_or_else(|| wrong(format!("edition {} has no {}", self.edition(), view.message)))?;
        let element = values::element(name, &view.values_json).ok_or_else(|| wrong("its values are damaged".into()))?;
        let layout = Arc::new(self.pack.rules().layout(&view.message).unwrap_or_default());
        let mapped = mapping::Document {
            message: view.message.clone(),
            source: view.source.clone(),
            row: 0,
            values: mapped(&pack.fields, &element, &clock::time14(self.at)),
        };
        let document = OutgoingDocument::new(pack, &layout, &mapped, new_guid());
        let mut document = document.map_err(|fault| wrong(fault.to_string()))?;
        if view.status == Status::Draft {
            document.kept = Some(view.id);
            // The hash of its source, not of its text, so that the same input is recognised.
            document.content_hash.clone_from(&view.content_hash);
        }
        Ok(document)
    }
}

/// Returns the values of a document as a mapper would give them, to be declared at this time.
fn mapped(roles: &FieldRoles, element: &Element, now: &str) -> Vec<mapping::Value> {
    let mut values = Vec::new();
    let mut rows: Vec<(&str, u32)> = Vec::new();
    let value = |group: &str, row: u32, leaf: &Element| {
        let plays = |role: &[String]| role.contains(&leaf.name);
        let text = if plays(&roles.id) {
            return None;
        } else if plays(&roles.time) {
            now.to_owned()
        } else if plays(&roles.state.fields) {
            roles.state.declared.clone()
        } else {
            leaf.text.clone()
        };
        Some(mapping::Value {
            group: group.to_owned(),
            row,
            name: leaf.name.clone(),
            text,
        })
    };
    for child in &element.children {
        if child.children.is_empty() {
            values.extend(value("", 0, child));
            continue;
        }
        let row = match rows.iter_mut().find(|(name, _)| *name == child.name) {
            Some((_, last)) => {
                *last += 1;
                *last
            }
            None => {
                rows.push((&child.name, 0));
                0
            }
        };
        values.extend(child.children.iter().filter_map(|leaf| value(&child.name, row, leaf)));
    }
    values
}
