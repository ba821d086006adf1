//! The daemon measured against another build of it, in turns in one run. Does nothing unless that build is named:
//!
//! ```sh
//! CEBRIDGE_BASELINE=OLD CEBRIDGE_BINARY=NEW cargo test -p cebridge --test e2e measure:: -- --nocapture
//! ```
//!
//! | line | what is measured |
//! |---|---|
//! | throughput | files of orders, from the start of the daemon until the last envelope lies in the outbox |
//! | end | from SIGTERM, with a backlog of large files, to the end of the process |
//! | beside a loop | a file of another mapper while a mapper loops, against the same without it |

use crate::daemon::{Daemon, put};
use crate::guests::mapper;
use crate::support::Enterprise;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

const TURNS: usize = 3;
/// A measurement that takes longer than this is given up, and says so.
const LONGEST: Duration = Duration::from_secs(120);

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all[all.len() / 2]
}

fn enterprise() -> Enterprise {
    let enterprise = Enterprise::new();
    enterprise.configure("[intake]\nsettle = 0\npatience = 0");
    enterprise
}

/// Waits until something is so, and tells how long it took; the longest time when it did not come.
fn until(mut holds: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !holds() && start.elapsed() < LONGEST {
        sleep(Duration::from_millis(5));
    }
    start.elapsed().min(LONGEST)
}

/// 24 files of 100 orders: 9,600 documents, in 24 times 4 envelopes or a few more.
fn throughput(binary: &Path) -> Duration {
    let enterprise = enterprise();
    for number in 0..24 {
        let erp = enterprise.numbered_orders(&format!("T{number}X"), 100);
        put(&enterprise, &format!("intake/{number}.json"), erp);
    }
    let start = Instant::now();
    let daemon = Daemon::of(binary, &enterprise);
    until(|| enterprise.files("intake/done").len() == 24);
    until(|| enterprise.files("dxp/out").len() >= 96);
    let took = start.elapsed();
    drop(daemon);
    took
}

/// 16 files of 2,000 orders.
fn end(binary: &Path) -> Duration {
    let enterprise = enterprise();
    for number in 0..16 {
        let erp = enterprise.numbered_orders(&format!("E{number}X"), 2000);
        put(&enterprise, &format!("intake/{number:02}.json"), erp);
    }
    let mut daemon = Daemon::of(binary, &enterprise);
    sleep(Duration::from_secs(3));
    let start = Instant::now();
    daemon.signal("TERM");
    until(|| daemon.has_ended() || start.elapsed() > LONGEST);
    start.elapsed().min(LONGEST)
}

fn beside(binary: &Path, looping: bool) -> Duration {
    let enterprise = enterprise();
    if looping {
        enterprise.write("loop.wasm", mapper("(loop $again (br $again)) unreachable"));
        put(&enterprise, "intake/loop.wasm/one.csv", "x");
    }
    let daemon = Daemon::of(binary, &enterprise);
    sleep(Duration::from_secs(2));
    let erp = enterprise.numbered_orders("L", 800);
    put(&enterprise, "intake/good.json", erp);
    let took = until(|| enterprise.files("intake/done").len() == 1);
    drop(daemon);
    took
}

#[test]
fn the_daemon_against_a_baseline() {
    let Some(baseline) = std::env::var_os("CEBRIDGE_BASELINE").map(PathBuf::from) else {
        return;
    };
    let binary = std::env::var_os("CEBRIDGE_BINARY").map_or_else(|| crate::support::BINARY.into(), PathBuf::from);
    let (mut ours, mut theirs, mut alone, mut looping) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TURNS {
        theirs.push(throughput(&baseline));
        ours.push(throughput(&binary));
        alone.push(beside(&binary, false));
        looping.push(beside(&binary, true));
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let (alone, looping) = (median(alone), median(looping));
    println!("| what | baseline | ours | ratio |\n|---|--:|--:|--:|");
    let ratio = |one: Duration, other: Duration| one.as_secs_f64() / other.as_secs_f64();
    println!(
        "| throughput: 24 files of 100 orders | {theirs:.2?} | {ours:.2?} | {:.2} |",
        ratio(theirs, ours)
    );
    let (old_end, new_end) = (end(&baseline), end(&binary));
    println!(
        "| end: SIGTERM with 16 files of 2,000 orders waiting | {old_end:.2?} | {new_end:.2?} | {:.2} |",
        ratio(new_end, old_end)
    );
    println!(
        "| a file of 800 orders alone, and beside a mapper that loops | {alone:.2?} | {looping:.2?} | {:.2} |",
        ratio(looping, alone)
    );
}
