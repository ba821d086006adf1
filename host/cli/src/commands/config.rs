//! `config`: checks a configuration; prints an example, the schema and the reference.

use crate::Outcome;
use crate::args::{ConfigCommand, Format, Global};
use crate::context::{Failure, Terminal};
use crate::output::{json_line, line, raw};
use cebridge_engine::checks;
use cebridge_engine::config::{Config, example, reference, schema};
use std::path::Path;

pub(crate) fn run(global: &Global, command: &ConfigCommand) -> Result<Outcome, Failure> {
    match command {
        ConfigCommand::Check { file, mapper } => check(global, file.as_deref().or(global.config.as_deref()), mapper),
        ConfigCommand::Example => raw(example().map_err(Failure::Other)?.as_bytes()).map(|()| Outcome::Good),
        ConfigCommand::Reference => raw(reference().map_err(Failure::Other)?.as_bytes()).map(|()| Outcome::Good),
        ConfigCommand::Schema => {
            let text = serde_json::to_string_pretty(schema()).map_err(|error| Failure::Other(error.to_string()))?;
            line(&text).map(|()| Outcome::Good)
        }
    }
}

fn check(global: &Global, file: Option<&Path>, mappers: &[String]) -> Result<Outcome, Failure> {
    let Some(file) = Config::file(file) else {
        let text =
            "there is no cebridge.toml here; name a file, or begin with `cebridge config example > cebridge.toml`";
        return Err(Failure::Other(text.to_owned()));
    };
    let (_, report) = checks::everything(Some(&file), mappers, &Terminal)?;
    let faults = &report.faults;
    for fault in faults.iter() {
        match global.format {
            Format::Json => json_line(fault)?,
            _ => line(&fault.to_string())?,
        }
    }
    if !global.quiet {
        report.remarks.iter().for_each(|remark| complain!("{remark}"));
        match faults.iter().count() {
            0 => complain!("{}: no fault", file.display()),
            1 => complain!("{}: 1 fault", file.display()),
            many => complain!("{}: {many} faults", file.display()),
        }
    }
    Ok(Outcome::good_if(faults.is_empty()))
}
