//! The configuration file `cebridge.toml`: every setting has a default, so no file is needed.

mod credit_code;
mod day;
mod difference;
mod enterprise;
mod error;
mod example;
mod fault;
mod folders;
mod layout;
mod log;
mod place;
mod read;
mod reference;
mod sample;
mod schema;
mod sections;
mod service;
mod setting;
mod shape;
mod signing;
mod values;

pub(crate) use credit_code::is_credit_code;
pub use day::Day;
pub(crate) use difference::differences;
pub(crate) use enterprise::is_message_code;
pub use enterprise::{Choices, Enterprise};
pub use error::ConfigError;
pub use example::example;
pub(crate) use fault::is_key_itself;
pub use fault::{Fault, Faults};
pub use log::Log;
pub use place::{KeyPath, Origin};
pub use reference::reference;
pub use schema::schema;
pub use sections::{Arrivals, Declare, Delivery, OnBroken, PackSettings, Paths, Record, Rules};
pub use service::{Pay179, Service, ServiceClient};
pub use setting::Setting;
pub use signing::Signing;

use cebridge_keys::KeySource;
use cebridge_ukey::GatewayConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The whole configuration. Relative paths start at the folder of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// The enterprise that transmits, if there is only one.
    pub enterprise: Enterprise,
    /// The enterprises that this host serves, if there are several; each has an id.
    pub enterprises: Vec<Enterprise>,
    /// Folders and files.
    pub paths: Paths,
    /// Key and certificate.
    pub signing: Signing,
    /// Assembly of documents into messages.
    pub declare: Declare,
    /// Rules: severities and effective dates.
    pub rules: Rules,
    /// Packs: their archive, and the handling of broken files.
    pub packs: PackSettings,
    /// Delivery: retries and their limits.
    pub delivery: Delivery,
    /// The record for auditors.
    pub record: Record,
    /// Conditions for taking ERP files from the intake folders.
    pub intake: Arrivals,
    /// Conditions for taking receipts from the inbox.
    pub receipts: Arrivals,
    /// The signing service for other systems; off by default.
    pub service: Service,
    /// Real-time payment data for customs; off by default.
    pub pay179: Pay179,
    /// Gateway to which the agents of customs cards connect; off by default.
    pub ukey_gateway: Option<GatewayConfig>,
    /// Log and table output.
    pub log: Log,
    /// Settings passed to mappers, keyed by the mapper's own name, such as `shop`, or by its file as given on the
    /// command line.
    pub mapper: BTreeMap<String, BTreeMap<String, Setting>>,
    /// Base folder for relative paths; set by [`Config::load`].
    #[serde(skip)]
    pub base: PathBuf,
    /// The file it was read from.
    #[serde(skip)]
    pub origin: Origin,
}

impl Config {
    /// Reads a file. If `path` is `None`, reads `cebridge.toml` in the current folder, or uses the defaults if it does
    /// not exist.
    ///
    /// # Errors
    /// A file that can't be read, or all its faults, with line and column.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let (config, faults) = Self::examine(path)?;
        faults.none_or()?;
        Ok(config)
    }

    /// Reads a file like [`Config::load`], but continues despite faults: anything that can't be read gets its default.
    ///
    /// # Errors
    /// A file that can't be read.
    pub fn examine(path: Option<&Path>) -> Result<(Self, Faults), ConfigError> {
        let Some(file) = Self::file(path) else {
            return Ok((Self::default(), Faults::default()));
        };
        let text = std::fs::read_to_string(&file).map_err(|source| ConfigError::Read {
            path: file.clone(),
            source,
        })?;
        Ok(read::read(&file, &text))
    }

    /// Returns the file to use: `path`, else `cebridge.toml` in the current folder if it exists.
    #[must_use]
    pub fn file(path: Option<&Path>) -> Option<PathBuf> {
        let usual = Path::new("cebridge.toml");
        path.map(Path::to_owned)
            .or_else(|| usual.exists().then(|| usual.to_owned()))
    }

    /// Resolves the paths of keys and of the card gateway against the folder of the file.
    fn rebase(&mut self) {
        if let Some(gateway) = &mut self.ukey_gateway {
            for path in [&mut gateway.ca, &mut gateway.certificate, &mut gateway.key] {
                *path = self.base.join(&*path);
            }
        }
        for enterprise in std::iter::once(&mut self.enterprise).chain(&mut self.enterprises) {
            enterprise.keys.iter_mut().for_each(|key| key.rebase(&self.base));
        }
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

    /// The keys of an enterprise: its own, or the one in `[signing]`, which is shorthand for a single key file.
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

    /// All keys, each with its enterprise and its place in the file.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (KeyPath, &Enterprise, KeySource)> {
        let all = self.all_enterprises().iter().enumerate();
        all.flat_map(move |(at, enterprise)| {
            let sources = self.keys_of(enterprise).into_iter().enumerate();
            sources.map(move |(index, source)| {
                let place = match (self.enterprises.is_empty(), enterprise.keys.is_empty()) {
                    (true, true) => KeyPath::of("signing"),
                    (true, false) => KeyPath::of("enterprise").key("keys").index(index),
                    (false, _) => KeyPath::of("enterprises").index(at).key("keys").index(index),
                };
                (place, enterprise, source)
            })
        })
    }

    /// Returns the enterprise that `name` refers to; without a name, all of them.
    ///
    /// # Errors
    /// No enterprise has that name.
    pub fn chosen_enterprises(&self, name: Option<&str>) -> Result<&[Enterprise], ConfigError> {
        match name {
            Some(_) => self.choose_enterprise(name).map(std::slice::from_ref),
            None => Ok(self.all_enterprises()),
        }
    }

    /// Returns the enterprise that `name` (id, customs code or credit code) refers to; without a name, the only one.
    ///
    /// # Errors
    /// No enterprise has that name, or there are several and none was named; both errors list the choices.
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

    /// Resolves a configured path against the folder of the configuration.
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
