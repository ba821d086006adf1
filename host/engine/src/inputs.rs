//! Inputs as recorded in the ledger: new, interrupted, grown, or still in place.

use crate::engine::Engine;
use crate::error::EngineError;
use crate::map::Input;
use crate::origin::Origin;
use crate::process;
use cebridge_ledger::{InputView, LedgerError, NewInput};
use cebridge_runtime::LoadedPack;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The mapper that reads an input, and the enterprise it is declared for.
pub(crate) struct Reader<'a> {
    /// The mapper's name as given.
    pub(crate) mapper: &'a str,
    /// SHA-256 of its code.
    pub(crate) mapper_digest: &'a str,
    /// The enterprise, if named.
    pub(crate) enterprise: Option<&'a str>,
}

/// An input with its row in the ledger.
pub(crate) struct Opened {
    /// The row.
    pub(crate) row: InputView,
    /// The rules that judge it: those it began with, if still available.
    pub(crate) pack: Arc<LoadedPack>,
    /// Time of declaration.
    pub(crate) at: Timestamp,
    /// Inputs whose documents are not declared again, whatever their fate.
    pub(crate) earlier: Vec<i64>,
    /// `true` if it resumes where it was left, under the rules and time it began with.
    pub(crate) resumed: bool,
    /// Note about the resumption, for the log.
    pub(crate) note: Option<String>,
    /// Keeps other threads of this process away from it.
    pub(crate) hold: Hold,
}

/// Inputs that threads of this process are working on.
static AT_WORK: Mutex<BTreeSet<i64>> = Mutex::new(BTreeSet::new());

/// Marks an input as being worked on by a thread until this is dropped.
#[derive(Debug)]
pub(crate) struct Hold(Option<i64>);

impl Hold {
    /// `None` if another thread has it.
    fn of(input: i64) -> Option<Self> {
        at_work().insert(input).then_some(Self(Some(input)))
    }

    fn nothing() -> Self {
        Self(None)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(input) = self.0 {
            at_work().remove(&input);
        }
    }
}

fn at_work() -> MutexGuard<'static, BTreeSet<i64>> {
    AT_WORK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Longest wait of a user's input for another process that is taking the same one, and the polling interval.
const PATIENCE: Duration = Duration::from_secs(120);
const AGAIN: Duration = Duration::from_millis(200);

/// [`open`] for a user's input: waits for the other process, so that its results are known by then. A file in the
/// intake folder is looked at again later anyway.
///
/// # Errors
/// As [`open`].
pub(crate) fn open_patiently(
    engine: &Engine,
    input: &Input,
    reader: &Reader<'_>,
    pack: &Arc<LoadedPack>,
    at: Timestamp,
) -> Result<Opened, EngineError> {
    let start = Instant::now();
    loop {
        match open(engine, input, reader, pack, at) {
            Err(EngineError::Taken { .. }) if input.origin.stamp.is_empty() && start.elapsed() < PATIENCE => {
                std::thread::sleep(AGAIN);
            }
            done => return done,
        }
    }
}

/// Records that an input is taken, or resumes one that a process left half-done.
///
/// `pack` and `at` are the rules in force and the time of declaration for a new input.
///
/// # Errors
/// `Taken` while a live process is working on it; the ledger can't be read or written.
fn open(
    engine: &Engine,
    input: &Input,
    reader: &Reader<'_>,
    pack: &Arc<LoadedPack>,
    at: Timestamp,
) -> Result<Opened, EngineError> {
    let sha256 = hex::encode(Sha256::digest(&input.content));
    let size = input.content.len() as u64;
    let enterprise = reader.enterprise.unwrap_or_default();
    let now = engine.clock.now();
    let same = |row: &InputView| row.mapper == reader.mapper && row.enterprise == enterprise;
    let mut next = NewInput {
        place: input.origin.place.clone(),
        stamp: input.origin.stamp.clone(),
        sha256: sha256.clone(),
        size,
        mapper: reader.mapper.to_owned(),
        mapper_digest: reader.mapper_digest.to_owned(),
        enterprise: enterprise.to_owned(),
        edition: pack.rules().edition().to_owned(),
        pack_digest: pack.rules().digest().to_owned(),
        declared_at: at,
        shorter: None,
        owner: process::name(),
        seen_at: input.origin.seen_at,
    };
    let taken = |owner: String| EngineError::Taken {
        input: input.name.clone(),
        owner,
    };
    if let Some(row) = engine.ledger.open_inputs(&sha256)?.into_iter().find(same) {
        let owner = row.owner.clone().unwrap_or_default();
        if owner != next.owner && !process::is_gone(&owner) {
            return Err(taken(owner));
        }
        // Another thread of this process may be working on it.
        let hold = Hold::of(row.id).ok_or_else(|| taken(owner.clone()))?;
        return match resume(engine, input, row, next, pack, now) {
            Ok(opened) => Ok(Opened { hold, ..opened }),
            // Another process was faster.
            Err(EngineError::Ledger(LedgerError::Unknown { .. })) => Err(taken(owner)),
            Err(error) => Err(error),
        };
    }
    next.shorter = shorter(engine, input, size)?.first().copied();
    let row = match engine.ledger.begin_input(&next, now) {
        Ok(row) => row,
        Err(LedgerError::InputTaken { owner }) => return Err(taken(owner)),
        Err(error) => return Err(error.into()),
    };
    let hold = Hold::of(row.id).ok_or_else(|| taken(next.owner.clone()))?;
    let earlier = earlier(engine, input, &row, false)?;
    Ok(Opened {
        row,
        pack: Arc::clone(pack),
        at,
        earlier,
        resumed: false,
        note: None,
        hold,
    })
}

/// Resumes a half-done input, under the rules it began with.
fn resume(
    engine: &Engine,
    input: &Input,
    row: InputView,
    mut next: NewInput,
    pack: &Arc<LoadedPack>,
    now: Timestamp,
) -> Result<Opened, EngineError> {
    let began_at = row.declared_at;
    let pinned = engine.packs.pinned(&row.edition, &row.pack_digest);
    let mut notes = Vec::new();
    if pinned.is_none() {
        notes.push(format!(
            "the rules that it began with (edition {}, {}) are no longer available; the rest is judged by the rules now in force",
            row.edition,
            row.pack_digest.get(..12).unwrap_or(&row.pack_digest)
        ));
    }
    let pack = pinned.unwrap_or_else(|| Arc::clone(pack));
    next.edition = pack.rules().edition().to_owned();
    next.pack_digest = pack.rules().digest().to_owned();
    let restarted = row.mapper_digest != next.mapper_digest;
    let unchanged = !restarted && row.pack_digest == next.pack_digest;
    if unchanged && row.owner.as_ref() == Some(&next.owner) {
        // This process was interrupted by a passing error: there is nothing to record.
        let earlier = earlier(engine, input, &row, false)?;
        return Ok(Opened {
            row,
            pack,
            at: began_at,
            earlier,
            resumed: true,
            note: None,
            hold: Hold::nothing(),
        });
    }
    if restarted {
        notes.push("its mapper has changed, so it is read from the beginning".to_owned());
    }
    let row = engine.ledger.resume_input(&row, &next, now)?;
    notes.insert(
        0,
        format!(
            "{}: goes on with record {} where it was left",
            input.name,
            row.next_record + 1
        ),
    );
    let earlier = earlier(engine, input, &row, restarted)?;
    Ok(Opened {
        row,
        pack,
        at: began_at,
        earlier,
        resumed: true,
        note: Some(notes.join("; ")),
        hold: Hold::nothing(),
    })
}

/// Shorter files seen in this place: what this one repeats from them unchanged is not declared again. A file handed
/// over by a user is taken as it is.
fn shorter(engine: &Engine, input: &Input, size: u64) -> Result<Vec<i64>, EngineError> {
    if input.origin.stamp.is_empty() {
        return Ok(Vec::new());
    }
    let known = engine.ledger.shorter_inputs(&input.origin.place, size)?;
    Ok(known.into_iter().map(|row| row.id).collect())
}

fn earlier(engine: &Engine, input: &Input, row: &InputView, itself: bool) -> Result<Vec<i64>, EngineError> {
    let mut earlier = shorter(engine, input, row.size)?;
    if row.shorter.is_some() {
        earlier.extend(engine.ledger.input_line(row.id)?);
    }
    earlier.retain(|id| *id != row.id);
    if itself {
        earlier.push(row.id);
    }
    earlier.sort_unstable();
    earlier.dedup();
    Ok(earlier)
}

/// Returns the input of the file at this place if it was taken completely and only has to be moved away.
///
/// # Errors
/// The ledger can't be read.
pub(crate) fn only_to_be_moved(engine: &Engine, origin: &Origin, sha256: &str) -> Result<Option<i64>, EngineError> {
    let lying = engine.ledger.inputs_lying(&origin.place, sha256)?;
    let same = |row: &InputView| same_file(&row.stamp, &origin.stamp);
    Ok(lying.into_iter().find(same).map(|row| row.id))
}

/// Returns `true` if two stamps, `length-time-device-inode`, are of the same file: touching it changes the time, and
/// remounting a share the device. A newly dropped file has another time and another inode.
fn same_file(one: &str, other: &str) -> bool {
    let parts = |stamp: &str| -> Option<(String, String)> {
        let mut parts = stamp.split('-').skip(1);
        Some((parts.next()?.to_owned(), parts.nth(1)?.to_owned()))
    };
    match (parts(one), parts(other)) {
        (Some((time, inode)), Some((other_time, other_inode))) => time == other_time || inode == other_inode,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_touched_or_remounted_file_is_the_same_and_one_dropped_anew_is_not() {
        assert!(same_file("10-500-1-77", "10-500-1-77"));
        assert!(same_file("10-500-1-77", "10-900-1-77"), "touched");
        assert!(same_file("10-500-1-77", "10-500-9-12"), "mounted again");
        assert!(!same_file("10-500-1-77", "10-900-1-78"));
        assert!(!same_file("", ""));
    }
}
