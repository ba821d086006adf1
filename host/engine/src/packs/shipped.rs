//! The editions in the shipped rules, known before any pack is built.

use crate::error::EngineError;
use cebridge_rule_compiler::SourceSet;
use std::collections::{BTreeMap, BTreeSet};

/// Facts about a shipped edition, known before its pack is built.
pub(super) struct Shipped {
    /// First day in force.
    pub(super) effective_from: String,
    /// The edition that it extends.
    pub(super) extends: Option<String>,
    /// Codes of the messages that its own files describe or change.
    pub(super) messages: BTreeSet<String>,
}

/// Returns the editions in the shipped rules, by name.
pub(super) fn shipped_editions(sources: &SourceSet) -> Result<BTreeMap<String, Shipped>, EngineError> {
    let mut editions = BTreeMap::new();
    for (path, text) in &sources.files {
        let Some(folder) = path.strip_suffix("edition.toml").filter(|folder| folder.ends_with('/')) else {
            continue;
        };
        let wrong = || EngineError::Rules(format!("{path} does not name its edition and its first day in force"));
        let table: toml::Table = text
            .parse()
            .map_err(|error| EngineError::Rules(format!("{path}: {error}")))?;
        let text = |key: &str| table.get("edition")?.get(key)?.as_str().map(str::to_owned);
        let names = sources.files.keys().filter_map(|file| file.strip_prefix(folder));
        let shipped = Shipped {
            effective_from: text("effective-from").ok_or_else(wrong)?,
            extends: text("extends"),
            messages: names
                .filter_map(|name| name.strip_suffix(".toml"))
                .map(str::to_owned)
                .collect(),
        };
        editions.insert(text("edition").ok_or_else(wrong)?, shipped);
    }
    Ok(editions)
}
