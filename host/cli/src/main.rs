//! The `cebridge` command: arguments, printing and exit codes; no logic.

#[macro_use]
mod output;
mod args;
mod bench;
mod commands;
mod context;
mod many;
mod person;

use args::{Cli, Command, PackCommand};
use cebridge_engine::checks;
use clap::{CommandFactory, Parser};
use context::Context;
use std::io;
use std::process::ExitCode;

/// Suited to documents: many small texts on many threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Outcome of a command, as an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Done, and all is well.
    Good,
    /// The input was judged and found wrong, or a declaration was refused.
    Wrong,
}

impl Outcome {
    fn good_if(good: bool) -> Self {
        if good { Self::Good } else { Self::Wrong }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(Outcome::Good) => ExitCode::SUCCESS,
        Ok(Outcome::Wrong) => ExitCode::from(1),
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            complain!("cebridge: {error}");
            for help in error.help() {
                complain!("  {help}");
            }
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli) -> Result<Outcome, context::Failure> {
    if let Command::Completions { shell } = cli.command {
        clap_complete::generate(shell, &mut Cli::command(), "cebridge", &mut io::stdout());
        return Ok(Outcome::Good);
    }
    // These two must work even if the configuration is faulty.
    match &cli.command {
        Command::Config(command) => return commands::config::run(&cli.global, command),
        Command::Doctor => return commands::doctor::run(&cli.global),
        _ => {}
    }
    let context = Context::new(cli.global)?;
    let faults = checks::of_names(&context.config);
    match &cli.command {
        // Whoever makes or exchanges packs may name a rule before the pack that brings it is in force.
        Command::Pack(command) if !matches!(command, PackCommand::List { .. }) => {
            faults.iter().for_each(|fault| context.note(&fault.to_string()))
        }
        _ => checks::refuse(faults)?,
    }
    match cli.command {
        Command::Demo(args) => commands::demo::run(&context, &args),
        Command::Declare(args) => commands::declare::run(&context, &args),
        Command::Run(args) => commands::daemon::run(&context, &args),
        Command::Map(args) => commands::map::run(&context, &args),
        Command::Validate(args) => commands::validate::run(&context, &args),
        Command::Explain(args) => commands::explain::run(&context, &args),
        Command::Policy(args) => commands::policy::run(&context, &args),
        Command::Sign(args) => commands::signature::sign(&context, &args),
        Command::Keys(args) => commands::keys::run(&context, &args),
        Command::Verify(args) => commands::verify::run(&context, &args),
        Command::Wrap(args) => commands::envelope::wrap(&context, &args),
        Command::Unwrap(args) => commands::envelope::unwrap(&context, &args),
        Command::Status(args) => commands::ledger::status(&context, &args),
        Command::Receipts(args) => commands::ledger::receipts(&context, &args),
        Command::Retry(args) => commands::ledger::retry(&context, &args),
        Command::Submit(args) => commands::declare::submit(&context, &args),
        Command::Inbox(args) => commands::inbox::run(&context, &args),
        Command::DeadLetter => commands::ledger::dead_letters(&context),
        Command::Ledger(command) => commands::audit::run(&context, &command),
        Command::Pack(command) => commands::pack::run(&context, &command),
        Command::Pay179(command) => commands::pay179::run(&context, &command),
        Command::Spec(command) => commands::spec::run(&context, &command),
        Command::Simulator(args) => commands::simulator::run(&context, &args),
        Command::UkeyAgent(args) => commands::ukey::agent(&context, &args),
        Command::UkeySimulator(args) => commands::ukey::simulator(&context, &args),
        Command::Bench(args) => bench::run(&context, &args),
        Command::Completions { .. } | Command::Config(_) | Command::Doctor => Ok(Outcome::Good),
    }
}
