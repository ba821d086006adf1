//! Sections of the configuration that concern the whole host: folders, rules and delivery.

use super::Day;
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
    /// ERP files for the daemon; one folder for each mapper below it.
    pub intake: PathBuf,
    /// Packs (`*.wasm`) that replace or join the shipped ones.
    pub packs: PathBuf,
    /// Envelopes on their way to the exchange platform.
    pub outbox: PathBuf,
    /// Envelopes that came from the exchange platform.
    pub inbox: PathBuf,
    /// Mode of the envelopes that are written and of files that were taken, as `chmod` takes it: they hold names and
    /// identity numbers. `0640` together with `group` for folders that another program reads.
    pub mode: String,
    /// Group that these files are given, by name or number; without it that of the process or of the folder.
    pub group: Option<String>,
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
            access: Access::default(),
        }
    }
}

/// What a re-graded rule becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// The document is not sent.
    Error,
    /// The finding is shown, the document is sent.
    Warning,
    /// The rule is switched off.
    Off,
}

impl From<Grade> for cebridge_runtime::Grade {
    fn from(grade: Grade) -> Self {
        match grade {
            Grade::Error => Self::Error,
            Grade::Warning => Self::Warning,
            Grade::Off => Self::Off,
        }
    }
}

impl Grade {
    /// The word for it.
    pub(crate) fn name(self) -> &'static str {
        cebridge_runtime::Grade::from(self).name()
    }
}

/// Rules: severities and effective dates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Rules {
    /// Severity by rule id, for example `"CEB311-R05" = "error"`; `cebridge explain RULE` tells each one.
    pub grades: BTreeMap<String, Grade>,
    /// First day in force by edition, for example `"2018-113" = "2018-10-01"`, over the day in the pack.
    pub effective_from: BTreeMap<String, Day>,
    /// PEM file with the Ed25519 public keys whose packs are accepted; without it, unsigned data-only packs are
    /// accepted too.
    pub trust: Option<PathBuf>,
}

/// Packs: where they are kept, and what a broken file of the packs folder means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PackSettings {
    /// Folder where each pack that was in force is kept under its digest; without it they are kept in the ledger.
    pub archive: Option<PathBuf>,
    /// What happens while a file of the packs folder is broken or gone.
    pub on_broken: OnBroken,
    /// Seconds that a file of the packs folder must be unchanged before it is looked at; one that is renamed into the
    /// folder need not rest.
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

/// What happens while a file of the packs folder is broken or gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnBroken {
    /// The packs on record stay in force.
    LastGood,
    /// Nothing is judged until the folder is in order.
    Stop,
}

/// How documents become messages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Declare {
    /// Most documents in one message, 1 to 100 (the specification's limit).
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

/// The record: what auditors get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Record {
    /// PEM file with the Ed25519 key that signs exports where the enterprise has no RSA key file.
    pub export_key: Option<PathBuf>,
}

/// When files of a folder are taken: ERP files, or receipts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Arrivals {
    /// Seconds that a file must be unchanged before it is taken; one that is renamed into the folder need not rest.
    pub settle: u32,
    /// Seconds that a file which makes no sense may still be one that is being written; then it is set aside.
    pub patience: u32,
    /// More ends of names of files that are being written, such as `.inprogress`.
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
    /// These settings as rules of a folder, and who may read what is moved away from it.
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
