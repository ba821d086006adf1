//! Reads the text of a file into a configuration, collecting every fault.

use super::fault::{Fault, Faults};
use super::place::{KeyPath, Origin};
use super::{Config, shape, values};
use serde::Deserialize;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, Deserializer};

/// Reads a text and collects its faults. Anything that can't be read gets its default.
pub(super) fn read(path: &Path, text: &str) -> (Config, Faults) {
    let origin = Origin::new(path, text);
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        // Without valid TOML, any further fault would be a guess.
        let fault = |error: &toml::de::Error| {
            let at = error.span().unwrap_or(0..0);
            Fault::of_text(&origin, at, error.message().trim_end())
        };
        return (Config::default(), Faults::new(errors.iter().map(fault).collect()));
    }
    let (left, mut faults) = shape::check(&origin, root.into_inner());
    let mut config = sections(&origin, left, &mut faults);
    config.base = path.parent().map(Path::to_owned).unwrap_or_default();
    config.origin = origin;
    config.rebase();
    faults.extend(values::access(&mut config));
    faults.extend(values::check(&config));
    (config, Faults::new(faults))
}

/// Reads the sections; one that can't be read is left out and does not hide the faults of the others.
fn sections(origin: &Origin, mut left: DeTable<'_>, faults: &mut Vec<Fault>) -> Config {
    let names: Vec<String> = left.keys().map(|key| key.get_ref().to_string()).collect();
    for name in names {
        let one = left.iter().filter(|(key, _)| *key.get_ref() == name.as_str());
        let alone: DeTable<'_> = one.map(|(key, value)| (key.clone(), value.clone())).collect();
        let at = alone.keys().next().map_or(0..0, Spanned::span);
        if let Err(error) = config(alone) {
            let fault = Fault::at(
                origin,
                error.span().unwrap_or(at),
                &KeyPath::of(&name),
                error.message().trim_end(),
            );
            faults.push(fault);
            left.remove(name.as_str());
        }
    }
    // Each section has been read on its own; together they give the same.
    config(left).unwrap_or_default()
}

fn config(table: DeTable<'_>) -> Result<Config, toml::de::Error> {
    Config::deserialize(Deserializer::from(Spanned::new(0..0, table)))
}
