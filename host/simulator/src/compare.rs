//! The comparison that decides an inventory: order, payment, waybill and inventory must agree.
//!
//! The pack (`[[pair]]`) defines which documents belong together and what must match; the gateway judges by the same
//! rules before sending. Here every rule counts, even one that only warns there, and so does a missing document.

use crate::kinds::Kind;
use crate::records::{Record, Records, find};
use cebridge_findings::{DocumentPair, Finding};
use cebridge_rule_core::pack::{Pack, Pair};
use cebridge_runtime::{LoadedPack, PairError};

/// Reason a document is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// Official error code of table 7-2.
    pub code: String,
    /// The mismatch, in the words of the receipt.
    pub text: String,
}

/// Single-transaction limit in CNY since 2019-01-01, in units of 0.00001 (N19,5). No edition states it; only customs
/// checks it.
const SINGLE_LIMIT: i128 = 5000 * 100_000;

/// A stored document with its message code.
type Stored<'r> = (&'r str, &'r Record);

/// Returns `true` if every document this one is compared with has arrived.
pub(crate) fn complete(pack: &Pack, records: &Records, message: &str, record: &Record) -> bool {
    pairs_of(pack, message).all(|pair| others(records, pair, record).next().is_some())
}

/// Returns `true` if an inventory that is compared with this document was declared.
pub(crate) fn has_inventory(pack: &Pack, records: &Records, message: &str, record: &Record) -> bool {
    let pairs = pack.pairs.iter().filter(|pair| pair.other == message);
    pairs
        .filter(|pair| Kind::of(pack, &pair.message).is_some_and(|kind| kind.is_inventory()))
        .any(|pair| {
            let mut inventories = records.of(&pair.message);
            inventories.any(|inventory| match_each_other(pair, inventory, record))
        })
}

/// Returns all objections to the document; empty if it may pass.
pub(crate) fn compare(
    pack: &LoadedPack,
    records: &Records,
    message: &str,
    record: &Record,
) -> Result<Vec<Objection>, PairError> {
    let model = pack.rules().pack();
    let mut out = Vec::new();
    let mut related: Vec<Stored<'_>> = vec![(message, record)];
    for pair in pairs_of(model, message) {
        let found: Vec<&Record> = others(records, pair, record).collect();
        if found.is_empty() {
            judge(&mut out, message, pack, pair, record, None)?;
        } else if pair.other == "CEB411" && found.len() > 1 {
            out.push(Objection {
                code: "-401003".to_owned(),
                text: format!(
                    "[{}]对应多条支付凭证 (several payment documents)",
                    record.text("orderNo")
                ),
            });
        }
        related.extend(found.into_iter().map(|other| (pair.other.as_str(), other)));
    }
    for pair in &model.pairs {
        // A pair described from both sides is judged once, from the later document.
        let reverse = |known: &Pair| known.message == pair.other && known.other == pair.message;
        if pair.message < pair.other && model.pairs.iter().any(reverse) {
            continue;
        }
        for (_, own) in related.iter().filter(|(message, _)| *message == pair.message) {
            let other = related
                .iter()
                .find(|(message, other)| *message == pair.other && match_each_other(pair, own, other));
            if let Some((_, other)) = other {
                judge(&mut out, message, pack, pair, own, Some(other))?;
            }
        }
    }
    if message == "CEB621" {
        single_limit(&mut out, record);
    }
    Ok(out)
}

/// Returns the pairs in which documents of this message are judged.
fn pairs_of<'p>(pack: &'p Pack, message: &str) -> impl Iterator<Item = &'p Pair> {
    pack.pairs.iter().filter(move |pair| pair.message == message)
}

/// Returns the stored documents that a document is compared with.
fn others<'r>(records: &'r Records, pair: &'r Pair, record: &'r Record) -> impl Iterator<Item = &'r Record> {
    records
        .of(&pair.other)
        .filter(move |other| match_each_other(pair, record, other))
}

fn match_each_other(pair: &Pair, own: &Record, other: &Record) -> bool {
    pair.matching.iter().all(|(left, right)| {
        let left = value(own, left);
        !left.is_empty() && left == value(other, right)
    })
}

/// Returns the value at a path of the document, or the number assigned to it here.
fn value<'r>(record: &'r Record, path: &str) -> &'r str {
    let own = record.element.text_at(path).unwrap_or_default();
    if own.is_empty() && path.ends_with("invtNo") {
        return &record.number;
    }
    own
}

/// Adds the findings of a pair's rules.
fn judge(
    out: &mut Vec<Objection>,
    message: &str,
    pack: &LoadedPack,
    pair: &Pair,
    own: &Record,
    other: Option<&Record>,
) -> Result<(), PairError> {
    let found = pack.judge_pair(
        pair,
        &DocumentPair {
            message: &own.element,
            other: other.map(|other| &other.element),
            other_status: None,
        },
    )?;
    out.extend(found.iter().map(|finding| objection(message, finding)));
    Ok(())
}

/// Words a broken rule for a receipt: under its own code, else as a message that failed the check.
fn objection(message: &str, finding: &Finding) -> Objection {
    let (code, failed) = match message {
        "CEB625" => ("-625001", "退货申请单报文校验失败"),
        _ => ("-621001", "清单报文校验失败"),
    };
    match &finding.code {
        Some(code) => Objection {
            code: code.clone(),
            text: finding.message_zh.clone(),
        },
        None => Objection {
            code: code.to_owned(),
            text: format!("{failed}，[{}]", finding.message_zh.trim_end_matches('。')),
        },
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
        out.push(Objection {
            code: "-621005".to_owned(),
            text,
        });
    }
}

/// Parses an N19,5 text in units of 0.00001; `None` for anything else.
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
