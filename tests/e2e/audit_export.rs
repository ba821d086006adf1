//! Exports that others can check without this program, and copies of the ledger that are put back.

use crate::audit::{audited, ledger, mode, sha256, tamper};
use crate::daemon::Daemon;
use crate::support::{Enterprise, Run, statuses, tool};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// An enterprise that has declared some orders and heard of them.
fn declared(by_rsa: bool) -> Enterprise {
    let enterprise = Enterprise::new();
    if by_rsa {
        enterprise.sign_by_rsa();
    }
    enterprise.write("orders.json", enterprise.numbered_orders("X", 12));
    enterprise
        .run(&["declare", "orders.json", "--mapper", "shop"])
        .expect(0);
    enterprise.run(&["simulator", "--once", "--quiet"]).expect(0);
    enterprise.run(&["run", "--once", "--quiet"]).expect(0);
    enterprise
}

/// The day of the first event, in China.
fn today(enterprise: &Enterprise) -> String {
    let shown = enterprise
        .run(&["ledger", "show", "SO-X-000000", "--format", "json"])
        .expect(0)
        .lines();
    shown[0]["history"][0]["local"].as_str().unwrap()[..10].to_owned()
}

fn export(enterprise: &Enterprise, args: &[&str]) -> Value {
    let day = today(enterprise);
    let period = [
        "ledger",
        "export",
        "--from",
        &day,
        "--to",
        &day,
        "-o",
        "period.zip",
        "--format",
        "json",
    ];
    enterprise
        .run(&[&period[..], args].concat())
        .expect(0)
        .lines()
        .remove(0)
}

/// The tools that the README names; `None` when one of them is missing and tests may skip.
fn tools() -> Option<()> {
    for name in ["sha256sum", "openssl", "xmlsec1", "unzip"] {
        tool(
            name,
            &[if name == "unzip" {
                "-v"
            } else if name == "openssl" {
                "version"
            } else {
                "--version"
            }],
        )?;
    }
    Some(())
}

fn unzip(enterprise: &Enterprise, folder: &str) -> PathBuf {
    let zip = enterprise.path().join("period.zip");
    let to = enterprise.path().join(folder);
    tool("unzip", &["-q", zip.to_str().unwrap(), "-d", to.to_str().unwrap()])
        .unwrap()
        .expect(0);
    to
}

/// The groups of commands in a README: what is indented where it says so.
fn commands(readme: &str) -> Vec<String> {
    let (_, below) = readme.split_once("Below, commands are indented.").unwrap();
    let mut groups = vec![String::new()];
    for line in below.lines() {
        let last = groups.last_mut().unwrap();
        match line.strip_prefix("    ") {
            Some(command) => last.push_str(&format!("{command}\n")),
            None if !last.is_empty() => groups.push(String::new()),
            None => {}
        }
    }
    groups.retain(|group| !group.is_empty());
    groups
}

fn shell(folder: &Path, script: &str) -> Run {
    let output = Command::new("sh")
        .args(["-e", "-c", script])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Run::of(&output)
}

/// Does exactly what the README says.
#[track_caller]
fn follow_readme(folder: &Path) -> Vec<String> {
    let readme = fs::read_to_string(folder.join("README.txt")).unwrap();
    let groups = commands(&readme);
    assert_eq!(groups.len(), 5, "{readme}");
    groups
        .iter()
        .map(|group| shell(folder, group).expect(0).stdout)
        .collect()
}

/// No private key is in the export: neither its file nor a line of it that the certificate does not hold as well, which is
/// the first one of an SM2 key and a late one of an RSA key.
#[track_caller]
fn no_secrets(enterprise: &Enterprise, folder: &Path) {
    let key = fs::read_to_string(enterprise.path().join("keys/enterprise.key.pem")).unwrap();
    let lines: Vec<&str> = key.lines().collect();
    let line = if lines.len() > 10 {
        lines[lines.len() - 4]
    } else {
        lines[1]
    };
    shell(folder, &format!("! grep -r -l -F -e 'PRIVATE KEY' -e '{line}' .")).expect(0);
}

#[test]
fn an_export_signed_by_the_enterprise_is_checked_as_its_readme_says() {
    let enterprise = declared(true);
    let done = export(&enterprise, &[]);
    assert_eq!((&done["documents"], &done["packs"]), (&48.into(), &1.into()), "{done}");
    assert!(done["signed_by"].as_str().unwrap().contains("CN=Old Card"));
    assert_eq!(mode(&enterprise.path().join("period.zip")), 0o600);
    if tools().is_none() {
        return;
    }
    let folder = unzip(&enterprise, "out");
    let said = follow_readme(&folder);
    assert!(said[1].contains("Old Card"), "{said:?}");
    assert!(said[4].contains("events fit the chain, 0 of them withheld"), "{said:?}");
    no_secrets(&enterprise, &folder);
    // With the issuer's certificate, as the text beside the commands says.
    let trusted = "openssl cms -verify -binary -inform DER -in SHA256SUMS.p7s -content SHA256SUMS -CAfile ../keys/enterprise.cert.pem -purpose any -out /dev/null";
    shell(&folder, trusted).expect(0);
    // What is in it is what was sent, and the head is one that `check` takes.
    for envelope in enterprise.files("out/envelopes") {
        let name = envelope.file_name().unwrap().to_string_lossy().into_owned();
        let sent = enterprise.path().join("dxp/out/done").join(&name);
        if sent.exists() {
            assert!(fs::read(&envelope).unwrap() == fs::read(sent).unwrap(), "{name}");
        }
    }
    assert_eq!(
        enterprise.files("out/messages").len() as u64,
        done["messages"].as_u64().unwrap()
    );
    enterprise
        .run(&["ledger", "check", "--head", "out/head.json"])
        .expect(0);

    let groups = commands(&fs::read_to_string(folder.join("README.txt")).unwrap());
    fs::write(folder.join("SHA256SUMS.note"), "added").unwrap();
    assert_ne!(shell(&folder, &groups[0]).code, 0, "an added file");
    fs::remove_file(folder.join("SHA256SUMS.note")).unwrap();

    // A changed byte is found by the list, and a changed list by its signature.
    let message = enterprise.files("out/messages").remove(0);
    let text = fs::read_to_string(&message).unwrap();
    fs::write(&message, text.replacen("<ceb:currency>142", "<ceb:currency>143", 1)).unwrap();
    let run = shell(&folder, &groups[0]);
    let name = message.file_name().unwrap().to_string_lossy().into_owned();
    assert!(
        run.code != 0 && run.stdout.contains(&format!("messages/{name}: FAILED")),
        "{}",
        run.stdout
    );
    assert_ne!(shell(&folder, &groups[2]).code, 0, "its signature");
    assert_ne!(shell(&folder, &groups[3]).code, 0, "its envelope");
    shell(
        &folder,
        "find . -type f ! -name 'SHA256SUMS*' | sed 's|^./||' | LC_ALL=C sort | xargs -d '\\n' sha256sum > SHA256SUMS",
    )
    .expect(0);
    shell(&folder, &groups[0]).expect(0);
    assert_ne!(shell(&folder, &groups[1]).code, 0, "the list was signed otherwise");
    // An event that is changed is found by the chain.
    let events = fs::read_to_string(folder.join("events.jsonl")).unwrap();
    fs::write(
        folder.join("events.jsonl"),
        events.replacen("\"actor\":\"cebridge\"", "\"actor\":\"nobody\"", 1),
    )
    .unwrap();
    assert_ne!(shell(&folder, &groups[4]).code, 0);
}

#[test]
fn an_export_of_sm2_messages_signed_by_an_export_key_is_checked_as_its_readme_says() {
    let enterprise = declared(false);
    let day = today(&enterprise);
    let run = enterprise
        .run(&["ledger", "export", "--from", &day, "--to", &day, "-o", "period.zip"])
        .expect(2);
    assert!(run.stderr.contains("ledger keygen"), "{}", run.stderr);
    assert!(!enterprise.path().join("period.zip").exists());
    enterprise
        .run(&["ledger", "keygen", "-o", "keys/export.key.pem"])
        .expect(0);
    assert_eq!(mode(&enterprise.path().join("keys/export.key.pem")), 0o600);
    enterprise
        .run(&["ledger", "keygen", "-o", "keys/export.key.pem"])
        .expect(2);
    enterprise.configure("[record]\nexport-key = \"keys/export.key.pem\"");
    // Of one enterprise: what concerns nobody in particular is withheld, and the rest of the chain can be checked.
    let done = export(&enterprise, &["--enterprise", "4403960DM1"]);
    if tools().is_none() {
        return;
    }
    let folder = unzip(&enterprise, "out");
    let said = follow_readme(&folder);
    let withheld: u64 = said[4]
        .split(" events fit the chain, ")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!(withheld > 0, "{said:?}");
    assert!(
        done["signed_by"]
            .as_str()
            .unwrap()
            .contains(said[1].lines().last().unwrap().split(' ').next().unwrap())
    );
    no_secrets(&enterprise, &folder);

    let groups = commands(&fs::read_to_string(folder.join("README.txt")).unwrap());
    let message = enterprise.files("out/messages").remove(0);
    let text = fs::read_to_string(&message).unwrap();
    fs::write(&message, text.replacen("<ceb:currency>142", "<ceb:currency>143", 1)).unwrap();
    let run = shell(&folder, &groups[2]);
    assert!(
        run.code != 0 && run.stdout.contains("WRONG: messages/"),
        "{}",
        run.stdout
    );
    let list = fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
    fs::write(folder.join("SHA256SUMS"), list.replacen('a', "b", 1)).unwrap();
    assert_ne!(shell(&folder, &groups[1]).code, 0);
}

#[test]
fn the_index_has_a_row_for_each_document_and_a_period_without_any_is_no_error() {
    let enterprise = audited();
    enterprise.run(&["ledger", "keygen", "-o", "export.pem"]).expect(0);
    let all = [
        "ledger",
        "export",
        "--from",
        "2000-01-01",
        "--to",
        "2099-12-31",
        "--key",
        "export.pem",
        "-o",
    ];
    enterprise.run(&[&all[..], &["period.zip"]].concat()).expect(0);
    let run = enterprise.run(&[&all[..], &["period.zip"]].concat()).expect(2);
    assert!(run.stderr.contains("exists and is not overwritten"), "{}", run.stderr);
    let none = [
        "ledger",
        "export",
        "--from",
        "2000-01-01",
        "--to",
        "2000-01-01",
        "--key",
        "export.pem",
        "-o",
        "none.zip",
    ];
    let done = enterprise
        .run(&[&none[..], &["--format", "json"]].concat())
        .expect(0)
        .lines()
        .remove(0);
    assert_eq!(
        (&done["documents"], &done["events"], &done["head"]),
        (&0.into(), &0.into(), &Value::Null)
    );
    let run = enterprise
        .run(&[
            "ledger",
            "export",
            "--from",
            "2026-01-02",
            "--to",
            "2026-01-01",
            "--key",
            "export.pem",
            "-o",
            "x.zip",
        ])
        .expect(2);
    assert!(run.stderr.contains("before it begins"), "{}", run.stderr);
    let hidden = fs::read_dir(enterprise.path()).unwrap().flatten();
    assert!(
        hidden
            .into_iter()
            .all(|entry| !entry.file_name().to_string_lossy().ends_with(".tmp")),
        "nothing is left behind"
    );
    if tool("unzip", &["-v"]).is_none() {
        return;
    }
    let folder = unzip(&enterprise, "out");
    let index = fs::read_to_string(folder.join("index.csv")).unwrap();
    let mut lines = index
        .strip_prefix('\u{feff}')
        .expect("spreadsheets need the mark")
        .split("\r\n");
    assert!(lines.next().unwrap().starts_with("document,message,number,guid,"));
    let rows = statuses(enterprise.path());
    let documents = lines
        .filter(|line| line.split(',').next().is_some_and(|id| id.parse::<u64>().is_ok()))
        .count();
    assert_eq!(documents, rows.len(), "refused ones too");
    assert!(index.contains(",refused,yes,") && index.contains(",released,yes,"));
    // The same ledger, the same files, in the same order; only the signature's time may differ.
    enterprise.run(&[&all[..], &["again.zip"]].concat()).expect(0);
    let (one, other) = (
        enterprise.path().join("period.zip"),
        enterprise.path().join("again.zip"),
    );
    assert_eq!(sha256(&fs::read(one).unwrap()), sha256(&fs::read(other).unwrap()));
}

#[test]
fn a_copy_is_made_beside_the_daemon_checked_and_put_back_and_nothing_is_sent_twice() {
    let enterprise = declared(false);
    let daemon = Daemon::start(&enterprise);
    let copy = enterprise
        .run(&["ledger", "backup", "-o", "copy.db", "--format", "json"])
        .expect(0)
        .lines()
        .remove(0);
    assert_eq!((&copy["documents"], &copy["unsent"]), (&48.into(), &0.into()), "{copy}");
    assert_eq!(mode(&enterprise.path().join("copy.db")), 0o600);
    let run = enterprise.run(&["ledger", "backup", "-o", "copy.db"]).expect(2);
    assert!(run.stderr.contains("exists and is not overwritten"), "{}", run.stderr);
    enterprise.run(&["ledger", "check", "--ledger", "copy.db"]).expect(0);
    let head = enterprise
        .run(&["ledger", "head", "--ledger", "copy.db"])
        .expect(0)
        .lines()
        .remove(0);
    assert_eq!(head, copy["head"]);
    assert_eq!(daemon.terminate(), 0);

    let (before, sent) = (statuses(enterprise.path()), enterprise.files("dxp/out").len());
    put_back(&enterprise);
    // What only looks changes nothing, and says what will come.
    let run = enterprise.run(&["status", "--limit", "1"]).expect(0);
    assert!(
        run.stderr.contains("holds the messages that were not sent"),
        "{}",
        run.stderr
    );
    let run = enterprise.run(&["doctor"]);
    assert!(run.stdout.contains("this ledger is the backup of"), "{}", run.stdout);
    let run = enterprise.run(&["run", "--once"]).expect(0);
    assert!(
        run.stderr
            .contains("WARNING: this ledger was restored from the backup of"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("0 messages that were not sent by then are HELD"),
        "{}",
        run.stderr
    );
    assert_eq!(
        (statuses(enterprise.path()), enterprise.files("dxp/out").len()),
        (before, sent)
    );
    let again = enterprise.run(&["run", "--once"]).expect(0);
    assert!(!again.stderr.contains("WARNING"), "once: {}", again.stderr);
    enterprise.run(&["ledger", "check"]).expect(0);

    // A copy that is not sound is not kept.
    tamper(&enterprise, "UPDATE documents SET content_hash = 'x' WHERE id = 1");
    let run = enterprise.run(&["ledger", "backup", "-o", "bad.db"]).expect(2);
    assert!(
        run.stderr.contains("is not sound") && run.stderr.contains("content_hash"),
        "{}",
        run.stderr
    );
    assert!(!enterprise.path().join("bad.db").exists());
}

/// What the documentation says: stop, put the copy in place of the ledger and its side files, start.
fn put_back(enterprise: &Enterprise) {
    for side in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(enterprise.path().join(format!("cebridge.db{side}")));
    }
    fs::copy(enterprise.path().join("copy.db"), ledger(enterprise)).unwrap();
}

#[test]
fn what_an_old_copy_calls_unsent_is_held_until_customs_or_a_person_speaks() {
    let enterprise = Enterprise::new();
    enterprise.write("dxp/out", "a file in place of the folder");
    enterprise.write("orders.json", enterprise.numbered_orders("X", 3));
    enterprise
        .run(&["declare", "orders.json", "--mapper", "shop"])
        .expect(0);
    let copy = enterprise.run(&["ledger", "backup", "-o", "copy.db"]).expect(0);
    assert!(copy.stderr.contains("4 messages in it are not sent"), "{}", copy.stderr);
    enterprise.run(&["ledger", "head", "-o", "before.jsonl"]).expect(0);
    // After the copy they are sent and answered.
    fs::remove_file(enterprise.path().join("dxp/out")).unwrap();
    enterprise.run(&["retry"]).expect(0);
    enterprise.run(&["ledger", "head", "-o", "after.jsonl"]).expect(0);
    let sent = enterprise.files("dxp/out").len();
    assert_eq!(sent, 4);
    enterprise.run(&["simulator", "--once", "--quiet"]).expect(0);
    for envelope in enterprise.files("dxp/out") {
        fs::remove_file(envelope).unwrap();
    }

    put_back(&enterprise);
    enterprise.run(&["ledger", "check", "--head", "before.jsonl"]).expect(0);
    let run = enterprise.run(&["ledger", "check", "--head", "after.jsonl"]).expect(1);
    assert!(
        run.stdout.contains("this is an older state of the ledger"),
        "{}",
        run.stdout
    );
    let answers: Vec<PathBuf> = enterprise.files("dxp/in");
    assert!(!answers.is_empty());
    let aside = enterprise.path().join("answers");
    fs::create_dir(&aside).unwrap();
    for answer in &answers {
        fs::rename(answer, aside.join(answer.file_name().unwrap())).unwrap();
    }
    let run = enterprise.run(&["run", "--once"]);
    for part in [
        "WARNING",
        "4 messages that were not sent by then are HELD",
        "cebridge retry COPMSGID",
        "3. ERP files",
    ] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    assert!(
        enterprise.files("dxp/out").is_empty(),
        "nothing is sent again by itself"
    );
    let held = statuses(enterprise.path());
    assert!(held.iter().all(|row| row["status"] == "dead-letter"), "{held:?}");
    let text = held[0]["reasons"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("held: the ledger was restored"), "{text}");
    let doctor = enterprise.run(&["doctor"]).expect(1);
    assert!(
        doctor
            .stdout
            .contains("4 messages are held since the ledger was restored from a backup"),
        "{}",
        doctor.stdout
    );
    assert!(!doctor.stdout.contains("were given up"), "{}", doctor.stdout);
    // Not without being named: each may have been sent.
    let there = enterprise.files("dxp/out").len();
    let run = enterprise.run(&["retry"]).expect(0);
    assert!(
        run.stderr.contains("4 messages are held after the restore"),
        "{}",
        run.stderr
    );
    assert_eq!(enterprise.files("dxp/out").len(), there);
    // The answers show what customs has.
    for answer in &answers {
        fs::rename(aside.join(answer.file_name().unwrap()), answer).unwrap();
    }
    enterprise.run(&["run", "--once", "--quiet"]).expect(0);
    let rows = statuses(enterprise.path());
    assert!(
        rows.iter()
            .all(|row| row["status"] == "released" || row["status"] == "stored"),
        "{rows:?}"
    );
    enterprise.run(&["retry"]).expect(0);
    assert!(enterprise.files("dxp/out").is_empty());
    enterprise.run(&["ledger", "check", "--head", "before.jsonl"]).expect(0);
}

#[test]
fn an_export_of_a_changed_ledger_says_so() {
    let enterprise = audited();
    enterprise.run(&["ledger", "keygen", "-o", "export.key"]).expect(0);
    let export = |file: &str| {
        let args = ["ledger", "export", "--from", "2020-01-01", "--to", "2099-12-31"];
        enterprise.run(&[&args[..], &["--key", "export.key", "-o", file]].concat())
    };
    export("sound.zip").expect(0);
    tamper(
        &enterprise,
        "UPDATE documents SET status = 'released' WHERE status = 'refused'",
    );
    let run = export("changed.zip").expect(1);
    assert!(run.stderr.contains("PROBLEM: state: "), "{}", run.stderr);
    assert!(enterprise.path().join("changed.zip").exists());
}

/// Runs the gateway as a user who may read the enterprise's folder and write nowhere in it.
fn as_a_reader(enterprise: &Enterprise, args: &[&str]) -> Option<Run> {
    let all = "chmod -R a-w,a+rX . && chmod 755 . && chmod -R go-r keys";
    shell(enterprise.path(), all).expect(0);
    let output = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(env!("CARGO_BIN_EXE_cebridge"))
        .args(args)
        .current_dir(enterprise.path())
        .env("HOME", "/nonexistent")
        .output();
    // Only root can become someone else.
    let run = Run::of(&output.ok()?);
    (!run.stderr.contains("setpriv")).then_some(run)
}

#[test]
fn a_ledger_that_can_only_be_read_answers_every_question() {
    let enterprise = declared(false);
    let key = enterprise
        .run(&["status", "--format", "json"])
        .expect(0)
        .lines()
        .remove(0);
    let guid = key["guid"].as_str().unwrap();
    for args in [
        &["status"][..],
        &["status", guid, "--history"],
        &["receipts"],
        &["dead-letter"],
        &["explain", "CEB311-R03"],
        &["pack", "list"],
        &["ledger", "check"],
        &["ledger", "show", guid],
    ] {
        let Some(run) = as_a_reader(&enterprise, args) else {
            eprintln!("skipped: only root can run a command as another user");
            return;
        };
        assert_eq!(run.code, 0, "{args:?}: {}{}", run.stdout, run.stderr);
    }
    // It names what can't be written, and goes on.
    let run = as_a_reader(&enterprise, &["doctor"]).unwrap();
    assert!(run.stdout.contains("the last event is"), "{}{}", run.stdout, run.stderr);
    let run = as_a_reader(&enterprise, &["retry"]).unwrap();
    assert!(run.code == 2 && !run.stderr.is_empty(), "{}{}", run.stdout, run.stderr);
}
