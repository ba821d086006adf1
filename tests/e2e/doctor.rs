//! `doctor`: what is in order on a host, what is not, and the command that mends it.

use crate::audit::{audited, tamper};
use crate::daemon::Daemon;
use crate::packs::changed_rules;
use crate::support::Enterprise;
use crate::traces::{answered, declare_orders, declared};
use cebridge_clock as clock;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// The day in China, some days from today.
pub(crate) fn day(days: i64) -> Date {
    clock::date(Timestamp::now()).saturating_add(days.days())
}

/// What `doctor` sees. It exits 1 if anything is not as it should be, be it a warning only.
#[track_caller]
fn sights(enterprise: &Enterprise) -> Vec<Value> {
    let run = enterprise.run(&["doctor", "--format", "json"]);
    let rows = run.lines();
    let well = rows.iter().all(|row| row["state"] == "ok");
    assert_eq!(run.code, i32::from(!well), "{}{}", run.stdout, run.stderr);
    rows
}

/// The sights of a topic in a state, each as its text and advice.
fn told(rows: &[Value], topic: &str, state: &str) -> Vec<String> {
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    rows.iter()
        .filter(|row| row["topic"] == topic && row["state"] == state)
        .map(|row| format!("{} / {}", text(row, "text"), text(row, "advice")))
        .collect()
}

#[track_caller]
pub(crate) fn assert_seen(enterprise: &Enterprise, topic: &str, state: &str, parts: &[&str]) {
    let rows = sights(enterprise);
    let found = told(&rows, topic, state);
    let holds = |text: &String| parts.iter().all(|part| text.contains(part));
    assert!(found.iter().any(holds), "{topic} {state} {parts:?}: {rows:?}");
}

#[test]
fn a_sound_host_is_told_the_days_that_its_certificate_has_left() {
    let enterprise = Enterprise::new();
    let days = |rows: &[Value]| {
        assert!(rows.iter().all(|row| row["state"] == "ok"), "{rows:?}");
        let keys = told(rows, "keys", "ok").remove(0);
        let (_, rest) = keys.split_once(" ends on ").unwrap();
        let (last, rest) = rest.split_once(", in ").unwrap();
        let (days, _) = rest.split_once(" days").unwrap();
        (last.parse::<Date>().unwrap(), days.parse::<i32>().unwrap())
    };
    let fresh = days(&sights(&enterprise));
    assert_eq!(fresh.1, day(0).until(fresh.0).unwrap().get_days());
    declare_orders(&enterprise, 2).expect(0);
    let rows = sights(&enterprise);
    assert_eq!(days(&rows), fresh);
    assert!(told(&rows, "disk", "ok")[0].contains("MiB are free"), "{rows:?}");
}

#[test]
fn what_others_may_read_or_write_is_named_with_the_command_that_mends_it() {
    let enterprise = declared(1);
    fs::create_dir_all(enterprise.path().join("intake")).unwrap();
    for (name, open, closed, topic, state, parts) in [
        (
            "cebridge.db",
            0o644,
            0o600,
            "folders",
            "warning",
            &["(mode 644)", "personal data", "chmod 600 cebridge.db"],
        ),
        (
            "intake",
            0o777,
            0o755,
            "folders",
            "warning",
            &["writable by everyone: intake", "(mode 777)", "chmod o-w intake"],
        ),
        (
            "keys/enterprise.key.pem",
            0o644,
            0o600,
            "configuration",
            "fault",
            &["signing.key", "(mode 644)", "chmod 600 keys/enterprise.key.pem"],
        ),
    ] {
        let path = enterprise.path().join(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
        assert_seen(&enterprise, topic, state, parts);
        fs::set_permissions(&path, fs::Permissions::from_mode(closed)).unwrap();
        assert!(told(&sights(&enterprise), topic, state).is_empty(), "{name} is closed");
    }
}

/// A pack of the edition of today with other bytes than the shipped one, and unsigned.
pub(crate) fn another_pack(enterprise: &Enterprise) -> Vec<u8> {
    let edition = changed_rules(
        enterprise,
        "editions/2022-05/edition.toml",
        "version = \"1\"",
        "version = \"2\"",
    );
    fs::remove_dir_all(edition.join("cases")).unwrap();
    enterprise
        .run(&["pack", "build", edition.to_str().unwrap(), "-o", "another.wasm"])
        .expect(0);
    fs::read(enterprise.path().join("another.wasm")).unwrap()
}

#[test]
fn a_refused_pack_and_one_whose_file_is_gone_are_named() {
    let enterprise = Enterprise::new();
    let broken = enterprise.write("packs/broken.wasm", b"\0asm broken");
    assert_seen(
        &enterprise,
        "packs",
        "warning",
        &["broken.wasm is refused", "malformed"],
    );
    let daemon = Daemon::start(&enterprise);
    daemon.wait_for("broken.wasm: refused");
    assert_seen(
        &enterprise,
        "packs",
        "warning",
        &[
            "broken.wasm is not used (refused)",
            "malformed",
            "take it out of the packs folder",
        ],
    );
    assert_eq!(daemon.terminate(), 0);
    fs::remove_file(broken).unwrap();
    assert!(told(&sights(&enterprise), "packs", "warning").is_empty());

    let another = enterprise.write("packs/own.wasm", another_pack(&enterprise));
    enterprise.run(&["run", "--once", "--quiet"]).expect(0);
    assert!(told(&sights(&enterprise), "packs", "warning").is_empty());
    fs::remove_file(another).unwrap();
    assert_seen(
        &enterprise,
        "packs",
        "warning",
        &["own.wasm is gone", "stays in force", "cebridge pack remove 2022-05"],
    );
    enterprise.run(&["pack", "remove", "2022-05"]).expect(0);
    assert!(told(&sights(&enterprise), "packs", "warning").is_empty());
}

#[test]
fn a_clock_that_disagrees_with_the_receipts_is_a_fault() {
    let enterprise = audited();
    assert_seen(&enterprise, "clock", "ok", &["the last receipt of customs is of "]);
    tamper(
        &enterprise,
        "UPDATE receipts SET received_at = '2099-01-01T00:00:00.000Z'",
    );
    assert_seen(
        &enterprise,
        "clock",
        "fault",
        &[
            "a receipt was recorded at 2099-01-01T08:00:00 by this clock",
            "timedatectl",
        ],
    );

    // Customs, whose clock is right, writes nine days from now.
    let enterprise = declared(1);
    let ahead = day(9);
    answered(&enterprise, &["--at", &format!("{ahead}T00:00:00")]);
    assert_seen(
        &enterprise,
        "clock",
        "fault",
        &[
            &format!("a receipt that customs wrote at {ahead}T"),
            "by this clock, which is slow",
        ],
    );
}

#[test]
fn unanswered_and_given_up_messages_are_counted_until_their_cause_has_ended() {
    let well = "everything is sent and answered";
    let enterprise = declared(1);
    assert_seen(&enterprise, "delivery", "ok", &[well]);
    enterprise.configure("[delivery]\nstuck-after = 0");
    assert_seen(
        &enterprise,
        "delivery",
        "warning",
        &["4 messages were sent and not answered within 0 minutes, the oldest CEB311 "],
    );
    answered(&enterprise, &[]);
    assert_seen(&enterprise, "delivery", "ok", &[well]);

    let enterprise = Enterprise::new();
    enterprise.configure("[delivery]\nattempts = 1");
    let blocked = enterprise.write("dxp/out", "a file in place of the folder");
    declare_orders(&enterprise, 1);
    assert_seen(
        &enterprise,
        "delivery",
        "fault",
        &[
            "4 messages were given up, the oldest because: ",
            "dxp/out",
            "cebridge retry",
        ],
    );
    fs::remove_file(blocked).unwrap();
    enterprise.run(&["retry"]).expect(0);
    assert_seen(&enterprise, "delivery", "ok", &[well]);
}
