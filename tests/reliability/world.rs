//! The world around the daemon, which goes on while the daemon is dead: the ERP that drops files, and customs.

use crate::customs::Customs;
use crate::deposit::{Deposits, Way};
use crate::dice::Dice;
use crate::erp::{Order, Shop};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// An input given by the ERP or by hand.
#[derive(Debug, Clone)]
pub(crate) struct Dropped {
    pub(crate) round: u64,
    pub(crate) name: String,
    pub(crate) sha256: String,
    pub(crate) orders: Vec<Arc<Order>>,
    /// Position of the first order that this act gives; those before it belong to the shorter file that grew.
    pub(crate) fresh: usize,
    /// How the file was written; `None` for the command `declare`.
    pub(crate) way: Option<Way>,
    pub(crate) begun: Instant,
    /// When the last byte was written.
    pub(crate) whole: Option<Instant>,
    /// When the file was seen to have left the folder.
    pub(crate) left: Option<Instant>,
    /// Replaced by a longer file of the same name before it was taken.
    pub(crate) replaced: bool,
    /// What went wrong for the writer.
    pub(crate) trouble: Option<String>,
    deposit: Option<u64>,
}

impl Dropped {
    /// Whether it is written to its end, and was not replaced before it could be taken.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole.is_some() && !self.replaced
    }

    /// An input whose writing begins now, all of whose orders are new.
    pub(crate) fn begun(round: u64, name: &str, orders: &[Arc<Order>]) -> Self {
        Self {
            round,
            name: name.to_owned(),
            sha256: String::new(),
            orders: orders.to_vec(),
            fresh: 0,
            way: None,
            begun: Instant::now(),
            whole: None,
            left: None,
            replaced: false,
            trouble: None,
            deposit: None,
        }
    }
}

/// The ERP's side of the intake folder.
#[derive(Debug)]
pub(crate) struct Intake {
    pub(crate) drops: Vec<Dropped>,
    folder: PathBuf,
    deposits: Deposits,
}

impl Intake {
    pub(crate) fn idle(&self) -> bool {
        self.deposits.idle()
    }

    /// Whether nothing lies in the folder.
    pub(crate) fn is_empty(&self) -> bool {
        fs::read_dir(&self.folder).map_or(true, |mut entries| entries.next().is_none())
    }

    /// Whether a file of this name lies in the folder.
    pub(crate) fn holds(&self, name: &str) -> bool {
        self.folder.join(name).exists()
    }

    /// Whether a writer is still at work on a file of this name.
    pub(crate) fn busy_with(&self, name: &str) -> bool {
        self.drops.iter().any(|one| one.name == name && one.whole.is_none())
    }

    pub(crate) fn put(&mut self, round: u64, name: &str, orders: &[Arc<Order>], fresh: usize, way: Way, shop: &Shop) {
        let bytes = shop.file(orders);
        let shorter = shop.file(&orders[..orders.len().div_ceil(2)]);
        for earlier in self
            .drops
            .iter_mut()
            .filter(|one| one.name == name && one.left.is_none())
        {
            earlier.replaced = self.folder.join(name).exists();
        }
        let mut dropped = Dropped::begun(round, name, orders);
        let (deposit, whole) = self.deposits.put(&self.folder, name, &bytes, &shorter, &way);
        dropped.sha256 = sha256(&bytes);
        dropped.fresh = fresh;
        dropped.way = Some(way);
        dropped.whole = whole.then(Instant::now);
        dropped.deposit = Some(deposit);
        self.drops.push(dropped);
    }

    /// Records an input of the command `declare`, and returns its position in `drops`.
    pub(crate) fn note(&mut self, round: u64, name: &str, orders: &[Arc<Order>]) -> usize {
        self.drops.push(Dropped::begun(round, name, orders));
        self.drops.len() - 1
    }

    fn tick(&mut self) {
        for finished in self.deposits.tick() {
            for one in self.drops.iter_mut().filter(|one| one.deposit == Some(finished.number)) {
                one.whole = Some(Instant::now());
                one.trouble.clone_from(&finished.trouble);
            }
        }
        for one in self
            .drops
            .iter_mut()
            .filter(|one| one.whole.is_some() && one.left.is_none())
        {
            if !self.folder.join(&one.name).exists() {
                one.left = Some(Instant::now());
            }
        }
    }
}

/// SHA-256 in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The ERP's side and customs' side.
#[derive(Debug)]
pub(crate) struct Sides {
    pub(crate) customs: Customs,
    pub(crate) intake: Intake,
}

/// Runs both sides in a thread until it is dropped.
#[derive(Debug)]
pub(crate) struct World {
    sides: Arc<Mutex<Sides>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl World {
    /// Around the enterprise in this folder.
    pub(crate) fn new(folder: &Path, dice: Dice) -> Self {
        let sides = Sides {
            customs: Customs::new(folder, dice),
            intake: Intake {
                drops: Vec::new(),
                folder: folder.join("intake/shop"),
                deposits: Deposits::new(folder.join("erp/staging")),
            },
        };
        let sides = Arc::new(Mutex::new(sides));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (sides, stop) = (Arc::clone(&sides), Arc::clone(&stop));
            move || {
                while !stop.load(Ordering::Relaxed) {
                    {
                        let mut sides = sides.lock().unwrap_or_else(PoisonError::into_inner);
                        sides.customs.tick();
                        sides.intake.tick();
                    }
                    std::thread::sleep(Duration::from_millis(10));
                }
            }
        });
        Self {
            sides,
            stop,
            thread: Some(thread),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Sides> {
        self.sides.lock().unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        if let (Some(Err(panic)), false) = (ended, std::thread::panicking()) {
            std::panic::resume_unwind(panic);
        }
    }
}
