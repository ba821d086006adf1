//! A verdict for programs: the JSON of `cebridge verify` and of the signing service.

use serde::Serialize;

use crate::profile::Profile;
use crate::verdict::Verdict;

/// A verdict with everything known about the signature, in output order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// The verified file; null if there is none.
    pub file: Option<String>,
    /// `true` if the signature is valid.
    pub valid: bool,
    /// Names of the tolerated faults.
    pub tolerated: Vec<&'static str>,
    /// Profile used.
    pub profile: Option<String>,
    /// Subject of the signer's certificate.
    pub signer: Option<String>,
    /// `KeyName` as sent.
    pub key_name: Option<String>,
    /// Serial number of the certificate.
    pub serial: Option<String>,
    /// First day of its validity, `YYYY-MM-DD`.
    pub not_before: Option<String>,
    /// Last day of its validity, `YYYY-MM-DD`.
    pub not_after: Option<String>,
    /// `true` if it chains to the trust list; null without one.
    pub trusted: Option<bool>,
    /// All reasons against the signature.
    pub reasons: Vec<ReportedReason>,
}

/// A reason against a signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportedReason {
    /// Stable word, see [`crate::ReasonCode::as_str`] and [`crate::Cause::as_str`].
    pub code: &'static str,
    /// Human-readable details.
    pub detail: String,
}

impl From<Verdict> for Report {
    fn from(verdict: Verdict) -> Report {
        Report {
            file: None,
            valid: verdict.valid,
            tolerated: verdict.tolerated.iter().map(|fault| fault.as_str()).collect(),
            profile: verdict.profile.as_ref().map(Profile::name).map(str::to_owned),
            signer: verdict.signer,
            key_name: verdict.key_name,
            serial: verdict.serial,
            not_before: verdict.not_before,
            not_after: verdict.not_after,
            trusted: verdict.trusted,
            reasons: verdict
                .reasons
                .into_iter()
                .map(|reason| ReportedReason {
                    code: reason.code.as_str(),
                    detail: reason.detail,
                })
                .collect(),
        }
    }
}
