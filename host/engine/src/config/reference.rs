//! The reference: every section and key as a page of Markdown.

use super::layout::{Section, sections};
use std::fmt::Write as _;

/// Text above the tables.
const HEAD: &str = "\
<!-- Made by `cebridge config reference` from the types of the configuration. -->
# Configuration

`cebridge.toml` in the working folder, or the file that `--config` names. Every key has a default that works without a
file. Relative paths start at the folder of the file.

* `cebridge config check` names every fault of a file at once, with line, column and what would be right.
* `cebridge config example` prints a whole file with every key and its meaning.
* `cebridge config schema` prints the JSON Schema. For editors with [Taplo](https://taplo.tamasfe.dev) save it beside the
  file and put `#:schema ./cebridge.schema.json` into its first line.
* `cebridge doctor` looks at what surrounds it: folders, keys, clock, packs, ledger.
";

/// Returns the text of the page.
///
/// # Errors
/// A defect in the configuration types.
pub fn reference() -> Result<String, String> {
    let mut out = HEAD.to_owned();
    let mut above = String::new();
    for section in sections()? {
        write(&mut out, &section, &above).map_err(|error| error.to_string())?;
        above.clone_from(&section.header);
    }
    Ok(out)
}

fn write(out: &mut String, section: &Section, above: &str) -> std::fmt::Result {
    // A list has one heading, and one table per kind of entry.
    if section.header != above {
        writeln!(out, "\n## `{}`\n\n{}", section.header, section.meaning)?;
    }
    let kind = section.keys.iter().find(|key| key.name == "kind");
    if let Some(kind) = kind {
        writeln!(out, "\nWith `kind = {}`:", kind.example)?;
    }
    if section.keys.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n| key | value | default | meaning | example |\n|---|---|---|---|---|"
    )?;
    for key in &section.keys {
        let default = key.default.as_ref().map(|text| format!("`{text}`")).unwrap_or_default();
        let cell = |text: &str| text.replace('|', "\\|");
        writeln!(
            out,
            "| `{}` | {} | {} | {} | `{}` |",
            key.name,
            cell(&key.kind),
            default,
            cell(&key.meaning),
            cell(&key.example)
        )?;
    }
    Ok(())
}
