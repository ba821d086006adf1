//! What the daemon says in its log.

use crate::moment::Moment;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// A line.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) at: Moment,
    pub(crate) text: String,
}

/// `pack x.wasm: activated, edition 2022-05, 34cf43a4c053 …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Activation {
    pub(crate) file: String,
    pub(crate) edition: String,
    /// First digits of the digest.
    pub(crate) digest: String,
}

impl Line {
    pub(crate) fn activation(&self) -> Option<Activation> {
        let (file, rest) = self.text.strip_prefix("pack ")?.split_once(": activated, edition ")?;
        let (edition, rest) = rest.split_once(", ")?;
        Some(Activation {
            file: file.to_owned(),
            edition: edition.to_owned(),
            digest: digits(rest),
        })
    }
}

/// `f000001.json: 12 documents, 12 accepted, … edition 2022-05, pack 34cf43a4c053 in force since …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) file: String,
    pub(crate) edition: String,
    /// First digits of the digest.
    pub(crate) digest: String,
}

impl Line {
    pub(crate) fn taken(&self) -> Option<Taken> {
        let (file, rest) = self.text.split_once(": ")?;
        let (counts, rest) = rest.split_once(", edition ")?;
        let (edition, rest) = rest.split_once(", pack ")?;
        let known = file.ends_with(".json") && counts.contains(" documents, ");
        known.then(|| Taken {
            file: file.to_owned(),
            edition: edition.to_owned(),
            digest: digits(rest),
        })
    }
}

fn digits(text: &str) -> String {
    text.chars().take_while(char::is_ascii_hexdigit).collect()
}

/// The lines of a log. One that a kill tore is left out.
pub(crate) fn read(log: &Path) -> Vec<Line> {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    text.unwrap_or_default().lines().filter_map(line).collect()
}

fn line(text: &str) -> Option<Line> {
    let value: Value = serde_json::from_str(text).ok()?;
    Some(Line {
        at: Moment::read(value["at"].as_str()?).ok()?,
        text: value["event"].as_str()?.to_owned(),
    })
}

/// Whether a line is exactly this.
pub(crate) fn says(log: &Path, text: &str) -> bool {
    read(log).iter().any(|line| line.text == text)
}

/// The last that was said, however it looks.
pub(crate) fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(3)..].join(" | ")
}

#[test]
fn lines_are_read() {
    let at = Moment::now();
    let line = |text: &str| Line {
        at,
        text: text.to_owned(),
    };
    let found = line("pack x.wasm: activated, edition 2022-05, 34cf43a4c053 in place of b03ff3e797a8").activation();
    let expected = Activation {
        file: "x.wasm".to_owned(),
        edition: "2022-05".to_owned(),
        digest: "34cf43a4c053".to_owned(),
    };
    assert_eq!(found, Some(expected));
    assert_eq!(
        line("pack x.wasm: refused: it is activated, edition x").activation(),
        None
    );
    let found =
        line("f1.json: 12 documents, 12 accepted, 4 messages, edition 2022-05, pack 34cf43a4c053 in force since now")
            .taken();
    let expected = Taken {
        file: "f1.json".to_owned(),
        edition: "2022-05".to_owned(),
        digest: "34cf43a4c053".to_owned(),
    };
    assert_eq!(found, Some(expected));
    assert_eq!(
        line("f1.json: CEB311 SW-1 refused: CEB311-SWAP, edition 1, pack 2").taken(),
        None
    );
}
