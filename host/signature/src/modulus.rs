//! The size of RSA numbers.

use rsa::traits::PublicKeyParts;

/// Size of a modulus in bits.
pub(crate) fn modulus_bits(key: &impl PublicKeyParts) -> usize {
    significant_bits(&key.n_bytes())
}

/// Number of bits of a big-endian number.
pub(crate) fn significant_bits(bytes: &[u8]) -> usize {
    match bytes.iter().position(|byte| *byte != 0) {
        Some(first) => {
            let rest = bytes.get(first..).unwrap_or_default();
            let leading = rest.first().map_or(0, |byte| byte.leading_zeros() as usize);
            rest.len() * 8 - leading
        }
        None => 0,
    }
}
