//! Folders and clocks for the tests of this crate.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

pub(crate) mod within;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use cebridge_clock::{Clock, ManualClock, system_time};
use cebridge_transport::{DirectoryTransport, Inbox, InboxRules, Outgoing, Scan};
use jiff::Timestamp;
use tempfile::TempDir;

/// The shared clock for tests, by the second and as files have it.
#[derive(Debug)]
pub(crate) struct TestClock(ManualClock);

impl TestClock {
    pub(crate) fn new() -> Arc<TestClock> {
        Arc::new(TestClock(ManualClock::at(Timestamp::now())))
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.0.pass(time);
    }

    pub(crate) fn pass_seconds(&self, seconds: u64) {
        self.pass(Duration::from_secs(seconds));
    }

    pub(crate) fn wall(&self) -> SystemTime {
        system_time(self.now())
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn steady(&self) -> Duration {
        self.0.steady()
    }
}

/// Folders `in`, `out`, `done` and `bad`, and a clock.
pub(crate) struct Folders {
    pub(crate) root: TempDir,
    pub(crate) clock: Arc<TestClock>,
}

impl Folders {
    pub(crate) fn new() -> Folders {
        Folders {
            root: TempDir::new().unwrap(),
            clock: TestClock::new(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn incoming(&self, name: &str) -> PathBuf {
        self.path("in").join(name)
    }

    /// A transport that takes files at once.
    pub(crate) fn transport(&self) -> DirectoryTransport {
        let rules = InboxRules {
            settle: Duration::ZERO,
            ..InboxRules::default()
        };
        self.transport_by(rules)
    }

    pub(crate) fn transport_by(&self, rules: InboxRules) -> DirectoryTransport {
        DirectoryTransport::new(
            self.path("out"),
            self.path("in"),
            self.path("done"),
            self.path("bad"),
            rules,
        )
    }

    /// An inbox with the usual rules and the clock of these folders.
    pub(crate) fn inbox(&self) -> Inbox {
        self.inbox_by(InboxRules::default())
    }

    pub(crate) fn inbox_by(&self, rules: InboxRules) -> Inbox {
        Inbox::new(self.path("in"), self.path("done"), self.path("bad"), rules).with_clock(self.clock.clone())
    }

    /// Writes a file in place, now.
    pub(crate) fn put(&self, name: &str, content: &str) {
        fs::create_dir_all(self.path("in")).unwrap();
        let path = self.incoming(name);
        fs::write(&path, content).unwrap();
        set_modified(&path, self.clock.wall());
    }

    /// A writer that has the file open.
    pub(crate) fn open(&self, name: &str) -> Writer {
        fs::create_dir_all(self.path("in")).unwrap();
        Writer {
            file: fs::File::create(self.incoming(name)).unwrap(),
            clock: self.clock.clone(),
        }
    }

    /// Writes a file outside the folder and renames it into it.
    pub(crate) fn rename_in(&self, name: &str, content: &str) {
        let beside = self.path("beside");
        fs::write(&beside, content).unwrap();
        set_modified(&beside, self.clock.wall());
        fs::create_dir_all(self.path("in")).unwrap();
        fs::rename(&beside, self.incoming(name)).unwrap();
    }

    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        names(&self.path(folder))
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }
}

/// A program that writes to a file and keeps it open, even when the file is moved.
pub(crate) struct Writer {
    file: fs::File,
    clock: Arc<TestClock>,
}

impl Writer {
    pub(crate) fn write(&mut self, text: &str) {
        std::io::Write::write_all(&mut self.file, text.as_bytes()).unwrap();
        self.file.set_modified(self.clock.wall()).unwrap();
    }
}

pub(crate) fn set_modified(path: &Path, time: SystemTime) {
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(time).unwrap();
}

/// Makes a pipe. Opening it for reading waits for a writer.
#[cfg(unix)]
pub(crate) fn make_pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Names of the files that can be taken.
pub(crate) fn ready(scan: &Scan) -> Vec<&str> {
    scan.ready.iter().map(|item| item.name.as_str()).collect()
}

pub(crate) fn envelope<'a>(cop_msg_id: &'a str, bytes: &'a [u8]) -> Outgoing<'a> {
    Outgoing {
        cop_msg_id,
        msg_type: "CEB311Message",
        sender: "DXPENT0000000001",
        receiver: "DXPEDCCEB0000002",
        bytes,
    }
}
