//! Access: decides whether an enterprise may declare a document, before anything is signed.
//!
//! A document is the enterprise's own if it holds a role that the policy lets sign, and the field of that role holds
//! one of its codes. A refusal carries the code that customs would have returned, if any.

use crate::catalogue::is_required;
use crate::config::Enterprise;

use crate::error::EngineError;
use crate::host_rules::HostRule;
use crate::outgoing::{OutgoingDocument, at_path};
use cebridge_findings::RuleSet;
use cebridge_ledger::Reason;
use cebridge_message::{Element, mask};
use cebridge_rule_compiler::near::{did_you_mean, nearest};
use cebridge_rule_core::pack::AccessCodes;
use cebridge_rule_core::signature::{SignatureRule, SignerRole};
use cebridge_rule_core::values::is_identity;

/// A document that an enterprise wants to declare.
#[derive(Clone, Copy)]
pub(crate) struct Claim<'a> {
    /// Message code.
    pub(crate) message: &'a str,
    /// Position of the message in the pack.
    pub(crate) index: usize,
    /// The document element.
    pub(crate) element: &'a Element,
}

impl<'a> From<&'a OutgoingDocument> for Claim<'a> {
    fn from(document: &'a OutgoingDocument) -> Self {
        Self {
            message: &document.message,
            index: document.index,
            element: &document.element,
        }
    }
}

/// The access rules of an edition.
pub(crate) struct Access {
    rules: RuleSet,
    roles: Vec<SignerRole>,
}

/// A document that may not be declared by an enterprise, or not by any.
pub(crate) struct Refusal {
    pub(crate) rule: HostRule,
    pub(crate) reason: Reason,
}

impl Access {
    pub(crate) fn new(rules: RuleSet) -> Self {
        let roles = rules.pack().roles.clone();
        Self { rules, roles }
    }

    /// Refuses roles that the edition does not know: a typo would silently take a right away.
    pub(crate) fn check_roles(&self, enterprise: &Enterprise) -> Result<(), EngineError> {
        let known: Vec<String> = self.roles.iter().map(|role| role_word(&role.name)).collect();
        let unknown = |held: &&String| !self.roles.iter().any(|role| means_role(held, &role.name));
        let Some(unknown) = enterprise.roles.iter().find(unknown) else {
            return Ok(());
        };
        let near = nearest(unknown, known.iter().map(String::as_str));
        let hint = did_you_mean(&near).unwrap_or_else(|| format!("there are {}", known.join(", ")));
        Err(EngineError::NotConfigured {
            what: "a role of the enterprise",
            hint: format!("`{unknown}` of {} is no role; {hint}", enterprise.id()),
        })
    }

    /// Returns the reason why this enterprise may not declare the document; `None` if it may.
    pub(crate) fn refusal(&self, enterprise: &Enterprise, claim: Claim<'_>) -> Option<Refusal> {
        let message = claim.message;
        if !enterprise.messages.is_empty() && !enterprise.messages.iter().any(|one| one == message) {
            let text = format!(
                "{} is authorised for {}, not for {message}: add it to `messages` of the enterprise, or let another one \
                 declare it",
                enterprise.id(),
                enterprise.messages.join(", ")
            );
            return Some(self.refuse(HostRule::AccessMessage, claim, &claim.element.name, text));
        }
        let signers = self.signers(message);
        // Without configured roles the check is off; without signers every role may sign.
        if enterprise.roles.is_empty() || signers.is_empty() {
            return None;
        }
        let held: Vec<&SignerRole> = signers
            .iter()
            .copied()
            .filter(|role| enterprise.roles.iter().any(|held| means_role(held, &role.name)))
            .collect();
        if held.is_empty() {
            let allowed: Vec<&str> = signers.iter().map(|role| role.name.as_str()).collect();
            let path = signers.iter().find_map(|role| fields_in(role, claim).next());
            let text = format!(
                "{message} is declared by {}; {} is registered as {} only ({})",
                allowed.join(", "),
                enterprise.id(),
                enterprise.roles.join(", "),
                self.rule(message).map_or("", |rule| rule.clause.as_str()),
            );
            return Some(self.refuse(HostRule::AccessRole, claim, path.unwrap_or(&claim.element.name), text));
        }
        if held.iter().any(|role| self.stands(enterprise, role, claim)) {
            return None;
        }
        let fields: Vec<&str> = held.iter().flat_map(|role| fields_in(role, claim)).collect();
        let own = [enterprise.code.as_str(), &enterprise.credit_code];
        let own: Vec<&str> = own.into_iter().filter(|code| !code.is_empty()).collect();
        let text = format!(
            "it is the document of another enterprise: {}, and {} has the code {}",
            told(claim, &fields),
            enterprise.id(),
            own.join(" and ")
        );
        Some(self.refuse(HostRule::AccessCode, claim, fields.first().unwrap_or(&""), text))
    }

    /// Returns `true` if the document names the enterprise in any field for a signer.
    pub(crate) fn is_named(&self, enterprise: &Enterprise, claim: Claim<'_>) -> bool {
        self.fields(claim)
            .iter()
            .any(|path| at_path(claim.element, path).is_some_and(|code| enterprise.has_code(code.trim())))
    }

    /// Returns the refusal of a document that names none of the enterprises, or only ones that may not declare it.
    pub(crate) fn nobody(&self, all: &[Enterprise], claim: Claim<'_>) -> Refusal {
        let signers = self.signers(claim.message);
        let fields: Vec<&str> = match signers.is_empty() {
            true => self.fields(claim),
            false => signers.iter().flat_map(|role| fields_in(role, claim)).collect(),
        };
        let text = format!(
            "none of the enterprises of this host ({}) may declare it: {}",
            ids(all),
            told(claim, &fields)
        );
        let path = fields.first().copied().unwrap_or(&claim.element.name);
        self.refuse(HostRule::AccessCode, claim, path, text)
    }

    /// Returns the refusal of a document that several enterprises may declare.
    pub(crate) fn several(&self, able: &[&Enterprise], claim: Claim<'_>) -> Refusal {
        let choices: Vec<&str> = able.iter().map(|one| one.id()).collect();
        let text = format!(
            "several enterprises of this host may declare it: {0}; say --enterprise ID, put the file into intake/ID, or \
             name {1} in `messages` of those only that shall declare it",
            choices.join(", "),
            claim.message
        );
        self.refuse(HostRule::AccessEnterprise, claim, &claim.element.name, text)
    }

    /// Looks up the codes that customs returns about a message; all empty if it has none.
    pub(crate) fn codes(&self, message: &str) -> AccessCodes {
        let found = self.rules.pack().access.iter().find(|codes| codes.message == message);
        found.cloned().unwrap_or_default()
    }

    /// Returns `true` if a field of the role holds a code of the enterprise. A role that shows in no field is trusted:
    /// customs knows of an entrustment, the document does not, and an optional field may be empty.
    fn stands(&self, enterprise: &Enterprise, role: &SignerRole, claim: Claim<'_>) -> bool {
        let pack = self.rules.pack();
        let mut shows = false;
        for path in fields_in(role, claim) {
            let code = at_path(claim.element, path).unwrap_or_default().trim();
            if enterprise.has_code(code) {
                return true;
            }
            let demanded = || {
                let field = pack.decl_by_path(claim.index, path);
                field.is_none_or(|field| is_required(pack, claim.index, field))
            };
            shows |= !code.is_empty() || demanded();
        }
        !shows
    }

    fn refuse(&self, rule: HostRule, claim: Claim<'_>, path: &str, text: String) -> Refusal {
        let codes = self.codes(claim.message);
        let code = match rule {
            HostRule::AccessCode => codes.code_mismatch,
            // Customs does not know which enterprises share a host.
            HostRule::AccessEnterprise => String::new(),
            _ => codes.no_right,
        };
        let reason = Reason {
            code,
            rule: rule.id().to_owned(),
            path: path.to_owned(),
            text,
        };
        Refusal { rule, reason }
    }

    fn rule(&self, message: &str) -> Option<&SignatureRule> {
        self.rules.pack().signature.iter().find(|rule| rule.message == message)
    }

    /// Returns the roles that may sign a message.
    fn signers(&self, message: &str) -> Vec<&SignerRole> {
        let names = self.rule(message).map_or(&[][..], |rule| rule.signers.as_slice());
        self.roles.iter().filter(|role| names.contains(&role.name)).collect()
    }

    /// Returns all fields of a message that name a signer of any role, each once.
    fn fields<'a>(&'a self, claim: Claim<'a>) -> Vec<&'a str> {
        let mut fields: Vec<&str> = self.roles.iter().flat_map(|role| fields_in(role, claim)).collect();
        fields.sort_unstable();
        fields.dedup();
        fields
    }
}

/// Returns the fields of the document that show a role. The field outside of it, `copCode` of the transmission, is
/// written by the host and always the enterprise's own.
fn fields_in<'a>(role: &'a SignerRole, claim: Claim<'a>) -> impl Iterator<Item = &'a str> {
    let inside = |path: &&str| path.split('/').next() == Some(claim.element.name.as_str());
    role.fields_of(claim.message).filter(inside)
}

/// Describes the contents of these fields, for people.
fn told(claim: Claim<'_>, fields: &[&str]) -> String {
    let told = fields.iter().map(|path| {
        let name = path.rsplit('/').next().unwrap_or(path);
        match at_path(claim.element, path).map(str::trim) {
            Some(code) if !code.is_empty() => format!("{name} is {}", shown(code)),
            _ => format!("{name} is empty"),
        }
    });
    let mut parts: Vec<String> = told.collect();
    parts.dedup();
    parts.join(", ")
}

/// Shows enterprise codes, but masks an identity number that got into such a field.
fn shown(code: &str) -> String {
    if is_identity(code.as_bytes()) || code.chars().count() > 18 {
        mask(code)
    } else {
        code.to_owned()
    }
}

fn ids(all: &[Enterprise]) -> String {
    let ids: Vec<&str> = all.iter().map(Enterprise::id).collect();
    ids.join(", ")
}

/// Returns a role of the rules as the configuration spells it.
pub(crate) fn role_word(role: &str) -> String {
    role.replace(' ', "-")
}

/// Returns `true` if a configured word means this role; `agent` is short for the agent of the e-commerce enterprise.
pub(crate) fn means_role(held: &str, role: &str) -> bool {
    let role = role_word(role);
    role == held || role.strip_prefix(held).is_some_and(|rest| rest.starts_with("-of-"))
}
