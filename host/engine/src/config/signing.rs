//! Key, certificate and signature settings of a single enterprise: `[signing]`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Key and certificate of the enterprise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Signing {
    /// PEM or PKCS#12 file with the private key; its password comes from `CEBRIDGE_KEY_PASSWORD` or a prompt.
    pub key: Option<PathBuf>,
    /// PEM file with the certificate.
    pub certificate: Option<PathBuf>,
    /// Signature algorithm profile; if not set, the first one that the edition allows and the key supports.
    pub profile: Option<String>,
    /// PEM file with the certificates whose signatures are trusted.
    pub trust: Option<PathBuf>,
    /// Version of the announcement that sets the end of a transition, `chinese-text` or `english-text`; if not set, the
    /// rule pack decides.
    pub transition_reading: Option<String>,
    /// Profiles outside the specification, by the customs district code (4 digits) of the port that wants them.
    pub ports: BTreeMap<String, String>,
}
