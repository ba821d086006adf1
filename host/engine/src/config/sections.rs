//! Sections of the configuration that concern the whole host: folders, rules and delivery.

use super::Day;
use cebridge_rule_compiler::Grade;
use cebridge_transport::{Access, InboxRules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Folders and files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Paths {
    /// The ledger, an SQLite file.
    pub ledger: PathBuf,
    /// Folder for ERP files that the daemon takes; it has one subfolder for each mapper.
    pub intake: PathBuf,
    /// Folder for packs (`*.wasm`) that replace the shipped ones or add to them.
    pub packs: PathBuf,
    /// Folder for envelopes to the exchange platform.
    pub outbox: PathBuf,
    /// Folder for envelopes from the exchange platform.
    pub inbox: PathBuf,
    /// Mode of written envelopes and of files that were taken, as for `chmod`: they hold names and identity numbers.
    /// Use `0640` together with `group` if another program reads the folders.
    pub mode: String,
    /// Group of these files, by name or number; if not set, that of the process or of the folder.
    pub group: Option<String>,
    /// Folder for compiled plugins, so that each is compiled once and not at each start. It must belong to the user of the
    /// host and be writable by no other. If not set: `cebridge` in `$XDG_CACHE_HOME` or `~/.cache`; `""` keeps nothing.
    pub cache: Option<PathBuf>,
    /// Mode and group; set by [`Config::load`](super::Config::load).
    #[serde(skip)]
    pub access: Access,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            ledger: "cebridge.db".into(),
            intake: "intake".into(),
            packs: "packs".into(),
            outbox: "dxp/out".into(),
            inbox: "dxp/in".into(),
            mode: "0600".to_owned(),
            group: None,
            cache: None,
            access: Access::default(),
        }
    }
}

/// Rules: severities and effective dates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Rules {
    /// Severity by rule id, for example `"CEB311-R05" = "error"`; `cebridge explain RULE` describes a rule.
    pub grades: BTreeMap<String, Grade>,
    /// First day in force by edition, for example `"2018-113" = "2018-10-01"`; overrides the day in the pack.
    pub effective_from: BTreeMap<String, Day>,
    /// PEM file with the Ed25519 public keys whose packs are accepted; if not set, unsigned data-only packs are
    /// accepted too.
    pub trust: Option<PathBuf>,
}

/// Packs: their archive, and the handling of broken files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PackSettings {
    /// Folder in which each pack that was in force is kept under its digest; if not set, packs are kept in the ledger.
    pub archive: Option<PathBuf>,
    /// Behaviour while a file in the packs folder is broken or missing.
    pub on_broken: OnBroken,
    /// Seconds that a file in the packs folder must be unchanged before it is read; a file renamed into the folder need
    /// not wait.
    pub settle: u32,
}

impl Default for PackSettings {
    fn default() -> Self {
        Self {
            archive: None,
            on_broken: OnBroken::LastGood,
            settle: 2,
        }
    }
}

/// Behaviour while a file in the packs folder is broken or missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnBroken {
    /// The packs on record stay in force.
    LastGood,
    /// Nothing is judged until the folder is in order.
    Stop,
}

/// Assembly of documents into messages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Declare {
    /// Maximum number of documents in one message, 1 to 100 (the specification's limit).
    #[schemars(range(min = 1, max = 100))]
    pub documents_per_message: usize,
}

impl Default for Declare {
    fn default() -> Self {
        Self {
            documents_per_message: 100,
        }
    }
}

/// Delivery: retries and their limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Delivery {
    /// Attempts before a message becomes a dead letter.
    #[schemars(range(min = 1))]
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

/// The record for auditors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Record {
    /// PEM file with the Ed25519 key that signs exports if the enterprise has no RSA key file.
    pub export_key: Option<PathBuf>,
}

/// Conditions for taking files from a folder: ERP files, or receipts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Arrivals {
    /// Seconds that a file must be unchanged before it is taken; a file renamed into the folder need not wait.
    pub settle: u32,
    /// Seconds for which an unreadable file is assumed to be still being written; after that it is set aside.
    pub patience: u32,
    /// Additional file name endings of files that are still being written, such as `.inprogress`.
    pub temporary: Vec<String>,
}

impl Default for Arrivals {
    fn default() -> Self {
        Self {
            settle: 2,
            patience: 60,
            temporary: Vec::new(),
        }
    }
}

impl Arrivals {
    /// These settings as rules for a folder; `access` applies to files moved away from it.
    #[must_use]
    pub fn rules(&self, access: Access) -> InboxRules {
        InboxRules {
            settle: Duration::from_secs(self.settle.into()),
            patience: Duration::from_secs(self.patience.into()),
            temporary: self.temporary.clone(),
            access,
            ..InboxRules::default()
        }
    }
}
