//! `KeyInfo`: not signed, so it may contain only data that identifies the signer.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::certificate::Certificate;
use crate::dsig::{Element, shown};
use crate::parts::Parts;
use crate::verdict::{Reason, ReasonCode};

/// Most certificates sent along: signer, two issuers, and some slack. Arbitrary.
const MAX_CERTIFICATES: usize = 8;
/// Longest name, in characters. Arbitrary; a distinguished name of a certificate has about a hundred.
const MAX_NAME: usize = 1024;

/// Reads one `KeyName` and one `X509Data` with certificates and their names; anything else is a reason, although the
/// official schema allows more.
pub(crate) fn read(info: &Element, parts: &mut Parts, reasons: &mut Vec<Reason>) {
    let mut check = Check { reasons };
    check.structured(info, &["Id"]);
    let mut names = 0;
    let mut data = 0;
    for child in &info.children {
        match child.name.as_str() {
            "KeyName" => {
                names += 1;
                parts.key_name = check.name(child);
            }
            "X509Data" => {
                data += 1;
                check.x509(child, parts);
            }
            other => check.unknown("KeyInfo", other),
        }
    }
    if names > 1 {
        check.add("more than one KeyName");
    }
    if data > 1 {
        check.add("more than one X509Data");
    }
}

/// Returns reasons for names that contradict the signer's certificate.
pub(crate) fn contradictions(parts: &Parts, signer: &Certificate) -> Vec<Reason> {
    let serial = signer.serial_hex();
    let mut found = Vec::new();
    if let Some(name) = &parts.key_name
        && !same_number(name, &serial)
    {
        let detail = format!("KeyName {name:?}, but the certificate's serial number is {serial} in hexadecimal");
        found.push(Reason::new(ReasonCode::KeyNameMismatch, detail));
    }
    if let Some(decimal) = &parts.issuer_serial
        && !in_base(decimal, 10, 16).is_some_and(|number| same_number(&number, &serial))
    {
        let own = in_base(&serial, 16, 10).unwrap_or_default();
        let detail = format!("X509SerialNumber {decimal:?}, but the certificate's serial number is {own} in decimal");
        found.push(Reason::new(ReasonCode::SerialNumberMismatch, detail));
    }
    if let Some(name) = &parts.subject_name
        && !same_subject(name, &signer.subject())
        && !same_subject(name, &signer.subject_in_digits())
    {
        let subject = signer.subject();
        let detail = format!("X509SubjectName {name:?}, but the certificate's subject is {subject:?}");
        found.push(Reason::new(ReasonCode::SubjectNameMismatch, detail));
    }
    found
}

struct Check<'r> {
    reasons: &'r mut Vec<Reason>,
}

impl Check<'_> {
    fn add(&mut self, detail: impl Into<String>) {
        self.reasons.push(Reason::new(ReasonCode::KeyInfo, detail));
    }

    fn x509(&mut self, data: &Element, parts: &mut Parts) {
        self.structured(data, &[]);
        for child in &data.children {
            match child.name.as_str() {
                "X509Certificate" => {
                    self.leaf(child);
                    parts.certificates.push(STANDARD.decode(child.compact()).ok());
                }
                "X509SubjectName" if parts.subject_name.is_none() => parts.subject_name = self.name(child),
                "X509IssuerSerial" if parts.issuer_serial.is_none() => {
                    self.structured(child, &[]);
                    match child.children.as_slice() {
                        [issuer, serial] if issuer.name == "X509IssuerName" && serial.name == "X509SerialNumber" => {
                            self.name(issuer);
                            parts.issuer_serial = self.name(serial);
                        }
                        _ => self.add("X509IssuerSerial must contain X509IssuerName, X509SerialNumber"),
                    }
                }
                "X509SubjectName" | "X509IssuerSerial" => self.add(format!("more than one {}", child.name)),
                other => self.unknown("X509Data", other),
            }
        }
        if parts.certificates.len() > MAX_CERTIFICATES {
            parts.certificates.truncate(MAX_CERTIFICATES);
            self.add(format!("more than {MAX_CERTIFICATES} certificates"));
        }
    }

    /// The text of a name; its element may contain nothing else.
    fn name(&mut self, element: &Element) -> Option<String> {
        self.leaf(element);
        if element.text.chars().count() > MAX_NAME {
            self.add(format!("{} of more than {MAX_NAME} characters", element.name));
            return None;
        }
        Some(element.text.trim().to_owned())
    }

    fn leaf(&mut self, element: &Element) {
        self.attributes(element, &[]);
        if let Some(child) = element.children.first() {
            self.unknown(&element.name, &child.name);
        }
    }

    fn structured(&mut self, element: &Element, attributes: &[&str]) {
        self.attributes(element, attributes);
        if !element.compact().is_empty() {
            self.add(format!("text between the elements of {}", element.name));
        }
    }

    fn attributes(&mut self, element: &Element, known: &[&str]) {
        let mut names = element.attributes.iter().map(|(name, _)| name.as_str());
        if names.any(|name| !known.contains(&name)) {
            self.add(format!("unknown attribute on {}", element.name));
        }
    }

    fn unknown(&mut self, parent: &str, child: &str) {
        let child = shown(child);
        self.add(format!("{parent} must not contain {child}: no signature covers it"));
    }
}

/// Returns `true` if two hexadecimal numbers are equal, ignoring padding and case.
fn same_number(one: &str, two: &str) -> bool {
    one.trim_start_matches('0')
        .eq_ignore_ascii_case(two.trim_start_matches('0'))
}

/// Converts an integer from one base to another; `None` for other text and for numbers longer than any serial number.
fn in_base(number: &str, from: u32, to: u32) -> Option<String> {
    if number.is_empty() || number.len() > 60 {
        return None;
    }
    // Least significant digit first.
    let mut digits: Vec<u32> = Vec::new();
    for c in number.chars() {
        let mut carry = c.to_digit(from)?;
        for digit in &mut digits {
            let value = *digit * from + carry;
            *digit = value % to;
            carry = value / to;
        }
        while carry > 0 {
            digits.push(carry % to);
            carry /= to;
        }
    }
    digits.iter().rev().map(|digit| char::from_digit(*digit, to)).collect()
}

/// Returns `true` if two distinguished names have the same parts. Programs differ in their order and spacing.
fn same_subject(one: &str, two: &str) -> bool {
    let parts = |name: &str| -> Vec<String> {
        name.split([',', '+'])
            .map(|part| {
                part.split('=')
                    .map(str::trim)
                    .collect::<Vec<_>>()
                    .join("=")
                    .to_lowercase()
            })
            .collect()
    };
    let (one, mut two) = (parts(one), parts(two));
    if one == two {
        return true;
    }
    two.reverse();
    one == two
}
