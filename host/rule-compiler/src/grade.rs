//! Severities as rule source and configuration write them.

use cebridge_rule_core::pack::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The severity that configuration or a field of rule source gives a rule, and that a finding has in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(description = "New severity of a re-graded rule.")]
pub enum Grade {
    /// The document is not sent.
    Error,
    /// The finding is shown and the document is sent.
    Warning,
    /// The rule is switched off.
    Off,
}

impl Grade {
    /// Every grade.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Off];

    /// Returns the word for it: `error`, `warning` or `off`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => Severity::Error.name(),
            Self::Warning => Severity::Warning.name(),
            Self::Off => "off",
        }
    }

    /// Reads a word returned by [`Grade::name`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grade| grade.name() == word)
    }

    /// Returns the severity in a pack; `None` for a rule that is switched off, which no pack holds.
    #[must_use]
    pub fn severity(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Off => None,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        for grade in Grade::ALL {
            assert_eq!(Grade::parse(grade.name()), Some(grade));
            assert_eq!(grade.severity().map_or(Grade::Off, Grade::from), grade);
            assert_eq!(serde_json::to_value(grade).unwrap(), grade.name());
        }
        assert_eq!(Grade::parse("fatal"), None);
    }
}
