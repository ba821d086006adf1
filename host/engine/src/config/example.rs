//! The example: a whole `cebridge.toml` with every key, its default and its meaning.

use super::layout::{Key, Section, sections};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Header of the file.
const HEAD: &str = "\
# Configuration of cebridge: every setting. Those that are written have this value by default, those behind # are not set.
# `cebridge config check` reads a file as the host does and names every fault in it.
# An editor with Taplo checks and completes it by a schema: `cebridge config schema > cebridge.schema.json`, and this line:
#:schema ./cebridge.schema.json
";
/// Longest line of a comment, in characters.
const WIDTH: usize = 118;

/// Returns the text of the example. Read as a configuration, it sets nothing but the defaults.
///
/// # Errors
/// A defect in the configuration types.
pub fn example() -> Result<String, String> {
    let mut out = HEAD.to_owned();
    let mut told = BTreeSet::new();
    for section in sections()? {
        write(&mut out, &section, &mut told).map_err(|error| error.to_string())?;
    }
    Ok(out)
}

fn write(out: &mut String, section: &Section, told: &mut BTreeSet<(String, String)>) -> std::fmt::Result {
    out.push('\n');
    if told.insert((section.header.clone(), section.meaning.clone())) {
        comment(out, &section.meaning)?;
    }
    writeln!(out, "{}{}", if section.is_example { "#" } else { "" }, section.header)?;
    for key in &section.keys {
        // A description shared by several tables is printed once.
        if told.insert((key.name.clone(), key.meaning.clone())) {
            comment(out, &key.meaning)?;
        }
        line(out, section, key)?;
    }
    Ok(())
}

fn line(out: &mut String, section: &Section, key: &Key) -> std::fmt::Result {
    let (name, example) = (&key.name, &key.example);
    match &key.default {
        Some(default) if !section.is_example => {
            let more = match default.as_str() {
                "\"\"" | "[]" if default != example => format!("  # for example {example}"),
                _ => String::new(),
            };
            writeln!(out, "{name} = {default}{more}")
        }
        _ => writeln!(out, "#{name} = {example}"),
    }
}

fn comment(out: &mut String, text: &str) -> std::fmt::Result {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + word.chars().count() + 3 > WIDTH {
            writeln!(out, "# {line}")?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if line.is_empty() {
        Ok(())
    } else {
        writeln!(out, "# {line}")
    }
}
