//! Runs the binary on one message in a process of its own, and measures what it took.
//!
//! Time and peak of memory are told by the operating system to the parent of finished processes, of all its children
//! together. So each run gets a parent of its own: this test program once more, running one test that is no test.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike as _};
use serde_json::Value;

/// The binary under test; `CEBRIDGE_BINARY` names another build of it.
fn binary() -> OsString {
    std::env::var_os("CEBRIDGE_BINARY")
        .unwrap_or_else(|| option_env!("CARGO_BIN_EXE_cebridge").unwrap_or_default().into())
}

const MESSAGE: &str = "CEBRIDGE_ATTACK_MESSAGE";
const TRUST: &str = "CEBRIDGE_ATTACK_TRUST";

/// What a run left behind.
pub(crate) struct Run {
    pub(crate) code: i64,
    /// The verdict, the one line of JSON on stdout.
    pub(crate) verdict: Value,
    pub(crate) stderr: String,
    /// Processor time, which does not grow with what else the machine does.
    pub(crate) time: Duration,
    /// Largest resident set, in bytes.
    pub(crate) peak: u64,
}

impl Run {
    /// Codes of the reasons.
    pub(crate) fn codes(&self) -> Vec<&str> {
        let reasons = self.verdict["reasons"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        reasons.iter().filter_map(|reason| reason["code"].as_str()).collect()
    }
}

/// `cebridge verify MESSAGE --trust TRUST --format json`.
pub(crate) fn verify(message: &Path, trust: &Path) -> Run {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "measure::child",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(MESSAGE, message)
        .env(TRUST, trust)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text
        .lines()
        .find_map(|line| line.split_once("measured "))
        .map(|(_, line)| line);
    let measured: Value = serde_json::from_str(line.unwrap_or_else(|| panic!("no measurement: {text}"))).unwrap();
    let stdout = measured["stdout"].as_str().unwrap();
    Run {
        code: measured["code"].as_i64().unwrap(),
        verdict: stdout
            .lines()
            .next()
            .and_then(|line| serde_json::from_str(line).ok())
            .unwrap_or_default(),
        stderr: measured["stderr"].as_str().unwrap().to_owned(),
        time: Duration::from_micros(measured["micros"].as_u64().unwrap()),
        peak: measured["peak"].as_u64().unwrap(),
    }
}

#[test]
#[ignore = "not a test of its own: the process in which the tests measure one run of the binary"]
fn child() {
    let (Some(message), Some(trust)) = (std::env::var_os(MESSAGE), std::env::var_os(TRUST)) else {
        return;
    };
    let output = Command::new(binary())
        .arg("verify")
        .arg(message)
        .arg("--trust")
        .arg(trust)
        .args(["--format", "json"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let used = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let micros = |time: TimeVal| time.num_microseconds();
    let measured = serde_json::json!({
        "code": output.status.code().map_or(-1, i64::from),
        "stdout": String::from_utf8_lossy(&output.stdout),
        "stderr": String::from_utf8_lossy(&output.stderr),
        "micros": micros(used.user_time()) + micros(used.system_time()),
        // Kilobytes on Linux.
        "peak": used.max_rss() * 1024,
    });
    println!("\nmeasured {measured}");
}
