//! The host's own rules, which no pack holds: on keys and signatures, enterprises, and the processing of a document.

use super::{RuleCheck, RuleExplanation};
use crate::fate::{access_rule, host_rule};
use crate::host_rules;
use crate::signing::SignRule;
use cebridge_runtime::{Grade, LoadedPack};

/// `basis` of these rules.
const BASIS: &str = "host";

/// Texts that explain a rule.
struct HostRule {
    id: &'static str,
    layer: &'static str,
    check: &'static str,
    en: &'static str,
    zh: &'static str,
    why: &'static str,
}

const fn rule_of(id: &'static str, layer: &'static str) -> HostRule {
    HostRule {
        id,
        layer,
        check: "",
        en: "",
        zh: "",
        why: "",
    }
}

const SIGNATURE: &str = "signature";
const BUSINESS: &str = "business";

fn all() -> [HostRule; 14] {
    [
        HostRule {
            check: "the signature policy of the edition demands no signature, or the enterprise has a key",
            en: "The message must be signed, and no key is configured: set key and certificate in [signing], or add \
                 keys to the enterprise; `cebridge keys --test` tries them.",
            zh: "报文须加签，但未配置密钥。",
            why: "Customs returns unsigned declarations where the edition demands a signature. `cebridge policy \
                  MESSAGE --at DATE` shows the duty with its clause.",
            ..rule_of(SignRule::Need.id(), SIGNATURE)
        },
        HostRule {
            check: "the message is signed, or no transition is running out",
            en: "The message leaves without a signature, which is accepted until the last day of the transition; \
                 configure a key before.",
            zh: "报文未加签发送，过渡期结束后须加签。",
            why: "Announcement 2018 No. 56 let orders, payments and waybills go unsigned for three months; what is \
                  sent a day later comes back.",
            ..rule_of(SignRule::Optional.id(), SIGNATURE)
        },
        HostRule {
            check: "the policy allows a signature, or no key is configured",
            en: "The message must not be signed; graded as a warning, it is sent without a signature.",
            zh: "报文不得加签，但已配置密钥。",
            why: "The edition has no place for a signature in this message.",
            ..rule_of(SignRule::Forbidden.id(), SIGNATURE)
        },
        HostRule {
            check: "a key can sign by one of the profiles that the policy allows for the message, the port and the \
                    day its certificate was issued on",
            en: "The certificate can sign by none of the allowed profiles: use another certificate, or apply for one \
                 at the data center of the e-port.",
            zh: "证书不允许使用该报文要求的签名算法，请更换证书。",
            why: "Certificates issued from 2022-07-01 sign by sm2-sm3 only; older ones may keep RSA until they \
                  expire. `cebridge policy MESSAGE --cert FILE` shows each step.",
            ..rule_of(SignRule::Profile.id(), SIGNATURE)
        },
        HostRule {
            check: "the certificate is valid on the day of declaration",
            en: "The certificate has expired or is not valid yet: configure one that is valid.",
            zh: "签名证书已过期或尚未生效。",
            why: "Receivers refuse signatures by such a certificate.",
            ..rule_of(SignRule::Certificate.id(), SIGNATURE)
        },
        HostRule {
            check: "the enterprise holds a role that may declare the message",
            en: "None of the enterprise's roles may declare the message: let an enterprise declare it that may, or \
                 correct `roles` in the configuration.",
            zh: "企业不具备申报该报文的角色。",
            why: "The responsibility tables name who declares and signs each document; customs returns what comes \
                  from anybody else.",
            ..rule_of(access_rule::ROLE, BUSINESS)
        },
        HostRule {
            check: "the field of the role that declares holds the enterprise's customs code or credit code",
            en: "The document names another enterprise in the field of the one that declares it: correct the \
                 document, or declare it with `--enterprise`.",
            zh: "报文中的企业代码与申报企业不一致。",
            why: "An enterprise answers in law for what it signs and must not sign for another one. Where a host serves \
                  several, a document that names none of them is refused by any grade: nobody can declare it.",
            ..rule_of(access_rule::CODE, BUSINESS)
        },
        HostRule {
            check: "`messages` of the enterprise contains the message, or is left out",
            en: "The enterprise is not authorised for this message: add it to `messages` once customs has opened it.",
            zh: "企业未被授权申报该报文。",
            why: "Customs opens messages to enterprises one by one and refuses the others.",
            ..rule_of(access_rule::MESSAGE, BUSINESS)
        },
        HostRule {
            check: "exactly one enterprise of this host may declare the document, or one was named",
            en: "Several enterprises of this host may declare the document: say which with `--enterprise`, or put the \
                 file into its intake folder.",
            zh: "多个企业均可申报，请指定申报企业。",
            why: "Which of them is liable must not be guessed.",
            ..rule_of(access_rule::ENTERPRISE, BUSINESS)
        },
        HostRule {
            check: "the subject of the certificate names the enterprise",
            en: "The certificate may be another enterprise's: compare its subject with name and codes of the \
                 enterprise.",
            zh: "签名证书的主体与企业不一致。",
            why: "Customs knows the certificate of each enterprise and returns what another one signed. Names on \
                  certificates are abbreviated at times, so this only warns.",
            ..rule_of(access_rule::CERTIFICATE, SIGNATURE)
        },
        HostRule {
            check: "the mapper turns the ERP record into documents",
            en: "The record could not be mapped; the reason names row and field. Correct the ERP data and declare the \
                 record again.",
            zh: "ERP 数据无法映射为报文。",
            why: "A record that was mapped in part would be declared in part.",
            ..rule_of(host_rule::MAPPING, BUSINESS)
        },
        HostRule {
            check: "no other document of the same ERP record is refused",
            en: "Another document of the same ERP record was refused: correct that one; all of them are then declared \
                 together.",
            zh: "同一单据的其他报文未通过校验，暂缓申报。",
            why: "An inventory without its order, payment or waybill can't be compared by customs.",
            ..rule_of(host_rule::HELD_BACK, BUSINESS)
        },
        HostRule {
            check: "no document of the same business key was declared before with other content",
            en: "The same number was declared already with other content: change the declared document as the \
                 edition provides, or use a new number.",
            zh: "业务主键重复申报，且内容不同。",
            why: "Nothing is sent twice, and a second content under one number is a mistake in the ERP.",
            ..rule_of(host_rule::DUPLICATE, BUSINESS)
        },
        HostRule {
            check: "the plugin answers within its limits",
            en: "A plugin failed on this document; the reason names it. Other documents are not concerned.",
            zh: "插件处理该单据时出错。",
            why: "A document that nobody judged must not leave.",
            ..rule_of(host_rule::PLUGIN, BUSINESS)
        },
    ]
}

/// Returns the ids of all rules of the host.
pub(super) fn ids<'a>() -> impl Iterator<Item = &'a str> {
    all().into_iter().map(|rule| rule.id)
}

/// Returns the Chinese message of a rule of the host.
pub(super) fn zh(id: &str) -> &'static str {
    all().into_iter().find(|rule| rule.id == id).map_or("", |rule| rule.zh)
}

/// Explains the rule with this id, ignoring case.
pub(super) fn rule(pack: &LoadedPack, id: &str) -> Option<RuleExplanation> {
    let found = all().into_iter().find(|rule| rule.id.eq_ignore_ascii_case(id))?;
    let known = host_rules::find(found.id);
    let why = match known.and_then(|rule| rule.fixed) {
        Some(fixed) => format!("{} It can't be re-graded: {fixed}", found.why),
        None => found.why.to_owned(),
    };
    Some(RuleExplanation {
        rule: found.id.to_owned(),
        edition: pack.edition().to_owned(),
        layer: found.layer,
        severity: known.map_or(Grade::Error, |rule| rule.severity),
        configured: host_rules::regraded_from(pack, found.id).map(|_| host_rules::grade(pack, found.id)),
        basis: BASIS.to_owned(),
        messages: Vec::new(),
        places: Vec::new(),
        checks: vec![RuleCheck {
            when: String::new(),
            check: found.check.to_owned(),
            message: found.en.to_owned(),
            message_zh: found.zh.to_owned(),
            source: String::new(),
        }],
        why,
        clauses: Vec::new(),
        code: None,
        wrong: None,
        right: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_the_host_is_explained() {
        let explained: Vec<&str> = ids().collect();
        let known: Vec<&str> = host_rules::ALL.iter().map(|rule| rule.id).collect();
        assert_eq!(explained, known);
    }
}
