//! Signatures of other forms than ours, correctly made: only their form can be the reason to refuse them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cebridge_signature::c14n::{C14N_URI, Comments, Part, canonicalize};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::victim::{HEAD, Identity, ORDER, TAIL};

/// Namespace of XML signatures.
pub(crate) const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
/// The one accepted transform.
pub(crate) const ENVELOPED: &str =
    "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>";
/// Signature methods.
pub(crate) const RSA_SHA1: &str = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
pub(crate) const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
/// Digest methods.
pub(crate) const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";
pub(crate) const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

/// A hash that is really computed, whatever the message names.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
}

impl Hash {
    pub(crate) fn of(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(data).to_vec(),
            Self::Sha256 => Sha256::digest(data).to_vec(),
        }
    }
}

/// All that can be different about a signature.
pub(crate) struct Form<'f> {
    /// The element `CanonicalizationMethod`.
    pub(crate) canonicalization: String,
    /// How `SignedInfo` is really canonicalised.
    pub(crate) exclusive: bool,
    /// The element `SignatureMethod`.
    pub(crate) method: String,
    /// The hash really signed.
    pub(crate) signature_hash: Hash,
    /// Attributes of `Reference`.
    pub(crate) reference: &'f str,
    /// What stands in `Transforms`; `None` for no such element.
    pub(crate) transforms: Option<&'f str>,
    /// The element `DigestMethod`.
    pub(crate) digest_method: String,
    /// The hash really computed.
    pub(crate) digest_hash: Hash,
    /// What is hashed instead of the canonical document without its signature.
    pub(crate) digested: Option<Vec<u8>>,
    /// Stands behind the reference, inside of `SignedInfo`.
    pub(crate) more: &'f str,
    /// The element `KeyInfo`; the signer's when there is nothing else.
    pub(crate) key_info: Option<String>,
    /// Stands at the end of the signature.
    pub(crate) object: &'f str,
    /// What precedes the signature in its parent, and what follows.
    pub(crate) before: String,
    pub(crate) after: String,
}

impl Default for Form<'_> {
    /// The accepted form over the usual order.
    fn default() -> Self {
        Self {
            canonicalization: algorithm("CanonicalizationMethod", C14N_URI),
            exclusive: false,
            method: algorithm("SignatureMethod", RSA_SHA256),
            signature_hash: Hash::Sha256,
            reference: "URI=\"\"",
            transforms: Some(ENVELOPED),
            digest_method: algorithm("DigestMethod", SHA256),
            digest_hash: Hash::Sha256,
            digested: None,
            more: "",
            key_info: None,
            object: "",
            before: format!("{HEAD}{ORDER}"),
            after: TAIL.to_owned(),
        }
    }
}

/// An element that names an algorithm.
pub(crate) fn algorithm(element: &str, uri: &str) -> String {
    format!("<ds:{element} Algorithm=\"{uri}\"/>")
}

/// Canonical form of a document.
pub(crate) fn canonical(xml: &str) -> Vec<u8> {
    canonicalize(xml, Part::Document, Comments::Drop).unwrap()
}

impl Form<'_> {
    /// The message, signed by this identity.
    pub(crate) fn sign(&self, by: &Identity) -> String {
        self.sign_with(by, |signed_info| by_key(&by.rsa, self.signature_hash, signed_info))
    }

    /// The message, with the signature value that `value` makes from the canonical `SignedInfo`.
    pub(crate) fn sign_with(&self, by: &Identity, value: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
        let (before, after) = (&self.before, &self.after);
        let digested = match &self.digested {
            Some(bytes) => bytes.clone(),
            None => canonical(&format!("{before}{after}")),
        };
        let digest = STANDARD.encode(self.digest_hash.of(&digested));
        let transforms = self
            .transforms
            .map(|inside| format!("<ds:Transforms>{inside}</ds:Transforms>"))
            .unwrap_or_default();
        let body = format!(
            "{}{}<ds:Reference {}>{transforms}{}<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>{}</ds:SignedInfo>",
            self.canonicalization, self.method, self.reference, self.digest_method, self.more
        );
        let key_info = self.key_info.clone().unwrap_or_else(|| by.key_info());
        let open = format!("{before}<ds:Signature xmlns:ds=\"{DSIG}\">");
        let close = format!("{key_info}{}</ds:Signature>{after}", self.object);
        let unsigned = format!("{open}<ds:SignedInfo>{body}{close}");
        let signed_info = match self.exclusive {
            // The prefix of the signature is the only one used.
            true => canonical(&format!("<ds:SignedInfo xmlns:ds=\"{DSIG}\">{body}")),
            false => canonicalize(&unsigned, Part::Element(open.len()), Comments::Drop).unwrap(),
        };
        let value = STANDARD.encode(value(&signed_info));
        format!("{open}<ds:SignedInfo>{body}<ds:SignatureValue>{value}</ds:SignatureValue>{close}")
    }
}

/// An RSA PKCS#1 v1.5 signature.
pub(crate) fn by_key(key: &rsa::PrivateKey, hash: Hash, message: &[u8]) -> Vec<u8> {
    let digest = hash.of(message);
    let signed = match hash {
        Hash::Sha1 => key.pkcs1v15_sign_prehash::<Sha1>(&digest),
        Hash::Sha256 => key.pkcs1v15_sign_prehash::<Sha256>(&digest),
    };
    signed.unwrap()
}
