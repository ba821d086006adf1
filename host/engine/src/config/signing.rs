//! Key and certificate of a single enterprise, and how its signatures are made: `[signing]`.

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
    /// Algorithm profile; without it the first one that the edition allows and the key can do.
    pub profile: Option<String>,
    /// PEM file with the certificates whose signatures are trusted.
    pub trust: Option<PathBuf>,
    /// How the end of a transition is read, `chinese-text` or `english-text`; without it as the rule pack does.
    pub transition_reading: Option<String>,
    /// A profile outside the specification, by the customs district code (4 digits) of the port that wants it.
    pub ports: BTreeMap<String, String>,
}
