//! Keys of the running daemon: takes up changed key files, and reports in time which keys will end.

use super::reload::Host;
use crate::config::{Config, Enterprise};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::file_state::{FileState, Watched};
use crate::key_life::{KeyToLookAt, key_ends, key_life};
use crate::signers::{Signers, probe};
use cebridge_clock as clock;
use cebridge_keys::{Environment, KeyPlace, KeyPool, KeySource, PoolSettings, open};
use jiff::civil::Date;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Polling interval of the files, and how long they must be unchanged before they are read.
const LOOK: Duration = Duration::from_secs(1);

/// Time for which a file may be missing while it is replaced.
const GONE: Duration = Duration::from_secs(5);

pub(super) struct KeyWatch {
    keys: Vec<Key>,
    looked: Instant,
    /// Day of the last report on keys that will end.
    said_on: Option<Date>,
}

/// A key of the configuration, with its files.
struct Key {
    enterprise: Enterprise,
    source: KeySource,
    files: Vec<PathBuf>,
    watched: Watched<Vec<Option<FileState>>>,
    missing: Missing,
}

/// How long a file of a key has been missing.
enum Missing {
    No,
    Since(Instant),
    Said,
}

impl KeyWatch {
    pub(super) fn new(config: &Config) -> Self {
        let all = config.all_enterprises().iter();
        let keys = all.flat_map(|one| config.keys_of(one).into_iter().map(|source| Key::new(one, source)));
        Self {
            keys: keys.collect(),
            looked: Instant::now(),
            said_on: None,
        }
    }

    /// Reports what will end within 30 days, at the start and once a day.
    ///
    /// # Errors
    /// No pack is in force, or the one in force can't be used.
    pub(super) fn ends(&mut self, engine: &Engine) -> Result<Vec<String>, EngineError> {
        let now = engine.clock.now();
        let today = clock::date(now);
        if self.said_on == Some(today) {
            return Ok(Vec::new());
        }
        self.said_on = Some(today);
        let mut lines = Vec::new();
        for enterprise in engine.config.all_enterprises() {
            let ends = key_ends(engine, enterprise, now)?;
            lines.extend(ends.iter().map(ToString::to_string));
        }
        Ok(lines)
    }

    /// Takes up keys whose files changed. Returns lines for people.
    pub(super) fn take_up(&mut self, host: &Host<'_>) -> Vec<String> {
        if self.looked.elapsed() < LOOK {
            return Vec::new();
        }
        self.looked = Instant::now();
        let mut lines = Vec::new();
        for key in &mut self.keys {
            let now = states(&key.files);
            lines.extend(key.gone(&now));
            // A file that is briefly missing is being replaced.
            if now.iter().all(Option::is_some) && key.watched.is_new(now, LOOK) {
                lines.push(key.take_up(host));
                // The new certificate has another end date.
                self.said_on = None;
            }
        }
        lines
    }
}

impl Key {
    fn new(enterprise: &Enterprise, source: KeySource) -> Self {
        let files: Vec<&PathBuf> = match &source.place {
            KeyPlace::File { key, certificate, .. } => {
                [Some(key), certificate.as_ref()].into_iter().flatten().collect()
            }
            KeyPlace::Pkcs11(token) => [&token.certificate, &token.pin_file].into_iter().flatten().collect(),
            KeyPlace::Ukey { certificate, .. } => certificate.iter().collect(),
        };
        let files: Vec<PathBuf> = files.into_iter().cloned().collect();
        Self {
            enterprise: enterprise.clone(),
            source,
            watched: Watched::new(states(&files)),
            missing: Missing::No,
            files,
        }
    }

    /// Returns a line if a file is missing for longer than replacing it takes; once, until it is back.
    fn gone(&mut self, now: &[Option<FileState>]) -> Option<String> {
        let Some(at) = now.iter().position(Option::is_none) else {
            self.missing = Missing::No;
            return None;
        };
        match self.missing {
            Missing::No => self.missing = Missing::Since(Instant::now()),
            Missing::Since(since) if since.elapsed() > GONE => {
                self.missing = Missing::Said;
                return Some(format!(
                    "key {} of {}: {} is gone; the key in memory stays in use, but the next start will fail",
                    self.source.name,
                    self.enterprise.id(),
                    self.files.get(at)?.display()
                ));
            }
            Missing::Since(_) | Missing::Said => {}
        }
        None
    }

    /// Takes up a changed file only if it is sound, as with packs. Otherwise the previous key stays in use.
    fn take_up(&self, host: &Host<'_>) -> String {
        let name = format!("key {} of {}", self.source.name, self.enterprise.id());
        if !matches!(self.source.place, KeyPlace::File { .. }) {
            return format!(
                "{name}: one of its files changed, which needs a restart, as the key is on a token or card; the previous \
                 state stays in use until then"
            );
        }
        match self.changed(host) {
            Ok((signers, text)) => {
                host.sign_by(signers);
                format!("{name}: taken up: {text}")
            }
            Err(reason) => format!("{name}: the changed file is refused, the previous key stays in use: {reason}"),
        }
    }

    fn changed(&self, host: &Host<'_>) -> Result<(Signers, String), String> {
        let engine = host.engine();
        let key = open(&self.source, &Environment, None).map_err(|error| error.cause.to_string())?;
        let pool = KeyPool::new(vec![key.clone()], &PoolSettings::default()).map_err(|error| error.to_string())?;
        let certificate = probe(&pool)?;
        let found = KeyToLookAt {
            enterprise: &self.enterprise,
            name: &self.source.name,
            certificate: &certificate,
        };
        let life = key_life(&engine.config, &engine.packs, &found, engine.clock.now());
        let life = life.map_err(|error| error.to_string())?;
        if let Some(end) = life.over() {
            return Err(end.to_string());
        }
        let text = format!(
            "certificate {}, valid until {}",
            life.certificate.serial, life.certificate.not_after
        );
        let signers = engine.signers().exchange(&self.enterprise, key);
        Ok((signers.map_err(|error| error.to_string())?, text))
    }
}

fn states(files: &[PathBuf]) -> Vec<Option<FileState>> {
    files.iter().map(|file| FileState::of(file)).collect()
}
