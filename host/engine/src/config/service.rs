//! What other systems may ask of the host over HTTP: `[service]` and `[pay179]`. Both are off without `listen`.

use std::net::SocketAddr;
use std::path::PathBuf;

use cebridge_pay179::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The signing service for other systems.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Service {
    /// Address and port; without it nothing listens. An address that others reach needs `certificate` and `key`.
    #[schemars(extend("format" = "address-and-port"))]
    pub listen: Option<SocketAddr>,
    /// PEM file: the server's certificate and its issuers'.
    pub certificate: Option<PathBuf>,
    /// PEM file: the server's private key.
    pub key: Option<PathBuf>,
    /// PEM file: issuers of client certificates; with it a client shows a certificate beside its token.
    pub client_ca: Option<PathBuf>,
    /// Requests at work at once.
    pub requests: Option<usize>,
    /// Seconds for a request.
    pub timeout: Option<u64>,
    /// Who may use it.
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
    /// Address and port that customs calls, plain HTTP; without it nothing listens.
    #[schemars(extend("format" = "address-and-port"))]
    pub listen: Option<SocketAddr>,
    /// Where signed payment data is uploaded to.
    pub upload_url: Option<String>,
    /// PEM file with the issuers that vouch for `upload-url`; without it those of the public web.
    pub upload_trust: Option<PathBuf>,
    /// Folder: `orders/ORDERNO.json` holds the data of an order, `requests/` what customs asked for.
    pub folder: PathBuf,
    /// The enterprise whose key signs, by id or code; needed with several enterprises.
    pub enterprise: Option<String>,
    /// Signing method over the one that the key gives.
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
