//! ERP files of an invented shop, made from orders that are known to pass the rules.

use crate::dice::Dice;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// An order of the shop.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) id: String,
    /// Message and business key of every document made from it.
    pub(crate) documents: Vec<(&'static str, String)>,
    /// The rules must refuse it, so nothing of it may reach customs.
    pub(crate) faulty: bool,
    pub(crate) json: Value,
}

/// The shop, with orders that pass the rules as templates.
#[derive(Debug)]
pub(crate) struct Shop {
    head: Value,
    templates: Vec<Value>,
}

impl Shop {
    /// Reads an ERP file; `good` holds the ids of the orders that pass.
    pub(crate) fn read(path: &Path, good: &[String]) -> Self {
        let mut head: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let Value::Array(mut templates) = head["orders"].take() else {
            panic!("{} has no orders", path.display())
        };
        templates.retain(|order| good.iter().any(|id| order["id"] == **id));
        assert!(!templates.is_empty(), "no order passes");
        Self { head, templates }
    }

    /// A new order; `number` is unique within an enterprise.
    pub(crate) fn order(&self, number: u64, dice: &mut Dice) -> Arc<Order> {
        let mut order = dice.pick(&self.templates).clone();
        let faulty = dice.percent(4);
        let (inventory, payment) = (dice.percent(9), dice.percent(4));
        let mark = |returned: bool| if returned { "R" } else { "" };
        let id = format!("SO-{number:06}{}", mark(inventory));
        let paid = format!("P{number:012}{}", mark(payment));
        let waybill = format!("YL{number:010}");
        order["id"] = json!(id);
        order["payment"]["transactionId"] = json!(paid);
        order["parcel"]["waybillNo"] = json!(waybill);
        if faulty && dice.percent(50) {
            order["paid"] = json!("999999.99");
        } else if faulty {
            order["buyer"]["idNumber"] = Value::Null;
        }
        let mut documents = vec![
            ("CEB311", id.clone()),
            ("CEB411", paid),
            ("CEB511", waybill.clone()),
            ("CEB621", id.clone()),
        ];
        if !order["parcel"]["signedAt"].is_null() {
            documents.push(("CEB513", format!("{waybill}/S")));
        }
        Arc::new(Order {
            id,
            documents,
            faulty,
            json: order,
        })
    }

    /// An ERP file with these orders.
    pub(crate) fn file(&self, orders: &[Arc<Order>]) -> Vec<u8> {
        let mut file = self.head.clone();
        file["orders"] = orders.iter().map(|order| order.json.clone()).collect();
        serde_json::to_vec_pretty(&file).unwrap()
    }
}

impl Order {
    /// Whether customs returns one of its documents at first.
    pub(crate) fn is_returned(&self) -> bool {
        self.documents
            .iter()
            .any(|(message, key)| matches!(*message, "CEB411" | "CEB621") && key.ends_with('R'))
    }
}
