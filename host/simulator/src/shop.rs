//! Deterministic sample data of the shop ERP: invented orders, about a tenth of them with a planted fault.

// The mapper's tests include this file too, so the paths of its parts are explicit.
#[path = "shop/faults.rs"]
mod faults;
#[path = "shop/goods.rs"]
mod goods;
#[path = "shop/json.rs"]
mod json;
#[path = "shop/order.rs"]
mod order;
#[path = "shop/people.rs"]
mod people;
#[path = "shop/random.rs"]
mod random;

use faults::Fault;
use json::Json;
use order::Order;
use random::Random;

/// Number of orders from which every kind of fault is planted.
const ALL_FAULTS_FROM: usize = 30;

/// An export of the shop ERP, with the faults in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shop {
    /// The export as JSON text.
    pub json: String,
    /// The faulty orders in the order of the export; all other orders are to be released.
    pub planted: Vec<Planted>,
}

/// A faulty order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// Order number.
    pub order: String,
    /// The fault, described for people.
    pub fault: &'static str,
    /// Expected fate of the order.
    pub fate: Fate,
}

/// Expected fate of a faulty order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The mapper reports what is missing and makes no documents.
    Unmappable,
    /// The rules stop it before anything is sent.
    Refused {
        /// The rule that must be among the findings.
        rule: &'static str,
    },
    /// Each document is right on its own; customs finds the fault when it compares them.
    Returned {
        /// Error code in the text of the receipt that reports the fault.
        code: &'static str,
    },
}

/// Makes an export with this many orders. The same arguments give the same bytes on every machine.
///
/// From 30 orders on, every kind of fault occurs at least once; the first order is always right.
#[must_use]
pub fn generate(orders: usize, seed: u64) -> Shop {
    let mut random = Random::new(seed);
    let faults = plan(orders, &mut random);
    let mut planted = Vec::new();
    let mut rows = Vec::new();
    let mut first_transaction = String::new();
    for (index, fault) in faults.into_iter().enumerate() {
        let mut order = Order::clean(index, &mut random);
        if index == 0 {
            first_transaction.clone_from(&order.payment.transaction);
        }
        if let Some(fault) = fault {
            fault.plant(&mut order, &first_transaction, &mut random);
            planted.push(Planted {
                order: order.id.clone(),
                fault: fault.text(),
                fate: fault.fate(),
            });
        }
        rows.push(order.into_json());
    }
    let export = Json::object([
        (
            "about",
            Json::text("Sample data: companies, people and goods are invented."),
        ),
        ("shop", shop()),
        ("orders", Json::List(rows)),
    ]);
    Shop {
        json: export.pretty(),
        planted,
    }
}

/// Returns the fault of each order, if any.
fn plan(orders: usize, random: &mut Random) -> Vec<Option<Fault>> {
    let tenth = orders / 10;
    let count = if orders < ALL_FAULTS_FROM {
        tenth
    } else {
        tenth.max(Fault::ALL.len())
    };
    let mut places: Vec<usize> = (1..orders).collect();
    random.shuffle(&mut places);
    let mut faults = vec![None; orders];
    for (place, fault) in places.into_iter().take(count).zip(Fault::ALL.iter().cycle()) {
        if let Some(slot) = faults.get_mut(place) {
            *slot = Some(*fault);
        }
    }
    faults
}

/// Enterprises and customs offices. The codes have the form of customs codes but are not assigned.
fn shop() -> Json {
    let company = |code: &str, name: &str| Json::object([("code", Json::text(code)), ("name", Json::text(name))]);
    Json::object([
        (
            "platform",
            company("31229X0001", "云帆样例电子商务平台（上海）有限公司"),
        ),
        ("seller", company("31229X0002", "样例甄选国际贸易（上海）有限公司")),
        ("declarant", company("31229X0003", "样例通报关服务（上海）有限公司")),
        ("logistics", company("31229X0004", "样例快递（上海）有限公司")),
        ("payment", company("31229X0005", "样例付支付服务（上海）有限公司")),
        ("guarantor", Json::object([("code", Json::text("31229X0002"))])),
        (
            "customs",
            Json::object([
                ("tradeMode", Json::text("9610")),
                ("customsCode", Json::text("2244")),
                ("portCode", Json::text("2233")),
                ("trafMode", Json::text("5")),
                ("trafNo", Json::text("YL9610")),
                ("voyageNo", Json::text("YL9610/0301")),
                ("billNo", Json::text("99900000011")),
                ("country", Json::text("116")),
                ("wrapType", Json::text("2")),
            ]),
        ),
    ])
}

#[cfg(test)]
#[path = "shop/tests.rs"]
mod tests;
