//! An edition with messages, numbers, receipts and a transfer block that the program has never heard of.

use crate::support::{Enterprise, rules};
use cebridge_message::{Document, Limits, unwrap};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Every name that the edition brings. None of them may occur in the source of the host.
const NAMES: [&str; 24] = [
    "CEB997",
    "CEB998",
    "CEB996",
    "Parchment",
    "ParchmentFiling",
    "ParchmentVerdict",
    "ParchmentRefusal",
    "parchmentUid",
    "parchmentAct",
    "filedAt",
    "filingStage",
    "keeperSign",
    "parchmentRef",
    "quotaRef",
    "verdictMark",
    "verdictNote",
    "verdictMoment",
    "envelopeRef",
    "Consignor",
    "senderSign",
    "senderTitle",
    "senderLane",
    "senderPost",
    "batchUid",
];

const EDITION: &str = r#"
[edition]
name = "ceb"
edition = "2024-07"
version = "1"
effective-from = "2024-07-01"
notice = "An invented notice"

[namespaces]
par = "urn:invented:parchments"
ds = "http://www.w3.org/2000/09/xmldsig#"

[roles]
id = ["parchmentUid"]
type = { fields = ["parchmentAct"], new = "N", change = "C", deletion = "D" }
time = ["filedAt"]
state = { fields = ["filingStage"], held = "K", declared = "F" }
codes = ["keeperSign"]
assigned = ["quotaRef"]
numbers = ["parchmentRef", "quotaRef"]
status = ["verdictMark"]
info = ["verdictNote"]
returned = ["verdictMoment"]

[transfer]
name = "Consignor"
fields = [
  { name = "senderSign", from = "code" },
  { name = "senderTitle", from = "name" },
  { name = "senderLane", value = "LANE-7" },
  { name = "senderPost", from = "dxp-id" },
]
attributes = [{ name = "batchUid", from = "message-id" }]
"#;

const REQUEST: &str = r#"
message = "CEB997"
root = "ParchmentFiling"
namespace = "par"
kind = "request"
direction = "import"
zh = "档案"
en = "Parchments"
clause = "1"
receipt = "CEB998"
document = "Parchment"
keys = ["Parchment/parchmentRef", "Parchment/keeperSign"]
errors = ["-970001..-970999"]

[[group]]
path = "(root)"
fields = [
  { name = "@batchUid", format = "C36", required = true, zh = "批次", en = "Batch" },
  { group = "Parchment", occurs = "1..100" },
  { group = "Consignor", occurs = "1" },
  { use = "Signature", occurs = "0..1" },
]

[[group]]
path = "Parchment"
zh = "档案"
en = "Parchment"
fields = [
  { name = "parchmentUid",  format = "C36",   required = true,  zh = "序号", en = "Id" },
  { name = "parchmentAct",  format = "C1",    required = true,  zh = "类型", en = "Act" },
  { name = "filedAt",     format = "C14",   required = true,  zh = "时间", en = "Time" },
  { name = "filingStage", format = "C1",    required = true,  zh = "状态", en = "Stage" },
  { name = "keeperSign",  format = "C..18", required = true,  zh = "企业", en = "Keeper" },
  { name = "parchmentRef",  format = "C..30", required = true,  zh = "编号", en = "Number" },
  { name = "quotaRef",    format = "C..30", required = false, zh = "配额", en = "Quota" },
]

[[group]]
path = "Consignor"
zh = "传输"
en = "Consignor"
fields = [
  { name = "senderSign",  format = "C..18",  required = true, zh = "代码", en = "Code" },
  { name = "senderTitle", format = "C..100", required = true, zh = "名称", en = "Name" },
  { name = "senderLane",  format = "C6",     required = true, zh = "通道", en = "Lane" },
  { name = "senderPost",  format = "C..30",  required = true, zh = "编号", en = "Post box" },
]
"#;

const RECEIPT: &str = r#"
message = "CEB998"
root = "ParchmentVerdict"
namespace = "par"
kind = "receipt"
direction = "import"
zh = "档案回执"
en = "Verdict"
clause = "2"
document = "Answer"
keys = ["Answer/keeperSign", "Answer/parchmentRef", "Answer/quotaRef"]
outcomes = [
  { status = "GRANTED", means = "stored", final = true },
  { status = "DENIED", means = "returned", final = true },
]

[[group]]
path = "(root)"
fields = [{ group = "Answer", occurs = "1..100" }]

[[group]]
path = "Answer"
zh = "回执"
en = "Answer"
fields = [
  { name = "keeperSign",    format = "C..18",   required = true,  zh = "企业", en = "Keeper" },
  { name = "parchmentRef",    format = "C..30",   required = true,  zh = "编号", en = "Number" },
  { name = "quotaRef",      format = "C..30",   required = false, zh = "配额", en = "Quota" },
  { name = "verdictMark",   format = "C..10",   required = true,  zh = "状态", en = "Mark" },
  { name = "verdictNote",   format = "C..1000", required = true,  zh = "信息", en = "Note" },
  { name = "verdictMoment", format = "C17",     required = true,  zh = "时间", en = "Moment" },
]
"#;

const REFUSAL: &str = r#"
message = "CEB996"
root = "ParchmentRefusal"
namespace = "par"
kind = "receipt"
direction = "import"
zh = "拒收"
en = "Refusal"
clause = "3"
document = "Answer"
keys = ["Answer/envelopeRef"]
refuses-message = "envelopeRef"
outcomes = [{ status = "negative", means = "returned", final = true }]

[[group]]
path = "(root)"
fields = [{ group = "Answer", occurs = "1" }]

[[group]]
path = "Answer"
zh = "回执"
en = "Answer"
fields = [
  { name = "envelopeRef", format = "C36",     required = true, zh = "报文", en = "Envelope" },
  { name = "verdictMark", format = "C..10",   required = true, zh = "状态", en = "Mark" },
  { name = "verdictNote", format = "C..1000", required = true, zh = "信息", en = "Note" },
]
"#;

const SIGNATURE: &str = r#"
[[role]]
name = "keeper"
zh = "保管人"
fields = ["keeperSign"]

[[rule]]
message = "CEB997"
need = "required"
profiles = ["sm2-sm3", "rsa-sha256"]
signers = ["keeper"]
clause = "1"
"#;

/// Code of the enterprise in the demonstration's configuration.
const CODE: &str = "4403960DM1";

/// An enterprise with the edition as a pack in its packs folder.
fn enterprise() -> Enterprise {
    let enterprise = Enterprise::new();
    // What does not belong to the messages of a standard: signatures in XML, and by which algorithms.
    for (file, target) in [
        ("editions/2018-56/xmldsig.toml", "editions/2024-07/xmldsig.toml"),
        ("signature/profiles.toml", "signature/profiles.toml"),
    ] {
        let text = std::fs::read(rules().join(file)).unwrap();
        enterprise.write(&format!("rules/{target}"), text);
    }
    for (file, text) in [
        ("editions/2024-07/edition.toml", EDITION),
        ("editions/2024-07/CEB997.toml", REQUEST),
        ("editions/2024-07/CEB998.toml", RECEIPT),
        ("editions/2024-07/CEB996.toml", REFUSAL),
        ("signature/2024-07.toml", SIGNATURE),
    ] {
        enterprise.write(&format!("rules/{file}"), text);
    }
    std::fs::create_dir_all(enterprise.path().join("packs")).unwrap();
    let build = ["pack", "build", "rules/editions/2024-07", "-o", "packs/parchments.wasm"];
    enterprise.run(&build).expect(0);
    enterprise
}

fn declare(enterprise: &Enterprise, reference: &str, stage: &str) -> Value {
    let document = json!({
        "parchmentAct": "N", "filedAt": "20240801080000", "filingStage": stage, "keeperSign": CODE, "parchmentRef": reference,
    });
    let input = json!({ "message": "CEB997", "documents": [document] });
    let file = enterprise.write(&format!("{reference}.json"), input.to_string());
    let args = ["declare", file.to_str().unwrap(), "--mapper", "ceb", "--quiet"];
    enterprise.run(&args).expect(0);
    enterprise.run(&["run", "--once", "--quiet"]).expect(0);
    status(enterprise, reference)
}

/// The one document with this number.
fn status(enterprise: &Enterprise, number: &str) -> Value {
    let mut rows = enterprise
        .run(&["status", number, "--format", "json"])
        .expect(0)
        .lines();
    assert_eq!(rows.len(), 1, "{number}: {rows:?}");
    rows.remove(0)
}

fn receive(enterprise: &Enterprise, name: &str, xml: &str) {
    enterprise.write(&format!("dxp/in/{name}.xml"), xml);
    enterprise.run(&["run", "--once", "--quiet"]).expect(0);
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn the_host_names_nothing_of_it() {
    let host = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let files = sources(&host);
    assert!(files.len() > 300, "only {} files in {}", files.len(), host.display());
    for file in files {
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        for name in NAMES {
            assert!(!text.contains(name), "{} contains {name}", file.display());
        }
    }
    let told = [EDITION, REQUEST, RECEIPT, REFUSAL].concat();
    for name in NAMES {
        assert!(told.contains(name), "the edition has no {name}");
    }
}

#[test]
fn its_messages_are_declared_and_answered() {
    let enterprise = enterprise();
    let row = declare(&enterprise, "PAR-1", "F");
    assert_eq!(
        (row["status"].as_str(), row["key"].as_str()),
        (Some("waiting"), Some("PAR-1"))
    );

    let files = enterprise.files("dxp/out");
    let [file] = &files[..] else { panic!("{files:?}") };
    let envelope = unwrap(&std::fs::read(file).unwrap(), &Limits::ENVELOPE).unwrap();
    assert_eq!(envelope.msg_type, "ParchmentFiling");
    let message = Document::parse(&envelope.data, &Limits::MESSAGE).unwrap();
    let names: Vec<&str> = message.children(0).map(|child| message.local(child)).collect();
    assert_eq!(names, ["Parchment", "Consignor", "Signature"]);
    let value = |path: &str| message.value(message.find(0, path).unwrap()).to_owned();
    assert_eq!(value("Consignor/senderSign"), CODE);
    assert_eq!(value("Consignor/senderTitle"), "示例跨境电商服务有限公司");
    assert_eq!(value("Consignor/senderLane"), "LANE-7");
    assert_eq!(value("Consignor/senderPost"), "DXPENT0000099901");
    assert_eq!(value("Parchment/parchmentUid"), row["guid"].as_str().unwrap());
    let text = String::from_utf8(envelope.data).unwrap();
    assert!(
        text.contains(" batchUid=\"") && !text.contains("version=\"1.0\" batchUid"),
        "{text}"
    );

    let receipt = format!(
        "<ParchmentVerdict xmlns=\"urn:invented:parchments\"><Answer><keeperSign>{CODE}</keeperSign>\
         <parchmentRef>PAR-1</parchmentRef><quotaRef>QUOTA-77</quotaRef><verdictMark>GRANTED</verdictMark>\
         <verdictNote>all is granted</verdictNote><verdictMoment>20260901080000000</verdictMoment></Answer></ParchmentVerdict>"
    );
    receive(&enterprise, "verdict", &receipt);
    let row = status(&enterprise, "QUOTA-77");
    assert_eq!(row["status"], "stored", "{row}");
    assert_eq!(row["assigned"]["quotaRef"], "QUOTA-77", "{row}");
    assert_eq!(row["return_status"], "GRANTED", "{row}");
    assert_eq!(row["return_time"], "20260901080000000", "{row}");
    let told = enterprise.run(&["receipts", "QUOTA-77"]).expect(0).stdout;
    assert!(told.contains("all is granted"), "{told}");
    enterprise.run(&["ledger", "check", "--quiet"]).expect(0);
}

#[test]
fn a_refusal_of_its_own_returns_a_whole_message() {
    let enterprise = enterprise();
    let row = declare(&enterprise, "PAR-2", "F");
    let id = row["cop_msg_id"].as_str().unwrap();
    let refusal = format!(
        "<ParchmentRefusal xmlns=\"urn:invented:parchments\"><Answer><envelopeRef>{id}</envelopeRef>\
         <verdictMark>-7</verdictMark><verdictNote>unreadable</verdictNote></Answer></ParchmentRefusal>"
    );
    receive(&enterprise, "refusal", &refusal);
    assert_eq!(status(&enterprise, "PAR-2")["status"], "returned");
    enterprise.run(&["ledger", "check", "--quiet"]).expect(0);
}

#[test]
fn a_document_that_is_only_held_is_declared_later() {
    let enterprise = enterprise();
    assert_eq!(declare(&enterprise, "PAR-3", "K")["status"], "waiting");
    enterprise.run(&["submit", "PAR-3", "--quiet"]).expect(0);
    enterprise.run(&["run", "--once", "--quiet"]).expect(0);
    let rows = enterprise
        .run(&["status", "PAR-3", "--format", "json"])
        .expect(0)
        .lines();
    let states: Vec<&str> = rows.iter().map(|row| row["status"].as_str().unwrap()).collect();
    assert_eq!(states, ["waiting", "stored"], "the newest first: {rows:?}");
    let stages = ["K", "F"].map(|stage| {
        let files = enterprise.files("dxp/out");
        let messages = files
            .iter()
            .map(|file| unwrap(&std::fs::read(file).unwrap(), &Limits::ENVELOPE).unwrap());
        let written = format!("filingStage>{stage}<");
        messages
            .filter(|message| String::from_utf8_lossy(&message.data).contains(&written))
            .count()
    });
    assert_eq!(stages, [1, 1]);
}
