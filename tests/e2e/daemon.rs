//! The daemon: swapping packs, taking files, dying at any moment.

use crate::packs::changed_rules;
use crate::support::{BINARY, Enterprise, eventually, statuses};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// A running daemon; killed when dropped.
pub(crate) struct Daemon {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
}

impl Daemon {
    pub(crate) fn start(enterprise: &Enterprise) -> Self {
        Self::of(BINARY.as_ref(), enterprise)
    }

    /// The daemon of another build.
    pub(crate) fn of(binary: &Path, enterprise: &Enterprise) -> Self {
        let mut child = Command::new(binary)
            .arg("run")
            .current_dir(enterprise.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&log);
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        std::thread::spawn(move || {
            lines
                .map_while(Result::ok)
                .for_each(|line| sink.lock().unwrap().push(line))
        });
        let daemon = Self { child, log };
        daemon.wait_for("ready");
        daemon
    }

    /// What follows `text` in the first line that holds it.
    pub(crate) fn after(&self, text: &str) -> Option<String> {
        let log = self.log.lock().unwrap();
        log.iter().find_map(|line| Some(line.split_once(text)?.1.to_owned()))
    }

    pub(crate) fn said(&self, text: &str) -> bool {
        self.log.lock().unwrap().iter().any(|line| line.contains(text))
    }

    /// Lines so far.
    pub(crate) fn lines(&self) -> usize {
        self.log.lock().unwrap().len()
    }

    /// Lines that hold the text.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.log
            .lock()
            .unwrap()
            .iter()
            .filter(|line| line.contains(text))
            .count()
    }

    /// Lines that begin so.
    pub(crate) fn starting_with(&self, text: &str) -> usize {
        self.log
            .lock()
            .unwrap()
            .iter()
            .filter(|line| line.starts_with(text))
            .count()
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    pub(crate) fn signal(&self, name: &str) {
        let kill = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
    }

    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) {
        eventually(text, || self.said(text));
    }

    pub(crate) fn terminate(mut self) -> i32 {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Puts a file into a folder the way careful programs do: whole, by renaming.
pub(crate) fn put(enterprise: &Enterprise, name: &str, content: impl AsRef<[u8]>) {
    let temporary = enterprise.write(".incoming", content);
    let target = enterprise.path().join(name);
    std::fs::create_dir_all(target.parent().unwrap()).unwrap();
    std::fs::rename(temporary, target).unwrap();
}

#[test]
fn a_new_pack_changes_verdicts_and_a_broken_one_does_not() {
    let enterprise = Enterprise::new();
    let mut erp = enterprise.clean_orders();
    let daemon = Daemon::start(&enterprise);
    let orders = erp["orders"].as_array().unwrap().clone();
    let mut feed = |range: std::ops::Range<usize>, name: &str| {
        erp["orders"] = serde_json::Value::from(orders[range].to_vec());
        put(&enterprise, &format!("intake/{name}.json"), erp.to_string());
    };
    feed(0..5, "one");
    daemon.wait_for("one.json: ");
    assert!(statuses(enterprise.path()).iter().all(|row| row["status"] == "waiting"));

    // A rule that no order of the shop keeps: the verdict must change without a restart.
    let from = "fields = [";
    let strict = "[[rule]]\nid = \"TEST-R1\"\non = \"Order/OrderHead\"\nat = \"orderNo\"\ncheck = \"starts(orderNo, 'NEW-')\"\nbasis = \"stated\"\nclause = \"test\"\nzh = \"测试\"\nen = \"Order numbers begin with NEW-\"\n";
    let edition = changed_rules(
        &enterprise,
        "editions/2022-05/edition.toml",
        "version = \"1\"",
        "version = \"2\"",
    );
    let order = enterprise.path().join("rules/editions/2018-56/CEB311.toml");
    let text = std::fs::read_to_string(&order).unwrap();
    assert!(text.contains(from));
    std::fs::write(&order, format!("{text}\n{strict}")).unwrap();
    std::fs::remove_dir_all(edition.join("cases")).unwrap();
    enterprise
        .run(&["pack", "build", edition.to_str().unwrap(), "-o", "strict.wasm"])
        .expect(0);
    put(
        &enterprise,
        "packs/ceb.wasm",
        std::fs::read(enterprise.path().join("strict.wasm")).unwrap(),
    );
    daemon.wait_for("activated, edition 2022-05");
    feed(5..10, "two");
    daemon.wait_for("TEST-R1");
    let refused = statuses(enterprise.path())
        .iter()
        .filter(|row| row["status"] == "refused")
        .count();
    assert_eq!(refused, 5 * 4, "each order with everything that belongs to it");

    // A broken file in its place: the strict pack still serves.
    put(&enterprise, "packs/ceb.wasm", b"\0asm broken");
    daemon.wait_for("pack ceb.wasm: refused: ");
    feed(10..12, "three");
    daemon.wait_for("three.json: ");
    let refused = statuses(enterprise.path())
        .iter()
        .filter(|row| row["status"] == "refused")
        .count();
    assert_eq!(refused, 7 * 4);

    // Without the file it goes on; taken out by a person, the shipped edition is in force again.
    std::fs::remove_file(enterprise.path().join("packs/ceb.wasm")).unwrap();
    daemon.wait_for("the file is gone");
    enterprise.run(&["pack", "remove", "2022-05"]).expect(0);
    daemon.wait_for("the shipped one is in force again");
    feed(12..14, "four");
    daemon.wait_for("four.json: ");
    let rows = statuses(enterprise.path());
    assert_eq!(rows.iter().filter(|row| row["status"] == "refused").count(), 7 * 4);
    assert_eq!(rows.iter().filter(|row| row["status"] == "waiting").count(), 7 * 4);
    assert_eq!(daemon.terminate(), 0, "SIGTERM is a clean end");
    assert_eq!(enterprise.files("intake/done").len(), 4);
}

#[test]
fn an_unreadable_file_is_set_aside_with_its_reason_and_the_next_one_goes_on() {
    let enterprise = Enterprise::new();
    let daemon = Daemon::start(&enterprise);
    put(&enterprise, "intake/a-broken.json", "{ not json");
    put(&enterprise, "intake/b-good.json", enterprise.clean_orders().to_string());
    daemon.wait_for("b-good.json: ");
    daemon.wait_for("a-broken.json set aside");
    assert!(
        enterprise
            .files("intake/bad")
            .iter()
            .any(|path| path.to_string_lossy().ends_with(".reason"))
    );
    assert_eq!(daemon.terminate(), 0);
}

#[test]
fn killed_at_any_moment_nothing_is_lost_and_nothing_sent_twice() {
    let enterprise = Enterprise::new();
    let erp = enterprise.clean_orders();
    let orders = erp["orders"].as_array().unwrap().len();
    put(&enterprise, "intake/orders.json", erp.to_string());
    // Each life is a little longer than the one before, so that the kill falls into every phase.
    for life in 0..12 {
        let mut child = Command::new(BINARY)
            .args(["run", "--quiet"])
            .current_dir(enterprise.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(300 + 250 * life));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let daemon = Daemon::start(&enterprise);
    eventually("the file is done", || enterprise.files("intake/done").len() == 1);
    // All documents of one kind fit into one message.
    let kinds = |rows: &[serde_json::Value]| -> std::collections::BTreeSet<String> {
        rows.iter().map(|row| row["message"].to_string()).collect()
    };
    let expected = kinds(&statuses(enterprise.path())).len();
    assert!(expected >= 4, "orders, payments, waybills, inventories");
    eventually("every message is out", || enterprise.files("dxp/out").len() == expected);
    assert_eq!(daemon.terminate(), 0);
    let rows = statuses(enterprise.path());
    let guids: std::collections::BTreeSet<&str> = rows.iter().map(|row| row["guid"].as_str().unwrap()).collect();
    assert_eq!(guids.len(), rows.len());
    let inventories = rows.iter().filter(|row| row["message"] == "CEB621").count();
    assert_eq!(inventories, orders, "each document once");
    enterprise.run(&["simulator", "--once", "--quiet"]).expect(0);
    enterprise.run(&["run", "--once", "--quiet"]).expect(0);
    let rows = statuses(enterprise.path());
    assert!(
        rows.iter()
            .all(|row| row["final"] == true && row["status"] != "returned"),
        "{rows:?}"
    );
}
