//! Arguments of the customs simulator.

use cebridge_simulator::{Form, Odd};
use clap::{Args, ValueHint};
use jiff::SignedDuration;
use std::fmt::Write;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_long_help = odd_help(), after_help = "--help lists the forms of --odd.")]
pub(crate) struct SimulatorArgs {
    /// Folder where the enterprise puts its envelopes
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) from: Option<PathBuf>,
    /// Folder where the receipts go
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) to: Option<PathBuf>,
    /// Folder where customs remembers documents, drafts, numbers and unsent receipts: the next run with it continues
    /// there, even after a kill [default: everything is forgotten at the end]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) state: Option<PathBuf>,
    /// PEM file with trusted certificates; without it any certificate is accepted
    #[arg(long, value_name = "CA.pem", value_hint = ValueHint::FilePath)]
    pub(crate) trust: Option<PathBuf>,
    /// Time at which the customs' clock starts, China Standard Time: rules and signatures are judged by it [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// End once no envelope is left and every receipt has been sent; without --state, what was stored is then forgotten
    #[arg(long)]
    pub(crate) once: bool,
    /// Store inventories (120) and do not release them, so that they can be changed and withdrawn
    #[arg(long)]
    pub(crate) no_release: bool,
    /// Send a tax bill (CEB816) and its state (CEB818) after the release of an import inventory
    #[arg(long)]
    pub(crate) taxes: bool,
    /// Send each receipt this many times
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10), help_heading = "Faults")]
    pub(crate) repeat: u32,
    /// Send receipts in a shuffled order
    #[arg(long, help_heading = "Faults")]
    pub(crate) shuffle: bool,
    /// Lose every Nth receipt
    #[arg(long, value_name = "N", help_heading = "Faults")]
    pub(crate) lose: Option<u32>,
    /// Delay each receipt by this long, for example 3s or 500ms
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Faults")]
    pub(crate) late: Option<SignedDuration>,
    /// Write receipt files in these odd forms in turn; `all` is each of them alone, `+` joins forms, as in bare+gb18030
    #[arg(long, value_name = "FORM[,FORM…]|all", value_parser = forms, help_heading = "Faults")]
    pub(crate) odd: Option<Forms>,
    /// Write receipt files in two halves with this pause between, under their final names
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Faults")]
    pub(crate) slow: Option<SignedDuration>,
}

/// The forms of one `--odd`.
#[derive(Debug, Clone)]
pub(crate) struct Forms(pub(crate) Vec<Odd>);

fn forms(text: &str) -> Result<Forms, String> {
    if text == "all" {
        return Ok(Forms(Odd::all()));
    }
    let forms = text.split(',').map(str::parse);
    forms
        .collect::<Result<_, _>>()
        .map(Forms)
        .map_err(|error: cebridge_simulator::OddError| error.to_string())
}

fn duration(text: &str) -> Result<SignedDuration, String> {
    let parsed: Option<SignedDuration> = text.parse().ok();
    let positive = parsed.filter(|duration| !duration.is_negative());
    positive.ok_or_else(|| "a duration such as 3s, 500ms or 1m is wanted".to_owned())
}

fn odd_help() -> String {
    let mut out = String::from("Forms of --odd; a receiver that reads leniently understands each of them:\n");
    for (_, name, explanation) in Form::ALL {
        // Writing to a string can't fail.
        let _ = write!(out, "\n  {name:<18}{explanation}");
    }
    out
}
