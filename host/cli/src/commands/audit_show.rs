//! `ledger show`: prints a document with its evidence.

use crate::Outcome;
use crate::args::Show;
use crate::context::{Context, Failure};
use crate::output::{json_line, line, reason, table};
use cebridge_clock as clock;
use cebridge_engine::audit::{self, Dossier, Told, Whereabouts};

pub(crate) fn run(context: &Context, args: &Show) -> Result<Outcome, Failure> {
    let ledger = audit::open_to_read(&context.config, args.which.ledger.as_deref())?;
    let found = audit::dossiers(&context.config, &ledger, &args.key)?;
    if found.is_empty() {
        context.note(&format!("no document matches {}", args.key));
        return Ok(Outcome::Wrong);
    }
    if let Some(folder) = &args.output {
        let names = audit::write_evidence(folder, &found)?;
        context.note(&format!("{} files in {}", names.len(), folder.display()));
    }
    for dossier in &found {
        if context.json() {
            json_line(dossier)?;
        } else {
            describe(dossier)?;
        }
    }
    Ok(Outcome::Good)
}

fn describe(dossier: &Dossier) -> Result<(), Failure> {
    let fate = &dossier.fate;
    line(&format!(
        "{} {} (guid {}): {}",
        fate.message, fate.key, fate.guid, fate.status
    ))?;
    let fact = |name: &str, value: String| line(&format!("  {name:<12} {value}"));
    fact("recorded", clock::spoken(dossier.accepted_at))?;
    for (name, value) in &dossier.assigned {
        fact("number", format!("{name} {value}"))?;
    }
    for why in &fate.reasons {
        fact("reason", reason(why))?;
    }
    for warning in &fate.warnings {
        let text = format!("{} {}: {}", warning.rule, warning.path, warning.text);
        fact("warning", text)?;
    }
    match &dossier.sent {
        Some(sent) => {
            fact(
                "message",
                format!("{}, {} bytes, sha256 {}", sent.cop_msg_id, sent.bytes, sent.sha256),
            )?;
            fact(
                "envelope",
                format!("{} bytes, sha256 {}", sent.envelope_bytes, sent.envelope_sha256),
            )?;
            let when = sent.sent_at.map_or("not yet".to_owned(), clock::spoken);
            fact(
                "sent",
                format!("{when}; signed {} by {}", clock::spoken(sent.signed_at), sent.profile),
            )?;
        }
        None => fact("message", "none: it was never meant to be sent".to_owned())?,
    }
    for receipt in &dossier.receipts {
        fact(
            "receipt",
            format!(
                "{} {} came {}, {} {} bytes, sha256 {}: {}",
                receipt.message,
                receipt.return_status,
                clock::spoken(receipt.received_at),
                receipt.file,
                receipt.file_bytes,
                receipt.file_sha256,
                receipt.return_info
            ),
        )?;
    }
    judged_by(dossier, &fact)?;
    if let Some(by) = &dossier.certificate {
        fact(
            "certificate",
            format!(
                "{} of {}, issued by {}, valid from {} to {} (UTC)",
                by.serial, by.subject, by.issuer, by.valid_from, by.valid_to
            ),
        )?;
    }
    history(&dossier.history)
}

fn judged_by(dossier: &Dossier, fact: &dyn Fn(&str, String) -> Result<(), Failure>) -> Result<(), Failure> {
    let pack = &dossier.pack;
    if pack.digest.is_empty() {
        return Ok(());
    }
    let kept = match pack.kept {
        Whereabouts::Archive => "its bytes are in the archive",
        Whereabouts::Shipped => "not in the archive; it is shipped in this program",
        Whereabouts::Gone => "its bytes are NOT in the archive any more",
    };
    fact(
        "rules",
        format!("edition {}, pack {}; {kept}", pack.edition, pack.digest),
    )?;
    let Some(force) = &pack.in_force else { return Ok(()) };
    let until = force.until.map(|until| format!(" until {}", clock::spoken(until)));
    let file = if force.file.is_empty() {
        String::new()
    } else {
        format!(" {}", force.file)
    };
    fact(
        "",
        format!(
            "{}{file}, in force since {}{} ({}, by {})",
            force.origin,
            clock::spoken(force.since),
            until.unwrap_or_default(),
            force.why,
            force.by
        ),
    )
}

/// Prints the events of a document, one row each.
pub(super) fn history(events: &[Told]) -> Result<(), Failure> {
    let mut rows = table(&["event", "time", "by", "what", "pack", "key", "sha256"]);
    for told in events {
        let short = |text: &Option<String>| -> String { text.iter().flat_map(|text| text.chars()).take(12).collect() };
        rows.add_row([
            told.event.to_string(),
            told.local.clone(),
            told.by.clone(),
            told.text.clone(),
            short(&told.pack_digest),
            told.key_serial.clone().unwrap_or_default(),
            short(&told.bytes_sha256),
        ]);
    }
    line(&rows.to_string())
}
