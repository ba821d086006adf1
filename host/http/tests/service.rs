//! The signing service over real sockets: clients admitted, messages signed, requests refused.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cebridge_engine::Running;
use cebridge_http::{Client, Clients, Limits, ServiceOptions, StartError, TlsFiles, Web};
use cebridge_signature::{KeyFault, KeyKind, PrivateKey, Scheme, SigningKey, generate_sm2_identity, verify};
use serde_json::Value;
use sha2::{Digest, Sha256};
use support::{Answer, ENTERPRISE, Told, client, eventually, running, warm_up};

const TOKEN: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const MESSAGE: &str =
    "<CEB311Message><BaseTransfer><copCode>4403960DM1</copCode></BaseTransfer><v>中</v></CEB311Message>";

/// A key that can be slow.
#[derive(Debug)]
struct Key {
    key: PrivateKey,
    slow: AtomicBool,
    begun: AtomicBool,
}

impl SigningKey for Key {
    fn kind(&self) -> KeyKind {
        self.key.kind()
    }

    fn sign(&self, scheme: Scheme<'_>, message: &[u8]) -> Result<Vec<u8>, KeyFault> {
        self.begun.store(true, Ordering::Relaxed);
        while self.slow.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.key.sign(scheme, message)
    }
}

/// The running host, and what it works with.
struct Host {
    _folder: tempfile::TempDir,
    key: Arc<Key>,
    running: Running,
}

impl Host {
    fn new() -> Self {
        let (key, certificate, _) = generate_sm2_identity("CN=shop").unwrap();
        let key = Arc::new(Key {
            key,
            slow: AtomicBool::new(false),
            begun: AtomicBool::new(false),
        });
        let folder = tempfile::tempdir().unwrap();
        let running = running(folder.path(), key.clone(), certificate);
        warm_up(&running);
        Self {
            _folder: folder,
            key,
            running,
        }
    }

    /// What the ledger holds about signatures given out, latest first.
    fn log(&self) -> Vec<Value> {
        let events = self.running.engine().ledger.host_events(100).unwrap();
        events
            .iter()
            .filter(|event| event.kind == "message-signed")
            .map(|event| serde_json::from_str(&event.detail_json).unwrap())
            .collect()
    }

    /// From now on the ledger takes no record, and names a file in its error.
    fn refuse_records(&self) {
        let config = self.running.engine().config.clone();
        let ledger = rusqlite::Connection::open(config.path(&config.paths.ledger)).unwrap();
        let trigger = "CREATE TRIGGER full BEFORE INSERT ON events \
                       BEGIN SELECT raise(ABORT, 'disk full at /secret/path'); END";
        ledger.execute_batch(trigger).unwrap();
    }
}

fn options() -> ServiceOptions {
    let digest = hex::encode(Sha256::digest(TOKEN));
    ServiceOptions {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        tls: None,
        clients: Clients::new(vec![Client::new("wms", &digest, vec![ENTERPRISE.to_owned()]).unwrap()]).unwrap(),
        limits: Limits {
            body: 64 << 10,
            head: Duration::from_millis(400),
            request: Duration::from_millis(1500),
            ..Limits::default()
        },
    }
}

struct Service {
    host: Host,
    told: Told,
    address: SocketAddr,
    web: Web,
}

impl Service {
    fn start(options: &ServiceOptions) -> Self {
        let (host, told) = (Host::new(), Told::default());
        let web = Web::new(told.tell()).unwrap();
        let address = web.sign_service(options, host.running.clone()).unwrap().address;
        Self {
            host,
            told,
            address,
            web,
        }
    }

    fn post(&self, path: &str, token: Option<&str>, kind: &str, body: &str) -> Answer {
        let mut request = client().post(format!("http://{}{path}", self.address));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        Answer::of(request.header("content-type", kind).send(body))
    }

    fn sign(&self, message: &str) -> Answer {
        self.post("/v1/sign", Some(TOKEN), "application/xml", message)
    }
}

#[test]
fn strangers_are_refused_before_their_data_is_read() {
    let service = Service::start(&options());
    let wrong = "0f1e2d3c4b5a69788796a5b4c3d2e1f1";
    for path in ["/v1/sign", "/v1/verify"] {
        for token in [None, Some(wrong), Some(""), Some(&TOKEN[..31])] {
            let answer = service.post(path, token, "application/xml", MESSAGE);
            assert_eq!(
                (answer.status, answer.json()["code"].as_str()),
                (401, Some("unauthenticated"))
            );
            assert_eq!(answer.headers["content-type"], "application/problem+json");
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
        }
    }
    // The head alone is answered, although it announces a body that never comes.
    let mut stream = TcpStream::connect(service.address).unwrap();
    let head = "POST /v1/sign HTTP/1.1\r\nhost: a\r\ncontent-length: 60000\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 401");
    assert!(service.host.log().is_empty());
    // Guessing is seen by who runs the host, and can't fill the log.
    let lines = service.told.0.lock().unwrap().clone();
    let refusals = lines
        .iter()
        .filter(|line| line.contains("without the token of a client"));
    assert_eq!(refusals.count(), 1, "{lines:?}");
    let health = Answer::of(client().get(format!("http://{}/v1/health", service.address)).call());
    assert_eq!((health.status, health.text.as_str()), (200, "{\"status\":\"ok\"}"));
}

#[test]
fn a_client_gets_a_signature_that_holds_and_the_log_has_it() {
    let service = Service::start(&options());
    let answer = service.sign(MESSAGE);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(verify(answer.text.as_bytes(), &[], None).valid);
    assert_eq!(answer.headers["cebridge-profile"], "sm2-sm3");
    let log = service.host.log();
    assert_eq!(log.len(), 1);
    assert_eq!(
        (log[0]["client"].as_str(), log[0]["enterprise"].as_str()),
        (Some("wms"), Some(ENTERPRISE))
    );
    assert_eq!(log[0]["sha256"], hex::encode(Sha256::digest(&answer.text)));
    assert_eq!(answer.headers["cebridge-serial"], log[0]["serial"].as_str().unwrap());

    let report = service.post("/v1/verify", Some(TOKEN), "application/xml", &answer.text);
    let keys: Vec<String> = report.json().as_object().unwrap().keys().cloned().collect();
    let mut wanted = [
        "file",
        "valid",
        "tolerated",
        "profile",
        "signer",
        "key_name",
        "serial",
        "not_before",
        "not_after",
        "trusted",
        "reasons",
    ];
    wanted.sort_unstable();
    assert_eq!(keys, wanted);
    assert_eq!(report.json()["valid"], true);
    let changed = answer.text.replace('中', "文");
    let report = service.post("/v1/verify", Some(TOKEN), "text/xml; charset=utf-8", &changed);
    assert_eq!((report.status, report.json()["valid"].as_bool()), (200, Some(false)));
}

#[test]
fn json_carries_messages_as_text_or_base64() {
    let service = Service::start(&options());
    let ask = |body: serde_json::Value| service.post("/v1/sign", Some(TOKEN), "application/json", &body.to_string());
    let text = ask(serde_json::json!({ "message": MESSAGE }));
    assert_eq!(text.status, 200, "{}", text.text);
    assert!(verify(text.json()["signed"].as_str().unwrap().as_bytes(), &[], None).valid);
    assert_eq!(text.json()["profile"], "sm2-sm3");
    let encoded = {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.encode(MESSAGE)
    };
    let base64 = ask(serde_json::json!({ "message": encoded, "encoding": "base64", "profile": "sm2-sm3" }));
    let signed = {
        use base64::Engine;
        let text = base64.json()["signed"].as_str().unwrap().to_owned();
        base64::engine::general_purpose::STANDARD.decode(text).unwrap()
    };
    assert!(verify(&signed, &[], None).valid);
    assert_eq!(ask(serde_json::json!({ "mesage": "x" })).status, 400);
}

#[test]
fn what_may_not_be_signed_is_refused_with_a_problem() {
    let service = Service::start(&options());
    let other = MESSAGE.replace("4403960DM1", "1100000XX9");
    let json = serde_json::json!({ "message": MESSAGE, "enterprise": "1100000XX9" }).to_string();
    let token = Some(TOKEN);
    for (answer, status, code) in [
        (service.sign(&other), 403, "enterprise-not-allowed"),
        (
            service.post("/v1/sign", token, "application/json", &json),
            403,
            "enterprise-not-allowed",
        ),
        (service.sign("<m/>"), 422, "no-enterprise"),
        (service.sign("no xml"), 422, "no-message"),
        (
            service.post("/v1/sign?profile=rsa-sha1", token, "application/xml", MESSAGE),
            403,
            "profile-not-allowed",
        ),
        (service.sign(&"x".repeat(65 << 10)), 413, "too-large"),
        (
            service.post("/v1/sign", token, "text/plain", MESSAGE),
            415,
            "media-type",
        ),
        (
            service.post("/v1/other", token, "application/xml", MESSAGE),
            404,
            "not-found",
        ),
    ] {
        let problem = answer.json();
        assert_eq!(
            (answer.status, problem["code"].as_str()),
            (status, Some(code)),
            "{problem}"
        );
        for key in ["type", "title", "status", "detail", "code", "reasons"] {
            assert!(!problem[key].is_null(), "{key} in {problem}");
        }
    }
    assert!(service.host.log().is_empty());
}

#[test]
fn a_body_without_announced_length_is_limited_too() {
    let service = Service::start(&options());
    let mut stream = TcpStream::connect(service.address).unwrap();
    let head = format!(
        "POST /v1/sign HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {TOKEN}\r\ncontent-type: application/xml\r\n\
         transfer-encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = format!("8000\r\n{}\r\n", "x".repeat(0x8000));
    for _ in 0..3 {
        stream.write_all(chunk.as_bytes()).unwrap();
    }
    let mut first = [0; 12];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 413");
}

#[test]
fn a_signature_that_cannot_be_recorded_is_withheld_and_the_client_learns_no_paths() {
    let service = Service::start(&options());
    service.host.refuse_records();
    let answer = service.sign(MESSAGE);
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (503, Some("not-recorded"))
    );
    assert!(
        !answer.text.contains("Signature") && !answer.text.contains("/secret/path"),
        "{}",
        answer.text
    );
    assert!(service.told.has("/secret/path"));
}

#[test]
fn slow_senders_are_cut_off() {
    let service = Service::start(&options());
    let begin = Instant::now();
    let mut stream = TcpStream::connect(service.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
        .write_all(b"POST /v1/sign HTTP/1.1\r\nhost: a\r\nx-slow: ")
        .unwrap();
    let mut rest = Vec::new();
    // Closed without waiting for the rest of the head.
    let _ = stream.read_to_end(&mut rest);
    assert!(begin.elapsed() < Duration::from_secs(5));

    let mut stream = TcpStream::connect(service.address).unwrap();
    let head = format!(
        "POST /v1/sign HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {TOKEN}\r\ncontent-type: application/xml\r\n\
         content-length: 100\r\n\r\n<m>"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut first = [0; 12];
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 408");
}

#[test]
fn more_requests_than_there_is_room_for_are_told_to_come_back() {
    let mut options = options();
    options.limits.requests = 1;
    options.limits.request = Duration::from_secs(10);
    let service = Arc::new(Service::start(&options));
    service.host.key.slow.store(true, Ordering::Relaxed);
    let first = Arc::clone(&service);
    let first = std::thread::spawn(move || first.sign(MESSAGE).status);
    eventually("the key at work", || service.host.key.begun.load(Ordering::Relaxed));
    let answer = service.sign(MESSAGE);
    assert_eq!((answer.status, answer.json()["code"].as_str()), (503, Some("busy")));
    assert!(answer.headers.contains_key("retry-after"));
    service.host.key.slow.store(false, Ordering::Relaxed);
    assert_eq!(first.join().unwrap(), 200);
    assert_eq!(service.sign(MESSAGE).status, 200);
}

#[test]
fn a_request_at_work_is_answered_before_the_host_stops() {
    let service = Service::start(&options());
    let (key, address) = (Arc::clone(&service.host.key), service.address);
    key.slow.store(true, Ordering::Relaxed);
    let asked = std::thread::spawn(move || {
        let request = client().post(format!("http://{address}/v1/sign"));
        let request = request.header("authorization", format!("Bearer {TOKEN}"));
        Answer::of(request.header("content-type", "application/xml").send(MESSAGE))
    });
    eventually("the key at work", || key.begun.load(Ordering::Relaxed));
    let stopping = std::thread::spawn(move || drop(service.web));
    std::thread::sleep(Duration::from_millis(200));
    key.slow.store(false, Ordering::Relaxed);
    let answer = asked.join().unwrap();
    assert_eq!(answer.status, 200);
    assert!(verify(answer.text.as_bytes(), &[], None).valid);
    stopping.join().unwrap();
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn an_open_address_needs_tls_and_a_service_needs_clients() {
    let host = Host::new();
    let web = Web::new(Told::default().tell()).unwrap();
    let mut open = options();
    open.listen = SocketAddr::from(([0, 0, 0, 0], 0));
    let error = web.sign_service(&open, host.running.clone()).unwrap_err();
    assert!(matches!(error, StartError::OpenWithoutTls(_)));
    assert!(error.to_string().contains("127.0.0.1"), "{error}");
    let mut nobody = options();
    nobody.clients = Clients::default();
    assert!(matches!(
        web.sign_service(&nobody, host.running),
        Err(StartError::NoClient)
    ));
}

/// The test's certificate authority.
struct Authority {
    certificate: rcgen::Certificate,
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        let issuer = rcgen::Issuer::new(params, key);
        Self { certificate, issuer }
    }

    fn issue(&self, name: &str) -> (String, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

#[test]
fn with_mutual_tls_a_token_alone_is_not_enough() {
    use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig, TlsProvider};
    let (ours, theirs) = (Authority::new(), Authority::new());
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (server, server_key) = ours.issue("localhost");
    let mut options = options();
    options.tls = Some(TlsFiles {
        certificate: file("server.pem", &server),
        key: file("server.key", &server_key),
        client_ca: Some(file("ca.pem", &ours.certificate.pem())),
    });
    let service = Service::start(&options);
    let ask = |identity: Option<(String, String)>| {
        let identity = identity.map(|(certificate, key)| {
            let chain = [Certificate::from_pem(certificate.as_bytes()).unwrap()];
            ClientCert::new_with_certs(&chain, PrivateKey::from_pem(key.as_bytes()).unwrap())
        });
        let root = Certificate::from_pem(ours.certificate.pem().as_bytes()).unwrap();
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .root_certs(RootCerts::new_with_certs(&[root]))
            .client_cert(identity)
            .build();
        let agent = ureq::Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .proxy(None)
            .build()
            .new_agent();
        agent
            .post(format!("https://localhost:{}/v1/sign", service.address.port()))
            .header("authorization", format!("Bearer {TOKEN}"))
            .header("content-type", "application/xml")
            .send(MESSAGE)
    };
    assert!(ask(None).is_err());
    assert!(ask(Some(theirs.issue("wms"))).is_err());
    let answer = Answer::of(ask(Some(ours.issue("wms"))));
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(verify(answer.text.as_bytes(), &[], None).valid);
}
