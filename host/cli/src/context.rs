//! Shared by all commands: options, configuration, files, passwords and failures.

use crate::args::{By, Format, Global};
use crate::person::person;
use cebridge_clock::{self as clock, SystemClock};
use cebridge_engine::Engine;
use cebridge_engine::EngineError;
use cebridge_engine::checks;
use cebridge_engine::config::{Config, ConfigError};
use cebridge_engine::packs::{Choice, Packs, read_pack};
use cebridge_engine::signers::Signers;
use cebridge_http::StartError;
use cebridge_keys::{
    Agents, Environment, FileError, KeyPlace, KeyPool, KeySource, OpenCause, OpenError, PoolError, PoolSettings,
    Secrets, load_key, open,
};
use cebridge_ledger::{LedgerError, PutBack};
use cebridge_runtime::{LoadError, LoadedPack, PackFile, PluginFault, RuntimeError};
use cebridge_signature::{CertificateError, KeyError, SignError, Signer};
use cebridge_simulator::SimulatorError;
use cebridge_spec::StandardError;
use cebridge_transport::TransportError;
use cebridge_ukey::{Gateway, GatewayObserver, GatewayTimes};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use std::cell::RefCell;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Reason a command could not do its work: exit code 2.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{action} {}: {source}", path.display())]
    File {
        action: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(transparent)]
    Http(#[from] StartError),
    #[error("cannot write the output: {0}")]
    Output(#[from] std::io::Error),
    #[error("{0}")]
    Other(String),
}

impl Failure {
    /// Returns further lines with advice.
    pub(crate) fn help(&self) -> Vec<String> {
        match self {
            Self::Engine(EngineError::Key(KeyError::PasswordMissing)) => {
                vec!["set CEBRIDGE_KEY_PASSWORD, or run the command in a terminal to be asked".to_owned()]
            }
            _ => Vec::new(),
        }
    }
}

macro_rules! failures {
    ($($error:ty),* $(,)?) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::Engine(error.into())
            }
        })*
    };
}
failures!(
    LedgerError,
    LoadError,
    RuntimeError,
    PluginFault,
    TransportError,
    KeyError
);

macro_rules! other_failures {
    ($($error:ty),* $(,)?) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::Other(error.to_string())
            }
        })*
    };
}
other_failures!(SignError, SimulatorError, CertificateError, StandardError, PoolError);

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::Other(key_text(&error, &error))
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::Other(match &error.cause {
            OpenCause::File(cause) => key_text(&error, cause),
            _ => error.to_string(),
        })
    }
}

/// Describes a key error and, if the password is missing, how to supply it.
fn key_text(error: &dyn std::fmt::Display, cause: &FileError) -> String {
    let way_out = match cause {
        FileError::Key {
            source: KeyError::PasswordMissing,
            ..
        } => "; set CEBRIDGE_KEY_PASSWORD, or run the command in a terminal to be asked",
        _ => "",
    };
    format!("{error}{way_out}")
}

/// Options and configuration of this invocation.
pub(crate) struct Context {
    pub(crate) global: Global,
    pub(crate) config: Config,
}

impl Context {
    pub(crate) fn new(global: Global) -> Result<Self, Failure> {
        let (config, faults) = Config::examine(global.config.as_deref())?;
        if !faults.is_empty() {
            // All faults at once, whichever part of the program finds them.
            checks::refuse(faults.and(checks::of_names(&config)))?;
        }
        clock::choose_zone(clock::parse_zone(&config.log.time_zone).map_err(Failure::Other)?);
        Ok(Self { global, config })
    }

    pub(crate) fn json(&self) -> bool {
        self.global.format == Format::Json
    }

    /// Prints a note for people on stderr.
    pub(crate) fn note(&self, text: &str) {
        if !self.global.quiet {
            complain!("{text}");
        }
    }

    /// Prints a note only with `-v`.
    pub(crate) fn detail(&self, text: &str) {
        if self.global.verbose > 0 {
            self.note(text);
        }
    }

    /// Opens ledger, folders, packs and keys.
    pub(crate) fn engine(&self, keys: Keys<'_>) -> Result<Engine, Failure> {
        self.engine_with(keys, None)
    }

    /// Starts the gateway for agents of customs cards, if configured and needed. Keep it as long as the keys.
    pub(crate) fn gateway(&self) -> Result<Option<Gateway>, Failure> {
        let (quiet, detail) = (self.global.quiet, self.global.verbose > 0);
        let observer: GatewayObserver = Arc::new(move |event| {
            if detail && !quiet {
                complain!("{event}");
            }
        });
        let behind_agent = |source: &KeySource| matches!(source.place, KeyPlace::Ukey { .. });
        let all = self.config.all_enterprises().iter();
        let needed = all
            .flat_map(|one| self.config.keys_of(one))
            .any(|source| behind_agent(&source));
        let config = self.config.ukey_gateway.as_ref().filter(|_| needed);
        let gateway = config.map(|config| Gateway::start(config, GatewayTimes::default(), observer));
        gateway.transpose().map_err(|error| Failure::Other(error.to_string()))
    }

    /// As [`Self::engine`], with agents that keys may be behind.
    pub(crate) fn engine_with(&self, keys: Keys<'_>, agents: Option<&dyn Agents>) -> Result<Engine, Failure> {
        let signers = self.keys(keys, agents)?;
        let engine = Engine::open_for(&person(), self.config.clone(), signers, Arc::new(SystemClock))?;
        put_back(&engine);
        for line in engine.packs.take_up(&self.config)? {
            self.note(&line);
        }
        Ok(engine)
    }

    /// As [`Self::engine_with`], but leaves the packs folder to the daemon.
    pub(crate) fn bare_engine(&self, keys: Keys<'_>, agents: Option<&dyn Agents>) -> Result<Engine, Failure> {
        let signers = self.keys(keys, agents)?;
        let engine = Engine::open(self.config.clone(), signers, Arc::new(SystemClock))?;
        put_back(&engine);
        Ok(engine)
    }

    fn keys(&self, keys: Keys<'_>, agents: Option<&dyn Agents>) -> Result<Signers, Failure> {
        match keys {
            Keys::None => Ok(Signers::none()),
            Keys::Of(name) => self.signers(name, agents),
        }
    }

    /// Opens the keys of the named enterprise, or of all.
    fn signers(&self, name: Option<&str>, agents: Option<&dyn Agents>) -> Result<Signers, Failure> {
        let chosen = self.config.chosen_enterprises(name)?;
        let mut signers = Signers::none();
        for enterprise in chosen {
            let sources = self.config.keys_of(enterprise);
            if !sources.is_empty() {
                let keys = sources
                    .iter()
                    .map(|source| open(source, &Terminal, agents))
                    .collect::<Result<Vec<_>, _>>()?;
                signers.add(enterprise, KeyPool::new(keys, &PoolSettings::default())?);
            }
            if enterprise.roles.is_empty() {
                self.detail(&format!(
                    "{} has no roles in the configuration: who may declare which document is not checked",
                    enterprise.id()
                ));
            }
        }
        Ok(signers)
    }

    /// Returns the customs code of the enterprise named in an option, for ledger queries.
    pub(crate) fn code_of(&self, name: Option<&str>) -> Result<Option<String>, Failure> {
        let chosen = name.map(|name| self.config.choose_enterprise(Some(name))).transpose()?;
        Ok(chosen.map(|one| one.code.clone()))
    }

    /// Returns the pack a command is to use, and the packs it was chosen from.
    pub(crate) fn pack_by(&self, by: &By) -> Result<(Packs, Arc<LoadedPack>), Failure> {
        if let Some(path) = &by.pack {
            return self.pack_file(path);
        }
        let (packs, lines) = Packs::open_telling(&self.config)?;
        lines.iter().for_each(|line| self.note(line));
        let pack = packs.choose(&choice(by.edition.as_deref(), by.at.as_deref())?)?;
        Ok((packs, pack))
    }

    /// Loads the pack of a file, whatever its code and signature; prints reservations about it first.
    pub(crate) fn pack_file(&self, path: &Path) -> Result<(Packs, Arc<LoadedPack>), Failure> {
        let packs = Packs::empty(&self.config)?;
        let file = read_pack(path)?;
        reservations(&packs, &file, path)?;
        let pack = Arc::new(packs.load(file)?);
        Ok((packs, pack))
    }

    /// Returns progress bars on stderr for long work; silent if stderr is not a terminal, in JSON, or with `--quiet`.
    pub(crate) fn progress(&self) -> Bars {
        Bars {
            on: !self.global.quiet && !self.json() && std::io::stderr().is_terminal(),
            bar: RefCell::new(None),
        }
    }
}

fn put_back(engine: &Engine) {
    if let Some(put_back) = &engine.put_back {
        put_back_warning(put_back);
    }
}

/// Warns, even with `--quiet`, that the ledger was put back from a copy, and what to do.
fn put_back_warning(put_back: &PutBack) {
    let made_at = clock::spoken(put_back.made_at);
    complain!(
        "WARNING: this ledger was restored from the backup of {made_at}. It knows nothing of what happened since."
    );
    complain!(
        "  {} messages that were not sent by then are HELD, as they may have been sent since (`cebridge dead-letter`).",
        put_back.held.len()
    );
    for id in &put_back.held {
        complain!("  held: {id}");
    }
    complain!("  1. Let receipts come in: they show what customs has.");
    complain!(
        "  2. Look on the platform for each held message; `cebridge retry COPMSGID` sends one that is not there."
    );
    complain!(
        "  3. ERP files submitted after that time are unknown here. Before you resubmit one, query its \
         documents at customs: they would be declared under new guids."
    );
}

/// The keys a command needs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Keys<'a> {
    /// Nothing is signed.
    None,
    /// Those of the named enterprise, or of all.
    Of(Option<&'a str>),
}

/// Takes passwords and PINs from the environment or, on a terminal, from a prompt.
pub(crate) struct Terminal;

impl Secrets for Terminal {
    fn variable(&self, name: &str) -> Option<Zeroizing<String>> {
        Environment.variable(name)
    }

    fn ask(&self, question: &str) -> Option<Zeroizing<String>> {
        if !std::io::stdin().is_terminal() {
            return None;
        }
        // Without an answer, opening the key reports what is missing.
        rpassword::prompt_password(question).ok().map(Zeroizing::new)
    }
}

/// Progress bars, one for each stage.
pub(crate) struct Bars {
    on: bool,
    bar: RefCell<Option<(&'static str, ProgressBar)>>,
}

impl Bars {
    /// Returns `true` if the bars are shown.
    pub(crate) fn visible(&self) -> bool {
        self.on
    }

    /// Shows the progress of a stage.
    pub(crate) fn show(&self, stage: &'static str, done: u64, total: u64) {
        if !self.on || total < 2 {
            return;
        }
        let mut slot = self.bar.borrow_mut();
        if slot.as_ref().is_none_or(|(name, _)| *name != stage) {
            if let Some((_, bar)) = slot.take() {
                bar.finish_and_clear();
            }
            let bar = ProgressBar::new(total);
            let style = ProgressStyle::with_template("{msg:>10} [{bar:40}] {pos}/{len} {eta}");
            bar.set_style(
                style
                    .unwrap_or_else(|_| ProgressStyle::default_bar())
                    .progress_chars("=> "),
            );
            bar.set_message(stage);
            *slot = Some((stage, bar));
        }
        if let Some((_, bar)) = slot.as_ref() {
            bar.set_length(total);
            bar.set_position(done);
        }
    }

    /// Removes the bar.
    pub(crate) fn clear(&self) {
        if let Some((_, bar)) = self.bar.borrow_mut().take() {
            bar.finish_and_clear();
        }
    }
}

/// Warns of everything that keeps a pack file out of force, before it is used for anything.
pub(crate) fn reservations(packs: &Packs, pack: &PackFile, file: &Path) -> Result<(), Failure> {
    for text in packs.reservations(pack)? {
        complain!("WARNING: {}: {text}", file.display());
    }
    Ok(())
}

/// Reads a key file and pairs it with its certificate; the password of an encrypted key comes from
/// `CEBRIDGE_KEY_PASSWORD` or a prompt.
pub(crate) fn open_key(key: &Path, certificate: Option<&Path>) -> Result<Signer, Failure> {
    let question = format!("Password of {}: ", key.display());
    let password = || {
        Terminal
            .variable("CEBRIDGE_KEY_PASSWORD")
            .or_else(|| Terminal.ask(&question))
    };
    let found = load_key(key, certificate, &password)?;
    Ok(match found.certificate {
        Some(certificate) => Signer::with_key(found.key, certificate)?,
        None => Signer::bare(found.key, found.public),
    })
}

/// Bytes of the largest file that is read at once; a mapper has no more memory. Pipes and devices may have no end.
const LARGEST: u64 = 256 << 20;

/// Reads a file; an error names it.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let fail = |source| Failure::File {
        action: "cannot read",
        path: path.to_owned(),
        source,
    };
    let file = std::fs::File::open(path).map_err(fail)?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() as u64 > LARGEST {
        let text = format!("it is larger than {} MiB; split it", LARGEST >> 20);
        return Err(fail(std::io::Error::new(std::io::ErrorKind::FileTooLarge, text)));
    }
    Ok(bytes)
}

/// Writes a secret to a new file that only its owner may read.
pub(crate) fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| file.write_all(bytes));
    written.map_err(|source| Failure::File {
        action: "cannot write",
        path: path.to_owned(),
        source,
    })
}

/// Writes a file atomically: into a temporary file beside it, then renamed.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let fail = |source| Failure::File {
        action: "cannot write",
        path: path.to_owned(),
        source,
    };
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let temporary = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    std::fs::write(&temporary, bytes).map_err(fail)?;
    std::fs::rename(&temporary, path).map_err(|source| {
        // The temporary file is useless now; the error that matters is the one from the rename.
        let _ = std::fs::remove_file(&temporary);
        fail(source)
    })
}

/// Returns the moment of `--at`, or now.
pub(crate) fn moment(at: Option<&str>) -> Result<Timestamp, Failure> {
    at.map_or_else(
        || Ok(Timestamp::now()),
        |text| clock::parse_moment(text).map_err(Failure::Other),
    )
}

/// Returns the edition that `--edition` or `--at` asks for; today's without them.
pub(crate) fn choice(edition: Option<&str>, at: Option<&str>) -> Result<Choice, Failure> {
    Ok(match edition {
        Some(edition) => Choice::Edition(edition.to_owned()),
        None => Choice::Day(clock::day(moment(at)?)),
    })
}
