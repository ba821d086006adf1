//! Outcomes of receipts and concerns of requests, in words.

use cebridge_rule_core::pack::{Concern, Outcome};

/// Formats the states of an outcome, with the texts it requires: `-625022 with 已存在 or 重复申报`.
pub(crate) fn states(outcome: &Outcome) -> String {
    if outcome.texts.is_empty() {
        outcome.status.clone()
    } else {
        format!("{} with {}", outcome.status, outcome.texts.join(" or "))
    }
}

/// Formats the concern of a request: `withdraws CEB621 by invtNo`; empty without one.
pub(crate) fn concern(concern: Option<&Concern>) -> String {
    concern.map_or_else(String::new, |concern| {
        let by = concern.by.join(" and ");
        format!("{} {} by {by}", concern.effect.as_str(), concern.message)
    })
}
