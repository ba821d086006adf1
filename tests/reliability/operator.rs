//! What the operator of an enterprise repairs by hand before the books are closed.

use crate::enterprise::Enterprise;
use crate::folders::{Found, Place};
use crate::journal::Fate;
use crate::look::{Look, books};
use crate::product::{Product, Row};
use crate::report::{Category, Violation};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::time::SystemTime;

/// Messages repeated at each balance because their receipts are missing.
const RETRIES: usize = 2;

/// Gives again what was not taken, so that the rounds can go on: inputs as they are, receipts in plain form.
pub(crate) fn put_back(enterprise: &Enterprise, seen: &Look) {
    let now = SystemTime::now();
    // The file may be moved away at this very moment; then there is nothing to do.
    let touch = |path: &Path| {
        let _ = File::options()
            .write(true)
            .open(path)
            .and_then(|file| file.set_modified(now));
    };
    let mut sides = enterprise.world.lock();
    let folder = enterprise.folder.join("intake/shop");
    let places: Vec<Option<Found>> = books(enterprise, &sides, seen, false)
        .places()
        .into_iter()
        .map(Option::<&Found>::cloned)
        .collect();
    for (number, (drop, place)) in sides.intake.drops.iter_mut().zip(places).enumerate() {
        let Some(found) = place.filter(|found| found.place != Place::Done) else {
            continue;
        };
        touch(&found.path);
        if found.place == Place::Bad {
            let name = format!("again{number}-{}", drop.name);
            if fs::rename(&found.path, folder.join(&name)).is_err() {
                continue;
            }
            drop.name = name;
        }
        drop.trouble = None;
        drop.left = None;
    }
    let not_taken: Vec<String> = {
        let books = books(enterprise, &sides, seen, false);
        let journal = &sides.customs.journal;
        let unheard = |at: usize| {
            let one = &journal.declared[at];
            let row = seen.rows.iter().find(|row| row.guid == one.document.guid());
            row.is_some_and(|row| row.status != one.truth())
        };
        let delivered = journal.receipts.iter().filter(|one| one.fate == Fate::Delivered);
        delivered
            .filter(|one| match books.receipt(&one.name) {
                Some(found) if found.place == Place::Done => one.last && one.records.iter().any(|(at, _)| unheard(*at)),
                Some(found) if found.place == Place::Waiting => {
                    touch(&found.path);
                    false
                }
                Some(found) => !books.excused(found),
                None => true,
            })
            .map(|one| one.name.clone())
            .collect()
    };
    for receipt in sides
        .customs
        .journal
        .receipts
        .iter_mut()
        .filter(|one| not_taken.contains(&one.name))
    {
        receipt.fate = Fate::Lost;
    }
}

/// Sends again what could not be sent, takes again what an error set aside, and repeats messages whose receipts are
/// missing. True when there was something to do.
pub(crate) fn repair(enterprise: &Enterprise, product: &Product, seen: &Look) -> Result<bool, Violation> {
    let mut again = Vec::new();
    let mut messages = BTreeSet::new();
    let mut unsent = false;
    {
        let mut sides = enterprise.world.lock();
        let books = books(enterprise, &sides, seen, false);
        let aside = seen
            .inputs
            .iter()
            .chain(&seen.receipts)
            .filter(|found| found.place == Place::Bad);
        again.extend(
            aside
                .filter(|found| books.excused(found))
                .map(|found| (found.path.clone(), found.name.clone())),
        );
        let there: BTreeSet<&str> = sides
            .customs
            .journal
            .declared
            .iter()
            .map(|one| one.document.guid())
            .collect();
        for row in &seen.rows {
            unsent |= row.status == "dead-letter" || row.status == "waiting" && !there.contains(row.guid.as_str());
        }
        for at in sides.customs.without_last_word() {
            let one = &sides.customs.journal.declared[at];
            let waits = |row: &&Row| row.guid == one.document.guid() && row.status == "waiting";
            if let (Some(row), true) = (seen.rows.iter().find(waits), messages.len() < RETRIES) {
                messages.insert(row.cop_msg_id.clone());
            }
        }
        for message in &messages {
            *sides.customs.journal.asked.entry(message.clone()).or_default() += 1;
        }
    }
    for (path, name) in &again {
        let folder = if path.starts_with(enterprise.folder.join("intake")) {
            "intake/shop"
        } else {
            "dxp/in"
        };
        let _ = fs::remove_file(format!("{}.reason", path.display()));
        fs::rename(path, enterprise.folder.join(folder).join(name)).unwrap();
    }
    let mut commands: Vec<Vec<&str>> = Vec::new();
    if unsent {
        commands.push(vec!["retry"]);
    }
    commands.extend(messages.iter().map(|message| vec!["retry", message.as_str()]));
    for command in &commands {
        let ran = product.run(&enterprise.folder, command);
        if !matches!(ran.code, Some(0 | 1)) {
            let text = format!("`{}` ended with {}: {}", command.join(" "), ran.ended(), ran.stderr);
            return Err(Violation::new(Category::Broken, text));
        }
    }
    Ok(!again.is_empty() || !commands.is_empty())
}
