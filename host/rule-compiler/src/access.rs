//! Reads customs' answers when the wrong enterprise declares: `[[access]]` of `signature/<edition>.toml`.

use crate::edition::Edition;
use crate::keys::ACCESS;
use crate::near::{did_you_mean, nearest};
use crate::read::parse;
use crate::table::Table;
use crate::text::Sources;
use cebridge_rule_core::pack::AccessCodes;

/// Reads the files from the base edition on; later entries for a message replace earlier ones. `own` is the file of the
/// edition itself: a parent may refer to messages that the edition no longer has.
pub(crate) fn read(files: &[usize], own: Option<usize>, edition: &Edition, sources: &Sources<'_>) -> Vec<AccessCodes> {
    let mut codes: Vec<AccessCodes> = Vec::new();
    for file in files {
        let Some(table) = parse(*file, sources) else {
            continue;
        };
        for entry in Table::top(*file, &table, sources).tables("access") {
            if let Some(stated) = access(entry, own == Some(*file), edition, sources) {
                codes.retain(|known| known.message != stated.message);
                codes.push(stated);
            }
        }
    }
    codes.retain(|known| edition.messages.contains_key(&known.message));
    codes.sort_by(|a, b| a.message.cmp(&b.message));
    codes
}

fn access(table: Table<'_>, own: bool, edition: &Edition, sources: &Sources<'_>) -> Option<AccessCodes> {
    const WHAT: &str = "an access entry";
    table.only(WHAT, &ACCESS);
    let message = table.needed(WHAT, "message", "\"CEB621\"")?;
    if own && !edition.messages.contains_key(&message.value) {
        let hint = did_you_mean(&nearest(&message.value, edition.messages.keys().map(String::as_str)))
            .unwrap_or_else(|| "access entries speak of the messages of this edition".to_owned());
        sources.error(
            message.at,
            format!("there is no message {} in this edition", message.value),
            hint,
        );
    }
    let code = |key: &str| {
        let Some(text) = table.text(key) else {
            return String::new();
        };
        let number = text.value.strip_prefix('-').unwrap_or_default();
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            sources.error(
                text.at,
                format!("\"{}\" is no error code of customs", text.value),
                "codes are negative numbers in quotes, like \"-621015\"",
            );
        }
        text.value
    };
    Some(AccessCodes {
        message: message.value.clone(),
        code_mismatch: code("code-mismatch"),
        no_right: code("no-right"),
        certificate: code("certificate"),
        clause: table.text("clause").map(|text| text.value).unwrap_or_default(),
    })
}
