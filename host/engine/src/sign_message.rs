//! Signs messages made elsewhere, by the policy of the edition in force.

use crate::assemble::place_of;
use crate::config::Enterprise;
use crate::declare::{Access, Claim};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::packs::Choice;
use crate::signing::{CertificateView, Question, ask, profile, sign_by};
use cebridge_clock as clock;
use cebridge_findings::RuleSet;
use cebridge_keys::PoolKey;
use cebridge_ledger::Reason;
use cebridge_message::{Document, Element, Limits};
use cebridge_rule_compiler::Grade;
use cebridge_runtime::{Ineligibility, LoadedPack, Requirement};
use cebridge_signature::{Certificate, Profile, SignError};

/// A message with its signature.
#[derive(Debug, Clone)]
pub struct SignedMessage {
    /// The message.
    pub xml: Vec<u8>,
    /// Message code, for example `CEB311`.
    pub message: String,
    /// Profile used.
    pub profile: String,
    /// `KeyName`: the serial number of the certificate.
    pub key_name: String,
}

/// Reason a message is not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignRefusal {
    /// Not XML, or not a request of the edition in force.
    #[error("{0}")]
    Message(String),
    /// The enterprise has no key here.
    #[error("no key of enterprise {0} is configured here; ask whoever runs this host")]
    NoKey(String),
    /// The message holds documents that the enterprise may not declare.
    #[error("{enterprise} may not declare this: {}", reasons.iter().map(|reason| reason.text.as_str()).collect::<Vec<_>>().join("; "))]
    Access {
        /// The enterprise.
        enterprise: String,
        /// The reasons, each once, with the code that customs would have returned.
        reasons: Vec<Reason>,
    },
    /// The policy forbids a signature.
    #[error("{message} must not be signed ({clause})")]
    Forbidden {
        /// Message code.
        message: String,
        /// Clause of the specification.
        clause: String,
    },
    /// The policy does not allow the profile or the certificate.
    #[error("{message} may be signed by {}, not by {wanted} ({clause})", if allowed.is_empty() { "no profile" } else { allowed })]
    Profile {
        /// Message code.
        message: String,
        /// The profile asked for, or `this certificate`.
        wanted: String,
        /// The profiles that the policy allows.
        allowed: String,
        /// Clause of the specification.
        clause: String,
        /// Every step of the policy, with its clause.
        notes: Vec<String>,
    },
    /// The signer.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The host.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// The enterprise that transmits a message, as the message names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmitter {
    /// Path of the field with its customs code, by the edition in force.
    pub path: String,
    /// The code; `None` if the field is absent or empty.
    pub code: Option<String>,
}

/// Returns the enterprise that transmits a message.
///
/// # Errors
/// [`SignRefusal::Message`] if the text is not XML.
pub fn transmitter(engine: &Engine, xml: &[u8]) -> Result<Transmitter, SignRefusal> {
    let document = parse(xml)?;
    let day = clock::day(engine.clock.now());
    let pack = engine.packs.choose(&Choice::Day(day))?;
    let path = pack.rules().pack().transfer.code_path().unwrap_or_default();
    let code = document
        .find(0, &path)
        .map(|node| document.value(node).trim().to_owned());
    Ok(Transmitter {
        code: code.filter(|code| !code.is_empty() && !path.is_empty()),
        path,
    })
}

/// Signs a message for an enterprise: in the place defined by the edition in force, with a profile that the policy
/// allows.
///
/// # Errors
/// [`SignRefusal`].
pub fn sign_message(
    engine: &Engine,
    enterprise: &str,
    xml: &[u8],
    profile: Option<&str>,
) -> Result<SignedMessage, SignRefusal> {
    let document = parse(xml)?;
    let day = clock::day(engine.clock.now());
    let pack = engine.packs.choose(&Choice::Day(day.clone()))?;
    let root = document.root_name().local.clone();
    let known = pack.rules().pack().message_of_root(&root);
    let code = known.map(|(_, code)| code.to_owned()).unwrap_or_default();
    let Some(layout) = pack.rules().layout(&code) else {
        return Err(SignRefusal::Message(format!(
            "`{root}` is no message of the edition in force on {day}"
        )));
    };
    let is_request = |(_, _, text): (_, _, &cebridge_rule_core::pack::MessageText)| text.kind == "request";
    if !pack
        .rules()
        .pack()
        .catalogue()
        .filter(|(_, message, _)| message.code == code)
        .any(is_request)
    {
        return Err(SignRefusal::Message(format!(
            "`{root}` comes from customs and carries no signature; only requests are signed"
        )));
    }
    let no_key = || SignRefusal::NoKey(enterprise.to_owned());
    let owner = engine
        .config
        .all_enterprises()
        .iter()
        .find(|one| one.has_code(enterprise));
    let owner = owner.ok_or_else(no_key)?;
    let reasons = not_its_own(pack.rules(), owner, &code, &document)?;
    if !reasons.is_empty() {
        return Err(SignRefusal::Access {
            enterprise: owner.id().to_owned(),
            reasons,
        });
    }
    let pool = engine.keys(owner).ok_or_else(no_key)?;
    // The first key that may sign determines the profile; other keys that may use it can take over.
    let mut allowed: Option<(Profile, Vec<String>)> = None;
    let mut refused = None;
    for key in pool.keys() {
        match allowed_profile(engine, &pack, &document, key, (&code, &day), profile) {
            Ok(profile) => {
                let (chosen, keys) = allowed.get_or_insert_with(|| (profile.clone(), Vec::new()));
                if *chosen == profile {
                    keys.push(key.name().to_owned());
                }
            }
            Err(refusal) => refused = refused.or(Some(refusal)),
        }
    }
    let Some((profile, keys)) = allowed else {
        return Err(refused.unwrap_or_else(no_key));
    };
    let place = place_of(&layout);
    let signed = sign_by(pool, &keys, |signer| signer.sign(xml, &profile, place))?;
    Ok(SignedMessage {
        xml: signed.xml,
        message: code,
        profile: profile.name().to_owned(),
        key_name: signed
            .certificate
            .as_ref()
            .map(Certificate::serial_hex)
            .unwrap_or_default(),
    })
}

/// Reasons the enterprise may not declare some of the documents in a message.
fn not_its_own(
    pack: &RuleSet,
    owner: &Enterprise,
    code: &str,
    document: &Document,
) -> Result<Vec<Reason>, SignRefusal> {
    let access = Access::new(pack.clone());
    access.check_roles(owner)?;
    let data = pack.pack();
    let name = data.message(code).and_then(|index| {
        let decl = data.program.decl(data.messages.get(index)?.document)?;
        let name = data.program.names.get(usize::from(decl.name))?;
        Some((index, name.local.as_str()))
    });
    let Some((index, name)) = name else {
        return Ok(Vec::new());
    };
    let mut reasons = Vec::new();
    for child in document.children(0) {
        let element = Element::from_document(document, child);
        if element.name != name {
            continue;
        }
        let claim = Claim {
            message: code,
            index,
            element: &element,
        };
        let refusal = access.refusal(owner, claim);
        let refused = refusal.filter(|refusal| refusal.rule.severity(pack) == Grade::Error);
        reasons.extend(
            refused
                .map(|refusal| refusal.reason)
                .filter(|reason| !reasons.contains(reason)),
        );
    }
    Ok(reasons)
}

fn parse(xml: &[u8]) -> Result<Document, SignRefusal> {
    Document::parse(xml, &Limits::MESSAGE).map_err(|error| SignRefusal::Message(error.to_string()))
}

/// Returns the wanted profile if the policy allows it; without one, the policy's choice.
fn allowed_profile(
    engine: &Engine,
    pack: &LoadedPack,
    document: &Document,
    key: &PoolKey,
    question: (&str, &str),
    wanted: Option<&str>,
) -> Result<Profile, SignRefusal> {
    let (message, at) = question;
    let signing = &engine.config.signing;
    let roles = &pack.rules().pack().fields;
    let values = |names: &[String]| -> Vec<String> {
        let nodes = 0..u32::try_from(document.nodes().len()).unwrap_or(u32::MAX);
        let of_name = |name: &String| {
            let own = nodes.clone().filter(|node| document.local(*node) == name);
            own.map(|node| document.value(node).trim().to_owned())
                .collect::<Vec<_>>()
        };
        names.iter().flat_map(of_name).collect()
    };
    let mut ports = values(&roles.port).into_iter();
    let port = ports.find(|port| signing.ports.contains_key(port)).unwrap_or_default();
    let states = values(&roles.state.fields);
    let certificate = key.certificate().map(CertificateView::of);
    let answer = ask(
        pack,
        signing,
        &Question {
            message,
            at,
            // A message without a state is sent to be declared.
            declares: states.is_empty() || states.contains(&roles.state.declared),
            certificate: certificate.as_ref(),
            port: &port,
        },
    )?;
    if answer.requirement == Requirement::Forbidden {
        return Err(SignRefusal::Forbidden {
            message: message.to_owned(),
            clause: answer.clause,
        });
    }
    let names = answer.profile.iter().chain(&answer.profiles);
    let mut names = names.filter(|name| wanted.is_none_or(|wanted| wanted == *name));
    let usable = names.find_map(|name| profile(pack.rules().pack(), name).filter(|profile| profile.fits(key.kind())));
    match usable {
        Some(profile) if answer.ineligibility == Ineligibility::None => Ok(profile),
        _ => Err(SignRefusal::Profile {
            message: message.to_owned(),
            wanted: wanted.unwrap_or("this certificate").to_owned(),
            allowed: answer.profiles.join(", "),
            clause: answer.clause,
            notes: answer.notes,
        }),
    }
}
