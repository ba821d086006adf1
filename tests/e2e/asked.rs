//! What is asked of the ledger and what others may read: pages of `status`, summary lines, zones, modes of files.

use crate::support::Enterprise;
use std::path::Path;

fn declared(orders: usize) -> Enterprise {
    let enterprise = Enterprise::new();
    enterprise.write("orders.json", enterprise.numbered_orders("Q", orders));
    enterprise
        .run(&["declare", "orders.json", "--mapper", "shop", "--quiet"])
        .expect(0);
    enterprise
}

/// Rows of the first table, without its head.
fn rows(text: &str) -> usize {
    let table = text.lines().take_while(|line| line.starts_with('|'));
    table.filter(|line| line.contains("CEB")).count()
}

#[test]
fn status_lists_the_newest_and_pages_through_the_rest() {
    // More documents than a table shows unasked.
    let enterprise = declared(40);
    let total = enterprise.run(&["status", "--format", "json"]).expect(0).lines().len();
    assert!(total >= 160, "{total}");
    let shown = enterprise.run(&["status"]).expect(0);
    assert_eq!(rows(&shown.stdout), 100);
    assert!(
        shown.stderr.contains(&format!("the newest 100 of {total} documents")),
        "{}",
        shown.stderr
    );
    // All are counted, whether listed or not.
    let counted = shown.stdout.lines().find(|line| line.starts_with("| total")).unwrap();
    let last = counted.trim_end_matches([' ', '|']);
    assert!(last.ends_with(&format!(" {total}")), "{counted}");
    assert_eq!(rows(&enterprise.run(&["status", "--limit", "7"]).expect(0).stdout), 7);
    let all = enterprise.run(&["status", "--limit", "0"]).expect(0);
    assert_eq!((rows(&all.stdout), all.stderr.as_str()), (total, ""));
    let orders = enterprise
        .run(&["status", "--message", "ceb311", "--format", "json"])
        .expect(0)
        .lines();
    assert_eq!(orders.len(), 40);
    assert!(orders.iter().all(|row| row["message"] == "CEB311"));
    let lines = |args: &[&str]| {
        let all = [&["status", "--format", "json"], args].concat();
        enterprise.run(&all).expect(0).lines().len()
    };
    assert_eq!(lines(&["--since", "2099-01-01"]), 0);
    assert_eq!(lines(&["--since", "2020-01-01", "--limit", "3"]), 3);
    assert_eq!(lines(&["--state", "refused"]), 0);
    let wrong = enterprise.run(&["status", "--since", "yesterday"]).expect(2);
    assert!(wrong.stderr.contains("2026-05-01"), "{}", wrong.stderr);
}

#[test]
fn pages_end_where_the_ledger_ends() {
    // More than one page of documents is read at a time.
    let enterprise = declared(260);
    let all = enterprise.run(&["status", "--format", "json"]).expect(0).lines();
    assert!(all.len() >= 1040, "{}", all.len());
    let mut guids: Vec<&str> = all.iter().map(|row| row["guid"].as_str().unwrap()).collect();
    guids.sort_unstable();
    guids.dedup();
    assert_eq!(guids.len(), all.len(), "no document is listed twice");
    let some = enterprise
        .run(&["status", "--limit", "777", "--format", "json"])
        .expect(0);
    assert_eq!(some.lines().len(), 777);
}

#[test]
fn asking_makes_no_ledger() {
    let enterprise = Enterprise::new();
    for args in [&["status"][..], &["status", "SO-1"], &["receipts"], &["dead-letter"]] {
        let asked = enterprise.run(args).expect(2);
        assert!(
            asked.stderr.contains("there is no ledger"),
            "{args:?}: {}",
            asked.stderr
        );
        assert!(asked.stderr.contains("--config"), "{args:?}: {}", asked.stderr);
        assert!(!enterprise.path().join("cebridge.db").exists(), "{args:?}");
    }
}

#[test]
fn messages_without_an_answer_are_one_line() {
    let enterprise = declared(3);
    enterprise.configure("[delivery]\nstuck-after = 0");
    let run = enterprise.run(&["run", "--once"]).expect(0);
    let lines: Vec<&str> = run
        .stderr
        .lines()
        .filter(|line| line.contains("no receipt came"))
        .collect();
    assert_eq!(lines.len(), 1, "{}", run.stderr);
    assert!(
        lines[0].contains("4 messages, the first of them CEB311"),
        "{}",
        lines[0]
    );
    assert!(lines[0].contains("nothing is sent again by itself"), "{}", lines[0]);
}

#[test]
fn people_read_one_zone_and_programs_utc() {
    let enterprise = declared(1);
    let log = |enterprise: &Enterprise| enterprise.run(&["run", "--once"]).expect(0).stderr;
    let first = |text: String| text.lines().next().unwrap().split(' ').next().unwrap().to_owned();
    assert!(first(log(&enterprise)).ends_with("+08:00"));
    let table = enterprise.run(&["status", "--history"]).expect(0).stdout;
    assert!(table.contains("+08:00 |"), "{table}");
    assert!(!table.contains("Z |"), "{table}");
    let rows = enterprise.run(&["status", "--format", "json"]).expect(0).lines();
    assert!(rows[0]["updated_at"].as_str().unwrap().ends_with('Z'));
    enterprise.configure("[log]\ntime-zone = \"UTC\"");
    assert!(first(log(&enterprise)).ends_with("+00:00"));
    let other = Enterprise::new();
    other.configure("[log]\ntime-zone = \"Peking\"");
    let wrong = other.run(&["status"]).expect(2);
    assert!(
        wrong.stderr.contains("log.time-zone") && wrong.stderr.contains("+08:00"),
        "{}",
        wrong.stderr
    );
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
#[test]
fn files_with_personal_data_are_for_their_owner_unless_told_otherwise() {
    for (text, wanted) in [("", 0o600), ("[paths]\nmode = \"0640\"\ngroup = \"0\"", 0o640)] {
        let enterprise = Enterprise::new();
        enterprise.configure(&format!("[intake]\nsettle = 0\npatience = 0\n{text}"));
        enterprise.write("intake/good.json", enterprise.numbered_orders("M", 2));
        enterprise.write("intake/bad.json", "{ no json");
        enterprise.run(&["run", "--once", "--quiet"]);
        for (folder, count) in [("intake/done", 1), ("intake/bad", 2), ("dxp/out", 4)] {
            let files = enterprise.files(folder);
            assert_eq!(files.len(), count, "{folder}");
            for file in files {
                assert_eq!(mode(&file), wanted, "{}", file.display());
            }
        }
    }
    let enterprise = Enterprise::new();
    for (text, key) in [
        ("[paths]\nmode = \"0400\"", "paths.mode"),
        ("[paths]\nmode = \"rw\"", "paths.mode"),
        ("[paths]\ngroup = \"no-such-group\"", "paths.group"),
    ] {
        let base = std::fs::read_to_string(enterprise.path().join("cebridge.toml")).unwrap();
        enterprise.configure(text);
        let wrong = enterprise.run(&["run", "--once"]).expect(2);
        assert!(wrong.stderr.contains(key), "{text}: {}", wrong.stderr);
        enterprise.write("cebridge.toml", base);
    }
}
