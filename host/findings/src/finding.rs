//! A broken rule as users see it.

use cebridge_rule_compiler::Grade;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Severities set by configuration, keyed by rule id.
pub type Grades = BTreeMap<String, Grade>;

/// A broken rule, explained. Serialises to the shape that `validate --format json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Id of the rule.
    pub rule: String,
    /// `schema`, `business` or `signature`.
    pub layer: String,
    /// Severity after configuration.
    pub severity: Grade,
    /// Severity before configuration, if that changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regraded_from: Option<Grade>,
    /// Path below the root, for example `Order[2]/OrderHead/orderNo`. For a missing element, its expected place; for a
    /// duplicate value, its second occurrence; for wrongly numbered lines, the first wrong number.
    pub path: String,
    /// Name of the field or element.
    pub field: Option<String>,
    /// Line in the file, from 1; 0 if two documents were compared, since they do not share a file.
    pub line: u32,
    /// Column in characters, from 1; 0 likewise.
    pub column: u32,
    /// Value found, masked if it is personal data and shortened if it is long; `None` if there is no value.
    pub value: Option<String>,
    /// English message.
    pub message: String,
    /// Chinese message.
    pub message_zh: String,
    /// Customs error code, if there is one.
    pub code: Option<String>,
    /// Clause of the specification.
    pub clause: String,
    /// Rule source as `file:line`.
    pub source: String,
    /// SHA-256 (hex) of the pack that produced the finding.
    pub pack: String,
}

impl Finding {
    /// Returns `true` if the finding keeps the document from being sent.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Grade::Error
    }
}
