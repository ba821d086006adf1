//! Signature profiles: which hash goes with RSA PKCS#1 v1.5, and the URIs that name them.

use sha1::Sha1;
use sha2::{Digest, Sha256};

/// An algorithm combination a message may be signed with; hash of the digest and hash of the
/// signature are always the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// RSA PKCS#1 v1.5 with SHA-1, the combination of the official samples.
    RsaSha1,
    /// RSA PKCS#1 v1.5 with SHA-256.
    RsaSha256,
}

impl Profile {
    /// All profiles, in the order of their introduction.
    pub const ALL: [Profile; 2] = [Profile::RsaSha1, Profile::RsaSha256];

    /// Name used in configuration and rule files: `rsa-sha1` or `rsa-sha256`.
    pub fn name(self) -> &'static str {
        match self {
            Profile::RsaSha1 => "rsa-sha1",
            Profile::RsaSha256 => "rsa-sha256",
        }
    }

    /// The profile of a name as [`Profile::name`] writes it; `None` for any other text.
    pub fn from_name(name: &str) -> Option<Profile> {
        Profile::ALL.into_iter().find(|profile| profile.name() == name)
    }

    /// URI in `SignatureMethod/@Algorithm`.
    pub fn signature_uri(self) -> &'static str {
        match self {
            Profile::RsaSha1 => "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
            Profile::RsaSha256 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        }
    }

    /// URI in `DigestMethod/@Algorithm`.
    pub fn digest_uri(self) -> &'static str {
        match self {
            Profile::RsaSha1 => "http://www.w3.org/2000/09/xmldsig#sha1",
            Profile::RsaSha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
        }
    }

    /// The profile of a `SignatureMethod` URI.
    pub fn from_signature_uri(uri: &str) -> Option<Profile> {
        Profile::ALL.into_iter().find(|profile| profile.signature_uri() == uri)
    }

    /// Length of a digest in bytes.
    pub(crate) fn digest_len(self) -> usize {
        match self {
            Profile::RsaSha1 => 20,
            Profile::RsaSha256 => 32,
        }
    }

    /// A running digest of this profile.
    pub(crate) fn hasher(self) -> Hasher {
        match self {
            Profile::RsaSha1 => Hasher::Sha1(Sha1::new()),
            Profile::RsaSha256 => Hasher::Sha256(Sha256::new()),
        }
    }

    /// Digest of `data` in one call.
    pub(crate) fn digest(self, data: &[u8]) -> Vec<u8> {
        let mut hasher = self.hasher();
        hasher.update(data);
        hasher.finish()
    }

    /// Verifies an RSA PKCS#1 v1.5 signature over a message that was hashed already.
    pub(crate) fn check(self, key: &rsa::PublicKey, digest: &[u8], value: &[u8]) -> bool {
        match self {
            Profile::RsaSha1 => key.pkcs1v15_verify_prehash::<Sha1>(digest, value).is_ok(),
            Profile::RsaSha256 => key.pkcs1v15_verify_prehash::<Sha256>(digest, value).is_ok(),
        }
    }

    /// Signs a message that was hashed already.
    pub(crate) fn seal(self, key: &rsa::PrivateKey, digest: &[u8]) -> rsa::Result<Vec<u8>> {
        match self {
            Profile::RsaSha1 => key.pkcs1v15_sign_prehash::<Sha1>(digest),
            Profile::RsaSha256 => key.pkcs1v15_sign_prehash::<Sha256>(digest),
        }
    }
}

impl std::fmt::Display for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A digest being computed.
pub(crate) enum Hasher {
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Hasher {
    pub(crate) fn update(&mut self, data: &[u8]) {
        match self {
            Hasher::Sha1(hasher) => hasher.update(data),
            Hasher::Sha256(hasher) => hasher.update(data),
        }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        match self {
            Hasher::Sha1(hasher) => hasher.finalize().to_vec(),
            Hasher::Sha256(hasher) => hasher.finalize().to_vec(),
        }
    }
}
