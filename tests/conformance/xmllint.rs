//! The independent validator: `xmllint` of libxml2 with the official schemas.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What xmllint says about a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) valid: bool,
    pub(crate) errors: Vec<Error>,
}

/// One of its errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Error {
    pub(crate) line: u32,
    /// Name of the element as written, for errors of validity.
    pub(crate) element: Option<String>,
    /// All that it says after the line number.
    pub(crate) text: String,
}

impl Error {
    /// The text without the names of elements and attributes in front.
    pub(crate) fn what(&self) -> &str {
        let text = self
            .text
            .split_once("Schemas validity error : ")
            .map_or(&*self.text, |(_, text)| text);
        text.split_once("': ").map_or(text, |(_, what)| what)
    }

    /// The value that it complains about.
    pub(crate) fn value(&self) -> Option<&str> {
        let text = self.what().strip_prefix("[facet '").map_or(self.what(), |text| {
            text.split_once("'] The value ").map_or(text, |(_, text)| text)
        });
        let rest = text.strip_prefix('\'')?;
        let end = [
            "' is not a valid value of the",
            "' has a length of",
            "' does not match the fixed value",
            "' has more digits than",
            "' has more fractional digits",
        ];
        end.iter().find_map(|end| rest.find(end).map(|at| &rest[..at]))
    }
}

/// Where the official schemas are, or those that `spec export` has made; `None` when there are none, which is said.
pub(crate) fn schemas() -> Option<PathBuf> {
    let folder = match std::env::var_os("CEBRIDGE_SCHEMAS") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/spec/xsd"),
    };
    if !folder.is_dir() {
        println!(
            "skipped: no schemas in {}; CEBRIDGE_SCHEMAS names another folder",
            folder.display()
        );
        return None;
    }
    match Command::new("xmllint").arg("--version").stderr(Stdio::null()).status() {
        Ok(_) => Some(folder),
        Err(error) => {
            assert!(
                std::env::var_os("CEBRIDGE_TESTS_MUST_RUN").is_none(),
                "xmllint is needed: {error}"
            );
            println!("skipped: xmllint is not installed");
            None
        }
    }
}

/// The schema file of a message of an edition.
pub(crate) fn schema(folder: &Path, edition: &str, message: &str, direction: &str) -> PathBuf {
    let file = match (message, direction) {
        ("DxpMsgSv", _) => "dxp-transport.xsd",
        ("DxpMsg" | "DxpRep", _) => "dxp-terminal.xsd",
        (_, "export") => "ceb-export.xsd",
        _ => "ceb-import.xsd",
    };
    folder.join(edition).join(file)
}

/// Judges many messages, each by its schema, in few processes; the verdicts stand in the order of the messages.
pub(crate) fn judge(messages: &[(PathBuf, &[u8])]) -> Vec<Verdict> {
    let files = tempfile::tempdir().unwrap();
    let mut groups: BTreeMap<&Path, Vec<usize>> = BTreeMap::new();
    for (at, (schema, bytes)) in messages.iter().enumerate() {
        std::fs::write(files.path().join(format!("{at}.xml")), bytes).unwrap();
        groups.entry(schema).or_default().push(at);
    }
    let mut verdicts = vec![Verdict::default(); messages.len()];
    for (schema, members) in groups {
        run(schema, files.path(), &members, &mut verdicts);
    }
    verdicts
}

/// Judges one message.
pub(crate) fn judge_bytes(schema: &Path, bytes: &[u8]) -> Verdict {
    judge(&[(schema.to_owned(), bytes)]).swap_remove(0)
}

fn run(schema: &Path, files: &Path, members: &[usize], verdicts: &mut [Verdict]) {
    let output = Command::new("xmllint")
        .args(["--nonet", "--noout", "--huge", "--schema"])
        .arg(
            schema
                .canonicalize()
                .unwrap_or_else(|_| panic!("{} is missing", schema.display())),
        )
        .args(members.iter().map(|at| format!("{at}.xml")))
        .current_dir(files)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    let mut judged = 0;
    let mut current: Option<usize> = None;
    for line in text.lines() {
        if let Some((at, valid)) = conclusion(line) {
            verdicts[at].valid = valid;
            judged += usize::from(valid || verdicts[at].errors.iter().all(|error| error.element.is_some()));
            current = None;
        } else if let Some((at, error)) = error(line) {
            verdicts[at].errors.push(error);
            current = Some(at);
        } else if let Some(last) = current.and_then(|at| verdicts[at].errors.last_mut()) {
            // The value that an error quotes may have several lines.
            last.text.push('\n');
            last.text.push_str(line);
        }
    }
    let unreadable = members.iter().filter(|at| {
        let errors = &verdicts[**at].errors;
        !verdicts[**at].valid && errors.iter().any(|error| error.element.is_none())
    });
    assert_eq!(
        judged + unreadable.count(),
        members.len(),
        "xmllint lost a message:\n{text}"
    );
}

fn conclusion(line: &str) -> Option<(usize, bool)> {
    let (file, valid) = match line.strip_suffix(" validates") {
        Some(file) => (file, true),
        None => (line.strip_suffix(" fails to validate")?, false),
    };
    Some((file.strip_suffix(".xml")?.parse().ok()?, valid))
}

fn error(line: &str) -> Option<(usize, Error)> {
    let (file, rest) = line.split_once(".xml:")?;
    let (number, text) = rest.split_once(": ")?;
    let element = text
        .strip_prefix("element ")
        .filter(|text| text.contains("Schemas validity error"))
        .and_then(|text| text.split_once(": "))
        .map(|(name, _)| name.to_owned());
    Some((
        file.parse().ok()?,
        Error {
            line: number.parse().ok()?,
            element,
            text: text.to_owned(),
        },
    ))
}
