//! Rules of the host about signatures, reported if the policy of a pack is not met.

use super::policy::{Answer, days};
use crate::host_rules::HostRule;
use cebridge_findings::{Finding, RuleSet};
use cebridge_runtime::Ineligibility;

/// Returns the texts of a finding, English and Chinese.
fn texts(rule: HostRule, answer: &Answer) -> (String, String) {
    let message = &answer.message;
    match rule {
        HostRule::SignNeed => (
            format!(
                "{message} must be signed, and no key is configured: set key and certificate in the section \
                 [signing] of cebridge.toml"
            ),
            format!("{message} 须加签，但未配置密钥：请在 cebridge.toml 的 [signing] 中设置密钥和证书。"),
        ),
        HostRule::SignOptional => {
            let until = answer.until.as_deref().unwrap_or_default();
            let left = answer.days_left.unwrap_or_default();
            (
                format!(
                    "{message} is sent without a signature, which is accepted until {until} ({}); from the day \
                     after it must be signed",
                    days(left)
                ),
                format!("{message} 未加签发送：过渡期至 {until}（剩余 {left} 天），此后须加签。"),
            )
        }
        HostRule::SignForbidden => (
            format!(
                "{message} must not be signed, and a key is configured; with \"{}\" = \"warning\" in \
                 [rules.grades] it is sent without a signature",
                HostRule::SignForbidden.id()
            ),
            format!("{message} 不得加签，但已配置密钥。"),
        ),
        HostRule::SignProfile => (
            format!(
                "{} cannot sign {message} on {}: {}; use a certificate whose key can, or apply for one at the \
                 data center of the e-port",
                whose(answer),
                answer.at,
                reason(answer)
            ),
            format!(
                "{message} 不能用此证书加签：{} 不允许其签名算法，请更换证书。",
                answer.edition
            ),
        ),
        HostRule::SignCertificate => {
            let (en, zh) = match answer.ineligibility {
                Ineligibility::Expired => ("has expired", "已过期"),
                _ => ("is not valid yet", "尚未生效"),
            };
            let validity = answer.certificate.as_ref().map_or_else(String::new, |certificate| {
                format!(" (valid from {} to {})", certificate.not_before, certificate.not_after)
            });
            (
                format!(
                    "{} {en} on {}{validity}: configure a certificate that is valid on the day of declaration",
                    whose(answer),
                    answer.at
                ),
                format!("签名证书在 {} {zh}，请使用申报之日有效的证书。", answer.at),
            )
        }
        // The other rules are not about the policy of a message: their general texts say it all.
        _ => (rule.facts().en.to_owned(), rule.facts().zh.to_owned()),
    }
}

fn whose(answer: &Answer) -> String {
    answer.certificate.as_ref().map_or_else(
        || "the key".to_owned(),
        |certificate| format!("certificate {}", certificate.serial),
    )
}

/// Returns the step that decided: the last note.
fn reason(answer: &Answer) -> &str {
    answer.notes.last().map_or("no profile is allowed", String::as_str)
}

/// Returns the finding for a rule of the host on signatures that is not met, with its configured severity.
pub(crate) fn finding(rules: &RuleSet, rule: HostRule, answer: &Answer) -> Finding {
    let (message, message_zh) = texts(rule, answer);
    Finding {
        path: "Signature".to_owned(),
        field: Some("Signature".to_owned()),
        message,
        message_zh,
        clause: answer.clause.clone(),
        source: answer.source.clone(),
        ..rule.finding(rules)
    }
}
