//! The comparison that decides an inventory: order, payment, waybill and inventory must tell the same story.

use crate::records::{Record, Records, find};

/// Why an inventory is not released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// Official error code of table 7-2.
    pub code: &'static str,
    /// What does not fit, in the words of the receipt.
    pub text: String,
}

fn objection(code: &'static str, text: impl Into<String>) -> Objection {
    Objection {
        code,
        text: text.into(),
    }
}

/// Single-transaction limit in CNY since 2019-01-01, in cents of a thousandth (N19,5).
const SINGLE_LIMIT: i128 = 5000 * 100_000;

/// Whether order, payment and waybill of the inventory have arrived.
pub(crate) fn complete(records: &Records, inventory: &Record) -> bool {
    missing(records, inventory).is_empty()
}

/// The companions that have not arrived.
pub(crate) fn missing(records: &Records, inventory: &Record) -> Vec<Objection> {
    let order = inventory.text("orderNo");
    let platform = inventory.text("ebpCode");
    let mut out = Vec::new();
    if order_of(records, inventory).is_none() {
        out.push(objection(
            "-301003",
            format!("订单信息查询不存在[{order}] (order not found)"),
        ));
    }
    if records.payments(platform, order).next().is_none() {
        out.push(objection(
            "-401004",
            format!("[{order}]对应支付凭证查询不存在 (payment document not found)"),
        ));
    }
    if waybill_of(records, inventory).is_none() {
        let number = inventory.text("logisticsNo");
        out.push(objection(
            "-621001",
            format!("清单报文校验失败，[运单{number}不存在] (waybill not found)"),
        ));
    }
    out
}

fn order_of<'a>(records: &'a Records, inventory: &Record) -> Option<&'a Record> {
    records.get(
        "CEB311",
        &format!("{}|{}", inventory.text("ebpCode"), inventory.text("orderNo")),
    )
}

fn waybill_of<'a>(records: &'a Records, inventory: &Record) -> Option<&'a Record> {
    records.get(
        "CEB511",
        &format!("{}|{}", inventory.text("logisticsCode"), inventory.text("logisticsNo")),
    )
}

/// Everything that speaks against releasing the inventory; empty for release.
pub(crate) fn compare(records: &Records, inventory: &Record) -> Vec<Objection> {
    let mut out = missing(records, inventory);
    let platform = inventory.text("ebpCode");
    let number = inventory.text("orderNo");
    let payments: Vec<&Record> = records.payments(platform, number).collect();
    if payments.len() > 1 {
        out.push(objection(
            "-401003",
            format!("[{number}]对应多条支付凭证 (several payment documents)"),
        ));
    }
    let payment = payments.first().copied();
    if let Some(order) = order_of(records, inventory) {
        let same = [
            ("buyerIdNumber", "buyerIdNumber", "订购人证件号码"),
            ("buyerName", "buyerName", "订购人姓名"),
            ("ebcCode", "ebcCode", "电商企业代码"),
        ];
        for (in_order, in_inventory, label) in same {
            differs(
                &mut out,
                order.text(in_order),
                inventory.text(in_inventory),
                "清单与订单",
                label,
                in_inventory,
            );
        }
        compare_lines(&mut out, order, inventory);
        if let Some(payment) = payment {
            compare_payment(&mut out, order, payment);
        }
        if let Some(waybill) = waybill_of(records, inventory) {
            for (field, label) in [
                ("consignee", "收货人姓名"),
                ("consigneeTelephone", "收货人电话"),
                ("consigneeAddress", "收货地址"),
            ] {
                differs(
                    &mut out,
                    order.text(field),
                    waybill.text(field),
                    "运单与订单",
                    label,
                    field,
                );
            }
        }
    }
    single_limit(&mut out, inventory);
    out
}

fn compare_payment(out: &mut Vec<Objection>, order: &Record, payment: &Record) {
    if decimal(order.text("acturalPaid")) != decimal(payment.text("amountPaid")) {
        let text = format!(
            "清单报文校验失败，[支付金额{}与订单实际支付金额{}不一致] (amountPaid differs from acturalPaid)",
            payment.text("amountPaid"),
            order.text("acturalPaid")
        );
        out.push(objection("-621001", text));
    }
    differs(
        out,
        order.text("buyerIdNumber"),
        payment.text("payerIdNumber"),
        "支付单与订单",
        "支付人证件号码",
        "payerIdNumber",
    );
    differs(
        out,
        order.text("buyerName"),
        payment.text("payerName"),
        "支付单与订单",
        "支付人姓名",
        "payerName",
    );
}

fn compare_lines(out: &mut Vec<Objection>, order: &Record, inventory: &Record) {
    let lines = |record: &Record, group: &str, name: &str| -> Vec<(String, String)> {
        record
            .groups(group)
            .map(|line| {
                (
                    find(line, "gnum").unwrap_or_default().to_owned(),
                    find(line, name).unwrap_or_default().to_owned(),
                )
            })
            .collect()
    };
    let ordered = lines(order, "OrderList", "itemName");
    let declared = lines(inventory, "InventoryList", "gname");
    for (number, name) in &declared {
        match ordered.iter().find(|(other, _)| other == number) {
            None => out.push(objection(
                "-621001",
                format!("清单报文校验失败，[清单表体第{number}项在订单中不存在] (line {number} is not in the order)"),
            )),
            Some((_, ordered_name)) if ordered_name != name => out.push(objection(
                "-621001",
                format!(
                    "清单报文校验失败，[清单表体第{number}项商品名称与订单不一致] (gname of line {number} differs)"
                ),
            )),
            Some(_) => {}
        }
    }
}

/// A text that must be the same in two documents; the values are personal data and are not repeated.
fn differs(out: &mut Vec<Objection>, left: &str, right: &str, pair: &str, label: &str, field: &str) {
    if left.trim() != right.trim() {
        out.push(objection(
            "-621001",
            format!("清单报文校验失败，[{pair}{label}不一致] ({field} differs)"),
        ));
    }
}

fn single_limit(out: &mut Vec<Objection>, inventory: &Record) {
    let totals: Vec<i128> = inventory
        .groups("InventoryList")
        .filter_map(|line| decimal(find(line, "totalPrice")?))
        .collect();
    let total: i128 = totals.iter().sum();
    // A single indivisible article above the limit is allowed at full tax.
    if total > SINGLE_LIMIT && totals.len() > 1 {
        let text = format!(
            "清单[{}]的购买金额超过单笔限额[5000] (above the single-transaction limit)",
            inventory.text("copNo")
        );
        out.push(objection("-621005", text));
    }
}

/// An N19,5 text in units of 0.00001; `None` for anything else.
fn decimal(text: &str) -> Option<i128> {
    let text = text.trim();
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 5 || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let value: i128 = format!("{whole}{fraction:0<5}").parse().ok()?;
    Some(sign * value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_compare_by_value() {
        assert_eq!(decimal("100"), decimal("100.00000"));
        assert_eq!(decimal("0.1"), Some(10_000));
        assert_ne!(decimal("100.00001"), decimal("100"));
        assert_eq!(decimal("1.2.3"), None);
        assert_eq!(decimal(""), None);
    }
}
