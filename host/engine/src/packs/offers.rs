//! Offers: files of the packs folder. Their packs are admitted and recorded; the later fate of a file changes nothing
//! until a person decides.

mod decide;
mod texts;

use super::Packs;
use crate::config::{Config, OnBroken};
use cebridge_ledger::{Force, ForceOrigin, Offer, OfferState};
use cebridge_runtime::PackFile;
use cebridge_transport::{InboxRules, Shelf, ShelfState, Shelved};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use texts::{in_force, name_of, stays};

/// The packs folder, looked at repeatedly.
pub struct Offers {
    folder: PathBuf,
    shelf: Shelf,
    /// Time for which an invalid file may still be one that is being written.
    patience: Duration,
    /// Since when each file has been unchanged, and whether it came complete.
    seen: BTreeMap<PathBuf, Seen>,
    /// Outcomes of files: those on record or, without a ledger, those in this process.
    known: BTreeMap<PathBuf, Offer>,
    /// Files refused by earlier processes that this one has checked again.
    again: BTreeSet<PathBuf>,
    told: BTreeMap<PathBuf, String>,
    /// Conflicts already reported, by edition.
    conflicts: BTreeMap<String, String>,
    /// Files that are not in order, with the reason.
    faulty: Vec<String>,
}

struct Seen {
    sha256: String,
    since: Instant,
    whole: bool,
}

/// A complete file.
struct Whole {
    path: PathBuf,
    sha256: String,
    bytes: Arc<Vec<u8>>,
    /// The edition that it holds, if known.
    edition: Option<String>,
    /// Set if nothing has been decided about it.
    open: bool,
    /// Set if other bytes were in its place before, or the file was gone: a person put it there.
    put: bool,
}

impl Offers {
    /// Opens the folder of a configuration, for a long-running process.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self::with(config, Duration::from_secs(config.packs.settle.into()), PATIENCE)
    }

    /// The same for a command that looks once.
    pub(crate) fn at_once(config: &Config) -> Self {
        Self::with(config, Duration::ZERO, Duration::ZERO)
    }

    fn with(config: &Config, settle: Duration, patience: Duration) -> Self {
        let folder = config.path(&config.paths.packs);
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        let rules = InboxRules {
            settle,
            largest: cebridge_runtime::MAX_PLUGIN_BYTES as u64,
            ..InboxRules::default()
        };
        Self {
            shelf: Shelf::new(folder.clone(), "wasm", rules),
            folder,
            patience,
            seen: BTreeMap::new(),
            known: BTreeMap::new(),
            again: BTreeSet::new(),
            told: BTreeMap::new(),
            conflicts: BTreeMap::new(),
            faulty: Vec::new(),
        }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Notes that a file was renamed into the folder, so it is complete.
    pub fn renamed_in(&mut self, path: &Path) {
        self.shelf.renamed_in(path);
        if let Some(seen) = self.seen.get_mut(path) {
            seen.whole = true;
        }
    }

    /// Looks at the folder and puts new packs into force. Returns one line for each outcome, for people.
    pub fn look(&mut self, packs: &Packs) -> Vec<String> {
        let mut lines = Vec::new();
        match self.shelf.look() {
            Ok(found) => self.take_up(packs, found, &mut lines),
            Err(_) if !self.folder.exists() && self.patience.is_zero() => {}
            Err(error) => {
                let text = format!("packs folder: {error}; what is in force stays so");
                self.tell(&self.folder.clone(), text, &mut lines);
            }
        }
        lines
    }

    /// The files that the last look found not in order, each with the reason.
    pub(crate) fn faulty(&self) -> &[String] {
        &self.faulty
    }

    /// Only checks that the folder is in order, while a daemon takes up its files.
    pub(crate) fn inspect(&mut self, packs: &Packs) {
        let Ok(found) = self.shelf.look() else {
            return packs.note_broken(vec!["the folder can't be read".to_owned()]);
        };
        let offers = packs
            .store
            .as_ref()
            .and_then(|store| store.ledger.offers().ok())
            .unwrap_or_default();
        let refused = |path: &Path, sha256: &str| {
            offers.iter().any(|offer| {
                let bad = matches!(offer.state, OfferState::Refused | OfferState::Conflict);
                bad && Path::new(&offer.place) == path && offer.sha256 == sha256
            })
        };
        let mut broken = Vec::new();
        let mut present = BTreeSet::new();
        for file in found {
            match &file.state {
                ShelfState::Whole { sha256, .. } if refused(&file.path, sha256) => {
                    broken.push(format!("{} is refused", file.name));
                }
                ShelfState::Whole { .. } | ShelfState::Young => {}
                other => broken.push(format!("{}: {other}", file.name)),
            }
            present.insert(file.path);
        }
        for row in packs.files_in_force() {
            let place = Path::new(&row.place);
            if place.parent() == Some(&self.folder) && !present.contains(place) {
                broken.push(format!("{} is gone", name_of(place)));
            }
        }
        packs.note_broken(broken);
    }

    fn take_up(&mut self, packs: &Packs, found: Vec<Shelved>, lines: &mut Vec<String>) {
        self.told.remove(&self.folder.clone());
        if let Some(store) = &packs.store {
            match store.ledger.offers() {
                Ok(offers) => {
                    self.known = offers
                        .into_iter()
                        .map(|offer| (offer.place.clone().into(), offer))
                        .collect()
                }
                Err(error) => return self.tell(&self.folder.clone(), format!("packs: {error}"), lines),
            }
        }
        let mut broken = Vec::new();
        let present: BTreeSet<PathBuf> = found.iter().map(|file| file.path.clone()).collect();
        self.seen.retain(|path, _| present.contains(path));
        self.told
            .retain(|path, _| present.contains(path) || self.known.contains_key(path) || *path == self.folder);
        let mut whole = Vec::new();
        for file in found {
            match file.state {
                ShelfState::Whole { sha256, bytes, .. } => whole.push(self.whole(file.path, sha256, bytes)),
                ShelfState::Young => {}
                other => {
                    let reason = other.to_string();
                    broken.push(format!("{}: {reason}", file.name));
                    let text = format!("pack {}: {reason}; {}", file.name, stays(packs, &file.path));
                    self.tell(&file.path, text, lines);
                }
            }
        }
        for file in whole.iter().filter(|file| !file.open) {
            let decided = self.known.get(&file.path).filter(|offer| offer.sha256 == file.sha256);
            if let Some(offer) = decided.filter(|offer| offer.state == OfferState::Refused) {
                broken.push(format!("{} is refused: {}", name_of(&file.path), offer.reason));
            }
        }
        self.conflicts(packs, &mut whole, lines);
        broken.extend(self.conflicts.values().cloned());
        for file in whole.iter().filter(|file| file.open) {
            self.decide(packs, file, &mut broken, lines);
        }
        self.faulty.clone_from(&broken);
        self.gone(packs, &present, &whole, &mut broken, lines);
        packs.note_broken(broken);
    }

    fn whole(&mut self, path: PathBuf, sha256: String, bytes: Arc<Vec<u8>>) -> Whole {
        let now = Instant::now();
        let seen = self.seen.entry(path.clone()).or_insert_with(|| Seen {
            sha256: sha256.clone(),
            // A file that was there before this process is as old as its modification time says.
            since: now.checked_sub(age(&path)).unwrap_or(now),
            whole: false,
        });
        if seen.sha256 != sha256 {
            *seen = Seen {
                sha256: sha256.clone(),
                since: now,
                whole: false,
            };
        }
        let known = self.known.get(&path);
        let same = known.filter(|offer| offer.sha256 == sha256);
        let open = match same.map(|offer| offer.state) {
            None | Some(OfferState::Conflict | OfferState::Gone) => true,
            // This version of the program may admit what an earlier one did not.
            Some(OfferState::Refused) => !self.again.contains(&path),
            Some(OfferState::Taken | OfferState::Known) => false,
        };
        let edition = same.and_then(|offer| offer.edition.clone()).or_else(|| {
            let file = PackFile::read(bytes.to_vec()).ok()?;
            Some(file.manifest().edition.clone())
        });
        Whole {
            put: known.is_some_and(|offer| offer.sha256 != sha256 || offer.state == OfferState::Gone),
            open,
            edition,
            path,
            sha256,
            bytes,
        }
    }

    /// Handles several files of one edition: it is unclear which one was meant, so none changes anything.
    fn conflicts(&mut self, packs: &Packs, whole: &mut [Whole], lines: &mut Vec<String>) {
        let mut by_edition: BTreeMap<String, BTreeSet<(String, PathBuf)>> = BTreeMap::new();
        for file in whole.iter() {
            let refused = self
                .known
                .get(&file.path)
                .is_some_and(|offer| offer.sha256 == file.sha256 && offer.state == OfferState::Refused);
            if let Some(edition) = file.edition.as_ref().filter(|_| file.open || !refused) {
                let files = by_edition.entry(edition.clone()).or_default();
                files.insert((file.sha256.clone(), file.path.clone()));
            }
        }
        let mut conflicts = BTreeMap::new();
        for (edition, files) in by_edition {
            let digests: BTreeSet<&String> = files.iter().map(|(digest, _)| digest).collect();
            if digests.len() < 2 {
                continue;
            }
            let mut names: Vec<String> = files.iter().map(|(_, path)| name_of(path)).collect();
            names.sort();
            let reason = format!(
                "{} {} hold edition {edition}; none of them changes anything until one is left",
                names.join(" and "),
                if names.len() == 2 { "both" } else { "all" }
            );
            for file in whole.iter_mut().filter(|file| file.edition.as_ref() == Some(&edition)) {
                if !file.open {
                    continue;
                }
                file.open = false;
                let offer = self.offer(file, OfferState::Conflict, &reason);
                self.note(packs, offer, lines);
            }
            let text = format!("packs: {reason}; {}", in_force(packs, &edition));
            if self.conflicts.get(&edition) != Some(&text) {
                lines.push(text.clone());
            }
            conflicts.insert(edition, text);
        }
        self.conflicts = conflicts;
    }

    fn offer(&self, file: &Whole, state: OfferState, reason: &str) -> Offer {
        Offer {
            place: file.path.display().to_string(),
            sha256: file.sha256.clone(),
            edition: file.edition.clone(),
            state,
            reason: reason.to_owned(),
            at: Timestamp::now(),
        }
    }

    fn note(&mut self, packs: &Packs, offer: Offer, lines: &mut Vec<String>) {
        let path = PathBuf::from(&offer.place);
        let store = packs.store.as_ref().filter(|_| packs.records);
        let noted = store.map_or(Ok(()), |store| store.ledger.note_offer(&offer, offer.at));
        if let Err(error) = noted {
            self.tell(&path, format!("packs: {error}"), lines);
        }
        self.known.insert(path, offer);
    }

    /// Reports a text about a file once, until another one is reported about it.
    fn tell(&mut self, path: &Path, text: String, lines: &mut Vec<String>) {
        if self.told.get(path) != Some(&text) {
            self.told.insert(path.to_owned(), text.clone());
            lines.push(text);
        }
    }
}

/// Time for which an invalid file of the packs folder may still be one that is being written.
const PATIENCE: Duration = Duration::from_secs(10);

impl Packs {
    /// Returns the rows in force whose pack came from a file.
    fn files_in_force(&self) -> Vec<Force> {
        let in_force = self.in_force.load();
        let rows = in_force.rows.values();
        rows.filter(|row| row.origin == ForceOrigin::File).cloned().collect()
    }

    fn note_broken(&self, broken: Vec<String>) {
        let stop = self.settings.load().on_broken == OnBroken::Stop && !broken.is_empty();
        let reason = stop.then(|| {
            format!(
                "nothing is judged while files of the packs folder are not in order ([packs] on-broken = \"stop\"): {}",
                broken.join("; ")
            )
        });
        self.standstill.store(Arc::new(reason));
    }
}

fn age(path: &Path) -> Duration {
    let changed = std::fs::metadata(path).and_then(|metadata| metadata.modified());
    changed.ok().and_then(|time| time.elapsed().ok()).unwrap_or_default()
}
