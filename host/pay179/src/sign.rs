//! Signing payment data with any key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cebridge_signature::{Certificate, KeyFault, SigningKey};

use crate::method::Method;
use crate::payload::Unsigned;
use crate::verify::{Options, verify};

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
