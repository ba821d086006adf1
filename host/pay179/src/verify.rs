//! Verifying a received `payExInfoStr`, strictly, from its bytes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cebridge_signature::{Certificate, sm2_value};

use crate::explain;
use crate::method::Method;
use crate::reason::Reason;
use crate::received::Received;

/// Options of a verification.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The only method accepted; without it those that customs verifies: RSA with SHA-1 and SM2 with SM3.
    pub method: Option<Method>,
    /// Other values of `serviceTime` that a failing signature may have been made with, for its explanation.
    pub other_times: Vec<String>,
}

/// Result of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// `true` if nothing speaks against the signature.
    pub valid: bool,
    /// Everything that does.
    pub reasons: Vec<Reason>,
}

/// Verifies a payload with the certificate that customs has on file for its sender. The string is made from slices of
/// `payload`: one extra blank makes a different string.
///
/// Codes: `malformed`, `not-signed`, `short-name`, `cert-no-mismatch`, `value-encoding`, `value-mismatch`, and the
/// explanations of a mismatch: `algorithm`, `der-value`, `typographic-quotes`, `third-name`, `unquoted-values`,
/// `spacing`, `escapes`, `escaped-json`, `field-order`, `line-end`, `encoding`, `service-time`.
#[must_use]
pub fn verify(payload: &[u8], certificate: &Certificate, options: &Options) -> Verdict {
    let reasons = judge(payload, certificate, options);
    Verdict {
        valid: reasons.is_empty(),
        reasons,
    }
}

fn judge(payload: &[u8], certificate: &Certificate, options: &Options) -> Vec<Reason> {
    let Ok(json) = std::str::from_utf8(payload) else {
        return vec![Reason::new("malformed", "the payload is not UTF-8")];
    };
    let received = match Received::read(json) {
        Ok(received) => received,
        Err(error) => return vec![Reason::new("malformed", error.to_string())],
    };
    let mut reasons = Vec::new();
    if received.short_name() {
        let detail = "the lists are uploaded as payExchangeInfoList; customs takes payExchangeInfoLists";
        reasons.push(Reason::new("short-name", detail));
    }
    reasons.extend(cert_no(received.cert_no.as_deref(), certificate));
    let Some(text) = received.sign_value.as_deref().filter(|text| !text.is_empty()) else {
        reasons.push(Reason::new("not-signed", "the payload carries no signValue"));
        return reasons;
    };
    let Ok(value) = STANDARD.decode(text) else {
        let detail = "signValue is not Base64 on one line with its padding";
        reasons.push(Reason::new("value-encoding", detail));
        return reasons;
    };
    let accepted: Vec<Method> = match options.method {
        Some(method) => vec![method],
        None => vec![Method::RsaSha1, Method::Sm2Sm3],
    };
    let fits = |methods: &[Method], message: &[u8], value: &[u8]| {
        let mut methods = methods.iter();
        methods.any(|method| certificate.verify(method.scheme(), message, value))
    };
    let string = received.signing_string();
    if fits(&accepted, string.as_bytes(), &value) {
        return reasons;
    }
    let detail = "signValue does not fit the string made from the bytes received and this certificate";
    reasons.push(Reason::new("value-mismatch", detail));
    let other = Method::ALL
        .into_iter()
        .find(|method| !accepted.contains(method) && certificate.verify(method.scheme(), string.as_bytes(), &value));
    if let Some(method) = other {
        let wanted: Vec<&str> = accepted.iter().map(|method| method.name()).collect();
        let detail = format!("it was signed by {method}; accepted are {}", wanted.join(", "));
        reasons.push(Reason::new("algorithm", detail));
        return reasons;
    }
    if let Some(raw) = sm2_value::from_der(&value)
        && fits(&accepted, string.as_bytes(), &raw)
    {
        let detail = "the SM2 value is DER; customs wants the 64 bytes r‖s";
        reasons.push(Reason::new("der-value", detail));
        return reasons;
    }
    reasons.extend(explain::mismatch(&received, json, &options.other_times, |message| {
        fits(&accepted, message, &value)
    }));
    reasons
}

fn cert_no(given: Option<&str>, certificate: &Certificate) -> Option<Reason> {
    let serial = certificate.serial_hex();
    let plain = |text: &str| text.trim_start_matches('0').to_ascii_lowercase();
    match given.filter(|text| !text.is_empty()) {
        None => Some(Reason::new("cert-no-mismatch", "certNo is missing")),
        Some(text) if plain(text) == plain(&serial) => None,
        Some(_) => {
            let detail = format!("certNo is not the serial number {serial} of this certificate");
            Some(Reason::new("cert-no-mismatch", detail))
        }
    }
}
