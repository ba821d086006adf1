//! TLS of the signing service: the server's certificate, and client certificates if required.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

/// Files of a TLS server.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// PEM file: the server's certificate and those of its issuers.
    pub certificate: PathBuf,
    /// PEM file: the server's private key, not encrypted.
    pub key: PathBuf,
    /// PEM file: issuers of client certificates. If set, every client must present a certificate from one of them.
    pub client_ca: Option<PathBuf>,
}

/// Error setting up TLS.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file can't be read or lacks the expected contents.
    #[error("cannot use {path} as {what}: {reason}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The expected contents.
        what: &'static str,
        /// The reason.
        reason: String,
    },
    /// Certificate and key don't work together.
    #[error("TLS refuses certificate and key: {0}; both must belong together and be of a usual kind")]
    Refused(String),
}

/// The crypto provider of all TLS connections here.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// Reads the certificates of a PEM file; at least one.
pub(crate) fn certificates(path: &Path, what: &'static str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let fail = |reason: String| TlsError::File {
        path: path.to_owned(),
        what,
        reason,
    };
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path)
        .map_err(|error| fail(error.to_string()))?
        .collect();
    let found = found.map_err(|error| fail(error.to_string()))?;
    if found.is_empty() {
        return Err(fail("it holds no PEM block CERTIFICATE".to_owned()));
    }
    Ok(found)
}

/// Server for TLS 1.2 and 1.3 with the configured certificate.
pub(crate) fn server(files: &TlsFiles) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = certificates(&files.certificate, "the server's certificate")?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| TlsError::File {
        path: files.key.clone(),
        what: "the server's private key",
        reason: error.to_string(),
    })?;
    let refused = |error: &dyn std::fmt::Display| TlsError::Refused(error.to_string());
    let builder = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| refused(&error))?;
    let builder = match &files.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(path, "issuers of client certificates")? {
                roots.add(certificate).map_err(|error| refused(&error))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
                .build()
                .map_err(|error| refused(&error))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder.with_single_cert(chain, key).map_err(|error| refused(&error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
