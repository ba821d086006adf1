//! Payment data on demand, against our own customs server over HTTP.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cebridge_clock::ManualClock;
use cebridge_http::{FlowOptions, FlowParts, FolderSource, HttpUpload, PaymentSigner, Record, State, Web};
use cebridge_pay179::{Options, verify};
use cebridge_signature::{Certificate, PrivateKey, generate_identity};
use jiff::Timestamp;
use serde_json::{Value, json};
use support::{Answer, Told, client, eventually, running};

const DONE: &str = r#"{"code":"10000","message":"上传成功","total":0,"serviceTime":1542337661665}"#;
const FAILED: &str = r#"{"code":"20000","message":"上传失败","total":0,"serviceTime":1542337661665}"#;
const REFUSED: &str = r#"{"code":"20004","message":"验签失败","total":0,"serviceTime":1542337661665}"#;

/// Customs: answers uploads from a script, repeating the last answer; keeps what it receives.
struct Customs {
    address: SocketAddr,
    received: Arc<Mutex<Vec<String>>>,
    script: Arc<Mutex<VecDeque<(u16, String)>>>,
}

impl Customs {
    fn answering(answers: &[(u16, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let customs = Self {
            address: listener.local_addr().unwrap(),
            received: Arc::default(),
            script: Arc::default(),
        };
        customs.will_answer(answers);
        let (received, script) = (Arc::clone(&customs.received), Arc::clone(&customs.script));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut length, mut line) = (0, String::new());
                while reader.read_line(&mut line).unwrap_or(0) > 2 {
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    line.clear();
                }
                let mut body = vec![0; length];
                if reader.read_exact(&mut body).is_err() {
                    continue;
                }
                let fields: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
                assert_eq!(fields.len(), 1);
                assert_eq!(fields[0].0, "payExInfoStr");
                received.lock().unwrap().push(fields[0].1.clone());
                let mut script = script.lock().unwrap();
                let (status, text) = if script.len() > 1 {
                    script.pop_front().unwrap()
                } else {
                    script[0].clone()
                };
                let answer = format!(
                    "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
                    text.len()
                );
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        customs
    }

    fn will_answer(&self, answers: &[(u16, &str)]) {
        *self.script.lock().unwrap() = answers
            .iter()
            .map(|(status, text)| (*status, (*text).to_owned()))
            .collect();
    }

    fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }
}

/// An enterprise with its key and its folder; the host is started and stopped by tests.
struct Enterprise {
    folder: tempfile::TempDir,
    key: Arc<PrivateKey>,
    certificate: Certificate,
    clock: Arc<ManualClock>,
    told: Told,
}

/// A running host.
struct Host {
    _web: Web,
    address: SocketAddr,
}

impl Enterprise {
    fn new() -> Self {
        let (key, certificate, _) = generate_identity("CN=platform", 1024).unwrap();
        let enterprise = Self {
            folder: tempfile::tempdir().unwrap(),
            key: Arc::new(key),
            certificate,
            clock: Arc::new(ManualClock::at(Timestamp::from_millisecond(1_777_600_000_000).unwrap())),
            told: Told::default(),
        };
        enterprise.prepare("SO-1", |_| {});
        enterprise
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn prepare(&self, order: &str, change: impl FnOnce(&mut Value)) {
        let mut data = json!({
            "payExchangeInfoHead": {
                "guid": "0F5C1B7E-6A54-4A50-9D0A-3C1F2E4D5A6B", "initalRequest": "a", "initalResponse": "b",
                "ebpCode": "4403960XY1", "payCode": "312226XX01", "payTransactionId": "1", "totalAmount": 1,
                "currency": "142", "verDept": "3", "payType": "1", "tradingTime": "20260501101500", "note": "备注"
            },
            "payExchangeInfoLists": [{
                "orderNo": order, "goodsInfo": [{"gname": "绿茶", "itemLink": "https://shop.example/1?a=1&b=2+3"}],
                "recpAccount": "6222", "recpCode": "", "recpName": "示例"
            }]
        });
        change(&mut data);
        let orders = self.path().join("orders");
        std::fs::create_dir_all(&orders).unwrap();
        let text = data
            .to_string()
            .replace("\"totalAmount\":1,", "\"totalAmount\":100.50,");
        std::fs::write(orders.join(format!("{order}.json")), text).unwrap();
    }

    fn start(&self, customs: SocketAddr) -> Host {
        let options = FlowOptions {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            folder: self.path().to_owned(),
            first_wait: Duration::from_millis(10),
            upload_timeout: Duration::from_secs(5),
        };
        let running = running(self.path(), self.key.clone(), self.certificate.clone());
        let owner = running.engine().config.enterprise.clone();
        let parts = FlowParts {
            source: Arc::new(FolderSource::new(self.path().join("orders"))),
            signer: PaymentSigner::new(running, owner, None),
            upload: Arc::new(HttpUpload::new(&format!("http://{customs}/grab/realTimeDataUpload"), None).unwrap()),
            clock: self.clock.clone(),
        };
        let web = Web::new(self.told.tell()).unwrap();
        let address = web.pay179(&options, parts).unwrap().address;
        Host { _web: web, address }
    }

    fn record(&self, session: &str) -> Option<Record> {
        let bytes = std::fs::read(self.path().join(format!("requests/{session}.json"))).ok()?;
        Some(serde_json::from_slice(&bytes).unwrap())
    }

    #[track_caller]
    fn ends(&self, session: &str, state: State) -> Record {
        eventually(&format!("{session} {state:?}"), || {
            self.record(session).is_some_and(|record| record.state == state)
        });
        self.record(session).unwrap()
    }
}

impl Host {
    fn ask(&self, order: &str, session: &str) -> Value {
        let open_req =
            format!("{{\"orderNo\":\"{order}\",\"sessionID\":\"{session}\",\"serviceTime\":\"1600852846372\"}}");
        let url = format!("http://{}/platDataOpen", self.address);
        let answer = Answer::of(client().post(url).send_form([("openReq", open_req)]));
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }
}

/// A port without a listener.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[test]
fn what_customs_asks_for_is_delivered_signed() {
    let (enterprise, customs) = (Enterprise::new(), Customs::answering(&[(200, DONE)]));
    let host = enterprise.start(customs.address);
    let answer = host.ask("SO-1", "032C3F56-0EE6-4558-B548-6C7A3451F07D");
    assert_eq!(
        answer,
        json!({ "code": "10000", "message": "", "serviceTime": 1_777_600_000_000_i64 })
    );
    let record = enterprise.ends("032C3F56-0EE6-4558-B548-6C7A3451F07D", State::Delivered);
    assert_eq!((record.attempts, record.reason.as_str()), (1, ""));
    let received = customs.received();
    assert_eq!(received.len(), 1);
    let verdict = verify(received[0].as_bytes(), &enterprise.certificate, &Options::default());
    assert!(verdict.valid, "{:?}", verdict.reasons);
    assert!(received[0].starts_with("{\"sessionID\":\"032C3F56-0EE6-4558-B548-6C7A3451F07D\","));
    assert!(received[0].contains("\"totalAmount\":100.50,"));
    assert!(received[0].contains("https://shop.example/1?a=1&b=2+3"));
    assert!(enterprise.told.has("order SO-1 delivered"));
}

#[test]
fn missing_and_wrong_data_is_answered_with_the_reason() {
    let (enterprise, customs) = (Enterprise::new(), Customs::answering(&[(200, DONE)]));
    enterprise.prepare("SO-2", |data| data["payExchangeInfoHead"]["verDept"] = json!("9"));
    enterprise.prepare("SO-3", |data| {
        data["payExchangeInfoLists"][0]["orderNo"] = json!("SO-4")
    });
    std::fs::write(enterprise.path().join("secret.json"), "{}").unwrap();
    enterprise.prepare("SO-5", |data| {
        data["payExchangeInfoHead"]["totalAmount"] = json!("6222-secret")
    });
    let host = enterprise.start(customs.address);
    for (order, reason) in [
        (
            "SO-5",
            "payExchangeInfoHead.totalAmount (交易金额): must be a number without quotes",
        ),
        ("SO-9", "no payment data for order SO-9"),
        ("../secret", "no payment data"),
        ("SO-2", "payExchangeInfoHead.verDept"),
        ("SO-3", "does not name order SO-3"),
    ] {
        let answer = host.ask(order, "session-1");
        assert_eq!(answer["code"], "20000");
        let message = answer["message"].as_str().unwrap();
        assert!(message.contains(reason) && !message.contains("6222"), "{message}");
        assert!(enterprise.told.has(reason));
    }
    // The data comes, customs asks again in the same session.
    enterprise.prepare("SO-9", |_| {});
    assert_eq!(host.ask("SO-9", "session-1")["code"], "10000");
    enterprise.ends("session-1", State::Delivered);
    let url = format!("http://{}/platDataOpen", host.address);
    assert_eq!(Answer::of(client().post(&url).send_form([("other", "1")])).status, 400);
    let broken = Answer::of(client().post(&url).send_form([("openReq", "{")]));
    assert_eq!(broken.json()["code"], "20000");
}

#[test]
fn a_session_is_worked_off_once() {
    let (enterprise, customs) = (Enterprise::new(), Customs::answering(&[(200, DONE)]));
    enterprise.prepare("SO-2", |_| {});
    let host = enterprise.start(customs.address);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(host.ask("SO-1", "twice")["code"], "10000"));
        }
    });
    enterprise.ends("twice", State::Delivered);
    assert_eq!(host.ask("SO-1", "twice")["code"], "10000");
    assert_eq!(host.ask("SO-2", "twice")["code"], "20000");
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(customs.received().len(), 1);
}

#[test]
fn a_restart_between_answer_and_upload_loses_nothing_and_sends_the_same_bytes() {
    let enterprise = Enterprise::new();
    let host = enterprise.start(nobody());
    assert_eq!(host.ask("SO-1", "restart")["code"], "10000");
    eventually("an attempt", || {
        enterprise.record("restart").is_some_and(|record| record.attempts > 1)
    });
    drop(host);
    let signed = enterprise.record("restart").unwrap();
    assert_eq!(signed.state, State::Accepted);

    enterprise.clock.pass(Duration::from_secs(60));
    let customs = Customs::answering(&[(200, DONE)]);
    let _host = enterprise.start(customs.address);
    enterprise.ends("restart", State::Delivered);
    assert_eq!(customs.received(), [signed.payload.unwrap()]);
}

#[test]
fn failures_are_tried_again_and_verdicts_are_not() {
    let (enterprise, customs) = (
        Enterprise::new(),
        Customs::answering(&[(500, ""), (200, FAILED), (200, "?"), (200, DONE)]),
    );
    enterprise.prepare("SO-2", |_| {});
    let host = enterprise.start(customs.address);
    host.ask("SO-1", "patience");
    assert_eq!(enterprise.ends("patience", State::Delivered).attempts, 4);
    let received = customs.received();
    assert!(received.iter().all(|payload| *payload == received[0]));

    customs.will_answer(&[(200, REFUSED)]);
    host.ask("SO-2", "verdict");
    let record = enterprise.ends("verdict", State::Refused);
    assert_eq!(
        (record.attempts, record.reason.as_str()),
        (1, "customs: 20004 验签失败")
    );
    assert!(enterprise.told.has("NOT delivered (session verdict): customs: 20004"));
}

#[test]
fn after_two_minutes_nothing_is_uploaded_any_more() {
    let (enterprise, customs) = (Enterprise::new(), Customs::answering(&[(500, "")]));
    let host = enterprise.start(customs.address);
    host.ask("SO-1", "late");
    eventually("an attempt", || !customs.received().is_empty());
    enterprise.clock.pass(Duration::from_secs(118));
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(enterprise.record("late").unwrap().state, State::Accepted);
    enterprise.clock.pass(Duration::from_secs(2));
    let record = enterprise.ends("late", State::Late);
    assert!(record.reason.contains("HTTP 500"), "{}", record.reason);
    let uploads = customs.received().len();
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(customs.received().len(), uploads);

    // A host that was down when the time ran out does not upload either.
    host.ask("SO-1", "down");
    drop(host);
    let uploads = customs.received().len();
    enterprise.clock.pass(Duration::from_secs(120));
    let _host = enterprise.start(customs.address);
    enterprise.ends("down", State::Late);
    assert_eq!(customs.received().len(), uploads);
}

#[cfg(unix)]
#[test]
fn payment_data_on_disk_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let (enterprise, customs) = (Enterprise::new(), Customs::answering(&[(200, DONE)]));
    let host = enterprise.start(customs.address);
    host.ask("SO-1", "mode");
    enterprise.ends("mode", State::Delivered);
    let mode = std::fs::metadata(enterprise.path().join("requests/mode.json"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}
