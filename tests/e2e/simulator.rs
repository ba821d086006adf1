//! The customs side through the binary: its memory, drafts, repeats, withdrawals, and a way back that is bad on purpose.

use crate::messages::{declare, enterprise, put_into_outbox, send_by_hand, unsigned, year};
use crate::samples::Samples;
use crate::support::{BINARY, Enterprise, Run, statuses};
use cebridge_message::{Document, Element, Limits, unwrap};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const IMPORT: [&str; 2] = ["--receiver", "DXPEDCCEB0000002"];

/// `simulator --once` with more arguments.
fn customs(enterprise: &Enterprise, args: &[&str]) -> Run {
    enterprise.run(&[&["simulator", "--once"], args].concat())
}

/// The daemon takes what customs answered.
fn collect(enterprise: &Enterprise) {
    enterprise.run(&["run", "--once", "--quiet"]).expect(0);
}

/// Declares the sample documents of these messages.
fn declare_samples(enterprise: &Enterprise, samples: &Samples, codes: &[&str]) {
    let file = |code: &&str| {
        enterprise.write(
            &format!("erp/{code}.json"),
            samples.json(code, &[samples.document(code)]),
        )
    };
    let files: Vec<PathBuf> = codes.iter().map(file).collect();
    declare(enterprise, &files).expect(0);
}

/// The receipts that lie in a folder: message code and `returnStatus`, sorted.
fn answers(enterprise: &Enterprise, folder: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for file in enterprise.files(folder) {
        let data = unwrap(&std::fs::read(&file).unwrap(), &Limits::ENVELOPE).unwrap().data;
        let document = Document::parse(&data, &Limits::MESSAGE).unwrap();
        let code = document.root_name().local.strip_suffix("Message").unwrap().to_owned();
        for child in document.children(0) {
            let record = Element::from_document(&document, child);
            // Tax bills have none.
            let status = record.text_at("returnStatus").unwrap_or_default();
            out.push((code.clone(), status.to_owned()));
        }
    }
    out.sort();
    out
}

/// The receipts in `dxp/in`, which are taken away.
fn taken(enterprise: &Enterprise) -> Vec<(String, String)> {
    let out = answers(enterprise, "dxp/in");
    for file in enterprise.files("dxp/in") {
        std::fs::remove_file(file).unwrap();
    }
    out
}

fn told<'a>(answers: &'a [(String, String)], code: &str) -> Vec<&'a str> {
    let own = answers.iter().filter(|(message, _)| message == code);
    own.map(|(_, status)| status.as_str()).collect()
}

fn status_of(enterprise: &Enterprise, message: &str) -> Value {
    let rows = statuses(enterprise.path());
    rows.into_iter().find(|row| row["message"] == message).unwrap()
}

#[test]
fn customs_knows_after_a_restart_what_it_stored_before_when_it_is_asked_to() {
    let samples = Samples::of("2022-05", &year());
    let enterprise = enterprise("2022-05");
    let forgets = "is forgotten now; --state DIR keeps it";
    let forgetting = customs(&enterprise, &[]).expect(0);
    assert!(forgetting.stderr.contains(forgets), "{}", forgetting.stderr);
    declare_samples(&enterprise, &samples, &["CEB311", "CEB411", "CEB511"]);
    let keeping = customs(&enterprise, &["--state", "customs"]).expect(0);
    assert!(!keeping.stderr.contains(forgets), "{}", keeping.stderr);
    declare_samples(&enterprise, &samples, &["CEB621"]);
    customs(&enterprise, &["--state", "customs"]).expect(0);
    collect(&enterprise);
    assert_eq!(status_of(&enterprise, "CEB621")["status"], "released");
}

#[test]
fn customs_killed_at_any_moment_answers_everything_once() {
    let enterprise = Enterprise::new();
    enterprise.configure("[declare]\ndocuments-per-message = 5\n");
    enterprise.write("clean.json", enterprise.clean_orders().to_string());
    enterprise.run(&["declare", "clean.json", "--mapper", "shop"]).expect(0);
    let sent = enterprise.files("dxp/out").len();
    assert!(sent > 20, "{sent}");
    // Each life is a little longer than the one before, so that the kill falls into every phase.
    for life in 0..8 {
        let mut child = Command::new(BINARY)
            .args(["simulator", "--state", "customs", "--quiet"])
            .current_dir(enterprise.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(400 + 250 * life));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    customs(&enterprise, &["--state", "customs", "--quiet"]).expect(0);
    assert_eq!(enterprise.files("dxp/out/done").len(), sent);
    let complaints: Vec<_> = answers(&enterprise, "dxp/in")
        .into_iter()
        .filter(|(_, status)| status.starts_with('-') || status == "100")
        .collect();
    assert!(complaints.is_empty(), "nothing was judged twice: {complaints:?}");
    collect(&enterprise);
    let rows = statuses(enterprise.path());
    let is_good = |row: &Value| row["status"] == "stored" || row["status"] == "released";
    assert!(rows.iter().all(is_good), "{rows:?}");
}

#[test]
fn a_memory_that_can_not_be_used_is_an_error_with_file_and_line() {
    let enterprise = Enterprise::new();
    for (text, expected) in [
        ("{\"customs-simulator\":1}\n[{\"declare\":7}]\n", "line 2"),
        ("{\"customs-simulator\":99}\n", "version 99"),
        ("not this file\n", "line 1"),
    ] {
        enterprise.write("customs/customs.jsonl", text);
        let run = customs(&enterprise, &["--state", "customs"]).expect(2);
        assert!(
            run.stderr.contains("customs.jsonl") && run.stderr.contains(expected),
            "{}",
            run.stderr
        );
        let kept = std::fs::read_to_string(enterprise.path().join("customs/customs.jsonl")).unwrap();
        assert_eq!(kept, text, "the file is left as it was");
    }
}

#[test]
fn a_draft_is_held_until_it_is_declared() {
    let samples = Samples::of("2022-05", &year());
    let enterprise = enterprise("2022-05");
    let messages = unsigned(&enterprise, &samples, &["CEB311", "CEB411", "CEB511", "CEB621"]);
    for code in ["CEB311", "CEB411", "CEB511"] {
        send_by_hand(&enterprise, code, &messages[code], &IMPORT);
    }
    let draft = messages["CEB621"].replace("appStatus>2<", "appStatus>1<");
    assert_ne!(draft, messages["CEB621"]);
    send_by_hand(&enterprise, "draft", &draft, &IMPORT);
    customs(&enterprise, &["--state", "customs", "--quiet"]).expect(0);
    assert_eq!(
        told(&taken(&enterprise), "CEB622"),
        ["1"],
        "its order is there, and it is not released"
    );
    let change = messages["CEB621"].replace("appType>1<", "appType>2<");
    send_by_hand(&enterprise, "change", &change, &IMPORT);
    customs(&enterprise, &["--state", "customs", "--quiet"]).expect(0);
    assert_eq!(told(&taken(&enterprise), "CEB622"), ["-621011", "2"]);
    send_by_hand(&enterprise, "declared", &messages["CEB621"], &IMPORT);
    customs(&enterprise, &["--state", "customs", "--quiet"]).expect(0);
    assert_eq!(told(&taken(&enterprise), "CEB622"), ["120", "2", "3", "800"]);
}

#[test]
fn what_is_sent_once_more_is_complained_about_and_stays_as_it_is() {
    let samples = Samples::of("2022-05", &year());
    let enterprise = enterprise("2022-05");
    // As the gateway makes it; once it is declared, nothing would be sent.
    let messages = unsigned(&enterprise, &samples, &["CEB311"]);
    declare_samples(&enterprise, &samples, &["CEB311", "CEB411", "CEB511", "CEB621"]);
    let state = ["--state", "customs", "--quiet"];
    customs(&enterprise, &state).expect(0);
    assert!(told(&taken(&enterprise), "CEB622").contains(&"800"));
    for _ in 0..2 {
        for file in enterprise.files("dxp/out/done") {
            let name = file.file_name().unwrap().to_str().unwrap();
            // Taken files that came once more have other names there.
            if name.starts_with("CEB") && !name.contains("-2.xml") {
                std::fs::copy(&file, enterprise.path().join("dxp/out").join(name)).unwrap();
            }
        }
        customs(&enterprise, &state).expect(0);
        let answers = taken(&enterprise);
        for (receipt, code) in [
            ("CEB312", "-301010"),
            ("CEB412", "-401007"),
            ("CEB512", "-504015"),
            ("CEB622", "-621004"),
        ] {
            assert_eq!(told(&answers, receipt), [code, "2"]);
        }
    }
    // Made before what customs has.
    let (before, rest) = messages["CEB311"].split_once("appTime>").unwrap();
    let older = format!("{before}appTime>20200101000000<{}", rest.split_once('<').unwrap().1);
    let signed = send_by_hand(&enterprise, "older", &older, &IMPORT);
    customs(&enterprise, &state).expect(0);
    assert_eq!(told(&taken(&enterprise), "CEB312"), ["-301014", "2"]);
    put_into_outbox(&enterprise, &signed, &IMPORT);
    customs(&enterprise, &state).expect(0);
    assert_eq!(told(&taken(&enterprise), "CEB312"), ["-301014", "2"]);
}

#[test]
fn an_inventory_is_withdrawn_by_the_number_that_customs_gave_it() {
    let samples = Samples::of("2022-05", &year());
    let enterprise = enterprise("2022-05");
    let again = unsigned(&enterprise, &samples, &["CEB621"]);
    declare_samples(&enterprise, &samples, &["CEB311", "CEB411", "CEB511", "CEB621"]);
    let state = ["--state", "customs", "--no-release", "--quiet"];
    customs(&enterprise, &state).expect(0);
    collect(&enterprise);
    let inventory = status_of(&enterprise, "CEB621");
    assert_eq!(
        (&inventory["status"], &inventory["return_status"]),
        (&"waiting".into(), &"120".into())
    );
    assert_eq!(inventory["assigned"]["invtNo"], samples.document("CEB623")["invtNo"]);
    declare_samples(&enterprise, &samples, &["CEB623"]);
    customs(&enterprise, &state).expect(0);
    let answers = answers(&enterprise, "dxp/in");
    assert_eq!(told(&answers, "CEB624"), ["120", "2", "3", "399"]);
    collect(&enterprise);
    assert_eq!(status_of(&enterprise, "CEB623")["status"], "stored");
    assert_eq!(status_of(&enterprise, "CEB621")["status"], "withdrawn");
    // Its key is free at customs.
    send_by_hand(&enterprise, "again", &again["CEB621"], &IMPORT);
    customs(&enterprise, &["--state", "customs", "--quiet"]).expect(0);
    let told_of = taken(&enterprise);
    assert_eq!(told(&told_of, "CEB622"), ["120", "2", "3", "800"]);
}

/// Forms of `--odd` that the daemon reads.
const READ: &str = "nul-before,nul-behind,data-nul-before,data-nul-behind,rfh2,data-rfh2,blank-line,data-blank-line,\
     utf8-as-gb2312,spaces,gb18030,gbk,utf-16,default-namespace,bare,cdata,base64-lines,short-time,unknown-elements,\
     bare+gb18030";

#[test]
fn receipts_in_odd_forms_say_what_the_usual_ones_say() {
    let forms: Vec<&str> = READ.split(',').collect();
    // There are fewer receipt files than forms.
    forms.chunks(10).for_each(odd_forms_say_the_same);
}

fn odd_forms_say_the_same(forms: &[&str]) {
    let enterprise = Enterprise::new();
    enterprise.write("clean.json", enterprise.clean_orders().to_string());
    enterprise.run(&["declare", "clean.json", "--mapper", "shop"]).expect(0);
    customs(&enterprise, &["--quiet", "--odd", &forms.join(",")]).expect(0);
    let files = enterprise.files("dxp/in");
    assert!(files.len() > forms.len(), "each form is used: {}", files.len());
    let is_wrapped = |file: &PathBuf| unwrap(&std::fs::read(file).unwrap(), &Limits::ENVELOPE).is_ok();
    assert!(files.iter().any(|file| !is_wrapped(file)));
    collect(&enterprise);
    assert!(enterprise.files("dxp/in/bad").is_empty());
    let rows = statuses(enterprise.path());
    let is_good = |row: &Value| row["final"] == true && row["status"] != "returned";
    assert!(rows.iter().all(is_good), "{rows:?}");
    let unmatched = enterprise
        .run(&["receipts", "--unmatched", "--format", "json"])
        .expect(0);
    assert!(unmatched.lines().is_empty(), "{}", unmatched.stdout);
}

#[test]
fn late_and_slowly_written_receipts_have_all_left_when_customs_ends() {
    let samples = Samples::of("2022-05", &year());
    let enterprise = enterprise("2022-05");
    declare_samples(&enterprise, &samples, &["CEB311", "CEB411", "CEB511", "CEB621"]);
    customs(
        &enterprise,
        &["--late", "700ms", "--slow", "20ms", "--taxes", "--quiet"],
    )
    .expect(0);
    let answers = answers(&enterprise, "dxp/in");
    assert_eq!(told(&answers, "CEB622"), ["120", "2", "3", "800"]);
    collect(&enterprise);
    assert_eq!(status_of(&enterprise, "CEB621")["status"], "released");
    let files = enterprise.files("dxp/in/done");
    let bills = files.iter().filter(|file| file.to_string_lossy().contains("CEB81"));
    assert_eq!(bills.count(), 2);
}

#[test]
fn wrong_faults_are_refused_and_the_help_lists_the_forms() {
    let enterprise = Enterprise::new();
    for (args, expected) in [
        (["--odd", "utf-17"], "no odd form \"utf-17\""),
        (["--odd", "bare+base64-lines"], "can't be combined"),
        (["--late", "soon"], "3s, 500ms"),
    ] {
        let run = customs(&enterprise, &args).expect(2);
        assert!(run.stderr.contains(expected), "{}", run.stderr);
    }
    let help = enterprise.run(&["simulator", "--help"]).expect(0).stdout;
    for form in READ.split(',').filter(|form| !form.contains('+')) {
        assert!(help.contains(&format!("\n  {form} ")), "{form}: {help}");
    }
}
