//! Documents that contradict each other: refused before sending, in one input and across inputs.

use crate::support::{Enterprise, Run};
use serde_json::{Value, json};

/// The export with its first `count` orders that pass every check.
fn some_orders(enterprise: &Enterprise, count: usize) -> Value {
    let mut erp = enterprise.clean_orders();
    erp["orders"].as_array_mut().unwrap().truncate(count);
    erp
}

fn declare(enterprise: &Enterprise, name: &str, erp: &Value) -> Run {
    enterprise.write(name, erp.to_string());
    enterprise.run(&["declare", name, "--mapper", "shop", "--format", "json"])
}

/// Message, status and rules of each document.
fn fates(run: &Run) -> Vec<(String, String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    run.lines()
        .iter()
        .filter(|row| row.get("status").is_some())
        .map(|row| {
            let rules = row["reasons"].as_array().into_iter().flatten();
            let rules = rules.map(|reason| text(&reason["rule"])).collect();
            (text(&row["message"]), text(&row["status"]), rules)
        })
        .collect()
}

fn pay_one_less(erp: &mut Value) {
    let payment = &mut erp["orders"][0]["payment"];
    payment["amount"] = json!(payment["amount"].as_f64().unwrap() - 1.0);
}

#[test]
fn a_payment_that_differs_from_its_order_is_refused_with_it() {
    let enterprise = Enterprise::new();
    let mut erp = some_orders(&enterprise, 1);
    pay_one_less(&mut erp);
    let run = declare(&enterprise, "erp.json", &erp).expect(1);
    let fates = fates(&run);
    assert!(fates.iter().all(|(_, status, _)| status == "refused"), "{fates:?}");
    let payment = fates.iter().find(|(message, ..)| message == "CEB411").unwrap();
    assert_eq!(payment.2, ["CEB411-R06"]);
    assert!(
        fates
            .iter()
            .all(|(message, _, rules)| message == "CEB411" || rules == &["HOST-HELD-BACK"])
    );
    assert!(run.stdout.contains("compared with CEB311"), "{}", run.stdout);
    assert!(enterprise.files("dxp/out").is_empty(), "nothing was sent");
}

#[test]
fn a_payment_that_comes_later_is_held_against_the_order_in_the_ledger() {
    let enterprise = Enterprise::new();
    let first = some_orders(&enterprise, 1);
    declare(&enterprise, "first.json", &first).expect(0);
    let sent = enterprise.files("dxp/out").len();
    // The same order once more with a second payment: the order is known, the payment is new.
    let mut second = first.clone();
    second["orders"][0]["payment"]["transactionId"] = json!("P-SECOND");
    pay_one_less(&mut second);
    let found = fates(&declare(&enterprise, "second.json", &second).expect(1));
    let payment = found.iter().find(|(message, ..)| message == "CEB411").unwrap();
    assert_eq!(
        (payment.1.as_str(), &payment.2[..]),
        ("refused", &["CEB411-R06".to_owned()][..])
    );
    assert_eq!(enterprise.files("dxp/out").len(), sent, "nothing more was sent");
}

#[test]
fn an_order_has_one_inventory_whatever_its_number() {
    let enterprise = Enterprise::new();
    let first = some_orders(&enterprise, 1);
    let rows = declare(&enterprise, "first.json", &first).expect(0).lines();
    let known = rows.iter().find(|row| row["message"] == "CEB621").unwrap();
    let number = known["key"].as_str().unwrap();
    let mut second = first;
    second["orders"][0]["declarationNo"] = json!("ANOTHER-COPNO");
    let run = declare(&enterprise, "second.json", &second).expect(1);
    let found = fates(&run);
    let inventory = found.iter().find(|(message, ..)| message == "CEB621").unwrap();
    assert_eq!(
        (inventory.1.as_str(), &inventory.2[..]),
        ("refused", &["CEB621-R24-order".to_owned()][..])
    );
    assert!(run.stdout.contains("-621004"), "{}", run.stdout);
    assert!(
        run.stdout.contains(&format!("(already used in {number})")),
        "{}",
        run.stdout
    );
}

#[test]
fn rules_of_pairs_are_graded_by_configuration() {
    let enterprise = Enterprise::new();
    let mut erp = some_orders(&enterprise, 1);
    pay_one_less(&mut erp);
    enterprise.grade("CEB411-R06", "warning");
    enterprise.write("erp.json", erp.to_string());
    let run = enterprise
        .run(&["declare", "erp.json", "--mapper", "shop", "--format", "json", "-v"])
        .expect(0);
    assert!(
        fates(&run).iter().all(|(_, status, _)| status == "waiting"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("CEB411-R06") || run.stderr.contains("CEB411-R06"),
        "the warning is shown: {}\n{}",
        run.stdout,
        run.stderr
    );
}

#[test]
fn an_order_that_comes_after_its_waybill_is_held_against_it() {
    let enterprise = Enterprise::new();
    enterprise.grade("CEB311-R12", "error");
    let mut first = some_orders(&enterprise, 1);
    let recipient = first["orders"][0]["recipient"].clone();
    first["orders"][0]["parcel"]["recipient"] = recipient;
    declare(&enterprise, "first.json", &first).expect(0);
    // Another platform sends an order of the same number; the waybill is the one that is declared already.
    let mut second = first;
    second["shop"]["platform"]["code"] = json!("31229X0099");
    let order = &mut second["orders"][0];
    order["recipient"]["name"] = json!("别人");
    order["payment"]["transactionId"] = json!("P-SECOND");
    order["declarationNo"] = json!("ANOTHER-COPNO");
    let run = declare(&enterprise, "second.json", &second).expect(1);
    let found = fates(&run);
    let status = |message: &str| found.iter().find(|(known, ..)| known == message).unwrap();
    assert_eq!(status("CEB511").1, "waiting", "declared before and left alone");
    assert_eq!(status("CEB311").1, "refused");
    assert_eq!(status("CEB311").2, ["CEB311-R12"]);
    assert!(run.stdout.contains("compared with CEB511"), "{}", run.stdout);
}
