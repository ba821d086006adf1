//! The signing service: its options, its routes, and its work with the engine.

mod refusal;
pub(crate) mod routes;
pub(crate) mod signing;
pub(crate) mod strangers;

use crate::auth::Clients;
use crate::server::Limits;
use crate::tls::TlsFiles;

/// Options of the service: its address and clients.
#[derive(Debug, Clone)]
pub struct ServiceOptions {
    /// Address and port. Without TLS only a loopback address is accepted.
    pub listen: std::net::SocketAddr,
    /// TLS, with or without client certificates.
    pub tls: Option<TlsFiles>,
    /// Authorised clients.
    pub clients: Clients,
    /// Limits.
    pub limits: Limits,
}
