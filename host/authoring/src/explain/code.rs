//! Explains a customs code: its meaning in each table, its effect on the document, and what to do.

use super::effect::{Effect, effects, of_platform, receipts, receipts_of_error};
use super::label::labelled;
use cebridge_engine::HostRule;
use cebridge_engine::codes::{self, Code, CodeTable, Direction};
use cebridge_findings::RuleSet;
use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::program::Op;
use serde::Serialize;

/// A code in all its tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CodeExplanation {
    /// The code, as asked for.
    pub code: String,
    /// Edition whose rules define its effects.
    pub edition: String,
    /// `true` if a table has it.
    pub known: bool,
    /// Its meaning in each table that has it.
    pub meanings: Vec<CodeEntry>,
    /// Its effects on a document, over all meanings; if no table has it as an answer of customs, the effects of a
    /// receipt with it.
    pub effects: Vec<Effect>,
    /// Our rules that find the mistake before customs does, or that name the code.
    pub rules: Vec<CodeRule>,
}

/// A code in one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CodeEntry {
    /// Name of the table, for example `status-622`.
    pub table: String,
    /// Official name of the table.
    pub table_zh: String,
    /// Its English name.
    pub table_en: String,
    /// Source of the table.
    pub source: String,
    /// Chinese meaning.
    pub zh: String,
    /// English meaning.
    pub en: String,
    /// Fields that take their codes from this table, by the rules of the edition.
    pub fields: Vec<String>,
    /// Its effects on a document; empty for codes that are not answers.
    pub effects: Vec<Effect>,
}

/// A rule that corresponds to a code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CodeRule {
    /// Its id.
    pub rule: String,
    /// English message.
    pub message: String,
    /// Chinese message.
    pub message_zh: String,
}

/// Returns `true` for a code: a number with any count of digits, or an entry of a table.
#[must_use]
pub(super) fn is_code(asked: &str) -> bool {
    let digits = asked.strip_prefix('-').unwrap_or(asked);
    let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    number || !codes::find(asked).is_empty()
}

/// Explains a code by its tables, and by the rules of a pack.
#[must_use]
pub(super) fn code(pack: &RuleSet, asked: &str) -> CodeExplanation {
    let texts = pack.pack();
    let found = codes::find(asked);
    let meanings: Vec<CodeEntry> = found
        .iter()
        .map(|(table, row)| entry(texts, table, row, asked))
        .collect();
    let mut all: Vec<Effect> = Vec::new();
    for effect in meanings.iter().flat_map(|entry| &entry.effects) {
        if !all.contains(effect) {
            all.push(effect.clone());
        }
    }
    // A number from another table may be meant as a state that no edition lists.
    if all.is_empty() && (found.is_empty() || may_be_a_state(asked)) {
        all = effects(texts, &receipts(texts), asked, "");
    }
    CodeExplanation {
        code: asked.to_owned(),
        edition: pack.edition().to_owned(),
        known: !found.is_empty(),
        meanings,
        effects: all,
        rules: rules(pack, asked),
    }
}

/// Returns `true` if a code has the form of states in receipts: three digits.
fn may_be_a_state(asked: &str) -> bool {
    asked.len() == 3 && asked.bytes().all(|byte| byte.is_ascii_digit())
}

fn entry(pack: &Pack, table: &CodeTable, row: &Code, asked: &str) -> CodeEntry {
    let effects = match table.name.as_str() {
        "error-platform" => vec![of_platform(pack)],
        "error-import" => effects(pack, &receipts_of_error(pack, Direction::Import, asked), asked, &row.zh),
        "error-export" => effects(pack, &receipts_of_error(pack, Direction::Export, asked), asked, &row.zh),
        other => match other.strip_prefix("status-") {
            Some(number) => {
                let receipt = pack.message(&format!("CEB{number}"));
                effects(pack, &receipt.into_iter().collect::<Vec<_>>(), asked, &row.zh)
            }
            None => Vec::new(),
        },
    };
    CodeEntry {
        table: table.name.clone(),
        table_zh: table.zh.clone(),
        table_en: table.en.clone(),
        source: table.source.clone(),
        zh: row.zh.clone(),
        en: row.en.clone(),
        fields: fields(pack, &table.name.replace('-', "_")),
        effects,
    }
}

/// Returns the fields that rules check against a table, with their messages: `currency 币制 (CEB303, CEB311)`.
fn fields(pack: &Pack, table: &str) -> Vec<String> {
    let mut found: Vec<(String, Vec<&str>)> = Vec::new();
    for (_, message, _) in pack.catalogue() {
        let own = message
            .rules
            .iter()
            .filter_map(|rule| pack.program.rules.get(usize::from(*rule)));
        for pair in own.flat_map(|rule| rule.check.windows(2)) {
            let [Op::Field(decl), Op::In(index)] = pair else {
                continue;
            };
            if pack
                .program
                .tables
                .get(usize::from(*index))
                .is_none_or(|known| known.name != table)
            {
                continue;
            }
            let label = labelled(pack, *decl);
            match found.iter_mut().find(|(known, _)| *known == label) {
                Some((_, messages)) if messages.contains(&message.code.as_str()) => {}
                Some((_, messages)) => messages.push(&message.code),
                None => found.push((label, vec![&message.code])),
            }
        }
    }
    let line = |(label, messages): (String, Vec<&str>)| format!("{label} ({})", messages.join(", "));
    found.into_iter().map(line).collect()
}

/// Returns the rules with this code, and those of the host to which the edition gives it.
fn rules(pack: &RuleSet, code: &str) -> Vec<CodeRule> {
    let texts = pack.pack();
    let own = texts
        .rules
        .iter()
        .filter(|rule| rule.code == code)
        .map(|rule| CodeRule {
            rule: rule.id.clone(),
            message: rule.en.clone(),
            message_zh: rule.zh.clone(),
        });
    let mut found: Vec<CodeRule> = own.collect();
    for access in &texts.access {
        for (own, rule) in [
            (&access.code_mismatch, HostRule::AccessCode),
            (&access.no_right, HostRule::AccessRole),
            (&access.certificate, HostRule::AccessCertificate),
        ] {
            let facts = rule.facts();
            found.extend((own == code).then(|| CodeRule {
                rule: facts.id.to_owned(),
                message: facts.en.to_owned(),
                message_zh: facts.zh.to_owned(),
            }));
        }
    }
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use cebridge_engine::config::Config;
    use cebridge_engine::packs::{Choice, Packs};
    use std::path::Path;

    /// Codes and both ends of ranges in the tables of the specification, if present next to the project.
    fn of_specification() -> Vec<String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/spec/receipts-and-errors.csv");
        let Ok(text) = std::fs::read_to_string(path) else {
            return Vec::new();
        };
        let mut lines = text.lines();
        assert!(
            lines
                .next()
                .unwrap()
                .starts_with("type,edition,message,table,code,code_range,")
        );
        let mut found = Vec::new();
        for line in lines {
            // The message of the platform's rows contains a quoted comma.
            let line = line.replace("\"DXP platform (DxpRep, CEB900)\"", "DXP");
            let cells: Vec<&str> = line.split(',').collect();
            match cells[4] {
                "" => found.extend(cells[5].split("..").map(str::to_owned)),
                // Any negative number, for a message that fails the format check.
                "<0" => {}
                code => found.push(code.to_owned()),
            }
        }
        assert!(found.len() > 500, "{}", found.len());
        found
    }

    #[test]
    fn every_code_of_every_table_is_answered_in_every_edition() {
        let packs = Packs::open(&Config::default()).unwrap();
        let own = codes::tables()
            .iter()
            .flat_map(|table| &table.codes)
            .map(|row| row.code.clone());
        let mut all: Vec<String> = own.chain(of_specification()).collect();
        all.sort();
        all.dedup();
        for (edition, _) in packs.editions() {
            let pack = packs.choose(&Choice::Edition(edition.clone())).unwrap();
            for asked in &all {
                let answer = code(pack.rules(), asked);
                assert!(answer.known && !answer.meanings.is_empty(), "{edition} {asked}");
                for entry in &answer.meanings {
                    // Most customs offices have no English name.
                    let named = !entry.en.is_empty() || entry.table == "customs-district";
                    assert!(!entry.zh.is_empty() && named && !entry.table_zh.is_empty(), "{asked}");
                    // An older edition may lack the receipts of states.
                    let receipt = entry.table.strip_prefix("status-").map(|number| format!("CEB{number}"));
                    let there = receipt.is_none_or(|receipt| pack.rules().pack().message(&receipt).is_some());
                    let is_answer = entry.table.starts_with("status-") || entry.table.starts_with("error-");
                    assert_eq!(
                        entry.effects.is_empty(),
                        !(is_answer && there),
                        "{edition} {asked} {entry:?}"
                    );
                }
                let spoken = |effect: &Effect| !effect.advice.is_empty() && !effect.document_zh.is_empty();
                assert!(answer.effects.iter().all(spoken), "{asked}");
            }
        }
    }
}
