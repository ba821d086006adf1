//! Key sources: the configuration of a key, and opening the key it describes.

use std::fmt;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cebridge_signature::{Certificate, KeyFault, PrivateKey, SigningKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::file::{FileError, load_certificates, load_key};
use crate::pkcs11::{Pkcs11Error, Pkcs11Key, Pkcs11Source};
use crate::secret_file::{SecretFileError, read_pin};

/// The environment variable that holds the password of key files unless the source names another one.
const PASSWORD_VARIABLE: &str = "CEBRIDGE_KEY_PASSWORD";

/// One key of an enterprise, as the configuration describes it.
///
/// ```
/// let source: cebridge_keys::KeySource = toml::from_str(r#"
///     name = "hsm-1"
///     kind = "pkcs11"                   # or file, ukey
///     library = "/usr/lib/softhsm/libsofthsm2.so"
///     token = "customs"
///     key-label = "declare"
///     pin-env = "HSM_PIN"
///     max-waiting = 32
/// "#)?;
/// assert_eq!(source.timeout.get(), 30);
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct KeySource {
    /// Name of the key in status, logs and messages.
    pub name: String,
    /// Maximum number of pending signatures for this key, including the current one.
    #[serde(default = "max_waiting")]
    pub max_waiting: NonZeroUsize,
    /// Seconds that one signature may take.
    #[serde(default = "timeout")]
    pub timeout: NonZeroU64,
    /// Where the key is.
    #[serde(flatten)]
    pub place: KeyPlace,
}

impl KeySource {
    /// A key file, with its password in the usual environment variable.
    #[must_use]
    pub fn file(name: &str, key: PathBuf, certificate: Option<PathBuf>) -> KeySource {
        KeySource {
            name: name.to_owned(),
            max_waiting: max_waiting(),
            timeout: timeout(),
            place: KeyPlace::File {
                key,
                certificate,
                password_env: None,
            },
        }
    }

    /// Resolves relative paths against a folder, the configuration's.
    pub fn rebase(&mut self, folder: &Path) {
        let rebase = |path: &mut PathBuf| *path = folder.join(&*path);
        match &mut self.place {
            KeyPlace::File { key, certificate, .. } => {
                rebase(key);
                certificate.as_mut().map(rebase);
            }
            KeyPlace::Pkcs11(token) => {
                // The system searches for a library without a folder.
                if token.library.components().count() > 1 {
                    rebase(&mut token.library);
                }
                token.pin_file.as_mut().map(rebase);
                token.certificate.as_mut().map(rebase);
            }
            KeyPlace::Ukey { certificate, .. } => {
                certificate.as_mut().map(rebase);
            }
        }
    }
}

const fn max_waiting() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(63)
}

const fn timeout() -> NonZeroU64 {
    NonZeroU64::MIN.saturating_add(29)
}

/// Where a key is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
pub enum KeyPlace {
    /// In a file, PEM or PKCS#12.
    File {
        /// The key file.
        key: PathBuf,
        /// The certificate's file, PEM or DER, when it is not in the key file.
        certificate: Option<PathBuf>,
        /// Environment variable that holds the password; `CEBRIDGE_KEY_PASSWORD` when not named.
        password_env: Option<String>,
    },
    /// In a PKCS#11 token.
    Pkcs11(Pkcs11Source),
    /// On a customs card behind an agent; the PIN stays with the agent.
    Ukey {
        /// Name of the agent, as its client certificate gives it.
        agent: String,
        /// File with the card's certificate, PEM or DER, when it is not to be taken from the card.
        certificate: Option<PathBuf>,
    },
}

/// A key that is ready to sign.
#[derive(Clone)]
pub struct OpenKey {
    /// Its name.
    pub name: String,
    /// The key itself.
    pub key: Arc<dyn SigningKey>,
    /// Its certificate, if known.
    pub certificate: Option<Certificate>,
    /// Issuers of the certificate, if supplied with it.
    pub chain: Vec<Certificate>,
    /// Limit on signatures requested of it at the same time.
    pub max_waiting: usize,
    /// Time limit for one signature.
    pub timeout: Duration,
}

impl OpenKey {
    /// Wraps a key that is already in memory.
    #[must_use]
    pub fn in_memory(name: &str, key: PrivateKey, certificate: Certificate) -> OpenKey {
        OpenKey {
            name: name.to_owned(),
            key: Arc::new(key),
            certificate: Some(certificate),
            chain: Vec::new(),
            max_waiting: max_waiting().get(),
            timeout: Duration::from_secs(timeout().get()),
        }
    }
}

impl fmt::Debug for OpenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenKey")
            .field("name", &self.name)
            .field("kind", &self.key.kind())
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

/// Source of passwords and PINs.
pub trait Secrets {
    /// The value of an environment variable, `None` if it is not set.
    fn variable(&self, name: &str) -> Option<Zeroizing<String>>;

    /// Asks the operator; `None` if there is no one to ask.
    fn ask(&self, question: &str) -> Option<Zeroizing<String>>;
}

/// Secrets for a service: this process's environment, without asking.
#[derive(Debug, Clone, Copy)]
pub struct Environment;

impl Secrets for Environment {
    fn variable(&self, name: &str) -> Option<Zeroizing<String>> {
        std::env::var(name).ok().map(Zeroizing::new)
    }

    fn ask(&self, _question: &str) -> Option<Zeroizing<String>> {
        None
    }
}

/// The agents through which customs cards are reached.
pub trait Agents {
    /// Returns the key behind the named agent, with its certificate. If none is given, waits for the card and takes the
    /// card's.
    ///
    /// # Errors
    /// [`KeyFault::Unavailable`] if there is no such agent or card, [`KeyFault::Failed`] if the certificate is
    /// unusable.
    fn key(
        &self,
        agent: &str,
        certificate: Option<Certificate>,
        timeout: Duration,
    ) -> Result<(Arc<dyn SigningKey>, Certificate), KeyFault>;
}

/// Error opening a key.
#[derive(Debug, thiserror::Error)]
#[error("key {name}: {cause}")]
pub struct OpenError {
    /// Name of the key.
    pub name: String,
    /// The cause.
    #[source]
    pub cause: OpenCause,
}

/// The cause of an [`OpenError`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenCause {
    /// The key file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The PIN file.
    #[error(transparent)]
    Pin(#[from] SecretFileError),
    /// The PKCS#11 token.
    #[error(transparent)]
    Pkcs11(#[from] Pkcs11Error),
    /// The key itself.
    #[error(transparent)]
    Fault(#[from] KeyFault),
    /// An environment variable named in the source is not set.
    #[error("the environment variable {0}, which holds its password or PIN, is not set")]
    Variable(String),
    /// Two sources for one PIN.
    #[error("pin-env and pin-file are both given; keep one")]
    TwoPins,
    /// A card, but no agents.
    #[error("it is behind the agent {0}, and this command takes no agents; run it in the service (`cebridge run`)")]
    NoAgents(String),
}

/// Opens the key a source describes: reads the file, logs in to the token or finds the agent.
///
/// # Errors
/// [`OpenError`] names the key and the cause. A refused PIN is reported once and never tried again.
pub fn open(source: &KeySource, secrets: &dyn Secrets, agents: Option<&dyn Agents>) -> Result<OpenKey, OpenError> {
    let (key, certificate, chain) = open_place(source, secrets, agents).map_err(|cause| OpenError {
        name: source.name.clone(),
        cause,
    })?;
    Ok(OpenKey {
        name: source.name.clone(),
        key,
        certificate,
        chain,
        max_waiting: source.max_waiting.get(),
        timeout: Duration::from_secs(source.timeout.get()),
    })
}

type Opened = (Arc<dyn SigningKey>, Option<Certificate>, Vec<Certificate>);

fn open_place(source: &KeySource, secrets: &dyn Secrets, agents: Option<&dyn Agents>) -> Result<Opened, OpenCause> {
    match &source.place {
        KeyPlace::File {
            key,
            certificate,
            password_env,
        } => {
            let variable = password_env.as_deref().unwrap_or(PASSWORD_VARIABLE);
            let question = format!("Password of key {} ({}): ", source.name, key.display());
            let password = || secrets.variable(variable).or_else(|| secrets.ask(&question));
            let found = load_key(key, certificate.as_deref(), &password)?;
            Ok((found.key, found.certificate, found.chain))
        }
        KeyPlace::Pkcs11(token) => {
            let (given, chain) = certificates(token.certificate.as_ref())?;
            let pin = pin(&source.name, token, secrets)?;
            let (key, certificate) = Pkcs11Key::open(token, pin, given)?;
            Ok((Arc::new(key), certificate, chain))
        }
        KeyPlace::Ukey { agent, certificate } => {
            let agents = agents.ok_or_else(|| OpenCause::NoAgents(agent.clone()))?;
            let (given, chain) = certificates(certificate.as_ref())?;
            let (key, own) = agents.key(agent, given, Duration::from_secs(source.timeout.get()))?;
            Ok((key, Some(own), chain))
        }
    }
}

/// The first certificate of a file, which is the key's own, and the rest.
fn certificates(path: Option<&PathBuf>) -> Result<(Option<Certificate>, Vec<Certificate>), FileError> {
    let mut all = match path {
        Some(path) => load_certificates(path)?.into_iter(),
        None => return Ok((None, Vec::new())),
    };
    let own = all.next();
    Ok((own, all.collect()))
}

fn pin(name: &str, token: &Pkcs11Source, secrets: &dyn Secrets) -> Result<Option<Zeroizing<String>>, OpenCause> {
    match (&token.pin_env, &token.pin_file) {
        (Some(_), Some(_)) => Err(OpenCause::TwoPins),
        (Some(variable), None) => match secrets.variable(variable) {
            Some(pin) => Ok(Some(pin)),
            None => Err(OpenCause::Variable(variable.clone())),
        },
        (None, Some(path)) => Ok(Some(read_pin(path)?)),
        (None, None) => Ok(secrets.ask(&format!("PIN of key {name}: "))),
    }
}
