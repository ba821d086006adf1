//! What the daemon opens to others: nothing by default, the signing service and the payment data endpoint when told.

use crate::daemon::Daemon;
use crate::keys::replace_identity;
use crate::pay179::DATA;
use crate::support::{Enterprise, cebridge, eventually};
use cebridge_signature::KeyKind;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

const TOKEN: &str = "5f9c2f8e1c0b4a7d";
/// `printf %s TOKEN | sha256sum`
const TOKEN_SHA256: &str = "cf9e724ac8e7e8408ecd5abe8e18ed2390abd75ae156bda537c8074dd5ac6c2b";

/// One request; status and body of the answer.
fn post(address: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{request}\r\n{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn configure(enterprise: &Enterprise, more: &str) {
    let path = enterprise.path().join("cebridge.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, format!("{text}\n{more}")).unwrap();
}

fn code_of(enterprise: &Enterprise) -> String {
    let text = std::fs::read_to_string(enterprise.path().join("cebridge.toml")).unwrap();
    let config: toml::Table = text.parse().unwrap();
    config["enterprise"]["code"].as_str().unwrap().to_owned()
}

fn service(enterprise: &Enterprise, listen: &str) -> String {
    format!(
        "[service]\nlisten = \"{listen}\"\n[[service.clients]]\nname = \"wms\"\ntoken-sha256 = \"{TOKEN_SHA256}\"\n\
         enterprises = [\"{}\"]\n",
        code_of(enterprise)
    )
}

#[test]
fn nothing_listens_by_default() {
    let enterprise = Enterprise::new();
    let daemon = Daemon::start(&enterprise);
    assert!(!daemon.said("listens") && !daemon.said("waits for customs"));
    assert_eq!(daemon.terminate(), 0);
}

#[test]
fn an_open_address_without_tls_is_refused_with_the_way_out() {
    let enterprise = Enterprise::new();
    configure(&enterprise, &service(&enterprise, "0.0.0.0:0"));
    let run = cebridge(enterprise.path(), &["run"]).expect(2);
    assert!(
        run.stderr.contains("service.listen") && run.stderr.contains("127.0.0.1"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_client_signs_for_its_enterprise_only() {
    let enterprise = Enterprise::new();
    configure(&enterprise, &service(&enterprise, "127.0.0.1:0"));
    enterprise.run(&["map", "erp/orders.json", "--mapper", "shop", "-o", "mapped"]);
    let message = std::fs::read_to_string(enterprise.path().join("mapped/CEB311-001.xml")).unwrap();
    let daemon = Daemon::start(&enterprise);
    let address = daemon.after("listens on http://").unwrap();
    let bearer = format!("Bearer {TOKEN}");
    let xml = ("content-type", "application/xml");
    let sign = |message: &str| post(&address, "/v1/sign", &[("authorization", &bearer), xml], message);

    assert_eq!(post(&address, "/v1/sign", &[xml], &message).0, 401);
    assert_eq!(
        post(&address, "/v1/sign", &[("authorization", "Bearer x"), xml], &message).0,
        401
    );
    let (status, signed) = sign(&message);
    assert_eq!(status, 200, "{signed}");
    enterprise.write("signed.xml", &signed);
    enterprise.run(&["verify", "signed.xml"]).expect(0);
    let (status, report) = post(&address, "/v1/verify", &[("authorization", &bearer), xml], &signed);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!((status, report["valid"].as_bool()), (200, Some(true)));

    let foreign = message.replace(&format!("copCode>{}<", code_of(&enterprise)), "copCode>1100000XX9<");
    assert_ne!(foreign, message);
    let (status, problem) = sign(&foreign);
    let problem: serde_json::Value = serde_json::from_str(&problem).unwrap();
    assert_eq!(
        (status, problem["code"].as_str()),
        (403, Some("enterprise-not-allowed"))
    );
    let receipt = format!(
        "<CEB312Message xmlns=\"http://www.chinaport.gov.cn/ceb\"><BaseTransfer><copCode>{}</copCode></BaseTransfer>\
         </CEB312Message>",
        code_of(&enterprise)
    );
    let (status, problem) = sign(&receipt);
    assert!([403, 422].contains(&status), "{status} {problem}");
    assert_eq!(daemon.terminate(), 0);
}

#[test]
fn the_service_signs_by_the_key_and_the_settings_that_were_taken_up_meanwhile() {
    let enterprise = Enterprise::new();
    configure(&enterprise, &service(&enterprise, "127.0.0.1:0"));
    enterprise.run(&["map", "erp/orders.json", "--mapper", "shop", "-o", "mapped"]);
    let message = std::fs::read_to_string(enterprise.path().join("mapped/CEB311-001.xml")).unwrap();
    let daemon = Daemon::start(&enterprise);
    let address = daemon.after("listens on http://").unwrap();
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/xml")];
    let sign = || post(&address, "/v1/sign", &headers, &message);
    let serial = replace_identity(&enterprise, KeyKind::Sm2, "2049-12-31");
    daemon.wait_for(&format!("taken up: certificate {serial}"));
    let (status, signed) = sign();
    assert_eq!(status, 200, "{signed}");
    assert!(signed.contains(&format!("KeyName>{serial}<")), "{signed}");

    // From the day on which the older edition holds again, the message must not be signed by this profile any more.
    enterprise.configure("[rules.effective-from]\n\"2018-113\" = \"2048-01-01\"\n\"2022-05\" = \"2049-01-01\"");
    daemon.wait_for("[rules] taken up");
    let (status, problem) = sign();
    assert_eq!(status, 403, "{problem}");
    assert_eq!(daemon.terminate(), 0);
}

#[test]
fn documents_that_the_enterprise_may_not_declare_are_not_signed() {
    let enterprise = Enterprise::new();
    enterprise.run(&["map", "erp/orders.json", "--mapper", "shop", "-o", "mapped"]);
    let read = |name: &str| std::fs::read_to_string(enterprise.path().join(name)).unwrap();
    let inventory = read("mapped/CEB621-001.xml");
    // The key and the transmission are the enterprise's own; the goods are declared by somebody else.
    let config = read("cebridge.toml").replacen("[enterprise]", "[enterprise]\nroles = [\"e-commerce-enterprise\"]", 1);
    enterprise.write("cebridge.toml", config);
    configure(&enterprise, &service(&enterprise, "127.0.0.1:0"));
    let daemon = Daemon::start(&enterprise);
    let address = daemon.after("listens on http://").unwrap();
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/xml")];
    let own = |name: &str| format!("<ceb:{name}>{}</ceb:{name}>", code_of(&enterprise));
    let code = |message: &str, name: &str| {
        let rest = message.split(&format!("<ceb:{name}>")).nth(1).unwrap();
        rest.split('<').next().unwrap().to_owned()
    };
    let seller = code(&inventory, "ebcCode");
    let (named, other) = (
        format!("<ceb:ebcCode>{seller}</ceb:ebcCode>"),
        "<ceb:ebcCode>1100000XX9</ceb:ebcCode>",
    );
    let (status, problem) = post(&address, "/v1/sign", &headers, &inventory.replace(&named, other));
    let problem: serde_json::Value = serde_json::from_str(&problem).unwrap();
    assert_eq!((status, problem["code"].as_str()), (403, Some("access")), "{problem}");
    assert_eq!(problem["reasons"][0]["code"], "-621015", "{problem}");
    assert!(
        problem["reasons"][0]["detail"].as_str().unwrap().contains("ebcCode"),
        "{problem}"
    );
    let (status, signed) = post(
        &address,
        "/v1/sign",
        &headers,
        &inventory.replace(&named, &own("ebcCode")),
    );
    assert_eq!(status, 200, "{signed}");
    assert_eq!(daemon.terminate(), 0);
}

#[test]
fn customs_gets_the_payment_data_it_asks_for() {
    let customs = TcpListener::bind("127.0.0.1:0").unwrap();
    let enterprise = Enterprise::new();
    configure(
        &enterprise,
        &format!(
            "[pay179]\nlisten = \"127.0.0.1:0\"\nupload-url = \"http://{}/up\"\n",
            customs.local_addr().unwrap()
        ),
    );
    let mut data: serde_json::Value = serde_json::from_str(DATA).unwrap();
    for name in ["sessionID", "serviceTime"] {
        data.as_object_mut().unwrap().remove(name);
    }
    enterprise.write("pay179/orders/SO-1.json", data.to_string());
    let received = Arc::new(Mutex::new(String::new()));
    let sink = Arc::clone(&received);
    std::thread::spawn(move || {
        let (mut stream, _) = customs.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let (mut length, mut line) = (0, String::new());
        while reader.read_line(&mut line).unwrap() > 2 {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            line.clear();
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        *sink.lock().unwrap() = String::from_utf8(body).unwrap();
        let answer = r#"{"code":"10000","message":"","total":0,"serviceTime":1}"#;
        let head = format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        stream.write_all(format!("{head}{answer}").as_bytes()).unwrap();
    });
    let daemon = Daemon::start(&enterprise);
    let address = daemon.after("payment data: http://").unwrap();
    let address = address.split('/').next().unwrap();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let open = |order: &str| {
        let body = format!(
            "openReq=%7B%22orderNo%22%3A%22{order}%22%2C%22sessionID%22%3A%22ab-1%22%2C%22serviceTime%22%3A1533271903898%7D"
        );
        let (status, text) = post(address, "/platDataOpen", &form, &body);
        assert_eq!(status, 200);
        serde_json::from_str::<serde_json::Value>(&text).unwrap()
    };
    assert_eq!(open("SO-2")["code"], "20000");
    let answer = open("SO-1");
    assert_eq!(
        (answer["code"].as_str(), answer["message"].as_str()),
        (Some("10000"), Some(""))
    );
    daemon.wait_for("order SO-1 delivered");
    eventually("the record", || {
        std::fs::read_to_string(enterprise.path().join("pay179/requests/ab-1.json"))
            .is_ok_and(|record| record.contains("\"delivered\""))
    });
    assert!(
        received
            .lock()
            .unwrap()
            .starts_with("payExInfoStr=%7B%22sessionID%22%3A%22ab-1%22")
    );
    let record = std::fs::read(enterprise.path().join("pay179/requests/ab-1.json")).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    enterprise.write("payload.json", record["payload"].as_str().unwrap());
    enterprise
        .run(&["pay179", "verify", "payload.json", "--cert", "keys/enterprise.cert.pem"])
        .expect(0);
    assert_eq!(daemon.terminate(), 0);
}
