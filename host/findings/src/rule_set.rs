//! What a pack says, ready to use: rules, texts, layouts, and severities after configuration.

use crate::batch::bind;
use crate::explain::Explainer;
use crate::finding::{Finding, Grades};
use crate::layout::layout;
use crate::names::Names;
use crate::pair_form::PairForm;
use crate::texts::plain;
use cebridge_message::{Document, Layout};
use cebridge_rule_compiler::Grade;
use cebridge_rule_core::batch::BatchError;
use cebridge_rule_core::evaluate::{Plan, RawFinding, evaluate_with};
use cebridge_rule_core::pack::{Manifest, Pack};
use std::sync::Arc;

/// The rules of a pack with the settings of this host. Immutable and cheap to clone.
#[derive(Clone)]
pub struct RuleSet {
    /// The part that does not depend on configuration; shared by its clones.
    shared: Arc<Shared>,
    /// First day in force, if set by the configuration.
    effective_from: Option<String>,
    grades: Grades,
}

struct Shared {
    name: String,
    digest: String,
    pack: Arc<Pack>,
    plan: Plan,
    names: Names,
    pair_forms: Vec<PairForm>,
}

impl std::fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RuleSet")
            .field("name", &self.name())
            .field("digest", &self.digest())
            .finish_non_exhaustive()
    }
}

impl RuleSet {
    /// Prepares the rules of a pack whose file has this SHA-256 (hex).
    #[must_use]
    pub fn new(pack: Arc<Pack>, digest: &str) -> Self {
        let manifest = &pack.manifest;
        Self {
            shared: Arc::new(Shared {
                name: plain(&format!(
                    "pack {} {} (version {})",
                    manifest.name, manifest.edition, manifest.version
                )),
                digest: digest.to_owned(),
                plan: Plan::new(&pack.program),
                names: Names::new(&pack.program),
                pair_forms: PairForm::all(&pack),
                pack,
            }),
            effective_from: None,
            grades: Grades::new(),
        }
    }

    /// Returns the same rules with other severities for some of them.
    #[must_use]
    pub fn with_grades(mut self, grades: Grades) -> Self {
        self.grades = grades;
        self
    }

    /// Returns the same rules, in force from a day (`YYYY-MM-DD`, China Standard Time) other than their own.
    #[must_use]
    pub fn with_effective_from(mut self, day: Option<&str>) -> Self {
        self.effective_from = day.map(str::to_owned);
        self
    }

    /// Returns name, edition and version for display.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Returns rules and texts.
    #[must_use]
    pub fn pack(&self) -> &Pack {
        &self.shared.pack
    }

    /// Returns the manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.pack().manifest
    }

    /// Returns the edition of the specification.
    #[must_use]
    pub fn edition(&self) -> &str {
        &self.manifest().edition
    }

    /// Returns the first day in force, `YYYY-MM-DD`, China Standard Time: from the configuration, or else from the
    /// pack.
    #[must_use]
    pub fn effective_from(&self) -> &str {
        self.effective_from
            .as_deref()
            .unwrap_or(&self.manifest().effective_from)
    }

    /// Returns the SHA-256 (hex) of the pack file.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.shared.digest
    }

    /// Returns the severities set by configuration.
    #[must_use]
    pub fn grades(&self) -> &Grades {
        &self.grades
    }

    /// Returns the position of the message whose root element the document has.
    #[must_use]
    pub fn message_of(&self, document: &Document) -> Option<usize> {
        let root = document.root_name();
        let (name, _) = self.names().resolve(&root.namespace, &root.local);
        let program = &self.pack().program;
        program
            .messages
            .iter()
            .position(|message| program.decl(message.root).is_some_and(|decl| decl.name == name))
    }

    /// Returns the layout in which a message is written; `None` if the pack does not know the code.
    #[must_use]
    pub fn layout(&self, message: &str) -> Option<Layout> {
        layout(&self.pack().program, self.pack().message(message)?)
    }

    /// Returns the flat form in which a document crosses into the sandbox.
    #[must_use]
    pub fn bind(&self, document: &Document) -> Vec<u8> {
        bind(self.names(), document)
    }

    /// Judges a batch made by [`RuleSet::bind`] natively: the same rules as in the sandbox, without its limits.
    ///
    /// # Errors
    /// The batch is malformed, which only a bug in the host can cause.
    pub fn judge_batch_native(&self, batch: &[u8]) -> Result<Vec<RawFinding>, BatchError> {
        let mut findings = Vec::new();
        evaluate_with(&self.pack().program, &self.shared.plan, batch, &mut findings)?;
        Ok(findings)
    }

    /// Judges a document natively.
    ///
    /// # Errors
    /// As for [`RuleSet::judge_batch_native`].
    pub fn judge_native(&self, document: &Document) -> Result<Vec<RawFinding>, BatchError> {
        self.judge_batch_native(&self.bind(document))
    }

    /// Explains a finding: its meaning, its place and what to do.
    #[must_use]
    pub fn explain(&self, document: &Document, finding: &RawFinding) -> Finding {
        self.explainer().finding(document, self.message_of(document), finding)
    }

    /// Explains all findings except those of rules that are switched off.
    #[must_use]
    pub fn explain_all(&self, document: &Document, findings: &[RawFinding]) -> Vec<Finding> {
        let (explainer, message) = (self.explainer(), self.message_of(document));
        let explained = findings
            .iter()
            .map(|finding| explainer.finding(document, message, finding));
        explained.filter(|finding| finding.severity != Grade::Off).collect()
    }

    /// Explains all findings, with the paths of the elements and fields that the rules name, as a pack's own cases
    /// expect them.
    #[must_use]
    pub fn explain_case(&self, document: &Document, findings: &[RawFinding]) -> Vec<Finding> {
        let (explainer, message) = (self.explainer(), self.message_of(document));
        let as_expected = |finding| Finding {
            path: explainer.path(document, message, finding),
            ..explainer.finding(document, message, finding)
        };
        findings.iter().map(as_expected).collect()
    }

    pub(crate) fn explainer(&self) -> Explainer<'_> {
        Explainer {
            pack: self.pack(),
            names: self.names(),
            grades: &self.grades,
            digest: self.digest(),
        }
    }

    pub(crate) fn names(&self) -> &Names {
        &self.shared.names
    }

    /// Returns the form of the pair with this code.
    pub(crate) fn pair_form(&self, code: &str) -> Option<&PairForm> {
        self.shared.pair_forms.iter().find(|form| form.code == code)
    }
}
