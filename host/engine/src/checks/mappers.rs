//! Checks mapper settings, keyed by the mapper's own name or by its file, against those it declares.

use super::refuse;
use crate::config::{Config, Fault, Faults, KeyPath};
use crate::error::EngineError;
use crate::intake::mappers_of_folders;
use crate::mappers::{Table, is_file, load_mapper, tables_of};
use cebridge_rule_compiler::near::nearest;
use cebridge_runtime::mapping::MapperInfo;
use cebridge_runtime::{MapperPlugin, Sandbox, shipped_mappers};
use std::path::Path;

/// Loads a mapper, and checks the mapper's configured settings against those it takes.
///
/// # Errors
/// As [`load_mapper`], or settings that it does not take.
pub fn configured_mapper(config: &Config, sandbox: &Sandbox, name: &str) -> Result<MapperPlugin, EngineError> {
    let mapper = load_mapper(sandbox, name)?;
    refuse(of_mapper(config, mapper.describe(), name))?;
    Ok(mapper)
}

/// Faults in the settings of a mapper in use, and tables whose name is close to that of a known mapper.
#[must_use]
pub fn of_mapper(config: &Config, mapper: &MapperInfo, argument: &str) -> Faults {
    let mut faults = Vec::new();
    for (name, table) in tables_of(config, mapper, argument) {
        faults.extend(unknown_settings(config, mapper, name, table));
    }
    let known: Vec<&str> = shipped_names().chain([mapper.name.as_str()]).collect();
    for name in config.mapper.keys() {
        if !is_file(name) && !known.contains(&name.as_str()) && is_near(name, &known) {
            faults.push(unknown_mapper(config, name, &known));
        }
    }
    Faults::new(faults)
}

fn shipped_names<'n>() -> impl Iterator<Item = &'n str> {
    shipped_mappers().iter().map(|(name, _)| *name)
}

fn unknown_mapper(config: &Config, name: &str, known: &[&str]) -> Fault {
    let path = KeyPath::of("mapper").key(name);
    let fault = Fault::of_name(&config.origin, &path, "no mapper of this name is known here");
    fault.near(name, known.iter().copied()).expected(format!(
        "Known are {}. A plugin file is meant by the name that it gives itself, once it has an intake folder or is named by \
         --mapper, or by its file: [mapper.\"folder/file.wasm\"].",
        known.join(", ")
    ))
}

fn unknown_settings(config: &Config, mapper: &MapperInfo, table: &str, settings: &Table) -> Vec<Fault> {
    let known: Vec<&str> = mapper.settings.iter().map(|(name, _)| name.as_str()).collect();
    // A mapper from before settings were checked may not declare the ones it reads.
    if known.is_empty() && is_file(table) {
        return Vec::new();
    }
    let unknown = settings.iter().filter(|(name, _)| !known.contains(&name.as_str()));
    unknown
        .map(|(name, value)| {
            let path = KeyPath::of("mapper").key(table).key(name);
            let problem = format!("the mapper {} has no such setting", mapper.name);
            let fault = Fault::of_name(&config.origin, &path, problem).value(value.to_string());
            let told: Vec<String> = mapper
                .settings
                .iter()
                .map(|(name, meaning)| format!("{name} ({meaning})"))
                .collect();
            let expected = match told.is_empty() {
                true => "It takes no settings.".to_owned(),
                false => format!("Its settings are {}.", told.join("; ")),
            };
            fault.near(name, known.iter().copied()).expected(expected)
        })
        .collect()
}

/// Faults in all tables, by the mappers that can be found: shipped ones, those of the intake folders, the files that
/// the configuration names, and those in `more`. A mapper that can't be loaded becomes a remark.
pub(super) fn all(config: &Config, sandbox: &Sandbox, more: &[String]) -> (Faults, Vec<String>) {
    look(config, sandbox, more, |_, _| true)
}

/// As [`all`], for commands that may not know all mappers: a table of an unknown name is a fault only if the name is
/// close to a known one.
pub(super) fn of_known(config: &Config, sandbox: &Sandbox) -> Faults {
    look(config, sandbox, &[], is_near).0
}

fn is_near(name: &str, known: &[&str]) -> bool {
    !nearest(name, known.iter().copied()).is_empty()
}

/// Finds the faults; `wrong` decides which unknown names are faults.
fn look(
    config: &Config,
    sandbox: &Sandbox,
    more: &[String],
    wrong: impl Fn(&str, &[&str]) -> bool,
) -> (Faults, Vec<String>) {
    let (mut faults, mut remarks) = (Vec::new(), Vec::new());
    if config.mapper.is_empty() {
        return (Faults::default(), remarks);
    }
    let mut arguments: Vec<String> = mappers_of_folders(config);
    arguments.extend(more.iter().cloned());
    for name in config.mapper.keys() {
        let place = |path: &Path| path.is_file().then(|| path.to_string_lossy().into_owned());
        let found = place(Path::new(name)).or_else(|| place(&config.path(Path::new(name))));
        match (is_file(name), found) {
            (true, Some(found)) => arguments.push(found),
            (true, None) => {
                let fault = Fault::of_name(
                    &config.origin,
                    &KeyPath::of("mapper").key(name),
                    "there is no such file",
                );
                faults.push(fault.expected("Write the path of the plugin file, from the folder of the configuration."));
            }
            (false, _) if shipped_names().any(|shipped| shipped == name) => arguments.push(name.clone()),
            (false, _) => {}
        }
    }
    arguments.sort();
    arguments.dedup();
    let mut found: Vec<(String, MapperPlugin)> = Vec::new();
    for argument in arguments {
        match load_mapper(sandbox, &argument) {
            Ok(mapper) => found.push((argument, mapper)),
            Err(error) => remarks.push(format!("the mapper {argument} is not looked at: {error}")),
        }
    }
    for (argument, mapper) in &found {
        for (name, table) in tables_of(config, mapper.describe(), argument) {
            faults.extend(unknown_settings(config, mapper.describe(), name, table));
        }
    }
    let known: Vec<&str> = shipped_names()
        .chain(found.iter().map(|(_, mapper)| mapper.describe().name.as_str()))
        .collect();
    for name in config.mapper.keys() {
        if !is_file(name) && !known.contains(&name.as_str()) && wrong(name, &known) {
            faults.push(unknown_mapper(config, name, &known));
        }
    }
    (Faults::new(faults), remarks)
}
