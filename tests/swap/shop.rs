//! ERP files of an invented shop. Every order is red or blue, so that its verdict betrays the pack that judged it.

use crate::dice::Dice;
use serde_json::{Value, json};
use std::fmt;
use std::path::Path;

/// The remark of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    Red,
    Blue,
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Colour::Red => "red",
            Colour::Blue => "blue",
        })
    }
}

/// An order that was given.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) colour: Colour,
}

/// An ERP file that was given.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    pub(crate) name: String,
    pub(crate) orders: Vec<Order>,
}

/// Messages made from each order.
pub(crate) const MESSAGES: [&str; 4] = ["CEB311", "CEB411", "CEB511", "CEB621"];

/// The shop.
#[derive(Debug, Clone)]
pub(crate) struct Shop {
    head: Value,
    template: Value,
    next: u64,
}

impl Shop {
    /// Reads an ERP file; `good` are the ids of orders that pass the rules.
    pub(crate) fn read(path: &Path, good: &[String]) -> Self {
        let mut head: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let Value::Array(orders) = head["orders"].take() else {
            panic!("{} has no orders", path.display())
        };
        let mut fitting = orders
            .into_iter()
            .filter(|order| good.iter().any(|id| order["id"] == **id) && order["parcel"]["signedAt"].is_null());
        Self {
            template: fitting.next().expect("an order that passes"),
            head,
            next: 1,
        }
    }

    /// A file of so many new orders, and its bytes.
    pub(crate) fn file(&mut self, count: u64, dice: &mut Dice) -> (Given, Vec<u8>) {
        let name = format!("f{:06}.json", self.next);
        let mut file = self.head.clone();
        let mut orders = Vec::new();
        let mut written = Vec::new();
        for _ in 0..count {
            let colour = if dice.percent(50) { Colour::Red } else { Colour::Blue };
            let (order, json) = self.order(colour);
            orders.push(order);
            written.push(json);
        }
        file["orders"] = Value::Array(written);
        (Given { name, orders }, serde_json::to_vec(&file).unwrap())
    }

    fn order(&mut self, colour: Colour) -> (Order, Value) {
        let number = self.next;
        self.next += 1;
        let id = format!("SW-{number:08}");
        let mut order = self.template.clone();
        order["id"] = json!(id);
        order["payment"]["transactionId"] = json!(format!("P{number:012}"));
        order["parcel"]["waybillNo"] = json!(format!("YL{number:010}"));
        order["remarks"] = json!(colour.to_string());
        (Order { id, colour }, order)
    }
}
