//! What a signature policy asks of a certificate: when it is valid, and what kind of key it is for.

use x509_cert::time::Time;

use crate::certificate::Certificate;
use crate::public_key::PublicKey;
use crate::signing_key::KeyKind;

/// When a certificate is valid, and what kind of key it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertificateFacts {
    /// First second of validity, in seconds since 1970-01-01T00:00:00Z.
    pub not_before: i64,
    /// Last second of validity, in seconds since 1970-01-01T00:00:00Z.
    pub not_after: i64,
    /// Kind of the public key; `None` for kinds that no profile signs by.
    pub key: Option<KeyKind>,
}

impl Certificate {
    /// The facts about this certificate that a signature policy asks for.
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

/// Certificates end in the year 9999 at the latest, which fits.
fn seconds(time: &Time) -> i64 {
    i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
}
