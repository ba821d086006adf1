//! Maps the sample export: faulty orders are reported with the reason, all others become documents.

#![allow(clippy::unwrap_used, clippy::panic)]

// Public in the simulator, where it belongs.
#[allow(unreachable_pub)]
#[path = "../../../host/simulator/src/shop.rs"]
mod shop;

use std::collections::{BTreeMap, BTreeSet};

use cebridge_mapper_shop::ShopMapper;
use cebridge_plugin_sdk::{Decimal, Document, Input, Mapped, Mapper};
use shop::Fate;

fn mapped(json: &str) -> Mapped {
    let input = Input {
        name: "orders.json".into(),
        content: json.into(),
        settings: Vec::new(),
        at: "20260401080000".into(),
    };
    ShopMapper::map(&input).unwrap()
}

fn value<'a>(document: &'a Document, name: &str) -> &'a str {
    let found = document.values.iter().find(|value| value.name == name);
    found.map_or("", |value| value.text.as_str())
}

fn number(document: &Document, name: &str) -> Decimal {
    value(document, name).parse().unwrap()
}

fn by_source(mapped: &Mapped) -> BTreeMap<&str, Vec<&Document>> {
    let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for document in &mapped.documents {
        all.entry(document.source.as_str()).or_default().push(document);
    }
    all
}

#[test]
fn unmappable_orders_and_no_others_have_problems() {
    let shop = shop::generate(240, 2026);
    let mapped = mapped(&shop.json);
    let unmappable: BTreeMap<_, _> = shop
        .planted
        .iter()
        .filter(|planted| planted.fate == Fate::Unmappable)
        .map(|planted| (planted.order.as_str(), planted.fault))
        .collect();
    let sources: BTreeSet<_> = mapped.problems.iter().map(|problem| problem.source.as_str()).collect();
    assert!(
        unmappable.len() >= 4 && sources.iter().eq(unmappable.keys()),
        "{sources:?}"
    );
    for problem in &mapped.problems {
        let field = match unmappable[problem.source.as_str()] {
            "the identity number of the buyer is missing" => "buyer.idNumber",
            "a quantity is no number" => "lines[1].qty",
            "no goods" => "lines",
            "amounts in US dollars" => "currency",
            other => panic!("{other}"),
        };
        assert_eq!(problem.field, field);
        assert_eq!(problem.source, format!("SO-2026-{:06}", problem.row));
    }
    let documents = by_source(&mapped);
    assert_eq!(
        documents.len(),
        240 - unmappable.len(),
        "every other order has documents"
    );
    assert!(
        unmappable.keys().all(|order| !documents.contains_key(order)),
        "never half an order"
    );
}

#[test]
fn documents_of_clean_orders_agree_with_each_other() {
    let shop = shop::generate(240, 2026);
    let mapped = mapped(&shop.json);
    let faulty: BTreeSet<_> = shop.planted.iter().map(|planted| planted.order.as_str()).collect();
    let mut signed = 0;
    for (source, documents) in by_source(&mapped)
        .into_iter()
        .filter(|(source, _)| !faulty.contains(source))
    {
        let codes: Vec<_> = documents.iter().map(|document| document.message.as_str()).collect();
        assert_eq!(codes[..4], ["CEB311", "CEB411", "CEB511", "CEB621"], "{source}");
        signed += usize::from(codes.get(4) == Some(&"CEB513"));
        let (order, payment, waybill, inventory) = (documents[0], documents[1], documents[2], documents[3]);
        let sum = number(order, "goodsValue").plus(number(order, "freight")).unwrap();
        let sum = sum
            .plus(number(order, "taxTotal"))
            .unwrap()
            .minus(number(order, "discount"))
            .unwrap();
        assert_eq!(sum, number(order, "acturalPaid"), "{source}");
        for (left, one, right, other) in [
            (order, "acturalPaid", payment, "amountPaid"),
            (order, "buyerIdNumber", payment, "payerIdNumber"),
            (order, "buyerName", payment, "payerName"),
            (order, "payTransactionId", payment, "payTransactionId"),
            (order, "consignee", waybill, "consignee"),
            (order, "consigneeAddress", waybill, "consigneeAddress"),
            (order, "consigneeTelephone", waybill, "consigneeTelephone"),
            (order, "orderNo", inventory, "orderNo"),
            (order, "buyerIdNumber", inventory, "buyerIdNumber"),
            (waybill, "logisticsNo", inventory, "logisticsNo"),
            (waybill, "billNo", inventory, "billNo"),
            (waybill, "weight", inventory, "grossWeight"),
        ] {
            assert_eq!(value(left, one), value(right, other), "{source}: {one}");
            assert_ne!(value(left, one), "", "{source}: {one}");
        }
        assert!(
            number(inventory, "netWeight") < number(inventory, "grossWeight"),
            "{source}"
        );
    }
    assert!(signed > 0);
}

#[test]
fn values_of_clean_orders_are_within_the_lengths_of_the_specification() {
    let shop = shop::generate(240, 2026);
    let mapped = mapped(&shop.json);
    let faulty: BTreeSet<_> = shop.planted.iter().map(|planted| planted.order.as_str()).collect();
    let exact: &[(&str, usize)] = &[
        ("appTime", 14),
        ("currency", 3),
        ("country", 3),
        ("unit", 3),
        ("unit1", 3),
        ("unit2", 3),
        ("gcode", 10),
        ("customsCode", 4),
        ("portCode", 4),
        ("tradeMode", 4),
        ("trafMode", 1),
        ("declTime", 8),
        ("payTime", 14),
        ("consigneeDistrict", 6),
        ("wrapType", 1),
        ("logisticsTime", 14),
        ("buyerIdNumber", 18),
    ];
    let longest: &[(&str, usize)] = &[
        ("orderNo", 60),
        ("copNo", 20),
        ("itemNo", 20),
        ("itemName", 250),
        ("gname", 250),
        ("gmodel", 510),
        ("note", 1000),
        ("goodsInfo", 200),
        ("consigneeAddress", 200),
        ("buyerTelephone", 30),
        ("buyerName", 60),
        ("ebpCode", 18),
        ("agentName", 100),
        ("assureCode", 30),
        ("voyageNo", 32),
        ("billNo", 37),
        ("barCode", 50),
        ("payTransactionId", 60),
        ("logisticsNo", 60),
    ];
    let amounts = [
        "price",
        "totalPrice",
        "qty",
        "qty1",
        "qty2",
        "freight",
        "acturalPaid",
        "taxTotal",
        "weight",
    ];
    for document in mapped
        .documents
        .iter()
        .filter(|document| !faulty.contains(document.source.as_str()))
    {
        for field in &document.values {
            let (name, length) = (field.name.as_str(), field.text.chars().count());
            let what = format!("{} {name}: {}", document.source, field.text);
            if let Some((_, expected)) = exact.iter().find(|(known, _)| *known == name) {
                assert_eq!(length, *expected, "{what}");
            }
            if let Some((_, limit)) = longest.iter().find(|(known, _)| *known == name) {
                assert!((1..=*limit).contains(&length), "{what}");
            }
            if amounts.contains(&name) {
                let number: Decimal = field.text.parse().unwrap();
                assert!(number.decimals() <= 5 && !number.is_negative(), "{what}");
            }
        }
    }
}

#[test]
fn faults_for_the_rules_and_for_customs_reach_the_documents() {
    let shop = shop::generate(240, 2026);
    let mapped = mapped(&shop.json);
    let documents = by_source(&mapped);
    for planted in shop.planted.iter().filter(|planted| planted.fate != Fate::Unmappable) {
        let of = |code: &str| {
            documents[planted.order.as_str()]
                .iter()
                .find(|d| d.message == code)
                .unwrap()
        };
        let (order, payment, waybill, inventory) = (of("CEB311"), of("CEB411"), of("CEB511"), of("CEB621"));
        let seen = match planted.fate {
            Fate::Refused { rule: "CEB311-R03" } => number(order, "acturalPaid") == number(payment, "amountPaid"),
            Fate::Refused { rule: "XSD-length" } => {
                value(inventory, "gcode").len() == 9 || value(order, "itemName").chars().count() > 250
            }
            Fate::Refused { rule: "CEB621-R18" } => number(inventory, "netWeight") > number(inventory, "grossWeight"),
            Fate::Refused { rule: "CEB621-R04" } => {
                value(inventory, "voyageNo").is_empty() && !value(inventory, "billNo").is_empty()
            }
            Fate::Refused { rule: "CEB-C17-unit" } => value(order, "unit") == "999",
            Fate::Refused { rule: "CEB411-R06" } => number(order, "acturalPaid") != number(payment, "amountPaid"),
            Fate::Returned { code: "-621001" } => {
                value(order, "buyerIdNumber") != value(payment, "payerIdNumber")
                    || value(order, "consignee") != value(waybill, "consignee")
            }
            Fate::Returned { code: "-621005" } => number(order, "goodsValue") > Decimal::from(5000),
            Fate::Refused { rule: "HOST-DUPLICATE" } => {
                let earlier = documents["SO-2026-000001"][1];
                value(payment, "payTransactionId") == value(earlier, "payTransactionId")
            }
            other => panic!("{other:?}"),
        };
        assert!(seen, "{}: {}", planted.order, planted.fault);
    }
}
