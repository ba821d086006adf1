//! Checks that a certificate chains to a trusted one.

use crate::certificate::Certificate;

/// Most issuers above a signer: two in between and the trusted one.
const MAX_ISSUERS: usize = 3;

/// Returns `true` if `signer` is in the trust list itself, or up to three issuing steps lead from
/// it to a member that may issue certificates. `others` are certificates sent along that may serve
/// as intermediates. With a date, every issuer on the path must be valid on it.
pub(crate) fn is_trusted(
    signer: &Certificate,
    others: &[Certificate],
    trust: &[Certificate],
    now: Option<&str>,
) -> bool {
    trust.contains(signer) || climb(signer, others, trust, now, 0)
}

fn climb(from: &Certificate, others: &[Certificate], trust: &[Certificate], now: Option<&str>, below: usize) -> bool {
    if below == MAX_ISSUERS {
        return false;
    }
    let issues = |issuer: &Certificate, trusted: bool| {
        issuer.may_issue(below, trusted) && is_current(issuer, now) && from.issued_by(issuer)
    };
    trust.iter().any(|issuer| issues(issuer, true))
        || others
            .iter()
            .any(|issuer| issuer != from && issues(issuer, false) && climb(issuer, others, trust, now, below + 1))
}

/// Returns `true` if a date (`YYYY-MM-DD`) is within a certificate's validity, or if there is no date.
pub(crate) fn is_current(certificate: &Certificate, now: Option<&str>) -> bool {
    now.is_none_or(|now| certificate.not_before().as_str() <= now && now <= certificate.not_after().as_str())
}
