//! Whom the attacks are made on: an invented company's key, certificate and signed order.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cebridge_signature::{Certificate, Place, PrivateKey, Profile, Signer, generate_identity};
use rsa::pkcs8::DecodePrivateKey;

/// A key with its certificate.
pub(crate) struct Identity {
    pub(crate) rsa: rsa::PrivateKey,
    pub(crate) certificate: Certificate,
    pub(crate) signer: Signer,
}

impl Identity {
    fn new(subject: &str) -> Self {
        let (_, certificate, pems) = generate_identity(subject, 1024).unwrap();
        let key = PrivateKey::from_pem(&pems.key_pem, None).unwrap();
        Self {
            rsa: rsa::PrivateKey::from_pkcs8_pem(&pems.key_pem).unwrap(),
            signer: Signer::new(key, Some(certificate.clone())).unwrap(),
            certificate,
        }
    }

    /// `KeyInfo` with the identity's name and certificate.
    pub(crate) fn key_info(&self) -> String {
        key_info(&self.certificate.serial_hex(), &[self.certificate.der()])
    }

    /// The certificate as it stands in a message.
    pub(crate) fn certificate_base64(&self) -> String {
        STANDARD.encode(self.certificate.der())
    }
}

/// `KeyInfo` with a name and certificates.
pub(crate) fn key_info(name: &str, certificates: &[&[u8]]) -> String {
    let certificates: String = certificates
        .iter()
        .map(|der| format!("<ds:X509Certificate>{}</ds:X509Certificate>", STANDARD.encode(der)))
        .collect();
    format!("<ds:KeyInfo><ds:KeyName>{name}</ds:KeyName><ds:X509Data>{certificates}</ds:X509Data></ds:KeyInfo>")
}

/// Victim, attacker, and what the victim signed.
pub(crate) struct Victim {
    pub(crate) owner: Identity,
    /// Somebody with a certificate of the same name that nobody trusts.
    pub(crate) attacker: Identity,
    /// The order as the victim signed it.
    pub(crate) signed: String,
}

/// Start of the order: the root's start tag and what precedes it.
pub(crate) const HEAD: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
    "<ceb:CEB311Message xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\" ",
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" ",
    "guid=\"4CDE1CFD-EDED-46B1-946C-B8022E42FC94\" version=\"1.0\">"
);
/// The order itself.
pub(crate) const ORDER: &str = concat!(
    "<ceb:Order><ceb:OrderHead><ceb:orderNo>A-1</ceb:orderNo><ceb:goodsValue>1234</ceb:goodsValue>",
    "<ceb:buyerName>示例 &amp; 买家</ceb:buyerName></ceb:OrderHead></ceb:Order>"
);
/// An order the victim never signed.
pub(crate) const EVIL: &str = concat!(
    "<ceb:Order><ceb:OrderHead><ceb:orderNo>EVIL</ceb:orderNo><ceb:goodsValue>1</ceb:goodsValue>",
    "<ceb:buyerName>x</ceb:buyerName></ceb:OrderHead></ceb:Order>"
);
/// End of the order.
pub(crate) const TAIL: &str = "</ceb:CEB311Message>";

/// The victim, made once.
pub(crate) fn victim() -> &'static Victim {
    static VICTIM: OnceLock<Victim> = OnceLock::new();
    VICTIM.get_or_init(|| {
        let owner = Identity::new("CN=Shop,O=Example");
        let profile = &Profile::RSA_SHA256;
        let signed = owner
            .signer
            .sign(format!("{HEAD}{ORDER}{TAIL}").as_bytes(), profile, Place::Last)
            .unwrap();
        Victim {
            owner,
            attacker: Identity::new("CN=Shop,O=Example"),
            signed: String::from_utf8(signed).unwrap(),
        }
    })
}

impl Victim {
    /// The signed order with one text replaced at its first place; the text must be there.
    #[track_caller]
    pub(crate) fn with(&self, from: &str, to: &str) -> String {
        assert!(self.signed.contains(from), "{from} is not in the signed order");
        self.signed.replacen(from, to, 1)
    }

    /// The `Signature` element.
    pub(crate) fn signature(&self) -> &str {
        let start = self.signed.find("<ds:Signature ").unwrap();
        let end = self.signed.find(TAIL).unwrap();
        &self.signed[start..end]
    }

    /// The text of an element inside of the signature, `ds:DigestValue` for example.
    pub(crate) fn inner(&self, name: &str) -> &str {
        let start = self.signed.find(&format!("<{name}>")).unwrap() + name.len() + 2;
        let end = self.signed.find(&format!("</{name}>")).unwrap();
        &self.signed[start..end]
    }

    /// A message with this content before the victim's signature.
    pub(crate) fn around(&self, before: &str, after: &str) -> String {
        format!("{HEAD}{before}{}{after}{TAIL}", self.signature())
    }
}
