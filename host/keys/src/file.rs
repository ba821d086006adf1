//! Key files: PEM and PKCS#12 in, a key that signs and its certificates out.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cebridge_signature::{Certificate, CertificateError, KeyError, PrivateKey, PublicKey, SigningKey};
use p12_keystore::{Pkcs12Archive, error::Error as P12Error};
use zeroize::Zeroizing;

use crate::secret_file::{MAX_BYTES, SecretFileError, read_secret};

/// The contents of a key file.
pub struct FileKey {
    /// The key, wiped from memory when dropped.
    pub key: Arc<dyn SigningKey>,
    /// Its public half.
    pub public: PublicKey,
    /// The key's certificate, if the file (or its companion) holds one.
    pub certificate: Option<Certificate>,
    /// The other certificates, usually issuers, in file order.
    pub chain: Vec<Certificate>,
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileKey")
            .field("kind", &self.key.kind())
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

/// An unusable key or certificate file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Refused, or not readable.
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    /// The key in it cannot be used.
    #[error("{path}: {source}")]
    Key {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: KeyError,
    },
    /// A certificate cannot be used.
    #[error("{path}: {source}")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: CertificateError,
    },
    /// Neither PEM nor PKCS#12.
    #[error("{path} is neither PEM nor PKCS#12 ({reason})")]
    Format {
        /// The file.
        path: PathBuf,
        /// The PKCS#12 parser's message.
        reason: String,
    },
    /// A PKCS#12 file without a private key.
    #[error("{path} holds no private key, only certificates; export it again together with its key")]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// A PKCS#12 file with more than one private key.
    #[error("{path} holds {count} private keys; keep one, because which one is meant cannot be guessed")]
    SeveralKeys {
        /// The file.
        path: PathBuf,
        /// Their number.
        count: usize,
    },
    /// None of the certificates belongs to the key.
    #[error("the private key of {key} fits none of the certificates in {certificates}")]
    NoMatch {
        /// The key file.
        key: PathBuf,
        /// The file with the certificates.
        certificates: PathBuf,
    },
}

/// Reads a key file: PEM (`PRIVATE KEY`, `ENCRYPTED PRIVATE KEY`, `RSA PRIVATE KEY`, `EC PRIVATE KEY`) or PKCS#12
/// (RFC 7292; encrypted with PBES2, or with 3DES or RC2 by older programs). `certificate` names a second file with the
/// certificate and its issuers, PEM or DER; without it, those in the key file are used. `password` is called at most
/// once, and only if the file needs one.
///
/// The file is refused if anyone but its owner has access, see [`crate::read_secret`]. The PKCS#12 parser does not wipe
/// its own buffers; where that matters, keep the key as encrypted PKCS#8
/// (`openssl pkcs12 -in OLD -nocerts | openssl pkcs8 -topk8 -v2 aes-256-cbc -out NEW`).
///
/// # Errors
/// [`FileError`]; a wrong password is [`KeyError::WrongPassword`], a missing one [`KeyError::PasswordMissing`].
pub fn load_key(
    path: &Path,
    certificate: Option<&Path>,
    password: &dyn Fn() -> Option<Zeroizing<String>>,
) -> Result<FileKey, FileError> {
    let bytes = read_secret(path)?;
    let (key, own) = match std::str::from_utf8(&bytes) {
        Ok(text) if text.contains("-----BEGIN ") => from_pem(path, text, password)?,
        _ => from_pkcs12(path, &bytes, password)?,
    };
    let (certificates, origin) = match certificate {
        Some(other) => (load_certificates(other)?, other),
        None => (own, path),
    };
    let (certificate, chain) = sort_out(path, &key, certificates, origin)?;
    let public = key.public_key().map_err(|source| FileError::Key {
        path: path.to_owned(),
        source,
    })?;
    Ok(FileKey {
        key: Arc::new(key),
        public,
        certificate,
        chain,
    })
}

/// Reads the certificates of a file: one or more in PEM, or one in DER. Certificates are public, so the file's
/// permissions are not checked.
///
/// # Errors
/// [`FileError`] if the file cannot be read or holds no usable certificate.
pub fn load_certificates(path: &Path) -> Result<Vec<Certificate>, FileError> {
    let io = |source| SecretFileError::Io {
        path: path.to_owned(),
        source,
    };
    if std::fs::metadata(path).map_err(io)?.len() > MAX_BYTES {
        return Err(SecretFileError::TooLarge { path: path.to_owned() }.into());
    }
    let bytes = std::fs::read(path).map_err(io)?;
    let found = match std::str::from_utf8(&bytes) {
        Ok(text) => Certificate::all_from_pem(text),
        Err(_) => Certificate::from_der(&bytes).map(|one| vec![one]),
    };
    found.map_err(|source| FileError::Certificate {
        path: path.to_owned(),
        source,
    })
}

fn from_pem(
    path: &Path,
    text: &str,
    password: &dyn Fn() -> Option<Zeroizing<String>>,
) -> Result<(PrivateKey, Vec<Certificate>), FileError> {
    let key = match PrivateKey::from_pem(text, None) {
        Err(KeyError::PasswordMissing) => {
            let given = password();
            PrivateKey::from_pem(text, given.as_ref().map(|text| text.as_str()))
        }
        other => other,
    };
    let key = key.map_err(|source| FileError::Key {
        path: path.to_owned(),
        source,
    })?;
    let certificates = match Certificate::all_from_pem(text) {
        Err(CertificateError::NoCertificate) => Vec::new(),
        other => other.map_err(|source| FileError::Certificate {
            path: path.to_owned(),
            source,
        })?,
    };
    Ok((key, certificates))
}

fn from_pkcs12(
    path: &Path,
    bytes: &[u8],
    password: &dyn Fn() -> Option<Zeroizing<String>>,
) -> Result<(PrivateKey, Vec<Certificate>), FileError> {
    let key_error = |source| FileError::Key {
        path: path.to_owned(),
        source,
    };
    // DER starts with a SEQUENCE; anything else is not worth asking for a password.
    if bytes.first() != Some(&0x30) {
        return Err(FileError::Format {
            path: path.to_owned(),
            reason: "no DER sequence at its start".to_owned(),
        });
    }
    let password = password().ok_or_else(|| key_error(KeyError::PasswordMissing))?;
    let archive = Pkcs12Archive::from_pkcs12(bytes, &password).map_err(|error| match error {
        P12Error::MacError(_) | P12Error::Pkcs5Error(_) | P12Error::UnpadError => key_error(KeyError::WrongPassword),
        P12Error::UnsupportedEncryptionScheme | P12Error::UnsupportedMacAlgorithm => FileError::Format {
            path: path.to_owned(),
            reason: format!("{error}; export it again with AES-256, for example with openssl's defaults"),
        },
        other => FileError::Format {
            path: path.to_owned(),
            reason: other.to_string(),
        },
    })?;
    let bag = match archive.keys.as_slice() {
        [one] => one,
        [] => return Err(FileError::NoKey { path: path.to_owned() }),
        several => {
            return Err(FileError::SeveralKeys {
                path: path.to_owned(),
                count: several.len(),
            });
        }
    };
    let key = PrivateKey::from_pkcs8_der(bag.key.as_der()).map_err(key_error)?;
    let certificates = archive
        .certs
        .iter()
        .map(|bag| Certificate::from_der(bag.cert.as_der()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| FileError::Certificate {
            path: path.to_owned(),
            source,
        })?;
    Ok((key, certificates))
}

/// Finds the key's certificate; unless the list is empty, one must match.
fn sort_out(
    path: &Path,
    key: &PrivateKey,
    mut certificates: Vec<Certificate>,
    origin: &Path,
) -> Result<(Option<Certificate>, Vec<Certificate>), FileError> {
    if certificates.is_empty() {
        return Ok((None, certificates));
    }
    let public = key.public_key().map_err(|source| FileError::Key {
        path: path.to_owned(),
        source,
    })?;
    match certificates.iter().position(|one| one.public_key() == Some(&public)) {
        Some(index) => {
            let own = certificates.remove(index);
            Ok((Some(own), certificates))
        }
        None => Err(FileError::NoMatch {
            key: path.to_owned(),
            certificates: origin.to_owned(),
        }),
    }
}
