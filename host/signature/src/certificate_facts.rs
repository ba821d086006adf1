//! Certificate facts for a signature policy: validity period and kind of key.

use x509_cert::time::Time;

use crate::certificate::Certificate;
use crate::public_key::PublicKey;
use crate::signing_key::KeyKind;

/// Validity period and kind of key of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertificateFacts {
    /// First second of validity, in seconds since 1970-01-01T00:00:00Z.
    pub not_before: i64,
    /// Last second of validity, in seconds since 1970-01-01T00:00:00Z.
    pub not_after: i64,
    /// Kind of the public key; `None` for kinds that no profile uses.
    pub key: Option<KeyKind>,
}

impl Certificate {
    /// The facts about this certificate that a signature policy needs.
    #[must_use]
    pub fn facts(&self) -> CertificateFacts {
        let validity = self.validity();
        CertificateFacts {
            not_before: seconds(&validity.not_before),
            not_after: seconds(&validity.not_after),
            key: self.public_key().map(PublicKey::kind),
        }
    }
}

/// Certificates expire in the year 9999 at the latest, so this fits.
fn seconds(time: &Time) -> i64 {
    i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
}
