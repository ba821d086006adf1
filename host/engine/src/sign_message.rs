//! Signing a message that was made elsewhere, by the policy of the edition in force.

use crate::assemble::place_of;
use crate::clock;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::packs::Choice;
use cebridge_message::{Document, Limits};
use cebridge_runtime::{LoadedPack, Need, PolicyQuery};
use cebridge_signature::{Profile, SignError, Signer};

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

/// Why a message is not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignRefusal {
    /// No XML, or no request of the edition in force.
    #[error("{0}")]
    Message(String),
    /// The enterprise has no key here.
    #[error("no key of enterprise {0} is configured here; ask whoever runs this host")]
    NoKey(String),
    /// The policy forbids a signature.
    #[error("{message} must not be signed ({clause})")]
    Forbidden {
        /// Message code.
        message: String,
        /// Clause of the specification.
        clause: String,
    },
    /// The policy does not allow the profile.
    #[error("{message} may be signed by {allowed}, not by {wanted} ({clause})")]
    Profile {
        /// Message code.
        message: String,
        /// What was asked for.
        wanted: String,
        /// What the policy allows.
        allowed: String,
        /// Clause of the specification.
        clause: String,
    },
    /// The signer.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The host.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// The enterprise that transmits a message: `BaseTransfer/copCode` 传输企业代码; `None` when it does not say.
///
/// # Errors
/// [`SignRefusal::Message`] of a text that is no XML.
pub fn transmitter(xml: &[u8]) -> Result<Option<String>, SignRefusal> {
    let document = parse(xml)?;
    let code = document
        .find(0, "BaseTransfer/copCode")
        .map(|node| document.value(node).trim().to_owned());
    Ok(code.filter(|code| !code.is_empty()))
}

/// Signs a message for an enterprise: at the place of the edition in force, by the profile that the policy allows.
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
    let code = root.strip_suffix("Message").unwrap_or_default().to_owned();
    let Some(layout) = pack.layout(&code) else {
        return Err(SignRefusal::Message(format!(
            "`{root}` is no message of the edition in force on {day}"
        )));
    };
    if enterprise != engine.config.enterprise.code {
        return Err(SignRefusal::NoKey(enterprise.to_owned()));
    }
    let signer = engine.signer()?;
    let profile = allowed_profile(&pack, &document, signer, &code, day, profile)?;
    let name = profile.name().to_owned();
    let xml = signer.sign(xml, &profile, place_of(&layout))?;
    Ok(SignedMessage {
        xml,
        message: code,
        profile: name,
        key_name: signer.key_name().unwrap_or_default().to_owned(),
    })
}

fn parse(xml: &[u8]) -> Result<Document, SignRefusal> {
    Document::parse(xml, &Limits::default()).map_err(|error| SignRefusal::Message(error.to_string()))
}

/// The profile that is wanted if the policy allows it, else the first one allowed that this host knows.
fn allowed_profile(
    pack: &LoadedPack,
    document: &Document,
    signer: &Signer,
    code: &str,
    day: String,
    wanted: Option<&str>,
) -> Result<Profile, SignRefusal> {
    let nodes = 0..u32::try_from(document.nodes().len()).unwrap_or(u32::MAX);
    let mut statuses = nodes.filter(|node| document.local(*node) == "appStatus");
    let decision = pack
        .signature_policy(&PolicyQuery {
            message: code.to_owned(),
            at: day,
            declares: statuses.any(|node| document.value(node).trim() == "2"),
            certificate_from: signer.certificate().map(|c| c.not_before()).unwrap_or_default(),
        })
        .map_err(EngineError::from)?;
    if decision.need == Need::Forbidden {
        return Err(SignRefusal::Forbidden {
            message: code.to_owned(),
            clause: decision.clause,
        });
    }
    let allowed = decision
        .profiles
        .iter()
        .filter(|name| wanted.is_none_or(|wanted| wanted == *name));
    allowed
        .filter_map(|name| Profile::official(name))
        .find(|profile| profile.fits(signer.kind()))
        .ok_or_else(|| SignRefusal::Profile {
            message: code.to_owned(),
            wanted: wanted.unwrap_or("any that this key can do").to_owned(),
            allowed: decision.profiles.join(", "),
            clause: decision.clause.clone(),
        })
}
