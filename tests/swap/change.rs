//! What happens to the packs of an enterprise under load: changes of the folder and decisions of a person.

use crate::bakery::{self, Bakery, EDITION, Pack};
use crate::damage::Damage;
use crate::dice::Dice;
use crate::folder::{self, Folder, MAIN, SECOND};
use crate::moment::Moment;
use crate::product::Product;
use std::path::Path;
use std::time::Duration;

/// Kinds of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Rename,
    InPlace,
    Pieces,
    Link,
    Editor,
    Delete,
    Restore,
    /// Damaged bytes, by rename or in place.
    Damaged(Damage),
    /// A second file of the edition, which goes after a while.
    Second,
    /// An earlier pack over the one in force.
    OldBack,
    /// An earlier pack under a name that was never seen.
    UnknownName,
    /// An edition that begins later and judges from then on.
    Later,
    /// Its file is overwritten by a pack of the edition before.
    LaterReplaced,
    LaterRemoved,
    Rollback,
    RollbackTo,
    Remove,
    /// Out of force, and another pack at once.
    RemoveAndRename,
    Away,
    Fifo,
    Dangling,
    Directory,
    Unreadable,
}

impl Kind {
    const PLAIN: [Kind; 22] = [
        Kind::Rename,
        Kind::InPlace,
        Kind::Pieces,
        Kind::Link,
        Kind::Editor,
        Kind::Delete,
        Kind::Restore,
        Kind::Second,
        Kind::OldBack,
        Kind::UnknownName,
        Kind::Later,
        Kind::LaterReplaced,
        Kind::LaterRemoved,
        Kind::Rollback,
        Kind::RollbackTo,
        Kind::Remove,
        Kind::RemoveAndRename,
        Kind::Away,
        Kind::Fifo,
        Kind::Dangling,
        Kind::Directory,
        Kind::Unreadable,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Rename => "renamed over",
            Kind::InPlace => "written in place",
            Kind::Pieces => "written in pieces",
            Kind::Link => "link switched",
            Kind::Editor => "saved by an editor",
            Kind::Delete => "deleted",
            Kind::Restore => "restored",
            Kind::Damaged(Damage::Truncated) => "truncated",
            Kind::Damaged(Damage::Garbage) => "garbage",
            Kind::Damaged(Damage::Empty) => "empty",
            Kind::Damaged(Damage::FlippedBit) => "flipped bit",
            Kind::Damaged(Damage::CoreModule) => "core module",
            Kind::Damaged(Damage::OtherContract) => "other contract",
            Kind::Damaged(Damage::FailingCases) => "failing cases",
            Kind::Second => "second file of the edition",
            Kind::OldBack => "old file put back",
            Kind::UnknownName => "unknown name",
            Kind::Later => "later edition",
            Kind::LaterReplaced => "later edition overwritten",
            Kind::LaterRemoved => "pack remove, later edition",
            Kind::Rollback => "pack rollback",
            Kind::RollbackTo => "pack rollback --to",
            Kind::Remove => "pack remove",
            Kind::RemoveAndRename => "pack remove, another at once",
            Kind::Away => "folder renamed away and back",
            Kind::Fifo => "FIFO",
            Kind::Dangling => "dangling link",
            Kind::Directory => "directory",
            Kind::Unreadable => "unreadable",
        }
    }

    /// Every kind once, in a random order.
    pub(crate) fn deck(dice: &mut Dice) -> Vec<Kind> {
        let mut deck = Kind::PLAIN.to_vec();
        deck.extend(Damage::ALL.map(Kind::Damaged));
        // Under load, simple changes are the most frequent ones.
        deck.extend([Kind::Rename, Kind::Rename, Kind::InPlace, Kind::Link, Kind::OldBack]);
        dice.shuffle(&mut deck);
        deck
    }
}

/// What a person decided by a command.
#[derive(Debug, Clone)]
pub(crate) struct Decision {
    pub(crate) command: String,
    pub(crate) edition: String,
    pub(crate) code: Option<i32>,
    pub(crate) said: String,
    pub(crate) from: Moment,
    pub(crate) to: Moment,
}

/// Changes packs.
pub(crate) struct Changer<'a> {
    pub(crate) bakery: &'a Bakery,
    pub(crate) product: &'a Product,
    pub(crate) enterprise: &'a Path,
    pub(crate) folder: Folder,
    pub(crate) decisions: Vec<Decision>,
    /// What was done, for people.
    pub(crate) steps: Vec<String>,
    dice: Dice,
    /// Packs put over [`MAIN`], the last one last.
    past: Vec<Pack>,
    unknown: u64,
}

impl<'a> Changer<'a> {
    pub(crate) fn new(bakery: &'a Bakery, product: &'a Product, enterprise: &'a Path, dice: Dice) -> Self {
        Self {
            bakery,
            product,
            enterprise,
            folder: Folder::new(enterprise),
            decisions: Vec::new(),
            steps: Vec::new(),
            dice,
            past: Vec::new(),
            unknown: 0,
        }
    }

    pub(crate) fn note(&mut self, text: &str) {
        self.steps.push(format!("{} {text}", Moment::now()));
    }

    /// A good pack that does not lie under the main name.
    pub(crate) fn other(&mut self) -> Pack {
        let lying = self.folder.lying(MAIN).map(str::to_owned);
        let others: Vec<&Pack> = self
            .bakery
            .good
            .iter()
            .filter(|pack| Some(&pack.digest) != lying.as_ref())
            .collect();
        (*self.dice.pick(&others)).clone()
    }

    /// Makes a change.
    pub(crate) fn change(&mut self, kind: Kind) {
        let bakery = self.bakery;
        self.note(kind.name());
        match kind {
            Kind::Rename => self.put_other(|folder, pack| folder.rename(bakery, MAIN, &pack.bytes)),
            Kind::InPlace => self.put_other(|folder, pack| folder.write(bakery, MAIN, &pack.bytes, 1, Duration::ZERO)),
            Kind::Pieces => {
                self.put_other(|folder, pack| folder.write(bakery, MAIN, &pack.bytes, 6, Duration::from_millis(300)));
            }
            Kind::Link => self.put_other(|folder, pack| folder.link(bakery, MAIN, &pack.bytes)),
            Kind::Editor => self.put_other(|folder, pack| folder.edit(bakery, MAIN, &pack.bytes)),
            Kind::Delete => self.folder.delete(MAIN),
            Kind::Restore | Kind::OldBack => {
                let back = if kind == Kind::Restore { 1 } else { 2 };
                let past = self
                    .past
                    .iter()
                    .rev()
                    .nth(back - 1)
                    .or_else(|| self.past.last())
                    .cloned();
                let pack = past.unwrap_or_else(|| bakery.good[0].clone());
                self.put(pack, |folder, pack| folder.rename(bakery, MAIN, &pack.bytes));
            }
            Kind::Damaged(damage) => self.damage(damage),
            Kind::Second => self.second(),
            Kind::UnknownName => self.unknown_name(),
            Kind::Later => {
                let pack = self.dice.pick(&bakery.later).clone();
                self.say(&pack);
                self.folder.rename(bakery, folder::LATER, &pack.bytes);
            }
            Kind::LaterReplaced => {
                let pack = self.other();
                self.say(&pack);
                self.folder.delete(MAIN);
                self.folder.rename(bakery, folder::LATER, &pack.bytes);
                self.rest(300, 2500);
                self.folder.delete(folder::LATER);
            }
            Kind::LaterRemoved => {
                if self.dice.percent(50) {
                    self.folder.delete(folder::LATER);
                }
                self.decide(&["pack", "remove", bakery::LATER], bakery::LATER);
                self.folder.delete(folder::LATER);
            }
            Kind::Rollback => self.decide(&["pack", "rollback", EDITION], EDITION),
            Kind::RollbackTo => {
                let to = self.dice.pick(&bakery.good).digest[..12].to_owned();
                self.decide(&["pack", "rollback", EDITION, "--to", &to], EDITION);
            }
            Kind::Remove => self.decide(&["pack", "remove", EDITION], EDITION),
            Kind::RemoveAndRename => {
                self.decide(&["pack", "remove", EDITION], EDITION);
                self.put_other(|folder, pack| folder.rename(bakery, MAIN, &pack.bytes));
            }
            Kind::Away => {
                let pause = Duration::from_millis(self.dice.between(50, 1500));
                self.folder.away(pause);
            }
            Kind::Fifo => self.folder.fifo(MAIN),
            Kind::Dangling => self.folder.dangle(MAIN),
            Kind::Directory => self.folder.directory(MAIN),
            Kind::Unreadable => {
                if !self.folder.readable(MAIN, false) {
                    self.note("  this user can read it all the same");
                }
                self.rest(200, 1500);
                self.folder.readable(MAIN, true);
            }
        }
    }

    fn put_other(&mut self, how: impl FnOnce(&mut Folder, &Pack)) {
        let pack = self.other();
        self.put(pack, how);
    }

    fn put(&mut self, pack: Pack, how: impl FnOnce(&mut Folder, &Pack)) {
        self.say(&pack);
        how(&mut self.folder, &pack);
        self.past.push(pack);
    }

    fn say(&mut self, pack: &Pack) {
        let text = format!("  {} {}", bakery::short(&pack.digest), self.bakery.name(&pack.digest));
        self.note(&text);
    }

    fn damage(&mut self, damage: Damage) {
        let bytes = damage.bytes(self.bakery, &mut self.dice);
        self.note(&format!("  {}", bakery::short(&bakery::sha256(&bytes))));
        match self.dice.between(0, 2) {
            0 => self.folder.write(self.bakery, MAIN, &bytes, 1, Duration::ZERO),
            1 => self.folder.link(self.bakery, MAIN, &bytes),
            _ => self.folder.rename(self.bakery, MAIN, &bytes),
        }
    }

    fn second(&mut self) {
        let pack = self.other();
        self.say(&pack);
        self.folder.rename(self.bakery, SECOND, &pack.bytes);
        self.rest(200, 2500);
        // One of the two goes.
        let goes = if self.dice.percent(50) { SECOND } else { MAIN };
        self.note(&format!("  {goes} goes"));
        self.folder.delete(goes);
        if goes == MAIN {
            self.rest(200, 2500);
            self.folder.delete(SECOND);
        }
    }

    fn unknown_name(&mut self) {
        let pack = self.dice.pick(&self.bakery.good).clone();
        self.say(&pack);
        if self.dice.percent(70) {
            self.folder.delete(MAIN);
        }
        self.unknown += 1;
        let name = format!("unknown-{}.wasm", self.unknown);
        self.folder.rename(self.bakery, &name, &pack.bytes);
        self.rest(300, 2000);
        self.folder.delete(&name);
    }

    /// A person types a command.
    pub(crate) fn decide(&mut self, command: &[&str], edition: &str) {
        let from = Moment::now();
        let ran = self.product.run(self.enterprise, command);
        let decision = Decision {
            command: command.join(" "),
            edition: edition.to_owned(),
            code: ran.code,
            said: ran.said(),
            from,
            to: Moment::now(),
        };
        self.note(&format!(
            "  {} → {:?} {}",
            decision.command, decision.code, decision.said
        ));
        self.decisions.push(decision);
    }

    /// A random pause, in milliseconds.
    pub(crate) fn rest(&mut self, low: u64, high: u64) {
        std::thread::sleep(Duration::from_millis(self.dice.between(low, high)));
    }
}
