//! What `pack list --at` says against the record.

use crate::bakery::short;
use crate::moment::Moment;
use crate::record::{Judge, Period};
use serde_json::Value;

/// What is wrong with the list for the moment in which a period begins.
pub(crate) fn faults(rows: &[Value], period: &Period, judge: Option<&Judge>) -> Vec<String> {
    let mut faults = Vec::new();
    let row = rows.iter().find(|row| row["edition"] == *period.edition);
    match row {
        None => faults.push(format!("it leaves out {period}")),
        Some(row) => {
            let time = |name: &str| row[name].as_str().and_then(|text| Moment::read(text).ok());
            let said = (row["digest"].as_str(), time("since"), time("until"));
            if said != (Some(&period.digest), Some(period.since), period.until) {
                faults.push(format!("instead of {period} it has {row}"));
            }
        }
    }
    for row in rows {
        let since = row["since"].as_str().and_then(|text| Moment::read(text).ok());
        if since.is_some_and(|since| since > period.since) {
            faults.push(format!(
                "{} has a pack that came later: since {}",
                row["edition"], row["since"]
            ));
        }
    }
    let in_force = rows.iter().find(|row| row["state"] == "in force");
    let named = in_force.map(|row| (text(row, "edition"), text(row, "digest")));
    if named.as_ref() != judge {
        let told = |judge: Option<&Judge>| {
            judge.map_or("none".to_owned(), |(edition, digest)| {
                format!("{} of {edition}", short(digest))
            })
        };
        faults.push(format!(
            "{} is said to be in force, and {} was",
            told(named.as_ref()),
            told(judge)
        ));
    }
    faults
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

#[test]
fn lists_that_differ_from_the_record_are_found() {
    let at = |text: &str| Moment::read(text).unwrap();
    let period = Period {
        edition: "2022-05".to_owned(),
        digest: "aaaa".to_owned(),
        shipped: false,
        since: at("2026-03-01T00:00:00Z"),
        until: Some(at("2026-03-01T00:00:09Z")),
        why: String::new(),
        ended: String::new(),
    };
    let judge = ("2022-05".to_owned(), "aaaa".to_owned());
    let row = |digest: &str, since: &str, state: &str| {
        serde_json::json!({
            "edition": "2022-05", "digest": digest, "state": state,
            "since": since, "until": "2026-03-01T00:00:09.000Z",
        })
    };
    let count = |rows: &[Value]| faults(rows, &period, Some(&judge)).len();
    assert_eq!(count(&[row("aaaa", "2026-03-01T00:00:00.000Z", "in force")]), 0);
    assert_eq!(count(&[]), 2);
    assert_eq!(count(&[row("bbbb", "2026-03-01T00:00:00Z", "in force")]), 2);
    assert_eq!(count(&[row("aaaa", "2026-03-01T00:00:00Z", "installed")]), 1);
    assert_eq!(count(&[row("aaaa", "2026-03-01T00:00:01Z", "in force")]), 2);
}
