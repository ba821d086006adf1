//! PKCS#11 libraries of this process: each one loaded and initialised once, logins one at a time.

use std::collections::HashMap;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use cebridge_signature::KeyFault;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::AuthPin;
use zeroize::Zeroizing;

use super::Pkcs11Error;
use super::fault::{fault, name};

/// A loaded library. PKCS#11 has one initialisation and one login per token for the whole process, so both live here
/// rather than in the key.
#[derive(Debug)]
pub(crate) struct Library {
    context: Pkcs11,
    path: PathBuf,
    /// Held while a session is opened and logged in, so that two keys of one token never try the same wrong PIN at the
    /// same time.
    refused: Mutex<Refused>,
    /// Number of open sessions. At zero, the library can be restarted without harm.
    sessions: AtomicUsize,
}

/// Refused PINs, each with the token's serial number.
#[derive(Default)]
struct Refused(Vec<(String, Zeroizing<String>)>);

impl std::fmt::Debug for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} refused PINs", self.0.len())
    }
}

/// An open session, counted by its library; closed when dropped.
pub(super) struct OpenSession {
    session: Session,
    // Dropped after the session, which counts until it is closed.
    _count: Counted,
}

struct Counted(Arc<Library>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.sessions.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Deref for OpenSession {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

/// A token and the slot it is in now.
#[derive(Debug, Clone)]
struct Token {
    slot: Slot,
    info: TokenInfo,
}

impl Library {
    /// Returns the library at a path; loaded on the first call and kept until the process ends, because finalising it
    /// would end every other key's sessions.
    pub(crate) fn load(path: &Path) -> Result<Arc<Library>, Pkcs11Error> {
        static LOADED: OnceLock<Mutex<HashMap<PathBuf, Arc<Library>>>> = OnceLock::new();
        let mut loaded = lock(LOADED.get_or_init(Mutex::default));
        // Two names of one file are one library; a bare name is left to the system's search.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if let Some(library) = loaded.get(&path) {
            return Ok(Arc::clone(library));
        }
        let failed = |reason: String| Pkcs11Error::Library {
            path: path.clone(),
            reason,
        };
        let context = Pkcs11::new(&path).map_err(|error| failed(error.to_string()))?;
        initialize(&context).map_err(failed)?;
        let library = Arc::new(Library {
            context,
            path: path.clone(),
            refused: Mutex::default(),
            sessions: AtomicUsize::new(0),
        });
        loaded.insert(path, Arc::clone(&library));
        Ok(library)
    }

    /// Opens a session on the token with that label or in that slot, and logs in. Also returns the token's label.
    pub(super) fn session(
        self: &Arc<Library>,
        label: Option<&str>,
        slot: Option<u64>,
        pin: Option<&Zeroizing<String>>,
    ) -> Result<(OpenSession, String), Pkcs11Error> {
        let mut refused = lock(&self.refused);
        let token = match self.token(label, slot) {
            // Some libraries never see a removed token again until they are restarted.
            Err(gone @ Pkcs11Error::NoToken { .. }) if self.sessions.load(Ordering::SeqCst) == 0 => {
                self.restart()?;
                self.token(label, slot).map_err(|_| gone)
            }
            other => other,
        }?;
        let session = self
            .context
            .open_ro_session(token.slot)
            .map_err(|error| fault(&error))?;
        self.sessions.fetch_add(1, Ordering::SeqCst);
        let session = OpenSession {
            session,
            _count: Counted(Arc::clone(self)),
        };
        if token.info.login_required() {
            login(&session, &token, pin, &mut refused)?;
        }
        Ok((session, token.info.label().to_owned()))
    }

    fn restart(&self) -> Result<(), Pkcs11Error> {
        // A library that cannot be finalised carries on; `initialize` accepts that.
        let _ = self.context.clone().finalize();
        initialize(&self.context).map_err(|reason| Pkcs11Error::Library {
            path: self.path.clone(),
            reason,
        })
    }

    fn token(&self, label: Option<&str>, slot: Option<u64>) -> Result<Token, Pkcs11Error> {
        let mut found = Vec::new();
        let slots = self.context.get_slots_with_token().map_err(|error| fault(&error))?;
        for candidate in slots {
            // A slot whose token was just removed is skipped like an empty one.
            match self.context.get_token_info(candidate) {
                Ok(info) if info.token_initialized() => found.push(Token { slot: candidate, info }),
                _ => {}
            }
        }
        let wanted =
            |token: &&Token| label.is_none_or(|l| token.info.label() == l) && slot.is_none_or(|s| token.slot.id() == s);
        let mut matching = found.iter().filter(wanted);
        match (matching.next(), matching.next()) {
            (Some(one), None) => Ok(one.clone()),
            (Some(_), Some(_)) => Err(Pkcs11Error::SeveralTokens {
                wanted: wish(label, slot),
                library: self.path.clone(),
            }),
            (None, _) => Err(Pkcs11Error::NoToken {
                wanted: wish(label, slot),
                library: self.path.clone(),
                found: found
                    .iter()
                    .map(|token| format!("\"{}\" in slot {}", token.info.label(), token.slot.id()))
                    .collect(),
            }),
        }
    }
}

fn initialize(context: &Pkcs11) -> Result<(), String> {
    match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
        Err(Error::Pkcs11(value, _)) => Err(format!("C_Initialize answered {}", name(value))),
        Err(other) => Err(other.to_string()),
    }
}

/// Logs in with the PIN. A wrong PIN is sent to a token at most once per process.
fn login(
    session: &Session,
    token: &Token,
    pin: Option<&Zeroizing<String>>,
    refused: &mut Refused,
) -> Result<(), KeyFault> {
    let state = session
        .get_session_info()
        .map_err(|error| fault(&error))?
        .session_state();
    if matches!(state, SessionState::RoUser | SessionState::RwUser) {
        return Ok(());
    }
    let (label, serial) = (token.info.label(), token.info.serial_number());
    if token.info.user_pin_locked() {
        return Err(KeyFault::Locked(format!("token \"{label}\" reports it")));
    }
    match pin {
        Some(pin) if refused.0.iter().any(|(token, wrong)| token == serial && wrong == pin) => {
            return Err(KeyFault::Pin("the token refused the same PIN before".to_owned()));
        }
        // Otherwise a service that keeps restarting would lock the token with one wrong PIN.
        Some(_) if token.info.user_pin_final_try() => {
            return Err(KeyFault::Pin(
                "one more wrong PIN locks the token, so it was not sent; log in once with the vendor's tool to reset the \
                 count"
                    .to_owned(),
            ));
        }
        None if !token.info.protected_authentication_path() => {
            return Err(KeyFault::Pin(format!(
                "token \"{label}\" needs one and none was given; name pin-env or pin-file"
            )));
        }
        _ => {}
    }
    let secret = pin.map(|pin| AuthPin::new(pin.as_str().into()));
    match session.login(UserType::User, secret.as_ref()) {
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
        Err(error) => {
            let found = fault(&error);
            if let (KeyFault::Pin(_), Some(pin)) = (&found, pin) {
                refused.0.push((serial.to_owned(), pin.clone()));
            }
            Err(found)
        }
    }
}

fn wish(label: Option<&str>, slot: Option<u64>) -> String {
    match (label, slot) {
        (Some(label), _) => format!("token \"{label}\""),
        (None, Some(slot)) => format!("token in slot {slot}"),
        (None, None) => "only token".to_owned(),
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
