//! Explaining the host's own rules, which are not in any pack.

use super::{RuleCheck, RuleExplanation};
use cebridge_engine::HostRule;
use cebridge_findings::{RuleSet, layer_name};

/// `basis` of these rules.
const BASIS: &str = "host";

/// Returns the ids of all rules of the host.
pub(super) fn ids<'a>() -> impl Iterator<Item = &'a str> {
    HostRule::ALL.into_iter().map(|rule| rule.id())
}

/// Explains the rule with this id, ignoring case.
pub(super) fn rule(pack: &RuleSet, id: &str) -> Option<RuleExplanation> {
    let rule = HostRule::find(id)?;
    let facts = rule.facts();
    let why = match facts.fixed {
        Some(fixed) => format!("{} It can't be re-graded: {fixed}", facts.why),
        None => facts.why.to_owned(),
    };
    Some(RuleExplanation {
        rule: facts.id.to_owned(),
        edition: pack.edition().to_owned(),
        layer: layer_name(facts.layer),
        severity: facts.severity,
        configured: rule.regraded_from(pack).map(|_| rule.severity(pack)),
        basis: BASIS.to_owned(),
        messages: Vec::new(),
        places: Vec::new(),
        checks: vec![RuleCheck {
            when: String::new(),
            check: facts.check.to_owned(),
            message: facts.en.to_owned(),
            message_zh: facts.zh.to_owned(),
            source: String::new(),
        }],
        why,
        clauses: Vec::new(),
        code: None,
        wrong: None,
        right: None,
    })
}
