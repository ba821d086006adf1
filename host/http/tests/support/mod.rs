//! Helpers: a host with a key, an HTTP client, waiting.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use cebridge_clock::SystemClock;
use cebridge_engine::Engine;
use cebridge_engine::Running;
use cebridge_engine::config::Config;
use cebridge_engine::packs::{Choice, Packs};
use cebridge_engine::signers::Signers;
use cebridge_engine::{directory_transport, open_ledger};
use cebridge_http::Tell;
use cebridge_keys::OpenKey;
use cebridge_signature::{Certificate, SigningKey};
use serde_json::Value;

/// The enterprise of the tests.
pub(crate) const ENTERPRISE: &str = "4403960DM1";

/// The shipped editions. Compiling one takes longer than a request may: all hosts share them.
static PACKS: LazyLock<Arc<Packs>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    Arc::new(Packs::open(&configuration(folder.path())).unwrap())
});

fn configuration(folder: &Path) -> Config {
    let mut config = Config {
        base: folder.to_owned(),
        ..Config::default()
    };
    config.enterprise.code = ENTERPRISE.to_owned();
    config
}

/// A host with its ledger in a folder, and one key.
pub(crate) fn running(folder: &Path, key: Arc<dyn SigningKey>, certificate: Certificate) -> Running {
    let config = configuration(folder);
    let key = OpenKey {
        name: "test".to_owned(),
        key,
        certificate: Some(certificate),
        chain: Vec::new(),
        max_waiting: 100,
        timeout: Duration::from_secs(60),
    };
    let signers = Signers::single(&config, key).unwrap();
    let ledger = Arc::new(open_ledger(&config).unwrap());
    let transport = Arc::new(directory_transport(&config));
    let engine = Engine::new(
        config,
        Arc::clone(&PACKS),
        ledger,
        transport,
        signers,
        Arc::new(SystemClock),
    );
    Running::new(engine)
}

/// Compiles the edition in force, which takes longer than a request may.
pub(crate) fn warm_up(running: &Running) {
    let engine = running.engine();
    let today = cebridge_clock::day(engine.clock.now());
    engine.packs.choose(&Choice::Day(today)).unwrap();
}

/// Lines received by the callback.
#[derive(Clone, Default)]
pub(crate) struct Told(pub(crate) Arc<Mutex<Vec<String>>>);

impl Told {
    pub(crate) fn tell(&self) -> Tell {
        let lines = Arc::clone(&self.0);
        Arc::new(move |line: &str| lines.lock().unwrap().push(line.to_owned()))
    }

    pub(crate) fn has(&self, text: &str) -> bool {
        self.0.lock().unwrap().iter().any(|line| line.contains(text))
    }
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn of(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Self {
        let mut response = response.unwrap();
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.body_mut().read_to_string().unwrap(),
        }
    }
}

pub(crate) fn client() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(20)))
        .build()
        .new_agent()
}

#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < end, "not within 20 s: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
