//! The configuration file `cebridge.toml`: every setting with a default that works without a file.

mod service;

pub use service::{Pay179, Service, ServiceClient};

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The whole configuration. Relative paths are relative to the folder of the file.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// The enterprise that transmits.
    pub enterprise: Enterprise,
    /// Folders and files.
    pub paths: Paths,
    /// Key and certificate.
    pub signing: Signing,
    /// How documents become messages.
    pub declare: Declare,
    /// Rules: severities and effective dates.
    pub rules: Rules,
    /// Delivery: retries and their limits.
    pub delivery: Delivery,
    /// The signing service for other systems; off by default.
    pub service: Service,
    /// Real-time payment data for customs; off by default.
    pub pay179: Pay179,
    /// Settings handed to mappers, by name of the mapper.
    pub mapper: BTreeMap<String, BTreeMap<String, String>>,
    /// Folder that relative paths start from; set by [`Config::load`].
    #[serde(skip)]
    pub base: PathBuf,
}

/// The enterprise in `BaseTransfer` and in the envelope.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Enterprise {
    /// `copCode` 传输企业代码, up to 18 characters.
    pub code: String,
    /// `copName` 传输企业名称, up to 100 characters.
    pub name: String,
    /// `dxpId` 报文传输编号 and `SenderId` of the envelope, up to 16 characters there.
    pub dxp_id: String,
    /// `ReceiverId` of import messages: the customs side of the exchange platform.
    pub receiver_id: String,
    /// `ReceiverId` of export messages.
    pub export_receiver_id: String,
}

impl Enterprise {
    /// `ReceiverId` for messages of a direction, as the catalogue has it: `import`, `export` or `both`.
    #[must_use]
    pub fn receiver(&self, direction: &str) -> &str {
        if direction == "export" {
            &self.export_receiver_id
        } else {
            &self.receiver_id
        }
    }
}

impl Default for Enterprise {
    fn default() -> Self {
        Self {
            code: String::new(),
            name: String::new(),
            dxp_id: String::new(),
            receiver_id: "DXPEDCCEB0000002".to_owned(),
            export_receiver_id: "DXPEDCCEB0000003".to_owned(),
        }
    }
}

/// Folders and files.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Paths {
    /// The ledger, an SQLite file.
    pub ledger: PathBuf,
    /// ERP files for the daemon; one folder for each mapper below it.
    pub intake: PathBuf,
    /// Packs (`*.wasm`) that replace or join the shipped ones.
    pub packs: PathBuf,
    /// Envelopes on their way to the exchange platform.
    pub outbox: PathBuf,
    /// Envelopes that came from the exchange platform.
    pub inbox: PathBuf,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            ledger: "cebridge.db".into(),
            intake: "intake".into(),
            packs: "packs".into(),
            outbox: "dxp/out".into(),
            inbox: "dxp/in".into(),
        }
    }
}

/// Key and certificate of the enterprise.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Signing {
    /// PEM file with the private key; its password comes from `CEBRIDGE_KEY_PASSWORD` or a prompt.
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

/// How documents become messages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Declare {
    /// Most documents in one message, 1 to 100 (the specification's limit).
    pub documents_per_message: usize,
}

impl Default for Declare {
    fn default() -> Self {
        Self {
            documents_per_message: 100,
        }
    }
}

/// What a re-graded rule becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// The document is not sent.
    Error,
    /// The finding is shown, the document is sent.
    Warning,
    /// The rule is switched off.
    Off,
}

/// Rules: severities and effective dates.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Rules {
    /// Severity by rule id, for example `"CEB311-R05" = "error"`.
    pub grades: BTreeMap<String, Grade>,
    /// First day in force by edition, `YYYY-MM-DD`, over the date in the pack.
    pub effective_from: BTreeMap<String, String>,
    /// PEM file with the Ed25519 public keys whose packs are accepted; without it, unsigned data-only packs are
    /// accepted too.
    pub trust: Option<PathBuf>,
}

/// Delivery: retries and their limits.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Delivery {
    /// Attempts before a message becomes a dead letter.
    pub attempts: u32,
    /// Seconds before the second attempt; doubled each time, at most an hour.
    pub first_wait: u32,
    /// Minutes without a receipt after which a sent message is reported as stuck.
    pub stuck_after: u32,
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            attempts: 12,
            first_wait: 5,
            stuck_after: 60,
        }
    }
}

/// Why a configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("cannot read the configuration {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no valid configuration; the text names line and column.
    #[error("the configuration {path} is not valid: {message}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line, column, and what was expected.
        message: String,
    },
    /// A value is out of its range.
    #[error("the configuration {path}: {field} is {value}; {expected}")]
    Value {
        /// The file.
        path: PathBuf,
        /// The setting.
        field: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
}

impl Config {
    /// Reads a file, or the defaults in the present folder when `path` is `None` and no `cebridge.toml` is there.
    ///
    /// # Errors
    /// A file that can't be read or is not valid, with line and column.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let file = match path {
            Some(path) => path.to_owned(),
            None if Path::new("cebridge.toml").exists() => "cebridge.toml".into(),
            None => return Ok(Self::default()),
        };
        let text = std::fs::read_to_string(&file).map_err(|source| ConfigError::Read {
            path: file.clone(),
            source,
        })?;
        let mut config: Self = toml::from_str(&text).map_err(|error| ConfigError::Parse {
            path: file.clone(),
            message: error.to_string(),
        })?;
        config.base = file.parent().map(Path::to_owned).unwrap_or_default();
        config.check(&file)?;
        Ok(config)
    }

    fn check(&self, file: &Path) -> Result<(), ConfigError> {
        let wrong = |field, value: String, expected| {
            Err(ConfigError::Value {
                path: file.to_owned(),
                field,
                value,
                expected,
            })
        };
        let per_message = self.declare.documents_per_message;
        if !(1..=100).contains(&per_message) {
            let expected = "the specification allows 1 to 100 documents in a message";
            return wrong("declare.documents-per-message", per_message.to_string(), expected);
        }
        for (field, value, limit, expected) in [
            (
                "enterprise.code",
                &self.enterprise.code,
                18,
                "copCode has at most 18 characters",
            ),
            (
                "enterprise.name",
                &self.enterprise.name,
                100,
                "copName has at most 100 characters",
            ),
            (
                "enterprise.dxp-id",
                &self.enterprise.dxp_id,
                16,
                "SenderId has at most 16 characters",
            ),
            (
                "enterprise.receiver-id",
                &self.enterprise.receiver_id,
                16,
                "ReceiverId has at most 16 characters",
            ),
            (
                "enterprise.export-receiver-id",
                &self.enterprise.export_receiver_id,
                16,
                "ReceiverId has at most 16 characters",
            ),
        ] {
            if value.chars().count() > limit {
                return wrong(field, value.clone(), expected);
            }
        }
        for day in self.rules.effective_from.values() {
            if day.parse::<jiff::civil::Date>().is_err() {
                return wrong("rules.effective-from", day.clone(), "write a day as 2018-09-30");
            }
        }
        Ok(())
    }

    /// A path of the configuration, made relative to its folder.
    #[must_use]
    pub fn path(&self, path: &Path) -> PathBuf {
        if path.is_absolute() {
            path.to_owned()
        } else {
            self.base.join(path)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("cebridge.toml");
        std::fs::write(&file, text).unwrap();
        Config::load(Some(&file))
    }

    #[test]
    fn an_unknown_setting_is_an_error_with_its_line() {
        let error = load("[enterprise]\ncode = \"1\"\nnmae = \"x\"\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains("nmae") && error.contains("line 3"), "{error}");
    }

    #[test]
    fn more_than_a_hundred_documents_in_a_message_are_refused() {
        let error = load("[declare]\ndocuments-per-message = 101\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains("1 to 100"), "{error}");
    }

    #[test]
    fn import_and_export_have_receivers_of_their_own() {
        let standard = Config::default().enterprise;
        assert_eq!(standard.receiver("import"), "DXPEDCCEB0000002");
        assert_eq!(standard.receiver("export"), "DXPEDCCEB0000003");
        let local = load("[enterprise]\nexport-receiver-id = \"DXPLOCAL\"\n")
            .unwrap()
            .enterprise;
        assert_eq!(
            (local.receiver("export"), local.receiver("import")),
            ("DXPLOCAL", "DXPEDCCEB0000002")
        );
        let error = load("[enterprise]\nexport-receiver-id = \"DXPEDCCEB00000003\"\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains("enterprise.export-receiver-id"), "{error}");
    }

    #[test]
    fn grades_and_dates_are_read() {
        let config =
            load("[rules.grades]\n\"CEB311-R05\" = \"off\"\n[rules.effective-from]\n\"2018-113\" = \"2018-10-01\"\n")
                .unwrap();
        assert_eq!(config.rules.grades["CEB311-R05"], Grade::Off);
        assert_eq!(config.rules.effective_from["2018-113"], "2018-10-01");
    }
}
