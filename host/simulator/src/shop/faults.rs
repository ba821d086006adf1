//! The kinds of planted faults, and the expected fate of the orders.

use super::Fate;
use super::goods::EXPENSIVE;
use super::order::{Line, Order};
use super::people::{self, Person};
use super::random::Random;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    NoIdNumber,
    QuantityText,
    NoLines,
    Dollars,
    DoesNotAddUp,
    ShortCommodityCode,
    LongName,
    NetAboveGross,
    NoVoyage,
    UnknownUnit,
    PaidLess,
    OtherPayer,
    OtherConsignee,
    AboveLimit,
    SameTransaction,
}

impl Fault {
    pub(super) const ALL: [Self; 15] = [
        Self::NoIdNumber,
        Self::DoesNotAddUp,
        Self::PaidLess,
        Self::AboveLimit,
        Self::OtherPayer,
        Self::ShortCommodityCode,
        Self::NoLines,
        Self::LongName,
        Self::OtherConsignee,
        Self::Dollars,
        Self::NetAboveGross,
        Self::QuantityText,
        Self::NoVoyage,
        Self::SameTransaction,
        Self::UnknownUnit,
    ];

    /// Describes the fault for people.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::NoIdNumber => "the identity number of the buyer is missing",
            Self::QuantityText => "a quantity is no number",
            Self::NoLines => "no goods",
            Self::Dollars => "amounts in US dollars",
            Self::DoesNotAddUp => "the amount paid does not add up",
            Self::ShortCommodityCode => "a commodity code of 9 digits",
            Self::LongName => "a name of goods with more than 250 characters",
            Self::NetAboveGross => "net weight above gross weight",
            Self::NoVoyage => "no voyage number in direct purchase",
            Self::UnknownUnit => "a unit that is not in the table",
            Self::PaidLess => "the payment is smaller than the amount paid of the order",
            Self::OtherPayer => "the identity number of the payer is not that of the buyer",
            Self::OtherConsignee => "the waybill names another consignee",
            Self::AboveLimit => "several goods above the limit of a single transaction",
            Self::SameTransaction => "the payment has the number of an earlier one",
        }
    }

    /// Returns the expected fate of the order.
    pub(super) fn fate(self) -> Fate {
        match self {
            Self::NoIdNumber | Self::QuantityText | Self::NoLines | Self::Dollars => Fate::Unmappable,
            Self::DoesNotAddUp => Fate::Refused { rule: "CEB311-R03" },
            Self::ShortCommodityCode | Self::LongName => Fate::Refused { rule: "XSD-length" },
            Self::NetAboveGross => Fate::Refused { rule: "CEB621-R18" },
            Self::NoVoyage => Fate::Refused { rule: "CEB621-R04" },
            Self::UnknownUnit => Fate::Refused { rule: "CEB-C17-unit" },
            Self::PaidLess => Fate::Refused { rule: "CEB411-R06" },
            // The rules only warn of these: customs has the last word.
            Self::OtherPayer | Self::OtherConsignee => Fate::Returned { code: "-621001" },
            Self::AboveLimit => Fate::Returned { code: "-621005" },
            Self::SameTransaction => Fate::Refused { rule: "HOST-DUPLICATE" },
        }
    }

    /// Plants the fault and nothing else. `earlier` is the payment number of a faultless order.
    pub(super) fn plant(self, order: &mut Order, earlier: &str, random: &mut Random) {
        match self {
            Self::NoIdNumber => order.with_id_number = false,
            Self::QuantityText => with_line(order, |line| line.quantity_text = Some("abc")),
            Self::NoLines => order.without_lines = true,
            Self::Dollars => order.currency = "USD",
            Self::DoesNotAddUp => order.overpaid = 100,
            Self::ShortCommodityCode => with_line(order, |line| {
                line.hs_code.pop();
            }),
            Self::LongName => with_line(order, |line| line.name = line.name.repeat(40)),
            // More than any packing weighs.
            Self::NetAboveGross => order.parcel.excess = 1_000,
            Self::NoVoyage => order.transport = Some(("YL0881", "", "99900000022")),
            Self::UnknownUnit => with_line(order, |line| line.unit = "999".into()),
            Self::PaidLess => order.payment.difference = -1,
            Self::OtherPayer => {
                let mut id_number = people::id_number(random);
                while id_number == order.buyer.id_number {
                    id_number = people::id_number(random);
                }
                order.payment.payer = Some(Person {
                    id_number,
                    ..order.buyer.clone()
                });
            }
            Self::OtherConsignee => {
                order.parcel.recipient_name = Some(format!("{}（代收）", people::name(random)));
            }
            Self::AboveLimit => {
                order.lines = vec![Line::new(EXPENSIVE.0, 1000), Line::new(EXPENSIVE.1, 1000)];
            }
            Self::SameTransaction => earlier.clone_into(&mut order.payment.transaction),
        }
    }
}

fn with_line(order: &mut Order, change: impl FnOnce(&mut Line)) {
    if let Some(line) = order.lines.first_mut() {
        change(line);
    }
}
