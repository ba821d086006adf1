//! Who must sign what: `signature/<edition>.toml`.

use super::edition::Edition;
use super::keys::SIGNATURE;
use super::read::{one_of, parse};
use super::table::Table;
use super::text::Sources;
use crate::expr::near::{did_you_mean, nearest};
use crate::pack::SignatureRule;

/// Reads the files from the base edition on; what a later one says of a message replaces what earlier ones say.
/// `own` is the file of the edition itself: a parent may speak of messages that the edition no longer has.
pub(super) fn read(
    files: &[usize],
    own: Option<usize>,
    edition: &Edition,
    sources: &Sources<'_>,
) -> Vec<SignatureRule> {
    let mut rules: Vec<SignatureRule> = Vec::new();
    for file in files {
        let Some(table) = parse(*file, sources) else {
            continue;
        };
        let top = Table::top(*file, &table, sources);
        top.only("a signature file", &["rule", "access"]);
        let stated: Vec<SignatureRule> = top
            .tables("rule")
            .into_iter()
            .filter_map(|table| rule(table, own == Some(*file), edition, sources))
            .collect();
        rules.retain(|known| stated.iter().all(|stated| stated.message != known.message));
        rules.extend(stated);
    }
    rules.retain(|rule| edition.messages.contains_key(&rule.message));
    // Stable: several rules of one message keep their order.
    rules.sort_by(|a, b| a.message.cmp(&b.message));
    rules
}

fn rule(table: Table<'_>, own: bool, edition: &Edition, sources: &Sources<'_>) -> Option<SignatureRule> {
    const WHAT: &str = "a signature rule";
    table.only(WHAT, &SIGNATURE);
    let message = table.needed(WHAT, "message", "\"CEB311\"")?;
    let need = table.needed(WHAT, "need", "\"required\"")?;
    one_of("need", &need, &["required", "optional", "forbidden"], sources);
    if own && !edition.messages.contains_key(&message.value) {
        let hint = did_you_mean(&nearest(&message.value, edition.messages.keys().map(String::as_str)))
            .unwrap_or_else(|| "signature rules speak of the messages of this edition".to_owned());
        sources.error(
            message.at,
            format!("there is no message {} in this edition", message.value),
            hint,
        );
    }
    let profiles = table.texts("profiles").unwrap_or_default();
    for profile in &profiles {
        let well_formed = profile
            .value
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if profile.value.is_empty() || !well_formed {
            sources.error(
                profile.at,
                format!("\"{}\" is no name of a profile", profile.value),
                "profiles are named like \"rsa-sha256\"",
            );
        }
    }
    if profiles.is_empty() && need.value != "forbidden" {
        sources.error(
            table.at,
            "a signature rule needs `profiles`",
            "add profiles = [\"rsa-sha256\"], the preferred one first",
        );
    }
    let values = |texts: Vec<super::text::Text>| texts.into_iter().map(|text| text.value).collect();
    Some(SignatureRule {
        message: message.value,
        need: need.value,
        profiles: values(profiles),
        signers: values(table.texts("signers").unwrap_or_default()),
        clause: table.text("clause").map(|text| text.value).unwrap_or_default(),
    })
}
