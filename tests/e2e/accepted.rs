//! Accepted stays accepted: what answers about repeats do, what is sent again, and what a retry does.

use crate::support::{Enterprise, statuses};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// An enterprise whose first clean order is declared; returns the order's number.
pub(crate) fn declared() -> (Enterprise, String) {
    let enterprise = Enterprise::new();
    let number = one_order(&enterprise, "one.json", 0);
    enterprise.run(&["declare", "one.json", "--mapper", "shop"]).expect(0);
    (enterprise, number)
}

/// Writes an ERP file with one clean order, and returns its number.
fn one_order(enterprise: &Enterprise, name: &str, at: usize) -> String {
    let mut erp = enterprise.clean_orders();
    let order = erp["orders"][at].clone();
    erp["orders"] = Value::from(vec![order.clone()]);
    enterprise.write(name, erp.to_string());
    order["id"].as_str().unwrap().to_owned()
}

/// Puts a receipt into the inbox: the message `code` with one record of these fields.
fn receipt(enterprise: &Enterprise, name: &str, code: &str, record: &str, fields: &[(&str, &str)]) {
    let fields: String = fields
        .iter()
        .map(|(name, text)| format!("<{name}>{text}</{name}>"))
        .collect();
    let guid = "A1B2C3D4-0000-4000-8000-00000000000A";
    let xml = format!(
        "<{code}Message xmlns=\"http://www.chinaport.gov.cn/ceb\" guid=\"{guid}\" version=\"1.0\"><{record}><guid>{guid}</guid>\
         {fields}</{record}></{code}Message>"
    );
    enterprise.write(&format!("dxp/in/{name}"), xml);
}

pub(crate) fn inventory_receipt(
    enterprise: &Enterprise,
    name: &str,
    cop_no: &str,
    status: &str,
    time: &str,
    info: &str,
) {
    let fields = [
        ("customsCode", "2244"),
        ("copNo", cop_no),
        ("preNo", "B20261130000000001"),
        ("invtNo", "22442026I000000001"),
        ("returnStatus", status),
        ("returnTime", time),
        ("returnInfo", info),
    ];
    receipt(enterprise, name, "CEB622", "InventoryReturn", &fields);
}

fn of<'r>(rows: &'r [Value], message: &str) -> &'r Value {
    rows.iter().find(|row| row["message"] == message).unwrap()
}

fn once(enterprise: &Enterprise) -> i32 {
    enterprise.run(&["run", "--once", "--quiet"]).code
}

/// The messages that customs would see in the outgoing folder, by `CopMsgId`.
fn envelopes(enterprise: &Enterprise) -> usize {
    enterprise.files("dxp/out").len()
}

#[test]
fn an_answer_to_a_repeat_takes_no_release_back_and_nothing_is_declared_again() {
    let (enterprise, number) = declared();
    inventory_receipt(
        &enterprise,
        "R1.xml",
        &number,
        "800",
        "20261130140000000",
        "[Code:2600;Desc:放行]",
    );
    once(&enterprise);
    inventory_receipt(
        &enterprise,
        "R2.xml",
        &number,
        "-621004",
        "20261130140500000",
        "清单已经申报过，请勿重复申报",
    );
    once(&enterprise);
    let rows = statuses(enterprise.path());
    assert_eq!(of(&rows, "CEB621")["status"], "released");
    let before = envelopes(&enterprise);
    enterprise.run(&["declare", "one.json", "--mapper", "shop"]).expect(0);
    assert_eq!(envelopes(&enterprise), before);
    assert_eq!(statuses(enterprise.path()).len(), rows.len());
    let kept = enterprise
        .run(&["receipts", &number, "--format", "json"])
        .expect(0)
        .lines();
    assert!(
        kept.iter()
            .any(|row| row["return_status"] == "-621004" && row["becomes"] == "repeated")
    );
}

#[test]
fn a_complaint_without_an_acceptance_waits_says_so_and_is_not_sent_again() {
    let (enterprise, number) = declared();
    inventory_receipt(
        &enterprise,
        "R1.xml",
        &number,
        "-621004",
        "20261130140500000",
        "清单已经申报过，请勿重复申报",
    );
    once(&enterprise);
    let rows = statuses(enterprise.path());
    let inventory = of(&rows, "CEB621");
    assert_eq!(
        (inventory["status"].as_str(), inventory["stage"].as_str()),
        (Some("waiting"), Some("at-customs"))
    );
    let reason = &inventory["reasons"][0];
    assert_eq!(reason["code"], "-621004");
    assert!(reason["text"].as_str().unwrap().contains("appType 2"), "{reason}");
    let guid = inventory["guid"].as_str().unwrap();
    let refused = enterprise.run(&["retry", guid]).expect(1);
    assert!(refused.stderr.contains("-621004"), "{}", refused.stderr);
    assert_eq!(enterprise.run(&["declare", "one.json", "--mapper", "shop"]).code, 0);
    assert_eq!(statuses(enterprise.path()).len(), rows.len(), "the key is not free");
}

#[test]
fn a_granted_withdrawal_withdraws_the_inventory() {
    let (enterprise, number) = declared();
    inventory_receipt(&enterprise, "R1.xml", &number, "120", "20261130140000000", "海关入库");
    once(&enterprise);
    let withdrawal = format!(
        r#"{{"message":"CEB623","documents":[{{"appType":"1","appTime":"20261130150000","appStatus":"2","customsCode":"2244",
        "copNo":"W-1","preNo":"224420260000000001","invtNo":"22442026I000000001","orderNo":"{number}","logisticsNo":"YL1",
        "logisticsCode":"31229X0004","logisticsName":"示例物流","ebpCode":"4403960DM1","ebpName":"示例平台","ebcCode":"4403960DM1",
        "ebcName":"示例企业","buyerIdType":"1","buyerIdNumber":"11010119800101001X","buyerName":"王示例","buyerTelephone":"13800000000",
        "agentCode":"4403960DM1","agentName":"示例跨境电商服务有限公司","reason":"测试"}}]}}"#
    );
    enterprise.write("withdraw.json", withdrawal);
    let run = enterprise.run(&["declare", "withdraw.json", "--mapper", "ceb", "--format", "json"]);
    let fate = run.lines().remove(0);
    assert_eq!(fate["status"], "waiting", "{fate}");
    let fields = [
        ("customsCode", "2244"),
        ("agentCode", "4403960DM1"),
        ("copNo", "W-1"),
        ("preNo", "B20261130000000001"),
        ("invtNo", "22442026I000000001"),
        ("returnStatus", "399"),
        ("returnTime", "20261130160000000"),
        ("returnInfo", "审核通过"),
    ];
    receipt(&enterprise, "W1.xml", "CEB624", "InvtCancelReturn", &fields);
    once(&enterprise);
    let rows = statuses(enterprise.path());
    let inventory = of(&rows, "CEB621");
    assert_eq!(
        (inventory["status"].as_str(), inventory["final"].as_bool()),
        (Some("withdrawn"), Some(true))
    );
    assert!(
        inventory["reasons"][0]["text"].as_str().unwrap().contains("CEB623 W-1"),
        "{inventory}"
    );
    let waiting = enterprise
        .run(&["status", "--state", "waiting", "--format", "json"])
        .expect(0);
    assert!(waiting.lines().iter().all(|row| row["message"] != "CEB621"));
    // The order may be declared again, with the same numbers.
    let again = enterprise
        .run(&["declare", "one.json", "--mapper", "shop", "--format", "json"])
        .expect(0);
    assert!(
        again
            .lines()
            .iter()
            .any(|row| row["message"] == "CEB621" && row["status"] == "waiting"),
        "{}",
        again.stdout
    );
}

#[test]
fn what_could_not_be_sent_says_why_and_is_tried_on_a_word() {
    let enterprise = Enterprise::new();
    one_order(&enterprise, "one.json", 0);
    enterprise.write("dxp/out", "a file in place of the folder");
    enterprise.run(&["declare", "one.json", "--mapper", "shop"]).expect(0);
    let rows = statuses(enterprise.path());
    for row in &rows {
        assert_eq!(
            (row["status"].as_str(), row["stage"].as_str()),
            (Some("waiting"), Some("unsent")),
            "{row}"
        );
        assert!(
            row["reasons"][0]["text"]
                .as_str()
                .unwrap()
                .starts_with("not sent yet: "),
            "{row}"
        );
        assert!(row["next_attempt"].is_string(), "{row}");
    }
    assert_eq!(once(&enterprise), 1, "work is left");
    assert_eq!(enterprise.run(&["retry"]).code, 1);
    fs::remove_file(enterprise.path().join("dxp/out")).unwrap();
    enterprise.run(&["retry"]).expect(0);
    assert_eq!(envelopes(&enterprise), rows.len(), "one message of each kind");
    assert_eq!(once(&enterprise), 0);
    let sent = statuses(enterprise.path());
    assert!(sent.iter().all(|row| row["stage"] == "sent"), "{sent:?}");
}

/// Kills a daemon in the moment between handing over and noting it, by `strace`; false when the kill did not come.
fn killed_while_handing_over(enterprise: &Enterprise) -> bool {
    let strace = ["-f", "-qq", "-o", "/dev/null", "-P"];
    let out = enterprise.path().join("dxp/out");
    let status = std::process::Command::new("strace")
        .args(strace)
        .arg(&out)
        .args(["-e", "inject=fsync,fdatasync:signal=SIGKILL:when=2"])
        .arg(crate::support::BINARY)
        .args(["run", "--quiet", "--once"])
        .current_dir(enterprise.path())
        .status();
    status.is_ok_and(|status| status.code().is_none_or(|code| code != 0 && code != 1))
}

#[test]
fn an_envelope_that_was_fetched_before_a_kill_is_not_sent_again() {
    if crate::support::tool("strace", &["-V"]).is_none() {
        return;
    }
    let enterprise = Enterprise::new();
    one_order(&enterprise, "intake/one.json", 0);
    fs::create_dir_all(enterprise.path().join("dxp/out")).unwrap();
    let mut seen: Vec<String> = Vec::new();
    let fetch = |seen: &mut Vec<String>| {
        for path in enterprise.files("dxp/out") {
            seen.push(path.file_name().unwrap().to_string_lossy().into_owned());
            fs::remove_file(path).unwrap();
        }
    };
    let mut killed = 0;
    for _ in 0..6 {
        killed += usize::from(killed_while_handing_over(&enterprise));
        fetch(&mut seen);
    }
    assert!(killed > 0, "strace never came to kill");
    once(&enterprise);
    fetch(&mut seen);
    let rows = statuses(enterprise.path());
    assert!(rows.iter().all(|row| row["stage"] == "sent"), "{rows:?}");
    let mut once_each = seen.clone();
    once_each.sort();
    once_each.dedup();
    assert_eq!(once_each.len(), seen.len(), "sent twice: {seen:?}");
    assert_eq!(seen.len(), rows.len(), "one message of each kind");
}

#[test]
fn receipts_in_odd_forms_arrive_and_the_file_is_kept_as_it_came() {
    let (enterprise, number) = declared();
    let body = |status: &str, time: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"gb2312\"?>\n<CEB622Message xmlns=\"http://www.chinaport.gov.cn/ceb\" guid=\"A1B2C3D4-0000-4000-8000-00000000000A\" version=\"1.0\"><InventoryReturn><guid>A1B2C3D4-0000-4000-8000-00000000000A</guid>\
             <customsCode>2244</customsCode><copNo> {number} </copNo><preNo>B20261130000000001</preNo><invtNo>22442026I000000001</invtNo>\
             <returnStatus>\n  {status}\n</returnStatus><returnTime>{time}</returnTime><returnInfo>[Code:2600;Desc:放行]</returnInfo></InventoryReturn></CEB622Message>"
        )
    };
    let bytes = [b"\0".as_slice(), body("800", "20261130140000000").as_bytes(), b"\0\0"].concat();
    enterprise.write("dxp/in/R1.xml", &bytes);
    assert_eq!(once(&enterprise), 0);
    let rows = statuses(enterprise.path());
    assert_eq!(of(&rows, "CEB621")["status"], "released");
    let done = fs::read(enterprise.path().join("dxp/in/done/R1.xml")).unwrap();
    assert_eq!(done, bytes);
    let kept = enterprise
        .run(&["receipts", &number, "--format", "json"])
        .expect(0)
        .lines();
    assert!(kept[0]["return_info"].as_str().unwrap().contains("放行"), "{kept:?}");
    // validate stays strict.
    enterprise.run(&["validate", "dxp/in/done/R1.xml"]).expect(1);
}

#[test]
fn what_is_no_receipt_is_named_with_the_true_cause_and_can_be_taken_again() {
    let enterprise = Enterprise::new();
    let config = fs::read_to_string(enterprise.path().join("cebridge.toml")).unwrap();
    enterprise.write(
        "cebridge.toml",
        config.replace("settle = 0", "settle = 0\npatience = 0"),
    );
    let envelope = |data: &str| {
        format!(
            "<DxpMsg xmlns=\"http://www.chinaport.gov.cn/dxp\" ver=\"1.0\"><TransInfo><CopMsgId>A</CopMsgId><SenderId>B</SenderId>\
             <ReceiverIds><ReceiverId>C</ReceiverId></ReceiverIds><CreatTime>2026-05-01T00:00:00</CreatTime><MsgType>CEB622Message</MsgType></TransInfo>{data}</DxpMsg>"
        )
    };
    enterprise.write("dxp/in/a.xml", envelope("<Data>%%%</Data>"));
    enterprise.write("dxp/in/b.xml", "{\"returnStatus\": 800}");
    enterprise.write("dxp/in/c.xml", b"PK\x03\x04 an archive, more or less");
    let run = enterprise.run(&["run", "--once"]).expect(0);
    for (name, cause) in [("a.xml", "base64"), ("b.xml", "JSON"), ("c.xml", "zip")] {
        let line = run
            .stderr
            .lines()
            .find(|line| line.contains(&format!("{name} set aside")));
        assert!(line.is_some_and(|line| line.contains(cause)), "{name}: {}", run.stderr);
    }
    let listed = enterprise.run(&["inbox", "--format", "json"]).expect(1).lines();
    assert_eq!(listed.len(), 3, "{listed:?}");
    assert!(
        listed
            .iter()
            .all(|row| row["from"] == "receipts" && row["reason"].as_str().unwrap().len() > 10)
    );
    enterprise.run(&["inbox", "--retake", "nosuch.xml"]).expect(1);
    enterprise.run(&["inbox", "--retake", "b.xml"]).expect(0);
    assert!(enterprise.path().join("dxp/in/b.xml").exists());
    enterprise.run(&["inbox", "--all"]).expect(0);
    enterprise.run(&["inbox"]).expect(0);
    assert_eq!(enterprise.files("dxp/in").len(), 3);
}

#[test]
fn drafts_and_held_documents_are_declared_by_submit() {
    let enterprise = Enterprise::new();
    let number = one_order(&enterprise, "one.json", 0);
    let run = enterprise
        .run(&["declare", "one.json", "--mapper", "shop", "--draft", "--format", "json"])
        .expect(0);
    assert!(run.lines().iter().all(|row| row["status"] == "draft"), "{}", run.stdout);
    assert_eq!(envelopes(&enterprise), 0);
    enterprise
        .run(&["declare", "one.json", "--mapper", "shop", "--draft"])
        .expect(0);
    let rows = statuses(enterprise.path());
    assert!(
        rows.iter().all(|row| row["status"] == "draft" && row["final"] == false),
        "{rows:?}"
    );
    enterprise.run(&["submit", &number]).expect(0);
    let sent = statuses(enterprise.path());
    assert_eq!(sent.len(), rows.len(), "the drafts themselves");
    assert!(sent.iter().all(|row| row["status"] == "waiting"), "{sent:?}");
    enterprise.run(&["submit", &number]).expect(1);
    enterprise.run(&["submit", "nobody knows it"]).expect(1);
    // Declared by submit or by the file itself, it is the same document.
    let again = enterprise.run(&["declare", "one.json", "--mapper", "shop"]).expect(0);
    assert!(
        again
            .stderr
            .contains(&format!("{} documents were known before", sent.len())),
        "{}",
        again.stderr
    );
    let number = one_order(&enterprise, "two.json", 1);
    enterprise
        .run(&["declare", "two.json", "--mapper", "shop", "--draft"])
        .expect(0);
    enterprise.run(&["declare", "two.json", "--mapper", "shop"]).expect(0);
    let all = statuses(enterprise.path());
    assert!(
        all.iter().all(|row| row["status"] == "waiting"),
        "no draft is left behind: {all:?}"
    );
    enterprise.run(&["submit", &number]).expect(1);
}

/// The message inside an envelope, for looking at what was sent.
fn inside(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let data = text.split_once("Data>").unwrap().1.split_once("</").unwrap().0;
    String::from_utf8(STANDARD.decode(data).unwrap()).unwrap()
}

#[test]
fn a_document_that_customs_only_holds_is_declared_by_submit() {
    let enterprise = Enterprise::new();
    let number = one_order(&enterprise, "one.json", 0);
    let shown = enterprise
        .run(&[
            "declare",
            "one.json",
            "--mapper",
            "shop",
            "--dry-run",
            "--show",
            "--format",
            "json",
        ])
        .expect(0);
    let message = |code: &str| -> String {
        let line = shown
            .lines()
            .into_iter()
            .find(|line| line["would_send"] == code)
            .unwrap();
        line["xml"].as_str().unwrap().to_owned()
    };
    let held = message("CEB621").replace("<ceb:appStatus>2<", "<ceb:appStatus>1<");
    enterprise.write("held.xml", held);
    enterprise.run(&["declare", "held.xml", "--mapper", "ceb"]).expect(0);
    inventory_receipt(
        &enterprise,
        "R1.xml",
        &number,
        "1",
        "20261130140000000",
        "电子口岸已暂存",
    );
    once(&enterprise);
    let rows = statuses(enterprise.path());
    assert_eq!(rows[0]["status"], "waiting");
    assert!(
        rows[0]["reasons"][0]["text"]
            .as_str()
            .unwrap()
            .contains("held at customs"),
        "{rows:?}"
    );
    for path in enterprise.files("dxp/out") {
        fs::remove_file(path).unwrap();
    }
    enterprise.run(&["submit", &number]).expect(0);
    let out = enterprise.files("dxp/out");
    assert_eq!(out.len(), 1);
    assert!(inside(&out[0]).contains("<ceb:appStatus>2<"));
    let rows = statuses(enterprise.path());
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!(
        rows.iter().filter(|row| row["final"] == true).count(),
        1,
        "what was held has ended: {rows:?}"
    );
}

#[test]
fn receipts_of_an_unknown_key_end_like_its_status() {
    let enterprise = Enterprise::new();
    enterprise.write("orders.json", enterprise.numbered_orders("K", 1));
    enterprise
        .run(&["declare", "orders.json", "--mapper", "shop"])
        .expect(0);
    enterprise.run(&["receipts", "UNKNOWN"]).expect(1);
    enterprise.run(&["status", "UNKNOWN"]).expect(1);
}
