//! Makes self-signed identities: a fresh RSA key with its certificate, for demonstrations and tests.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use rand::Rng;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::EncodePrivateKey;
use sha2::Sha256;
use x509_cert::builder::{Builder, CertificateBuilder, profile::BuilderProfile};
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, KeyUsages};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use x509_cert::time::Validity;
use zeroize::Zeroizing;

use crate::certificate::{Certificate, encode};
use crate::key::{KeyError, PrivateKey, check_size};
use crate::pem;

/// How long a generated certificate lasts: ten years, longer than any demonstration.
const LIFETIME: Duration = Duration::from_secs(3652 * 24 * 60 * 60);

/// The two files of an identity.
pub struct IdentityPems {
    /// The private key, PKCS#8 without encryption. A secret.
    pub key_pem: Zeroizing<String>,
    /// The certificate.
    pub certificate_pem: String,
}

impl fmt::Debug for IdentityPems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityPems")
            .field("certificate_pem", &self.certificate_pem)
            .finish_non_exhaustive()
    }
}

/// Makes an RSA key of `bits` bits (1024 to 8192) and a self-signed certificate for it, with a
/// random serial number of 8 hexadecimal digits like those of the customs cards. `subject` is a
/// distinguished name (`CN=Shop,O=Example`) or, without `=`, a common name.
pub fn generate_identity(subject: &str, bits: usize) -> Result<(PrivateKey, Certificate, IdentityPems), KeyError> {
    check_size(bits)?;
    let name = subject_name(subject)?;
    let failed = |error: &dyn fmt::Display| KeyError::Generate(error.to_string());
    let key = rsa::PrivateKey::new(&mut rand::rng(), bits).map_err(|error| failed(&error))?;
    let signing = SigningKey::<Sha256>::new(key.clone());
    let public = SubjectPublicKeyInfoOwned::from_key(&key.to_public_key()).map_err(|error| failed(&error))?;
    // The top bit stays clear (a serial is positive), the next one is set (always 8 digits).
    let serial = SerialNumber::from((rand::rng().next_u32() >> 2) | 0x4000_0000);
    let validity = Validity::from_now(LIFETIME).map_err(|error| failed(&error))?;
    let built = CertificateBuilder::new(SelfSigned { name }, serial, validity, public)
        .and_then(|builder| builder.build(&signing))
        .map_err(|error| failed(&error))?;
    let certificate = encode(&built)
        .map_err(|error| failed(&error))
        .and_then(|der| Certificate::from_der(&der).map_err(|error| failed(&error)))?;
    let der = key.to_pkcs8_der().map_err(|error| failed(&error))?;
    let pems = IdentityPems {
        key_pem: pem::encode("PRIVATE KEY", der.as_bytes()),
        certificate_pem: certificate.to_pem(),
    };
    Ok((PrivateKey::from_rsa(key), certificate, pems))
}

fn subject_name(subject: &str) -> Result<Name, KeyError> {
    let text = match subject.contains('=') {
        true => subject.to_owned(),
        false => format!("CN={subject}"),
    };
    match Name::from_str(&text) {
        Ok(name) if !name.is_empty() => Ok(name),
        Ok(_) => Err(KeyError::Subject("it is empty".to_owned())),
        Err(error) => Err(KeyError::Subject(error.to_string())),
    }
}

/// A signer's certificate: good for signatures, not for issuing others.
struct SelfSigned {
    name: Name,
}

impl BuilderProfile for SelfSigned {
    fn get_issuer(&self, subject: &Name) -> Name {
        subject.clone()
    }

    fn get_subject(&self) -> Name {
        self.name.clone()
    }

    fn build_extensions(
        &self,
        _key: SubjectPublicKeyInfoRef<'_>,
        _issuer_key: SubjectPublicKeyInfoRef<'_>,
        tbs: &x509_cert::TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        let usage = KeyUsage(KeyUsages::DigitalSignature | KeyUsages::NonRepudiation);
        let basic = BasicConstraints {
            ca: false,
            path_len_constraint: None,
        };
        let extensions = vec![
            basic.to_extension(tbs.subject(), &[])?,
            usage.to_extension(tbs.subject(), &[])?,
        ];
        Ok(extensions)
    }
}
