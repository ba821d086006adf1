//! Writes heads of the chain and reads them back: one line of JSON each.

use super::{AuditError, file};
use crate::error::EngineError;
use cebridge_clock as clock;
use cebridge_ledger::{Head, Ledger};
use serde_json::Value;
use std::path::Path;

/// The last event of a ledger.
///
/// # Errors
/// The ledger can't be read, or has no event.
pub fn head(ledger: &Ledger) -> Result<Head, EngineError> {
    let path = || ledger.path().to_owned();
    Ok(ledger.head()?.ok_or_else(|| AuditError::NoEvents { path: path() })?)
}

/// A head as one line of JSON.
#[must_use]
pub fn head_line(head: &Head) -> String {
    serde_json::json!({ "event": head.event, "chain": head.chain, "at": clock::utc::text(head.at) }).to_string()
}

/// Writes a head to a new file. It is of use away from the ledger: on another machine, or with an auditor.
///
/// # Errors
/// The file exists or can't be written.
pub fn write_head(head: &Head, path: &Path) -> Result<(), EngineError> {
    file::write(path, format!("{}\n", head_line(head)).as_bytes())
}

/// Reads a file of heads, one per line. A line may also come from the daemon's log, as text or JSON.
///
/// # Errors
/// The file can't be read, has no head in it, or has a line that is not a head.
pub fn read_heads(path: &Path) -> Result<Vec<Head>, EngineError> {
    let text = std::fs::read_to_string(path).map_err(|source| file::io("cannot read", path, source))?;
    let mut heads = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim().trim_start_matches('\u{feff}');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        heads.push(parse(line).ok_or_else(|| AuditError::Head {
            path: path.to_owned(),
            line: at + 1,
        })?);
    }
    if heads.is_empty() {
        return Err(AuditError::NoHead { path: path.to_owned() }.into());
    }
    Ok(heads)
}

fn parse(line: &str) -> Option<Head> {
    let object = line.get(line.find('{')?..)?;
    if let Ok(head) = serde_json::from_str(object) {
        return Some(head);
    }
    // A log line in JSON has the head in its text.
    let logged: Value = serde_json::from_str(object).ok()?;
    let text = logged.get("event")?.as_str()?;
    serde_json::from_str(text.get(text.find('{')?..)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_from_its_line_and_from_the_log() {
        let head = Head {
            event: 7,
            chain: "ab".to_owned(),
            at: "2026-03-01T02:00:00Z".parse().unwrap(),
        };
        let line = head_line(&head);
        let logged = format!("2026-03-01T02:00:00Z the chain of events ends with {line}");
        let json = serde_json::json!({ "at": "x", "event": format!("the chain of events ends with {line}") });
        for text in [line, logged, json.to_string()] {
            assert_eq!(parse(&text), Some(head.clone()), "{text}");
        }
        assert_eq!(parse(r#"{"event":"ready"}"#), None);
        assert_eq!(parse("ready"), None);
    }
}
