//! Customs' requests on disk: one JSON file per session, replaced whole and flushed.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use cebridge_pay179::OpenRequest;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// State of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Answered with 10000; the upload is pending.
    Accepted,
    /// Customs has the data.
    Delivered,
    /// Customs refused the data.
    Refused,
    /// It can't be signed.
    Failed,
    /// The two minutes passed.
    Late,
}

/// A request and its history. Kept for the three years in which customs may ask about it; removing older files is the
/// enterprise's decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Record {
    /// `sessionID`.
    pub session_id: String,
    /// `orderNo`.
    pub order_no: String,
    /// `serviceTime` of the request, by customs' clock.
    pub customs_time: String,
    /// Time of receipt, milliseconds since 1970 by our clock; the two minutes count from here.
    pub received_at: i64,
    /// Its state.
    pub state: State,
    /// Upload attempts.
    pub attempts: u32,
    /// Result of the last attempt; empty after a delivery.
    pub reason: String,
    /// End time, milliseconds since 1970.
    pub ended_at: Option<i64>,
    /// `payExInfoStr` as signed; each attempt uploads these bytes.
    pub payload: Option<String>,
}

impl Record {
    pub(crate) fn new(request: &OpenRequest, now: i64) -> Self {
        Self {
            session_id: request.session_id.clone(),
            order_no: request.order_no.clone(),
            customs_time: request.service_time.digits().to_owned(),
            received_at: now,
            state: State::Accepted,
            attempts: 0,
            reason: String::new(),
            ended_at: None,
            payload: None,
        }
    }
}

/// Error storing or reading a record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// File or folder access failed.
    #[error("cannot {action} {path}: {source}; check its permissions and the free disk space", path = path.display())]
    Io {
        /// The operation.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file is not a record.
    #[error("{path} is no record of a request: {reason}; move it away", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
}

pub(crate) struct Store {
    folder: PathBuf,
}

impl Store {
    pub(crate) fn open(folder: &Path) -> Result<Self, StoreError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(|source| StoreError::Io {
            action: "create",
            path: folder.to_owned(),
            source,
        })?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// Session ids come from outside: those that are not plain file names are stored by their digest.
    fn path(&self, session_id: &str) -> PathBuf {
        let plain = session_id.len() <= 64
            && session_id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let name = if plain {
            session_id.to_owned()
        } else {
            format!("sha256-{}", hex::encode(Sha256::digest(session_id)))
        };
        self.folder.join(format!("{name}.json"))
    }

    /// Reads the record of a session.
    pub(crate) fn read(&self, session_id: &str) -> Result<Option<Record>, StoreError> {
        let path = self.path(session_id);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(StoreError::Io {
                    action: "read",
                    path,
                    source,
                });
            }
        };
        let record: Record = serde_json::from_slice(&bytes).map_err(|error| StoreError::Damaged {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        if record.session_id != session_id {
            // On case-insensitive file systems, two sessions can share a file.
            let reason = "it belongs to another session".to_owned();
            return Err(StoreError::Damaged { path, reason });
        }
        Ok(Some(record))
    }

    /// Writes a record atomically and returns once it is durable.
    pub(crate) fn write(&self, record: &Record) -> Result<(), StoreError> {
        let path = self.path(&record.session_id);
        let temporary = path.with_extension("json.new");
        let fail = |action, path: &Path| {
            let path = path.to_owned();
            move |source| StoreError::Io { action, path, source }
        };
        let json = serde_json::to_vec_pretty(record).map_err(|error| StoreError::Damaged {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&temporary).map_err(fail("create", &temporary))?;
        file.write_all(&json)
            .and_then(|()| file.sync_all())
            .map_err(fail("write", &temporary))?;
        fs::rename(&temporary, &path).map_err(fail("replace", &path))?;
        // The rename itself must survive a power cut; directories can be flushed on Unix only.
        #[cfg(unix)]
        File::open(&self.folder)
            .and_then(|folder| folder.sync_all())
            .map_err(fail("flush", &self.folder))?;
        Ok(())
    }

    /// Returns the records still to be processed, and read errors.
    pub(crate) fn open_records(&self) -> (Vec<Record>, Vec<StoreError>) {
        let (mut records, mut broken) = (Vec::new(), Vec::new());
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(source) => {
                broken.push(StoreError::Io {
                    action: "list",
                    path: self.folder.clone(),
                    source,
                });
                return (records, broken);
            }
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let read = fs::read(&path).map_err(|error| error.to_string());
            let parsed =
                read.and_then(|bytes| serde_json::from_slice::<Record>(&bytes).map_err(|error| error.to_string()));
            match parsed {
                Ok(record) if record.state == State::Accepted => records.push(record),
                Ok(_) => {}
                Err(reason) => broken.push(StoreError::Damaged { path, reason }),
            }
        }
        records.sort_by_key(|record| record.received_at);
        (records, broken)
    }
}
