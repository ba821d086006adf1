//! One signature requested of a key: it waits, runs, and is answered or abandoned.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cebridge_signature::{KeyFault, Scheme};

use super::lock::lock;

/// A [`Scheme`] that can cross threads.
#[derive(Debug, Clone)]
pub(super) enum OwnedScheme {
    RsaSha1,
    RsaSha256,
    Sm2Sm3 { user_id: String },
}

/// A requested signature, shared by the waiting caller and the key's thread.
pub(super) struct Job {
    pub(super) scheme: OwnedScheme,
    pub(super) message: Vec<u8>,
    progress: Mutex<Progress>,
    changed: Condvar,
}

enum Progress {
    Waiting,
    Running(Instant),
    Done(Result<Vec<u8>, KeyFault>),
    /// The caller has stopped waiting.
    Abandoned,
}

impl Job {
    pub(super) fn new(scheme: Scheme<'_>, message: &[u8]) -> Job {
        Job {
            scheme: scheme.into(),
            message: message.to_vec(),
            progress: Mutex::new(Progress::Waiting),
            changed: Condvar::new(),
        }
    }

    /// Marks the job as running; `false` if it was already answered or abandoned.
    pub(super) fn begin(&self) -> bool {
        let mut progress = lock(&self.progress);
        if !matches!(*progress, Progress::Waiting) {
            return false;
        }
        *progress = Progress::Running(Instant::now());
        self.changed.notify_one();
        true
    }

    pub(super) fn is_abandoned(&self) -> bool {
        matches!(*lock(&self.progress), Progress::Abandoned)
    }

    /// Hands over the result; `false` if it comes too late.
    pub(super) fn finish(&self, result: Result<Vec<u8>, KeyFault>) -> bool {
        let mut progress = lock(&self.progress);
        if matches!(*progress, Progress::Abandoned) {
            return false;
        }
        *progress = Progress::Done(result);
        self.changed.notify_one();
        true
    }

    /// Waits for the result; `None` if the key has worked on it for longer than the timeout.
    pub(super) fn wait(&self, timeout: Duration) -> Option<Result<Vec<u8>, KeyFault>> {
        let mut progress = lock(&self.progress);
        loop {
            let left = match &*progress {
                Progress::Waiting => None,
                Progress::Running(since) => Some(timeout.saturating_sub(since.elapsed())),
                Progress::Done(result) => return Some(result.clone()),
                Progress::Abandoned => return None,
            };
            progress = match left {
                None => self.changed.wait(progress).unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => {
                    *progress = Progress::Abandoned;
                    return None;
                }
                Some(left) => {
                    self.changed
                        .wait_timeout(progress, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
    }
}

impl From<Scheme<'_>> for OwnedScheme {
    fn from(scheme: Scheme<'_>) -> OwnedScheme {
        match scheme {
            Scheme::RsaSha1 => OwnedScheme::RsaSha1,
            Scheme::RsaSha256 => OwnedScheme::RsaSha256,
            Scheme::Sm2Sm3 { user_id } => OwnedScheme::Sm2Sm3 {
                user_id: user_id.to_owned(),
            },
        }
    }
}

impl OwnedScheme {
    pub(super) fn borrow(&self) -> Scheme<'_> {
        match self {
            OwnedScheme::RsaSha1 => Scheme::RsaSha1,
            OwnedScheme::RsaSha256 => Scheme::RsaSha256,
            OwnedScheme::Sm2Sm3 { user_id } => Scheme::Sm2Sm3 { user_id },
        }
    }
}
