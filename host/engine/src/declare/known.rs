//! Skips documents that are already accepted, and refuses keys held by other content.

use super::declaration::Declaration;
use super::outcome::Outcome;
use crate::batch::Owned;
use crate::error::EngineError;
use crate::fate::short_key;
use crate::host_rules::HostRule;
use cebridge_ledger::{DocumentView, Intake, NewDocument, Reason};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Wording for the holder of a business key if another enterprise declared the same content.
const ANOTHER: &str = "another enterprise of this host";

impl Declaration<'_> {
    /// Skips documents that are already accepted, and refuses keys taken by other content.
    pub(super) fn drop_known<'d>(
        &self,
        documents: Vec<Owned<'d>>,
        outcome: &mut Outcome,
    ) -> Result<Vec<Owned<'d>>, EngineError> {
        let mut seen: BTreeMap<(String, String, String), String> = BTreeMap::new();
        let mut rest = Vec::new();
        let records: Vec<NewDocument> = documents
            .par_iter()
            .map(|document| self.record(document, &document.owner.code, "[]"))
            .collect();
        for (document, record) in documents.into_iter().zip(records) {
            let earlier = self.earlier.get(document.input).map(Vec::as_slice).unwrap_or_default();
            if !earlier.is_empty()
                && let Some(id) = self.engine.ledger.came_before(earlier, &record)?
            {
                leave(outcome, self.engine.ledger.document(id)?.as_ref());
                continue;
            }
            let place = (
                document.message.clone(),
                document.key.clone(),
                document.app_type.clone(),
            );
            let known = self.engine.ledger.lookup(&record)?;
            let taken_by = match (known, seen.get(&place)) {
                (Some(Intake::AlreadyAccepted(id)), _) => {
                    let view = self.engine.ledger.document(id)?;
                    // Rows from the time when ledgers knew a single enterprise leave it empty.
                    let other =
                        |view: &DocumentView| !view.enterprise.is_empty() && view.enterprise != document.owner.code;
                    match view {
                        Some(view) if other(&view) => Some(Holder::other(ANOTHER, "")),
                        view => {
                            leave(outcome, view.as_ref());
                            continue;
                        }
                    }
                }
                (Some(Intake::Conflict { existing, guid }), _) => Some(self.holder(existing, &guid)?),
                (_, Some(source)) => Some(Holder::other(&format!("record {source} of this input"), OTHER_CONTENT)),
                _ => None,
            };
            if let Some(holder) = taken_by {
                let Holder { who, what, way_out } = holder;
                let reason = Reason {
                    code: self.code_of_key(&document),
                    rule: HostRule::Duplicate.id().into(),
                    text: format!("the key {} is already {who}{what}; {way_out}", short_key(&document.key)),
                    ..Reason::default()
                };
                outcome.refuse(self, document, vec![reason]);
                continue;
            }
            seen.insert(place, document.source.clone());
            rest.push(document);
        }
        Ok(rest)
    }

    /// Describes the holder of a key with other content.
    fn holder(&self, existing: i64, guid: &str) -> Result<Holder, EngineError> {
        let claimed = self
            .engine
            .ledger
            .document(existing)?
            .is_some_and(|view| !view.is_final && !view.reasons.is_empty());
        let mut holder = Holder::other(&format!("the document with guid {guid}"), OTHER_CONTENT);
        if claimed {
            holder.way_out = "query it at customs, or declare a change (appType 2)";
        }
        Ok(holder)
    }
}

/// Notes a document that was accepted before.
fn leave(outcome: &mut Outcome, view: Option<&DocumentView>) {
    outcome.report.already_accepted += 1;
    outcome.report.fates.extend(view.map(crate::status::fate));
}

const OTHER_CONTENT: &str = ", with other content";

struct Holder {
    who: String,
    what: &'static str,
    way_out: &'static str,
}

impl Holder {
    fn other(who: &str, what: &'static str) -> Self {
        Self {
            who: format!("declared by {who}"),
            what,
            way_out: "declare a change (appType 2) or correct the key",
        }
    }
}
