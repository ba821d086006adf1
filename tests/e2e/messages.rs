//! Every message of every edition through the whole way: declared, signed, sent, answered, matched.

use crate::samples::Samples;
use crate::support::{Enterprise, Run, specification, statuses, tool};
use cebridge_message::{Document, Element, Limits, unwrap};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Customs gives its numbers by the year in China.
pub(crate) fn year() -> String {
    let now = jiff::Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::fixed(jiff::tz::offset(8)));
    now.strftime("%Y").to_string()
}

/// An enterprise in whose time `edition` is in force.
pub(crate) fn enterprise(edition: &str) -> Enterprise {
    let enterprise = Enterprise::new();
    // Edition 2018-113 knows no SM2, and xmlsec1 neither.
    enterprise.sign_by_rsa();
    if edition != "2022-05" {
        let file = enterprise.path().join("cebridge.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(
            &file,
            format!("{text}\n[rules.effective-from]\n\"2022-05\" = \"2099-01-01\"\n"),
        )
        .unwrap();
    }
    enterprise
}

/// Declares files by the mapper `ceb`.
pub(crate) fn declare(enterprise: &Enterprise, files: &[PathBuf]) -> Run {
    let files = files.iter().map(|file| file.to_str().unwrap());
    let args: Vec<&str> = ["declare"]
        .into_iter()
        .chain(files)
        .chain(["--mapper", "ceb", "--format", "json"])
        .collect();
    enterprise.run(&args)
}

/// Customs answers everything that was sent, and the answers are collected.
fn answer(enterprise: &Enterprise, simulator: &[&str]) {
    enterprise
        .run(&[&["simulator", "--once", "--quiet"], simulator].concat())
        .expect(0);
    enterprise.run(&["run", "--once", "--quiet"]).expect(0);
}

/// The messages in the envelopes of a folder, with their receivers, by message code.
fn sent(enterprise: &Enterprise, folder: &str) -> Vec<(String, Vec<String>, Vec<u8>)> {
    let mut out = Vec::new();
    for file in enterprise.files(folder) {
        let envelope = unwrap(&std::fs::read(&file).unwrap(), &Limits::ENVELOPE).unwrap();
        let code = envelope.msg_type.strip_suffix("Message").unwrap().to_owned();
        out.push((code, envelope.receiver_ids, envelope.data));
    }
    out
}

fn names(xml: &[u8]) -> Vec<String> {
    let document = Document::parse(xml, &Limits::MESSAGE).unwrap();
    document
        .children(0)
        .map(|child| document.local(child).to_owned())
        .collect()
}

/// What the official schemas and an independent verifier say about signed messages.
fn ask_others(enterprise: &Enterprise, edition: &str, messages: &BTreeMap<String, PathBuf>, samples: &Samples) {
    let cert = enterprise.path().join("keys/enterprise.cert.pem");
    for path in messages.values() {
        let args = [
            "--verify",
            "--pubkey-cert-pem",
            cert.to_str().unwrap(),
            path.to_str().unwrap(),
        ];
        let Some(run) = tool("xmlsec1", &args) else { break };
        run.expect(0);
    }
    let Some(schemas) = specification().map(|spec| spec.join("xsd").join(edition)) else {
        return;
    };
    for direction in ["import", "export"] {
        let schema = schemas.join(format!("ceb-{direction}.xsd"));
        let own = messages.iter().filter(|(code, _)| samples.about(code).0 == direction);
        let files: Vec<&str> = own.map(|(_, path)| path.to_str().unwrap()).collect();
        if files.is_empty() {
            continue;
        }
        let args = [
            &["--nonet", "--noout", "--schema", schema.to_str().unwrap()][..],
            &files,
        ]
        .concat();
        if let Some(run) = tool("xmllint", &args) {
            run.expect(0);
        }
    }
}

fn every_message_is_declared_answered_and_final(edition: &str) {
    let samples = Samples::of(edition, &year());
    let enterprise = enterprise(edition);
    let requests = samples.requests();
    // One file a message, XML and JSON by turns.
    let files: Vec<PathBuf> = requests
        .iter()
        .enumerate()
        .map(|(index, code)| {
            let documents = [samples.document(code)];
            if index % 2 == 0 {
                enterprise.write(&format!("erp/{code}.xml"), samples.xml(code, &documents))
            } else {
                enterprise.write(&format!("erp/{code}.json"), samples.json(code, &documents))
            }
        })
        .collect();
    declare(&enterprise, &files).expect(0);

    let mut messages = BTreeMap::new();
    for (code, receivers, xml) in sent(&enterprise, "dxp/out") {
        let expected = match samples.about(&code).0 {
            "export" => "DXPEDCCEB0000003",
            _ => "DXPEDCCEB0000002",
        };
        assert_eq!(receivers, [expected], "{code}");
        assert_eq!(names(&xml).last().map(String::as_str), Some("Signature"), "{code}");
        messages.insert(code.clone(), enterprise.write(&format!("sent/{code}.xml"), xml));
    }
    assert_eq!(messages.keys().map(String::as_str).collect::<Vec<_>>(), requests);
    let outbox = enterprise.files("dxp/out");
    let by_name = |id: &str| outbox.iter().filter(|file| file.to_string_lossy().contains(id)).count();
    let exports = requests.iter().filter(|code| samples.about(code).0 == "export").count();
    assert_eq!(
        (by_name("DXPEDCCEB0000003"), by_name("DXPEDCCEB0000002")),
        (exports, requests.len() - exports)
    );
    ask_others(&enterprise, edition, &messages, &samples);

    answer(&enterprise, &[]);
    let rows = statuses(enterprise.path());
    assert_eq!(rows.len(), requests.len());
    // The inventories are released by the time their withdrawals come.
    let withdrawals = ["CEB605", "CEB623"];
    let good = |row: &&Value| {
        let status = row["status"].as_str().unwrap();
        let expected: &[&str] = if withdrawals.contains(&row["message"].as_str().unwrap()) {
            &["returned"]
        } else {
            &["stored", "released"]
        };
        expected.contains(&status) && row["final"] == true && row["edition"] == edition
    };
    let others: Vec<&Value> = rows.iter().filter(|row| !good(row)).collect();
    assert!(others.is_empty(), "{others:#?}");
    let receipts = enterprise.run(&["receipts", "--format", "json"]).expect(0).lines();
    for receipt in &receipts {
        assert!(
            receipt["document"].is_number(),
            "every receipt found its document: {receipt}"
        );
    }
    for code in requests {
        let receipt = samples.about(code).1;
        let states: Vec<&str> = receipts
            .iter()
            .filter(|row| row["message"] == receipt)
            .map(|row| row["return_status"].as_str().unwrap())
            .collect();
        assert!(
            states.len() >= 3 && states.contains(&"2") && states.contains(&"3"),
            "{code}: {states:?}"
        );
    }
    // The result of the summary came later and changed nothing.
    let result = receipts
        .iter()
        .find(|row| row["message"] == "CEB792")
        .expect("a result of the summary");
    let summary = rows.iter().find(|row| row["message"] == "CEB701").unwrap();
    assert_eq!(
        (result["key"].as_str(), &summary["key"]),
        (Some("M-701/1"), &Value::from("M-701/1"))
    );
    assert_eq!(
        (&summary["status"], &summary["return_status"]),
        (&Value::from("stored"), &Value::from("399"))
    );
    assert!(
        summary["assigned"]["sumNo"].is_string() && summary["assigned"]["declSeqNo"].is_string(),
        "{summary}"
    );
}

#[test]
fn every_message_of_edition_2018_113_is_declared_answered_and_final() {
    every_message_is_declared_answered_and_final("2018-113");
}

#[test]
fn every_message_of_edition_2022_05_is_declared_answered_and_final() {
    every_message_is_declared_answered_and_final("2022-05");
}

#[test]
fn tax_bills_are_kept_with_the_inventory_and_change_nothing() {
    let samples = Samples::of("2022-05", &year());
    let enterprise = enterprise("2022-05");
    let chain = ["CEB311", "CEB411", "CEB511", "CEB621"];
    let files =
        chain.map(|code| enterprise.write(&format!("{code}.json"), samples.json(code, &[samples.document(code)])));
    declare(&enterprise, &files).expect(0);
    answer(&enterprise, &["--taxes"]);
    let receipts = enterprise
        .run(&["receipts", "M-621", "--format", "json"])
        .expect(0)
        .lines();
    let bills: Vec<&str> = receipts
        .iter()
        .filter_map(|row| row["message"].as_str())
        .filter(|message| message.starts_with("CEB81"))
        .collect();
    assert_eq!(bills.len(), 2, "{receipts:?}");
    let tax = format!("T2244{}I000000001", year());
    let by_tax = enterprise
        .run(&["status", &tax, "--history", "--format", "json"])
        .expect(0)
        .lines();
    assert_eq!(
        (&by_tax[0]["message"], &by_tax[0]["status"]),
        (&Value::from("CEB621"), &Value::from("released"))
    );
    assert_eq!(
        (&by_tax[0]["return_status"], &by_tax[0]["assigned"]["taxNo"]),
        (&Value::from("800"), &Value::from(tax))
    );
    assert!(by_tax[0]["history"].to_string().contains("CEB816"));
    // What customs writes is what its schema says.
    for (_, _, xml) in sent(&enterprise, "dxp/in/done")
        .into_iter()
        .filter(|(code, ..)| code.starts_with("CEB81"))
    {
        let file = enterprise.write("notice.xml", xml);
        let judged = enterprise
            .run(&["validate", file.to_str().unwrap(), "--format", "json"])
            .expect(0)
            .lines();
        assert_eq!(judged[0]["findings"], serde_json::json!([]), "{judged:?}");
    }
}

#[test]
fn a_warehouse_entry_travels_alone_and_others_together() {
    let samples = Samples::of("2022-05", &year());
    let enterprise = enterprise("2022-05");
    let two = |code: &str, group: &str, field: &str| {
        let mut documents = [samples.document(code), samples.document(code)];
        let target = if group.is_empty() {
            &mut documents[1]
        } else {
            documents[1][group].as_object_mut().unwrap()
        };
        target.insert(field.to_owned(), "M-SECOND".into());
        enterprise.write(&format!("{code}.json"), samples.json(code, &documents))
    };
    let files = [two("CEB711", "DeliveryHead", "copNo"), two("CEB403", "", "orderNo")];
    declare(&enterprise, &files).expect(0);
    let codes: Vec<String> = sent(&enterprise, "dxp/out")
        .into_iter()
        .map(|(code, ..)| code)
        .collect();
    assert_eq!(codes.iter().filter(|code| *code == "CEB711").count(), 2);
    assert_eq!(codes.iter().filter(|code| *code == "CEB403").count(), 1);
}

/// Signs a message and puts it into the outbox, to the receiver of its direction unless another one is given.
pub(crate) fn send_by_hand(enterprise: &Enterprise, name: &str, xml: &str, receiver: &[&str]) -> PathBuf {
    let file = enterprise.write(&format!("{name}.unsigned.xml"), xml);
    let signed = enterprise.path().join(format!("{name}.xml"));
    let (file, to) = (file.to_str().unwrap(), signed.to_str().unwrap());
    let key = [
        "--key",
        "keys/enterprise.key.pem",
        "--cert",
        "keys/enterprise.cert.pem",
        "--profile",
        "rsa-sha1",
    ];
    enterprise
        .run(&[&["sign", file, "-o", to][..], &key].concat())
        .expect(0);
    put_into_outbox(enterprise, &signed, receiver);
    signed
}

pub(crate) fn put_into_outbox(enterprise: &Enterprise, signed: &Path, receiver: &[&str]) {
    std::fs::create_dir_all(enterprise.path().join("dxp/out")).unwrap();
    let count = enterprise.files("dxp/out").len();
    let envelope = format!("dxp/out/by-hand-{count}.xml");
    enterprise
        .run(&[&["wrap", signed.to_str().unwrap(), "-o", &envelope][..], receiver].concat())
        .expect(0);
}

/// Unsigned messages of these codes, as the gateway writes them.
pub(crate) fn unsigned(enterprise: &Enterprise, samples: &Samples, codes: &[&str]) -> BTreeMap<String, String> {
    let files: Vec<PathBuf> = codes
        .iter()
        .map(|code| enterprise.write(&format!("{code}.json"), samples.json(code, &[samples.document(code)])))
        .collect();
    let files = files.iter().map(|file| file.to_str().unwrap());
    let args: Vec<&str> = ["declare", "--dry-run", "--show", "--mapper", "ceb", "--format", "json"]
        .into_iter()
        .chain(files)
        .collect();
    let lines = enterprise.run(&args).expect(0).lines();
    let shown = lines.iter().filter(|line| line["would_send"].is_string());
    shown
        .map(|line| {
            let xml = line["xml"].as_str().unwrap();
            let (before, rest) = xml.split_once("<ds:Signature").unwrap();
            let (_, behind) = rest.split_once("</ds:Signature>").unwrap();
            (
                line["would_send"].as_str().unwrap().to_owned(),
                format!("{before}{behind}"),
            )
        })
        .collect()
}

/// A message with more behind its BaseTransfer.
fn with(xml: &str, more: &str) -> String {
    let end = "</ceb:BaseTransfer>";
    assert!(xml.contains(end), "{xml}");
    xml.replace(end, &format!("{end}{more}"))
}

#[test]
fn the_command_line_puts_signature_and_receiver_where_the_direction_wants_them() {
    let samples = Samples::of("2022-05", &year());
    let enterprise = enterprise("2022-05");
    let extension = "<ceb:ExtendMessage><ceb:name>x</ceb:name><ceb:version>1</ceb:version><ceb:Message></ceb:Message></ceb:ExtendMessage>";
    let messages = unsigned(&enterprise, &samples, &["CEB303", "CEB311"]);
    for (code, order) in [
        ("CEB303", ["Signature", "ExtendMessage"]),
        ("CEB311", ["ExtendMessage", "Signature"]),
    ] {
        let signed = send_by_hand(&enterprise, code, &with(&messages[code], extension), &[]);
        let found = names(&std::fs::read(&signed).unwrap());
        assert_eq!(found[found.len() - 2..], order, "{code}");
        let judged = enterprise.run(&["validate", signed.to_str().unwrap(), "--layer", "schema"]);
        judged.expect(0);
        ask_others(
            &enterprise,
            "2022-05",
            &BTreeMap::from([(code.to_owned(), signed)]),
            &samples,
        );
    }
    let receivers: Vec<_> = sent(&enterprise, "dxp/out")
        .into_iter()
        .map(|(code, to, _)| (code, to[0].clone()))
        .collect();
    assert!(
        receivers.contains(&("CEB303".to_owned(), "DXPEDCCEB0000003".to_owned())),
        "{receivers:?}"
    );
    assert!(
        receivers.contains(&("CEB311".to_owned(), "DXPEDCCEB0000002".to_owned())),
        "{receivers:?}"
    );
}

#[test]
fn customs_turns_back_what_it_has_and_what_it_does_not_know() {
    let samples = Samples::of("2022-05", &year());
    let enterprise = enterprise("2022-05");
    let subscriber = |status: &str, address: &str| {
        format!(
            "<ceb:BaseSubscribe><ceb:status>{status}</ceb:status><ceb:dxpMode>DXP</ceb:dxpMode>\
             <ceb:dxpAddress>{address}</ceb:dxpAddress></ceb:BaseSubscribe>"
        )
    };
    let subscribers = [
        subscriber("RET", "DXPENT0000099902"),
        subscriber("DATA", "DXPENT0000099903"),
    ]
    .concat();
    let codes = ["CEB303", "CEB403", "CEB505", "CEB605", "CEB623", "CEB625"];
    let messages = unsigned(&enterprise, &samples, &codes);
    let (import, export) = (["--receiver", "DXPEDCCEB0000002"], ["--receiver", "DXPEDCCEB0000003"]);
    let order = send_by_hand(&enterprise, "order", &with(&messages["CEB303"], &subscribers), &export);
    put_into_outbox(&enterprise, &order, &export);
    for (code, receiver) in [("CEB605", export), ("CEB623", import), ("CEB625", import)] {
        send_by_hand(&enterprise, code, &messages[code], &receiver);
    }
    let change = messages["CEB403"].replace("appType>1<", "appType>2<");
    send_by_hand(&enterprise, "change", &change, &export);
    send_by_hand(&enterprise, "astray", &messages["CEB505"], &import);
    enterprise.run(&["simulator", "--once", "--quiet"]).expect(0);

    let mut states: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (code, receivers, xml) in sent(&enterprise, "dxp/in") {
        let document = Document::parse(&xml, &Limits::MESSAGE).unwrap();
        for record in document
            .children(0)
            .map(|child| Element::from_document(&document, child))
        {
            states
                .entry(code.clone())
                .or_default()
                .push(record.text_at("returnStatus").unwrap().to_owned());
        }
        let copies = receivers == ["DXPENT0000099901", "DXPENT0000099902"];
        assert_eq!(
            copies,
            code == "CEB304",
            "receipts of the order go to the subscriber too: {receivers:?}"
        );
    }
    states.values_mut().for_each(|states| states.sort());
    let last = |code: &str, wanted: &str| {
        let found = states
            .get(code)
            .is_some_and(|states| states.iter().any(|state| state == wanted));
        assert!(found, "{code} {wanted}: {states:?}");
    };
    assert_eq!(
        states["CEB304"],
        ["-303001", "120", "2", "2", "3"],
        "stored once, refused once"
    );
    last("CEB606", "-607003");
    last("CEB624", "-623003");
    last("CEB626", "-625001");
    last("CEB404", "-403002");
    assert_eq!(states["CEB900"], ["-2002"], "addressed to the import side");
}

#[test]
fn a_waybill_number_may_be_used_again_after_six_months() {
    let samples = Samples::of("2022-05", &year());
    let enterprise = enterprise("2022-05");
    let waybill = samples.xml("CEB511", &[samples.document("CEB511")]);
    let other = waybill.replace("<weight>1.5</weight>", "<weight>2.5</weight>");
    assert_ne!(waybill, other);
    enterprise.write("erp/first.xml", waybill);
    enterprise.write("erp/second.xml", other);
    let declare = |file: &str, at: &[&str]| {
        enterprise.run(&[&["declare", file, "--mapper", "ceb", "--format", "json"][..], at].concat())
    };
    // Far enough ahead of the clock by which the ledger accepts.
    let later = format!("{}-12-31 08:00:00", year().parse::<u32>().unwrap() + 1);
    declare("erp/first.xml", &[]).expect(0);
    answer(&enterprise, &[]);
    let refused = declare("erp/second.xml", &[]).expect(1).lines();
    assert_eq!(refused[0]["reasons"][0]["rule"], "HOST-DUPLICATE");
    let again = declare("erp/first.xml", &["--at", &later]).expect(0).lines();
    assert_eq!(
        again[0]["status"], "stored",
        "the same waybill is not sent twice: {again:?}"
    );
    let accepted = declare("erp/second.xml", &["--at", &later]).expect(0).lines();
    assert_eq!(accepted[0]["status"], "waiting", "{accepted:?}");
}

/// Software that makes messages need not write the time at which they will be declared.
#[test]
fn a_request_without_time_gets_the_time_of_its_declaration() {
    let samples = Samples::of("2022-05", &year());
    let enterprise = enterprise("2022-05");
    for (code, group) in [("CEB311", Some("OrderHead")), ("CEB623", None)] {
        let mut document = samples.document(code);
        let fields = match group {
            Some(group) => document[group].as_object_mut().unwrap(),
            None => &mut document,
        };
        assert!(fields.remove("appTime").is_some(), "{code}");
        let file = enterprise.write(&format!("erp/{code}.xml"), samples.xml(code, &[document]));
        let run = declare(&enterprise, &[file]);
        assert!(!run.stdout.contains("XSD-element-missing"), "{}", run.stdout);
        if code == "CEB311" {
            run.expect(0);
        }
    }
    let (_, _, order) = sent(&enterprise, "dxp/out").remove(0);
    let order = String::from_utf8(order).unwrap();
    let (_, time) = order.split_once("appTime>").unwrap();
    assert!(
        time.starts_with(&year()) && time.as_bytes()[..14].iter().all(u8::is_ascii_digit),
        "{time:.20}"
    );
}

/// One reason of two thousand characters must not make every row of a table as wide.
#[test]
fn a_long_text_of_customs_is_wrapped_in_tables_and_whole_in_json() {
    let enterprise = enterprise("2022-05");
    let long = "清单退回原因说明".repeat(250);
    for (copy, info) in [("SO-1", "[Code:2600;Desc:放行]"), ("SO-2", &long)] {
        enterprise.write(
            &format!("dxp/in/{copy}.xml"),
            format!(
                "<CEB622Message xmlns=\"http://www.chinaport.gov.cn/ceb\"><InventoryReturn><copNo>{copy}</copNo>\
                 <returnStatus>100</returnStatus><returnTime>20261130140000000</returnTime><returnInfo>{info}</returnInfo>\
                 </InventoryReturn></CEB622Message>"
            ),
        );
    }
    enterprise.run(&["run", "--once", "--quiet"]).expect(0);
    let table = enterprise.run(&["receipts"]).expect(0).stdout;
    let width = |line: &str| line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
    let widest = table.lines().map(width).max().unwrap();
    assert!(widest <= 180, "{widest} columns");
    assert_eq!(table.matches('退').count(), 250);
    let rows = enterprise.run(&["receipts", "--format", "json"]).expect(0).lines();
    assert!(rows.iter().any(|row| row["return_info"] == *long), "{rows:?}");
}
