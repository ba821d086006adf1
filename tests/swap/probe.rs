//! Probes in a calm moment: a good offer is taken up, and what is broken is named once and changes nothing.

use crate::bakery::{Bakery, EDITION, LATER, short};
use crate::change::Changer;
use crate::damage::Damage;
use crate::dice::Dice;
use crate::folder::{MAIN, SECOND};
use crate::keeper::Keeper;
use crate::ledger::Ledger;
use crate::log;
use crate::record::Period;
use crate::report::{Category, Violation};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What is done to the file of the pack in force.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Probe {
    /// Bytes that are no good pack, renamed over it.
    Damaged(Damage),
    Delete,
    Fifo,
    Dangling,
    Directory,
    /// Another file of the edition beside it.
    Second,
    /// The pack before, under a name that was never seen, and this file gone.
    UnknownName,
    /// Another pack in pieces: one activation, and nothing said about the pieces.
    Pieces,
    /// A broken file, and then kill -9: the pack stays in force over the restart.
    Restart,
}

/// Longest wait for an offer to be taken up or named.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long nothing more may be said.
const SILENCE: Duration = Duration::from_millis(1500);

impl Probe {
    /// Every probe once, in a random order.
    pub(crate) fn deck(dice: &mut Dice) -> Vec<Probe> {
        let mut deck = vec![
            Probe::Delete,
            Probe::Fifo,
            Probe::Dangling,
            Probe::Directory,
            Probe::Second,
            Probe::UnknownName,
            Probe::Pieces,
            Probe::Restart,
        ];
        deck.extend(Damage::ALL.map(Probe::Damaged));
        dice.shuffle(&mut deck);
        deck
    }

    /// Runs it; nobody may end the daemon meanwhile.
    pub(crate) fn run(self, changer: &mut Changer<'_>, keeper: &Keeper, dice: &mut Dice) -> Result<(), Violation> {
        let name = format!("probe {self:?}");
        changer.note(&name);
        let said = |text: String| Violation::new(Category::Probe, format!("{name}: {text}"));
        let calm = Calm::new(changer, keeper).map_err(said)?;
        let done = match self {
            Probe::Pieces => calm.pieces(changer),
            Probe::Restart => calm.restart(changer, keeper, dice),
            broken => calm.broken(broken, changer, dice),
        };
        // What the folder holds is what is in force again.
        let bytes = good(changer.bakery, &calm.before.digest);
        changer.folder.leave_only(MAIN);
        changer.folder.rename(changer.bakery, MAIN, &bytes);
        done.map_err(said)
    }
}

/// A calm moment: one file lies in the folder, and its pack is in force.
struct Calm {
    ledger: Ledger,
    before: Period,
    log: PathBuf,
}

impl Calm {
    fn new(changer: &mut Changer<'_>, keeper: &Keeper) -> Result<Self, String> {
        let log = keeper.at_work().ok_or("no daemon is ready")?;
        let ledger = Ledger::open(changer.enterprise);
        let from = log::read(&log).len();
        let before = settle(changer, &ledger)?;
        // The record comes first, its line a little later.
        let text = format!("the log does not name {}", short(&before.digest));
        wait(&text, || {
            let mut said = log::read(&log)
                .into_iter()
                .skip(from)
                .filter_map(|line| line.activation());
            said.find(|said| before.digest.starts_with(&said.digest))
        })?;
        Ok(Self { ledger, before, log })
    }

    /// What is broken is named in one line and changes nothing.
    fn broken(&self, probe: Probe, changer: &mut Changer<'_>, dice: &mut Dice) -> Result<(), String> {
        let from = log::read(&self.log).len();
        let word = self.spoil(probe, changer, dice);
        let text = format!("nothing is said about {word}");
        wait(&text, || (!self.lines(from, &word).is_empty()).then_some(()))?;
        std::thread::sleep(SILENCE);
        let lines = self.lines(from, &word);
        // A folder can't be renamed over a file, which may be seen to be gone in between.
        let most = if matches!(probe, Probe::Directory) { 2 } else { 1 };
        match lines.len() {
            few if few <= most => self.unchanged(),
            many => Err(format!(
                "{many} lines are about {word}: {} … {}",
                lines[0],
                lines[many - 1]
            )),
        }
    }

    /// Breaks something; the name by which the log must speak of it.
    fn spoil(&self, probe: Probe, changer: &mut Changer<'_>, dice: &mut Dice) -> String {
        let bakery = changer.bakery;
        let other = bakery.good.iter().find(|pack| pack.digest != self.before.digest);
        let other = other.expect("two good packs").bytes.clone();
        match probe {
            Probe::Damaged(damage) => changer.folder.rename(bakery, MAIN, &damage.bytes(bakery, dice)),
            Probe::Delete => changer.folder.delete(MAIN),
            Probe::Fifo => changer.folder.fifo(MAIN),
            Probe::Dangling => changer.folder.dangle(MAIN),
            Probe::Directory => changer.folder.directory(MAIN),
            Probe::Second => {
                changer.folder.rename(bakery, SECOND, &other);
                return SECOND.to_owned();
            }
            Probe::UnknownName => {
                let record = self.ledger.record();
                let mut past = record.of(EDITION).into_iter().rev().filter(|period| !period.shipped);
                changer.folder.delete(MAIN);
                // Else two files of one edition would lie there for a moment.
                changer.rest(600, 900);
                if let Some(earlier) = past.find(|period| period.digest != self.before.digest) {
                    let name = format!("never-{}.wasm", dice.next());
                    changer.folder.rename(bakery, &name, &good(bakery, &earlier.digest));
                    return name;
                }
            }
            Probe::Pieces | Probe::Restart => {}
        }
        MAIN.to_owned()
    }

    fn pieces(&self, changer: &mut Changer<'_>) -> Result<(), String> {
        let from = log::read(&self.log).len();
        let other = changer.other();
        changer.note(&format!("  {} in pieces", short(&other.digest)));
        changer
            .folder
            .write(changer.bakery, MAIN, &other.bytes, 6, Duration::from_millis(300));
        in_force(&self.ledger, &other.digest)?;
        std::thread::sleep(SILENCE);
        let lines = self.lines(from, MAIN);
        match lines.len() {
            1 if lines[0].contains("activated") => Ok(()),
            many => Err(format!("{many} lines instead of one activation: {lines:?}")),
        }
    }

    fn restart(&self, changer: &mut Changer<'_>, keeper: &Keeper, dice: &mut Dice) -> Result<(), String> {
        let bytes = dice.pick(&Damage::ALL).bytes(changer.bakery, dice);
        changer.folder.rename(changer.bakery, MAIN, &bytes);
        changer.rest(0, 600);
        keeper.kill_now();
        keeper.at_work().ok_or("no daemon is ready after kill -9")?;
        std::thread::sleep(SILENCE);
        self.unchanged()
    }

    fn lines(&self, from: usize, word: &str) -> Vec<String> {
        let lines = log::read(&self.log).into_iter().skip(from);
        let texts = lines.map(|line| line.text);
        texts
            .filter(|text| text.starts_with("pack") && text.contains(word))
            .collect()
    }

    fn unchanged(&self) -> Result<(), String> {
        let now = current(&self.ledger, EDITION);
        match now {
            Some(now) if (&now.digest, now.since) == (&self.before.digest, self.before.since) => Ok(()),
            Some(now) => Err(format!("in force was {}, now it is {now}", self.before)),
            None => Err(format!("in force was {}, now nothing is on record", self.before)),
        }
    }
}

/// Empties the folder and puts a pack into it that is not in force; waits until it is.
pub(crate) fn settle(changer: &mut Changer<'_>, ledger: &Ledger) -> Result<Period, String> {
    changer.folder.leave_only("");
    // A file that lies there while a person decides against it stays without effect, even when it is copied over itself.
    wait("the folder is empty, and the ledger does not know", || {
        ledger.knows_gone(MAIN).then_some(())
    })?;
    if current(ledger, LATER).is_some() {
        changer.decide(&["pack", "remove", LATER], LATER);
    }
    let now = current(ledger, EDITION);
    let mut packs = changer.bakery.good.iter();
    let pack = packs.find(|pack| now.as_ref().is_none_or(|now| now.digest != pack.digest));
    let pack = pack.expect("two good packs");
    changer.note(&format!("  {} by rename", short(&pack.digest)));
    changer.folder.rename(changer.bakery, MAIN, &pack.bytes);
    in_force(ledger, &pack.digest)
}

/// What an edition has now by the record.
pub(crate) fn current(ledger: &Ledger, edition: &str) -> Option<Period> {
    let record = ledger.record();
    record
        .of(edition)
        .into_iter()
        .find(|period| period.until.is_none())
        .cloned()
}

/// Waits until this pack is in force.
fn in_force(ledger: &Ledger, digest: &str) -> Result<Period, String> {
    let text = format!("{} was offered and did not come into force", short(digest));
    wait(&text, || {
        current(ledger, EDITION).filter(|period| period.digest == digest)
    })
}

/// Waits for something; `text` says what is so when it does not come.
fn wait<T>(text: &str, mut look: impl FnMut() -> Option<T>) -> Result<T, String> {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        if Instant::now() > end {
            return Err(format!("{text} after {} s", PATIENCE.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn good(bakery: &Bakery, digest: &str) -> Vec<u8> {
    let pack = bakery.good.iter().find(|pack| pack.digest == digest);
    pack.expect("a pack of this run").bytes.clone()
}
