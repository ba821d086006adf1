//! Parses a `Signature` and checks that it has exactly the one accepted form.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::c14n::C14N_URI;
use crate::dsig::{ENVELOPED, Element, shown};
use crate::key_info;
use crate::parts::Parts;
use crate::profile::{Profile, Profiles};
use crate::verdict::{Reason, ReasonCode};

/// Parses a `Signature`; every deviation from the one accepted form becomes a reason.
pub(crate) fn read(signature: &Element, profiles: &Profiles, reasons: &mut Vec<Reason>) -> Parts {
    let mut check = Check { profiles, reasons };
    let mut parts = Parts::default();
    check.shape(signature, &["SignedInfo", "SignatureValue", "KeyInfo?"], &["Id"]);
    if let Some(info) = signature.child("SignedInfo") {
        check.signed_info(info, &mut parts);
    }
    if let Some(value) = signature.child("SignatureValue") {
        check.shape(value, &[], &["Id"]);
        parts.value = check.base64(value);
    }
    if let Some(info) = signature.child("KeyInfo") {
        key_info::read(info, &mut parts, check.reasons);
    }
    parts
}

struct Check<'r> {
    profiles: &'r Profiles,
    reasons: &'r mut Vec<Reason>,
}

impl Check<'_> {
    fn add(&mut self, code: ReasonCode, detail: impl Into<String>) {
        self.reasons.push(Reason::new(code, detail));
    }

    /// Checks children (in order, `?` marks an optional one), attributes and text of an element.
    fn shape(&mut self, element: &Element, children: &[&str], attributes: &[&str]) {
        let name = &element.name;
        let mut rest = element.children.iter().map(|child| child.name.as_str()).peekable();
        for wanted in children {
            let optional = wanted.strip_suffix('?');
            if rest.next_if_eq(&optional.unwrap_or(wanted)).is_none() && optional.is_none() {
                // Only the first missing or misplaced child is reported.
                return self.add(
                    ReasonCode::Malformed,
                    format!("{name} must contain {} in this order", children.join(", ")),
                );
            }
        }
        if let Some(other) = rest.next() {
            let detail = format!("{name} must not contain {} here", shown(other));
            self.add(ReasonCode::Malformed, detail);
        }
        for (known, _) in &element.attributes {
            if !attributes.contains(&known.as_str()) {
                let shown = if known.is_empty() {
                    "of another namespace"
                } else {
                    known
                };
                self.add(ReasonCode::Malformed, format!("unknown attribute {shown} on {name}"));
            }
        }
        self.quiet(element, !element.children.is_empty() || !children.is_empty());
    }

    /// Refuses text between elements.
    fn quiet(&mut self, element: &Element, structured: bool) {
        if structured && !element.compact().is_empty() {
            let detail = format!("text between the elements of {}", element.name);
            self.add(ReasonCode::Malformed, detail);
        }
    }

    /// Reads an element that has only an `Algorithm`.
    fn algorithm<'e>(&mut self, element: &'e Element) -> &'e str {
        self.shape(element, &[], &["Algorithm"]);
        self.quiet(element, true);
        match element.attribute("Algorithm") {
            Some(uri) => uri,
            None => {
                self.add(ReasonCode::Malformed, format!("{} without Algorithm", element.name));
                ""
            }
        }
    }

    fn signed_info(&mut self, info: &Element, parts: &mut Parts) {
        let references = info.named("Reference").count();
        if references > 1 {
            let detail = format!("{references} References; exactly one, to the whole document, is accepted");
            self.add(ReasonCode::ReferenceUri, detail);
        } else {
            self.shape(
                info,
                &["CanonicalizationMethod", "SignatureMethod", "Reference"],
                &["Id"],
            );
        }
        if let Some(method) = info.child("CanonicalizationMethod") {
            let uri = self.algorithm(method);
            if uri != C14N_URI {
                self.add(
                    ReasonCode::Canonicalization,
                    format!("canonicalization {uri:?}; only {C14N_URI} is accepted"),
                );
            }
        }
        if let Some(reference) = info.child("Reference") {
            self.reference(reference, parts);
        }
        if let Some(method) = info.child("SignatureMethod") {
            self.algorithm(method).clone_into(&mut parts.method_uri);
            self.profile(parts);
        }
    }

    fn reference(&mut self, reference: &Element, parts: &mut Parts) {
        let shape = ["Transforms?", "DigestMethod", "DigestValue"];
        self.shape(reference, &shape, &["Id", "URI", "Type"]);
        match reference.attribute("URI") {
            Some("") => {}
            Some(uri) => self.add(
                ReasonCode::ReferenceUri,
                format!("Reference to {uri:?}; only URI=\"\", the whole document, is accepted"),
            ),
            None => self.add(ReasonCode::ReferenceUri, "Reference without URI"),
        }
        self.transforms(reference);
        if let Some(method) = reference.child("DigestMethod") {
            self.algorithm(method).clone_into(&mut parts.digest_uri);
        }
        if let Some(value) = reference.child("DigestValue") {
            self.shape(value, &[], &[]);
            parts.digest = self.base64(value);
        }
    }

    /// Sets the profile that has both algorithms; other combinations are refused.
    fn profile(&mut self, parts: &mut Parts) {
        parts.profile = self.profiles.by_uris(&parts.method_uri, &parts.digest_uri).cloned();
        if parts.profile.is_some() {
            return;
        }
        let uri = &parts.method_uri;
        let detail = match self.profiles.iter().any(|profile| profile.signature_uri() == uri) {
            true => format!("digest {:?} does not go with signature {uri:?}", parts.digest_uri),
            false => {
                let known: Vec<&str> = self.profiles.iter().map(Profile::signature_uri).collect();
                format!(
                    "signature method {uri:?} is not accepted; accepted: {}",
                    known.join(", ")
                )
            }
        };
        self.add(ReasonCode::Algorithm, detail);
    }

    fn transforms(&mut self, reference: &Element) {
        let mut uris = Vec::new();
        if let Some(transforms) = reference.child("Transforms") {
            if transforms.children.iter().any(|child| child.name != "Transform") {
                self.add(ReasonCode::Malformed, "Transforms must contain Transform only");
            }
            if !transforms.attributes.is_empty() {
                self.add(ReasonCode::Malformed, "Transforms must not have attributes");
            }
            self.quiet(transforms, true);
            for transform in transforms.named("Transform") {
                uris.push(transform.attribute("Algorithm").unwrap_or_default());
                if uris == [ENVELOPED] {
                    self.algorithm(transform);
                }
            }
        }
        if uris != [ENVELOPED] {
            self.add(
                ReasonCode::Transforms,
                format!("transforms {uris:?}; exactly {ENVELOPED} is accepted"),
            );
        }
    }

    fn base64(&mut self, element: &Element) -> Option<Vec<u8>> {
        let decoded = STANDARD
            .decode(element.compact())
            .ok()
            .filter(|bytes| !bytes.is_empty());
        if decoded.is_none() {
            self.add(ReasonCode::Malformed, format!("{} is not Base64", element.name));
        }
        decoded
    }
}
