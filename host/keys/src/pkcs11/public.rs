//! Numeric parts of a certificate's public key, for comparison with the token's key.

use cebridge_signature::Certificate;
use rsa::pkcs1::RsaPublicKeyRef;
use x509_cert::der::Decode;

/// The bytes of the certificate's public key: PKCS#1 of an RSA key, the point of an SM2 key.
pub(super) fn bytes(certificate: &Certificate) -> Option<Vec<u8>> {
    let parsed = x509_cert::Certificate::from_der(certificate.der()).ok()?;
    let info = parsed.tbs_certificate().subject_public_key_info();
    info.subject_public_key.as_bytes().map(<[u8]>::to_vec)
}

/// The modulus of the certificate's RSA key, big-endian without leading zeros.
pub(super) fn modulus(certificate: &Certificate) -> Option<Vec<u8>> {
    let bytes = bytes(certificate)?;
    let parts = RsaPublicKeyRef::from_der(&bytes).ok()?;
    Some(stripped(parts.modulus.as_bytes()))
}

/// A big-endian number without leading zeros.
pub(super) fn stripped(number: &[u8]) -> Vec<u8> {
    number.iter().copied().skip_while(|byte| *byte == 0).collect()
}

/// Number of bits of a big-endian number without leading zeros.
pub(super) fn bits(number: &[u8]) -> usize {
    number
        .first()
        .map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}
