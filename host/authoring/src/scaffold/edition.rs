//! Writes `edition.toml` for an edition that inherits everything from its parent.

use super::{ScaffoldError, quoted, write};
use crate::source_files::read_sources;
use cebridge_rule_compiler::compile;
use cebridge_rule_core::pack::Pack;
use std::path::{Path, PathBuf};

/// The new edition.
#[derive(Debug, Clone)]
pub struct NewEdition<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its parent.
    pub extends: &'a str,
    /// Rules folder.
    pub rules: &'a Path,
    /// First day in force.
    pub effective_from: Option<&'a str>,
    /// The notice that introduces it.
    pub notice: &'a str,
}

/// First day if none is given: the edition can be chosen by name, but never comes into force by date.
const NEVER: &str = "9999-12-31";

/// Writes the edition and returns its files.
///
/// # Errors
/// An unusable name or day, a missing parent, files that already exist.
pub fn edition(new: &NewEdition<'_>) -> Result<Vec<PathBuf>, ScaffoldError> {
    let well_formed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if new.name.is_empty() || !new.name.chars().all(well_formed) {
        return Err(ScaffoldError::Name {
            what: "name of an edition",
            name: new.name.to_owned(),
            hint: "use letters, digits, - and _, for example 2026-01",
        });
    }
    let editions = new.rules.join("editions");
    if !editions.is_dir() {
        return Err(ScaffoldError::NoRules {
            folder: new.rules.to_owned(),
        });
    }
    let folder = editions.join(new.name);
    if folder.exists() {
        return Err(ScaffoldError::Exists {
            path: folder,
            hint: "add your changes to it, or choose another name".to_owned(),
        });
    }
    let parent = editions.join(new.extends);
    if !parent.join("edition.toml").is_file() {
        return Err(ScaffoldError::NoParent {
            folder: new.rules.to_owned(),
            asked: new.extends.to_owned(),
            known: known(&editions),
        });
    }
    let (mut sources, parent) = read_sources(&parent)?;
    let inherited = compile(&sources, &parent)?;
    let text = text(new, &inherited);
    let path = format!("editions/{}/edition.toml", new.name);
    sources.files.insert(path, text.clone());
    compile(&sources, new.name)?;
    write(vec![(folder.join("edition.toml"), text)])
}

fn known(editions: &Path) -> String {
    let entries = std::fs::read_dir(editions).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().join("edition.toml").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names.join(", ")
}

fn text(new: &NewEdition<'_>, inherited: &Pack) -> String {
    let (code, field) = example(inherited);
    let day = new.effective_from.unwrap_or(NEVER);
    let remark = if new.effective_from.is_none() {
        "# Write the first day in force here; until then the edition is only chosen by its name.\n"
    } else {
        ""
    };
    let cite = if new.notice.is_empty() {
        "the notice"
    } else {
        new.notice
    };
    format!(
        "# Everything that is not stated here is taken over from edition {parent}.
#
# Changes stand in a file for each message, {code}.toml beside this one, each with its source:
#
#   message = {quoted_code}
#
#   [[change]]
#   path = {field}
#   set = {{ format = \"C..32\", schema = \"string 1..32\" }}
#   cite = {cite}
#
# New groups, rules and messages are added as they stand in edition {parent}; `cebridge pack new message` starts one.
# Changes to what several messages share stand in shared.toml, who signs what in signature/{name}.toml.

[edition]
name = {pack}
edition = {quoted_name}
version = \"1\"
extends = {quoted_parent}
{remark}effective-from = {day}
notice = {notice}
",
        parent = new.extends,
        quoted_code = quoted(&code),
        field = quoted(&field),
        cite = quoted(&format!("{cite}, page and row")),
        name = new.name,
        pack = quoted(&inherited.manifest.name),
        quoted_name = quoted(new.name),
        quoted_parent = quoted(new.extends),
        day = quoted(day),
        notice = quoted(new.notice),
    )
}

/// Returns a message and the path of the field that identifies its documents.
fn example(pack: &Pack) -> (String, String) {
    let request = pack
        .messages
        .iter()
        .position(|text| text.kind == "request")
        .unwrap_or(0);
    let code = pack
        .program
        .messages
        .get(request)
        .map(|message| message.code.clone())
        .unwrap_or_default();
    let key = pack.messages.get(request).and_then(|text| text.keys.last().copied());
    let path = key.and_then(|key| crate::explain::path_of(pack, request, key));
    (code, path.unwrap_or_else(|| "Order/OrderHead/orderNo".to_owned()))
}
