//! Judges one file, and the message inside if it is an envelope: the work behind `validate`.

use crate::error::EngineError;
use crate::host_rules::UNREADABLE;
use crate::packs::Packs;
use cebridge_findings::{Finding, RuleSet};
use cebridge_message::{Content, Document, ErrorKind, Limits, ReadError, ReadErrorKind, enclosed};
use cebridge_rule_compiler::Grade;
use cebridge_rule_core::schema_rules::SchemaRule;
use cebridge_runtime::LoadedPack;
use serde::Serialize;
use std::collections::BTreeSet;

/// The verdict on one file: the JSON object of `validate`.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// File as given.
    pub file: String,
    /// The verdict on the file itself. For an envelope, everything but [`Judged::valid`] is about the envelope alone.
    #[serde(flatten)]
    pub judged: Judged,
    /// Present if the file is an envelope.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub envelope: Option<EnvelopeVerdict>,
}

/// The verdict on an envelope, beyond the findings in its own XML.
#[derive(Debug, Clone, Serialize)]
pub struct EnvelopeVerdict {
    /// `true` if the envelope can be opened and no finding about it alone, of any layer, is an error.
    pub envelope_valid: bool,
    /// The verdict on the message inside; null if the envelope can't be opened. Lines and columns count from the start
    /// of the message.
    pub inside: Option<Judged>,
}

/// The verdict on one message.
#[derive(Debug, Clone, Serialize)]
pub struct Judged {
    /// Message code; null if the root element is not a known message.
    pub message: Option<String>,
    /// Edition it was judged by.
    pub edition: String,
    /// Digest of the pack.
    pub pack: String,
    /// `true` if no finding of the schema layer is an error.
    pub schema_valid: bool,
    /// `true` if no finding of any layer is an error and, for an envelope, the message inside is valid.
    pub valid: bool,
    /// Findings in document order.
    pub findings: Vec<Finding>,
    /// Rules that this message breaks but that the configuration switches off.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub switched_off: BTreeSet<String>,
    /// `true` for a receipt whose only schema errors are extra or missing fields: customs adds fields, and early
    /// receipts lack some. It is read anyway.
    #[serde(skip)]
    pub only_fields_differ: bool,
}

/// Judges the bytes of a file with a pack, and the message inside if they are an envelope. Text that is not XML gets a
/// verdict with one schema finding. `only` limits both to one layer.
///
/// # Errors
/// A plugin that failed.
pub fn judge(pack: &LoadedPack, file: &str, bytes: &[u8], only: Option<&str>) -> Result<Verdict, EngineError> {
    let parsed = read(pack.rules(), bytes);
    let mut judged = judge_one(pack, bytes, &parsed, only)?;
    let mut envelope = None;
    if let Some(opened) = parsed.as_ref().ok().and_then(enclosed) {
        let envelope_valid = judged.valid && opened.is_ok();
        let inside = match opened {
            Ok(data) => Some(judge_one(pack, &data, &Document::parse(&data, &Limits::MESSAGE), only)?),
            Err(_) => None,
        };
        judged.valid = envelope_valid && inside.as_ref().is_some_and(|inside| inside.valid);
        envelope = Some(EnvelopeVerdict { envelope_valid, inside });
    }
    Ok(Verdict {
        file: file.to_owned(),
        judged,
        envelope,
    })
}

/// Reads a file of any kind; what declares something is held to the limits of messages.
fn read(pack: &RuleSet, bytes: &[u8]) -> Result<Document, ReadError> {
    let document = Document::parse(bytes, &Limits::ENVELOPE)?;
    let kind = pack
        .message_of(&document)
        .and_then(|index| pack.pack().messages.get(index));
    if kind.is_none_or(|text| text.kind == "request") {
        Limits::MESSAGE.admit(bytes.len())?;
    }
    Ok(document)
}

/// Judges one message, without any message inside it.
fn judge_one(
    pack: &LoadedPack,
    bytes: &[u8],
    parsed: &Result<Document, ReadError>,
    only: Option<&str>,
) -> Result<Judged, EngineError> {
    let rules = pack.rules();
    let mut index = None;
    let (mut findings, mut switched_off) = (Vec::new(), BTreeSet::new());
    match parsed {
        Err(error) => findings.push(unreadable(error, bytes, rules.digest())),
        Ok(document) => {
            index = rules.message_of(document);
            for finding in pack.judge(document)? {
                let finding = rules.explain(document, &finding);
                if finding.severity == Grade::Off {
                    switched_off.insert(finding.rule);
                } else {
                    findings.push(finding);
                }
            }
        }
    }
    if let Some(only) = only {
        findings.retain(|finding| finding.layer == only);
    }
    let is_receipt = index
        .and_then(|index| rules.pack().messages.get(index))
        .is_some_and(|text| text.kind == "receipt");
    let mut schema_errors = findings
        .iter()
        .filter(|finding| finding.layer == "schema" && finding.is_error())
        .peekable();
    let schema_valid = schema_errors.peek().is_none();
    let only_fields_differ = is_receipt && !schema_valid && schema_errors.all(is_about_presence);
    let messages = &rules.pack().program.messages;
    Ok(Judged {
        message: index
            .and_then(|index| messages.get(index))
            .map(|message| message.code.clone()),
        edition: rules.edition().to_owned(),
        pack: rules.digest().to_owned(),
        schema_valid,
        valid: !findings.iter().any(Finding::is_error),
        findings,
        switched_off,
        only_fields_differ,
    })
}

/// Returns `true` if a schema finding only says that a record field, or an attribute, is extra, misplaced or missing.
fn is_about_presence(finding: &Finding) -> bool {
    let presence = [
        SchemaRule::ElementUnknown,
        SchemaRule::ElementOrder,
        SchemaRule::ElementMissing,
        SchemaRule::AttributeUnknown,
        SchemaRule::AttributeMissing,
    ];
    // A record is a direct child of the root; without it there is nothing to read.
    let of_field = finding.path.contains(['/', '@']);
    of_field && presence.iter().any(|rule| rule.id() == finding.rule)
}

/// If the root is a message of other editions only, adds them to the finding, with the days they come into force.
pub fn point_to_editions(verdict: &mut Verdict, packs: &Packs) {
    let inside = verdict.envelope.as_mut().and_then(|verdict| verdict.inside.as_mut());
    let findings = [
        Some(&mut verdict.judged.findings),
        inside.map(|inside| &mut inside.findings),
    ];
    for finding in findings.into_iter().flatten().flatten() {
        if finding.rule == SchemaRule::Root.id() {
            point_to(finding, packs);
        }
    }
}

fn point_to(finding: &mut Finding, packs: &Packs) {
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

/// The finding for text that is not XML: it fails the schema layer before any rule runs.
fn unreadable(error: &ReadError, bytes: &[u8], pack: &str) -> Finding {
    // Content that is not XML at all is better named than described by its first wrong character.
    let cause = match (&error.kind, Content::of(bytes)) {
        (ReadErrorKind::Xml(ErrorKind::TooLarge { .. }), _) | (_, None) => error.to_string(),
        (_, Some(content)) => content.to_string(),
    };
    Finding {
        rule: UNREADABLE.to_owned(),
        layer: "schema".to_owned(),
        severity: Grade::Error,
        regraded_from: None,
        path: "(root)".to_owned(),
        field: None,
        line: error.line,
        column: error.column,
        value: None,
        message_zh: format!("报文不是可读的 XML：{cause}"),
        message: cause,
        code: Some("0001".to_owned()),
        clause: "7-1".to_owned(),
        source: String::new(),
        pack: pack.to_owned(),
    }
}
