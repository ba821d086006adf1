//! The ERP: drops files as fast as they are taken.

use crate::dice::Dice;
use crate::shop::{Given, Shop};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Files that may wait in the folder at the same time.
const WAITING: usize = 24;
/// One file in so many is a large one.
const LARGE: u64 = 60;

/// The ERP, at work in a thread of its own.
#[derive(Debug)]
pub(crate) struct Feeder {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<(Shop, Vec<Given>)>,
}

impl Feeder {
    pub(crate) fn new(enterprise: &Path, mut shop: Shop, mut dice: Dice) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let enterprise = enterprise.to_owned();
        let thread = std::thread::spawn(move || {
            let mut given = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                if waiting(&enterprise) >= WAITING {
                    std::thread::sleep(Duration::from_millis(5));
                    continue;
                }
                let large = dice.between(1, LARGE) == 1;
                let count = if large { 300 } else { *dice.pick(&[1, 3, 5]) };
                given.push(give(&enterprise, &mut shop, count, &mut dice));
            }
            (shop, given)
        });
        Self { stop, thread }
    }

    pub(crate) fn finish(self) -> (Shop, Vec<Given>) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

/// Gives a file: written beside, then renamed into the folder.
pub(crate) fn give(enterprise: &Path, shop: &mut Shop, count: u64, dice: &mut Dice) -> Given {
    let (given, bytes) = shop.file(count, dice);
    let beside: PathBuf = enterprise.join("staging").join(&given.name);
    fs::write(&beside, bytes).unwrap();
    fs::rename(beside, enterprise.join("intake").join(&given.name)).unwrap();
    given
}

/// Files that lie in the intake folder.
pub(crate) fn waiting(enterprise: &Path) -> usize {
    let entries = fs::read_dir(enterprise.join("intake")).unwrap();
    entries
        .filter(|entry| {
            entry
                .as_ref()
                .is_ok_and(|entry| entry.path().extension().is_some_and(|end| end == "json"))
        })
        .count()
}

/// Waits until everything is taken. False: nothing was taken for a minute.
pub(crate) fn all_taken(enterprise: &Path) -> bool {
    let (mut left, mut since) = (usize::MAX, Instant::now());
    loop {
        match waiting(enterprise) {
            0 => return true,
            now if now < left => (left, since) = (now, Instant::now()),
            _ if since.elapsed() > Duration::from_secs(60) => return false,
            _ => {}
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
