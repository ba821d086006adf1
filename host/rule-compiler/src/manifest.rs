//! Reads the `[edition]` table: the edition's identity and the day it takes effect.

use crate::keys::EDITION;
use crate::table::Table;
use crate::text::Sources;

/// The keys of `[edition]`.
#[derive(Debug, Default, Clone)]
pub(crate) struct Manifest {
    pub(crate) name: String,
    pub(crate) edition: String,
    pub(crate) version: String,
    pub(crate) effective_from: String,
    pub(crate) notice: String,
    /// How the edition was put together if its official text was not available; empty for an official one.
    pub(crate) derived: String,
}

/// Reads `[edition]`; `folder` is the name it must have.
pub(crate) fn read(top: Table<'_>, folder: &str, sources: &Sources<'_>) -> Option<Manifest> {
    let Some(table) = top.table("edition") else {
        if !top.has("edition") {
            sources.error(
                top.at,
                "edition.toml needs a table [edition]",
                "add [edition] with name, edition, version, effective-from and notice",
            );
        }
        return None;
    };
    table.only("[edition]", &EDITION);
    let needed = |key, example| table.needed("[edition]", key, example).map(|text| text.value);
    let effective = if table.has("effective-from") {
        table.date("effective-from")
    } else {
        table.needed("[edition]", "effective-from", "\"2022-05-17\"")
    };
    if let Some(date) = &effective
        && !is_date(&date.value)
    {
        sources.error(
            date.at,
            format!("\"{}\" is no date", date.value),
            "write the day as \"2022-05-17\"",
        );
    }
    let manifest = Manifest {
        name: needed("name", "\"ceb\"")?,
        edition: needed("edition", "\"2022-05\"")?,
        version: needed("version", "\"1\"")?,
        effective_from: effective?.value,
        notice: table.text("notice").map(|text| text.value).unwrap_or_default(),
        derived: table.text("derived").map(|text| text.value).unwrap_or_default(),
    };
    if manifest.edition != folder {
        sources.error(
            table.place("edition"),
            format!("the folder is named {folder}, the edition \"{}\"", manifest.edition),
            "give both the same name",
        );
    }
    Some(manifest)
}

/// Returns `true` for `YYYY-MM-DD`, a real day.
pub(crate) fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else {
        return false;
    };
    let number = |part: &str, length: usize| {
        (part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<u32>().ok())
            .flatten()
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2)) else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}
