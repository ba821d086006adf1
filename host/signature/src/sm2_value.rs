//! Conversion between the two encodings of an SM2 signature.

use sm2::dsa::Signature;

/// Length in bytes of the form customs requires: r‖s.
pub(crate) const RAW_BYTES: usize = 64;

/// r‖s as a DER `SEQUENCE` of two numbers; `None` if the bytes are not a signature.
pub fn to_der(raw: &[u8]) -> Option<Vec<u8>> {
    Some(Signature::from_slice(raw).ok()?.to_der().as_bytes().to_vec())
}

/// A DER `SEQUENCE` of two numbers as r‖s; `None` if the bytes are not a signature.
pub fn from_der(der: &[u8]) -> Option<Vec<u8>> {
    Some(Signature::from_der(der).ok()?.to_vec())
}
