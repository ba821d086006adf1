//! Arguments of `config`.

use clap::{Subcommand, ValueHint};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// All faults of a configuration: keys, values, files, keys against certificates, rules, editions, mappers
    Check {
        /// The file [default: --config, else ./cebridge.toml]
        #[arg(value_hint = ValueHint::FilePath)]
        file: Option<PathBuf>,
        /// A mapper that is named on the command line only, so that its settings are known too
        #[arg(long, value_name = "FILE")]
        mapper: Vec<String>,
    },
    /// A whole file with every key, its default and its meaning
    Example,
    /// The JSON Schema of the file, for editors
    Schema,
    /// Every section and key as a page of Markdown
    Reference,
}
