//! What becomes of the documents of a step: refused with reasons, held back, or taken.

use super::declaration::Declaration;
use super::{DeclareReport, UNMAPPED, Warning};
use crate::batch::Owned;
use crate::config::Enterprise;
use crate::fate::{Fate, FateWarning, Stage, short_key};
use crate::host_rules::HostRule;
use crate::map::Problem;
use crate::outgoing::OutgoingDocument;
use cebridge_findings::Finding;
use cebridge_ledger::{NewDocument, Reason, Status};
use std::collections::BTreeMap;

/// The outcome of a step, as far as it is known.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) report: DeclareReport,
    /// Refused documents and their reasons, for the ledger.
    pub(super) refusals: Vec<(NewDocument, Vec<Reason>)>,
    /// ERP records with a refused document, and that document.
    refused: BTreeMap<String, String>,
}

impl Outcome {
    /// Refuses a document of an enterprise.
    pub(super) fn refuse(&mut self, declaration: &Declaration<'_>, document: Owned<'_>, reasons: Vec<Reason>) {
        let Owned { document, owner } = document;
        self.refuse_unclaimed(declaration, document, Some(owner), reasons);
    }

    /// Refuses a document; without an enterprise, none of this host may declare it.
    pub(super) fn refuse_unclaimed(
        &mut self,
        declaration: &Declaration<'_>,
        document: &OutgoingDocument,
        owner: Option<&Enterprise>,
        reasons: Vec<Reason>,
    ) {
        let whose = owner.map(|owner| owner.code.as_str()).unwrap_or_default();
        let record = declaration.record(document, whose, "[]");
        self.refusals.push((record, reasons.clone()));
        let cause = format!("{} {}", document.message, short_key(&document.key));
        let fate = Fate::refused(&document.message, &document.key, &document.source, whose, reasons);
        self.note(&document.source, cause, fate);
    }

    /// Refuses an ERP record, or a part of it, that yielded no document.
    pub(super) fn refuse_unmapped(&mut self, declaration: &Declaration<'_>, problem: &Problem) {
        let reason = Reason {
            rule: problem.rule.id().into(),
            path: format!("{}, row {}, {}", problem.input, problem.row, problem.field),
            text: problem.message.clone(),
            ..Reason::default()
        };
        let whose = declaration.sole().map(|one| one.code.as_str()).unwrap_or_default();
        let record = declaration.unmapped(problem, whose);
        self.refusals.push((record, vec![reason.clone()]));
        let source = &problem.source;
        let fate = Fate::refused(UNMAPPED, source, source, whose, vec![reason]);
        self.note(source, "the mapping".to_owned(), fate);
    }

    fn note(&mut self, source: &str, cause: String, fate: Fate) {
        self.refused.entry(source.to_owned()).or_insert(cause);
        self.report.fates.push(fate);
    }

    /// Notes findings about a document that is sent anyway.
    pub(super) fn warn(&mut self, document: &OutgoingDocument, findings: impl IntoIterator<Item = Finding>) {
        self.report.warnings.extend(findings.into_iter().map(|finding| Warning {
            guid: document.guid.clone(),
            key: short_key(&document.key).to_owned(),
            finding,
        }));
    }

    /// Holds back documents of ERP records with a refused one: documents of one record are accepted or refused together,
    /// as an inventory is not declared without its order.
    pub(super) fn hold_siblings<'d, D: AsRef<Owned<'d>>>(
        &mut self,
        declaration: &Declaration<'_>,
        documents: Vec<D>,
    ) -> Vec<D> {
        let (held, free): (Vec<D>, Vec<D>) = documents
            .into_iter()
            .partition(|one| self.refused.contains_key(&one.as_ref().source));
        for one in held {
            let document = *one.as_ref();
            let cause = self.refused.get(&document.source).cloned().unwrap_or_default();
            let reason = Reason {
                rule: HostRule::HeldBack.id().into(),
                text: format!("not sent, because {cause} of the same record was refused"),
                ..Reason::default()
            };
            self.refuse(declaration, document, vec![reason]);
        }
        free
    }

    /// Notes documents that were taken, with their warnings.
    pub(super) fn taken(&mut self, declaration: &Declaration<'_>, documents: &[Owned<'_>], status: Status) {
        let edition = declaration.edition();
        let mut warnings: BTreeMap<&str, Vec<FateWarning>> = BTreeMap::new();
        for warning in &self.report.warnings {
            let found = FateWarning::of(&warning.finding);
            warnings.entry(warning.guid.as_str()).or_default().push(found);
        }
        let fates: Vec<Fate> = documents
            .iter()
            .map(|document| Fate {
                message: document.message.clone(),
                key: short_key(&document.key).to_owned(),
                status: status.as_str().to_owned(),
                stage: (status == Status::Waiting).then_some(Stage::Unsent),
                warnings: warnings.remove(document.guid.as_str()).unwrap_or_default(),
                source: document.source.clone(),
                guid: document.guid.clone(),
                edition: edition.clone(),
                enterprise: document.owner.code.clone(),
                ..Fate::default()
            })
            .collect();
        self.report.fates.extend(fates);
    }
}
