//! A run: load, changes, probes and kills, a calm end, and the balance.

use crate::bakery::{Bakery, LATER};
use crate::balance::{Books, Told};
use crate::change::{Changer, Kind};
use crate::dice::Dice;
use crate::enterprise::Enterprise;
use crate::feeder::{self, Feeder};
use crate::keeper::{End, Keeper, Seen, Way};
use crate::ledger::{self, Ledger};
use crate::listed;
use crate::log;
use crate::moment::Moment;
use crate::probe::{self, Probe};
use crate::product::Product;
use crate::record::Record;
use crate::report::{Category, Summary, Violation};
use crate::shop::Given;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) changes: u64,
    pub(crate) kills: u64,
    /// Not the short run of `cargo test`.
    pub(crate) long: bool,
}

impl Plan {
    /// Changes between two probes.
    fn stretch(self) -> u64 {
        if self.long { 12 } else { 8 }
    }

    /// Packs of the shipped edition, and of the later one.
    fn variants(self) -> [usize; 2] {
        if self.long { [6, 2] } else { [3, 1] }
    }
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) summary: Summary,
    pub(crate) violations: Vec<Violation>,
    seed: u64,
    kept: Option<String>,
}

impl Done {
    /// What is wrong, and how to repeat it.
    pub(crate) fn story(&self) -> String {
        let mut text = String::new();
        for (category, _) in Category::ALL {
            let mut all = self
                .violations
                .iter()
                .filter(|violation| violation.category == category);
            for violation in all.by_ref().take(5) {
                text += &format!("  {violation}\n");
            }
            match all.count() {
                0 => {}
                more => text += &format!("  … and {more} more of this kind\n"),
            }
        }
        text += &format!("  again: CEBRIDGE_SEED={}", self.seed);
        match &self.kept {
            Some(kept) => text + &format!("; kept in {kept}\n"),
            None => text + "; CEBRIDGE_KEEP=DIR keeps the folder\n",
        }
    }
}

/// An enterprise and its packs.
pub(crate) struct Run<'a> {
    product: &'a Product,
    plan: Plan,
    home: tempfile::TempDir,
    bakery: Bakery,
    enterprise: Enterprise,
}

impl<'a> Run<'a> {
    pub(crate) fn new(product: &'a Product, plan: Plan) -> Self {
        let home = tempfile::tempdir().unwrap();
        let (bakery, enterprise) = std::thread::scope(|scope| {
            let enterprise = scope.spawn(|| Enterprise::new(product, home.path()));
            let bakery = Bakery::new(product, home.path(), plan.variants());
            (bakery, enterprise.join().unwrap())
        });
        Self {
            product,
            plan,
            home,
            bakery,
            enterprise,
        }
    }

    pub(crate) fn work(self) -> Done {
        let seed = self.plan.seed;
        let folder = self.enterprise.folder.as_path();
        let mut changer = Changer::new(&self.bakery, self.product, folder, Dice::new(&[seed, 1]));
        let mut summary = Summary::default();
        let mut violations = Vec::new();
        changer.change(Kind::Rename);
        let keeper = Keeper::new(self.product, folder);
        let feeder = Feeder::new(folder, self.enterprise.shop.clone(), Dice::new(&[seed, 2]));
        self.storm(&mut changer, &keeper, &mut summary, &mut violations);
        let (mut shop, mut given) = feeder.finish();
        violations.extend(calm_down(&mut changer, &keeper).err());
        given.push(feeder::give(folder, &mut shop, 20, &mut Dice::new(&[seed, 3])));
        if !feeder::all_taken(folder) {
            violations.push(Violation::new(
                Category::Lost,
                "files lie in the intake folder and are not taken",
            ));
        }
        violations.extend(self.list(&Ledger::open(folder).record()));
        let seen = keeper.finish();
        let mut steps = changer.steps.join("\n");
        let books = self.books(given, changer, &seen);
        violations.extend(seen.violations);
        violations.extend(books.check());
        summary.kills = seen.kills;
        summary.terms = seen.terms;
        summary.slowest_term = seen.slowest_term;
        summary.slowest_early_term = seen.slowest_early_term;
        figures(&books, &self.bakery, &mut summary);
        for violation in &violations {
            *summary.violations.entry(violation.category).or_default() += 1;
            steps += &format!("\n{violation}");
        }
        let kept = (!violations.is_empty())
            .then(|| keep(self.home.path(), seed, &steps))
            .flatten();
        Done {
            summary,
            violations,
            seed,
            kept,
        }
    }

    /// Change after change, with probes and kills in between.
    fn storm(
        &self,
        changer: &mut Changer<'_>,
        keeper: &Keeper,
        summary: &mut Summary,
        violations: &mut Vec<Violation>,
    ) {
        let mut dice = Dice::new(&[self.plan.seed, 4]);
        let (mut kinds, mut probes) = (Vec::new(), Vec::new());
        // Kills come at random changes, evenly spread.
        let mut chances = vec![false; self.plan.changes as usize];
        let kills = (self.plan.kills as usize).min(chances.len());
        chances[..kills].fill(true);
        dice.shuffle(&mut chances);
        for (number, kill) in chances.into_iter().enumerate() {
            if kill {
                // Some die again while they start.
                let way = if dice.percent(20) { Way::Term } else { Way::Kill };
                let end = End {
                    way,
                    after: Duration::from_millis(dice.between(0, 1200)),
                    down: Duration::from_millis(dice.between(0, 1000)),
                };
                changer.note(&format!("{way:?} after {:?}, down for {:?}", end.after, end.down));
                keeper.end(end);
                if way == Way::Term || dice.percent(15) {
                    keeper.end(End {
                        way: Way::Kill,
                        after: Duration::from_millis(dice.between(0, 700)),
                        down: Duration::ZERO,
                    });
                }
            }
            let kind = take(&mut kinds, || Kind::deck(&mut dice));
            *summary.changes.entry(kind.name()).or_default() += 1;
            changer.change(kind);
            changer.rest(200, 1500);
            // A later edition would hide what happens to the other one.
            if probe::current(&Ledger::open(changer.enterprise), LATER).is_some() && dice.percent(50) {
                *summary.changes.entry(Kind::LaterRemoved.name()).or_default() += 1;
                changer.change(Kind::LaterRemoved);
            }
            if (number as u64 + 1).is_multiple_of(self.plan.stretch()) {
                summary.probes += 1;
                let probe = take(&mut probes, || Probe::deck(&mut dice));
                violations.extend(probe.run(changer, keeper, &mut dice).err());
            }
        }
    }

    /// `pack list --at` says what the record says.
    fn list(&self, record: &Record) -> Vec<Violation> {
        let lasting = record.0.iter().filter(|period| period.until != Some(period.since));
        let all: Vec<_> = lasting.collect();
        let step = all.len().div_ceil(if self.plan.long { 20 } else { 5 }).max(1);
        let mut wrong = Vec::new();
        for period in all.into_iter().step_by(step) {
            let at = period.since.to_string();
            let ran = self.product.run(
                &self.enterprise.folder,
                &["pack", "list", "--at", &at, "--format", "json"],
            );
            let judge = record.judge(&self.bakery.known, period.since);
            for fault in listed::faults(&ran.rows(), period, judge.as_ref()) {
                wrong.push(Violation::new(
                    Category::Record,
                    format!("`pack list --at {at}`: {fault}"),
                ));
            }
        }
        wrong
    }

    fn books(&self, given: Vec<Given>, changer: Changer<'_>, seen: &Seen) -> Books {
        let ledger = Ledger::open(&self.enterprise.folder);
        Books {
            known: self.bakery.known.clone(),
            given,
            documents: ledger::documents(self.product, &self.enterprise.folder),
            inputs: ledger.inputs(),
            record: ledger.record(),
            archive: ledger.archive(),
            told: seen
                .lives
                .iter()
                .map(|life| Told {
                    from: life.from,
                    to: life.to.unwrap_or_else(Moment::now),
                    lines: log::read(&life.log),
                })
                .collect(),
            lays: changer.folder.journal,
            decisions: changer.decisions,
        }
    }
}

/// Removes what is broken, and waits until a last good pack is in force.
fn calm_down(changer: &mut Changer<'_>, keeper: &Keeper) -> Result<(), Violation> {
    changer.note("calm");
    let wrong = |text: String| Violation::new(Category::Probe, format!("at the end: {text}"));
    keeper.at_work().ok_or_else(|| wrong("no daemon is ready".to_owned()))?;
    let ledger = Ledger::open(changer.enterprise);
    probe::settle(changer, &ledger).map(drop).map_err(wrong)
}

/// The next of a deck, which is dealt anew when it is empty.
fn take<T>(deck: &mut Vec<T>, deal: impl FnOnce() -> Vec<T>) -> T {
    if deck.is_empty() {
        *deck = deal();
    }
    deck.pop().expect("a deck has cards")
}

fn figures(books: &Books, bakery: &Bakery, summary: &mut Summary) {
    summary.files = books.given.len();
    summary.orders = books.given.iter().map(|file| file.orders.len()).sum();
    summary.documents = books.documents.len();
    summary.decisions = books
        .decisions
        .iter()
        .filter(|decision| decision.code == Some(0))
        .count() as u64;
    summary.activations = books.record.0.iter().filter(|period| !period.shipped).count() as u64;
    for document in books.documents.iter().filter(|document| document.message == "CEB311") {
        let (accepted, refused) = summary.verdicts.entry(bakery.name(&document.digest)).or_default();
        *(if document.refused { refused } else { accepted }) += 1;
    }
    let ends: BTreeSet<Moment> = books.told.iter().map(|told| told.to).collect();
    for input in &books.inputs {
        let Some(ended) = input.ended else { continue };
        let killed = ends.range(input.begun..ended).next().is_some();
        let replaced = books
            .record
            .judge(&books.known, ended)
            .is_some_and(|(_, digest)| digest != input.digest);
        summary.pinned += usize::from(killed && replaced);
        if let Some(distance) = books.distance(input).filter(|distance| !distance.is_zero()) {
            summary.edge += 1;
            summary.farthest = summary.farthest.max(distance);
        }
    }
}

/// Keeps the enterprise and what was done to it; where.
fn keep(home: &Path, seed: u64, steps: &str) -> Option<String> {
    let to = Path::new(&std::env::var_os("CEBRIDGE_KEEP")?).join(format!("swap-seed-{seed}"));
    let _ = std::fs::remove_dir_all(&to);
    std::fs::create_dir_all(&to).unwrap();
    std::fs::write(to.join("steps.txt"), steps).unwrap();
    let from = home.join("enterprise");
    let copied = std::process::Command::new("cp").arg("-a").arg(from).arg(&to).status();
    copied
        .is_ok_and(|status| status.success())
        .then(|| to.display().to_string())
}
