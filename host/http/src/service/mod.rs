//! Interfaces of the signing service to the host: a signer, a verifier, a log.

pub(crate) mod routes;

use cebridge_signature::Report;
use serde::Serialize;

use crate::auth::Clients;
use crate::server::Limits;
use crate::tls::TlsFiles;

/// Options of the service: its address and clients.
#[derive(Debug, Clone)]
pub struct ServiceOptions {
    /// Address and port. Without TLS only a loopback address is accepted.
    pub listen: std::net::SocketAddr,
    /// TLS, with or without client certificates.
    pub tls: Option<TlsFiles>,
    /// Authorised clients.
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
    /// Requested profile; without it, the policy chooses.
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

/// Why a message is not signed, by who can fix it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The text can't be read or is not a message: 422.
    Message,
    /// The signature policy, or the configuration of keys, forbids it: 403.
    Policy,
    /// The key can't sign right now: 503.
    Unavailable,
    /// An internal fault: 500.
    Internal,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusalReason {
    /// Stable code, rule id or customs code.
    pub code: String,
    /// For people.
    pub detail: String,
}

/// A refusal, as sent to the client: it must hold no secret.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// Its kind.
    pub kind: RefusalKind,
    /// Stable code, for example `profile-not-allowed`.
    pub code: &'static str,
    /// The problem and its remedy.
    pub detail: String,
    /// Individual reasons.
    pub reasons: Vec<RefusalReason>,
}

/// Signs and verifies; provided by the host. Calls block and come from several threads.
pub trait SignService: Send + Sync {
    /// Returns the enterprise that transmits a message (`BaseTransfer/copCode`); `None` if it names none.
    ///
    /// # Errors
    /// [`Refusal`] if the text is not a message.
    fn enterprise_of(&self, message: &[u8]) -> Result<Option<String>, Refusal>;

    /// Signs a message under the policy in force.
    ///
    /// # Errors
    /// [`Refusal`].
    fn sign(&self, request: &SignRequest<'_>) -> Result<Signed, Refusal>;

    /// Verifies the signature of a message.
    ///
    /// # Errors
    /// [`Refusal`] if the host can't verify; an invalid signature is not an error.
    fn verify(&self, message: &[u8]) -> Result<Report, Refusal>;
}

/// Record of a signature that is given out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignatureRecord {
    /// Name of the client.
    pub client: String,
    /// Customs code of the enterprise.
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

/// Log of signatures.
pub trait SignatureLog: Send + Sync {
    /// Records a signature before it is given out; if this fails, it is withheld.
    ///
    /// # Errors
    /// The reason it can't be recorded, for the host's own log, not the client.
    fn signed(&self, record: &SignatureRecord) -> Result<(), String>;
}
