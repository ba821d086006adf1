//! What a `Signature` contains.

use crate::profile::Profile;

/// Contents of a `Signature`.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) profile: Option<Profile>,
    pub(crate) method_uri: String,
    pub(crate) digest_uri: String,
    pub(crate) digest: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) key_name: Option<String>,
    /// `X509SubjectName` and the serial number of `X509IssuerSerial`, if sent.
    pub(crate) subject_name: Option<String>,
    pub(crate) issuer_serial: Option<String>,
    /// Decoded `X509Certificate` elements in order; `None` if the text is not Base64.
    pub(crate) certificates: Vec<Option<Vec<u8>>>,
}
