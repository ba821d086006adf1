//! One key of an enterprise, as its configuration describes it.

use serde::Deserialize;
use std::path::PathBuf;

/// Where a key lies.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", deny_unknown_fields, rename_all = "kebab-case")]
pub enum KeyEntry {
    /// A file with a private key, and one with its certificate.
    #[serde(rename_all = "kebab-case")]
    File {
        /// The private key.
        key: PathBuf,
        /// The certificate.
        certificate: Option<PathBuf>,
        /// Environment variable with the password of an encrypted key; `CEBRIDGE_KEY_PASSWORD` where none is named.
        password_env: Option<String>,
    },
}
