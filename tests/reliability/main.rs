//! The kill-and-error harness: round after round the daemon is killed or its system calls fail, and then the ledger of the
//! enterprise is balanced against the journal of a customs that shares no code with the product.
//!
//! `cargo test` does a short run. The long one, with the release build:
//!
//! ```sh
//! CEBRIDGE_KILLS=1000 CEBRIDGE_ERRORS=300 cargo test -p cebridge-test-reliability --release -- --nocapture
//! ```
//!
//! | variable | means |
//! |---|---|
//! | `CEBRIDGE_BINARY` | the binary; without it the newest one in the target folders |
//! | `CEBRIDGE_KILLS`, `CEBRIDGE_ERRORS` | the run ends after this many kills and rounds with injected errors |
//! | `CEBRIDGE_SEED` | all random choices follow from it; the timing of the machine does not |
//! | `CEBRIDGE_ROUND` | runs only the enterprise of this round, from its first round to this one |
//! | `CEBRIDGE_KEEP` | folder where enterprises whose books do not balance are kept |
//! | `CEBRIDGE_WORKERS` | enterprises at the same time, 2 without it |
//! | `CEBRIDGE_REST` | seconds from a kill between hand-over and note to the next start, 0 without it |
//! | `CEBRIDGE_LEASE` | longest time in seconds that a balance waits for an unsent message, 10 without it |
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod balance;
mod books;
mod customs;
mod deposit;
mod dice;
mod enterprise;
mod envelope;
mod erp;
mod faults;
mod folders;
mod journal;
mod look;
mod manner;
mod operator;
mod peace;
mod product;
mod receipt;
mod report;
mod round;
mod world;

use dice::Dice;
use enterprise::{Enterprise, Sample};
use peace::{Patience, balance};
use product::Product;
use report::{Summary, Violation};
use round::{Plan, run_round};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Rounds of one enterprise.
const CHAIN: u64 = 6;
/// Rounds between two balances.
const STRETCH: u64 = 3;
/// Enterprises of the short run, which end with their first balance.
const SHORT: u64 = 2;

#[test]
fn accepted_stays_accepted_and_an_input_is_taken_once_and_whole() {
    let Some(binary) = Product::find() else {
        let hint =
            "there is no cebridge to try: build it with `cargo build --release -p cebridge`, or set CEBRIDGE_BINARY";
        assert!(std::env::var_os("CEBRIDGE_TESTS_MUST_RUN").is_none(), "{hint}");
        eprintln!("skipped: {hint}");
        return;
    };
    let run = Run::new(binary);
    let began = Instant::now();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..number("CEBRIDGE_WORKERS", 2))
            .map(|_| scope.spawn(|| run.work()))
            .collect();
        for worker in workers {
            if let Err(panic) = worker.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
    let summary = run.summary.into_inner().unwrap();
    println!(
        "\nseed {}, {} s, {}\n\n{summary}",
        run.seed,
        began.elapsed().as_secs(),
        run.product.binary.display()
    );
    assert!(
        summary.stories.is_empty(),
        "{} enterprises do not balance:\n\n{}",
        summary.stories.len(),
        summary.stories.join("\n")
    );
}

struct Run {
    product: Product,
    sample: Sample,
    seed: u64,
    kills: u64,
    errors: u64,
    /// Only the enterprise of this round.
    round: Option<u64>,
    next: AtomicU64,
    summary: Mutex<Summary>,
    home: tempfile::TempDir,
}

impl Run {
    fn new(binary: PathBuf) -> Self {
        let home = tempfile::tempdir().unwrap();
        let sample = Sample::new(&binary, home.path());
        let scratch = home.path().join("scratch");
        sample.copy(&scratch);
        let product = Product::new(binary, &scratch);
        println!("trying {}", product.binary.display());
        Self {
            product,
            sample,
            seed: number("CEBRIDGE_SEED", 9),
            kills: number("CEBRIDGE_KILLS", 0),
            errors: number("CEBRIDGE_ERRORS", 0),
            round: std::env::var_os("CEBRIDGE_ROUND").map(|_| number("CEBRIDGE_ROUND", 0)),
            next: AtomicU64::new(0),
            summary: Mutex::default(),
            home,
        }
    }

    /// Runs enterprise after enterprise until there were enough kills and errors.
    fn work(&self) {
        loop {
            let chain = self.next.fetch_add(1, Ordering::Relaxed);
            if let Some(round) = self.round {
                if chain == 0 {
                    self.chain(round / CHAIN, round);
                }
                return;
            }
            let long = self.kills + self.errors > 0;
            let enough = {
                let summary = self.summary.lock().unwrap();
                match long {
                    // Without strace there are no errors to wait for.
                    true => summary.kills() >= self.kills && (summary.errors() >= self.errors || !self.product.strace),
                    false => chain >= SHORT,
                }
            };
            if enough {
                return;
            }
            self.chain(chain, chain * CHAIN + if long { CHAIN } else { STRETCH } - 1);
        }
    }

    /// Runs the rounds of one enterprise up to `last`, or to the first balance that can't be put in order.
    fn chain(&self, chain: u64, last: u64) {
        let folder = self.home.path().join(format!("enterprise-{chain}"));
        let mut dice = Dice::new(&[self.seed, chain, 77]);
        let mut enterprise = Enterprise::new(&self.sample, &self.product, folder.clone(), &mut dice);
        let lease = Duration::from_secs(number("CEBRIDGE_LEASE", 10));
        let patience = Patience {
            still: Duration::from_secs(6),
            unsent: lease.max(Duration::from_secs(6)),
        };
        let rest = Duration::from_secs(number("CEBRIDGE_REST", 0));
        let mut plans = Vec::new();
        let mut violations: Vec<Violation> = Vec::new();
        for round in chain * CHAIN..=last {
            let plan = Plan::new(self.seed, round, self.product.strace);
            let outcome = run_round(&mut enterprise, &self.product, &self.sample.shop, &plan, rest);
            self.summary.lock().unwrap().outcome(&outcome);
            violations.extend(outcome.troubles);
            plans.push(plan);
            if (round + 1) % STRETCH == 0 || round == last {
                violations.extend(balance(&mut enterprise, &self.product, patience));
                self.summary.lock().unwrap().balanced();
            }
            if violations.iter().any(|one| one.category.is_fatal()) {
                break;
            }
        }
        let (documents, envelopes) = {
            let sides = enterprise.world.lock();
            (
                sides.customs.journal.declared.len(),
                sides.customs.journal.envelopes.len(),
            )
        };
        drop(enterprise);
        let story = (!violations.is_empty()).then(|| self.story(&folder, &plans, &violations));
        let mut summary = self.summary.lock().unwrap();
        summary.chain(documents, envelopes, &violations);
        if let Some(story) = story {
            println!("{story}");
            summary.stories.push(story);
        }
        println!(
            "{} rounds, {} kills, {} rounds with errors",
            summary.rounds(),
            summary.kills(),
            summary.errors()
        );
        let _ = std::fs::remove_dir_all(&folder);
    }

    /// What went wrong, and how to repeat it.
    fn story(&self, folder: &Path, plans: &[Plan], violations: &[Violation]) -> String {
        let mut text = String::new();
        let round = plans.last().map_or(0, |plan| plan.round);
        for plan in plans {
            text += &format!("{plan}\n");
        }
        for category in violations.iter().take(12) {
            text += &format!("  {category}\n");
        }
        if violations.len() > 12 {
            text += &format!("  … and {} more\n", violations.len() - 12);
        }
        text += &format!("  again: CEBRIDGE_SEED={} CEBRIDGE_ROUND={round}", self.seed);
        match std::env::var_os("CEBRIDGE_KEEP") {
            Some(keep) => {
                let to = Path::new(&keep).join(format!("seed-{}-round-{round}", self.seed));
                copy(folder, &to);
                text += &format!("; kept in {}\n", to.display());
            }
            None => text += "; CEBRIDGE_KEEP=DIR keeps the folder\n",
        }
        text
    }
}

/// A number from the environment.
fn number(name: &str, default: u64) -> u64 {
    let Ok(text) = std::env::var(name) else { return default };
    text.parse()
        .unwrap_or_else(|_| panic!("{name} must be a number, not {text}"))
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        match path.is_dir() {
            true => copy(&path, &to),
            false => drop(std::fs::copy(&path, &to).unwrap()),
        }
    }
}
