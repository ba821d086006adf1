//! A private key held in memory, as something that signs.

use cebridge_signature::{KeyError, KeyFault, KeyKind, PrivateKey, Profile, Scheme, Signer, SigningKey};

/// An RSA key in memory; it is wiped when dropped.
#[derive(Debug)]
pub(crate) struct MemoryKey {
    bits: usize,
    signer: Signer,
}

impl MemoryKey {
    pub(crate) fn new(key: PrivateKey) -> Result<MemoryKey, KeyError> {
        Ok(MemoryKey {
            bits: key.bits(),
            signer: Signer::new(key, None)?,
        })
    }
}

impl SigningKey for MemoryKey {
    fn kind(&self) -> KeyKind {
        KeyKind::Rsa { bits: self.bits }
    }

    fn sign(&self, scheme: Scheme<'_>, message: &[u8]) -> Result<Vec<u8>, KeyFault> {
        let profile = match scheme {
            Scheme::RsaSha1 => Profile::RsaSha1,
            Scheme::RsaSha256 => Profile::RsaSha256,
            Scheme::Sm2Sm3 { .. } => {
                return Err(KeyFault::WrongKind {
                    kind: self.kind(),
                    scheme: scheme.to_string(),
                });
            }
        };
        self.signer
            .raw_sign(profile, message)
            .map_err(|error| KeyFault::Failed(error.to_string()))
    }
}
