//! Who may declare what: documents of others are refused before signing, and enterprises of one host are kept apart.

use crate::samples::Samples;
use crate::support::{Enterprise, Run, statuses};
use cebridge_message::{Limits, unwrap};
use cebridge_signature::generate_sm2_identity;
use serde_json::Value;
use std::collections::BTreeMap;

/// Codes of the enterprises in the sample documents of messages.toml.
const PLATFORM: &str = "31229X0001";
const SELLER: &str = "31229X0002";
const LOGISTICS: &str = "31229X0004";
const PAYMENT: &str = "31229X0005";

fn samples() -> Samples {
    Samples::of("2022-05", "2026")
}

/// An enterprise of its own host, with these lines in its section of the configuration.
fn alone(lines: &str) -> Enterprise {
    let enterprise = Enterprise::new();
    let keys = "[signing]\nkey = \"keys/enterprise.key.pem\"\ncertificate = \"keys/enterprise.cert.pem\"\n";
    let section = "[enterprise]\nname = \"样例企业有限公司\"\ndxp-id = \"DXPENT0000000001\"\n";
    enterprise.write("cebridge.toml", format!("{section}{lines}\n{keys}"));
    enterprise
}

/// A host for several enterprises: id, customs code, role. Returns the serial numbers of their certificates.
fn several(members: &[(&str, &str, &str)]) -> (Enterprise, BTreeMap<String, String>) {
    let host = Enterprise::new();
    let mut config = String::new();
    let mut serials = BTreeMap::new();
    for (number, (id, code, role)) in members.iter().enumerate() {
        let (_, certificate, pems) = generate_sm2_identity(&format!("CN={id}")).unwrap();
        host.write(&format!("keys/{id}.key.pem"), pems.key_pem.as_bytes());
        host.write(&format!("keys/{id}.cert.pem"), pems.certificate_pem.as_bytes());
        serials.insert((*code).to_owned(), certificate.serial_hex());
        config.push_str(&format!(
            "[[enterprises]]\nid = \"{id}\"\ncode = \"{code}\"\nname = \"样例{id}有限公司\"\nroles = [\"{role}\"]\n\
             dxp-id = \"{}\"\n[[enterprises.keys]]\nname = \"{id}\"\nkind = \"file\"\nkey = \"keys/{id}.key.pem\"\n\
             certificate = \"keys/{id}.cert.pem\"\n",
            dxp_id(number)
        ));
    }
    host.write("cebridge.toml", config);
    (host, serials)
}

fn dxp_id(number: usize) -> String {
    format!("DXPENT{number:010}")
}

/// Declares one sample document of each message.
fn declare(host: &Enterprise, messages: &[&str], more: &[&str]) -> Run {
    let samples = samples();
    let files: Vec<String> = messages.iter().map(|code| format!("erp/{code}.json")).collect();
    for (code, file) in messages.iter().zip(&files) {
        host.write(file, samples.json(code, &[samples.document(code)]));
    }
    let files = files.iter().map(String::as_str);
    let args: Vec<&str> = ["declare", "--mapper", "ceb", "--format", "json"]
        .into_iter()
        .chain(files)
        .chain(more.iter().copied())
        .collect();
    host.run(&args)
}

/// Status, rule, customs code and path of each document, by message.
fn fates(run: &Run) -> BTreeMap<String, [String; 4]> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    run.lines()
        .iter()
        .filter(|row| row.get("status").is_some())
        .map(|row| {
            let reason = &row["reasons"][0];
            let told = [&row["status"], &reason["rule"], &reason["code"], &reason["path"]].map(text);
            (text(&row["message"]), told)
        })
        .collect()
}

#[track_caller]
fn assert_refused(run: &Run, message: &str, rule: &str, code: &str, path: &str) {
    let fates = fates(run);
    assert_eq!(
        fates[message],
        ["refused", rule, code, path],
        "{}\n{}",
        run.stdout,
        run.stderr
    );
}

/// What lies in the outbox: message, sender, the transmitting enterprise and the key, documents.
fn sent(host: &Enterprise) -> Vec<(String, String, String, String, usize)> {
    let part = |text: &str, tag: &str| {
        let rest = text.split(&format!("{tag}>")).nth(1).unwrap_or_default();
        rest.split('<').next().unwrap_or_default().to_owned()
    };
    let mut sent: Vec<_> = host
        .files("dxp/out")
        .iter()
        .map(|file| {
            let envelope = unwrap(&std::fs::read(file).unwrap(), &Limits::ENVELOPE).unwrap();
            let xml = String::from_utf8(envelope.data).unwrap();
            let documents = xml.matches("<ceb:appType>").count();
            let (cop_code, key) = (part(&xml, "copCode"), part(&xml, "KeyName"));
            (envelope.msg_type, envelope.sender_id, cop_code, key, documents)
        })
        .collect();
    sent.sort();
    sent
}

#[test]
fn documents_of_another_enterprise_are_refused_with_the_codes_of_customs() {
    let other = alone("code = \"4403960AA1\"\nroles = [\"e-commerce-enterprise\", \"agent\"]");
    for more in [&["--dry-run"][..], &[]] {
        let run = declare(&other, &["CEB621", "CEB623", "CEB625", "CEB311"], more).expect(1);
        assert_refused(
            &run,
            "CEB621",
            "ACCESS-CODE",
            "-621015",
            "Inventory/InventoryHead/ebcCode",
        );
        assert_refused(&run, "CEB623", "ACCESS-CODE", "-623021", "InvtCancel/ebcCode");
        assert_refused(
            &run,
            "CEB625",
            "ACCESS-CODE",
            "-625020",
            "InvtRefund/InvtRefundHead/ebcCode",
        );
        assert_refused(&run, "CEB311", "ACCESS-CODE", "", "Order/OrderHead/ebcCode");
        assert!(run.stdout.contains("ebcCode is 31229X0002"), "{}", run.stdout);
        assert!(!run.stdout.contains("would_send"), "{}", run.stdout);
        for personal in ["测试甲", "110101190001010014", "10000000001"] {
            assert!(
                !run.stdout.contains(personal) && !run.stderr.contains(personal),
                "{personal}"
            );
        }
        if more.is_empty() {
            let rows = statuses(other.path());
            assert_eq!(rows.len(), 4);
            assert!(rows.iter().all(|row| row["status"] == "refused"), "{rows:?}");
        } else {
            assert!(statuses(other.path()).is_empty(), "a dry run records nothing");
        }
    }
    assert!(other.files("dxp/out").is_empty());
}

#[test]
fn an_enterprise_declares_what_names_it_by_either_code() {
    let seller = alone("code = \"31229X0002\"\nroles = [\"e-commerce-enterprise\"]");
    declare(&seller, &["CEB621"], &[]).expect(0);
    assert_eq!(sent(&seller).len(), 1);

    let seller = alone(
        "code = \"4403960AA1\"\ncredit-code = \"91440300MA5EX00018\"\nroles = [\"agent-of-the-e-commerce-enterprise\"]",
    );
    let samples = samples();
    let mut inventory = samples.document("CEB621");
    inventory["InventoryHead"]["agentCode"] = "91440300MA5EX00018".into();
    seller.write("erp/one.json", samples.json("CEB621", &[inventory]));
    seller.run(&["declare", "erp/one.json", "--mapper", "ceb"]).expect(0);
}

#[test]
fn a_message_that_is_not_authorised_is_refused() {
    let seller =
        alone("code = \"31229X0002\"\nroles = [\"e-commerce-enterprise\"]\nmessages = [\"CEB311\", \"CEB625\"]");
    let run = declare(&seller, &["CEB311", "CEB621"], &[]).expect(1);
    assert_refused(&run, "CEB621", "ACCESS-MESSAGE", "-621016", "Inventory");
    assert_eq!(fates(&run)["CEB311"][0], "waiting");
}

#[test]
fn a_platform_declares_orders_of_its_merchant_but_no_inventories() {
    let platform = alone("code = \"31229X0001\"\nroles = [\"e-commerce-platform\"]");
    let run = declare(&platform, &["CEB311", "CEB621", "CEB623"], &[]).expect(1);
    assert_eq!(fates(&run)["CEB311"][0], "waiting", "{}", run.stdout);
    assert_refused(
        &run,
        "CEB621",
        "ACCESS-ROLE",
        "-621016",
        "Inventory/InventoryHead/ebcCode",
    );
    assert_refused(&run, "CEB623", "ACCESS-ROLE", "-623026", "InvtCancel/ebcCode");
}

#[test]
fn an_entrustment_shows_in_no_field_and_ends_with_its_messages() {
    let express = alone("code = \"4403960EX1\"\nroles = [\"entrusted-express-operator\"]");
    let run = declare(&express, &["CEB411", "CEB511"], &[]).expect(1);
    assert_eq!(fates(&run)["CEB411"][0], "waiting", "{}", run.stdout);
    assert_refused(
        &run,
        "CEB511",
        "ACCESS-ROLE",
        "",
        "Logistics/LogisticsHead/logisticsCode",
    );
}

#[test]
fn an_identity_number_in_the_place_of_a_code_is_masked() {
    let seller = alone("code = \"31229X0002\"\nroles = [\"e-commerce-enterprise\"]");
    let samples = samples();
    let mut order = samples.document("CEB311");
    order["OrderHead"]["ebcCode"] = "110101190001010014".into();
    seller.write("erp/one.json", samples.json("CEB311", &[order]));
    let run = seller.run(&["declare", "erp/one.json", "--mapper", "ceb"]).expect(1);
    assert!(run.stdout.contains("ACCESS-CODE"), "{}", run.stdout);
    assert!(
        run.stdout.contains("110***14") && !run.stdout.contains("110101190001010014"),
        "{}",
        run.stdout
    );
}

#[test]
fn roles_and_enterprises_that_nobody_knows_are_named() {
    let seller = alone("code = \"31229X0002\"\nroles = [\"e-comerce-enterprise\"]");
    let run = declare(&seller, &["CEB311"], &[]).expect(2);
    assert!(
        run.stderr.contains("e-comerce-enterprise") && run.stderr.contains("`e-commerce-enterprise`"),
        "{}",
        run.stderr
    );
    let seller = alone("code = \"31229X0002\"\nroles = [\"e-commerce-enterprise\"]");
    let run = declare(&seller, &["CEB311"], &["--enterprise", "selller"]).expect(2);
    assert!(
        run.stderr.contains("selller") && run.stderr.contains("31229X0002"),
        "{}",
        run.stderr
    );
}

#[test]
fn without_roles_nothing_is_checked_and_that_is_said() {
    let old = alone("code = \"4403960AA1\"");
    let run = declare(&old, &["CEB311"], &["-v"]).expect(0);
    assert_eq!(run.stderr.matches("has no roles").count(), 1, "{}", run.stderr);
}

#[test]
fn a_certificate_of_another_company_is_a_warning() {
    let seller = alone("code = \"31229X0002\"\nroles = [\"e-commerce-enterprise\"]");
    let (_, _, pems) = generate_sm2_identity("CN=测试甲,O=别家国际物流有限公司").unwrap();
    seller.write("keys/enterprise.key.pem", pems.key_pem.as_bytes());
    seller.write("keys/enterprise.cert.pem", pems.certificate_pem.as_bytes());
    let run = declare(&seller, &["CEB625"], &["-v"]).expect(0);
    assert!(run.stderr.contains("ACCESS-CERTIFICATE"), "{}", run.stderr);
    assert!(
        run.stderr.contains("别家国际物流有限公司") && !run.stderr.contains("测试甲"),
        "{}",
        run.stderr
    );
}

#[test]
fn each_document_travels_in_a_message_of_its_own_enterprise() {
    let (host, serials) = several(&[
        ("pay", PAYMENT, "payment-enterprise"),
        ("express", LOGISTICS, "logistics-enterprise"),
        ("other-express", "4403960EX2", "logistics-enterprise"),
    ]);
    let samples = samples();
    let waybill = |code: &str, number: &str| {
        let mut waybill = samples.document("CEB511");
        waybill["LogisticsHead"]["logisticsCode"] = code.into();
        waybill["LogisticsHead"]["logisticsNo"] = number.into();
        waybill
    };
    let waybills = [
        waybill(LOGISTICS, "WB-1"),
        waybill("4403960EX2", "WB-2"),
        waybill(LOGISTICS, "WB-3"),
    ];
    host.write("erp/waybills.json", samples.json("CEB511", &waybills));
    let run = declare(&host, &["CEB411"], &["erp/waybills.json"]).expect(0);
    let row = |message: &str, member: usize, code: &str, documents: usize| {
        let message = format!("{message}Message");
        (
            message,
            dxp_id(member),
            code.to_owned(),
            serials[code].clone(),
            documents,
        )
    };
    let expected = [
        row("CEB411", 0, PAYMENT, 1),
        row("CEB511", 1, LOGISTICS, 2),
        row("CEB511", 2, "4403960EX2", 1),
    ];
    assert_eq!(sent(&host), expected, "{}", run.stderr);

    // The ledger keeps them apart as well, and so do the receipts.
    host.run(&["simulator", "--once", "--quiet"]).expect(0);
    host.run(&["run", "--once", "--quiet"]).expect(0);
    for (id, code, documents) in [
        ("pay", PAYMENT, 1),
        ("express", LOGISTICS, 2),
        ("other-express", "4403960EX2", 1),
    ] {
        let args = ["--enterprise", id, "--format", "json"];
        let rows = host.run(&[&["status"][..], &args].concat()).expect(0).lines();
        assert_eq!(rows.len(), documents, "{rows:?}");
        assert!(
            rows.iter()
                .all(|row| row["enterprise"] == code && row["status"] == "stored"),
            "{rows:?}"
        );
        let receipts = host.run(&[&["receipts"][..], &args].concat()).expect(0).lines();
        assert!(receipts.len() >= documents, "{receipts:?}");
        let all = host.run(&["receipts", "--format", "json"]).expect(0).lines();
        assert!(receipts.len() < all.len());
    }
    host.run(&["status", "WB-2", "--enterprise", "express"]).expect(1);
    host.run(&["status", "WB-2", "--enterprise", "other-express"]).expect(0);
    let history = host.run(&["status", "WB-2", "--history"]).expect(0);
    assert!(
        history.stdout.contains("4403960EX2") && history.stdout.contains("signed by"),
        "{}",
        history.stdout
    );
}

#[test]
fn a_named_enterprise_declares_its_own_documents_only() {
    let (host, _) = several(&[
        ("platform", PLATFORM, "e-commerce-platform"),
        ("seller", SELLER, "e-commerce-enterprise"),
    ]);
    // Both may declare an order, so somebody must say who does; the inventory is the seller's.
    let run = declare(&host, &["CEB311", "CEB621"], &[]).expect(1);
    assert_refused(&run, "CEB311", "ACCESS-ENTERPRISE", "", "Order");
    assert!(
        run.stdout.contains("platform, seller") && run.stdout.contains("--enterprise"),
        "{}",
        run.stdout
    );
    assert_eq!(fates(&run)["CEB621"][0], "waiting");
    assert_eq!(sent(&host)[0].2, SELLER);

    let run = declare(&host, &["CEB311", "CEB625"], &["--enterprise", "platform"]).expect(1);
    assert_eq!(fates(&run)["CEB311"][0], "waiting", "{}", run.stdout);
    assert_refused(
        &run,
        "CEB625",
        "ACCESS-ROLE",
        "-625021",
        "InvtRefund/InvtRefundHead/ebcCode",
    );
    let orders: Vec<_> = sent(&host).into_iter().filter(|row| row.0 == "CEB311Message").collect();
    assert_eq!(
        (orders.len(), orders[0].2.as_str(), orders[0].1.as_str()),
        (1, PLATFORM, dxp_id(0).as_str())
    );

    // Customs takes a business key once, whoever declares it.
    let run = declare(&host, &["CEB311"], &["--enterprise", "seller"]).expect(1);
    assert_eq!(fates(&run)["CEB311"][1], "HOST-DUPLICATE", "{}", run.stdout);
    assert!(run.stdout.contains("another enterprise of this host"), "{}", run.stdout);

    // A document of nobody here.
    let run = declare(&host, &["CEB511"], &[]).expect(1);
    assert_refused(
        &run,
        "CEB511",
        "ACCESS-CODE",
        "",
        "Logistics/LogisticsHead/logisticsCode",
    );
    assert!(
        run.stdout.contains("platform, seller") && run.stdout.contains(LOGISTICS),
        "{}",
        run.stdout
    );
}

#[test]
fn the_daemon_serves_every_enterprise_from_its_own_folder() {
    let (host, _) = several(&[
        ("platform", PLATFORM, "e-commerce-platform"),
        ("seller", SELLER, "e-commerce-enterprise"),
    ]);
    let samples = samples();
    let order = samples.json("CEB311", &[samples.document("CEB311")]);
    host.write("intake/platform/ceb/order.json", order);
    host.write(
        "intake/platform/ceb/inventory.json",
        samples.json("CEB621", &[samples.document("CEB621")]),
    );
    host.write(
        "intake/seller/ceb/return.json",
        samples.json("CEB625", &[samples.document("CEB625")]),
    );
    // Files must lie still for a moment before they are taken.
    std::thread::sleep(std::time::Duration::from_millis(400));
    let run = host.run(&["run", "--once"]).expect(0);
    let whose: Vec<(String, String)> = sent(&host).into_iter().map(|row| (row.0, row.2)).collect();
    let expected = [("CEB311Message", PLATFORM), ("CEB625Message", SELLER)];
    assert_eq!(
        whose,
        expected.map(|(a, b)| (a.to_owned(), b.to_owned())),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("ACCESS-ROLE"),
        "the inventory is not the platform's: {}",
        run.stderr
    );
    assert_eq!(host.files("intake/platform/done").len(), 2);
    assert_eq!(host.files("intake/seller/done").len(), 1);
    assert!(host.files("intake/done").is_empty());
}

#[test]
fn commands_that_need_one_enterprise_ask_which() {
    let (host, _) = several(&[
        ("platform", PLATFORM, "e-commerce-platform"),
        ("seller", SELLER, "e-commerce-enterprise"),
    ]);
    let samples = samples();
    host.write("erp/one.json", samples.json("CEB311", &[samples.document("CEB311")]));
    let map = ["map", "erp/one.json", "--mapper", "ceb"];
    let run = host.run(&map).expect(2);
    assert!(
        run.stderr.contains("--enterprise") && run.stderr.contains("platform, seller"),
        "{}",
        run.stderr
    );
    let run = host.run(&[&map[..], &["--enterprise", "seller"]].concat()).expect(0);
    assert!(run.stdout.contains("<ceb:copCode>31229X0002<"), "{}", run.stdout);
    host.write("one.xml", &run.stdout);
    let run = host.run(&["wrap", "one.xml", "--enterprise", "seller"]).expect(0);
    assert!(run.stdout.contains(&dxp_id(1)), "{}", run.stdout);
}
