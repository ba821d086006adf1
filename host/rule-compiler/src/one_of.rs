//! Checks words of which only some are allowed.

use crate::text::{Sources, Text};

/// Reports a text that is not one of the allowed values.
pub(crate) fn one_of(key: &str, value: &Text, allowed: &[&str], sources: &Sources<'_>) {
    if !allowed.contains(&value.value.as_str()) {
        let list: Vec<String> = allowed.iter().map(|one| format!("\"{one}\"")).collect();
        sources.error(
            value.at,
            format!("`{key}` cannot be \"{}\"", value.value),
            format!("write one of {}", list.join(", ")),
        );
    }
}
