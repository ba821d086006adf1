//! HTTP services for other systems: `[service]` and `[pay179]`. Both are off without `listen`.

use std::net::SocketAddr;
use std::path::PathBuf;

use cebridge_pay179::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The signing service for other systems.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Service {
    /// Address and port; if not set, nothing listens. An address that other machines can reach needs `certificate` and
    /// `key`.
    #[schemars(extend("format" = "address-and-port"))]
    pub listen: Option<SocketAddr>,
    /// PEM file with the server's certificate and those of its issuers.
    pub certificate: Option<PathBuf>,
    /// PEM file with the server's private key.
    pub key: Option<PathBuf>,
    /// PEM file with the issuers of client certificates; if set, a client must show a certificate in addition to its
    /// token.
    pub client_ca: Option<PathBuf>,
    /// Maximum number of concurrent requests.
    pub requests: Option<usize>,
    /// Time limit of a request, in seconds.
    pub timeout: Option<u64>,
    /// Systems that may use the service.
    pub clients: Vec<ServiceClient>,
}

/// A system that may use the signing service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServiceClient {
    /// Name in the log.
    pub name: String,
    /// SHA-256 of its token, hexadecimal. The token itself is not kept.
    pub token_sha256: String,
    /// Customs codes of the enterprises it may sign for.
    pub enterprises: Vec<String>,
}

/// Real-time payment data (Announcements 2018-165 and 2018-179).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Pay179 {
    /// Address and port that customs calls, plain HTTP; if not set, nothing listens.
    #[schemars(extend("format" = "address-and-port"))]
    pub listen: Option<SocketAddr>,
    /// Address to which signed payment data is uploaded.
    pub upload_url: Option<String>,
    /// PEM file with the issuers trusted for `upload-url`; if not set, those of the public web.
    pub upload_trust: Option<PathBuf>,
    /// Folder: `orders/ORDERNO.json` holds the data of an order, `requests/` the requests from customs.
    pub folder: PathBuf,
    /// The enterprise whose key signs, by id or code; required with several enterprises.
    pub enterprise: Option<String>,
    /// Signing method; overrides the one that follows from the key.
    pub method: Option<Method>,
}

impl Default for Pay179 {
    fn default() -> Self {
        Self {
            listen: None,
            upload_url: None,
            upload_trust: None,
            folder: "pay179".into(),
            enterprise: None,
            method: None,
        }
    }
}
