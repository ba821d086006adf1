//! Keeps the daemon running, kills it when it is told to, and says how it ended.

use crate::log;
use crate::moment::Moment;
use crate::product::{Daemon, Product};
use crate::report::{Category, Violation};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How a daemon is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Kill,
    Term,
}

/// An end that is to come: after a while, and how long nothing runs then.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End {
    pub(crate) way: Way,
    pub(crate) after: Duration,
    pub(crate) down: Duration,
}

/// A daemon's life.
#[derive(Debug, Clone)]
pub(crate) struct Life {
    pub(crate) from: Moment,
    pub(crate) to: Option<Moment>,
    pub(crate) log: PathBuf,
}

/// Longest time from SIGTERM to the end.
const PROMISED: Duration = Duration::from_secs(5);
/// The same while the daemon starts and compiles what is in force, on a busy machine and with a slow build.
const EARLY: Duration = Duration::from_secs(20);

/// What the keeper has seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) lives: Vec<Life>,
    pub(crate) kills: u64,
    pub(crate) terms: u64,
    pub(crate) slowest_term: Duration,
    /// Of those that had not said yet that they are ready.
    pub(crate) slowest_early_term: Duration,
    pub(crate) violations: Vec<Violation>,
    /// Ends that were ordered and are not over yet.
    pending: usize,
    ready: bool,
}

/// The keeper, at work in a thread of its own.
#[derive(Debug)]
pub(crate) struct Keeper {
    orders: Option<Sender<End>>,
    seen: Arc<Mutex<Seen>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    pub(crate) fn new(product: &Product, enterprise: &Path) -> Self {
        let (orders, receiver) = channel();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let work = Work {
            product: product.clone(),
            enterprise: enterprise.to_owned(),
            seen: Arc::clone(&seen),
        };
        Self {
            orders: Some(orders),
            seen,
            thread: Some(std::thread::spawn(move || work.keep(&receiver))),
        }
    }

    pub(crate) fn end(&self, end: End) {
        self.seen.lock().unwrap().pending += 1;
        self.orders.as_ref().unwrap().send(end).unwrap();
    }

    /// kill -9 at once, and a restart.
    pub(crate) fn kill_now(&self) {
        self.end(End {
            way: Way::Kill,
            after: Duration::ZERO,
            down: Duration::ZERO,
        });
    }

    /// Waits until a daemon is at work that nobody is about to end; its log. `None`: there was none within a minute.
    pub(crate) fn at_work(&self) -> Option<PathBuf> {
        let end = Instant::now() + Duration::from_secs(60);
        while Instant::now() < end {
            {
                let seen = self.seen.lock().unwrap();
                if seen.pending == 0 && seen.ready {
                    return seen.lives.last().map(|life| life.log.clone());
                }
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }

    /// Ends the daemon for good.
    pub(crate) fn finish(mut self) -> Seen {
        drop(self.orders.take());
        let _ = self.thread.take().unwrap().join();
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

struct Work {
    product: Product,
    enterprise: PathBuf,
    seen: Arc<Mutex<Seen>>,
}

impl Work {
    fn keep(&self, orders: &Receiver<End>) {
        let mut daemon = self.start();
        let mut crashes = 0;
        loop {
            match orders.recv_timeout(Duration::from_millis(10)) {
                Ok(end) => {
                    std::thread::sleep(end.after);
                    self.end(&mut daemon, end.way);
                    std::thread::sleep(end.down);
                    daemon = self.start();
                    self.seen.lock().unwrap().pending -= 1;
                }
                Err(RecvTimeoutError::Disconnected) => return self.end(&mut daemon, Way::Term),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Some(how) = daemon.ended() {
                crashes += 1;
                self.over(&how);
                std::thread::sleep(Duration::from_millis(500 * crashes));
                daemon = self.start();
            }
            let mut seen = self.seen.lock().unwrap();
            if !seen.ready {
                seen.ready = seen.lives.last().is_some_and(|life| log::says(&life.log, "ready"));
            }
        }
    }

    fn start(&self) -> Daemon {
        let mut seen = self.seen.lock().unwrap();
        let log = self.enterprise.join(format!("logs/{:04}.log", seen.lives.len()));
        let from = Moment::now();
        let daemon = Daemon::start(&self.product, &self.enterprise, &log);
        seen.lives.push(Life { from, to: None, log });
        seen.ready = false;
        daemon
    }

    fn end(&self, daemon: &mut Daemon, way: Way) {
        // It may have ended by itself while nobody looked.
        if let Some(how) = daemon.ended() {
            return self.over(&how);
        }
        let early = {
            let seen = self.seen.lock().unwrap();
            !seen.lives.last().is_some_and(|life| log::says(&life.log, "ready"))
        };
        let begun = Instant::now();
        let said = match way {
            Way::Kill => {
                daemon.kill();
                None
            }
            Way::Term => Some(daemon.terminate(Duration::from_secs(60))),
        };
        let took = begun.elapsed();
        let mut seen = self.seen.lock().unwrap();
        let mut wrong = Vec::new();
        match said {
            None => seen.kills += 1,
            Some(how) => {
                seen.terms += 1;
                let (slowest, promised) = match early {
                    true => (&mut seen.slowest_early_term, EARLY),
                    false => (&mut seen.slowest_term, PROMISED),
                };
                *slowest = took.max(*slowest);
                if took > promised {
                    wrong.push((Category::Slow, format!("{} ms after SIGTERM", took.as_millis())));
                }
                let how = how.unwrap_or_else(|| "no end within a minute".to_owned());
                // Before it can listen to signals, one ends it as it ends any program.
                if how != "exit code 0" && !(early && how == "signal 15") {
                    wrong.push((Category::Broken, format!("after SIGTERM: {how}")));
                }
            }
        }
        let now = Moment::now();
        if let Some(life) = seen.lives.last_mut() {
            life.to = Some(now);
        }
        for (category, text) in wrong {
            let log = seen.lives.last().map(|life| life.log.display().to_string());
            seen.violations.push(Violation::new(
                category,
                format!("{now}: {text}, {}", log.unwrap_or_default()),
            ));
        }
    }

    fn over(&self, how: &str) {
        let mut seen = self.seen.lock().unwrap();
        let now = Moment::now();
        let Some(life) = seen.lives.last_mut() else { return };
        life.to = Some(now);
        let text = format!("{now}: ended by itself with {how}: {}", log::tail(&life.log));
        seen.ready = false;
        seen.violations.push(Violation::new(Category::Broken, text));
    }
}
