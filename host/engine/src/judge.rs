//! Judging one file: the work behind `validate`.

use crate::error::EngineError;
use crate::packs::Packs;
use cebridge_message::{Document, Limits, ReadError};
use cebridge_rule_core::schema_rules::SchemaRule;
use cebridge_runtime::{Finding, Grade, LoadedPack};
use serde::Serialize;
use std::collections::BTreeSet;

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
    /// Rules that this message breaks and that the configuration switches off.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub switched_off: BTreeSet<String>,
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
        switched_off: BTreeSet::new(),
    };
    match Document::parse(bytes, &Limits::default()) {
        Err(error) => verdict.findings.push(unreadable(&error, pack.digest())),
        Ok(document) => {
            let messages = &pack.pack().program.messages;
            verdict.message = pack
                .message_of(&document)
                .and_then(|index| messages.get(index))
                .map(|message| message.code.clone());
            for finding in pack.judge(&document)? {
                let finding = pack.explain(&document, &finding);
                if finding.severity == Grade::Off {
                    verdict.switched_off.insert(finding.rule);
                } else {
                    verdict.findings.push(finding);
                }
            }
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

/// Where the root is no message of the edition, but one of another: says of which, and since when that is in force.
pub fn point_to_editions(verdict: &mut Verdict, packs: &Packs) {
    let Some(finding) = verdict
        .findings
        .iter_mut()
        .find(|finding| finding.rule == SchemaRule::Root.id())
    else {
        return;
    };
    let Some(code) = finding.field.as_deref().and_then(|root| root.strip_suffix("Message")) else {
        return;
    };
    let known: Vec<(String, String)> = packs.editions_with(code);
    if known.is_empty() {
        return;
    }
    let list = |join: &str, since: fn(&str, &str) -> String| {
        known
            .iter()
            .map(|(edition, from)| since(edition, from))
            .collect::<Vec<_>>()
            .join(join)
    };
    let en = list(", ", |edition, from| format!("{edition} (in force from {from})"));
    let zh = list("、", |edition, from| format!("{edition}（{from} 起施行）"));
    finding.message = format!(
        "{}; {code} is a message of edition {en}: choose it with --edition or --at",
        finding.message.trim_end_matches('.')
    );
    finding.message_zh = format!("{}；{code} 属于版本 {zh}。", finding.message_zh.trim_end_matches('。'));
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
