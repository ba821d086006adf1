//! The errors of opening the services.

use std::net::SocketAddr;
use std::path::PathBuf;

use cebridge_engine::config::ConfigError;
use cebridge_signature::CertificateError;

use crate::auth::TokenError;
use crate::flow::store::StoreError;
use crate::flow::upload::UploadError;
use crate::tls::TlsError;

/// Error opening a service.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A non-loopback address without TLS.
    #[error(
        "[service] listen = \"{0}\" can be reached from other machines without TLS; set certificate and key in [service], \
         or listen on 127.0.0.1"
    )]
    OpenWithoutTls(SocketAddr),
    /// Some settings of TLS are missing.
    #[error("[service] certificate and key go together, and client-ca needs both; set all that are missing")]
    IncompleteTls,
    /// TLS can't be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// No client is configured.
    #[error("[service] has no client; add [[service.clients]] with name, token-sha256 and enterprises")]
    NoClient,
    /// A client is configured wrongly.
    #[error(transparent)]
    Client(#[from] TokenError),
    /// The file of trusted certificates can't be read.
    #[error("cannot read {}: {source}", path.display())]
    Trust {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The file of trusted certificates holds something else.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// No address for payment data is configured.
    #[error("[pay179] upload-url is missing; set the address that customs gave for realTimeDataUpload")]
    NoUploadUrl,
    /// Uploads can't be set up.
    #[error(transparent)]
    Upload(#[from] UploadError),
    /// The enterprise that signs payment data is not configured, or is one of several.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The enterprise that signs payment data has no key.
    #[error("[pay179] needs a key of {0} to sign by")]
    NoPaymentKey(String),
    /// The store for customs' requests failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address is taken or forbidden.
    #[error("cannot listen on {address}: {source}; choose another address, or give the program the right to use it")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The reason.
        source: std::io::Error,
    },
    /// The threads can't be started.
    #[error("cannot start the threads of the HTTP interface: {0}")]
    Threads(std::io::Error),
}
