//! Generates self-signed identities: a fresh key with its certificate, for demonstrations and tests.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use rand::Rng;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::EncodePrivateKey;
use sha2::Sha256;
use sm2::SecretKey;
use sm2::dsa::signature::RandomizedSigner;
use sm2::dsa::{Signature, SigningKey as Sm2Key};
use sm2::elliptic_curve::Generate;
use x509_cert::builder::{Builder, CertificateBuilder, profile::BuilderProfile};
use x509_cert::der::DateTime;
use x509_cert::der::asn1::BitString;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, KeyUsages};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use x509_cert::time::{Time, Validity};
use zeroize::Zeroizing;

use crate::certificate::{Certificate, encode};
use crate::key::PrivateKey;
use crate::key_error::{KeyError, check_size};
use crate::pem;
use crate::signing_key::KeyKind;
use crate::sm2_user_id::SM2_USER_ID;

/// Lifetime of a generated certificate: ten years, longer than any demonstration.
const LIFETIME: Duration = Duration::from_secs(3652 * 24 * 60 * 60);

/// The two files of an identity.
pub struct IdentityPems {
    /// The private key, as unencrypted PKCS#8. A secret.
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

/// Generates an RSA key of `bits` bits (1024 to 8192) and a self-signed certificate for it, with a
/// random serial number of 8 hexadecimal digits like those of the customs cards. `subject` is a
/// distinguished name (`CN=Shop,O=Example`) or, without `=`, a common name.
pub fn generate_identity(subject: &str, bits: usize) -> Result<(PrivateKey, Certificate, IdentityPems), KeyError> {
    generate(subject, KeyKind::Rsa { bits }, usual_validity()?)
}

/// Generates an SM2 key and a self-signed certificate for it, with a serial number of 16 hexadecimal digits like those
/// of the customs cards. `subject` as for [`generate_identity`].
pub fn generate_sm2_identity(subject: &str) -> Result<(PrivateKey, Certificate, IdentityPems), KeyError> {
    generate(subject, KeyKind::Sm2, usual_validity()?)
}

/// Generates an identity with a certificate valid from `first` through `last`, both `YYYY-MM-DD` (UTC).
pub fn generate_dated_identity(
    subject: &str,
    kind: KeyKind,
    first: &str,
    last: &str,
) -> Result<(PrivateKey, Certificate, IdentityPems), KeyError> {
    let time = |day: &str, time: &str| {
        DateTime::from_str(&format!("{day}T{time}Z"))
            .and_then(|parsed| Time::try_from(parsed.to_system_time()))
            .map_err(|error| KeyError::Generate(format!("{day:?} is not a day: {error}")))
    };
    let validity = Validity::new(time(first, "00:00:00")?, time(last, "23:59:59")?);
    generate(subject, kind, validity)
}

fn usual_validity() -> Result<Validity, KeyError> {
    Validity::from_now(LIFETIME).map_err(failed)
}

fn failed(error: impl fmt::Display) -> KeyError {
    KeyError::Generate(error.to_string())
}

fn generate(
    subject: &str,
    kind: KeyKind,
    validity: Validity,
) -> Result<(PrivateKey, Certificate, IdentityPems), KeyError> {
    let profile = SelfSigned {
        name: subject_name(subject)?,
    };
    // The top bit stays clear (a serial is positive), the next one is set (always the same number of digits).
    let random = rand::rng().next_u64();
    let (key, built, der) = match kind {
        KeyKind::Rsa { bits } => {
            check_size(bits)?;
            let key = rsa::PrivateKey::new(&mut rand::rng(), bits).map_err(failed)?;
            let signing = SigningKey::<Sha256>::new(key.clone());
            let public = SubjectPublicKeyInfoOwned::from_key(&key.to_public_key()).map_err(failed)?;
            let serial = SerialNumber::from((random >> 34) as u32 | 0x4000_0000);
            let built = CertificateBuilder::new(profile, serial, validity, public)
                .and_then(|builder| builder.build(&signing))
                .map_err(failed)?;
            let der = key.to_pkcs8_der().map_err(failed)?;
            (PrivateKey::from_rsa(key)?, built, der)
        }
        KeyKind::Sm2 => {
            let key = SecretKey::generate_from_rng(&mut rand::rng());
            let signing = Sm2Key::new(SM2_USER_ID, &key).map_err(failed)?;
            let public = SubjectPublicKeyInfoOwned::from_key(signing.verifying_key()).map_err(failed)?;
            let serial = SerialNumber::from(random >> 2 | 1 << 62);
            let mut builder = CertificateBuilder::new(profile, serial, validity, public).map_err(failed)?;
            let signed = builder.finalize(&signing).map_err(failed)?;
            let value: Signature = signing.try_sign_with_rng(&mut rand::rng(), &signed).map_err(failed)?;
            // Certificates carry the value as DER, unlike messages.
            let value = BitString::from_bytes(value.to_der().as_bytes()).map_err(failed)?;
            let built = builder.assemble(value, &signing).map_err(failed)?;
            let der = key.to_pkcs8_der().map_err(failed)?;
            (PrivateKey::from_sm2(&key)?, built, der)
        }
    };
    let certificate = encode(&built)
        .map_err(failed)
        .and_then(|der| Certificate::from_der(&der).map_err(failed))?;
    let pems = IdentityPems {
        key_pem: pem::encode("PRIVATE KEY", der.as_bytes()),
        certificate_pem: certificate.to_pem(),
    };
    Ok((key, certificate, pems))
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

/// A signer's certificate: valid for signatures, not for issuing others.
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
