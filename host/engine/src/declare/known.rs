//! Skips documents that are already accepted, and refuses keys held by other content.

use super::Work;
use crate::draft::Draft;
use crate::error::EngineError;
use crate::fate::short_key;
use crate::host_rules::HostRule;
use cebridge_ledger::{DocumentView, Intake, NewDocument, Reason};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Wording for the holder of a business key if another enterprise declared the same content.
const ANOTHER: &str = "another enterprise of this host";

impl Work<'_> {
    /// Skips drafts that are already accepted, and refuses keys taken by other content.
    pub(super) fn drop_known(&mut self, drafts: Vec<Draft>) -> Result<Vec<Draft>, EngineError> {
        let mut seen: BTreeMap<(String, String, String), String> = BTreeMap::new();
        let mut rest = Vec::new();
        let this = &*self;
        let records: Vec<NewDocument> = drafts.par_iter().map(|draft| this.record(draft, "[]")).collect();
        for (draft, record) in drafts.into_iter().zip(records) {
            let earlier = self.earlier.get(draft.input).map(Vec::as_slice).unwrap_or_default();
            if !earlier.is_empty()
                && let Some(id) = self.engine.ledger.came_before(earlier, &record)?
            {
                self.leave(self.engine.ledger.document(id)?.as_ref());
                continue;
            }
            let place = (draft.message.clone(), draft.key.clone(), draft.app_type.clone());
            let known = self.engine.ledger.lookup(&record)?;
            let taken_by = match (known, seen.get(&place)) {
                (Some(Intake::AlreadyAccepted(id)), _) => {
                    let view = self.engine.ledger.document(id)?;
                    // Rows from the time when ledgers knew a single enterprise leave it empty.
                    let other = |view: &DocumentView| {
                        !view.enterprise.is_empty() && view.enterprise != self.code_of(draft.enterprise)
                    };
                    match view {
                        Some(view) if other(&view) => Some(Holder::other(ANOTHER, "")),
                        view => {
                            self.leave(view.as_ref());
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
                    code: self.code_of_key(&draft),
                    rule: HostRule::Duplicate.id().into(),
                    text: format!("the key {} is already {who}{what}; {way_out}", short_key(&draft.key)),
                    ..Reason::default()
                };
                self.refuse_draft(&draft, vec![reason]);
                continue;
            }
            seen.insert(place, draft.source.clone());
            rest.push(draft);
        }
        Ok(rest)
    }

    fn leave(&mut self, view: Option<&DocumentView>) {
        self.report.already_accepted += 1;
        self.report.fates.extend(view.map(crate::status::fate));
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
