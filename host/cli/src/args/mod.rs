//! The command line: every command, argument and help text.

mod config;
mod declare;
mod ledger;
mod rules;
mod signing;
mod simulator;

pub(crate) use config::ConfigCommand;
pub(crate) use declare::{Bench, Declare, Demo, InboxArgs, Map, Receipts, Retry, Run, Status, Submit};
pub(crate) use ledger::{Backup, Check, Export, Head, LedgerCommand, Show};
pub(crate) use rules::{By, DirectionArg, Explain, LayerArg, PackCommand, PackNew, SpecCommand, SpecExport, Validate};
pub(crate) use signing::{
    KeysArgs, Pay179Command, Policy, Sign, Tolerate, UkeyAgent, UkeySimulatorArgs, Unwrap, Verify, Wrap,
};
pub(crate) use simulator::SimulatorArgs;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use std::path::PathBuf;

/// Gateway between an ERP and China Customs' cross-border e-commerce system (海关跨境统一版系统, CEB).
///
/// Maps ERP documents to CEB messages, checks them against the rules in force, signs them, sends them through the
/// exchange platform (DXP) and matches the receipts that come back.
///
/// Start with `cebridge demo`: the whole job on sample data, no configuration.
#[derive(Debug, Parser)]
#[command(name = "cebridge", version, propagate_version = true, max_term_width = 110)]
#[command(
    after_help = "Exit codes: 0 done; 1 the input was judged and found wrong, or a declaration was refused; 2 the command could not do its work."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Results as tables for people or as JSON lines for programs
    #[arg(long, global = true, value_parser = formats(&["text", "json"]), default_value = "text")]
    pub(crate) format: Format,
    /// No progress bars and no notes on stderr; errors still appear
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// More detail on stderr; twice for still more
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Configuration file [default: ./cebridge.toml if it exists]
    #[arg(long, global = true, value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
}

/// Values of `--format`. `spec export` has its own formats under the same option, so all are of one type, and each
/// command accepts its part of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
    Xsd,
    JsonSchema,
    Html,
    Markdown,
}

fn formats(names: &'static [&'static str]) -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(names).try_map(|name| Format::from_str(&name, false))
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The whole job on sample data against the built-in customs simulator: no configuration needed
    Demo(Demo),
    /// Map, check, sign and send ERP data
    Declare(Declare),
    /// The daemon: watches intake, packs and receipts until it gets SIGTERM or Ctrl-C
    Run(Run),
    /// ERP data to business messages: unsigned XML, nothing is sent
    Map(Map),
    /// Judge CEB messages, receipts and DXP envelopes
    Validate(Validate),
    /// Explain a rule, with right and wrong examples, or a message, a field or a customs code
    Explain(Explain),
    /// Show whether, until when, how and by whom a message is signed, with the clause of every step
    Policy(Policy),
    /// Sign one message
    Sign(Sign),
    /// List the configured keys; check that they open and, with --test, sign
    Keys(KeysArgs),
    /// Verify the signature of a message
    Verify(Verify),
    /// Put a message into a DXP envelope (DxpMsg)
    Wrap(Wrap),
    /// Take the message out of a DXP envelope
    Unwrap(Unwrap),
    /// Show the state of a document: by order number, waybill number, guid or inventory number
    Status(Status),
    /// Receipts that came back
    Receipts(Receipts),
    /// Send again what could not be sent yet, or one named message
    Retry(Retry),
    /// Declare what is kept: drafts, and documents that are held at customs
    Submit(Submit),
    /// List files set aside from intake and receipts, and why; can take them again
    Inbox(InboxArgs),
    /// Messages that could not be sent
    DeadLetter,
    /// For auditors: prove the ledger, show a document's evidence, export a period, back up
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Rule packs: start, build, inspect, verify, test, compare, list
    #[command(subcommand)]
    Pack(PackCommand),
    /// Real-time payment data (支付原始数据) of Announcements 2018-165 and 2018-179
    #[command(subcommand)]
    Pay179(Pay179Command),
    /// The message standard, written from the packs
    #[command(subcommand)]
    Spec(SpecCommand),
    /// The customs side: takes envelopes, checks and compares, answers with receipts
    Simulator(SimulatorArgs),
    /// Run beside a customs card (UKey): connects out to the gateway and lets the card sign for it
    UkeyAgent(UkeyAgent),
    /// Simulate the local service of a customs card: a software key behind a PIN, with faults on demand
    UkeySimulator(UkeySimulatorArgs),
    /// The configuration: its faults, an example, its schema
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Check that the host can do its work today: configuration, folders, disk, clock, keys, packs, ledger, daemon
    Doctor,
    /// Measure this build on this machine, as ratios against named baselines in the same run
    Bench(Bench),
    /// Completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}
