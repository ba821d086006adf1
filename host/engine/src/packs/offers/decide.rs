//! Decides on files of the packs folder: admit, refuse, leave alone, or wait until they are whole.

use super::super::change::Change;
use super::super::short::short;
use super::super::{Packs, Refused};
use super::texts::{brought, in_force, name_of, stays};
use super::{Offers, Whole};
use cebridge_clock as clock;
use cebridge_ledger::{Force, ForceOrigin, NewForce, Offer, OfferState};
use cebridge_runtime::PackFile;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

impl Offers {
    /// Decides on one file that is new or changed.
    pub(super) fn decide(&mut self, packs: &Packs, file: &Whole, broken: &mut Vec<String>, lines: &mut Vec<String>) {
        let name = name_of(&file.path);
        self.again.insert(file.path.clone());
        let current = file.edition.as_ref().and_then(|edition| packs.force_of(edition));
        if current.as_ref().is_some_and(|row| row.digest == file.sha256) {
            let offer = self.offer(file, OfferState::Taken, "it is in force");
            return self.note(packs, offer, lines);
        }
        let edition = file.edition.clone().unwrap_or_default();
        let earlier = earlier(packs, &edition, &file.sha256);
        if let Some(row) = earlier.as_ref().filter(|_| is_trusted(packs, &file.bytes)) {
            let back = format!(
                "`cebridge pack rollback {edition} --to {}` puts it back into force",
                short(&row.digest)
            );
            let was = format!(
                "it was in force from {} to {}",
                clock::spoken(row.since),
                row.until.map_or("now".to_owned(), clock::spoken)
            );
            let signed = packs.settings.load().admission.wants_signatures();
            if !file.put || signed {
                let why = if signed && file.put { "an older pack; " } else { "" };
                let reason = format!("{why}{was}; {back}");
                let text = format!("pack {name}: changes nothing: {reason}; {}", in_force(packs, &edition));
                let offer = self.offer(file, OfferState::Known, &reason);
                self.tell(&file.path, text, lines);
                return self.note(packs, offer, lines);
            }
        }
        let admitted = packs.settings.load().admission.admit(file.bytes.to_vec());
        let pack = match admitted {
            Ok(pack) => pack,
            Err(Refused { half: true, .. }) if self.may_be_half(&file.path) => {
                // Checked again later: its writer may not have finished.
                self.again.remove(&file.path);
                broken.push(format!("{name} is not readable yet"));
                return;
            }
            Err(Refused { reason, .. }) => {
                broken.push(format!("{name} is refused: {reason}"));
                let text = format!("pack {name}: refused: {reason}; {}", stays(packs, &file.path));
                self.tell(&file.path, text, lines);
                let offer = self.offer(file, OfferState::Refused, &reason);
                return self.note(packs, offer, lines);
            }
        };
        let put_back = earlier.is_some();
        // If an earlier pack overwrote the file that brought a newer edition, both editions step back.
        let ends: Vec<String> = brought(packs, &file.path)
            .filter(|row| put_back && row.edition != edition)
            .map(|row| row.edition)
            .collect();
        let new = NewForce {
            edition: edition.clone(),
            digest: pack.rules().digest().to_owned(),
            version: pack.rules().manifest().version.clone(),
            origin: ForceOrigin::File,
            place: file.path.display().to_string(),
            why: if put_back {
                format!("the file {name} was put back")
            } else {
                format!("the file {name}")
            },
            by: "packs folder".to_owned(),
        };
        let digest = short(pack.rules().digest()).to_owned();
        let sealed = if pack.file().is_sealed() {
            ""
        } else {
            "; it carries no digest of its data, so damage on the way can't be noticed: build it again"
        };
        let earlier_code = match pack.class() {
            cebridge_runtime::PackClass::Earlier => ", made with an earlier interpreter and baked again with this one",
            _ => "",
        };
        let offer = self.offer(file, OfferState::Taken, "");
        match packs.put(pack, &new, Some(&offer), &ends) {
            Ok(Change::Done) => {
                let also: String = ends
                    .iter()
                    .map(|edition| format!("; edition {edition} ended with it"))
                    .collect();
                let before = current.map_or(String::new(), |row| format!(" in place of {}", short(&row.digest)));
                lines.push(format!(
                    "pack {name}: activated, edition {edition}, {digest}{before}{earlier_code}{also}{sealed}"
                ));
                self.known.insert(file.path.clone(), offer);
                self.told.remove(&file.path);
            }
            // Another process changed something at the same moment: look again.
            Ok(Change::Outdated) => drop(self.again.remove(&file.path)),
            Err(error) => {
                self.again.remove(&file.path);
                self.tell(&file.path, format!("pack {name}: {error}; it is tried again"), lines);
            }
        }
    }

    /// Handles files that have disappeared.
    pub(super) fn gone(
        &mut self,
        packs: &Packs,
        present: &BTreeSet<PathBuf>,
        whole: &[Whole],
        broken: &mut Vec<String>,
        lines: &mut Vec<String>,
    ) {
        for row in packs.files_in_force() {
            let place = PathBuf::from(&row.place);
            if place.parent() != Some(&self.folder) {
                continue;
            }
            let name = name_of(&place);
            if !present.contains(&place) {
                broken.push(format!("{name} is gone"));
                let text = format!(
                    "pack {name}: the file is gone; {}; `cebridge pack remove {}` takes it out",
                    in_force(packs, &row.edition),
                    row.edition
                );
                self.tell(&place, text, lines);
            } else if whole.iter().any(|file| file.path == place && file.sha256 == row.digest) {
                self.told.remove(&place);
            }
        }
        let gone: Vec<Offer> = self
            .known
            .values()
            .filter(|offer| {
                let place = Path::new(&offer.place);
                place.parent() == Some(&self.folder) && !present.contains(place) && offer.state != OfferState::Gone
            })
            .cloned()
            .collect();
        for mut offer in gone {
            offer.state = OfferState::Gone;
            offer.reason.clear();
            self.again.remove(Path::new(&offer.place));
            self.note(packs, offer, lines);
        }
    }

    fn may_be_half(&self, path: &Path) -> bool {
        let seen = self.seen.get(path);
        seen.is_some_and(|seen| !seen.whole && seen.since.elapsed() < self.patience)
    }
}

/// Returns `true` if the configuration trusts the file; otherwise admission refuses it with the reason.
fn is_trusted(packs: &Packs, bytes: &[u8]) -> bool {
    let file = PackFile::read(bytes.to_vec());
    file.is_ok_and(|file| packs.settings.load().admission.trusted(&file).is_ok())
}

/// Returns the row by which this pack was in force before.
fn earlier(packs: &Packs, edition: &str, digest: &str) -> Option<Force> {
    let history = packs.store.as_ref()?.ledger.force_history(edition).ok()?;
    history.into_iter().find(|row| row.digest == digest)
}
