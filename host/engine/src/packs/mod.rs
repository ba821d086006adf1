//! The packs in force: the shipped editions, those named by the ledger's record, and the choice among them by date.

mod admission;
mod cases;
mod change;
mod editions;
mod forces;
mod known;
mod list;
mod meanings;
mod offers;
mod record;
mod sandbox;
mod shipped;
mod short;
mod store;

pub use admission::{Refused, read_pack, read_plugin};
pub use cases::{CaseResult, run_cases};
pub use editions::Choice;
pub use forces::Forces;
pub use list::Listed;
pub use offers::Offers;
pub(crate) use short::short;
pub(crate) use store::{Store, in_folder};

use crate::config::{self, Config};
use crate::error::EngineError;
use crate::process;
use admission::Admission;
use arc_swap::ArcSwap;
use cebridge_clock as clock;
use cebridge_findings::{Grades, RuleSet};
use cebridge_ledger::{Force, ForceOrigin, Ledger};
use cebridge_rule_compiler::{SourceSet, compile};
use cebridge_rule_core::pack::Pack;
use cebridge_runtime::{Baker, LoadedPack, PackFile, Registry, Sandbox, shipped_sources};
use jiff::Timestamp;
use shipped::{Shipped, shipped_editions};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Sandbox, packs and severities.
pub struct Packs {
    /// The sandbox that runs them.
    pub sandbox: Arc<Sandbox>,
    /// What makes pack files in it, and proves theirs.
    pub baker: Baker,
    settings: ArcSwap<Settings>,
    /// Editions that the program ships with.
    shipped: BTreeMap<String, Shipped>,
    /// The loaded packs, without the severities and days of the configuration.
    registry: Registry,
    in_force: ArcSwap<InForce>,
    store: Option<Store>,
    /// Set if this process writes the record, as declaring processes do.
    records: bool,
    /// Reason why nothing may be judged at present; see `[packs] on-broken`.
    standstill: ArcSwap<Option<String>>,
    /// Held while the set in force changes.
    change: Mutex<()>,
    /// Held while a shipped edition is built.
    building: Mutex<()>,
    /// Changes by other processes, in words, until they are asked for.
    news: Mutex<Vec<String>>,
    /// The newest shipped rules, compiled when an older pack needs their help.
    shipped_today: OnceLock<Option<Pack>>,
}

/// Settings of the configuration for packs.
struct Settings {
    admission: Admission,
    grades: Grades,
    effective_from: BTreeMap<String, String>,
    on_broken: config::OnBroken,
    /// The packs folder.
    folder: PathBuf,
}

impl Settings {
    fn new(config: &Config, baker: &Baker) -> Result<Self, EngineError> {
        Ok(Self {
            admission: Admission::new(config, baker)?,
            grades: config.rules.grades.clone(),
            effective_from: config
                .rules
                .effective_from
                .iter()
                .map(|(edition, day)| (edition.clone(), day.to_string()))
                .collect(),
            on_broken: config.packs.on_broken,
            folder: config.path(&config.paths.packs),
        })
    }
}

/// The packs in force by the record, by edition.
#[derive(Debug, Clone, Default)]
struct InForce {
    version: i64,
    rows: BTreeMap<String, Force>,
}

/// Reason why a shipped pack is in force.
const SHIPPED: &str = concat!("shipped with cebridge ", env!("CARGO_PKG_VERSION"));

/// Count of packs kept in memory for each edition, for inputs that began with them.
const KEPT: usize = 3;

impl Packs {
    /// Opens the packs for a command that only judges: those of the record, as the daemon has them. If no daemon runs,
    /// files in the packs folder are taken up as they would be at its start, but not recorded.
    ///
    /// # Errors
    /// A machine that can't run the sandbox, a configuration or ledger that can't be read, a pack in force that
    /// is no longer usable.
    pub fn open(config: &Config) -> Result<Self, EngineError> {
        Ok(Self::open_telling(config)?.0)
    }

    /// As [`Packs::open`], with notes on the files of the packs folder, for people.
    ///
    /// # Errors
    /// As [`Packs::open`].
    pub fn open_telling(config: &Config) -> Result<(Self, Vec<String>), EngineError> {
        let path = config.path(&config.paths.ledger);
        let ledger = path
            .exists()
            .then(|| Ledger::open_to_look_up(&path))
            .transpose()?
            .map(Arc::new);
        let packs = Self::begin(config, ledger.as_ref(), false)?;
        let lines = packs.take_up(config)?;
        Ok((packs, lines))
    }

    /// Opens the packs for a process that declares: packs it puts into force are recorded.
    ///
    /// # Errors
    /// As [`Packs::open`].
    pub fn recorded(config: &Config, ledger: &Arc<Ledger>) -> Result<Self, EngineError> {
        Self::begin(config, Some(ledger), true)
    }

    /// Looks once at the files in the packs folder, unless a daemon does. Returns one line for each outcome.
    ///
    /// # Errors
    /// The ledger can't be read.
    pub fn take_up(&self, config: &Config) -> Result<Vec<String>, EngineError> {
        if self.is_served()? {
            if self.settings.load().on_broken == config::OnBroken::Stop {
                Offers::at_once(config).inspect(self);
            }
            return Ok(Vec::new());
        }
        Ok(Offers::at_once(config).look(self))
    }

    /// Opens the packs for a command that changes what is in force: it must be able to take out a pack on record that
    /// can't be used.
    ///
    /// # Errors
    /// A machine that can't run the sandbox, a configuration or ledger that can't be read.
    pub fn for_changes(config: &Config, ledger: &Arc<Ledger>) -> Result<Self, EngineError> {
        match Self::begin(config, Some(ledger), true) {
            Err(EngineError::InForce { .. }) => {}
            done => return done,
        }
        let mut packs = Self::empty(config)?;
        packs.shipped = shipped_editions(&shipped_sources())?;
        packs.store = Some(Store::new(config, ledger));
        packs.records = true;
        Ok(packs)
    }

    /// Opens only the archive and the shipped rules, to find a pack again by [`Packs::pinned`]. Nothing is in force.
    ///
    /// # Errors
    /// A machine that can't run the sandbox, a configuration that can't be read.
    pub fn archived(config: &Config, ledger: &Arc<Ledger>) -> Result<Self, EngineError> {
        let mut packs = Self::empty(config)?;
        packs.store = Some(Store::new(config, ledger));
        Ok(packs)
    }

    fn begin(config: &Config, ledger: Option<&Arc<Ledger>>, records: bool) -> Result<Self, EngineError> {
        let mut packs = Self::empty(config)?;
        packs.shipped = shipped_editions(&shipped_sources())?;
        packs.store = ledger.map(|ledger| Store::new(config, ledger));
        packs.records = records;
        packs.follow()?;
        Ok(packs)
    }

    /// Returns `true` if a daemon is running, which has taken up the files in the packs folder.
    pub(crate) fn is_served(&self) -> Result<bool, EngineError> {
        match &self.store {
            Some(store) => Ok(!process::living(&store.ledger, Timestamp::now())?.is_empty()),
            None => Ok(false),
        }
    }

    /// Returns an empty set, for commands that bring their own pack.
    ///
    /// # Errors
    /// A machine that can't run the sandbox, a trust file that can't be read.
    pub fn empty(config: &Config) -> Result<Self, EngineError> {
        let sandbox = Arc::new(sandbox::start(config)?);
        let baker = Baker::new(&sandbox);
        Ok(Self {
            settings: ArcSwap::from_pointee(Settings::new(config, &baker)?),
            sandbox,
            baker,
            shipped: BTreeMap::new(),
            registry: Registry::new(KEPT),
            in_force: ArcSwap::default(),
            store: None,
            records: false,
            standstill: ArcSwap::default(),
            change: Mutex::new(()),
            building: Mutex::new(()),
            news: Mutex::default(),
            shipped_today: OnceLock::new(),
        })
    }

    /// Takes up new settings: severities, days, trust.
    ///
    /// # Errors
    /// A trust file that can't be read, or one that does not trust a pack in force: the settings stay as they were.
    pub fn reconfigure(&self, config: &Config) -> Result<(), EngineError> {
        let settings = Settings::new(config, &self.baker)?;
        let in_force = self.in_force.load();
        for row in in_force.rows.values().filter(|row| row.origin == ForceOrigin::File) {
            let Some(pack) = self.registry.edition(&row.edition) else {
                continue;
            };
            if let Err(reason) = settings.admission.trusted(pack.file()) {
                return Err(unusable(row, reason));
            }
        }
        self.settings.store(Arc::new(settings));
        Ok(())
    }

    /// Compiles, bakes and loads an edition.
    ///
    /// # Errors
    /// Rule source errors, with file, line and column.
    pub fn build(&self, sources: &SourceSet, edition: &str) -> Result<LoadedPack, EngineError> {
        let pack = compile(sources, edition).map_err(|errors| {
            EngineError::Rules(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        })?;
        let wasm = self.baker.bake(&pack)?;
        self.load(PackFile::read(wasm)?)
    }

    /// Loads a pack whatever its code and signature, with the severities of the configuration: for commands that are
    /// given the file and report what it is, see [`Packs::reservations`].
    ///
    /// # Errors
    /// A file that is not a pack, or that fails to load.
    pub fn load(&self, file: PackFile) -> Result<LoadedPack, EngineError> {
        let pack = LoadedPack::from_file(&self.baker, file)?;
        Ok(self.set(&pack))
    }

    /// Returns the reasons why a daemon with this configuration would not put a pack file into force, before it is run.
    ///
    /// # Errors
    /// Data that the shipped interpreter refuses.
    pub fn reservations(&self, file: &PackFile) -> Result<Vec<String>, EngineError> {
        let mut found = Vec::new();
        if !file.class(&self.baker)?.is_data_only() {
            found.push("its code is FOREIGN, not the shipped interpreter's; no daemon puts it into force".to_owned());
        }
        if let Err(reason) = self.settings.load().admission.trusted(file) {
            found.push(format!(
                "it is UNTRUSTED: {reason}; no daemon with this configuration puts it into force"
            ));
        }
        Ok(found)
    }

    /// Returns a pack with the severities and the first day of the configuration.
    fn set(&self, pack: &LoadedPack) -> LoadedPack {
        let settings = self.settings.load();
        let day = settings.effective_from.get(pack.rules().edition());
        pack.clone()
            .with_grades(settings.grades.clone())
            .with_effective_from(day.map(String::as_str))
    }

    /// Returns the pack of an edition; a shipped one is built when first needed.
    fn loaded(&self, edition: &str) -> Result<Arc<LoadedPack>, EngineError> {
        if let Some(pack) = self.registry.edition(edition) {
            return Ok(pack);
        }
        // One thread builds it, the others wait.
        let _building = self.building.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pack) = self.registry.edition(edition) {
            return Ok(pack);
        }
        let pack = self.build(&shipped_sources(), edition)?;
        let _turn = self.turn();
        // A file's pack may have come into force during the build.
        if let Some(pack) = self.registry.edition(edition) {
            return Ok(pack);
        }
        Ok(self.registry.install(pack))
    }

    /// Returns exactly the pack with this digest, wherever it is: in force, in memory, in the archive, or shipped.
    #[must_use]
    pub fn pinned(&self, edition: &str, digest: &str) -> Option<Arc<LoadedPack>> {
        let fits = |pack: &Arc<LoadedPack>| pack.rules().digest() == digest;
        let packs = self.registry.snapshot();
        let loaded = packs.edition(edition).filter(|pack| fits(pack));
        if let Some(pack) = loaded.or_else(|| packs.previous(edition).find(|pack| fits(pack))) {
            return Some(Arc::new(self.set(pack)));
        }
        // It was admitted when it was put into force, so trust withdrawn later does not matter here.
        let archived = self.store.as_ref().and_then(|store| store.bytes(digest).ok().flatten());
        if let Some(bytes) = archived {
            let pack = self.load(PackFile::read(bytes).ok()?).ok()?;
            return pack.class().is_data_only().then(|| Arc::new(pack));
        }
        let pack = self.build(&shipped_sources(), edition).ok()?;
        (pack.rules().digest() == digest).then(|| Arc::new(pack))
    }

    /// Returns the row of the record for the pack of an edition; `None` if nothing is recorded.
    #[must_use]
    pub fn force_of(&self, edition: &str) -> Option<Force> {
        self.in_force.load().rows.get(edition).cloned()
    }

    /// Describes a judging pack: edition, pack, and since when and why it is in force.
    #[must_use]
    pub fn words(&self, pack: &RuleSet) -> String {
        words(pack.edition(), pack.digest(), self.force_of(pack.edition()).as_ref())
    }

    /// Returns the reason why nothing may be judged at present, if any.
    #[must_use]
    pub fn standstill(&self) -> Option<String> {
        self.standstill.load().as_ref().clone()
    }

    fn turn(&self) -> std::sync::MutexGuard<'_, ()> {
        // The lock protects no data, so a panic elsewhere can't have left anything half done.
        self.change.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Id of a row that only this process has: the pack has not been put into force yet, and its `since` says nothing.
const NOT_ON_RECORD: i64 = 0;

/// Describes an edition and its pack; `row` is the record's row for the edition, if any.
#[must_use]
pub fn words(edition: &str, digest: &str, row: Option<&Force>) -> String {
    let named = format!("edition {edition}, pack {}", short(digest));
    match row.filter(|row| row.digest == digest) {
        Some(row) if row.id == NOT_ON_RECORD => format!("{named} ({})", row.why),
        Some(row) => {
            let until = row
                .until
                .map(|until| format!(" until {}", clock::spoken(until)))
                .unwrap_or_default();
            format!(
                "{named} in force since {}{until} ({})",
                clock::spoken(row.since),
                row.why
            )
        }
        None => named,
    }
}

fn unusable(row: &Force, reason: String) -> EngineError {
    EngineError::InForce {
        edition: row.edition.clone(),
        digest: row.digest.chars().take(12).collect(),
        since: clock::spoken(row.since),
        reason,
    }
}
