//! The two ways to write an SM2 signature, and from one to the other.

use sm2::dsa::Signature;

/// Length of the value as customs wants it: r‖s.
pub(crate) const RAW_BYTES: usize = 64;

/// r‖s as a DER `SEQUENCE` of two numbers; `None` when the bytes are no signature.
pub fn to_der(raw: &[u8]) -> Option<Vec<u8>> {
    Some(Signature::from_slice(raw).ok()?.to_der().as_bytes().to_vec())
}

/// A DER `SEQUENCE` of two numbers as r‖s; `None` when the bytes are no signature.
pub fn from_der(der: &[u8]) -> Option<Vec<u8>> {
    Some(Signature::from_der(der).ok()?.to_vec())
}
