//! Checks the folders: that they can be used, and by whom, and the free space on their disks.

use super::Sight;
use crate::config::Config;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const TOPIC: &str = "folders";
#[cfg(target_os = "linux")]
const DISK: &str = "disk";

/// Free space below which work is about to stop. Arbitrary: fits a thousand messages and the ledger's write-ahead log.
#[cfg(target_os = "linux")]
const TOO_LITTLE: u64 = 64 << 20;
/// Free space below which the operator is warned. Arbitrary.
#[cfg(target_os = "linux")]
const LITTLE: u64 = 512 << 20;

pub(super) fn look(config: &Config) -> Vec<Sight> {
    let paths = &config.paths;
    let ledger = config.path(&paths.ledger);
    let home = match ledger.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let folders = [
        ("the ledger", home),
        ("intake", config.path(&paths.intake)),
        ("packs", config.path(&paths.packs)),
        ("outbox", config.path(&paths.outbox)),
        ("inbox", config.path(&paths.inbox)),
    ];
    let mut sights: Vec<Sight> = folders.iter().filter_map(|(name, path)| folder(name, path)).collect();
    if sights.is_empty() {
        sights.push(Sight::ok(TOPIC, "all of [paths] can be used"));
    }
    sights.extend(secret(&ledger));
    let mut disks = BTreeSet::new();
    for (_, path) in &folders {
        sights.extend(disk(nearest(path), &mut disks));
    }
    sights
}

/// Returns the problem with a folder, if any.
fn folder(name: &str, path: &Path) -> Option<Sight> {
    let shown = path.display();
    if !path.exists() {
        let above = nearest(path);
        return (!writable(above)).then(|| {
            let text = format!("{name}: {shown} is missing and can't be made in {}", above.display());
            Sight::fault(TOPIC, text, "make it, and give it to the user who runs cebridge")
        });
    }
    if !path.is_dir() {
        let advice = "move the file away, or name another folder in [paths]";
        return Some(Sight::fault(TOPIC, format!("{name}: {shown} is not a folder"), advice));
    }
    if !writable(path) {
        let advice = "give it to the user who runs cebridge";
        return Some(Sight::fault(TOPIC, format!("{name}: {shown} can't be written"), advice));
    }
    open_to_all(path).map(|mode| {
        let text = format!("{name}: it is writable by everyone: {shown} (mode {mode:03o})");
        Sight::warning(
            TOPIC,
            text,
            format!("`chmod o-w {shown}`: what lies there is declared, sent or judged by"),
        )
    })
}

/// Returns the folder itself, or the nearest existing one above it.
fn nearest(path: &Path) -> &Path {
    let there = path.ancestors().find(|one| one.exists());
    there.unwrap_or(Path::new("."))
}

/// Documents hold personal data: only the owner should read the ledger.
fn secret(ledger: &Path) -> Option<Sight> {
    cebridge_ledger::look(ledger).ok()?;
    let mode = mode(ledger).filter(|mode| mode & 0o077 != 0)?;
    let shown = ledger.display();
    let text = format!("others may access the ledger {shown} (mode {mode:03o}), which holds personal data");
    Some(Sight::warning(TOPIC, text, format!("`chmod 600 {shown}`")))
}

fn open_to_all(path: &Path) -> Option<u32> {
    mode(path).filter(|mode| mode & 0o002 != 0)
}

#[cfg(unix)]
fn mode(path: &Path) -> Option<u32> {
    let metadata = std::fs::metadata(path).ok()?;
    Some(std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777)
}

#[cfg(not(unix))]
fn mode(_path: &Path) -> Option<u32> {
    None
}

#[cfg(target_os = "linux")]
fn writable(path: &Path) -> bool {
    use rustix::fs::{Access, AtFlags, CWD, accessat};
    let wanted = Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK;
    accessat(CWD, path, wanted, AtFlags::EACCESS).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn writable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| !metadata.permissions().readonly())
}

/// Returns the free space on the disk of a folder, once for each disk.
#[cfg(target_os = "linux")]
fn disk(path: &Path, seen: &mut BTreeSet<u64>) -> Option<Sight> {
    let device = std::os::linux::fs::MetadataExt::st_dev(&std::fs::metadata(path).ok()?);
    if !seen.insert(device) {
        return None;
    }
    let facts = rustix::fs::statvfs(path).ok()?;
    let free = facts.f_bavail.saturating_mul(facts.f_frsize);
    let text = format!("{} MiB are free on the disk of {}", free >> 20, path.display());
    let advice = "free some space, or move [paths] to another disk; nothing is accepted while the disk is full";
    Some(match free {
        free if free < TOO_LITTLE => Sight::fault(DISK, text, advice),
        free if free < LITTLE => Sight::warning(DISK, text, advice),
        _ => Sight::ok(DISK, text),
    })
}

#[cfg(not(target_os = "linux"))]
fn disk(_path: &Path, _seen: &mut BTreeSet<u64>) -> Option<Sight> {
    None
}
