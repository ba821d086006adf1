//! Log lines about an input that was taken.

use crate::declare::DeclareReport;
use crate::engine::Engine;
use crate::fate::Fate;
use crate::packs::words;
use crate::round::Tell;

/// Maximum warnings per file that are written to the log. Arbitrary.
const WARNINGS: usize = 20;

/// Reports the outcome of an input.
pub(super) fn tell(tell: Tell<'_>, engine: &Engine, name: &str, report: &DeclareReport) {
    let refused: Vec<&Fate> = report.fates.iter().filter(|fate| fate.status == "refused").collect();
    for note in &report.notes {
        tell(note);
    }
    tell(&format!(
        "{}: {} documents, {} accepted, {} refused, {} known before, {} warnings, {} messages, {}",
        name,
        report.fates.len(),
        report.fates.len() - refused.len() - report.already_accepted,
        refused.len(),
        report.already_accepted,
        report.warnings.len(),
        report.messages.len(),
        report
            .packs
            .iter()
            .map(|(edition, digest)| rules(engine, edition, digest))
            .collect::<Vec<_>>()
            .join(", "),
    ));
    for fate in refused {
        let reasons: Vec<String> = fate
            .reasons
            .iter()
            .map(|r| {
                let parts = [r.rule.as_str(), &r.path, &r.text];
                let given: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
                given.join(" ")
            })
            .collect();
        tell(&format!(
            "{}: {} {} refused: {}",
            name,
            fate.message,
            fate.key,
            reasons.join("; ")
        ));
    }
    for warning in report.warnings.iter().take(WARNINGS) {
        let found = &warning.finding;
        tell(&format!(
            "{}: {} warning {} {}: {}",
            name, warning.key, found.rule, found.path, found.message
        ));
    }
    if report.warnings.len() > WARNINGS {
        let more = report.warnings.len() - WARNINGS;
        tell(&format!("{}: {more} more warnings, see `cebridge status`", name));
    }
}

/// Describes the rules that judged: edition, pack, and since when and why it is in force.
fn rules(engine: &Engine, edition: &str, digest: &str) -> String {
    let row = engine.packs.force_of(edition).filter(|row| row.digest == digest);
    let began = if row.is_some() {
        ""
    } else {
        ", which the input began with"
    };
    format!("{}{began}", words(edition, digest, row.as_ref()))
}
