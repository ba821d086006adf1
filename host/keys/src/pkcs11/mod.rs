//! Keys in a PKCS#11 token (hardware module, smart card): found by label or id, used through one session.

mod fault;
mod library;
mod objects;
mod public;
mod sm2;

use std::fmt;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use cebridge_signature::{Certificate, KeyFault, KeyKind, SM2_USER_ID, Scheme, SigningKey};
use cryptoki::error::Error;
use cryptoki::mechanism::vendor_defined::VendorDefinedMechanism;
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::ObjectHandle;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

pub use self::sm2::{Sm2Input, Sm2Output};
use library::{Library, OpenSession, lock};

/// DER of `DigestInfo` up to the digest, for SHA-1 and SHA-256 (RFC 8017 §9.2). Built here because plain `CKM_RSA_PKCS`
/// is the one mechanism that every module and card offers.
const SHA1_INFO: &[u8] = b"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14";
const SHA256_INFO: &[u8] = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";

/// Which key of which token; vendors differ by library path and slot only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Pkcs11Source {
    /// The vendor's library, for example `/usr/lib/softhsm/libsofthsm2.so`.
    pub library: PathBuf,
    /// Label of the token. Give this or `slot`; with neither the library must show exactly one token.
    pub token: Option<String>,
    /// Number of the slot, as the library counts.
    pub slot: Option<u64>,
    /// Label of the private key (`CKA_LABEL`). Give this, `key-id` or both.
    pub key_label: Option<String>,
    /// Id of the private key (`CKA_ID`) in hexadecimal.
    pub key_id: Option<String>,
    /// Environment variable that holds the PIN.
    pub pin_env: Option<String>,
    /// File that holds the PIN, readable by its owner only.
    pub pin_file: Option<PathBuf>,
    /// File with the certificate, PEM or DER; without it the certificate is read from the token.
    pub certificate: Option<PathBuf>,
    /// The vendor's mechanism for SM2 signatures, from 0x80000000 upwards. It makes the key an SM2 key.
    pub sm2_mechanism: Option<NonZeroU64>,
    /// Input of that mechanism.
    #[serde(default)]
    pub sm2_input: Sm2Input,
    /// Output of that mechanism.
    #[serde(default)]
    pub sm2_output: Sm2Output,
}

/// Error opening a key in a token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Pkcs11Error {
    /// The library cannot be loaded or initialised.
    #[error("cannot use the PKCS#11 library {path}: {reason}")]
    Library {
        /// The library.
        path: PathBuf,
        /// The system's or the library's message.
        reason: String,
    },
    /// The source is contradictory or incomplete.
    #[error("{0}")]
    Configuration(String),
    /// No such token.
    #[error("no {wanted} behind {library}; there {}", listed(found, "is no token", "are"))]
    NoToken {
        /// The search criteria.
        wanted: String,
        /// The library.
        library: PathBuf,
        /// Tokens present.
        found: Vec<String>,
    },
    /// Several tokens match.
    #[error("more than one {wanted} behind {library}; name its slot")]
    SeveralTokens {
        /// The search criteria.
        wanted: String,
        /// The library.
        library: PathBuf,
    },
    /// No such private key.
    #[error(
        "no private key with {wanted} in token \"{token}\"; there {}",
        listed(found, "is none", "are")
    )]
    NoKey {
        /// The search criteria.
        wanted: String,
        /// Label of the token.
        token: String,
        /// Private keys present.
        found: Vec<String>,
    },
    /// Several private keys match.
    #[error("{count} private keys with {wanted} in token \"{token}\"; add key-id or key-label")]
    SeveralKeys {
        /// The search criteria.
        wanted: String,
        /// Label of the token.
        token: String,
        /// Their number.
        count: usize,
    },
    /// The key cannot be used by this program.
    #[error("the key with {wanted} cannot be used: {reason}")]
    Unusable {
        /// The key.
        wanted: String,
        /// The reason.
        reason: String,
    },
    /// The token refused.
    #[error(transparent)]
    Fault(#[from] KeyFault),
}

fn listed(found: &[String], none: &str, some: &str) -> String {
    match found {
        [] => none.to_owned(),
        found => format!("{some}: {}", found.join(", ")),
    }
}

/// A private key in a token, with its session. Calls are made one at a time.
pub struct Pkcs11Key {
    library: Arc<Library>,
    source: Pkcs11Source,
    pin: Option<Zeroizing<String>>,
    kind: KeyKind,
    /// Verifies SM2 answers; its public key goes into the digest.
    certificate: Option<Certificate>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: Option<Open>,
    /// Set once a PIN is refused or the token is locked: the token is not touched again.
    ended: Option<KeyFault>,
}

/// A session with the handle of the key in it.
struct Open {
    session: OpenSession,
    key: ObjectHandle,
}

impl fmt::Debug for Pkcs11Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs11Key")
            .field("kind", &self.kind)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl Pkcs11Key {
    /// Loads the library, logs in and finds the key. The certificate is the given one, else the token's with the key's
    /// id or label, else none; for an RSA key it must match. Without a PIN, the token must have its own way to ask for
    /// one.
    ///
    /// # Errors
    /// [`Pkcs11Error`]; it names the tokens or keys found instead. A refused PIN is sent only once for all keys of that
    /// token until this process ends.
    pub fn open(
        source: &Pkcs11Source,
        pin: Option<Zeroizing<String>>,
        certificate: Option<Certificate>,
    ) -> Result<(Pkcs11Key, Option<Certificate>), Pkcs11Error> {
        check(source)?;
        let library = Library::load(&source.library)?;
        let open = connect(&library, source, pin.as_ref())?;
        let certificate = match certificate {
            Some(given) => Some(given),
            None => objects::certificate(&open.session, open.key)?,
        };
        let unusable = |reason: String| Pkcs11Error::Unusable {
            wanted: objects::wish(source),
            reason,
        };
        let kind = match source.sm2_mechanism {
            Some(_) => match certificate.as_ref().map(Certificate::public_key) {
                Some(Some(public)) if public.kind() == KeyKind::Sm2 => KeyKind::Sm2,
                Some(_) => return Err(unusable("its certificate holds no SM2 key".to_owned())),
                None => return Err(unusable("SM2 needs the certificate; name it by certificate".to_owned())),
            },
            None => {
                let modulus = objects::modulus(&open.session, open.key)?.ok_or_else(|| {
                    unusable("it is not an RSA key; an SM2 key needs sm2-mechanism, the vendor's number".to_owned())
                })?;
                let belongs = |certificate| public::modulus(certificate).is_some_and(|other| other == modulus);
                if !certificate.as_ref().is_none_or(belongs) {
                    return Err(unusable("its certificate belongs to another key".to_owned()));
                }
                KeyKind::Rsa {
                    bits: public::bits(&modulus),
                }
            }
        };
        let key = Pkcs11Key {
            library,
            source: source.clone(),
            pin,
            kind,
            certificate: certificate.clone(),
            state: Mutex::new(State {
                open: Some(open),
                ended: None,
            }),
        };
        Ok((key, certificate))
    }

    /// Returns the mechanism and its input.
    fn prepare(&self, scheme: Scheme<'_>, message: &[u8]) -> Result<(Mechanism<'static>, Vec<u8>), KeyFault> {
        let info = |prefix: &[u8], digest: &[u8]| (Mechanism::RsaPkcs, [prefix, digest].concat());
        match (scheme, &self.certificate) {
            (Scheme::RsaSha1, _) => Ok(info(SHA1_INFO, &Sha1::digest(message))),
            (Scheme::RsaSha256, _) => Ok(info(SHA256_INFO, &Sha256::digest(message))),
            (Scheme::Sm2Sm3 { user_id }, Some(certificate)) => {
                let number = sm2_type(&self.source)
                    .ok_or_else(|| KeyFault::Failed("the key has no sm2-mechanism".to_owned()))?;
                let mechanism = Mechanism::VendorDefined(VendorDefinedMechanism::new::<()>(number, None));
                match self.source.sm2_input {
                    Sm2Input::Message if user_id != SM2_USER_ID => Err(KeyFault::Failed(format!(
                        "with sm2-input = \"message\" the device uses its own user id, so {user_id} is not available"
                    ))),
                    Sm2Input::Message => Ok((mechanism, message.to_vec())),
                    Sm2Input::Digest => public::bytes(certificate)
                        .and_then(|point| sm2::digest(user_id, &point, message))
                        .map(|digest| (mechanism, digest.to_vec()))
                        .ok_or_else(|| KeyFault::Failed("the certificate's SM2 point is damaged".to_owned())),
                }
            }
            (Scheme::Sm2Sm3 { .. }, _) => Err(KeyFault::Failed("no SM2 certificate is known for the key".to_owned())),
        }
    }

    /// Converts the token's answer to the form XML-DSig needs.
    fn accept(&self, scheme: Scheme<'_>, message: &[u8], answer: Vec<u8>) -> Result<Vec<u8>, KeyFault> {
        match self.kind {
            KeyKind::Rsa { bits } if answer.len() == bits.div_ceil(8) => Ok(answer),
            KeyKind::Rsa { bits } => Err(KeyFault::Failed(format!(
                "the token answered {} bytes, not the {} of a {bits}-bit key",
                answer.len(),
                bits.div_ceil(8)
            ))),
            // Vendors differ, so each answer is verified with the certificate.
            KeyKind::Sm2 => sm2::raw(self.source.sm2_output, &answer)
                .filter(|value| {
                    self.certificate
                        .as_ref()
                        .is_some_and(|certificate| certificate.verify(scheme, message, value))
                })
                .ok_or_else(|| {
                    KeyFault::Failed(
                        "the token's answer is not an SM2 signature by this key; check sm2-mechanism, sm2-input, sm2-output \
                         and the certificate"
                            .to_owned(),
                    )
                }),
        }
    }

    /// Makes one signature; a stale session is replaced once.
    fn ask(&self, state: &mut State, mechanism: &Mechanism<'_>, input: &[u8]) -> Result<Vec<u8>, KeyFault> {
        if let Some(open) = &state.open {
            match open.session.sign(mechanism, open.key, input) {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    // Whatever happened, the next call opens a new session.
                    state.open = None;
                    if !fault::is_stale(&error) {
                        return Err(fault::fault(&error));
                    }
                }
            }
        }
        let open = connect(&self.library, &self.source, self.pin.as_ref()).map_err(|error| match error {
            Pkcs11Error::Fault(fault) => fault,
            other => KeyFault::Unavailable(other.to_string()),
        })?;
        let answer = open
            .session
            .sign(mechanism, open.key, input)
            .map_err(|error: Error| fault::fault(&error))?;
        state.open = Some(open);
        Ok(answer)
    }
}

impl SigningKey for Pkcs11Key {
    fn kind(&self) -> KeyKind {
        self.kind
    }

    fn sign(&self, scheme: Scheme<'_>, message: &[u8]) -> Result<Vec<u8>, KeyFault> {
        if !scheme.fits(self.kind) {
            return Err(KeyFault::WrongKind {
                kind: self.kind,
                scheme: scheme.to_string(),
            });
        }
        let (mechanism, input) = self.prepare(scheme, message)?;
        let mut state = lock(&self.state);
        if let Some(fault) = &state.ended {
            return Err(fault.clone());
        }
        match self.ask(&mut state, &mechanism, &input) {
            Ok(answer) => self.accept(scheme, message, answer),
            Err(fault) => {
                if !fault.may_retry() {
                    state.ended = Some(fault.clone());
                }
                Err(fault)
            }
        }
    }
}

/// Opens a new session, logs in and finds the key.
fn connect(
    library: &Arc<Library>,
    source: &Pkcs11Source,
    pin: Option<&Zeroizing<String>>,
) -> Result<Open, Pkcs11Error> {
    let (session, token) = library.session(source.token.as_deref(), source.slot, pin)?;
    let key = objects::private_key(&session, source, &token)?;
    Ok(Open { session, key })
}

/// Checks what can be checked without touching the token.
fn check(source: &Pkcs11Source) -> Result<(), Pkcs11Error> {
    let wrong = |text: &str| Err(Pkcs11Error::Configuration(text.to_owned()));
    if source.token.is_some() && source.slot.is_some() {
        return wrong("token and slot are both given; keep one");
    }
    if source.key_label.is_none() && source.key_id.is_none() {
        return wrong("which key of the token is missing: give key-label or key-id");
    }
    if source
        .key_id
        .as_deref()
        .is_some_and(|id| objects::bytes_of(id).is_none())
    {
        return wrong("key-id must be hexadecimal with two digits for each byte, for example \"01af\"");
    }
    if source.sm2_mechanism.is_some() && sm2_type(source).is_none() {
        return wrong("sm2-mechanism must be a vendor's number, from 0x80000000 upwards");
    }
    Ok(())
}

// PKCS#11 counts in C's unsigned long, which has 32 bits on some systems.
#[allow(clippy::useless_conversion)]
fn sm2_type(source: &Pkcs11Source) -> Option<MechanismType> {
    let number = source.sm2_mechanism?.get().try_into().ok()?;
    MechanismType::new_vendor_defined(number).ok()
}
