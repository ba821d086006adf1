//! The signature policy of a pack without a sandbox, in the types of the plugin contract, so that the two can be compared.

use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::policy;
use cebridge_runtime::{Need, Obstacle, PolicyDecision, PolicyKey, PolicyQuery};

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
            policy::Need::Required => Need::Required,
            policy::Need::Optional => Need::Optional,
            policy::Need::Forbidden => Need::Forbidden,
        },
        until: decision.until,
        profiles: decision.profiles,
        obstacle: match decision.obstacle {
            policy::Obstacle::None => Obstacle::None,
            policy::Obstacle::NotYetValid => Obstacle::NotYetValid,
            policy::Obstacle::Expired => Obstacle::Expired,
            policy::Obstacle::Profile => Obstacle::Profile,
        },
        signers: decision.signers,
        clause: decision.clause,
        notes: decision.notes,
    }
}
