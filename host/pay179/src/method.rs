//! How payment data is signed.

use std::fmt;

use cebridge_signature::{KeyKind, SM2_USER_ID, Scheme};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
