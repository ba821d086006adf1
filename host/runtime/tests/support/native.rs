//! The signature policy of a pack without a sandbox, in the types of the plugin contract, so that the two can be compared.

use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::policy;
use cebridge_runtime::{Ineligibility, PolicyDecision, PolicyKey, PolicyQuery, Requirement};

/// Evaluates the signature policy of a pack without a sandbox.
pub(crate) fn decide(pack: &Pack, query: &PolicyQuery) -> PolicyDecision {
    let decision = pack.policy().decide(&policy::Query {
        message: &query.message,
        at: &query.at,
        declares: query.declares,
        certificate_from: &query.certificate_from,
        certificate_until: &query.certificate_until,
        key: match query.key {
            PolicyKey::Unknown => "",
            PolicyKey::Rsa => "rsa",
            PolicyKey::Sm2 => "sm2",
            PolicyKey::Other => "other",
        },
        port: &query.port,
        choices: &query.choices,
    });
    PolicyDecision {
        need: match decision.need {
            policy::Need::Required => Requirement::Required,
            policy::Need::Optional => Requirement::Optional,
            policy::Need::Forbidden => Requirement::Forbidden,
        },
        until: decision.until,
        profiles: decision.profiles,
        obstacle: match decision.obstacle {
            policy::Obstacle::None => Ineligibility::None,
            policy::Obstacle::NotYetValid => Ineligibility::NotYetValid,
            policy::Obstacle::Expired => Ineligibility::Expired,
            policy::Obstacle::Profile => Ineligibility::Profile,
        },
        signers: decision.signers,
        clause: decision.clause,
        notes: decision.notes,
    }
}
