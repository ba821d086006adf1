//! The memory of customs, changed only by [`Change`]s, so that their journal reproduces it.

use crate::change::Change;
use crate::journal::{Journal, StateError};
use crate::letter::Letter;
use crate::records::{Place, Record, Records, Stage};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Documents, numbers, receipts.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) records: Records,
    /// Drafts: no other document and no comparison sees them.
    drafts: BTreeMap<Place, Record>,
    withdrawn: BTreeSet<String>,
    /// Numbers assigned, by prefix.
    given: BTreeMap<String, u64>,
    /// Declared documents awaiting a final answer, in the order of their arrival.
    open: BTreeMap<u64, Place>,
    /// The same, by place.
    arrival: BTreeMap<Place, u64>,
    arrivals: u64,
    pub(crate) letters: Vec<Letter>,
    /// Files judged but perhaps not moved away, with the digest of their bytes.
    judged: BTreeMap<String, String>,
    journal: Option<Journal>,
    /// Changes not yet in the journal.
    fresh: Vec<Change>,
}

impl Memory {
    /// Reads the memory from a folder and keeps it there from now on.
    ///
    /// # Errors
    /// A folder that can't be used or is in use, or a file of it that can't be read.
    pub(crate) fn open(folder: &Path) -> Result<Self, StateError> {
        let (journal, changes) = Journal::open(folder)?;
        let mut memory = Self::default();
        for change in changes {
            memory.apply(change);
        }
        memory.journal = Some(journal.rewritten(&memory.whole())?);
        Ok(memory)
    }

    pub(crate) fn change(&mut self, change: Change) {
        if self.journal.is_some() {
            self.fresh.push(change.clone());
        }
        self.apply(change);
    }

    /// Writes the latest changes to disk, all of them or none.
    ///
    /// # Errors
    /// The journal can't be written.
    pub(crate) fn commit(&mut self) -> Result<(), StateError> {
        match &mut self.journal {
            Some(journal) if !self.fresh.is_empty() => journal.append(&std::mem::take(&mut self.fresh)),
            _ => Ok(()),
        }
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Declare { place, record } => {
                self.drafts.remove(&place);
                self.close(&place);
                if record.stage != Stage::Ended {
                    self.arrivals += 1;
                    self.open.insert(self.arrivals, place.clone());
                    self.arrival.insert(place.clone(), self.arrivals);
                }
                self.records.put(place, *record);
            }
            Change::Hold { place, record } => drop(self.drafts.insert(place, *record)),
            Change::Stage { place, stage } => {
                if stage == Stage::Ended {
                    self.close(&place);
                }
                self.records.set_stage(&place, stage);
            }
            Change::Forget { place } => {
                self.close(&place);
                self.records.remove(&place);
            }
            Change::Drop { place } => drop(self.drafts.remove(&place)),
            Change::Withdraw { number } => drop(self.withdrawn.insert(number)),
            Change::Number { start, last } => drop(self.given.insert(start, last)),
            Change::Write { letter } => self.letters.push(letter),
            Change::Sent { id } => self.letters.retain(|letter| letter.id != id),
            Change::Judge { file, digest } => drop(self.judged.insert(file, digest)),
            Change::Clear { file } => drop(self.judged.remove(&file)),
        }
    }

    /// Takes a document off the waiting list.
    fn close(&mut self, place: &Place) {
        if let Some(arrival) = self.arrival.remove(place) {
            self.open.remove(&arrival);
        }
    }

    /// Returns the changes that lead from nothing to this memory.
    fn whole(&self) -> Vec<Change> {
        let declare = |(place, record): (&Place, &Record)| Change::Declare {
            place: place.clone(),
            record: Box::new(record.clone()),
        };
        let ended = self.records.all().filter(|(_, record)| record.stage == Stage::Ended);
        let open = self
            .open
            .values()
            .filter_map(|place| Some((place, self.records.get(place)?)));
        let mut out: Vec<Change> = ended.chain(open).map(declare).collect();
        out.extend(self.drafts.iter().map(|(place, record)| Change::Hold {
            place: place.clone(),
            record: Box::new(record.clone()),
        }));
        out.extend(
            self.withdrawn
                .iter()
                .map(|number| Change::Withdraw { number: number.clone() }),
        );
        out.extend(self.given.iter().map(|(start, &last)| Change::Number {
            start: start.clone(),
            last,
        }));
        out.extend(
            self.letters
                .iter()
                .map(|letter| Change::Write { letter: letter.clone() }),
        );
        out.extend(self.judged.iter().map(|(file, digest)| Change::Judge {
            file: file.clone(),
            digest: digest.clone(),
        }));
        out
    }

    pub(crate) fn draft(&self, place: &Place) -> Option<&Record> {
        self.drafts.get(place)
    }

    pub(crate) fn is_withdrawn(&self, number: &str) -> bool {
        self.withdrawn.contains(number)
    }

    /// Returns the declared documents awaiting a final answer, in the order of their arrival.
    pub(crate) fn open_places(&self) -> impl Iterator<Item = &Place> {
        self.open.values()
    }

    /// Returns `true` if the file was judged before, by a process that ended before it could move it away.
    pub(crate) fn is_judged(&self, file: &str, digest: &str) -> bool {
        self.judged.get(file).is_some_and(|known| known == digest)
    }

    /// Returns the files that were judged but not yet moved away.
    pub(crate) fn judged(&self) -> Vec<String> {
        self.judged.keys().cloned().collect()
    }

    /// Returns the next pre-entry number, 18 characters: customs, year, `I` or `E`, a running number.
    pub(crate) fn next_number(&mut self, customs_code: &str, year: &str, direction: &str) -> String {
        let code: String = customs_code.chars().filter(char::is_ascii_digit).take(4).collect();
        let letter = if direction == "export" { 'E' } else { 'I' };
        let start = format!("{code:0>4}{year:0>4}{letter}");
        let last = self.given.get(&start).copied().unwrap_or_default() + 1;
        let number = format!("{start}{last:09}");
        self.change(Change::Number { start, last });
        number
    }
}
