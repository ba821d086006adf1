//! Fixtures: invented identities, an authority for TLS, and a running gateway, agent and card service.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use cebridge_signature::{Certificate, KeyFault, Scheme, SigningKey, generate_identity};
use cebridge_ukey::simulator::{CardSpec, RsaDigest, SimulatedCard, UkeySimulator};
use cebridge_ukey::{
    Agent, AgentConfig, AgentTimes, CardConfig, Gateway, GatewayConfig, GatewayTimes, TlsFiles, UkeyKey, UkeyOptions,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

pub(crate) const PIN: &str = "88888888";
pub(crate) const TRIES: u32 = 6;
/// The text a key signs in XML-DSig, in canonical form.
pub(crate) const SIGNED_INFO: &str =
    "<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:Reference/></ds:SignedInfo>";

/// A key with its certificate.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) key: Arc<dyn SigningKey>,
    pub(crate) certificate: Certificate,
}

/// An RSA-1024 identity, as old cards carry; always the same one.
pub(crate) fn identity() -> Identity {
    static IDENTITY: OnceLock<Identity> = OnceLock::new();
    IDENTITY.get_or_init(|| new_identity("CN=Example Courier")).clone()
}

pub(crate) fn new_identity(subject: &str) -> Identity {
    let (key, certificate, _) = generate_identity(subject, 1024).unwrap();
    Identity {
        key: Arc::new(key),
        certificate,
    }
}

pub(crate) fn spec(identity: &Identity) -> CardSpec {
    CardSpec {
        key: Arc::clone(&identity.key),
        certificate: identity.certificate.clone(),
        pin: Zeroizing::new(PIN.to_owned()),
        card_id: "8990000000001".to_owned(),
        tries: TRIES,
        rate: None,
        rsa_digest: RsaDigest::Sha1,
    }
}

pub(crate) fn new_card() -> Arc<SimulatedCard> {
    SimulatedCard::new(spec(&identity()))
}

/// Times short enough for tests and long enough for a busy machine.
pub(crate) fn card_config(service: SocketAddr) -> CardConfig {
    CardConfig {
        service: format!("ws://{service}"),
        greeting_timeout: Duration::from_secs(2),
        call_timeout: Duration::from_secs(2),
        sign_timeout: Duration::from_secs(1),
    }
}

/// An authority for TLS with a gateway's certificate.
pub(crate) struct Authority {
    folder: tempfile::TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "Example agents");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let authority = Authority {
            folder: tempfile::tempdir().unwrap(),
            issuer,
        };
        write(&authority.path("ca.pem"), &authority.issuer.pem());
        authority
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Files of one side: its certificate carries its name and the host 127.0.0.1.
    pub(crate) fn issue(&self, name: &str) -> TlsFiles {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let (certificate_path, key_path) = (self.path(&format!("{name}.pem")), self.path(&format!("{name}.key")));
        write(&certificate_path, &certificate.pem());
        write(&key_path, &key.serialize_pem());
        TlsFiles {
            ca: self.path("ca.pem"),
            certificate: certificate_path,
            key: key_path,
        }
    }
}

fn write(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// An observer's events, as text.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn push(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }

    /// Waits for a line that holds a text.
    pub(crate) fn wait_for(&self, text: &str) {
        until(
            &format!("{text:?} in the log"),
            || self.text().contains(text),
            || self.text(),
        );
    }
}

/// Waits for a condition; fails with the current state.
pub(crate) fn until(what: &str, holds: impl Fn() -> bool, state: impl Fn() -> String) {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < end, "no {what} after 20 s:\n{}", state());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Gateway, agent `ukey-1` and card service, all running.
pub(crate) struct World {
    pub(crate) authority: Authority,
    pub(crate) gateway_config: GatewayConfig,
    pub(crate) gateway: Option<Gateway>,
    pub(crate) gateway_log: Log,
    pub(crate) agent_log: Log,
    pub(crate) card: Arc<SimulatedCard>,
    pub(crate) service: SocketAddr,
    simulator: Option<UkeySimulator>,
    agent: Option<JoinHandle<()>>,
    runtime: Runtime,
}

impl World {
    /// With the right PIN.
    pub(crate) fn new() -> World {
        World::with(new_card(), PIN)
    }

    pub(crate) fn with(card: Arc<SimulatedCard>, pin: &str) -> World {
        let authority = Authority::new();
        let files = authority.issue("gateway");
        let mut world = World {
            gateway_config: GatewayConfig {
                listen: "127.0.0.1:0".parse().unwrap(),
                ca: files.ca,
                certificate: files.certificate,
                key: files.key,
            },
            authority,
            gateway: None,
            gateway_log: Log::default(),
            agent_log: Log::default(),
            card,
            service: "127.0.0.1:0".parse().unwrap(),
            simulator: None,
            agent: None,
            runtime: Runtime::new().unwrap(),
        };
        world.start_simulator();
        world.start_gateway();
        world.start_agent(pin);
        world
    }

    pub(crate) fn start_simulator(&mut self) {
        let start = UkeySimulator::start(self.service, Arc::clone(&self.card), Arc::new(|_: &str| {}));
        let simulator = self.runtime.block_on(start).unwrap();
        self.service = simulator.address();
        self.simulator = Some(simulator);
    }

    pub(crate) fn stop_simulator(&mut self) {
        if let Some(simulator) = self.simulator.take() {
            self.runtime.block_on(simulator.stop());
        }
    }

    pub(crate) fn start_gateway(&mut self) {
        let log = self.gateway_log.clone();
        let observer = Arc::new(move |event: &cebridge_ukey::GatewayEvent| log.push(event.to_string()));
        // The port of a gateway that has just ended may take a moment to be free.
        let end = Instant::now() + Duration::from_secs(10);
        let gateway = loop {
            match Gateway::start(&self.gateway_config, gateway_times(), Arc::clone(&observer) as _) {
                Ok(gateway) => break gateway,
                Err(error) => assert!(Instant::now() < end, "{error}"),
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        self.gateway_config.listen = gateway.address();
        self.gateway = Some(gateway);
    }

    pub(crate) fn start_agent(&mut self, pin: &str) {
        let agent = self.new_agent(self.authority.issue("ukey-1"), pin);
        self.agent = Some(self.runtime.spawn(agent.run()));
    }

    /// An agent that is not running yet.
    pub(crate) fn new_agent(&self, tls: TlsFiles, pin: &str) -> Agent {
        let log = self.agent_log.clone();
        let observer = Arc::new(move |event: &cebridge_ukey::AgentEvent| log.push(event.to_string()));
        let config = AgentConfig {
            gateway: self.gateway_config.listen.to_string(),
            tls,
            card: card_config(self.service),
            times: AgentTimes {
                connect: Duration::from_secs(5),
                first_pause: Duration::from_millis(50),
                longest_pause: Duration::from_millis(400),
                silence: Duration::from_secs(5),
                probe: Duration::from_millis(100),
            },
        };
        Agent::new(config, Zeroizing::new(pin.to_owned()), observer).unwrap()
    }

    pub(crate) fn spawn(&self, agent: Agent) -> JoinHandle<()> {
        self.runtime.spawn(agent.run())
    }

    pub(crate) fn spawn_any(&self, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        self.runtime.spawn(task)
    }

    pub(crate) fn stop_agent(&mut self) {
        if let Some(agent) = self.agent.take() {
            agent.abort();
            drop(self.runtime.block_on(agent));
        }
    }

    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// The key behind `ukey-1`, once its card is there.
    pub(crate) fn key(&self) -> UkeyKey {
        let key = self.key_within(Duration::from_secs(20));
        // The card may have been seen before, and has to be seen again by this gateway's agent.
        until("card without a problem", || self.ready(), || self.told());
        key
    }

    pub(crate) fn key_within(&self, timeout: Duration) -> UkeyKey {
        let options = UkeyOptions {
            agent: "ukey-1".to_owned(),
            certificate: None,
            timeout,
            wait: Duration::from_secs(20),
        };
        let gateway = self.gateway.as_ref().unwrap();
        gateway
            .key(&options)
            .unwrap_or_else(|error| panic!("{error}\n{}", self.told()))
    }

    pub(crate) fn ready(&self) -> bool {
        let agents = self.gateway.as_ref().map(Gateway::agents).unwrap_or_default();
        agents
            .iter()
            .any(|agent| agent.serial.is_some() && agent.problem.is_none())
    }

    /// The observers' events, for messages of failing tests.
    pub(crate) fn told(&self) -> String {
        format!(
            "gateway:\n{}\nagent:\n{}\ncard: {:?}",
            self.gateway_log.text(),
            self.agent_log.text(),
            self.card.counters()
        )
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop_agent();
    }
}

pub(crate) fn gateway_times() -> GatewayTimes {
    GatewayTimes {
        handshake: Duration::from_secs(5),
        ping: Duration::from_millis(500),
        silence: Duration::from_secs(10),
        proof_of_life: Duration::from_secs(1),
    }
}

/// Signs and returns the value, or fails with all events.
pub(crate) fn sign_ok(world: &World, key: &UkeyKey, text: &str) -> Vec<u8> {
    key.sign(Scheme::RsaSha1, text.as_bytes())
        .unwrap_or_else(|fault| panic!("{fault}\n{}", world.told()))
}

/// Signs and returns the fault.
pub(crate) fn sign_fault(world: &World, key: &UkeyKey, text: &str) -> KeyFault {
    match key.sign(Scheme::RsaSha1, text.as_bytes()) {
        Ok(_) => panic!("it signed\n{}", world.told()),
        Err(fault) => fault,
    }
}

/// Runs `openssl`; prints a note and returns `None` if it is missing. With `CEBRIDGE_TESTS_MUST_RUN=1` that fails.
pub(crate) fn openssl(folder: &Path, args: &[&str]) -> Option<Output> {
    match Command::new("openssl").args(args).current_dir(folder).output() {
        Ok(output) => Some(output),
        Err(error) => {
            let must = std::env::var("CEBRIDGE_TESTS_MUST_RUN").is_ok_and(|value| value == "1");
            assert!(!must, "openssl is needed and can't be run: {error}");
            println!("SKIPPED: openssl can't be run: {error}");
            None
        }
    }
}
