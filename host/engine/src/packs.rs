//! The packs in force: the shipped editions, those of the packs folder, and the choice among them by date.

use crate::config::{self, Config};
use crate::error::EngineError;
use cebridge_message::{Document, Limits};
use cebridge_rule_core::pack::{Concern, Pack, Said};
use cebridge_rule_core::source::{self, SourceSet};
use cebridge_runtime::{
    Grade, Grades, LoadedPack, PackClass, PackSignature, PairError, Registry, Sandbox, SandboxLimits, VerifyingKey,
    bake, pack_trust_key, shipped_sources,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// How a command chooses an edition.
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
    /// Installed packs.
    pub registry: Registry,
    /// Files of the packs folder that are not in force, and why.
    pub refused: Vec<(PathBuf, String)>,
    /// Editions that the program ships with.
    shipped: BTreeMap<String, Shipped>,
    grades: Grades,
    trust: Vec<VerifyingKey>,
    effective_from: BTreeMap<String, String>,
    /// The newest shipped rules, read when an older pack needs their help.
    shipped_today: OnceLock<Option<Pack>>,
}

impl Packs {
    /// The packs that a command sees: the shipped editions and, over them, what lies in the packs folder. A shipped
    /// edition is built when it is first chosen.
    ///
    /// # Errors
    /// A machine that can't run the sandbox, or shipped rules without an edition file.
    pub fn open(config: &Config) -> Result<Self, EngineError> {
        let mut packs = Self::empty(config)?;
        packs.shipped = shipped_editions(&shipped_sources())?;
        for (edition, shipped) in &mut packs.shipped {
            if let Some(day) = packs.effective_from.get(edition) {
                shipped.effective_from.clone_from(day);
            }
        }
        for path in pack_files(&config.path(&config.paths.packs)) {
            match packs.admit(&path) {
                Ok(pack) => drop(packs.install(pack)),
                Err(reason) => packs.refused.push((path, reason)),
            }
        }
        Ok(packs)
    }

    /// Editions that can be chosen, with the first day of each in force, in the order of those days.
    #[must_use]
    pub fn editions(&self) -> Vec<(String, String)> {
        let snapshot = self.registry.snapshot();
        let shipped = self.shipped.iter();
        let mut all: BTreeMap<String, String> = shipped
            .map(|(edition, shipped)| (edition.clone(), shipped.effective_from.clone()))
            .collect();
        all.extend(
            snapshot
                .iter()
                .map(|pack| (pack.edition().to_owned(), pack.effective_from().to_owned())),
        );
        let mut all: Vec<(String, String)> = all.into_iter().collect();
        all.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
        all
    }

    /// Editions that know a message, with the first day of each in force, in the order of those days. No pack is built
    /// for the answer.
    #[must_use]
    pub fn editions_with(&self, code: &str) -> Vec<(String, String)> {
        let snapshot = self.registry.snapshot();
        let knows = |edition: &str| match snapshot.iter().find(|pack| pack.edition() == edition) {
            Some(pack) => pack.pack().message(code).is_some(),
            None => self.ships(edition, code),
        };
        self.editions()
            .into_iter()
            .filter(|(edition, _)| knows(edition))
            .collect()
    }

    /// Whether files of a shipped edition, or of one that it extends, describe a message.
    fn ships(&self, edition: &str, code: &str) -> bool {
        let chain = std::iter::successors(self.shipped.get(edition), |known| {
            self.shipped.get(known.extends.as_ref()?)
        });
        // The shipped rules compile, so the chain ends; a length keeps a broken build from hanging.
        chain
            .take(self.shipped.len())
            .any(|shipped| shipped.messages.contains(code))
    }

    /// Loads a pack file and checks that it may be put into force.
    ///
    /// # Errors
    /// Why it may not.
    pub fn admit(&self, path: &Path) -> Result<LoadedPack, String> {
        let pack = self.load_file(path).map_err(|error| error.to_string())?;
        self.check(&pack)?;
        Ok(pack)
    }

    /// No pack at all: for commands that bring their own.
    ///
    /// # Errors
    /// A machine that can't run the sandbox.
    pub fn empty(config: &Config) -> Result<Self, EngineError> {
        let grades = config
            .rules
            .grades
            .iter()
            .map(|(id, grade)| (id.clone(), self::grade(*grade)))
            .collect();
        Ok(Self {
            sandbox: Arc::new(Sandbox::new(SandboxLimits::default())?),
            registry: Registry::new(KEPT),
            refused: Vec::new(),
            shipped: BTreeMap::new(),
            grades,
            trust: trusted_keys(config)?,
            effective_from: config.rules.effective_from.clone(),
            shipped_today: OnceLock::new(),
        })
    }

    /// Compiles, bakes and loads an edition.
    ///
    /// # Errors
    /// Rule source errors, with file, line and column.
    pub fn build(&self, sources: &SourceSet, edition: &str) -> Result<LoadedPack, EngineError> {
        let pack = source::compile(sources, edition).map_err(|errors| {
            EngineError::Rules(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        })?;
        let wasm = bake(&self.sandbox, &pack)?;
        self.load(&wasm)
    }

    /// Loads a pack, with the severities of the configuration.
    ///
    /// # Errors
    /// Bytes that are no pack.
    pub fn load(&self, wasm: &[u8]) -> Result<LoadedPack, EngineError> {
        Ok(LoadedPack::load(&self.sandbox, wasm)?.with_grades(self.grades.clone()))
    }

    /// Whether a pack may be put into force: its code must be the shipped interpreter's and, with trusted keys in the
    /// configuration, it must carry a signature by one of them.
    ///
    /// # Errors
    /// Why it may not.
    pub fn check(&self, pack: &LoadedPack) -> Result<(), String> {
        if pack.class() != PackClass::DataOnly {
            return Err(
                "its code is not the shipped interpreter's; a data-only pack is made by `cebridge pack build`"
                    .to_owned(),
            );
        }
        if self.trust.is_empty() {
            return Ok(());
        }
        match pack.signature(&self.trust) {
            PackSignature::Trusted { .. } => Ok(()),
            PackSignature::Unsigned => Err("it is not signed, and rules.trust demands a trusted signature".to_owned()),
            PackSignature::Untrusted { key } => Err(format!("it is signed by {key}, which rules.trust does not name")),
            _ => Err("its signature is wrong: the file was changed after signing".to_owned()),
        }
    }

    /// Loads a pack file.
    ///
    /// # Errors
    /// A file that can't be read, or that is no pack.
    pub fn load_file(&self, path: &Path) -> Result<LoadedPack, EngineError> {
        let wasm = std::fs::read(path).map_err(|source| EngineError::Io {
            action: "cannot read",
            path: path.to_owned(),
            source,
        })?;
        self.load(&wasm)
    }

    /// Puts a pack into force, in place of the one of the same edition.
    pub fn install(&self, pack: LoadedPack) -> Arc<LoadedPack> {
        let pack = match self.effective_from.get(pack.edition()) {
            Some(day) => pack.with_effective_from(day),
            None => pack,
        };
        self.registry.install(pack)
    }

    /// Takes an edition out of force; a shipped one comes back in its shipped form. False when it is gone altogether.
    pub fn withdraw(&self, edition: &str) -> bool {
        self.registry.remove(edition);
        self.shipped.contains_key(edition)
    }

    /// The pack that a command asked for.
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
            Choice::Day(day) => {
                let in_force = editions
                    .iter()
                    .rev()
                    .find(|(_, from)| from <= day)
                    .map(|(edition, _)| edition);
                in_force.ok_or_else(|| EngineError::NoEdition {
                    day: day.clone(),
                    earliest: editions.first().map(|(_, from)| from.clone()).unwrap_or_default(),
                })?
            }
        };
        if let Some(pack) = self.registry.edition(edition) {
            return Ok(pack);
        }
        let pack = self.build(&shipped_sources(), edition)?;
        Ok(self.install(pack))
    }
}

impl Packs {
    /// What a state of a receipt says about its document. Packs made before rules could tell complaints from returns are
    /// helped out by the shipped rules of today.
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

    /// Which document the documents of a request are about; helped out as in [`Packs::said`].
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
            source::compile(&shipped_sources(), edition).ok()
        };
        self.shipped_today.get_or_init(newest).as_ref()
    }

    /// The very pack of this digest, when it is in force or was not long ago; a shipped one is built again.
    #[must_use]
    pub fn pinned(&self, edition: &str, digest: &str) -> Option<Arc<LoadedPack>> {
        let now = self.choose(&Choice::Edition(edition.to_owned())).ok();
        if let Some(pack) = now.filter(|pack| pack.digest() == digest) {
            return Some(pack);
        }
        let packs = self.registry.snapshot();
        packs.previous(edition).find(|pack| pack.digest() == digest).cloned()
    }
}

/// Packs kept for each edition, for going back.
const KEPT: usize = 3;

fn grade(grade: config::Grade) -> Grade {
    match grade {
        config::Grade::Error => Grade::Error,
        config::Grade::Warning => Grade::Warning,
        config::Grade::Off => Grade::Off,
    }
}

/// Pack files of a folder, in the order of their names; none when the folder can't be read.
fn pack_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| !name.to_string_lossy().starts_with('.'))
        })
        .collect();
    files.sort();
    files
}

/// What is known of a shipped edition before its pack is built.
struct Shipped {
    /// First day in force.
    effective_from: String,
    /// The edition that it extends.
    extends: Option<String>,
    /// Codes of the messages that its own files describe or change.
    messages: BTreeSet<String>,
}

/// The editions in the shipped rules, by name.
fn shipped_editions(sources: &SourceSet) -> Result<BTreeMap<String, Shipped>, EngineError> {
    let mut editions = BTreeMap::new();
    for (path, text) in &sources.files {
        let Some(folder) = path.strip_suffix("edition.toml").filter(|folder| folder.ends_with('/')) else {
            continue;
        };
        let wrong = || EngineError::Rules(format!("{path} does not name its edition and its first day in force"));
        let table: toml::Table = text
            .parse()
            .map_err(|error| EngineError::Rules(format!("{path}: {error}")))?;
        let text = |key: &str| table.get("edition")?.get(key)?.as_str().map(str::to_owned);
        let names = sources.files.keys().filter_map(|file| file.strip_prefix(folder));
        let shipped = Shipped {
            effective_from: text("effective-from").ok_or_else(wrong)?,
            extends: text("extends"),
            messages: names
                .filter_map(|name| name.strip_suffix(".toml"))
                .map(str::to_owned)
                .collect(),
        };
        editions.insert(text("edition").ok_or_else(wrong)?, shipped);
    }
    Ok(editions)
}

fn trusted_keys(config: &Config) -> Result<Vec<VerifyingKey>, EngineError> {
    let Some(path) = &config.rules.trust else {
        return Ok(Vec::new());
    };
    let path = config.path(path);
    let text = std::fs::read_to_string(&path).map_err(|source| EngineError::Io {
        action: "cannot read",
        path,
        source,
    })?;
    let end = "-----END PUBLIC KEY-----";
    let keys = text
        .split_inclusive(end)
        .filter(|part| part.contains(end))
        .map(pack_trust_key);
    Ok(keys.collect::<Result<_, _>>()?)
}

/// A pack's own case and what came of it.
#[derive(Debug, Clone)]
pub struct CaseResult {
    /// Name of the case.
    pub name: String,
    /// Findings that were expected and did not come.
    pub missing: Vec<String>,
    /// Findings that came and were not expected.
    pub unexpected: Vec<String>,
}

impl CaseResult {
    /// The findings are exactly the expected ones.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty()
    }
}

/// Runs a pack's own cases: each is judged, and its findings are compared with the expected `rule path` lines.
///
/// # Errors
/// A pack that fails while judging.
pub fn run_cases(pack: &LoadedPack) -> Result<Vec<CaseResult>, EngineError> {
    let mut results = Vec::new();
    for case in &pack.pack().cases {
        let mut found: Vec<String> = match Document::parse(case.xml.as_bytes(), &Limits::default()) {
            Err(error) => vec![format!("XML-READ {error}")],
            Ok(document) => match pack.judge_case(&document) {
                Ok(found) => found
                    .into_iter()
                    .map(|finding| format!("{} {}", finding.rule, finding.path))
                    .collect(),
                Err(PairError::Fault(fault)) => return Err(fault.into()),
                Err(error) => vec![format!("XML-READ {error}")],
            },
        };
        let mut missing = Vec::new();
        for line in &case.expect {
            match found.iter().position(|other| other == line) {
                Some(at) => {
                    found.remove(at);
                }
                None => missing.push(line.clone()),
            }
        }
        results.push(CaseResult {
            name: case.name.clone(),
            missing,
            unexpected: found,
        });
    }
    Ok(results)
}
