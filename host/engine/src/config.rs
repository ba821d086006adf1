//! The configuration file `cebridge.toml`: every setting with a default that works without a file.

mod credit_code;
mod enterprise;
mod error;
mod sections;
mod service;

pub(crate) use credit_code::is_credit_code;
pub use enterprise::{Choices, Enterprise};
pub use error::ConfigError;
pub use sections::{Arrivals, Delivery, Grade, OnBroken, PackSettings, Paths, Record, Rules};
pub use service::{Pay179, Service, ServiceClient};

use cebridge_keys::KeySource;
use cebridge_keys::ukey::GatewayConfig;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The whole configuration. Relative paths are relative to the folder of the file.
#[derive(Debug, Clone, PartialEq, Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// The enterprise that transmits, when there is one.
    pub enterprise: Enterprise,
    /// The enterprises that this host serves, when there are several; each has an id.
    pub enterprises: Vec<Enterprise>,
    /// Folders and files.
    pub paths: Paths,
    /// Key and certificate.
    pub signing: Signing,
    /// How documents become messages.
    pub declare: Declare,
    /// Rules: severities and effective dates.
    pub rules: Rules,
    /// Packs: their archive, and broken files.
    pub packs: PackSettings,
    /// Delivery: retries and their limits.
    pub delivery: Delivery,
    /// The record: what auditors get.
    pub record: Record,
    /// When ERP files are taken from the intake folders.
    pub intake: Arrivals,
    /// When receipts are taken from the inbox.
    pub receipts: Arrivals,
    /// The signing service for other systems; off by default.
    pub service: Service,
    /// Real-time payment data for customs; off by default.
    pub pay179: Pay179,
    /// Where the agents of customs cards connect to; off by default.
    pub ukey_gateway: Option<GatewayConfig>,
    /// Settings handed to mappers, by name of the mapper.
    pub mapper: BTreeMap<String, BTreeMap<String, String>>,
    /// Folder that relative paths start from; set by [`Config::load`].
    #[serde(skip)]
    pub base: PathBuf,
}

/// Key and certificate of the enterprise.
#[derive(Debug, Clone, PartialEq, Deserialize, Default)]
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
#[derive(Debug, Clone, PartialEq, Deserialize)]
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
        if let Some(gateway) = &mut config.ukey_gateway {
            for path in [&mut gateway.ca, &mut gateway.certificate, &mut gateway.key] {
                *path = config.base.join(&*path);
            }
        }
        for enterprise in std::iter::once(&mut config.enterprise).chain(&mut config.enterprises) {
            enterprise.keys.iter_mut().for_each(|key| key.rebase(&config.base));
        }
        config.check(&file)?;
        Ok(config)
    }

    fn check(&self, file: &Path) -> Result<(), ConfigError> {
        let wrong = |field: &str, value: String, expected: &str| {
            Err(ConfigError::Value {
                path: file.to_owned(),
                field: field.to_owned(),
                value,
                expected: expected.to_owned(),
            })
        };
        let per_message = self.declare.documents_per_message;
        if !(1..=100).contains(&per_message) {
            let expected = "the specification allows 1 to 100 documents in a message";
            return wrong("declare.documents-per-message", per_message.to_string(), expected);
        }
        if let Err(fault) = enterprise::check(self) {
            return wrong(&fault.field, fault.value, &fault.expected);
        }
        for day in self.rules.effective_from.values() {
            if day.parse::<jiff::civil::Date>().is_err() {
                return wrong("rules.effective-from", day.clone(), "write a day as 2018-09-30");
            }
        }
        Ok(())
    }

    /// The enterprises that this host declares for: those of `[[enterprises]]`, else the single one.
    #[must_use]
    pub fn all_enterprises(&self) -> &[Enterprise] {
        if self.enterprises.is_empty() {
            std::slice::from_ref(&self.enterprise)
        } else {
            &self.enterprises
        }
    }

    /// The keys of an enterprise: its own, or the one of `[signing]`, which is short for a single key file.
    #[must_use]
    pub fn keys_of(&self, enterprise: &Enterprise) -> Vec<KeySource> {
        match (
            &self.signing.key,
            enterprise.keys.is_empty() && self.enterprises.is_empty(),
        ) {
            (Some(key), true) => {
                let certificate = self.signing.certificate.as_deref().map(|path| self.path(path));
                vec![KeySource::file("signing", self.path(key), certificate)]
            }
            _ => enterprise.keys.clone(),
        }
    }

    /// The enterprise that `name` (its id, customs code or credit code) means; without a name, the only one.
    ///
    /// # Errors
    /// No enterprise is called so, or there are several and none was named; both list what there is.
    pub fn choose_enterprise(&self, name: Option<&str>) -> Result<&Enterprise, ConfigError> {
        let all = self.all_enterprises();
        let choices = || Choices(all.iter().map(|one| one.id().to_owned()).collect());
        match (name, all) {
            (None, [only]) => Ok(only),
            (None, _) => Err(ConfigError::EnterpriseOpen { choices: choices() }),
            (Some(name), all) => {
                all.iter()
                    .find(|one| one.is_called(name))
                    .ok_or_else(|| ConfigError::EnterpriseUnknown {
                        name: name.to_owned(),
                        choices: choices(),
                    })
            }
        }
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
mod tests;
