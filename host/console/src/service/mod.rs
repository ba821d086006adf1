//! What the signing service needs from the host: a signer, a verifier, a log.

pub(crate) mod routes;

use cebridge_signature::Report;
use serde::Serialize;

use crate::auth::Clients;
use crate::server::Limits;
use crate::tls::TlsFiles;

/// How the service listens and whom it knows.
#[derive(Debug, Clone)]
pub struct ServiceOptions {
    /// Address and port. Without TLS only a loopback address is accepted.
    pub listen: std::net::SocketAddr,
    /// TLS, with or without client certificates.
    pub tls: Option<TlsFiles>,
    /// Who may use it.
    pub clients: Clients,
    /// Limits.
    pub limits: Limits,
}

/// A message to be signed. The client was authenticated and may sign for the enterprise.
#[derive(Debug, Clone, Copy)]
pub struct SignRequest<'a> {
    /// Name of the client.
    pub client: &'a str,
    /// Customs code of the enterprise whose key signs.
    pub enterprise: &'a str,
    /// The message, XML.
    pub message: &'a [u8],
    /// Profile that is wanted; the policy's choice without it.
    pub profile: Option<&'a str>,
}

/// A signed message.
#[derive(Debug, Clone)]
pub struct Signed {
    /// The message with its signature.
    pub xml: Vec<u8>,
    /// Message code, for example `CEB311`.
    pub message: String,
    /// Profile used.
    pub profile: String,
    /// `KeyName`.
    pub key_name: String,
    /// Serial number of the certificate, hexadecimal.
    pub serial: String,
}

/// Why a message is not signed, in terms of who can change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The message can't be read or is none: 422.
    Message,
    /// The signature policy, or the configuration of keys, forbids it: 403.
    Policy,
    /// The key can't sign right now: 503.
    Unavailable,
    /// A fault of ours: 500.
    Internal,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusalReason {
    /// Stable word, rule id or customs code.
    pub code: String,
    /// For people.
    pub detail: String,
}

/// A refusal, as the client is told: no secret belongs into it.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// Who can change it.
    pub kind: RefusalKind,
    /// Stable word, for example `profile-not-allowed`.
    pub code: &'static str,
    /// What is wrong and the way out.
    pub detail: String,
    /// Single reasons.
    pub reasons: Vec<RefusalReason>,
}

/// What signs and verifies; given by the host. Calls block and come from several threads.
pub trait SignService: Send + Sync {
    /// The enterprise that a message is transmitted by (`BaseTransfer/copCode`); `None` when it does not say.
    ///
    /// # Errors
    /// [`Refusal`] of a text that is no message.
    fn enterprise_of(&self, message: &[u8]) -> Result<Option<String>, Refusal>;

    /// Signs a message by the policy in force.
    ///
    /// # Errors
    /// [`Refusal`].
    fn sign(&self, request: &SignRequest<'_>) -> Result<Signed, Refusal>;

    /// Judges the signature of a message.
    ///
    /// # Errors
    /// [`Refusal`] of a host that can't judge; what speaks against the signature is no error.
    fn verify(&self, message: &[u8]) -> Result<Report, Refusal>;
}

/// What is kept of every signature that is given out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignatureRecord {
    /// Who asked.
    pub client: String,
    /// For which enterprise.
    pub enterprise: String,
    /// Message code.
    pub message: String,
    /// Profile used.
    pub profile: String,
    /// Serial number of the certificate.
    pub serial: String,
    /// SHA-256 of the signed bytes, hexadecimal.
    pub sha256: String,
}

/// Where signatures are recorded.
pub trait SignatureLog: Send + Sync {
    /// Records a signature before it is given out; when this fails it is withheld.
    ///
    /// # Errors
    /// Why it can't be recorded. Goes to the host's own log, not to the client.
    fn signed(&self, record: &SignatureRecord) -> Result<(), String>;
}
