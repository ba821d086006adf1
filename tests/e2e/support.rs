//! Helpers: a folder with a configured enterprise, running the binary, reading its JSON.

use cebridge_signature::{KeyKind, generate_dated_identity};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_cebridge");

/// What a run of the binary left behind.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Every line of stdout as JSON.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}\n{}", self.stderr));
        self.stdout.lines().map(parse).collect()
    }

    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// Runs the binary in a folder.
pub(crate) fn cebridge(folder: &Path, args: &[&str]) -> Run {
    let output = Command::new(BINARY)
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Run::of(&output)
}

/// Runs any program; `None` when it is not installed and tests may skip.
pub(crate) fn tool(name: &str, args: &[&str]) -> Option<Run> {
    match Command::new(name).args(args).stdin(Stdio::null()).output() {
        Ok(output) => Some(Run::of(&output)),
        Err(error) => {
            assert!(
                std::env::var_os("CEBRIDGE_TESTS_MUST_RUN").is_none(),
                "{name} is needed: {error}"
            );
            eprintln!("skipped: {name} is not installed");
            None
        }
    }
}

/// The demo's own folder, made once: ERP data, keys, ledger, envelopes. Tests copy from it what they need.
pub(crate) fn kept_demo() -> &'static Path {
    static KEPT: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = KEPT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("demo");
        cebridge(
            folder.path(),
            &["demo", "--keep", "demo", "--orders", "40", "--format", "json"],
        )
        .expect(0);
        (folder, path)
    });
    path
}

/// A fresh enterprise: configuration and keys, an empty ledger, and its ERP file.
pub(crate) struct Enterprise {
    pub(crate) folder: tempfile::TempDir,
}

impl Enterprise {
    pub(crate) fn new() -> Self {
        let demo = kept_demo();
        let folder = tempfile::tempdir().unwrap();
        for file in [
            "cebridge.toml",
            "keys/enterprise.key.pem",
            "keys/enterprise.cert.pem",
            "erp/orders.json",
        ] {
            let target = folder.path().join(file);
            std::fs::create_dir_all(target.parent().unwrap()).unwrap();
            std::fs::copy(demo.join(file), target).unwrap();
        }
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        cebridge(self.path(), args)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        #[cfg(unix)]
        if name.ends_with(".key.pem") {
            let own: std::fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(&path, own).unwrap();
        }
        path
    }

    /// Signs by RSA from now on, with a certificate old enough for it: issued before 2022-07-01, valid in the days of
    /// every edition.
    pub(crate) fn sign_by_rsa(&self) {
        static IDENTITY: OnceLock<(String, String)> = OnceLock::new();
        let (key, certificate) = IDENTITY.get_or_init(|| {
            let kind = KeyKind::Rsa { bits: 2048 };
            let (_, _, pems) =
                generate_dated_identity("CN=Old Card,O=Invented", kind, "2018-01-01", "2049-12-31").unwrap();
            (pems.key_pem.to_string(), pems.certificate_pem)
        });
        self.write("keys/enterprise.key.pem", key);
        self.write("keys/enterprise.cert.pem", certificate);
    }

    /// Adds to the configuration.
    pub(crate) fn configure(&self, text: &str) {
        let config = std::fs::read_to_string(self.path().join("cebridge.toml")).unwrap();
        self.write("cebridge.toml", format!("{config}\n{text}\n"));
    }

    /// Sets the severity of a rule in the configuration.
    pub(crate) fn grade(&self, rule: &str, grade: &str) {
        const SECTION: &str = "[rules.grades]\n";
        let config = std::fs::read_to_string(self.path().join("cebridge.toml")).unwrap();
        let kept: Vec<&str> = config
            .split_inclusive('\n')
            .filter(|line| !line.starts_with(&format!("{rule:?}")))
            .collect();
        let mut config = kept.concat();
        if !config.contains(SECTION) {
            config.push_str(&format!("\n{SECTION}"));
        }
        self.write(
            "cebridge.toml",
            config.replace(SECTION, &format!("{SECTION}{rule:?} = {grade:?}\n")),
        );
    }

    /// The ERP file with only the orders that pass every check.
    pub(crate) fn clean_orders(&self) -> Value {
        let bad: Vec<String> = statuses(kept_demo())
            .into_iter()
            .filter(|row| row["status"] == "refused" || row["status"] == "returned")
            .map(|row| row["source"].as_str().unwrap().to_owned())
            .collect();
        let mut erp: Value =
            serde_json::from_slice(&std::fs::read(self.path().join("erp/orders.json")).unwrap()).unwrap();
        let keep = |order: &Value| !bad.contains(&order["id"].as_str().unwrap_or_default().to_owned());
        erp["orders"].as_array_mut().unwrap().retain(keep);
        erp
    }

    /// An ERP file with so many clean orders, each with numbers of its own.
    pub(crate) fn numbered_orders(&self, prefix: &str, count: usize) -> String {
        let mut erp = self.clean_orders();
        let known = erp["orders"].as_array().unwrap().clone();
        let numbered = |number: usize| {
            let mut order = known[number % known.len()].clone();
            order["id"] = format!("SO-{prefix}-{number:06}").into();
            order["payment"]["transactionId"] = format!("P{prefix}{number:06}").into();
            order["parcel"]["waybillNo"] = format!("YL{prefix}{number:06}").into();
            order
        };
        erp["orders"] = (0..count).map(numbered).collect::<Vec<Value>>().into();
        erp.to_string()
    }

    /// Files in a folder below, without hidden ones and folders.
    pub(crate) fn files(&self, folder: &str) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path().join(folder))
            .into_iter()
            .flatten()
            .flatten();
        let mut files: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| path.is_file() && !path.file_name().unwrap().to_string_lossy().starts_with('.'))
            .collect();
        files.sort();
        files
    }
}

/// `status --format json` in a folder.
pub(crate) fn statuses(folder: &Path) -> Vec<Value> {
    cebridge(folder, &["status", "--format", "json"]).expect(0).lines()
}

/// Waits until a condition holds; panics with a text when it does not within a generous time.
#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(120), "did not happen: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The specification's facts, where they lie beside the project.
pub(crate) fn specification() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/spec");
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: the specification is not beside the project");
    None
}

/// File of the official schema that describes a message.
pub(crate) fn official_schema(message: &str) -> &'static str {
    const EXPORT: [&str; 23] = [
        "CEB213", "CEB214", "CEB215", "CEB216", "CEB303", "CEB304", "CEB403", "CEB404", "CEB505", "CEB506", "CEB507",
        "CEB508", "CEB509", "CEB510", "CEB603", "CEB604", "CEB605", "CEB606", "CEB607", "CEB608", "CEB701", "CEB702",
        "CEB792",
    ];
    match message {
        "DxpMsg" | "DxpRep" => "dxp-terminal.xsd",
        "DxpMsgSv" => "dxp-transport.xsd",
        export if EXPORT.contains(&export) => "ceb-export.xsd",
        _ => "ceb-import.xsd",
    }
}

/// The rules folder of the project.
pub(crate) fn rules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules")
}
