//! Tests of the sample data.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Fate, Fault, Shop, generate};

fn orders(shop: &Shop) -> Vec<Value> {
    let export: Value = serde_json::from_str(&shop.json).unwrap();
    export["orders"].as_array().unwrap().clone()
}

/// Cents of an amount as written in the text.
fn cents(value: &Value) -> i64 {
    (value.as_f64().unwrap() * 100.0).round() as i64
}

fn is_clean(shop: &Shop, order: &Value) -> bool {
    shop.planted.iter().all(|planted| order["id"] != planted.order.as_str())
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_other_ones() {
    assert_eq!(generate(60, 7), generate(60, 7));
    assert_ne!(generate(60, 7).json, generate(60, 8).json);
    assert_eq!(generate(9, 1).planted, []);
    assert!(generate(0, 1).json.contains("\"orders\": []"));
}

#[test]
fn every_kind_of_fault_is_planted_in_a_tenth_of_the_orders() {
    let shop = generate(240, 2026);
    let kinds: BTreeSet<_> = shop.planted.iter().map(|planted| planted.fault).collect();
    let expected: BTreeSet<_> = Fault::ALL.iter().map(|fault| fault.text()).collect();
    assert_eq!((shop.planted.len(), kinds), (24, expected));
    assert_eq!(generate(30, 1).planted.len(), Fault::ALL.len());
    assert_eq!(generate(20, 1).planted.len(), 2);
    let all = orders(&shop);
    let ids: BTreeSet<_> = all.iter().map(|order| order["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 240);
    assert!(shop.planted.iter().all(|planted| ids.contains(planted.order.as_str())));
    assert!(is_clean(&shop, &all[0]), "the first order is always right");
}

#[test]
fn clean_orders_add_up_and_stay_below_the_limit() {
    let shop = generate(300, 3);
    let mut transactions = BTreeSet::new();
    for order in orders(&shop).iter().filter(|order| is_clean(&shop, order)) {
        let lines = order["lines"].as_array().unwrap();
        let goods: f64 = lines
            .iter()
            .map(|l| l["price"].as_f64().unwrap() * l["qty"].as_f64().unwrap() * 100.0)
            .sum();
        let goods = goods.round() as i64;
        let sum = goods + cents(&order["freight"]) + cents(&order["tax"]) - cents(&order["discount"]);
        assert_eq!(sum, cents(&order["paid"]), "{order}");
        assert_eq!(order["paid"], order["payment"]["amount"], "{order}");
        assert!(
            goods > 0 && sum <= 500_000 && cents(&order["tax"]) * 20 > goods,
            "{order}"
        );
        let parcel = &order["parcel"];
        assert!(parcel["netWeight"].as_f64() < parcel["weight"].as_f64(), "{order}");
        assert!(transactions.insert(order["payment"]["transactionId"].as_str().unwrap().to_owned()));
        let id = order["buyer"]["idNumber"].as_str().unwrap();
        assert!(id.len() == 18 && ("1960".."2006").contains(&&id[6..10]), "{id}");
    }
}

#[test]
fn texts_are_of_every_kind() {
    let json = generate(240, 2026).json;
    for text in [
        "&",
        "<",
        "\\\"",
        "🎂",
        "\\n",
        "\\t",
        "signedAt",
        "赠品",
        "]]>",
        "\"qty\": 1.5",
    ] {
        assert!(json.contains(text), "{text}");
    }
}

#[test]
fn a_planted_fault_is_in_the_data() {
    let shop = generate(240, 2026);
    let all = orders(&shop);
    let first = &all[0];
    for planted in &shop.planted {
        let order = all.iter().find(|order| order["id"] == planted.order.as_str()).unwrap();
        let line = &order["lines"][0];
        let seen = match planted.fault {
            "the identity number of the buyer is missing" => order["buyer"].get("idNumber").is_none(),
            "a quantity is no number" => line["qty"] == "abc",
            "no goods" => order["lines"] == Value::Array(Vec::new()),
            "amounts in US dollars" => order["currency"] == "USD",
            "the amount paid does not add up" => order["paid"] == order["payment"]["amount"],
            "a commodity code of 9 digits" => line["hsCode"].as_str().unwrap().len() == 9,
            "a name of goods with more than 250 characters" => line["name"].as_str().unwrap().chars().count() > 250,
            "net weight above gross weight" => {
                order["parcel"]["netWeight"].as_f64() > order["parcel"]["weight"].as_f64()
            }
            "no voyage number in direct purchase" => order["transport"]["voyageNo"] == "",
            "a unit that is not in the table" => line["unit"] == "999",
            "the payment is smaller than the amount paid of the order" => {
                cents(&order["payment"]["amount"]) == cents(&order["paid"]) - 1
            }
            "the identity number of the payer is not that of the buyer" => {
                let payer = &order["payment"]["payer"];
                payer["name"] == order["buyer"]["name"] && payer["idNumber"] != order["buyer"]["idNumber"]
            }
            "the waybill names another consignee" => order["parcel"]["recipient"]["name"] != order["recipient"]["name"],
            "several goods above the limit of a single transaction" => {
                order["lines"].as_array().unwrap().len() > 1 && cents(&order["paid"]) > 500_000
            }
            "the payment has the number of an earlier one" => {
                order["payment"]["transactionId"] == first["payment"]["transactionId"]
            }
            other => panic!("no test for \"{other}\""),
        };
        assert!(seen, "{}: {}", planted.fault, order);
        if planted.fault.starts_with("the amount paid") {
            assert_eq!(planted.fate, Fate::Refused { rule: "CEB311-R03" });
        }
    }
}
