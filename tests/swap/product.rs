//! The real binary: finding it, running its commands, and its daemon.

use serde_json::Value;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The binary under test.
#[derive(Debug, Clone)]
pub(crate) struct Product(pub(crate) PathBuf);

impl Product {
    /// `CEBRIDGE_BINARY`, or the newest `cebridge` among the target folders of this test and of the repository.
    pub(crate) fn find() -> Option<Self> {
        if let Some(named) = std::env::var_os("CEBRIDGE_BINARY") {
            let path = PathBuf::from(named);
            assert!(path.is_file(), "CEBRIDGE_BINARY: there is no file {}", path.display());
            return Some(Self(path));
        }
        let mut targets = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target")];
        // target/debug/deps/swap-…
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
            .map(|(_, path)| Self(path))
    }

    /// Runs a command to its end, for a minute at most.
    pub(crate) fn run(&self, folder: &Path, args: &[&str]) -> Ran {
        let mut child = Command::new(&self.0)
            .args(args)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let [stdout, stderr] = [child.stdout.take().map(reader), child.stderr.take().map(reader)];
        let status = wait(&mut child, Duration::from_secs(60));
        if status.is_none() {
            let _ = child.kill();
            let _ = child.wait();
        }
        let text = |reader: Option<std::thread::JoinHandle<String>>| reader.unwrap().join().unwrap();
        Ran {
            code: status.and_then(|status| status.code()),
            stdout: text(stdout),
            stderr: text(stderr),
        }
    }

    /// Runs a command that must succeed, and returns what it printed.
    pub(crate) fn must(&self, folder: &Path, args: &[&str]) -> String {
        let ran = self.run(folder, args);
        assert_eq!(
            ran.code,
            Some(0),
            "`cebridge {}` failed: {}",
            args.join(" "),
            ran.said()
        );
        ran.stdout
    }

    /// The same for one that prints JSON lines.
    pub(crate) fn lines(&self, folder: &Path, args: &[&str]) -> Vec<Value> {
        let text = self.must(folder, &[args, &["--format", "json"]].concat());
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn reader(mut from: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// The result of a command.
#[derive(Debug)]
pub(crate) struct Ran {
    /// `None`: it did not end within a minute, or by a signal.
    pub(crate) code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ran {
    /// What it printed as JSON lines.
    pub(crate) fn rows(&self) -> Vec<Value> {
        self.stdout
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// What it said, on one line.
    pub(crate) fn said(&self) -> String {
        let all = format!("{} {}", self.stdout.trim(), self.stderr.trim());
        all.split_whitespace().collect::<Vec<_>>().join(" ")
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

/// `cebridge run`.
#[derive(Debug)]
pub(crate) struct Daemon(Child);

impl Daemon {
    /// Starts it; all that it says goes to `log`.
    pub(crate) fn start(product: &Product, folder: &Path, log: &Path) -> Self {
        let file = File::create(log).unwrap();
        let child = Command::new(&product.0)
            .args(["run", "--format", "json"])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        Self(child)
    }

    /// How it ended, where it has.
    pub(crate) fn ended(&mut self) -> Option<String> {
        self.0.try_wait().unwrap().map(told)
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// SIGTERM. How it ended; `None`: it did not end in time and was killed.
    pub(crate) fn terminate(&mut self, within: Duration) -> Option<String> {
        let kill = format!("kill -TERM {}", self.0.id());
        let _ = Command::new("sh").args(["-c", &kill]).stderr(Stdio::null()).status();
        let status = wait(&mut self.0, within);
        if status.is_none() {
            self.kill();
        }
        status.map(told)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
    }
}

fn told(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, signal) => format!("signal {}", signal.unwrap_or_default()),
    }
}
