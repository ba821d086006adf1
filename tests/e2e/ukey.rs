//! `ukey-agent` and `ukey-simulator` as an operator runs them, with certificates made by openssl as the documentation says.

use crate::support::{BINARY, cebridge, eventually, tool};
use cebridge_signature::{KeyFault, KeyKind, SM2_USER_ID, Scheme, SigningKey};
use cebridge_ukey::{Gateway, GatewayConfig, GatewayTimes, UkeyOptions};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A running command; killed when the test ends.
struct Running {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Running {
    fn start(folder: &Path, pin: &str, args: &[&str]) -> Self {
        let mut child = Command::new(BINARY)
            .args(args)
            .args(["--format", "json", "--quiet"])
            .env("CEBRIDGE_UKEY_PIN", pin)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (sink, stdout) = (Arc::clone(&lines), child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                sink.lock().unwrap().push(line);
            }
        });
        Self { child, lines }
    }

    fn lines(&self) -> Vec<Value> {
        let lines = self.lines.lock().unwrap();
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Waits for a line whose field has a value.
    fn wait_for(&self, field: &str, value: &str) -> Value {
        let find = || self.lines().into_iter().rfind(|line| line[field] == value);
        eventually(value, || find().is_some());
        find().unwrap()
    }

    fn say(&mut self, order: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        writeln!(stdin, "{order}").unwrap();
    }

    /// SIGTERM, as a service manager sends it.
    fn terminate(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").arg(id).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The authority, the gateway's certificate and the agent's, as in the documentation of `cebridge_keys::ukey`.
fn certificates(folder: &Path) -> bool {
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let make = |name: &str, subject: &str, extra: &[&str]| {
        let (key, certificate) = (path(&format!("{name}.key")), path(&format!("{name}.pem")));
        let mut args = vec![
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "30",
            "-subj",
            subject,
            "-keyout",
            &key,
            "-out",
            &certificate,
        ];
        args.extend(extra);
        tool("openssl", &args).map(|run| run.expect(0)).is_some()
    };
    let (ca, ca_key) = (path("ca.pem"), path("ca.key"));
    let issued = |usage: &'static str| {
        [
            "-CA",
            ca.as_str(),
            "-CAkey",
            ca_key.as_str(),
            "-addext",
            "basicConstraints=critical,CA:FALSE",
            "-addext",
            usage,
        ]
    };
    let authority = [
        "-addext",
        "basicConstraints=critical,CA:TRUE",
        "-addext",
        "keyUsage=critical,keyCertSign,cRLSign",
    ];
    make("ca", "/CN=cebridge agents", &authority)
        && make(
            "gateway",
            "/CN=gateway",
            &[
                &issued("extendedKeyUsage=serverAuth")[..],
                &["-addext", "subjectAltName=DNS:localhost"],
            ]
            .concat(),
        )
        && make("ukey-1", "/CN=ukey-1", &issued("extendedKeyUsage=clientAuth"))
}

#[test]
fn agent_and_simulator_sign_for_a_gateway() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    if !certificates(folder) {
        return;
    }
    let config = GatewayConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        ca: folder.join("ca.pem"),
        certificate: folder.join("gateway.pem"),
        key: folder.join("gateway.key"),
    };
    let gateway = Gateway::start(&config, GatewayTimes::default(), Arc::new(|_: &_| {})).unwrap();
    let mut simulator = Running::start(
        folder,
        "24681357",
        &["ukey-simulator", "--listen", "127.0.0.1:0", "--tries", "5"],
    );
    let service = simulator.wait_for("card_id", "8990000000001")["service"]
        .as_str()
        .unwrap()
        .to_owned();
    let address = format!("localhost:{}", gateway.address().port());
    let agent_args = [
        "ukey-agent",
        "--gateway",
        &address,
        "--ca",
        "ca.pem",
        "--cert",
        "ukey-1.pem",
        "--key",
        "ukey-1.key",
        "--service",
        &service,
    ];

    // The wrong PIN first: tried once, then the agent is started again with the right one.
    let agent = Running::start(folder, "00000000", &agent_args);
    let options = UkeyOptions {
        agent: "ukey-1".to_owned(),
        certificate: None,
        timeout: Duration::from_secs(20),
        wait: Duration::from_secs(20),
    };
    let key = gateway.key(&options).unwrap();
    assert_eq!(key.kind(), KeyKind::Sm2);
    let sign = || key.sign(Scheme::Sm2Sm3 { user_id: SM2_USER_ID }, b"<text/>");
    for _ in 0..3 {
        assert!(matches!(sign(), Err(KeyFault::Pin(_))));
    }
    assert!(
        agent.wait_for("event", "card-problem")["problem"]
            .as_str()
            .unwrap()
            .contains("PIN was refused")
    );
    simulator.say("status");
    eventually("one try", || {
        simulator.lines().iter().any(|line| line["tries_left"] == 4)
    });
    assert_eq!(simulator.lines().last().unwrap()["pin_tries"], 1);
    assert_eq!(agent.terminate(), Some(0));
    eventually("departure", || gateway.agents().is_empty());

    let agent = Running::start(folder, "24681357", &agent_args);
    agent.wait_for("event", "connected");
    eventually("card", || {
        gateway
            .agents()
            .iter()
            .any(|agent| agent.serial.is_some() && agent.problem.is_none())
    });
    let value = sign().unwrap();
    assert!(
        key.certificate()
            .verify(Scheme::Sm2Sm3 { user_id: SM2_USER_ID }, b"<text/>", &value)
    );

    // A fault that is switched on while it runs.
    simulator.say("light-off");
    simulator.say("status");
    eventually("status", || simulator.lines().iter().any(|line| line["signed"] == 1));
    let fault = sign().unwrap_err();
    assert!(fault.to_string().contains("light"), "{fault}");
    simulator.say("light-on");
    eventually("light", || sign().is_ok());
}

#[test]
fn what_is_of_no_use_ends_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let run = cebridge(folder.path(), &["ukey-simulator", "--fault", "sleep"]).expect(2);
    assert!(run.stderr.contains("light-off@4"), "{}", run.stderr);
    let args = [
        "ukey-agent",
        "--gateway",
        "localhost:1",
        "--ca",
        "ca.pem",
        "--cert",
        "a.pem",
        "--key",
        "a.key",
    ];
    let run = cebridge(folder.path(), &args).expect(2);
    assert!(run.stderr.contains("CEBRIDGE_UKEY_PIN"), "{}", run.stderr);
}
