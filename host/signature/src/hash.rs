//! The hash functions of the profiles.

use std::fmt;

use sha1::Sha1;
use sha2::Sha256;
use sha2::digest::{Digest, DynDigest};
use sm3::Sm3;

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hash {
    /// SHA-1, 20 bytes. Not collision-resistant; customs still lists it for RSA.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
    /// SM3 (GB/T 32905), 32 bytes.
    Sm3,
}

impl Hash {
    /// All of them.
    pub const ALL: [Hash; 3] = [Hash::Sha1, Hash::Sha256, Hash::Sm3];

    /// Name used in rule files: `sha1`, `sha256` or `sm3`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Hash::Sha1 => "sha1",
            Hash::Sha256 => "sha256",
            Hash::Sm3 => "sm3",
        }
    }

    /// Length of a digest in bytes.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Hash::Sha1 => 20,
            Hash::Sha256 | Hash::Sm3 => 32,
        }
    }

    /// Digest of `data`.
    #[must_use]
    pub fn digest(self, data: &[u8]) -> Vec<u8> {
        let mut hasher = self.hasher();
        hasher.update(data);
        hasher.finish()
    }

    /// Starts a digest.
    pub(crate) fn hasher(self) -> Hasher {
        Hasher(match self {
            Hash::Sha1 => Box::new(Sha1::new()),
            Hash::Sha256 => Box::new(Sha256::new()),
            Hash::Sm3 => Box::new(Sm3::new()),
        })
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A digest being computed.
pub(crate) struct Hasher(Box<dyn DynDigest>);

impl Hasher {
    pub(crate) fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0.finalize().into_vec()
    }
}
