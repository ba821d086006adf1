//! The main loop of the customs side: envelopes in, receipts out.

use crate::answer::{Answer, receipts};
use crate::change::Change;
use crate::error::SimulatorError;
use crate::faults::Faults;
use crate::journal::StateError;
use crate::kinds::Kind;
use crate::letter::Letter;
use crate::letters::{Mail, letters};
use crate::memory::Memory;
use crate::notice::{self, Notice};
use crate::post::{Post, ROUND};
use crate::records::{Place, Stage};
use cebridge_clock::{Clock, SystemClock, day};
use cebridge_findings::RuleSet;
use cebridge_message::{Limits, unwrap};
use cebridge_runtime::LoadedPack;
use cebridge_signature::{Certificate, Profiles};
use cebridge_transport::{Incoming, Transport};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Delay of notices after receipts of the same round: they leave in the next one.
const NOTICE: SignedDuration = SignedDuration::from_millis(1);

/// Maximum number of records in a receipt message.
const RECORDS: usize = 100;

/// Chooses the pack in force on a day, `YYYY-MM-DD`.
pub type PackOf = Box<dyn Fn(&str) -> Option<Arc<LoadedPack>> + Send>;

/// The simulated customs: e-port and customs in one.
pub struct Customs {
    pack_of: PackOf,
    post: Post,
    pub(crate) trust: Vec<Certificate>,
    pub(crate) profiles: Profiles,
    faults: Faults,
    /// Released inventories get tax bills.
    pub(crate) taxes: bool,
    /// Inventories are stored but not released.
    pub(crate) keeps: bool,
    pub(crate) memory: Memory,
    /// Rounds without news that documents have spent waiting for others.
    pub(crate) waited: BTreeMap<Place, u32>,
    /// Answers of this round.
    pub(crate) pending: Vec<Answer>,
    /// Notices of this round.
    pub(crate) notices: Vec<Notice>,
    clock: Arc<dyn Clock>,
    /// The time of this round.
    pub(crate) at: Timestamp,
}

/// Counts of one round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Envelopes taken.
    pub envelopes: usize,
    /// Documents stored.
    pub stored: usize,
    /// Inventories released.
    pub released: usize,
    /// Documents or messages turned back.
    pub returned: usize,
    /// Receipt records sent.
    pub receipts: usize,
}

impl Customs {
    /// Creates a customs side that reads and writes through this transport.
    #[must_use]
    pub fn new(pack_of: PackOf, transport: Box<dyn Transport>, trust: Vec<Certificate>, faults: Faults) -> Self {
        Self {
            pack_of,
            post: Post::new(transport),
            trust,
            profiles: Profiles::official(),
            faults,
            taxes: false,
            keeps: false,
            memory: Memory::default(),
            waited: BTreeMap::new(),
            pending: Vec::new(),
            notices: Vec::new(),
            clock: Arc::new(SystemClock),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    /// Sends a tax bill (CEB816) and its state (CEB818) after the release of an inventory.
    #[must_use]
    pub fn with_taxes(mut self, taxes: bool) -> Self {
        self.taxes = taxes;
        self
    }

    /// With `false`, stores inventories (120) without releasing them, so that they can be changed and withdrawn.
    #[must_use]
    pub fn with_release(mut self, release: bool) -> Self {
        self.keeps = !release;
        self
    }

    /// Accepts signatures by these profiles instead of the official ones.
    #[must_use]
    pub fn with_profiles(mut self, profiles: Profiles) -> Self {
        self.profiles = profiles;
        self
    }

    /// Sets another clock: rules, transitions and validity of certificates follow it.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Writes receipts into the folder in two halves with a pause in between, under their final names, like a careless
    /// client; the transport is not used for them.
    #[must_use]
    pub fn with_slow_writing(mut self, folder: PathBuf, pause: Duration) -> Self {
        self.post.careless(folder, pause);
        self
    }

    /// Keeps its memory in this folder and resumes from it, even after a kill at any moment.
    ///
    /// # Errors
    /// A folder that can't be used or is in use, or a memory that can't be read.
    pub fn with_state(mut self, folder: &Path) -> Result<Self, StateError> {
        self.memory = Memory::open(folder)?;
        Ok(self)
    }

    /// Takes in what has arrived, decides what can be decided, and answers.
    ///
    /// # Errors
    /// Folders that can't be used, or no rules.
    pub fn round(&mut self) -> Result<Round, SimulatorError> {
        let mut round = Round::default();
        self.at = self.clock.now();
        let today = day(self.at);
        let pack = (self.pack_of)(&today).ok_or(SimulatorError::NoEdition(today))?;
        let files = self.post.arrived()?;
        let mut judged = Vec::new();
        for file in &files {
            judged.push(self.judge(&pack, file, &mut round)?);
        }
        self.decide(&pack, &mut round)?;
        self.answer(pack.rules())?;
        // From here on a kill changes nothing: the judged files are on record, and their receipts are ready.
        self.memory.commit()?;
        for (file, problem) in files.iter().zip(judged) {
            self.post.clear(file, problem.as_deref())?;
        }
        self.forget_cleared(&files);
        round.receipts = self.send()?;
        self.memory.commit()?;
        Ok(round)
    }

    /// Returns `true` if nothing waits for a decision or to be sent.
    #[must_use]
    pub fn idle(&self) -> bool {
        let is_kept = |place: &Place| {
            let record = self.memory.records.get(place);
            self.keeps && record.is_some_and(|record| record.stage == Stage::Stored)
        };
        self.memory.letters.is_empty() && self.memory.open_places().all(is_kept)
    }

    /// Judges one file; the returned text says why it is not an envelope.
    fn judge(
        &mut self,
        pack: &LoadedPack,
        file: &Incoming,
        round: &mut Round,
    ) -> Result<Option<String>, SimulatorError> {
        let digest = hex::encode(Sha256::digest(&file.bytes));
        if self.memory.is_judged(&file.name, &digest) {
            return Ok(None);
        }
        round.envelopes += 1;
        let problem = match unwrap(&file.bytes, &Limits::ENVELOPE) {
            Ok(original) => {
                self.take(pack, &original, round)?;
                let file = file.name.clone();
                self.memory.change(Change::Judge { file, digest });
                None
            }
            // Without an envelope there is no one to answer.
            Err(error) => Some(format!("not a DXP envelope: {error}")),
        };
        Ok(problem)
    }

    /// Forgets the files that were moved away, including those of an earlier process.
    fn forget_cleared(&mut self, files: &[Incoming]) {
        let saw_all = files.len() < ROUND;
        for file in self.memory.judged() {
            if saw_all || files.iter().any(|cleared| cleared.name == file) {
                self.memory.change(Change::Clear { file });
            }
        }
    }

    /// Writes the answers and notices of this round.
    fn answer(&mut self, pack: &RuleSet) -> Result<(), SimulatorError> {
        // One receipt message carries one kind of receipt for the same receivers; successive states of one document go
        // into separate messages.
        let mut groups: BTreeMap<(String, Vec<String>, String), Vec<Answer>> = BTreeMap::new();
        for answer in self.faults.disturb(std::mem::take(&mut self.pending)) {
            let place = (rank(&answer.status), answer.to.clone(), answer.answers.clone());
            groups.entry(place).or_default().push(answer);
        }
        for ((_, _, message), answers) in &groups {
            let Some(kind) = Kind::of(pack.pack(), message) else {
                continue;
            };
            for chunk in answers.chunks(RECORDS) {
                self.write(pack, &receipts(&kind, chunk, self.at), SignedDuration::ZERO)?;
            }
        }
        for notice in std::mem::take(&mut self.notices) {
            if let Some(mail) = notice::mail(pack, &notice, self.at) {
                self.write(pack, &mail, NOTICE)?;
            }
        }
        Ok(())
    }

    /// Writes a message that may leave after a delay, or later if receipts are late.
    pub(crate) fn write(
        &mut self,
        pack: &RuleSet,
        mail: &Mail<'_>,
        after: SignedDuration,
    ) -> Result<(), SimulatorError> {
        let odd = self.faults.next_form();
        let due = Some(self.leaving(after));
        for letter in letters(pack, mail, &odd, self.at)? {
            let letter = Letter { due, ..letter };
            self.memory.change(Change::Write { letter });
        }
        Ok(())
    }

    /// Returns the time at which a receipt of this round leaves.
    fn leaving(&self, after: SignedDuration) -> Timestamp {
        let wait = after.saturating_add(self.faults.late());
        self.at.saturating_add(wait).unwrap_or(Timestamp::MAX)
    }

    /// Sends the receipts that are due; returns the number of records sent.
    fn send(&mut self) -> Result<usize, SimulatorError> {
        let (at, fresh) = (self.at, self.leaving(SignedDuration::ZERO));
        for letter in &mut self.memory.letters {
            letter.due.get_or_insert(fresh);
        }
        let is_due = |letter: &&Letter| letter.due.is_none_or(|due| due <= at);
        let due: Vec<Letter> = self.memory.letters.iter().filter(is_due).cloned().collect();
        self.post.send(&due)?;
        let mut records = 0;
        for letter in due {
            records += letter.records;
            self.memory.change(Change::Sent { id: letter.id });
        }
        Ok(records)
    }
}

/// Ranks states in the order of a document's life, so that earlier ones are sent first.
fn rank(status: &str) -> String {
    match status.parse::<i64>() {
        Ok(number) if number >= 0 => format!("{number:010}"),
        _ => format!("9{status}"),
    }
}
