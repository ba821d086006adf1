//! Signing payment data with any key.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cebridge_signature::{Certificate, KeyFault, KeyKind, SM2_USER_ID, Scheme, SigningKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::payload::Unsigned;
use crate::verify::{Options, verify};

/// How the string is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// RSA PKCS#1 v1.5 with SHA-1: what customs verifies for RSA cards.
    RsaSha1,
    /// RSA PKCS#1 v1.5 with SHA-256, where it was agreed.
    RsaSha256,
    /// SM2 with SM3, the raw 64 bytes r‖s.
    Sm2Sm3,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::RsaSha1, Self::RsaSha256, Self::Sm2Sm3];

    /// The method customs verifies for a key of this kind.
    #[must_use]
    pub fn for_key(kind: KeyKind) -> Self {
        match kind {
            KeyKind::Rsa { .. } => Self::RsaSha1,
            KeyKind::Sm2 => Self::Sm2Sm3,
        }
    }

    /// Name in options and configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RsaSha1 => "rsa-sha1",
            Self::RsaSha256 => "rsa-sha256",
            Self::Sm2Sm3 => "sm2-sm3",
        }
    }

    /// The method of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// The key's operation.
    #[must_use]
    pub fn scheme(self) -> Scheme<'static> {
        match self {
            Self::RsaSha1 => Scheme::RsaSha1,
            Self::RsaSha256 => Scheme::RsaSha256,
            Self::Sm2Sm3 => Scheme::Sm2Sm3 { user_id: SM2_USER_ID },
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Error signing payment data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignFault {
    /// The key failed.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// The finished payload does not verify with its certificate; it is withheld.
    #[error("the signature does not verify and is withheld: {0}; do key and certificate belong together?")]
    SelfCheck(String),
}

impl Unsigned {
    /// Returns the complete `payExInfoStr`, with `certNo` (the certificate's serial number, hexadecimal) and
    /// `signValue` (Base64). Head and lists are the bytes that were signed. The result is verified from its bytes, with
    /// the certificate customs uses, before it is returned.
    ///
    /// # Errors
    /// [`SignFault`]; a fault of the key says whether to retry.
    pub fn sign(
        &self,
        key: &dyn SigningKey,
        method: Option<Method>,
        certificate: &Certificate,
    ) -> Result<String, SignFault> {
        let cert_no = certificate.serial_hex();
        let method = method.unwrap_or_else(|| Method::for_key(key.kind()));
        let value = key.sign(method.scheme(), self.signing_string().as_bytes())?;
        let payload = format!(
            "{{\"sessionID\":\"{}\",\"payExchangeInfoHead\":{},\"payExchangeInfoLists\":{},\"serviceTime\":{},\
             \"certNo\":\"{cert_no}\",\"signValue\":\"{}\"}}",
            self.session_id,
            self.head,
            self.lists,
            self.service_time.json(),
            STANDARD.encode(value),
        );
        let options = Options {
            method: Some(method),
            other_times: Vec::new(),
        };
        match verify(payload.as_bytes(), certificate, &options).reasons.first() {
            None => Ok(payload),
            Some(reason) => Err(SignFault::SelfCheck(reason.to_string())),
        }
    }
}
