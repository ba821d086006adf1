//! What a `Signature` states, and whether it has exactly the one accepted form.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::c14n::C14N_URI;
use crate::dsig::{ENVELOPED, Element};
use crate::profile::{Profile, Profiles};
use crate::verify::{Reason, ReasonCode};

/// Most certificates sent along: signer, two issuers, and some slack. Arbitrary.
const MAX_CERTIFICATES: usize = 8;

/// What a `Signature` states.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) profile: Option<Profile>,
    pub(crate) digest: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    /// Offset of `SignedInfo`.
    pub(crate) signed_info: usize,
    pub(crate) key_name: Option<String>,
    /// Decoded `X509Certificate` elements in order; `None` where the text is not Base64.
    pub(crate) certificates: Vec<Option<Vec<u8>>>,
}

/// Takes a `Signature` apart; whatever differs from the one accepted form becomes a reason.
pub(crate) fn read(signature: &Element, profiles: &Profiles, reasons: &mut Vec<Reason>) -> Parts {
    let mut check = Check { profiles, reasons };
    let mut parts = Parts::default();
    check.shape(signature, &["SignedInfo", "SignatureValue", "KeyInfo?"], &["Id"]);
    if let Some(info) = check.child(signature, "SignedInfo") {
        parts.signed_info = info.offset;
        check.signed_info(info, &mut parts);
    }
    if let Some(value) = check.child(signature, "SignatureValue") {
        check.shape(value, &[], &["Id"]);
        parts.value = check.base64(value);
    }
    if let Some(info) = signature.named("KeyInfo").next() {
        check.key_info(info, &mut parts);
    }
    parts
}

struct Check<'r> {
    profiles: &'r Profiles,
    reasons: &'r mut Vec<Reason>,
}

impl Check<'_> {
    fn add(&mut self, code: ReasonCode, detail: impl Into<String>) {
        self.reasons.push(Reason {
            code,
            detail: detail.into(),
        });
    }

    /// Checks children (in order, `?` marks an optional one), attributes and text of an element.
    fn shape(&mut self, element: &Element, children: &[&str], attributes: &[&str]) {
        let name = &element.name;
        let mut rest = element.children.iter().map(|child| child.name.as_str()).peekable();
        for wanted in children {
            let optional = wanted.strip_suffix('?');
            if rest.next_if_eq(&optional.unwrap_or(wanted)).is_none() && optional.is_none() {
                // A missing or misplaced child is reported once, by the first one that fails.
                return self.add(
                    ReasonCode::Malformed,
                    format!("{name} must contain {} in this order", children.join(", ")),
                );
            }
        }
        if let Some(other) = rest.next() {
            let other = if other.is_empty() {
                "an element of another namespace"
            } else {
                other
            };
            self.add(ReasonCode::Malformed, format!("{name} must not contain {other} here"));
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

    /// No comments anywhere, no text between elements.
    fn quiet(&mut self, element: &Element, structured: bool) {
        let name = &element.name;
        if element.noise {
            let detail = format!("comment or processing instruction inside of {name}");
            self.add(ReasonCode::Malformed, detail);
        }
        if structured && !element.compact().is_empty() {
            self.add(ReasonCode::Malformed, format!("text between the elements of {name}"));
        }
    }

    /// The first child of a name; its absence was reported with the shape.
    fn child<'e>(&mut self, element: &'e Element, name: &'static str) -> Option<&'e Element> {
        element.children.iter().find(|child| child.name == name)
    }

    /// An element that has nothing but an `Algorithm`.
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
        if let Some(method) = self.child(info, "CanonicalizationMethod") {
            let uri = self.algorithm(method);
            if uri != C14N_URI {
                self.add(
                    ReasonCode::Canonicalization,
                    format!("canonicalization {uri:?}; only {C14N_URI} is accepted"),
                );
            }
        }
        let mut method_uri = String::new();
        if let Some(method) = self.child(info, "SignatureMethod") {
            method_uri = self.algorithm(method).to_owned();
            if !self.profiles.iter().any(|known| known.signature_uri() == method_uri) {
                let known: Vec<&str> = self.profiles.iter().map(Profile::signature_uri).collect();
                let known = known.join(" or ");
                let detail = format!("signature method {method_uri:?} is unknown; accepted: {known}");
                self.add(ReasonCode::Algorithm, detail);
                method_uri.clear();
            }
        }
        if let Some(reference) = self.child(info, "Reference") {
            self.reference(reference, &method_uri, parts);
        }
    }

    fn reference(&mut self, reference: &Element, method_uri: &str, parts: &mut Parts) {
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
        if let Some(method) = self.child(reference, "DigestMethod") {
            let uri = self.algorithm(method);
            // Of a combination that no profile names, neither hash can be meant for sure.
            parts.profile = self.profiles.by_uris(method_uri, uri).cloned();
            if parts.profile.is_none() && !method_uri.is_empty() {
                let detail = format!("digest {uri:?} does not go with signature {method_uri:?}");
                self.add(ReasonCode::Algorithm, detail);
            }
        }
        if let Some(value) = self.child(reference, "DigestValue") {
            self.shape(value, &[], &[]);
            parts.digest = self.base64(value);
        }
    }

    fn transforms(&mut self, reference: &Element) {
        let mut uris = Vec::new();
        if let Some(transforms) = self.child(reference, "Transforms") {
            if transforms.children.iter().any(|child| child.name != "Transform") {
                self.add(ReasonCode::Malformed, "Transforms must contain Transform only");
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

    /// `KeyInfo` is not signed; what is not understood in it is passed over.
    fn key_info(&mut self, info: &Element, parts: &mut Parts) {
        let mut names = info.named("KeyName");
        parts.key_name = names.next().map(|name| name.text.trim().to_owned());
        if names.next().is_some() {
            self.add(ReasonCode::Malformed, "more than one KeyName");
        }
        let certificates = info.named("X509Data").flat_map(|data| data.named("X509Certificate"));
        for certificate in certificates {
            if parts.certificates.len() == MAX_CERTIFICATES {
                let detail = format!("more than {MAX_CERTIFICATES} certificates");
                return self.add(ReasonCode::CertificateMalformed, detail);
            }
            parts.certificates.push(STANDARD.decode(certificate.compact()).ok());
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
