//! Reads one order of the export and notes everything that is missing or unusable.

use cebridge_plugin_sdk::{Decimal, View};

/// Longest enterprise-internal declaration number (copNo).
const LONGEST_COP_NO: usize = 20;

#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) cop_no: String,
    pub(crate) buyer: Person,
    pub(crate) buyer_account: String,
    pub(crate) recipient: Recipient,
    pub(crate) district: Option<String>,
    pub(crate) lines: Vec<Line>,
    pub(crate) goods: Decimal,
    pub(crate) freight: Decimal,
    pub(crate) discount: Decimal,
    pub(crate) tax: Decimal,
    pub(crate) paid: Decimal,
    pub(crate) payment: Payment,
    pub(crate) parcel: Parcel,
    /// `None`: the shop's applies.
    pub(crate) transport: Option<Transport>,
    pub(crate) remarks: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) id_number: String,
    pub(crate) phone: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Recipient {
    pub(crate) name: String,
    pub(crate) phone: String,
    pub(crate) address: String,
}

#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) sku: Option<String>,
    pub(crate) name: String,
    pub(crate) model: String,
    pub(crate) description: Option<String>,
    pub(crate) hs_code: String,
    pub(crate) barcode: Option<String>,
    pub(crate) record_no: Option<String>,
    pub(crate) unit: String,
    pub(crate) qty: Decimal,
    pub(crate) unit1: String,
    pub(crate) qty1: Decimal,
    pub(crate) second: Option<(String, Decimal)>,
    pub(crate) price: Decimal,
    pub(crate) total: Decimal,
    pub(crate) origin: String,
    pub(crate) note: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Payment {
    pub(crate) transaction: String,
    pub(crate) paid_at: String,
    pub(crate) amount: Decimal,
    pub(crate) payer: Person,
}

#[derive(Debug)]
pub(crate) struct Parcel {
    pub(crate) waybill: String,
    pub(crate) weight: Decimal,
    pub(crate) net_weight: Decimal,
    pub(crate) insured_fee: Decimal,
    pub(crate) packages: Decimal,
    pub(crate) signed_at: Option<String>,
    pub(crate) recipient: Recipient,
}

/// Border crossing of the goods (9610). Missing fields are left out: they are known late, and the rules ask for them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transport {
    pub(crate) traf_no: Option<String>,
    pub(crate) voyage_no: Option<String>,
    pub(crate) bill_no: Option<String>,
    pub(crate) entry_date: Option<String>,
}

impl Order {
    /// Reads an order. If problems were noted, the values must not be used.
    pub(crate) fn read(order: &View<'_>) -> Self {
        let id = order.text("id", "the order number");
        currency(order);
        let buyer = person(&order.at("buyer"), "buyer");
        let recipient = recipient(&order.at("recipient"));
        let lines: Vec<_> = order
            .list("lines", "the list of goods")
            .iter()
            .map(Line::read)
            .collect();
        let goods = Decimal::sum(lines.iter().map(|line| line.total)).unwrap_or_else(|error| {
            order.problem("lines", &format!("the sum of the goods {error}"));
            Decimal::ZERO
        });
        Self {
            cop_no: cop_no(order, &id),
            id,
            buyer_account: order
                .at("buyer")
                .text("account", "the account of the buyer in the shop"),
            district: order.at("recipient").optional_text("district"),
            lines,
            goods,
            freight: order.amount("freight", "the freight"),
            discount: order.amount("discount", "the discount"),
            tax: order.amount("tax", "the tax"),
            paid: order.amount("paid", "the amount paid"),
            payment: Payment::read(&order.at("payment"), &buyer),
            parcel: Parcel::read(&order.at("parcel"), &recipient),
            transport: Transport::read(&order.at("transport")),
            remarks: order.optional_text("remarks"),
            buyer,
            recipient,
        }
    }
}

/// The enterprise-internal declaration number: the order's own, else the order number.
fn cop_no(order: &View<'_>, id: &str) -> String {
    let own = order.optional_text("declarationNo");
    if own.is_none() && id.chars().count() > LONGEST_COP_NO {
        order.problem(
            "declarationNo",
            "the order number has more than 20 characters; give a shorter declarationNo beside it",
        );
    }
    own.unwrap_or_else(|| id.to_owned())
}

/// Customs takes yuan only; an export may leave the currency out.
fn currency(order: &View<'_>) {
    let currency = order.optional_text("currency");
    if let Some(other) = currency.filter(|text| !matches!(text.as_str(), "CNY" | "142")) {
        let shown: String = other.chars().take(12).collect();
        order.problem(
            "currency",
            &format!("customs takes amounts in CNY only, not in {shown}; settle and export the order in CNY"),
        );
    }
}

fn person(view: &View<'_>, who: &str) -> Person {
    Person {
        name: view.text("name", &format!("the name of the {who}")),
        id_number: view.text("idNumber", &format!("the identity number of the {who}")),
        phone: view.text("phone", &format!("the telephone of the {who}")),
    }
}

fn recipient(view: &View<'_>) -> Recipient {
    Recipient {
        name: view.text("name", "the name of the recipient"),
        phone: view.text("phone", "the telephone of the recipient"),
        address: view.text("address", "the address of the recipient"),
    }
}

impl Line {
    fn read(view: &View<'_>) -> Self {
        let qty = view.quantity("qty", "the quantity");
        let price = view.amount("price", "the unit price");
        let total = price.times(qty).unwrap_or_else(|error| {
            view.problem("price", &format!("price times quantity {error}"));
            Decimal::ZERO
        });
        Self {
            sku: view.optional_text("sku"),
            name: view.text("name", "the name of the goods"),
            model: view.text("model", "specification and model of the goods"),
            description: view.optional_text("description"),
            hs_code: view.text("hsCode", "the customs commodity code"),
            barcode: view.optional_text("barcode"),
            record_no: view.optional_text("recordNo"),
            unit: view.text("unit", "the unit of sale"),
            qty,
            unit1: view.text("unit1", "the first statutory unit"),
            qty1: view.quantity("qty1", "the quantity in the first statutory unit"),
            second: second(view),
            price,
            total,
            origin: view.text("origin", "the country of origin"),
            note: view.optional_text("note"),
        }
    }
}

/// The second statutory unit and its quantity: both or neither.
fn second(view: &View<'_>) -> Option<(String, Decimal)> {
    if view.has("unit2") || view.has("qty2") {
        let unit = view.text("unit2", "the second statutory unit of qty2");
        Some((unit, view.quantity("qty2", "the quantity in unit2")))
    } else {
        None
    }
}

impl Payment {
    /// Without its own payer, the buyer paid.
    fn read(view: &View<'_>, buyer: &Person) -> Self {
        Self {
            transaction: view.text("transactionId", "the transaction number of the payment"),
            paid_at: view.time("paidAt", "the time of the payment"),
            amount: view.amount("amount", "the amount of the payment"),
            payer: if view.has("payer") {
                person(&view.at("payer"), "payer")
            } else {
                buyer.clone()
            },
        }
    }
}

impl Parcel {
    /// Without its own recipient, the parcel goes to the order's.
    fn read(view: &View<'_>, order: &Recipient) -> Self {
        let packages = view.quantity("packages", "the number of packages");
        if packages.decimals() > 0 {
            view.problem("packages", "the number of packages must be a whole number");
        }
        Self {
            waybill: view.text("waybillNo", "the waybill number"),
            weight: view.quantity("weight", "the gross weight in kg"),
            net_weight: view.quantity("netWeight", "the net weight in kg"),
            insured_fee: view.amount("insuredFee", "the insurance fee"),
            packages,
            signed_at: view.optional_time("signedAt", "the time of signing"),
            recipient: if view.has("recipient") {
                recipient(&view.at("recipient"))
            } else {
                order.clone()
            },
        }
    }
}

impl Transport {
    /// An order's own transport replaces the shop's entirely: a flight number is never mixed with the other's bill.
    fn read(view: &View<'_>) -> Option<Self> {
        view.is_present().then(|| Self {
            traf_no: view.optional_text("trafNo"),
            voyage_no: view.optional_text("voyageNo"),
            bill_no: view.optional_text("billNo"),
            entry_date: view.optional_date("entryDate", "the day of entry"),
        })
    }
}
