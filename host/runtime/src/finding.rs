//! A broken rule in the form that users see.

use cebridge_rule_core::pack::Severity;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Severity of a rule, as configuration may set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// The document is not sent.
    Error,
    /// The document is sent, the finding is shown.
    Warning,
    /// The rule is not heeded.
    Off,
}

impl Grade {
    /// The word for it: `error`, `warning` or `off`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Off => "off",
        }
    }
}

impl From<Severity> for Grade {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Error,
            Severity::Warning => Self::Warning,
        }
    }
}

/// Severities set by configuration, by rule id.
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
    /// Severity before configuration, when that changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regraded_from: Option<Grade>,
    /// Place below the root, for example `Order[2]/OrderHead/orderNo`; of a missing element, where it should stand; of a
    /// value that stands twice, its second occurrence; of wrongly numbered lines, the first wrong number.
    pub path: String,
    /// Name of the field or element.
    pub field: Option<String>,
    /// Line in the file, from 1; 0 when two documents were compared, which stand in no file together.
    pub line: u32,
    /// Column in characters, from 1; 0 likewise.
    pub column: u32,
    /// Value found, masked when it is personal data and shortened when it is long; `None` when there is none.
    pub value: Option<String>,
    /// English message.
    pub message: String,
    /// Chinese message.
    pub message_zh: String,
    /// Customs error code, when one exists.
    pub code: Option<String>,
    /// Clause of the specification.
    pub clause: String,
    /// Rule source as `file:line`.
    pub source: String,
    /// SHA-256 (hex) of the pack that judged.
    pub pack: String,
}

impl Finding {
    /// Whether the finding keeps the document from being sent.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Grade::Error
    }
}
