//! Judging one file: the work behind `validate`.

use crate::error::EngineError;
use cebridge_message::{Document, Limits, ReadError};
use cebridge_runtime::{Finding, Grade, LoadedPack};
use serde::Serialize;

/// The verdict about one file: the JSON object of `validate`.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// File as given.
    pub file: String,
    /// Message code; null when the root element is no known message.
    pub message: Option<String>,
    /// Edition that it was judged by.
    pub edition: String,
    /// Digest of the pack.
    pub pack: String,
    /// No finding of the schema layer is an error.
    pub schema_valid: bool,
    /// No finding of any layer is an error.
    pub valid: bool,
    /// Findings in document order.
    pub findings: Vec<Finding>,
}

/// Judges the bytes of a file by a pack. Text that is no XML gets a verdict with one schema finding.
///
/// # Errors
/// A plugin that failed.
pub fn judge(pack: &LoadedPack, file: &str, bytes: &[u8], only: Option<&str>) -> Result<Verdict, EngineError> {
    let mut verdict = Verdict {
        file: file.to_owned(),
        message: None,
        edition: pack.pack().manifest.edition.clone(),
        pack: pack.digest().to_owned(),
        schema_valid: true,
        valid: true,
        findings: Vec::new(),
    };
    match Document::parse(bytes, &Limits::default()) {
        Err(error) => verdict.findings.push(unreadable(&error, pack.digest())),
        Ok(document) => {
            let messages = &pack.pack().program.messages;
            verdict.message = pack
                .message_of(&document)
                .and_then(|index| messages.get(index))
                .map(|message| message.code.clone());
            verdict.findings = pack.explain_all(&document, &pack.judge(&document)?);
        }
    }
    if let Some(only) = only {
        verdict.findings.retain(|finding| finding.layer == only);
    }
    verdict.schema_valid = !verdict
        .findings
        .iter()
        .any(|finding| finding.layer == "schema" && finding.is_error());
    verdict.valid = !verdict.findings.iter().any(Finding::is_error);
    Ok(verdict)
}

/// Text that is no XML fails the schema layer before any rule is asked.
fn unreadable(error: &ReadError, pack: &str) -> Finding {
    Finding {
        rule: "XML-READ".to_owned(),
        layer: "schema".to_owned(),
        severity: Grade::Error,
        regraded_from: None,
        path: "(root)".to_owned(),
        field: None,
        line: error.line,
        column: error.column,
        value: None,
        message: error.to_string(),
        message_zh: format!("报文不是可读的 XML：{error}"),
        code: Some("0001".to_owned()),
        clause: "7-1".to_owned(),
        source: String::new(),
        pack: pack.to_owned(),
    }
}
