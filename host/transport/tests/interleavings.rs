//! Writers and looks into the folder in any order: only files at rest are offered, and nothing is lost.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use cebridge_clock::Clock;
use cebridge_transport::{Inbox, InboxRules, Moved, Scan};
use common::{Folders, Writer, set_modified};
use proptest::prelude::*;

const SETTLE: Duration = Duration::from_secs(2);

#[derive(Debug, Clone)]
enum Step {
    /// A writer opens its file and keeps it open, or writes more.
    Write(usize),
    /// A written file gets a time stamp in the future, if it is still there.
    Future(usize),
    /// A whole file is renamed into the folder; the system may report it.
    Rename {
        announced: bool,
    },
    Pass(u16),
    Scan {
        limit: usize,
        then: Then,
    },
    /// The folder for files dealt with becomes unusable, or usable again.
    Block(bool),
    /// The program is killed and started again, knowing what it took.
    Restart,
}

/// The program's reaction to each file that it is offered.
#[derive(Debug, Clone, Copy)]
enum Then {
    Acknowledge,
    Reject,
    Defer,
    Nothing,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0..3_usize).prop_map(Step::Write),
        1 => (0..3_usize).prop_map(Step::Future),
        1 => any::<bool>().prop_map(|announced| Step::Rename { announced }),
        4 => (0..5000_u16).prop_map(Step::Pass),
        5 => (1..4_usize, then()).prop_map(|(limit, then)| Step::Scan { limit, then }),
        1 => any::<bool>().prop_map(Step::Block),
        1 => Just(Step::Restart),
    ]
}

fn then() -> impl Strategy<Value = Then> {
    prop_oneof![
        3 => Just(Then::Acknowledge),
        1 => Just(Then::Reject),
        1 => Just(Then::Defer),
        1 => Just(Then::Nothing),
    ]
}

/// The truth about one file, beyond what the program knows.
#[derive(Debug, Default)]
struct Truth {
    content: String,
    /// When it was last written; `None` if it was renamed into the folder.
    written: Option<Duration>,
    /// The contents that were dealt with.
    dealt: Vec<String>,
}

struct World {
    folders: Folders,
    inbox: Inbox,
    writers: BTreeMap<usize, Writer>,
    truth: BTreeMap<usize, Truth>,
    /// Stamps and digests of the files taken, as a ledger keeps them.
    taken: Vec<(String, String, String)>,
}

impl World {
    fn new() -> World {
        let folders = Folders::new();
        World {
            inbox: inbox(&folders),
            folders,
            writers: BTreeMap::new(),
            truth: BTreeMap::new(),
            taken: Vec::new(),
        }
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Write(number) => {
                let writer = self
                    .writers
                    .entry(number)
                    .or_insert_with(|| self.folders.open(&format!("{number}.csv")));
                let truth = self.truth.entry(number).or_default();
                let text = format!("{number}:{};", truth.content.len());
                writer.write(&text);
                truth.content.push_str(&text);
                truth.written = Some(self.folders.clock.steady());
            }
            Step::Future(number) => {
                let path = self.folders.incoming(&format!("{number}.csv"));
                if path.exists() {
                    set_modified(&path, self.folders.clock.wall() + Duration::from_secs(86_400));
                }
            }
            Step::Rename { announced } => {
                let number = 100 + self.truth.len();
                let name = format!("{number}.csv");
                let content = format!("{number}:whole");
                self.folders.rename_in(&name, &content);
                if announced {
                    self.inbox.renamed_in(&self.folders.incoming(&name));
                }
                let written = (!announced).then(|| self.folders.clock.steady());
                let truth = Truth {
                    content,
                    written,
                    ..Truth::default()
                };
                self.truth.insert(number, truth);
            }
            Step::Pass(milliseconds) => self.folders.clock.pass(Duration::from_millis(milliseconds.into())),
            Step::Scan { limit, then } => {
                let scan = self.inbox.scan(limit).unwrap();
                self.judge(&scan, then);
            }
            Step::Block(block) => {
                let (done, hidden) = (self.folders.path("done"), self.folders.path("hidden"));
                if block && !done.is_file() {
                    fs::create_dir_all(&done).unwrap();
                    fs::rename(&done, &hidden).unwrap();
                    fs::write(&done, "in the way").unwrap();
                } else if !block && done.is_file() {
                    fs::remove_file(&done).unwrap();
                    fs::rename(&hidden, &done).unwrap();
                }
            }
            Step::Restart => {
                self.inbox = inbox(&self.folders);
                for (name, stamp, sha256) in &self.taken {
                    self.inbox.watch_moved(name, stamp, sha256).unwrap();
                }
            }
        }
    }

    fn judge(&mut self, scan: &Scan, then: Then) {
        for item in &scan.ready {
            let content = String::from_utf8(item.bytes.clone()).unwrap();
            let number: usize = content.split(':').next().unwrap().parse().unwrap();
            let truth = self.truth.get_mut(&number).unwrap();
            assert_eq!(content, truth.content, "what is offered is what the file holds");
            let still = truth
                .written
                .is_none_or(|written| self.folders.clock.steady() - written >= SETTLE);
            assert!(still, "{content} was offered while it was being written");
            // By the digest, as a touch in between changes the stamp.
            let known = self
                .taken
                .iter()
                .any(|(name, _, sha256)| *name == item.name && *sha256 == item.sha256);
            let (moved, dealt) = match then {
                // Known from before a restart: only the move is left to do.
                _ if known => (self.inbox.acknowledge(item), false),
                Then::Acknowledge => (self.inbox.acknowledge(item), true),
                Then::Reject if !self.inbox.is_young(item) => (self.inbox.reject(item, "no"), true),
                Then::Defer if self.inbox.is_young(item) => {
                    self.inbox.defer(item);
                    continue;
                }
                _ => continue,
            };
            assert!(!matches!(moved, Ok(Moved::Changed | Moved::Gone)), "{moved:?}");
            if dealt {
                self.taken
                    .push((item.name.clone(), item.stamp.clone(), item.sha256.clone()));
                truth.dealt.push(content);
            }
        }
    }
}

fn inbox(folders: &Folders) -> Inbox {
    folders.inbox_by(InboxRules {
        settle: SETTLE,
        ..InboxRules::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn only_what_was_still_is_offered_and_nothing_is_lost(steps in prop::collection::vec(step(), 1..80)) {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
        }
        world.take(&Step::Block(false));
        for _ in 0..12 {
            world.take(&Step::Scan { limit: 99, then: Then::Acknowledge });
            world.take(&Step::Pass(60_000));
        }
        for (number, truth) in &world.truth {
            prop_assert_eq!(truth.dealt.last(), Some(&truth.content), "the last word of {} was taken", number);
            let mut once = truth.dealt.clone();
            once.dedup();
            prop_assert_eq!(&once, &truth.dealt, "and each word of {} once", number);
        }
        prop_assert_eq!(world.folders.names("in"), Vec::<String>::new());
    }
}
