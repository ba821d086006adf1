//! The packs in force: the shipped editions, those named by the ledger's record, and the choice among them by date.

mod admission;
mod cases;
mod change;
mod forces;
mod known;
mod list;
mod offers;
mod record;
mod sandbox;
mod shipped;
mod short;
mod store;

pub use admission::{Refused, read_pack, read_plugin};
pub use cases::{CaseResult, run_cases};
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
use cebridge_rule_core::pack::{Concern, Pack, Said};
use cebridge_runtime::{Baker, LoadedPack, PackFile, Registry, Sandbox, shipped_sources};
use jiff::Timestamp;
use shipped::{Shipped, shipped_editions};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A command's choice of an edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// This edition.
    Edition(String),
    /// The edition in force on this day, `YYYY-MM-DD`, China Standard Time.
    Day(String),
}

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

    /// Returns the editions that can be chosen, with the first day of each in force, in the order of those days.
    #[must_use]
    pub fn editions(&self) -> Vec<(String, String)> {
        let settings = self.settings.load();
        let mut all = self.own_first_days();
        for (edition, from) in &mut all {
            if let Some(day) = settings.effective_from.get(edition) {
                from.clone_from(day);
            }
        }
        in_order_of_days(all)
    }

    /// Returns two editions that change places by the days in the configuration: the one that would be in force last,
    /// and its own successor.
    pub(crate) fn out_of_order(&self) -> Option<(String, String)> {
        let own = in_order_of_days(self.own_first_days());
        let place = |edition: &str| own.iter().position(|(known, _)| known == edition);
        let configured = self.editions();
        configured.windows(2).find_map(|two| match two {
            [(one, _), (next, _)] if place(one) > place(next) => Some((next.clone(), one.clone())),
            _ => None,
        })
    }

    /// First days as the editions themselves give them.
    fn own_first_days(&self) -> BTreeMap<String, String> {
        let shipped = self.shipped.iter();
        let mut all: BTreeMap<String, String> = shipped
            .map(|(edition, shipped)| (edition.clone(), shipped.effective_from.clone()))
            .collect();
        all.extend(self.registry.snapshot().iter().map(|pack| {
            (
                pack.rules().edition().to_owned(),
                pack.rules().effective_from().to_owned(),
            )
        }));
        all
    }

    /// Returns the editions that know a message, with the first day of each in force, in the order of those days.
    /// Builds no pack.
    #[must_use]
    pub fn editions_with(&self, code: &str) -> Vec<(String, String)> {
        let snapshot = self.registry.snapshot();
        let knows = |edition: &str| match snapshot.iter().find(|pack| pack.rules().edition() == edition) {
            Some(pack) => pack.rules().pack().message(code).is_some(),
            None => self.ships(edition, code),
        };
        self.editions()
            .into_iter()
            .filter(|(edition, _)| knows(edition))
            .collect()
    }

    /// Returns `true` if files of a shipped edition, or of one that it extends, describe a message.
    fn ships(&self, edition: &str, code: &str) -> bool {
        let chain = std::iter::successors(self.shipped.get(edition), |known| {
            self.shipped.get(known.extends.as_ref()?)
        });
        // The shipped rules compile, so the chain ends; the limit keeps a broken build from hanging.
        chain
            .take(self.shipped.len())
            .any(|shipped| shipped.messages.contains(code))
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

    /// Returns the pack that a command asked for.
    ///
    /// # Errors
    /// An edition that is not installed, or a day before the first edition.
    pub fn choose(&self, choice: &Choice) -> Result<Arc<LoadedPack>, EngineError> {
        let editions = self.editions();
        let edition = match choice {
            Choice::Edition(edition) => {
                if !editions.iter().any(|(known, _)| known == edition) {
                    let known: Vec<&str> = editions.iter().map(|(known, _)| known.as_str()).collect();
                    return Err(EngineError::UnknownEdition {
                        asked: edition.clone(),
                        known: known.join(", "),
                    });
                }
                edition
            }
            Choice::Day(day) => &edition_on(&editions, day)?,
        };
        let pack = self.loaded(edition)?;
        self.note_use(&pack)?;
        Ok(Arc::new(self.set(&pack)))
    }

    /// Returns the pack that will judge on a day, for queries: its use is not recorded.
    ///
    /// # Errors
    /// No edition is in force on that day, or its pack can't be used.
    pub(crate) fn on_day(&self, day: &str) -> Result<Arc<LoadedPack>, EngineError> {
        let pack = self.loaded(&edition_on(&self.editions(), day)?)?;
        Ok(Arc::new(self.set(&pack)))
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

/// Returns the edition in force on a day; `editions` are in the order of their first days.
fn edition_on(editions: &[(String, String)], day: &str) -> Result<String, EngineError> {
    let in_force = editions.iter().rev().find(|(_, from)| from.as_str() <= day);
    let edition = in_force.map(|(edition, _)| edition.clone());
    edition.ok_or_else(|| EngineError::NoEdition {
        day: day.to_owned(),
        earliest: editions.first().map(|(_, from)| from.clone()).unwrap_or_default(),
    })
}

fn unusable(row: &Force, reason: String) -> EngineError {
    EngineError::InForce {
        edition: row.edition.clone(),
        digest: row.digest.chars().take(12).collect(),
        since: clock::spoken(row.since),
        reason,
    }
}

impl Packs {
    /// Returns the meaning of a receipt's state for its document. For packs made before rules distinguished complaints
    /// from returns, today's shipped rules help out.
    pub(crate) fn said(&self, pack: &Pack, receipt: usize, code: &str, status: &str, info: &str) -> Option<Said> {
        if pack.has_complaints() {
            return pack.said(receipt, status, info);
        }
        let known = self.shipped_today().and_then(|shipped| {
            let said = shipped.said(shipped.message(code)?, status, info)?;
            said.meaning.is_complaint().then_some(said)
        });
        known.or_else(|| pack.said(receipt, status, info))
    }

    /// Returns the document that the documents of a request are about; helped out as in [`Packs::said`].
    pub(crate) fn concern<'p>(&'p self, pack: &'p Pack, request: usize, code: &str) -> Option<&'p Concern> {
        if pack.has_complaints() {
            return pack.concern(request);
        }
        let shipped = self.shipped_today()?;
        shipped.concern(shipped.message(code)?)
    }

    fn shipped_today(&self) -> Option<&Pack> {
        let newest = || {
            let mut editions: Vec<_> = self.shipped.iter().collect();
            editions.sort_by_key(|(_, shipped)| shipped.effective_from.as_str());
            let (edition, _) = editions.pop()?;
            compile(&shipped_sources(), edition).ok()
        };
        self.shipped_today.get_or_init(newest).as_ref()
    }
}

fn in_order_of_days(editions: BTreeMap<String, String>) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = editions.into_iter().collect();
    all.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
    all
}
