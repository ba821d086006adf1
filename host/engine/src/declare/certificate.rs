//! Checks, as far as the subject shows, that the signing certificate is the enterprise's own.

use super::declaration::Declaration;
use super::outcome::Outcome;
use crate::batch::Owned;
use crate::config::{Enterprise, is_credit_code};
use crate::host_rules::HostRule;
use cebridge_findings::Finding;
use cebridge_message::mask;
use cebridge_rule_compiler::Grade;
use cebridge_signature::Certificate;

impl Declaration<'_> {
    /// Returns a finding if the certificate names another enterprise than the one that declares; `None` also if the
    /// check was not asked for or is switched off.
    pub(super) fn foreign_certificate(
        &self,
        owner: &Enterprise,
        message: &str,
        certificate: &Certificate,
    ) -> Option<Finding> {
        let rule = HostRule::AccessCertificate;
        if owner.roles.is_empty() || rule.severity(self.pack.rules()) == Grade::Off {
            return None;
        }
        let found = mismatch(owner, &certificate.subject())?;
        let codes = self.access.codes(message);
        let serial = certificate.serial_hex();
        Some(Finding {
            message: format!("the certificate {serial} may be another enterprise's: {found}"),
            message_zh: format!("签名证书 {serial} 的主体与企业 {} 不一致", owner.name),
            code: Some(codes.certificate).filter(|code| !code.is_empty()),
            clause: codes.clause,
            ..rule.finding(self.pack.rules())
        })
    }

    /// Warns if the certificate that signed the documents of a message names another enterprise than the one that declares.
    pub(super) fn check_certificate(&self, signed: &[Owned<'_>], certificate: &Certificate, outcome: &mut Outcome) {
        for Owned { document, owner } in signed {
            let Some(finding) = self.foreign_certificate(owner, &document.message, certificate) else {
                return;
            };
            let path = document.element.name.clone();
            outcome.warn(document, [Finding { path, ..finding }]);
        }
    }
}

/// Describes what in the certificate's subject is not the enterprise's; `None` if it matches or holds nothing that can
/// be compared.
///
/// `subject` is a distinguished name (RFC 4514). Credit codes and Chinese names of organisations are compared; operator
/// cards also carry a person's name, which proves nothing.
pub(super) fn mismatch(enterprise: &Enterprise, subject: &str) -> Option<String> {
    let own = [&enterprise.code, &enterprise.credit_code, &enterprise.name];
    if own.iter().any(|own| !own.is_empty() && subject.contains(own.as_str())) {
        return None;
    }
    let values: Vec<(&str, &str)> = subject
        .split([',', '+'])
        .filter_map(|part| part.split_once('='))
        .map(|(kind, value)| (kind.trim(), value.trim()))
        .collect();
    let code = values
        .iter()
        .map(|(_, value)| *value)
        .find(|value| is_credit_code(value));
    if let Some(code) = code.filter(|_| !enterprise.credit_code.is_empty()) {
        return Some(format!(
            "its credit code is {code}, that of {} is {}",
            enterprise.id(),
            enterprise.credit_code
        ));
    }
    let (kind, name) = values
        .into_iter()
        .find(|(kind, value)| ["O", "CN"].contains(kind) && is_company(value))?;
    let shown = if kind == "O" { name.to_owned() } else { mask(name) };
    is_company(&enterprise.name).then(|| format!("it names {shown}, and {} is {}", enterprise.id(), enterprise.name))
}

/// Returns `true` for a Chinese name too long to be a person's.
fn is_company(name: &str) -> bool {
    let han = |c: &char| ('\u{4e00}'..='\u{9fff}').contains(c);
    name.chars().filter(han).count() >= 5
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enterprise() -> Enterprise {
        Enterprise {
            id: "seller".into(),
            code: "4403960AA1".into(),
            credit_code: "91440300MA5EX00018".into(),
            name: "样例跨境电商有限公司".into(),
            ..Enterprise::default()
        }
    }

    #[test]
    fn a_subject_with_the_name_or_a_code_of_the_enterprise_is_its_own() {
        for subject in [
            "CN=样例跨境电商有限公司,C=CN",
            "CN=测试甲,O=样例跨境电商有限公司",
            "CN=4403960AA1",
            "SERIALNUMBER=91440300MA5EX00018,CN=Somebody",
        ] {
            assert_eq!(mismatch(&enterprise(), subject), None, "{subject}");
        }
    }

    #[test]
    fn another_company_is_named_and_a_person_is_not() {
        let told = mismatch(&enterprise(), "CN=测试甲,O=别家国际物流有限公司").unwrap();
        assert!(
            told.contains("别家国际物流有限公司") && !told.contains("测试甲"),
            "{told}"
        );
        let told = mismatch(&enterprise(), "CN=x,OU=91440300MA5EX0002B").unwrap();
        assert!(told.contains("91440300MA5EX0002B"), "{told}");
    }

    #[test]
    fn what_cannot_be_compared_says_nothing() {
        for subject in ["CN=Demo Enterprise,O=Invented", "CN=测试甲", ""] {
            assert_eq!(mismatch(&enterprise(), subject), None, "{subject}");
        }
        let unnamed = Enterprise {
            name: "Bench".into(),
            credit_code: String::new(),
            ..enterprise()
        };
        assert_eq!(mismatch(&unnamed, "O=别家国际物流有限公司"), None);
    }
}
