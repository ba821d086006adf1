//! Rules of the host about signatures, reported if the policy of a pack is not met.

use super::policy::{Answer, days};
use crate::host_rules::HostRule;
use cebridge_findings::{Finding, RuleSet};
use cebridge_runtime::Ineligibility;

/// A rule about the signature of a message. `[rules.grades]` re-grades it by its id, as it does the rules of packs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignRule {
    /// The message must be signed, but no key is configured.
    Need,
    /// The message need not be signed yet, and is sent without a signature.
    Optional,
    /// The message must not be signed, but a key is configured.
    Forbidden,
    /// The certificate can sign with none of the allowed profiles.
    Profile,
    /// The certificate is not valid on the day of declaration.
    Certificate,
}

impl SignRule {
    /// The rule of the host.
    const fn rule(self) -> HostRule {
        match self {
            Self::Need => HostRule::SignNeed,
            Self::Optional => HostRule::SignOptional,
            Self::Forbidden => HostRule::SignForbidden,
            Self::Profile => HostRule::SignProfile,
            Self::Certificate => HostRule::SignCertificate,
        }
    }

    fn texts(self, answer: &Answer) -> (String, String) {
        let message = &answer.message;
        match self {
            Self::Need => (
                format!(
                    "{message} must be signed, and no key is configured: set key and certificate in the section \
                     [signing] of cebridge.toml"
                ),
                format!("{message} 须加签，但未配置密钥：请在 cebridge.toml 的 [signing] 中设置密钥和证书。"),
            ),
            Self::Optional => {
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
            Self::Forbidden => (
                format!(
                    "{message} must not be signed, and a key is configured; with \"{}\" = \"warning\" in \
                     [rules.grades] it is sent without a signature",
                    HostRule::SignForbidden.id()
                ),
                format!("{message} 不得加签，但已配置密钥。"),
            ),
            Self::Profile => (
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
            Self::Certificate => {
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
        }
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

/// Returns the finding for a signature rule that is not met, with its configured severity.
#[must_use]
pub fn finding(pack: &RuleSet, rule: SignRule, answer: &Answer) -> Finding {
    let (message, message_zh) = rule.texts(answer);
    Finding {
        rule: rule.rule().id().to_owned(),
        layer: "signature".to_owned(),
        severity: rule.rule().severity(pack),
        regraded_from: rule.rule().regraded_from(pack),
        path: "Signature".to_owned(),
        field: Some("Signature".to_owned()),
        line: 0,
        column: 0,
        value: None,
        message,
        message_zh,
        code: None,
        clause: answer.clause.clone(),
        source: answer.source.clone(),
        pack: answer.pack.clone(),
    }
}
