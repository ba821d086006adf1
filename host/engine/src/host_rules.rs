//! The host's own rules: on keys and signatures, on enterprises, and on the processing of a document.
//!
//! Each rule is here once, with its severity and its texts; `[rules.grades]` re-grades a rule by its id, as it does the
//! rules of packs.

use cebridge_findings::{Finding, RuleSet, layer_name};
use cebridge_rule_compiler::Grade;
use cebridge_rule_core::pack::Layer;
use serde::{Serialize, Serializer};

/// Id of the finding for text that is not XML. Not a rule: such text fails before any rule is evaluated.
pub const UNREADABLE: &str = "XML-READ";

/// A rule of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostRule {
    /// The message must be signed, and there is no key.
    SignNeed,
    /// The message need not be signed yet and is sent unsigned.
    SignOptional,
    /// The message must not be signed, and there is a key.
    SignForbidden,
    /// The certificate can sign by none of the allowed profiles.
    SignProfile,
    /// The certificate is not valid on the day of declaration.
    SignCertificate,
    /// The enterprise holds none of the roles that may declare the message.
    AccessRole,
    /// The document names another enterprise.
    AccessCode,
    /// The enterprise is not authorised for the message.
    AccessMessage,
    /// Several enterprises may declare the document, and none was named.
    AccessEnterprise,
    /// The subject of the certificate is not the enterprise.
    AccessCertificate,
    /// The mapper could not map the ERP record.
    Mapping,
    /// Another document of the same ERP record was refused.
    HeldBack,
    /// The same business key was already declared with other content.
    Duplicate,
    /// A plugin failed on this document.
    Plugin,
}

impl Serialize for HostRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

/// Severity and texts of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Stable id.
    pub id: &'static str,
    /// Layer of its findings.
    pub layer: Layer,
    /// Severity unless the configuration gives another one.
    pub severity: Grade,
    /// Reason `[rules.grades]` may not change it; `None` if it may.
    pub fixed: Option<&'static str>,
    /// Condition that a document meets, in English.
    pub check: &'static str,
    /// English message, with the way out.
    pub en: &'static str,
    /// Chinese message.
    pub zh: &'static str,
    /// Reason for the rule, in English.
    pub why: &'static str,
}

impl HostRule {
    /// All rules.
    pub const ALL: [Self; 14] = [
        Self::SignNeed,
        Self::SignOptional,
        Self::SignForbidden,
        Self::SignProfile,
        Self::SignCertificate,
        Self::AccessRole,
        Self::AccessCode,
        Self::AccessMessage,
        Self::AccessEnterprise,
        Self::AccessCertificate,
        Self::Mapping,
        Self::HeldBack,
        Self::Duplicate,
        Self::Plugin,
    ];

    /// The rule with this id, ignoring case.
    #[must_use]
    pub fn find(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.id().eq_ignore_ascii_case(id))
    }

    /// Stable id.
    #[must_use]
    pub const fn id(self) -> &'static str {
        self.facts().id
    }

    /// The severity: the configured one if the rule may be re-graded, else its own.
    #[must_use]
    pub fn severity(self, rules: &RuleSet) -> Grade {
        let facts = self.facts();
        let configured = rules.grades().get(facts.id).filter(|_| facts.fixed.is_none());
        configured.copied().unwrap_or(facts.severity)
    }

    /// The rule's own severity, if the configuration gave it another one.
    #[must_use]
    pub fn regraded_from(self, rules: &RuleSet) -> Option<Grade> {
        let own = self.facts().severity;
        (self.severity(rules) != own).then_some(own)
    }

    /// A finding against the rule, with its id, layer and severity, and the rule's own texts; it has no place yet.
    pub(crate) fn finding(self, rules: &RuleSet) -> Finding {
        let facts = self.facts();
        Finding {
            rule: facts.id.to_owned(),
            layer: layer_name(facts.layer).to_owned(),
            severity: self.severity(rules),
            regraded_from: self.regraded_from(rules),
            path: String::new(),
            field: None,
            line: 0,
            column: 0,
            value: None,
            message: facts.en.to_owned(),
            message_zh: facts.zh.to_owned(),
            code: None,
            clause: String::new(),
            source: String::new(),
            pack: rules.digest().to_owned(),
        }
    }

    /// Severity and texts.
    #[must_use]
    pub const fn facts(self) -> Facts {
        match self {
            Self::SignNeed => Facts {
                id: "SIGN-NEED",
                layer: Layer::Signature,
                severity: Grade::Error,
                fixed: None,
                check: "the signature policy of the edition demands no signature, or the enterprise has a key",
                en: "The message must be signed, and no key is configured: set key and certificate in [signing], or add \
                 keys to the enterprise; `cebridge keys --test` tries them.",
                zh: "报文须加签，但未配置密钥。",
                why: "Customs returns unsigned declarations where the edition demands a signature. `cebridge policy \
                  MESSAGE --at DATE` shows the duty with its clause.",
            },
            Self::SignOptional => Facts {
                id: "SIGN-OPTIONAL",
                layer: Layer::Signature,
                severity: Grade::Warning,
                fixed: None,
                check: "the message is signed, or no transition is running out",
                en: "The message leaves without a signature, which is accepted until the last day of the transition; \
                 configure a key before.",
                zh: "报文未加签发送，过渡期结束后须加签。",
                why: "Announcement 2018 No. 56 let orders, payments and waybills go unsigned for three months; what is \
                  sent a day later comes back.",
            },
            Self::SignForbidden => Facts {
                id: "SIGN-FORBIDDEN",
                layer: Layer::Signature,
                severity: Grade::Error,
                fixed: None,
                check: "the policy allows a signature, or no key is configured",
                en: "The message must not be signed; graded as a warning, it is sent without a signature.",
                zh: "报文不得加签，但已配置密钥。",
                why: "The edition has no place for a signature in this message.",
            },
            Self::SignProfile => Facts {
                id: "SIGN-PROFILE",
                layer: Layer::Signature,
                severity: Grade::Error,
                fixed: None,
                check: "a key can sign by one of the profiles that the policy allows for the message, the port and the \
                    day its certificate was issued on",
                en: "The certificate can sign by none of the allowed profiles: use another certificate, or apply for one \
                 at the data center of the e-port.",
                zh: "证书不允许使用该报文要求的签名算法，请更换证书。",
                why: "Certificates issued from 2022-07-01 sign by sm2-sm3 only; older ones may keep RSA until they \
                  expire. `cebridge policy MESSAGE --cert FILE` shows each step.",
            },
            Self::SignCertificate => Facts {
                id: "SIGN-CERTIFICATE",
                layer: Layer::Signature,
                severity: Grade::Error,
                fixed: None,
                check: "the certificate is valid on the day of declaration",
                en: "The certificate has expired or is not valid yet: configure one that is valid.",
                zh: "签名证书已过期或尚未生效。",
                why: "Receivers refuse signatures by such a certificate.",
            },
            Self::AccessRole => Facts {
                id: "ACCESS-ROLE",
                layer: Layer::Business,
                severity: Grade::Error,
                fixed: None,
                check: "the enterprise holds a role that may declare the message",
                en: "None of the enterprise's roles may declare the message: let an enterprise declare it that may, or \
                 correct `roles` in the configuration.",
                zh: "企业不具备申报该报文的角色。",
                why: "The responsibility tables name who declares and signs each document; customs returns what comes \
                  from anybody else.",
            },
            Self::AccessCode => Facts {
                id: "ACCESS-CODE",
                layer: Layer::Business,
                severity: Grade::Error,
                fixed: None,
                check: "the field of the role that declares holds the enterprise's customs code or credit code",
                en: "The document names another enterprise in the field of the one that declares it: correct the \
                 document, or declare it with `--enterprise`.",
                zh: "报文中的企业代码与申报企业不一致。",
                why: "An enterprise answers in law for what it signs and must not sign for another one. Where a host serves \
                  several, a document that names none of them is refused by any grade: nobody can declare it.",
            },
            Self::AccessMessage => Facts {
                id: "ACCESS-MESSAGE",
                layer: Layer::Business,
                severity: Grade::Error,
                fixed: None,
                check: "`messages` of the enterprise contains the message, or is left out",
                en: "The enterprise is not authorised for this message: add it to `messages` once customs has opened it.",
                zh: "企业未被授权申报该报文。",
                why: "Customs opens messages to enterprises one by one and refuses the others.",
            },
            Self::AccessEnterprise => Facts {
                id: "ACCESS-ENTERPRISE",
                layer: Layer::Business,
                severity: Grade::Error,
                fixed: Some(
                    "without one enterprise that declares it a document has no sender and no key; say --enterprise ID, or use its \
         intake folder.",
                ),
                check: "exactly one enterprise of this host may declare the document, or one was named",
                en: "Several enterprises of this host may declare the document: say which with `--enterprise`, or put the \
                 file into its intake folder.",
                zh: "多个企业均可申报，请指定申报企业。",
                why: "Which of them is liable must not be guessed.",
            },
            Self::AccessCertificate => Facts {
                id: "ACCESS-CERTIFICATE",
                layer: Layer::Signature,
                severity: Grade::Warning,
                fixed: None,
                check: "the subject of the certificate names the enterprise",
                en: "The certificate may be another enterprise's: compare its subject with name and codes of the \
                 enterprise.",
                zh: "签名证书的主体与企业不一致。",
                why: "Customs knows the certificate of each enterprise and returns what another one signed. Names on \
                  certificates are abbreviated at times, so this only warns.",
            },
            Self::Mapping => Facts {
                id: "HOST-MAPPING",
                layer: Layer::Business,
                severity: Grade::Error,
                fixed: Some("a record that could not be mapped is no document; there is nothing to send."),
                check: "the mapper turns the ERP record into documents",
                en: "The record could not be mapped; the reason names row and field. Correct the ERP data and declare the \
                 record again.",
                zh: "ERP 数据无法映射为报文。",
                why: "A record that was mapped in part would be declared in part.",
            },
            Self::HeldBack => Facts {
                id: "HOST-HELD-BACK",
                layer: Layer::Business,
                severity: Grade::Error,
                fixed: Some(
                    "documents of one ERP record stand or fall together; re-grade the rule that refused the other document.",
                ),
                check: "no other document of the same ERP record is refused",
                en: "Another document of the same ERP record was refused: correct that one; all of them are then declared \
                 together.",
                zh: "同一单据的其他报文未通过校验，暂缓申报。",
                why: "An inventory without its order, payment or waybill can't be compared by customs.",
            },
            Self::Duplicate => Facts {
                id: "HOST-DUPLICATE",
                layer: Layer::Business,
                severity: Grade::Error,
                fixed: Some(
                    "nothing may be declared twice; declare a change (appType 2) or give the document a number of its own.",
                ),
                check: "no document of the same business key was declared before with other content",
                en: "The same number was declared already with other content: change the declared document as the \
                 edition provides, or use a new number.",
                zh: "业务主键重复申报，且内容不同。",
                why: "Nothing is sent twice, and a second content under one number is a mistake in the ERP.",
            },
            Self::Plugin => Facts {
                id: "HOST-PLUGIN",
                layer: Layer::Business,
                severity: Grade::Error,
                fixed: Some(
                    "a document that could not be judged must not be sent; fix the plugin named in its reason.",
                ),
                check: "the plugin answers within its limits",
                en: "A plugin failed on this document; the reason names it. Other documents are not concerned.",
                zh: "插件处理该单据时出错。",
                why: "A document that nobody judged must not leave.",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_found_by_its_id_and_by_no_other() {
        for rule in HostRule::ALL {
            assert_eq!(HostRule::find(&rule.id().to_lowercase()), Some(rule));
        }
        assert_eq!(HostRule::find("HOST-NOTHING"), None);
    }
}
