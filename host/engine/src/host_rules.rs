//! The host's own rules: their severities, and which of them can't be re-graded.

use crate::fate::{access_rule, host_rule};
use crate::signing::SignRule;
use cebridge_runtime::{Grade, LoadedPack};

/// A rule of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostRule {
    /// Its id.
    pub id: &'static str,
    /// Its severity.
    pub severity: Grade,
    /// Reason `[rules.grades]` may not change it; `None` if it may.
    pub fixed: Option<&'static str>,
}

const fn free(id: &'static str, severity: Grade) -> HostRule {
    HostRule {
        id,
        severity,
        fixed: None,
    }
}

const fn fixed(id: &'static str, why: &'static str) -> HostRule {
    HostRule {
        id,
        severity: Grade::Error,
        fixed: Some(why),
    }
}

/// All host rules.
pub const ALL: [HostRule; 14] = [
    free(SignRule::Need.id(), Grade::Error),
    free(SignRule::Optional.id(), Grade::Warning),
    free(SignRule::Forbidden.id(), Grade::Error),
    free(SignRule::Profile.id(), Grade::Error),
    free(SignRule::Certificate.id(), Grade::Error),
    free(access_rule::ROLE, Grade::Error),
    free(access_rule::CODE, Grade::Error),
    free(access_rule::MESSAGE, Grade::Error),
    fixed(
        access_rule::ENTERPRISE,
        "without one enterprise that declares it a document has no sender and no key; say --enterprise ID, or use its \
         intake folder.",
    ),
    free(access_rule::CERTIFICATE, Grade::Warning),
    fixed(
        host_rule::MAPPING,
        "a record that could not be mapped is no document; there is nothing to send.",
    ),
    fixed(
        host_rule::HELD_BACK,
        "documents of one ERP record stand or fall together; re-grade the rule that refused the other document.",
    ),
    fixed(
        host_rule::DUPLICATE,
        "nothing may be declared twice; declare a change (appType 2) or give the document a number of its own.",
    ),
    fixed(
        host_rule::PLUGIN,
        "a document that could not be judged must not be sent; fix the plugin named in its reason.",
    ),
];

/// Returns the rule with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static HostRule> {
    ALL.iter().find(|rule| rule.id == id)
}

/// The severity of a rule: the configured one if it may be re-graded, else its own.
#[must_use]
pub fn grade(pack: &LoadedPack, id: &str) -> Grade {
    let rule = find(id);
    let severity = rule.map_or(Grade::Error, |rule| rule.severity);
    match rule {
        Some(rule) if rule.fixed.is_none() => pack.grades().get(id).copied().unwrap_or(severity),
        _ => severity,
    }
}

/// A rule's own severity, if the configuration gave it another one.
#[must_use]
pub fn regraded_from(pack: &LoadedPack, id: &str) -> Option<Grade> {
    let own = find(id)?.severity;
    (grade(pack, id) != own).then_some(own)
}
