//! Runs an enterprise undisturbed until nothing changes any more, repairs what an operator would, and balances the books.

use crate::enterprise::Enterprise;
use crate::journal::Verdict;
use crate::look::{Look, books, see};
use crate::operator::{put_back, repair};
use crate::product::{Daemon, Exit, Product};
use crate::report::{Category, Violation};
use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

/// How long nothing may move before the wait is given up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) still: Duration,
    /// The same while a message is unsent, because a lease or a pause may have to end first.
    pub(crate) unsent: Duration,
}

/// Balances the books; the result is everything that went wrong since the last balance.
pub(crate) fn balance(enterprise: &mut Enterprise, product: &Product, patience: Patience) -> Vec<Violation> {
    enterprise.world.lock().customs.calm();
    let mut daemon = Daemon::start(product, &enterprise.folder, None);
    let mut violations = settle(enterprise, product, patience, &mut daemon).unwrap_or_else(|violation| vec![violation]);
    let log = daemon.log();
    let exit = match daemon.poll() {
        Some(exit) => Some(exit),
        None => daemon.terminate(Duration::from_secs(15)),
    };
    match exit {
        Some(Exit::Code(0)) => {}
        Some(exit) => violations.push(Violation::new(
            Category::Broken,
            format!("in peace the daemon ended with {exit:?}"),
        )),
        None => violations.push(Violation::new(
            Category::Broken,
            "in peace the daemon did not end within 15 s of SIGTERM",
        )),
    }
    if log.contains("panicked at") {
        violations.push(Violation::new(Category::Broken, "in peace the daemon panicked"));
    }
    if violations.is_empty() {
        let once = product.run(&enterprise.folder, &["run", "--once"]);
        if once.code != Some(0) {
            let text = format!(
                "nothing is left to do, but `run --once` ended with {}: {}",
                once.ended(),
                once.stderr
            );
            violations.push(Violation::new(Category::Broken, text));
        }
    }
    enterprise.errors = false;
    violations
}

fn settle(
    enterprise: &mut Enterprise,
    product: &Product,
    patience: Patience,
    daemon: &mut Daemon,
) -> Result<Vec<Violation>, Violation> {
    quiet(enterprise, product, patience, daemon)?;
    let mut seen = see(enterprise, product)?;
    let mut violations = judge(enterprise, &seen, false);
    if violations.iter().any(|one| one.category.is_fatal()) {
        return Ok(violations);
    }
    if !violations.is_empty() {
        put_back(enterprise, &seen);
    }
    if repair(enterprise, product, &seen)? || !violations.is_empty() {
        quiet(enterprise, product, patience, daemon)?;
        seen = see(enterprise, product)?;
        let more = judge(enterprise, &seen, false);
        if !more.is_empty() {
            violations.extend(more);
            return Ok(violations);
        }
    }
    let without_last_word: Vec<usize> = enterprise
        .world
        .lock()
        .customs
        .without_last_word()
        .into_iter()
        .collect();
    if !without_last_word.is_empty() {
        enterprise.world.lock().customs.repeat_last_words(&without_last_word);
        quiet(enterprise, product, patience, daemon)?;
        seen = see(enterprise, product)?;
    }
    violations.extend(judge(enterprise, &seen, true));
    enterprise.known.extend(
        seen.rows
            .iter()
            .map(|row| row.guid.clone())
            .filter(|guid| !guid.is_empty()),
    );
    let now = Instant::now();
    let sides = enterprise.world.lock();
    for one in sides
        .customs
        .journal
        .declared
        .iter()
        .filter(|one| one.verdict == Verdict::Returned)
    {
        let guid = one.document.guid();
        if seen.rows.iter().any(|row| row.guid == guid && row.status == "returned") {
            enterprise.returned.entry(guid.to_owned()).or_insert(now);
        }
    }
    Ok(violations)
}

fn judge(enterprise: &Enterprise, seen: &Look, last: bool) -> Vec<Violation> {
    let sides = enterprise.world.lock();
    books(enterprise, &sides, seen, last).check()
}

/// Waits until everything is through, or nothing has moved for too long.
fn quiet(enterprise: &Enterprise, product: &Product, patience: Patience, daemon: &mut Daemon) -> Result<(), Violation> {
    let mut last = String::new();
    let mut moved = Instant::now();
    let mut asked = moved;
    let mut limit = patience.still;
    loop {
        if let Some(exit) = daemon.poll() {
            let text = format!("in peace the daemon ended by itself with {exit:?}: {}", daemon.log());
            return Err(Violation::new(Category::Broken, text));
        }
        let (mut state, through) = state(enterprise);
        state += &format!(" {}", daemon.used());
        if state != last {
            last = state;
            moved = Instant::now();
        }
        if through && moved.elapsed() > Duration::from_millis(500) && asked.elapsed() > Duration::from_millis(500) {
            if !anything_unsent(enterprise, product)? {
                return Ok(());
            }
            asked = Instant::now();
        }
        if moved.elapsed() > limit {
            if limit == patience.unsent || !anything_unsent(enterprise, product)? {
                return Ok(());
            }
            limit = patience.unsent;
        }
        std::thread::sleep(Duration::from_millis(40));
    }
}

fn anything_unsent(enterprise: &Enterprise, product: &Product) -> Result<bool, Violation> {
    let rows = product
        .status(&enterprise.folder)
        .map_err(|text| Violation::new(Category::Broken, text))?;
    let sides = enterprise.world.lock();
    let there: BTreeSet<&str> = sides
        .customs
        .journal
        .declared
        .iter()
        .map(|one| one.document.guid())
        .collect();
    Ok(rows
        .iter()
        .any(|row| row.status == "waiting" && !there.contains(row.guid.as_str())))
}

/// What can be seen from outside, and whether everything is through by that.
fn state(enterprise: &Enterprise) -> (String, bool) {
    let count = |folder: &str| {
        let entries = fs::read_dir(enterprise.folder.join(folder))
            .into_iter()
            .flatten()
            .flatten();
        entries
            .filter(|one| one.path().is_file() && !one.file_name().to_string_lossy().starts_with('.'))
            .count()
    };
    let (intake, out, inbox) = (count("intake/shop"), count("dxp/out"), count("dxp/in"));
    let ended = count("intake/done") + count("intake/bad") + count("dxp/in/done") + count("dxp/in/bad");
    let sides = enterprise.world.lock();
    let journal = &sides.customs.journal;
    let there: BTreeSet<(&str, &str)> = journal
        .declared
        .iter()
        .map(|one| (one.document.message.as_str(), one.document.key.as_str()))
        .collect();
    let good = sides
        .intake
        .drops
        .iter()
        .filter(|drop| drop.whole.is_some())
        .flat_map(|drop| &drop.orders);
    let mut good = good.filter(|order| !order.faulty).flat_map(|order| &order.documents);
    let all = good.all(|(message, key)| there.contains(&(*message, key.as_str())));
    let idle = sides.customs.idle() && sides.intake.idle();
    let text = format!(
        "{intake} {out} {inbox} {ended} {} {} {idle}",
        journal.envelopes.len(),
        journal.receipts.len()
    );
    (text, all && idle && intake + out + inbox == 0)
}
