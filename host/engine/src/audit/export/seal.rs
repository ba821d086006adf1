//! Signs an export so that OpenSSL alone can verify it.

use super::super::contents::sha256;
use super::super::export_key::export_key;
use super::super::{AuditError, file};
use super::bundle::Bundle;
use super::cms;
use crate::config::{Config, Enterprise};
use crate::error::EngineError;
use cebridge_keys::{KeyPlace, Secrets, open};
use cebridge_signature::{Certificate, KeyKind, SigningKey};
use ed25519_dalek::Signer as _;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{EncodePrivateKey, EncodePublicKey, KeypairBytes};
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// The signer of an export.
pub enum Seal {
    /// An RSA key file of the enterprise: `SHA256SUMS.p7s`.
    Cms {
        /// The key.
        key: Arc<dyn SigningKey>,
        /// Its certificate.
        certificate: Certificate,
        /// The certificate's issuers, if included.
        chain: Vec<Certificate>,
    },
    /// A key for exports: `SHA256SUMS.sig`.
    Ed25519(Box<ed25519_dalek::SigningKey>),
}

impl Seal {
    /// Chooses the key in `file`, else the RSA key file of the enterprise, else the configured export key.
    ///
    /// # Errors
    /// No key is configured, or the first one found can't be used.
    pub fn choose(
        config: &Config,
        enterprise: Option<&Enterprise>,
        file: Option<&Path>,
        secrets: &dyn Secrets,
    ) -> Result<Self, EngineError> {
        if let Some(file) = file {
            return Self::of_file(file);
        }
        let only = || match config.all_enterprises() {
            [only] => Some(only),
            _ => None,
        };
        let enterprise = enterprise.or_else(only);
        if let Some(seal) = enterprise
            .map(|one| Self::of_enterprise(config, one, secrets))
            .transpose()?
            .flatten()
        {
            return Ok(seal);
        }
        if let Some(file) = &config.record.export_key {
            return Self::of_file(&config.path(file));
        }
        let reason = match enterprise {
            Some(one) => format!("the enterprise {} has no RSA key in a file", one.id()),
            None => "there are several enterprises and none was named".to_owned(),
        };
        Err(AuditError::NoSeal { reason }.into())
    }

    /// Reads an Ed25519 key from a PEM file that only its owner may read.
    fn of_file(path: &Path) -> Result<Self, EngineError> {
        Ok(Self::Ed25519(Box::new(export_key(path)?)))
    }

    /// Opens the first RSA key of an enterprise that is in a file and has a certificate.
    fn of_enterprise(
        config: &Config,
        enterprise: &Enterprise,
        secrets: &dyn Secrets,
    ) -> Result<Option<Self>, EngineError> {
        for source in config.keys_of(enterprise) {
            if !matches!(source.place, KeyPlace::File { .. }) {
                continue;
            }
            let opened = open(&source, secrets, None).map_err(|error| AuditError::Sealing(error.to_string()))?;
            if let (KeyKind::Rsa { .. }, Some(certificate)) = (opened.key.kind(), opened.certificate) {
                return Ok(Some(Self::Cms {
                    key: opened.key,
                    certificate,
                    chain: opened.chain,
                }));
            }
        }
        Ok(None)
    }

    /// Returns the signer's name, for display.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Cms { certificate, .. } => {
                format!("certificate {} of {}", certificate.serial_hex(), certificate.subject())
            }
            Self::Ed25519(key) => match key.verifying_key().to_public_key_der() {
                Ok(der) => format!("export key, SHA-256 of its public half {}", sha256(der.as_bytes())),
                Err(_) => "export key".to_owned(),
            },
        }
    }

    /// Signs and finishes an export.
    pub(super) fn put(&self, bundle: Bundle<'_>, at: Timestamp) -> Result<(), EngineError> {
        bundle.seal(|list| {
            let failed = |reason: String| EngineError::from(AuditError::Sealing(reason));
            Ok(match self {
                Self::Cms {
                    key,
                    certificate,
                    chain,
                } => {
                    let signature = cms::sign(&**key, certificate, chain, list, at).map_err(failed)?;
                    vec![("SHA256SUMS.p7s", signature)]
                }
                Self::Ed25519(key) => vec![
                    ("SHA256SUMS.sig", key.sign(list).to_bytes().to_vec()),
                    ("export-key.pub.pem", public_pem(key)?.into_bytes()),
                ],
            })
        })
    }
}

fn public_pem(key: &ed25519_dalek::SigningKey) -> Result<String, EngineError> {
    let pem = key.verifying_key().to_public_key_pem(LineEnding::LF);
    Ok(pem.map_err(|error| AuditError::Sealing(error.to_string()))?)
}

/// Makes a key for exports: the private half in a new file that only its owner may read, the public half beside it with
/// the suffix `.pub`. Returns the public file and the SHA-256 of its key, to be made known to auditors.
///
/// # Errors
/// One of the files exists or can't be written.
pub fn keygen(path: &Path) -> Result<(PathBuf, String), EngineError> {
    let secret = Zeroizing::new(rand::random::<[u8; 32]>());
    let key = ed25519_dalek::SigningKey::from_bytes(&secret);
    let mut public = path.as_os_str().to_owned();
    public.push(".pub");
    let public = PathBuf::from(public);
    if public.exists() {
        return Err(AuditError::Exists { path: public }.into());
    }
    // Without the public half inside: OpenSSL 3.0 can't read keys that include it.
    let pair = KeypairBytes {
        secret_key: *secret,
        public_key: None,
    };
    let failed = |error: &dyn std::fmt::Display| AuditError::Sealing(error.to_string());
    let pem = pair.to_pkcs8_pem(LineEnding::LF).map_err(|error| failed(&error))?;
    file::write(path, pem.as_bytes())?;
    file::write(&public, public_pem(&key)?.as_bytes())?;
    let der = key
        .verifying_key()
        .to_public_key_der()
        .map_err(|error| failed(&error))?;
    Ok((public, sha256(der.as_bytes())))
}
