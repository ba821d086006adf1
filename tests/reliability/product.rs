//! The real binary: finding it, running it, killing it, and reading its ledger through its commands.

use serde_json::Value;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The binary under test, and what it and this machine can do.
#[derive(Debug)]
pub(crate) struct Product {
    pub(crate) binary: PathBuf,
    /// Whether it knows the settings `[intake] settle` and `[receipts] settle`.
    pub(crate) settles: bool,
    /// Whether `strace` is installed and tracing is permitted.
    pub(crate) strace: bool,
}

impl Product {
    /// `CEBRIDGE_BINARY`, or the newest `cebridge` among the target folders of this test and of the repository.
    pub(crate) fn find() -> Option<PathBuf> {
        if let Some(named) = std::env::var_os("CEBRIDGE_BINARY") {
            let path = PathBuf::from(named);
            assert!(path.is_file(), "CEBRIDGE_BINARY: there is no file {}", path.display());
            return Some(path);
        }
        let mut targets = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target")];
        // target/debug/deps/reliability-…
        targets.extend(
            std::env::current_exe()
                .ok()
                .and_then(|exe| Some(exe.parent()?.parent()?.parent()?.to_owned())),
        );
        let all = targets
            .iter()
            .flat_map(|target| ["release", "debug"].map(|profile| target.join(profile).join("cebridge")));
        all.filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path)))
            .max()
            .map(|(_, path)| path)
    }

    /// Probes the binary with the configuration in `scratch`.
    pub(crate) fn new(binary: PathBuf, scratch: &Path) -> Self {
        let mut product = Self {
            binary,
            settles: false,
            strace: may_trace(),
        };
        let config = scratch.join("cebridge.toml");
        let before = fs::read_to_string(&config).unwrap();
        fs::write(&config, format!("{before}\n{SETTLE}")).unwrap();
        product.settles = product.run(scratch, &["status"]).code != Some(2);
        fs::write(&config, before).unwrap();
        product
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, folder: &Path, args: &[&str]) -> Ran {
        Running::start(&self.binary, folder, args).end(Duration::from_secs(60))
    }

    /// Every document of the ledger, by `status`.
    pub(crate) fn status(&self, folder: &Path) -> Result<Vec<Row>, String> {
        let ran = self.run(folder, &["status", "--format", "json"]);
        if ran.code != Some(0) {
            return Err(format!("`status` ended with {}: {}", ran.ended(), ran.stderr));
        }
        ran.stdout.lines().map(Row::read).collect()
    }

    /// The receipts for which the ledger has no document, as JSON lines.
    pub(crate) fn unmatched(&self, folder: &Path) -> Result<String, String> {
        let ran = self.run(folder, &["receipts", "--unmatched", "--format", "json"]);
        match ran.code {
            Some(0) => Ok(ran.stdout),
            _ => Err(format!("`receipts` ended with {}: {}", ran.ended(), ran.stderr)),
        }
    }
}

/// A settle time of one second keeps rounds short.
pub(crate) const SETTLE: &str = "[intake]\nsettle = 1\n[receipts]\nsettle = 1\n";

fn may_trace() -> bool {
    let tried = Command::new("strace")
        .args([
            "-D",
            "-f",
            "-o",
            "/dev/null",
            "-e",
            "trace=fsync",
            "-e",
            "inject=fsync:error=EIO:when=9999",
            "true",
        ])
        .output();
    let why = match tried {
        Ok(output) if output.status.success() => return true,
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    assert!(
        std::env::var_os("CEBRIDGE_TESTS_MUST_RUN").is_none(),
        "strace is needed: {why}"
    );
    eprintln!("skipped: kills at system calls and injected errors, because strace does not work here: {why}");
    false
}

/// The result of a command.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn ended(&self) -> String {
        self.code
            .map_or("no exit code (killed after a minute)".to_owned(), |code| {
                format!("exit code {code}")
            })
    }
}

/// A command that is still running.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    readers: [Option<std::thread::JoinHandle<String>>; 2],
}

impl Running {
    pub(crate) fn start(binary: &Path, folder: &Path, args: &[&str]) -> Self {
        let mut child = Command::new(binary)
            .args(args)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        fn reader(mut from: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
            std::thread::spawn(move || {
                let mut bytes = Vec::new();
                let _ = from.read_to_end(&mut bytes);
                String::from_utf8_lossy(&bytes).into_owned()
            })
        }
        let readers = [child.stdout.take().map(reader), child.stderr.take().map(reader)];
        Self { child, readers }
    }

    pub(crate) fn end(mut self, within: Duration) -> Ran {
        let status = wait(&mut self.child, within);
        if status.is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        let [stdout, stderr] = self
            .readers
            .map(|reader| reader.and_then(|one| one.join().ok()).unwrap_or_default());
        Ran {
            code: status.and_then(|status| status.code()),
            stdout,
            stderr,
        }
    }
}

fn wait(child: &mut Child, within: Duration) -> Option<ExitStatus> {
    let end = Instant::now() + within;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        if Instant::now() > end {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A row of `status --format json`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    pub(crate) message: String,
    pub(crate) key: String,
    pub(crate) status: String,
    pub(crate) guid: String,
    pub(crate) source: String,
    pub(crate) cop_msg_id: String,
    /// Everything that states a reason, as JSON.
    pub(crate) reasons: String,
}

impl Row {
    fn read(line: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))?;
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let said = ["reasons", "reason", "error", "last_error", "unsent"].map(|name| &value[name]);
        let said = said
            .iter()
            .filter(|v| !v.is_null() && v.as_array().is_none_or(|all| !all.is_empty()));
        let reasons: Vec<String> = said.map(ToString::to_string).collect();
        Ok(Self {
            message: text("message"),
            key: text("key"),
            status: text("status"),
            guid: text("guid"),
            source: text("source"),
            cop_msg_id: text("cop_msg_id"),
            reasons: reasons.join(" "),
        })
    }
}

/// How the daemon ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Code(i32),
    Signal(i32),
}

/// `cebridge run`.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    log: PathBuf,
    from: u64,
}

impl Daemon {
    /// Starts it, under `strace` when there are arguments for that.
    pub(crate) fn start(product: &Product, folder: &Path, strace: Option<&[String]>) -> Self {
        let log = folder.join("daemon.log");
        let file = File::options().create(true).append(true).open(&log).unwrap();
        let from = file.metadata().unwrap().len();
        let mut command = match strace {
            None => Command::new(&product.binary),
            Some(args) => {
                let mut command = Command::new("strace");
                // The tracer detaches as a grandchild, so the child is the daemon itself.
                command.args(["-D", "-f"]).args(args).arg(&product.binary);
                command
            }
        };
        let child = command
            // JSON, because a log line that can't be written must not end the round.
            .args(["run", "--format", "json"])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        Self { child, log, from }
    }

    pub(crate) fn poll(&mut self) -> Option<Exit> {
        self.child.try_wait().unwrap().map(exit)
    }

    /// Processor time used so far, in half seconds. It shows progress on a busy machine.
    pub(crate) fn used(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // User and system time are fields 14 and 15, counted in hundredths; field 2 is the name in brackets.
        let fields = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .skip(11)
            .take(2);
        fields.filter_map(|field| field.parse::<u64>().ok()).sum::<u64>() / 50
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) -> Exit {
        let _ = self.child.kill();
        exit(self.child.wait().unwrap())
    }

    /// SIGTERM. `None`: it did not end in time and was killed.
    pub(crate) fn terminate(&mut self, within: Duration) -> Option<Exit> {
        let kill = format!("kill -TERM {}", self.child.id());
        let _ = Command::new("sh").args(["-c", &kill]).stderr(Stdio::null()).status();
        let status = wait(&mut self.child, within);
        if status.is_none() {
            self.kill();
        }
        status.map(exit)
    }

    /// Its log since this start.
    pub(crate) fn log(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(bytes.get(self.from as usize..).unwrap_or_default()).into_owned()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn exit(status: ExitStatus) -> Exit {
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code(code),
        (None, signal) => Exit::Signal(signal.unwrap_or_default()),
    }
}
