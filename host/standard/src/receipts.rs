//! What receipts say, and which document a request is about, in words.

use cebridge_rule_core::pack::{Concern, Outcome};

/// The states that an outcome speaks of, with the texts that it asks for: `-625022 with 已存在 or 重复申报`.
pub(crate) fn states(outcome: &Outcome) -> String {
    if outcome.texts.is_empty() {
        outcome.status.clone()
    } else {
        format!("{} with {}", outcome.status, outcome.texts.join(" or "))
    }
}

/// The concern of a request: `withdraws CEB621 by invtNo`; empty without one.
pub(crate) fn concern(concern: Option<&Concern>) -> String {
    concern.map_or_else(String::new, |concern| {
        let by = concern.by.join(" and ");
        format!("{} {} by {by}", concern.effect.as_str(), concern.message)
    })
}
