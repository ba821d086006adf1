//! What the commands print, held against files in `snapshots/`. `CEBRIDGE_BLESS=1` writes them anew.

use crate::support::{Enterprise, Run};
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/e2e/snapshots")
}

/// Replaces what differs from run to run: guids, digests, times, and the folder.
fn plain(text: &str, folder: &Path) -> String {
    let text = text.replace(&folder.display().to_string(), "FOLDER");
    let part = |c: char| c.is_ascii_alphanumeric() || "-:+.".contains(c);
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find(part) {
        let (before, from) = rest.split_at(at);
        let end = from.find(|c| !part(c)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        out.push_str(before);
        out.push_str(replaced(word));
        rest = after;
    }
    out + rest
}

fn replaced(word: &str) -> &str {
    let word_of = |length: usize, hyphens: usize| {
        word.len() == length
            && word.matches('-').count() == hyphens
            && word.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
            && word.contains(|c: char| c.is_ascii_digit())
    };
    let is_time = word.len() >= 19 && word.as_bytes().get(4) == Some(&b'-') && word.as_bytes().get(10) == Some(&b'T');
    match () {
        () if word_of(36, 4) => "GUID",
        () if word_of(64, 0) => "SHA256",
        () if word_of(12, 0) => "DIGEST",
        () if is_time => "TIME",
        () => word,
    }
}

/// Compares a run with its file.
#[track_caller]
fn assert_printed(name: &str, run: &Run, folder_of_run: &Path) {
    let text = format!(
        "exit code {}\n--- stdout\n{}--- stderr\n{}",
        run.code,
        plain(&run.stdout, folder_of_run),
        plain(&run.stderr, folder_of_run)
    );
    let file = folder().join(format!("{name}.txt"));
    if std::env::var_os("CEBRIDGE_BLESS").is_some() {
        fs::create_dir_all(folder()).unwrap();
        fs::write(&file, &text).unwrap();
    }
    let known = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        known == text,
        "{name} prints something else; CEBRIDGE_BLESS=1 takes it as right:\n{text}\nbefore:\n{known}"
    );
}

#[test]
fn every_command_says_what_it_is_for() {
    let enterprise = Enterprise::new();
    let help = enterprise.run(&["--help"]).expect(0);
    let commands = help
        .stdout
        .split_once("Commands:\n")
        .unwrap()
        .1
        .split_once("\n\n")
        .unwrap()
        .0;
    let names: Vec<&str> = commands
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(names.len() > 20, "{names:?}");
    assert_printed("help", &help, enterprise.path());
    for name in names.into_iter().filter(|name| *name != "help") {
        let run = enterprise.run(&[name, "--help"]).expect(0);
        assert_printed(&format!("help-{name}"), &run, enterprise.path());
    }
}

#[test]
fn commands_print_what_they_did() {
    let enterprise = Enterprise::new();
    enterprise.write(
        "wrong.toml",
        "[delivery]\nattemps = 3\n[rules.grades]\n\"CEB311-RO5\" = \"off\"\n",
    );
    enterprise.write("orders.json", enterprise.numbered_orders("SNAP", 2));
    for (name, args) in [
        ("config-check", &["config", "check", "wrong.toml"][..]),
        ("explain-rule", &["explain", "CEB311-R03"]),
        ("explain-code", &["explain", "-621004"]),
        ("explain-field", &["explain", "CEB311/OrderHead/acturalPaid"]),
        ("explain-unknown", &["explain", "CEB311-R99"]),
        ("policy", &["policy", "CEB311", "--at", "2018-07-15"]),
        ("pay179-members", &["pay179", "members"]),
        ("status-without-ledger", &["status"]),
        ("declare", &["declare", "orders.json", "--mapper", "shop"]),
        ("declare-again", &["declare", "orders.json", "--mapper", "shop"]),
        ("status", &["status"]),
        ("ledger-check", &["ledger", "check"]),
        ("receipts-unknown", &["receipts", "NOTHING"]),
        ("inbox", &["inbox"]),
        ("dead-letter", &["dead-letter"]),
    ] {
        assert_printed(name, &enterprise.run(args), enterprise.path());
    }
}
