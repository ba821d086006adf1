//! Mutual TLS 1.3 between agent and gateway: both show a certificate of the same configured authority.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use serde::Deserialize;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use zeroize::Zeroizing;

/// Largest PEM file read, in bytes.
const MAX_FILE: u64 = 1024 * 1024;
/// Longest name of an agent.
const MAX_NAME: usize = 64;

/// The PEM files of one side.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TlsFiles {
    /// Certificates of the authority that the other side's certificate must come from.
    pub ca: PathBuf,
    /// Own certificate, followed by its intermediates if there are any.
    pub certificate: PathBuf,
    /// Own private key, not encrypted (`PRIVATE KEY`), readable by its owner only.
    pub key: PathBuf,
}

/// Why TLS can't be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file can't be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A private key that others than its owner may read.
    #[error("{} can be read by others than its owner; run: chmod 600 {}", path.display(), path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// A file without what is looked for.
    #[error("{} holds no {wanted} in PEM form: {reason}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        wanted: &'static str,
        /// Why it is not there.
        reason: String,
    },
    /// Certificates, key and authority don't go together.
    #[error("certificate {} and its key are of no use for TLS: {reason}", path.display())]
    Setup {
        /// The certificate.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// The gateway's side: only clients with a certificate of the authority come through the handshake.
pub(crate) fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, TlsError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let setup = |reason: String| TlsError::Setup {
        path: files.certificate.clone(),
        reason,
    };
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots(&files.ca)?), Arc::clone(&provider))
        .build()
        .map_err(|error| setup(error.to_string()))?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| setup(error.to_string()))?
        .with_client_cert_verifier(verifier)
        .with_single_cert(certificates(&files.certificate)?, private_key(&files.key)?)
        .map_err(|error| setup(error.to_string()))?;
    // Every connection shows its certificate anew; agents connect rarely.
    config.send_tls13_tickets = 0;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// The agent's side.
pub(crate) fn connector(files: &TlsFiles) -> Result<TlsConnector, TlsError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let setup = |error: rustls::Error| TlsError::Setup {
        path: files.certificate.clone(),
        reason: error.to_string(),
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])
        .map_err(setup)?
        .with_root_certificates(roots(&files.ca)?)
        .with_client_auth_cert(certificates(&files.certificate)?, private_key(&files.key)?)
        .map_err(setup)?;
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The name of an agent: the common name of its certificate or, without one, the first DNS name. What it says of itself
/// does not count.
pub(crate) fn agent_name(certificate: &CertificateDer<'_>) -> Result<String, String> {
    let parsed = x509_cert::Certificate::from_der(certificate).map_err(|error| error.to_string())?;
    let tbs = parsed.tbs_certificate();
    let common = tbs.subject().common_name().map_err(|error| error.to_string())?;
    let name = match common {
        Some(name) => name.value().to_string(),
        None => match tbs.get_extension::<SubjectAltName>() {
            Ok(Some((_, names))) => names
                .0
                .iter()
                .find_map(|name| match name {
                    GeneralName::DnsName(name) => Some(name.as_str().to_owned()),
                    _ => None,
                })
                .unwrap_or_default(),
            _ => String::new(),
        },
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    match !name.is_empty() && name.len() <= MAX_NAME && name.chars().all(plain) {
        true => Ok(name),
        false => Err(format!(
            "its certificate names no agent: the common name must have 1 to {MAX_NAME} letters, digits, dots, hyphens \
             and underscores"
        )),
    }
}

fn roots(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| TlsError::Pem {
            path: path.to_owned(),
            wanted: "certificate of an authority",
            reason: error.to_string(),
        })?;
    }
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bytes = read(path, false)?;
    let pem = |reason: String| TlsError::Pem {
        path: path.to_owned(),
        wanted: "certificate",
        reason,
    };
    let found: Vec<_> = CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<_, _>>()
        .map_err(|error| pem(error.to_string()))?;
    match found.is_empty() {
        true => Err(pem("there is no block CERTIFICATE".to_owned())),
        false => Ok(found),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let bytes = read(path, true)?;
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| TlsError::Pem {
        path: path.to_owned(),
        wanted: "private key without encryption",
        reason: error.to_string(),
    })
}

/// Reads a file; a secret one must be closed to others, which is looked up on the open file.
fn read(path: &Path, secret: bool) -> Result<Zeroizing<Vec<u8>>, TlsError> {
    let fail = |source| TlsError::Read {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(fail)?;
    let metadata = file.metadata().map_err(fail)?;
    if secret && exposed(&metadata) {
        return Err(TlsError::Exposed { path: path.to_owned() });
    }
    if metadata.len() > MAX_FILE {
        return Err(fail(io::Error::other(format!("it has more than {MAX_FILE} bytes"))));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(
        usize::try_from(metadata.len()).unwrap_or_default() + 1,
    ));
    file.take(MAX_FILE).read_to_end(&mut bytes).map_err(fail)?;
    Ok(bytes)
}

#[cfg(unix)]
fn exposed(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o077 != 0
}

/// Elsewhere, access lists of the system protect the file; they can't be judged here.
#[cfg(not(unix))]
fn exposed(_metadata: &std::fs::Metadata) -> bool {
    false
}
