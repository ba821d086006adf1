//! Declaring: nothing twice, nothing lost, nothing half.

use crate::support::{Enterprise, cebridge, eventually, statuses};
use serde_json::Value;
use std::collections::BTreeSet;

#[test]
fn a_dry_run_shows_signed_messages_and_leaves_nothing_behind() {
    let enterprise = Enterprise::new();
    let run = enterprise.run(&[
        "declare",
        "erp/orders.json",
        "--mapper",
        "shop",
        "--dry-run",
        "--show",
        "--format",
        "json",
    ]);
    let messages: Vec<Value> = run
        .lines()
        .into_iter()
        .filter(|line| line.get("would_send").is_some())
        .collect();
    assert_eq!(messages.len(), 5, "one message of each kind: {}", run.stderr);
    for message in &messages {
        let file = enterprise.write("one.xml", message["xml"].as_str().unwrap());
        enterprise.run(&["verify", file.to_str().unwrap()]).expect(0);
        enterprise.run(&["validate", file.to_str().unwrap()]).expect(0);
    }
    assert!(statuses(enterprise.path()).is_empty(), "the ledger knows nothing");
    assert!(enterprise.files("dxp/out").is_empty(), "nothing was sent");
}

#[test]
fn declaring_the_same_file_twice_sends_it_once() {
    let enterprise = Enterprise::new();
    enterprise.write("clean.json", enterprise.clean_orders().to_string());
    enterprise.run(&["declare", "clean.json", "--mapper", "shop"]).expect(0);
    let sent: Vec<_> = enterprise.files("dxp/out");
    let before = statuses(enterprise.path());
    enterprise.run(&["declare", "clean.json", "--mapper", "shop"]).expect(0);
    assert_eq!(enterprise.files("dxp/out"), sent, "no new envelope");
    assert_eq!(statuses(enterprise.path()).len(), before.len(), "no new document");
}

#[test]
fn the_same_order_with_other_content_is_refused_as_a_duplicate() {
    let enterprise = Enterprise::new();
    let mut erp = enterprise.clean_orders();
    enterprise.write("first.json", erp.to_string());
    enterprise.run(&["declare", "first.json", "--mapper", "shop"]).expect(0);
    let order = &mut erp["orders"].as_array_mut().unwrap()[0];
    order["recipient"]["name"] = Value::from("别人");
    enterprise.write("second.json", erp.to_string());
    let run = enterprise
        .run(&["declare", "second.json", "--mapper", "shop", "--format", "json"])
        .expect(1);
    let refused: Vec<Value> = run
        .lines()
        .into_iter()
        .filter(|row| row["status"] == "refused")
        .collect();
    let rules: BTreeSet<&str> = refused
        .iter()
        .map(|row| row["reasons"][0]["rule"].as_str().unwrap())
        .collect();
    assert!(rules.contains("HOST-DUPLICATE"), "{refused:?}");
}

#[test]
fn receipts_shuffled_and_repeated_give_the_same_end() {
    let enterprise = Enterprise::new();
    enterprise
        .run(&["declare", "erp/orders.json", "--mapper", "shop"])
        .expect(1);
    enterprise
        .run(&["simulator", "--once", "--shuffle", "--repeat", "3", "--quiet"])
        .expect(0);
    enterprise.run(&["run", "--once", "--quiet"]).expect(0);
    let ends = |rows: Vec<Value>| -> BTreeSet<String> {
        rows.iter()
            .map(|row| format!("{} {} {}", row["message"], row["key"], row["status"]))
            .collect()
    };
    assert_eq!(
        ends(statuses(enterprise.path())),
        ends(statuses(crate::support::kept_demo()))
    );
    // The same receipts once more change nothing.
    let before = statuses(enterprise.path());
    for file in enterprise.files("dxp/in/done") {
        std::fs::copy(&file, enterprise.path().join("dxp/in").join(file.file_name().unwrap())).unwrap();
    }
    enterprise.run(&["run", "--once", "--quiet"]).expect(0);
    assert_eq!(statuses(enterprise.path()), before);
}

#[test]
fn a_receipt_for_something_never_sent_is_kept_as_unmatched() {
    let enterprise = Enterprise::new();
    let demo = crate::support::kept_demo();
    let receipt = std::fs::read_dir(demo.join("dxp/in/done"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().contains("CEB312"))
        .unwrap();
    enterprise.write("dxp/in/receipt.xml", std::fs::read(receipt).unwrap());
    enterprise.run(&["run", "--once", "--quiet"]).expect(0);
    let kept = enterprise
        .run(&["receipts", "--unmatched", "--format", "json"])
        .expect(0)
        .lines();
    assert!(!kept.is_empty());
    assert!(kept.iter().all(|row| row["message"] == "CEB312"), "{kept:?}");
}

#[test]
fn an_outbox_that_cannot_be_written_keeps_the_messages_for_later() {
    let enterprise = Enterprise::new();
    enterprise.write("clean.json", enterprise.clean_orders().to_string());
    let config = std::fs::read_to_string(enterprise.path().join("cebridge.toml")).unwrap();
    // A file stands where the folder should be: the transport can't work.
    enterprise.write("blocked", "");
    let retry = "[delivery]\nfirst-wait = 1\n";
    enterprise.write(
        "cebridge.toml",
        format!("{config}\n[paths]\noutbox = \"blocked/out\"\n{retry}"),
    );
    let run = enterprise.run(&["declare", "clean.json", "--mapper", "shop"]).expect(0);
    assert!(
        run.stderr.contains("blocked"),
        "the error names the folder: {}",
        run.stderr
    );
    assert!(statuses(enterprise.path()).iter().all(|row| row["status"] == "waiting"));
    enterprise.write("cebridge.toml", format!("{config}\n{retry}"));
    let rows = statuses(enterprise.path());
    let messages: BTreeSet<&str> = rows.iter().map(|row| row["message"].as_str().unwrap()).collect();
    eventually("every message goes out", || {
        // 1 while a message still waits for its next attempt.
        let run = enterprise.run(&["run", "--once", "--quiet"]);
        let out = enterprise.files("dxp/out").len();
        assert_eq!(run.code, i32::from(out < messages.len()), "{}", run.stderr);
        out == messages.len()
    });
    enterprise.run(&["run", "--once", "--quiet"]).expect(0);
    assert_eq!(
        enterprise.files("dxp/out").len(),
        messages.len(),
        "each message went out once"
    );
}

#[test]
fn customs_answers_a_message_that_fails_the_schema_with_ceb900() {
    let enterprise = Enterprise::new();
    enterprise.write("clean.json", enterprise.clean_orders().to_string());
    enterprise.run(&["declare", "clean.json", "--mapper", "shop"]).expect(0);
    // What leaves us is valid, so the envelope is damaged on the way.
    let file = enterprise
        .files("dxp/out")
        .into_iter()
        .find(|p| p.to_string_lossy().contains("CEB311"))
        .unwrap();
    enterprise
        .run(&["unwrap", file.to_str().unwrap(), "-o", "inner.xml"])
        .expect(0);
    let inner = std::fs::read_to_string(enterprise.path().join("inner.xml")).unwrap();
    enterprise.write(
        "inner.xml",
        inner
            .replacen("<ceb:orderNo>", "<ceb:orderNumber>", 1)
            .replacen("</ceb:orderNo>", "</ceb:orderNumber>", 1),
    );
    let text = std::fs::read_to_string(&file).unwrap();
    let id = text
        .split("CopMsgId>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    let out = file.to_str().unwrap();
    enterprise
        .run(&["wrap", "inner.xml", "--cop-msg-id", &id, "-o", out])
        .expect(0);
    enterprise.run(&["simulator", "--once", "--quiet"]).expect(0);
    enterprise.run(&["run", "--once", "--quiet"]).expect(0);
    for row in statuses(enterprise.path())
        .iter()
        .filter(|row| row["message"] == "CEB311")
    {
        assert_eq!(row["status"], "returned", "{row}");
        assert!(row["reasons"].to_string().contains("0002"), "{row}");
    }
}

#[test]
fn without_a_configuration_the_error_says_what_to_set() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("erp.json"), "{}").unwrap();
    let enterprise = Enterprise::new();
    std::fs::copy(
        enterprise.path().join("erp/orders.json"),
        folder.path().join("erp.json"),
    )
    .unwrap();
    let run = cebridge(folder.path(), &["declare", "erp.json", "--mapper", "shop"]).expect(2);
    assert!(run.stderr.contains("[enterprise]"), "{}", run.stderr);
}

#[test]
fn the_keys_of_an_enterprise_share_one_declaration() {
    let enterprise = Enterprise::new();
    let (_, _, pems) = cebridge_signature::generate_sm2_identity("CN=Second Card,O=Invented").unwrap();
    enterprise.write("keys/second.key.pem", pems.key_pem.as_bytes());
    enterprise.write("keys/second.cert.pem", &pems.certificate_pem);
    // A queue that has room for one signature: the others wait.
    let key = |name: &str, file: &str| {
        format!(
            "[[enterprise.keys]]\nname = \"{name}\"\nkind = \"file\"\nkey = \"keys/{file}.key.pem\"\n\
             certificate = \"keys/{file}.cert.pem\"\nmax-waiting = 1\n"
        )
    };
    let config = std::fs::read_to_string(enterprise.path().join("cebridge.toml")).unwrap();
    let (before, _) = config.split_once("[signing]").unwrap();
    let keys = key("one", "enterprise") + &key("two", "second");
    enterprise.write(
        "cebridge.toml",
        format!("{before}{keys}[declare]\ndocuments-per-message = 1\n"),
    );
    enterprise.write("clean.json", enterprise.clean_orders().to_string());
    let arguments = [
        "declare",
        "clean.json",
        "--mapper",
        "shop",
        "--dry-run",
        "--show",
        "--format",
        "json",
    ];
    let rows = enterprise.run(&arguments).expect(0).lines();
    let signed: Vec<&Value> = rows.iter().filter(|row| row.get("would_send").is_some()).collect();
    let serials: std::collections::BTreeSet<&str> =
        signed.iter().map(|row| row["key_name"].as_str().unwrap()).collect();
    assert_eq!(serials.len(), 2, "both keys sign: {serials:?}");
    // The order of sending does not depend on which key was quicker.
    let kinds: Vec<&str> = signed.iter().map(|row| row["would_send"].as_str().unwrap()).collect();
    let mut order = kinds.clone();
    order.dedup();
    let distinct: std::collections::BTreeSet<&str> = kinds.iter().copied().collect();
    assert_eq!(order.len(), distinct.len(), "{order:?}");
}
