//! Signing: inserts an enveloped XML-DSig signature into a message and touches nothing else.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::c14n::C14N_URI;
use crate::certificate::Certificate;
use crate::dsig::{DSIG, ENVELOPED};
use crate::key::PrivateKey;
use crate::key_error::KeyError;
use crate::outline::Outline;
use crate::place::Place;
use crate::profile::{Profile, Profiles};
use crate::public_key::PublicKey;
use crate::reader;
use crate::sign_error::SignError;
use crate::signing_key::{KeyKind, SigningKey};
use crate::verify::examine;

/// A private key with its certificate, ready to sign.
#[derive(Debug, Clone)]
pub struct Signer {
    key: Arc<dyn SigningKey>,
    certificate: Option<Certificate>,
    /// The key that replaces a missing certificate when the finished signature is verified.
    public: Option<PublicKey>,
    key_name: Option<String>,
}

impl Signer {
    /// Combines a key in memory with its certificate; refuses a key that does not match. `KeyName` is
    /// the certificate's serial number; without a certificate, a name must be given with
    /// [`Signer::with_key_name`].
    pub fn new(key: PrivateKey, certificate: Option<Certificate>) -> Result<Signer, KeyError> {
        let public = key.public_key()?;
        match certificate {
            Some(certificate) if *known_key(&certificate)? != public => Err(KeyError::CertificateMismatch {
                serial: certificate.serial_hex(),
            }),
            Some(certificate) => Signer::with_key(Arc::new(key), certificate),
            None => Ok(Signer::bare(Arc::new(key), public)),
        }
    }

    /// Combines a key stored elsewhere (hardware module, card) with its certificate. A mismatch is detected at the
    /// first signature: one that the certificate does not verify is withheld.
    pub fn with_key(key: Arc<dyn SigningKey>, certificate: Certificate) -> Result<Signer, KeyError> {
        if known_key(&certificate)?.kind() != key.kind() {
            return Err(KeyError::CertificateMismatch {
                serial: certificate.serial_hex(),
            });
        }
        let key_name = Some(certificate.serial_hex());
        Ok(Signer {
            key,
            certificate: Some(certificate),
            public: None,
            key_name,
        })
    }

    /// A key without a certificate; it needs a name, see [`Signer::with_key_name`].
    pub fn bare(key: Arc<dyn SigningKey>, public: PublicKey) -> Signer {
        Signer {
            key,
            certificate: None,
            public: Some(public),
            key_name: None,
        }
    }

    /// Kind of the signing key.
    pub fn kind(&self) -> KeyKind {
        self.key.kind()
    }

    /// Sets the key name of a signer without a certificate. With one, only its serial number is
    /// accepted.
    pub fn with_key_name(mut self, name: &str) -> Result<Signer, KeyError> {
        if let Some(certificate) = &self.certificate {
            let serial = certificate.serial_hex();
            return match serial == name {
                true => Ok(self),
                false => Err(KeyError::KeyNameMismatch {
                    name: name.to_owned(),
                    serial,
                }),
            };
        }
        let plain = |c: char| !c.is_control() && !c.is_whitespace() && !"<>&\"'".contains(c);
        if name.is_empty() || name.chars().count() > 64 || !name.chars().all(plain) {
            return Err(KeyError::KeyName);
        }
        self.key_name = Some(name.to_owned());
        Ok(self)
    }

    /// The certificate sent with each signature.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// The key itself, for signatures that are not XML.
    pub fn signing_key(&self) -> &dyn SigningKey {
        self.key.as_ref()
    }

    /// Content of `KeyName`.
    pub fn key_name(&self) -> Option<&str> {
        self.key_name.as_deref()
    }

    /// Signs a message. The output is the input without a byte order mark, with one `Signature`
    /// inserted (an existing `Signature` child of the root is replaced); every other byte stays. The
    /// result is read again and verified before it is returned.
    pub fn sign(&self, xml: &[u8], profile: &Profile, place: Place<'_>) -> Result<Vec<u8>, SignError> {
        let signed = self.sign_unverified(xml, profile, place)?;
        self.self_check(&signed, profile)?;
        Ok(signed)
    }

    /// [`Signer::sign`] without reading the result again, for callers that verify the finished bytes themselves before
    /// releasing them. A certificate that belongs to another key is not detected here.
    pub fn sign_unverified(&self, xml: &[u8], profile: &Profile, place: Place<'_>) -> Result<Vec<u8>, SignError> {
        self.seal(xml, profile, |text| Outline::read(text, profile, place))
    }

    fn seal(
        &self,
        xml: &[u8],
        profile: &Profile,
        outline: impl FnOnce(&str) -> Result<Outline, SignError>,
    ) -> Result<Vec<u8>, SignError> {
        let key_name = self.key_name().ok_or(SignError::KeyNameMissing)?;
        let text = reader::strip_bom(reader::decode(xml)?);
        let outline = outline(text)?;
        let body = signed_info_body(profile, &outline.digest);
        let mut canonical = outline.signed_info_tag.clone();
        canonical.extend_from_slice(body.as_bytes());
        let value = self.raw_sign(profile, &canonical)?;
        let signature = self.signature(key_name, &body, &value);
        Ok(outline.insert(text, &signature))
    }

    /// [`Signer::sign_unverified`] for a message whose root element is already in canonical form, preceded by at most
    /// an XML declaration with a line feed and followed by nothing: its bytes are hashed unchanged. Bytes that are not
    /// canonical are detected when the caller verifies the finished message.
    pub fn sign_canonical(&self, xml: &[u8], profile: &Profile, place: Place<'_>) -> Result<Vec<u8>, SignError> {
        self.seal(xml, profile, |text| Outline::of_canonical(text, profile, place))
    }

    /// The private-key operation alone: signs unhashed bytes and returns the value before Base64.
    pub fn raw_sign(&self, profile: &Profile, message: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(profile.seal(self.key.as_ref(), message)?)
    }

    /// The `Signature` element: its only prefix is declared on it and nowhere else, no white space.
    fn signature(&self, key_name: &str, signed_info_body: &str, value: &[u8]) -> String {
        let value = STANDARD.encode(value);
        let certificate = match &self.certificate {
            Some(certificate) => format!(
                "<ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data>",
                STANDARD.encode(certificate.der())
            ),
            None => String::new(),
        };
        format!(
            "<ds:Signature xmlns:ds=\"{DSIG}\"><ds:SignedInfo>{signed_info_body}\
             <ds:SignatureValue>{value}</ds:SignatureValue>\
             <ds:KeyInfo><ds:KeyName>{key_name}</ds:KeyName>{certificate}</ds:KeyInfo>\
             </ds:Signature>"
        )
    }

    /// Verifies the finished message from its bytes, with the public key a receiver would use.
    fn self_check(&self, signed: &[u8], profile: &Profile) -> Result<(), SignError> {
        let verdict = examine(
            signed,
            self.public.as_ref(),
            self.certificate.as_ref(),
            &Profiles::only(profile.clone()),
        );
        if let Some(reason) = verdict.reasons.first() {
            return Err(SignError::SelfCheck(format!("{}: {}", reason.code, reason.detail)));
        }
        if verdict.profile.as_ref() != Some(profile) || verdict.key_name.as_deref() != self.key_name() {
            return Err(SignError::SelfCheck("algorithms or key name differ".to_owned()));
        }
        Ok(())
    }
}

fn known_key(certificate: &Certificate) -> Result<&PublicKey, KeyError> {
    certificate
        .public_key()
        .ok_or_else(|| KeyError::CertificateUnsupported {
            serial: certificate.serial_hex(),
        })
}

/// `SignedInfo` after its start tag. Written in canonical form, so the same bytes are signed and
/// sent.
fn signed_info_body(profile: &Profile, digest: &[u8]) -> String {
    let (signature_uri, digest_uri) = (profile.signature_uri(), profile.digest_uri());
    let digest = STANDARD.encode(digest);
    format!(
        "<ds:CanonicalizationMethod Algorithm=\"{C14N_URI}\"></ds:CanonicalizationMethod>\
         <ds:SignatureMethod Algorithm=\"{signature_uri}\"></ds:SignatureMethod>\
         <ds:Reference URI=\"\"><ds:Transforms>\
         <ds:Transform Algorithm=\"{ENVELOPED}\"></ds:Transform></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"{digest_uri}\"></ds:DigestMethod>\
         <ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::c14n::{self, Comments};
    use crate::identity::generate_identity;

    #[test]
    fn a_signature_that_does_not_verify_is_withheld() {
        let (key, _, _) = generate_identity("CN=one", 1024).unwrap();
        let (_, certificate, _) = generate_identity("CN=two", 1024).unwrap();
        // `Signer::new` would refuse this pair; it simulates a card with another card's certificate.
        let signer = Signer::with_key(Arc::new(key), certificate).unwrap();
        let error = signer.sign(b"<a>x</a>", &Profile::RSA_SHA1, Place::Last).unwrap_err();
        assert!(
            matches!(&error, SignError::SelfCheck(why) if why.starts_with("value-mismatch")),
            "{error}"
        );
    }

    #[test]
    fn a_message_in_canonical_form_is_signed_without_being_read_again() {
        let (key, certificate, _) = generate_identity("CN=one", 1024).unwrap();
        let signer = Signer::new(key, Some(certificate)).unwrap();
        for text in [
            "<a></a>",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a xmlns=\"http://d.example\" x=\"1>0\" xml:lang=\"zh\">示例 &amp; 买家</a>",
            "<c:a xmlns:c=\"http://c.example\"><c:Extend><c:ExtendMessage>x</c:ExtendMessage></c:Extend>\
             <c:ExtendMessage><c:ExtendMessages>y</c:ExtendMessages></c:ExtendMessage></c:a>",
        ] {
            for place in [Place::Last, Place::Before("ExtendMessage")] {
                let (profile, text) = (&Profile::RSA_SHA1, text.as_bytes());
                let read = |signed: Result<Vec<u8>, SignError>| String::from_utf8(signed.unwrap()).unwrap();
                assert_eq!(
                    read(signer.sign_canonical(text, profile, place)),
                    read(signer.sign(text, profile, place))
                );
            }
        }
        let error = signer.sign_canonical(b"", &Profile::RSA_SHA1, Place::Last).unwrap_err();
        assert!(matches!(error, SignError::Xml(_)), "{error}");
    }

    #[test]
    fn signed_info_is_signed_as_it_stands_in_the_message() {
        let (key, certificate, _) = generate_identity("CN=one", 1024).unwrap();
        let signer = Signer::new(key, Some(certificate)).unwrap();
        let text = "<a xmlns='http://d.example' xmlns:z='http://z.example' xmlns:ds='http://x.example' \
                    xml:space='preserve' xml:lang='zh'><b/></a>";
        let outline = Outline::read(text, &Profile::RSA_SHA1, Place::Last).unwrap();
        let mut direct = outline.signed_info_tag.clone();
        direct.extend_from_slice(signed_info_body(&Profile::RSA_SHA1, &outline.digest).as_bytes());
        let signed = signer.sign(text.as_bytes(), &Profile::RSA_SHA1, Place::Last).unwrap();
        let signed = String::from_utf8(signed).unwrap();
        let part = c14n::Part::Element(signed.find("<ds:SignedInfo").unwrap());
        let general = c14n::canonicalize(&signed, part, Comments::Drop).unwrap();
        assert_eq!(String::from_utf8(direct).unwrap(), String::from_utf8(general).unwrap());
    }
}
