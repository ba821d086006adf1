//! One faultless order of the export; faults are planted afterwards.

use super::goods::{PRODUCTS, Product};
use super::json::Json;
use super::people::{Person, Recipient};
use super::random::Random;

/// Largest goods value of a faultless order, in cents; well below the limit of a single transaction.
const LARGEST: i64 = 430_000;

const REMARKS: &[&str] = &[
    "请尽快发货，谢谢！",
    "生日礼物🎂🎁 请勿放小票 ❤️",
    "地址在 A&B 大厦 <东门>，\"前台\" 代收",
    "第一行\n第二行\t（含制表符与换行）",
    "家里有👨‍👩‍👧‍👦，电话打不通就放门口\u{200b}",
    "周末送 ；工作日\u{a0}18:00 后",
    "]]> 不是结束 <!-- 也不是注释 --> &amp;",
    "发票抬头：个人 / 'personal' / 100% OK",
];

/// Vehicle, voyage and bill of the flights that carry the parcels.
const FLIGHTS: &[(&str, &str, &str)] = &[
    ("YL0881", "YL0881/0302", "99900000022"),
    ("YL0883", "YL0883/0303", "99900000033"),
    ("YL2207", "YL2207/0303", "99900000044"),
];

pub(super) struct Order {
    pub(super) id: String,
    /// Seconds since the first order.
    created: u64,
    pub(super) currency: &'static str,
    pub(super) buyer: Person,
    /// Cleared if the buyer's identity number is missing.
    pub(super) with_id_number: bool,
    account: String,
    recipient: Recipient,
    pub(super) lines: Vec<Line>,
    /// Set if the list of goods is missing from the export; the totals are not.
    pub(super) without_lines: bool,
    freight: i64,
    discount: i64,
    /// Amount paid on top of the sum, in cents.
    pub(super) overpaid: i64,
    pub(super) payment: Payment,
    pub(super) parcel: Parcel,
    pub(super) transport: Option<(&'static str, &'static str, &'static str)>,
    remarks: Option<&'static str>,
}

pub(super) struct Line {
    pub(super) product: &'static Product,
    pub(super) name: String,
    pub(super) hs_code: String,
    pub(super) unit: String,
    pub(super) quantity: i64,
    /// Text in place of the quantity.
    pub(super) quantity_text: Option<&'static str>,
    price: i64,
    note: Option<&'static str>,
}

pub(super) struct Payment {
    pub(super) transaction: String,
    /// Difference between the payment and the amount the order states as paid, in cents.
    pub(super) difference: i64,
    pub(super) payer: Option<Person>,
    delay: u64,
}

pub(super) struct Parcel {
    waybill: String,
    /// Net weight beyond that of the goods, in grams.
    pub(super) excess: i64,
    packing: i64,
    pub(super) signed: bool,
    /// Name on the parcel if it differs from the order's.
    pub(super) recipient_name: Option<String>,
}

impl Line {
    pub(super) fn new(product: &'static Product, quantity: i64) -> Self {
        Self {
            product,
            name: product.name.to_owned(),
            hs_code: product.hs_code.to_owned(),
            unit: product.unit.to_owned(),
            quantity,
            quantity_text: None,
            price: product.price,
            note: None,
        }
    }

    fn gift(product: &'static Product) -> Self {
        Self {
            price: 0,
            note: Some("赠品"),
            ..Self::new(product, 1000)
        }
    }

    /// Exact, because prices and quantity steps are chosen that way.
    fn total(&self) -> i64 {
        self.price * self.quantity / 1000
    }

    fn grams(&self) -> i64 {
        self.product.grams * self.quantity / 1000
    }

    fn of(&self, per_unit: i64) -> Json {
        Json::thousandths(per_unit * self.quantity / 1000)
    }

    fn into_json(self) -> Json {
        let mut members = vec![
            ("sku", Json::text(self.product.sku)),
            ("name", Json::text(&self.name)),
            ("model", Json::text(self.product.model)),
            ("hsCode", Json::text(&self.hs_code)),
        ];
        if !self.product.barcode.is_empty() {
            members.push(("barcode", Json::text(self.product.barcode)));
        }
        members.push(("unit", Json::text(&self.unit)));
        members.push(match self.quantity_text {
            Some(text) => ("qty", Json::text(text)),
            None => ("qty", Json::thousandths(self.quantity)),
        });
        let (unit, per_unit) = self.product.first;
        members.extend([("unit1", Json::text(unit)), ("qty1", self.of(per_unit))]);
        if let Some((unit, per_unit)) = self.product.second {
            members.extend([("unit2", Json::text(unit)), ("qty2", self.of(per_unit))]);
        }
        members.extend([
            ("price", Json::cents(self.price)),
            ("origin", Json::text(self.product.origin)),
        ]);
        members.extend(self.note.map(|note| ("note", Json::text(note))));
        Json::Object(members)
    }
}

impl Order {
    /// Creates an order without faults; `index`, from 0, makes its numbers unique.
    pub(super) fn clean(index: usize, random: &mut Random) -> Self {
        let number = index + 1;
        let buyer = Person::invent(random);
        let recipient = Recipient::invent(&buyer, random);
        let lines = lines(random);
        let goods: i64 = lines.iter().map(Line::total).sum();
        Self {
            id: format!("SO-2026-{number:06}"),
            created: (index as u64 * 97 + random.below(60)) % (20 * 86_400),
            currency: "CNY",
            buyer,
            with_id_number: true,
            account: format!("user{:08}", random.below(100_000_000)),
            recipient,
            lines,
            without_lines: false,
            freight: *random.pick(&[0, 0, 1_000, 1_500, 2_550]),
            discount: if goods > 20_000 {
                *random.pick(&[0, 0, 0, 500, 1_990, 5_000])
            } else {
                0
            },
            overpaid: 0,
            payment: Payment {
                transaction: format!("P{number:09}{:09}", random.below(1_000_000_000)),
                difference: 0,
                payer: None,
                delay: 20 + random.below(900),
            },
            parcel: Parcel {
                waybill: format!("YL{number:09}{:03}", random.below(1000)),
                excess: 0,
                packing: 80 + random.below(600) as i64,
                signed: random.chance(12),
                recipient_name: None,
            },
            transport: random.chance(35).then(|| *random.pick(FLIGHTS)),
            remarks: random.chance(35).then(|| *random.pick(REMARKS)),
        }
    }

    fn goods(&self) -> i64 {
        self.lines.iter().map(Line::total).sum()
    }

    /// Returns the tax on goods and freight, rounded half up to cents; freight bears the rate of the first line.
    fn tax(&self) -> i64 {
        let goods: i64 = self.lines.iter().map(|line| line.total() * line.product.tax).sum();
        let freight = self.lines.first().map_or(0, |line| self.freight * line.product.tax);
        (goods + freight + 5_000) / 10_000
    }

    fn paid(&self) -> i64 {
        self.goods() + self.freight + self.tax() - self.discount + self.overpaid
    }

    pub(super) fn into_json(mut self) -> Json {
        let (tax, paid) = (self.tax(), self.paid());
        let grams: i64 = self.lines.iter().map(Line::grams).sum();
        if self.without_lines {
            self.lines.clear();
        }
        let weights = (grams + self.parcel.excess, grams + self.parcel.packing);
        let mut buyer = vec![("name", Json::text(&self.buyer.name))];
        if self.with_id_number {
            buyer.push(("idNumber", Json::text(&self.buyer.id_number)));
        }
        buyer.push(("phone", Json::text(&self.buyer.phone)));
        buyer.push(("account", Json::text(&self.account)));
        let mut members = vec![
            ("id", Json::text(&self.id)),
            ("createdAt", Json::text(time(self.created))),
            ("currency", Json::text(self.currency)),
            ("buyer", Json::Object(buyer)),
            (
                "recipient",
                Json::object([
                    ("name", Json::text(&self.recipient.name)),
                    ("phone", Json::text(&self.recipient.phone)),
                    ("address", Json::text(&self.recipient.address)),
                    ("district", Json::text(self.recipient.district)),
                ]),
            ),
            (
                "lines",
                Json::List(self.lines.into_iter().map(Line::into_json).collect()),
            ),
            ("freight", Json::cents(self.freight)),
            ("discount", Json::cents(self.discount)),
            ("tax", Json::cents(tax)),
            ("paid", Json::cents(paid)),
            ("payment", self.payment.into_json(self.created, paid)),
            ("parcel", self.parcel.into_json(self.created, weights, &self.recipient)),
        ];
        if let Some((vehicle, voyage, bill)) = self.transport {
            members.push((
                "transport",
                Json::object([
                    ("trafNo", Json::text(vehicle)),
                    ("voyageNo", Json::text(voyage)),
                    ("billNo", Json::text(bill)),
                ]),
            ));
        }
        members.extend(self.remarks.map(|remarks| ("remarks", Json::text(remarks))));
        Json::Object(members)
    }
}

impl Payment {
    fn into_json(self, created: u64, paid: i64) -> Json {
        let mut members = vec![
            ("transactionId", Json::text(&self.transaction)),
            ("paidAt", Json::text(time(created + self.delay))),
            ("amount", Json::cents(paid + self.difference)),
        ];
        if let Some(payer) = self.payer {
            members.push((
                "payer",
                Json::object([
                    ("name", Json::text(payer.name)),
                    ("idNumber", Json::text(payer.id_number)),
                    ("phone", Json::text(payer.phone)),
                ]),
            ));
        }
        Json::Object(members)
    }
}

impl Parcel {
    fn into_json(self, created: u64, (net, gross): (i64, i64), recipient: &Recipient) -> Json {
        let mut members = vec![
            ("waybillNo", Json::text(&self.waybill)),
            ("weight", Json::thousandths(gross)),
            ("netWeight", Json::thousandths(net)),
            ("insuredFee", Json::cents(0)),
            ("packages", Json::Number("1".into())),
        ];
        if let Some(name) = self.recipient_name {
            members.push((
                "recipient",
                Json::object([
                    ("name", Json::text(name)),
                    ("phone", Json::text(&recipient.phone)),
                    ("address", Json::text(&recipient.address)),
                ]),
            ));
        }
        if self.signed {
            members.push(("signedAt", Json::text(time(created + 5 * 86_400))));
        }
        Json::Object(members)
    }
}

/// Picks one to four different goods, sometimes with a gift.
fn lines(random: &mut Random) -> Vec<Line> {
    let mut products: Vec<&'static Product> = PRODUCTS.iter().collect();
    random.shuffle(&mut products);
    let count = 1 + random.below(4) as usize;
    let mut lines: Vec<Line> = Vec::new();
    let mut goods = 0;
    for product in products.iter().take(count) {
        let line = Line::new(product, product.step * (1 + random.below(3) as i64));
        if goods + line.total() <= LARGEST {
            goods += line.total();
            lines.push(line);
        }
    }
    if let (true, Some(product)) = (random.chance(8), products.get(count)) {
        lines.push(Line::gift(product));
    }
    if goods == 0 {
        lines = vec![Line::new(&PRODUCTS[0], 1000)];
    }
    lines
}

/// Formats the seconds after 08:00 on 1 March 2026; at most 27 days.
fn time(seconds: u64) -> String {
    let seconds = seconds + 8 * 3_600;
    let (day, hour) = (1 + seconds / 86_400, seconds / 3_600 % 24);
    format!(
        "2026-03-{day:02}T{hour:02}:{:02}:{:02}+08:00",
        seconds / 60 % 60,
        seconds % 60
    )
}
