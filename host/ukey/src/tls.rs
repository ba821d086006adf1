//! Mutual TLS 1.3 between agent and gateway: both present a certificate from the same configured authority.

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
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use cebridge_keys::{SecretFileError, read_secret};

/// Most bytes read of a certificate file.
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

/// Error setting up TLS.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file can't be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A private key that is unreadable, or readable by others.
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    /// A file lacks the expected PEM block.
    #[error("{} holds no {wanted} in PEM form: {reason}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// The expected block.
        wanted: &'static str,
        /// The reason.
        reason: String,
    },
    /// Certificates, key and authority don't match.
    #[error("certificate {} and its key are of no use for TLS: {reason}", path.display())]
    Setup {
        /// The certificate.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
}

/// The gateway's side: only clients with a certificate from the authority pass the handshake.
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
    // Every connection presents its certificate again; agents connect rarely.
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

/// The name of an agent: the common name of its certificate or, without one, the first DNS name. Its own claims do not
/// count.
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
    let bytes = read(path)?;
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
    let bytes = read_secret(path)?;
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| TlsError::Pem {
        path: path.to_owned(),
        wanted: "private key without encryption",
        reason: error.to_string(),
    })
}

/// Reads a file that holds no secret.
fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    let fail = |source| TlsError::Read {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_FILE).read_to_end(&mut bytes))
        .map_err(fail)?;
    Ok(bytes)
}

/// TLS handshake, and the name in the client's certificate.
pub(crate) async fn secure(
    acceptor: &TlsAcceptor,
    stream: TcpStream,
) -> Result<(TlsStream<TcpStream>, String), String> {
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let stream = acceptor
        .accept(stream)
        .await
        .map_err(|error| format!("no TLS: {error}"))?;
    let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
    let certificate = certificates.first().ok_or("it shows no certificate")?;
    let name = agent_name(certificate)?;
    Ok((stream, name))
}
