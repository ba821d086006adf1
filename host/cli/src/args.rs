//! The command line: every command, argument and help text.

use cebridge_keys::ukey::simulator::Fault;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use std::net::SocketAddr;
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
    /// Configuration file [default: ./cebridge.toml when it is there]
    #[arg(long, global = true, value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
}

/// What `--format` can be. `spec export` has formats of its own under the same option, so all are of one type, and
/// each command takes its part of them.
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
    /// What a rule says, where it holds, why it exists, and how right and wrong look
    Explain(Explain),
    /// Whether, until when, how and by whom a message is signed, with the clause of every step
    Policy(Policy),
    /// Sign one message
    Sign(Sign),
    /// The keys of the configuration: whether they open and, with --test, sign
    Keys(KeysArgs),
    /// Verify the signature of a message
    Verify(Verify),
    /// Put a message into a DXP envelope (DxpMsg)
    Wrap(Wrap),
    /// Take the message out of a DXP envelope
    Unwrap(Unwrap),
    /// What became of a document: by order number, waybill number, guid or inventory number
    Status(Status),
    /// Receipts that came back
    Receipts(Receipts),
    /// Send dead letters again
    Retry(Retry),
    /// Messages that could not be sent
    DeadLetter,
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
    /// Beside a customs card (UKey): connects out to the gateway and lets the card sign for it
    UkeyAgent(UkeyAgent),
    /// The local service of a customs card without a card: a software key behind a PIN, with faults on demand
    UkeySimulator(UkeySimulatorArgs),
    /// Measure this build on this machine, as ratios against named baselines in the same run
    Bench(Bench),
    /// Completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Keep everything (ERP data, keys, ledger, envelopes, receipts, configuration) in this folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) keep: Option<PathBuf>,
    /// Number of sample orders
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) orders: u32,
    /// Seed of the sample data: the same seed gives the same orders
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Declare {
    /// ERP files
    #[arg(required = true, value_hint = ValueHint::FilePath)]
    pub(crate) inputs: Vec<PathBuf>,
    /// Mapper that reads them: `shop`, `ceb` or a plugin file (.wasm)
    #[arg(long, value_name = "NAME")]
    pub(crate) mapper: String,
    /// Enterprise that declares, by id or code [default: the only one, or the one that a document names]
    #[arg(long, value_name = "ID")]
    pub(crate) enterprise: Option<String>,
    /// Time of declaration, China Standard Time [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Stop before the ledger and print what would be sent
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Mapper for files directly in the intake folder; files in a subfolder go to the mapper of that name
    #[arg(long, value_name = "NAME", default_value = "shop")]
    pub(crate) mapper: String,
    /// Enterprise for files that lie in no folder of an enterprise [default: the only one, or the one they name]
    #[arg(long, value_name = "ID")]
    pub(crate) enterprise: Option<String>,
    /// End when there is nothing left to do
    #[arg(long)]
    pub(crate) once: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Map {
    /// ERP file
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) input: PathBuf,
    /// Mapper that reads it: `shop`, `ceb` or a plugin file (.wasm)
    #[arg(long, value_name = "NAME")]
    pub(crate) mapper: String,
    /// Folder for the messages [default: they go to stdout]
    #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) output: Option<PathBuf>,
    /// Enterprise in `BaseTransfer`, by id or code [default: the only one]
    #[arg(long, value_name = "ID")]
    pub(crate) enterprise: Option<String>,
    /// Time of declaration, China Standard Time [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
}

/// The rules that a command goes by.
#[derive(Debug, Args)]
pub(crate) struct By {
    /// Rules of this edition, for example 2022-05 [default: the one in force]
    #[arg(long, value_name = "E", conflicts_with = "at")]
    pub(crate) edition: Option<String>,
    /// Rules of the edition in force at this time
    #[arg(long, value_name = "DATE")]
    pub(crate) at: Option<String>,
    /// Rules of this pack file instead of the installed ones
    #[arg(long, value_name = "FILE", conflicts_with_all = ["edition", "at"], value_hint = ValueHint::FilePath)]
    pub(crate) pack: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Validate {
    /// Messages; a folder stands for every .xml file below it
    #[arg(required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) by: By,
    /// Only findings of this layer
    #[arg(long, value_enum)]
    pub(crate) layer: Option<LayerArg>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LayerArg {
    /// What the official XSD enforces
    Schema,
    /// What the text states or implies beyond the XSD
    Business,
    /// Who must sign what
    Signature,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Id of a rule as findings name it, or a message code to list its rules
    #[arg(value_name = "RULE|MESSAGE")]
    pub(crate) rule: String,
    /// With a message code: the field whose rules are listed, for example OrderHead/orderNo
    pub(crate) field: Option<String>,
    #[command(flatten)]
    pub(crate) by: By,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 answered; 1 the certificate can't sign this message on that day; 2 the question can't be answered."
)]
pub(crate) struct Policy {
    /// Message code, for example CEB311
    #[arg(value_name = "MESSAGE")]
    pub(crate) message: String,
    /// Day of declaration, China Standard Time [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) at: Option<String>,
    /// PEM file with the certificate that would sign
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) cert: Option<PathBuf>,
    /// State of the documents: 1 kept at the e-port (暂存), 2 declared (申报)
    #[arg(long, value_name = "STATUS", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub(crate) app_status: u8,
    /// Policy of this edition, for example 2022-05 [default: the one in force on the day]
    #[arg(long, value_name = "E")]
    pub(crate) edition: Option<String>,
    /// Policy of this pack file instead of the installed ones
    #[arg(long, value_name = "FILE", conflicts_with = "edition", value_hint = ValueHint::FilePath)]
    pub(crate) pack: Option<PathBuf>,
    /// Customs district code of the port, for its profile in [signing.ports] of the configuration
    #[arg(long, value_name = "CODE")]
    pub(crate) port: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Sign {
    /// Message
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// PEM file with the private key (password from CEBRIDGE_KEY_PASSWORD or a prompt)
    #[arg(long, value_name = "KEY", value_hint = ValueHint::FilePath)]
    pub(crate) key: PathBuf,
    /// PEM file with the certificate
    #[arg(long, value_name = "CERT", value_hint = ValueHint::FilePath)]
    pub(crate) cert: Option<PathBuf>,
    /// KeyName when there is no certificate to take the serial number from
    #[arg(long, value_name = "NAME", default_value = "0001", conflicts_with = "cert")]
    pub(crate) key_name: String,
    /// Algorithm profile: sm2-sm3, rsa-sha256 or rsa-sha1 [default: by the key: sm2-sm3 or rsa-sha256]
    #[arg(long, value_name = "P")]
    pub(crate) profile: Option<String>,
    /// Where to write [default: stdout]
    #[arg(long, short, value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct KeysArgs {
    /// Only the keys of this enterprise, by id or code
    #[arg(long, value_name = "ID")]
    pub(crate) enterprise: Option<String>,
    /// Have each key sign once, and verify the value by its certificate
    #[arg(long)]
    pub(crate) test: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Signed messages
    #[arg(required = true, value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
    /// PEM file with trusted certificates; without it only the mathematics is judged
    #[arg(long, value_name = "CA.pem", value_hint = ValueHint::FilePath)]
    pub(crate) trust: Option<PathBuf>,
    /// Search for the cause of a signature that does not verify, and say what the sender has to change
    #[arg(long)]
    pub(crate) explain: bool,
    /// Accept two named faults of layout that the customs UKey client makes, and report them
    #[arg(long, value_name = "WHAT", conflicts_with = "explain")]
    pub(crate) tolerate: Option<Tolerate>,
    /// Smallest RSA key accepted, in bits; old cards carry keys of 1024
    #[arg(long, value_name = "BITS", default_value_t = 1024)]
    pub(crate) min_rsa_bits: usize,
    /// Accept this profile beside the official ones; those that signing.ports of the configuration names are accepted
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_profile: Vec<String>,
}

/// What `verify` may forgive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Tolerate {
    /// SignedInfo indented after signing, and one line feed added behind the Signature
    UkeyLayout,
}

#[derive(Debug, Args)]
pub(crate) struct Wrap {
    /// Messages; each becomes one envelope
    #[arg(required = true, value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
    /// Enterprise that sends, by id or code [default: the only one]
    #[arg(long, value_name = "ID")]
    pub(crate) enterprise: Option<String>,
    /// `SenderId` [default: enterprise.dxp-id of the configuration]
    #[arg(long)]
    pub(crate) sender: Option<String>,
    /// `ReceiverId` [default: enterprise.receiver-id of the configuration, export-receiver-id for export messages]
    #[arg(long)]
    pub(crate) receiver: Option<String>,
    /// `CopMsgId` [default: a new one]
    #[arg(long, value_name = "ID")]
    pub(crate) cop_msg_id: Option<String>,
    /// File, or folder when there are several messages [default: stdout]
    #[arg(long, short, value_name = "OUT", value_hint = ValueHint::AnyPath)]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Unwrap {
    /// Envelope
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// Where to write the message [default: stdout]
    #[arg(long, short, value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Order number, waybill number, guid, inventory number or ERP record; without it all documents
    pub(crate) key: Option<String>,
    /// Only documents in this state, for example `waiting` or `returned`
    #[arg(long)]
    pub(crate) state: Option<String>,
    /// Only documents of this enterprise, by id or code
    #[arg(long, value_name = "ID")]
    pub(crate) enterprise: Option<String>,
    /// Also print every step, as an auditor reads it
    #[arg(long)]
    pub(crate) history: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Receipts {
    /// Key of the document; without it all receipts
    pub(crate) key: Option<String>,
    /// Only receipts for documents and messages of this enterprise, by id or code
    #[arg(long, value_name = "ID")]
    pub(crate) enterprise: Option<String>,
    /// Only receipts for which no document is known
    #[arg(long, conflicts_with = "enterprise")]
    pub(crate) unmatched: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Retry {
    /// CopMsgId of a message or key of a document; without it all dead letters
    pub(crate) key: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PackCommand {
    /// Bake rule source into one .wasm file; needs no toolchain
    Build {
        /// Folder of the edition (it holds edition.toml)
        #[arg(value_hint = ValueHint::DirPath)]
        dir: PathBuf,
        /// Pack file to write
        #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
        output: PathBuf,
        /// PEM file with the Ed25519 private key that signs the pack
        #[arg(long, value_name = "KEY", value_hint = ValueHint::FilePath)]
        sign: Option<PathBuf>,
    },
    /// Show manifest, messages, rules, interface and sizes
    Inspect {
        /// Pack file
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// Also list every rule
        #[arg(long)]
        rules: bool,
    },
    /// Prove that a pack is the shipped interpreter with other data
    Verify {
        /// Pack file
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// PEM file with trusted Ed25519 public keys: the pack must carry a signature by one of them
        #[arg(long, value_name = "PEM", value_hint = ValueHint::FilePath)]
        trust: Option<PathBuf>,
    },
    /// Run a pack's own cases
    Test {
        /// Pack file or folder of an edition
        #[arg(value_hint = ValueHint::AnyPath)]
        pack: PathBuf,
        /// Write what the rules find now into the .expect files of the folder; read the difference before you commit it
        #[arg(long)]
        bless: bool,
        /// Also list the rules that no case breaks
        #[arg(long)]
        coverage: bool,
    },
    /// Start an edition or a message: files that compile and pass their cases
    #[command(subcommand)]
    New(PackNew),
    /// Write the shipped rule source to a folder, to start from
    Rules {
        /// Folder to write; it must not hold rules yet
        #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
        output: PathBuf,
    },
    /// Packs that are installed, and since when each is in force
    List,
    /// What changes from one edition to another: messages, fields, facets, rules, codes, signatures
    Diff {
        /// Edition (2018-113), folder of an edition or pack file
        #[arg(value_name = "A", value_hint = ValueHint::AnyPath)]
        from: String,
        /// The other one
        #[arg(value_name = "B", value_hint = ValueHint::AnyPath)]
        to: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Pay179Command {
    /// Print the exact string that is signed, without a line end
    String {
        /// payExInfoStr, JSON: signed data as it stands, unsigned data as `sign` will write it
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Sign payment data: print the complete payExInfoStr
    Sign {
        /// payExInfoStr without certNo and signValue, JSON
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// PEM file with the private key (password from CEBRIDGE_KEY_PASSWORD or a prompt)
        #[arg(long, value_name = "KEY", value_hint = ValueHint::FilePath)]
        key: PathBuf,
        /// PEM file with the certificate that customs has on file
        #[arg(long, value_name = "CERT", value_hint = ValueHint::FilePath)]
        cert: PathBuf,
        /// Method: rsa-sha1, rsa-sha256 or sm2-sm3 [default: rsa-sha1 or sm2-sm3, as the key is]
        #[arg(long, value_name = "M")]
        method: Option<String>,
        /// Where to write [default: stdout]
        #[arg(long, short, value_name = "OUT", value_hint = ValueHint::FilePath)]
        output: Option<PathBuf>,
    },
    /// Verify a payExInfoStr from its bytes, and say what differs when it fails
    Verify {
        /// payExInfoStr, JSON
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// PEM file with the sender's certificate
        #[arg(long, value_name = "CERT", value_hint = ValueHint::FilePath)]
        cert: PathBuf,
        /// Accept only this method [default: rsa-sha1 and sm2-sm3]
        #[arg(long, value_name = "M")]
        method: Option<String>,
        /// Another serviceTime that the string may have been made with, for the explanation
        #[arg(long, value_name = "MS")]
        service_time: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SpecCommand {
    /// Write the standard as XSD, JSON Schema, a page to browse or Markdown
    Export(SpecExport),
}

#[derive(Debug, Args)]
pub(crate) struct SpecExport {
    /// xsd: a set of schema files; json-schema, html and markdown: one document
    #[arg(long, required = true, value_parser = formats(&["xsd", "json-schema", "html", "markdown"]))]
    pub(crate) format: Format,
    /// Edition, for example 2022-05 [default: the one in force; for html all of them]
    #[arg(long, value_name = "E")]
    pub(crate) edition: Option<String>,
    /// Only these messages
    #[arg(long, value_name = "CODE", num_args = 1..)]
    pub(crate) message: Vec<String>,
    /// File to write [default: stdout]; for xsd the folder, which is made when it is missing
    #[arg(long, short, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PackNew {
    /// An edition that takes over everything from its parent
    Edition {
        /// Name of the edition, for example 2026-01
        name: String,
        /// Edition that it changes
        #[arg(long, value_name = "PARENT")]
        extends: String,
        /// Rules folder (it holds `editions`)
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        dir: PathBuf,
        /// First day in force, YYYY-MM-DD [default: 9999-12-31, never by date]
        #[arg(long, value_name = "DATE")]
        effective_from: Option<String>,
        /// The notice that brings it
        #[arg(long, value_name = "TEXT")]
        notice: Option<String>,
    },
    /// A message with a head, a sample rule, a good case and a bad one
    Message {
        /// Code of the message, for example CEB217
        code: String,
        /// Folder of the edition (it holds edition.toml)
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        edition: PathBuf,
        /// Name of the root element [default: the code with Message behind it]
        #[arg(long, value_name = "NAME")]
        root: Option<String>,
        /// Name of the element that is one document
        #[arg(long, value_name = "NAME", default_value = "Document")]
        document: String,
        /// Direction of the goods
        #[arg(long, value_enum, default_value_t = DirectionArg::Import)]
        direction: DirectionArg,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DirectionArg {
    Import,
    Export,
    Both,
}

#[derive(Debug, Args)]
pub(crate) struct SimulatorArgs {
    /// Folder where the enterprise puts its envelopes
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) from: Option<PathBuf>,
    /// Folder where the receipts go
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) to: Option<PathBuf>,
    /// PEM file with trusted certificates; without it any certificate is accepted
    #[arg(long, value_name = "CA.pem", value_hint = ValueHint::FilePath)]
    pub(crate) trust: Option<PathBuf>,
    /// Time at which the customs' clock starts, China Standard Time: rules and signatures are judged by it [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// End when no envelope is left
    #[arg(long)]
    pub(crate) once: bool,
    /// Send each receipt this many times
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10))]
    pub(crate) repeat: u32,
    /// Send receipts in a shuffled order
    #[arg(long)]
    pub(crate) shuffle: bool,
    /// Lose every Nth receipt
    #[arg(long, value_name = "N")]
    pub(crate) lose: Option<u32>,
    /// Send a tax bill (CEB816) and its state (CEB818) after the release of an import inventory
    #[arg(long)]
    pub(crate) taxes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct UkeyAgent {
    /// The gateway that listens for agents; its certificate must name the host
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) gateway: String,
    /// PEM file with the authority of the gateway's certificate
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) ca: PathBuf,
    /// PEM file with the agent's certificate; its common name is the agent's name
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) cert: PathBuf,
    /// PEM file with the certificate's private key, readable by its owner only
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) key: PathBuf,
    /// The card's service on this machine (PIN from CEBRIDGE_UKEY_PIN or a prompt)
    #[arg(long, value_name = "URL", default_value = cebridge_keys::ukey::DEFAULT_SERVICE)]
    pub(crate) service: String,
}

#[derive(Debug, Args)]
pub(crate) struct UkeySimulatorArgs {
    /// Address to listen on
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:61232")]
    pub(crate) listen: SocketAddr,
    /// PEM file with the card's private key [default: a new SM2 key]
    #[arg(long, value_name = "KEY", requires = "cert", value_hint = ValueHint::FilePath)]
    pub(crate) key: Option<PathBuf>,
    /// PEM file with the card's certificate
    #[arg(long, value_name = "CERT", requires = "key", value_hint = ValueHint::FilePath)]
    pub(crate) cert: Option<PathBuf>,
    /// Environment variable with the card's PIN
    #[arg(long, value_name = "NAME", default_value = "CEBRIDGE_UKEY_PIN")]
    pub(crate) pin_env: String,
    /// Number of the card
    #[arg(long, value_name = "ID", default_value = "8990000000001")]
    pub(crate) card_id: String,
    /// Wrong PINs in a row that lock the card
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=15))]
    pub(crate) tries: u32,
    /// Most signatures in a minute; a real card makes about 250
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub(crate) rate: Option<u32>,
    /// A fault, NAME[=CALLS][@FIRST] or late=TIME[@FIRST]: hang=3, late=5s@2, out-of-order, foreign, light-off@4,
    /// close, garbage, wrong-value, unknown-error, no-greeting; may be given several times, and on stdin while it runs
    #[arg(long, value_name = "FAULT")]
    pub(crate) fault: Vec<Fault>,
}

#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Shorter and less exact
    #[arg(long)]
    pub(crate) brief: bool,
}
