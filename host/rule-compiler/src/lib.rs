//! Compiles rule source (TOML) to packs, with errors that point at the line and suggest a correction.
//!
//! A rules folder holds, with paths relative to it:
//!
//! | path | content |
//! |---|---|
//! | `editions/<edition>/edition.toml` | name, date, parent edition, namespaces, roles of fields |
//! | `editions/<edition>/<CODE>.toml` | one message: its groups, fields and rules |
//! | `editions/<edition>/shared.toml` and others | blocks used by many messages, rules for many messages |
//! | `editions/<edition>/cases/<name>.xml`, `.expect` | messages and their expected findings |
//! | `codes/<table>.toml` | code tables |
//! | `signature/<edition>.toml` | signing duties, their dates and certificates |
//! | `signature/profiles.toml`, `roles.toml` | algorithm profiles, and the field that identifies each signer |
//!
//! An edition that `extends` another one inherits all its files and states only its additions and, as `[[change]]` with
//! a `cite`, its changes.

#![forbid(unsafe_code)]

mod access;
mod automatic;
mod blocks;
mod cases;
mod change;
mod change_text;
mod codes;
mod concerns;
mod content;
mod digest;
mod edition;
mod error;
pub mod expr;
mod field;
mod fold;
mod folder;
mod grade;
mod interner;
mod keys;
mod manifest;
mod names;
pub mod near;
mod notation;
mod one_of;
mod outcomes;
mod pack;
mod pairs;
mod places;
mod read;
mod read_entry;
mod read_pair;
mod read_rule;
mod role_names;
mod roles;
mod rules;
mod sight;
mod signature;
mod signature_tables;
mod structure;
mod syntax;
mod table;
mod text;

pub use error::SourceError;
pub use grade::Grade;
pub use keys::keys;

use cebridge_rule_core::pack::Pack;
use edition::Edition;
use folder::Folder;
use std::collections::BTreeMap;
use syntax::Action;
use text::Sources;

/// The files of a rules folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceSet {
    /// Texts by path relative to the rules folder, with `/`: `editions/2022-05/CEB621.toml`.
    pub files: BTreeMap<String, String>,
}

/// A change that an edition makes to what it inherits from its parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Message or shared block and the path in it, or the id of a rule.
    pub path: String,
    /// Description of the change, for example `schema = string ..20`.
    pub what: String,
    /// Source of the change.
    pub cite: String,
}

impl SourceSet {
    /// Returns the names of the editions in the folder, in order.
    #[must_use]
    pub fn editions(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .files
            .keys()
            .filter_map(|path| path.strip_prefix("editions/")?.strip_suffix("/edition.toml"))
            .filter(|name| !name.contains('/'))
            .collect();
        names.sort_unstable();
        names
    }
}

/// Compiles an edition. The same files give the same pack, byte for byte.
///
/// # Errors
/// Every mistake found in the files of the edition, its parents and the code tables, in order of their
/// places.
pub fn compile(set: &SourceSet, edition: &str) -> Result<Pack, Vec<SourceError>> {
    let mut sources = Sources::default();
    let folder = Folder::open(set, edition, &mut sources)?;
    let result = folder.build(&sources);
    match result {
        Some(pack) if sources.problems() == 0 => Ok(pack),
        _ => Err(sources.into_errors()),
    }
}

/// Returns the changes made by an edition itself, in order of its files; empty for a base edition.
///
/// # Errors
/// The edition can't be read.
pub fn changes(set: &SourceSet, edition: &str) -> Result<Vec<Change>, Vec<SourceError>> {
    let mut sources = Sources::default();
    let folder = Folder::open(set, edition, &mut sources)?;
    let chain = folder.read(&sources);
    let own = chain.as_ref().and_then(|chain| chain.last());
    match own {
        Some(own) if sources.problems() == 0 => Ok(edition::own_changes(own)
            .map(|(head, change)| {
                let place =
                    |path: &str| head.map_or_else(|| path.to_owned(), |head| format!("{}/{path}", head.code.value));
                let (path, what) = match &change.action {
                    Action::Set { path, keys } => (place(&path.value), change_text::set_text(keys)),
                    Action::Add { anchor, after, entry } => {
                        let side = if *after { "after" } else { "before" };
                        let name = entry.form.name().map_or("entry", |name| &name.value);
                        (place(&anchor.value), format!("new {name} {side} it"))
                    }
                    Action::Remove { path } => (place(&path.value), "removed".to_owned()),
                    Action::SetRule { id, keys } => (id.value.clone(), change_text::set_rule_text(keys)),
                    Action::RemoveRule { id } => (id.value.clone(), "removed".to_owned()),
                };
                Change {
                    path,
                    what,
                    cite: change.cite.value.clone(),
                }
            })
            .collect()),
        _ => Err(sources.into_errors()),
    }
}

impl Folder {
    fn build(&self, sources: &Sources<'_>) -> Option<Pack> {
        let chain = self.read(sources)?;
        let mut edition = Edition::default();
        for (files, name) in chain.iter().zip(&self.chain) {
            fold::fold(&mut edition, files, &name.folder, sources);
        }
        if edition.messages.is_empty() {
            if let Some(own) = self.chain.last() {
                sources.error(
                    sources.whole(own.manifest),
                    "the edition has no messages",
                    "add a file for each message, for example CEB311.toml",
                );
            }
            return None;
        }
        let mut codes = codes::Codes::read(&self.codes, sources);
        let mut pack = pack::assemble(&edition, &mut codes, sources);
        let own = self.chain.last()?;
        let signature: Vec<usize> = self
            .signature
            .iter()
            .copied()
            .chain(self.chain.iter().filter_map(|link| link.signature))
            .collect();
        signature::read(&signature, own.signature, &edition, &mut pack, sources);
        pack.access = access::read(&signature, own.signature, &edition, sources);
        pack.cases = cases::read(&own.cases, &pack.rules, sources);
        let mut used: Vec<usize> = self
            .chain
            .iter()
            .flat_map(|link| link.files.iter().chain([&link.manifest]))
            .copied()
            .collect();
        used.extend(own.cases.iter().copied().chain(signature).chain(codes.files()));
        pack.manifest.source_digest = digest::of(&used, sources);
        Some(pack)
    }
}
