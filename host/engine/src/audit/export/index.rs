//! `index.csv`: one row for each document, for spreadsheets.

use super::bundle::{Bundle, Entry, failed};
use super::messages::{certificate_file, envelope_file, message_file};
use super::receipt_file;
use crate::error::EngineError;
use crate::fate::{Fate, short_key};
use crate::status::fate;
use cebridge_clock as clock;
use cebridge_ledger::{DocumentView, Snapshot};
use std::path::Path;

/// Column headings.
const COLUMNS: [&str; 22] = [
    "document",
    "message",
    "number",
    "guid",
    "enterprise",
    "appType",
    "status",
    "final",
    "returnStatus",
    "returnTime",
    "customs numbers",
    "recorded",
    "sent",
    "edition",
    "pack",
    "CopMsgId",
    "message file",
    "message sha256",
    "envelope file",
    "certificate file",
    "receipt files",
    "reasons and warnings",
];

/// The index, row by row.
pub(super) struct Index<'b, 'f> {
    entry: Entry<'b, 'f>,
}

impl<'b, 'f> Index<'b, 'f> {
    pub(super) fn begin(bundle: &'b mut Bundle<'f>) -> Result<Self, EngineError> {
        let mut index = Self {
            entry: bundle.begin("index.csv")?,
        };
        // Without this mark, spreadsheets assume their own legacy encoding.
        index.entry.put("\u{feff}".as_bytes())?;
        index.write(&COLUMNS.map(str::to_owned))?;
        Ok(index)
    }

    pub(super) fn row(&mut self, snapshot: &Snapshot<'_>, view: &DocumentView) -> Result<(), EngineError> {
        let fate = fate(view);
        let carrier = match &view.cop_msg_id {
            Some(id) => snapshot.carrier(id)?,
            None => None,
        };
        let sent = |file: fn(&str) -> String| view.cop_msg_id.as_deref().map(file).unwrap_or_default();
        let (sha256, serial) = carrier.unwrap_or_default();
        let certificate = if serial.is_empty() {
            serial
        } else {
            certificate_file(&serial)
        };
        let receipts: Vec<String> = snapshot
            .arrivals_of(view.id)?
            .iter()
            .map(|(id, sha256)| receipt_file(*id, sha256))
            .collect();
        let numbers: Vec<String> = view
            .assigned
            .iter()
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        self.write(&[
            view.id.to_string(),
            view.message.clone(),
            short_key(&view.key).to_owned(),
            view.guid.clone(),
            view.enterprise.clone(),
            view.app_type.clone(),
            view.status.as_str().to_owned(),
            if view.is_final { "yes" } else { "no" }.to_owned(),
            text(&view.return_status),
            text(&view.return_time),
            numbers.join("; "),
            clock::spoken(view.accepted_at),
            view.sent_at.map(clock::spoken).unwrap_or_default(),
            view.edition.clone(),
            view.pack_digest.clone(),
            text(&view.cop_msg_id),
            sent(message_file),
            sha256,
            sent(envelope_file),
            certificate,
            receipts.join("; "),
            remarks(&fate),
        ])
    }

    pub(super) fn end(self) -> Result<(), EngineError> {
        self.entry.end()
    }

    fn write(&mut self, cells: &[String]) -> Result<(), EngineError> {
        let mut row = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        let name = Path::new("index.csv");
        row.write_record(cells.iter().map(|text| cell(text)))
            .map_err(|error| failed(name, error))?;
        let bytes = row.into_inner().map_err(|error| failed(name, error.to_string()))?;
        self.entry.put(&bytes)
    }
}

/// Reasons and warnings in one line.
fn remarks(fate: &Fate) -> String {
    let reasons = fate.reasons.iter().map(|reason| {
        let parts = [&reason.rule, &reason.code, &reason.path, &reason.text];
        let parts: Vec<&str> = parts
            .iter()
            .map(|part| part.as_str())
            .filter(|part| !part.is_empty())
            .collect();
        parts.join(" ")
    });
    let warnings = fate
        .warnings
        .iter()
        .map(|warning| format!("warning {} {}: {}", warning.rule, warning.path, warning.text));
    reasons.chain(warnings).collect::<Vec<_>>().join("; ")
}

/// Escapes a text so that spreadsheets show it unchanged: they would round long numbers, drop leading zeros and run
/// anything that looks like a formula.
fn cell(text: &str) -> String {
    /// Number of digits that a spreadsheet keeps.
    const EXACT: usize = 15;
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let would_change = is_number && (text.len() > EXACT || text.len() > 1 && text.starts_with('0'))
        || text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    // They also read `1E5` as a number.
    let exponent = text.split_once(['e', 'E']).is_some_and(|(before, after)| {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        digits(before) && digits(after)
    });
    if would_change || exponent {
        format!("=\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn spreadsheets_change_nothing_and_run_nothing() {
        assert_eq!(cell("SO-2026-000001"), "SO-2026-000001");
        assert_eq!(cell("800"), "800");
        assert_eq!(cell("537220261234567890"), "=\"537220261234567890\"");
        assert_eq!(cell("0012"), "=\"0012\"");
        assert_eq!(cell("12E5"), "=\"12E5\"");
        assert_eq!(cell("-301010"), "=\"-301010\"");
        assert_eq!(cell("=HYPERLINK(\"x\")"), "=\"=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(cell(""), "");
    }
}
