//! Signatures, keys, envelopes and payment data.

use cebridge_ukey::simulator::Fault;
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use std::net::SocketAddr;
use std::path::PathBuf;

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
    /// Have each key sign once and verify the result with its certificate; report what will stop it within 30 days
    #[arg(long)]
    pub(crate) test: bool,
    /// Day by which the certificates and the signature policy are judged [default: today]
    #[arg(long, value_name = "TIME", requires = "test")]
    pub(crate) at: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Signed messages
    #[arg(required = true, value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
    /// PEM file with trusted certificates; without it only the cryptography is checked
    #[arg(long, value_name = "CA.pem", value_hint = ValueHint::FilePath)]
    pub(crate) trust: Option<PathBuf>,
    /// Time at which the certificates must be valid, China Standard Time, for example that of sending [default: now]
    #[arg(long, value_name = "TIME", requires = "trust")]
    pub(crate) at: Option<String>,
    /// Search for the cause of a signature that does not verify, and say what the sender has to change
    #[arg(long)]
    pub(crate) explain: bool,
    /// Accept two named faults of layout that the customs UKey client makes, and report them
    #[arg(long, value_name = "WHAT", conflicts_with = "explain")]
    pub(crate) tolerate: Option<Tolerate>,
    /// Smallest RSA key accepted, in bits; old cards carry keys of 1024
    #[arg(long, value_name = "BITS", default_value_t = 1024)]
    pub(crate) min_rsa_bits: usize,
    /// Accept this profile besides the official ones and those named in signing.ports of the configuration
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_profile: Vec<String>,
}

/// Deviations that `verify` may tolerate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tolerate {
    /// SignedInfo indented after signing, and one line feed added after the Signature
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

#[derive(Debug, Subcommand)]
pub(crate) enum Pay179Command {
    /// List the members of an order's payment data, with official labels and what each holds
    Members,
    /// Print the exact string that is signed, without a line end
    String {
        /// payExInfoStr, JSON: signed data as is, unsigned data as `sign` will write it
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
        /// Method: rsa-sha1, rsa-sha256 or sm2-sm3 [default: rsa-sha1 or sm2-sm3, depending on the key]
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
    #[arg(long, value_name = "URL", default_value = cebridge_ukey::DEFAULT_SERVICE)]
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
    /// Maximum number of signatures per minute; a real card makes about 250
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub(crate) rate: Option<u32>,
    /// A fault, NAME[=CALLS][@FIRST] or late=TIME[@FIRST]: hang=3, late=5s@2, out-of-order, foreign, light-off@4,
    /// close, garbage, wrong-value, unknown-error, no-greeting; may be given several times, and on stdin while it runs
    #[arg(long, value_name = "FAULT")]
    pub(crate) fault: Vec<Fault>,
}
