//! Business keys: strings that identify a document and by which its receipts find it.
//!
//! Everything follows from the pack: the key fields of a message and of the receipt that answers it, and their roles.

use crate::catalogue::is_required;
use cebridge_rule_core::pack::Pack;

/// The business key of a document, for display and to distinguish documents: the enterprise codes, then, after the last
/// bar, the numbers. `value` gives the text of a field.
pub(crate) fn key(pack: &Pack, message: usize, value: impl Fn(&str) -> Option<String>) -> String {
    let fields = key_fields(pack, message);
    let (codes, numbers): (Vec<&str>, Vec<&str>) = fields.iter().partition(|name| pack.fields.is_code(name));
    let filled = |names: Vec<&str>| -> Vec<String> {
        let values = names.into_iter().filter_map(&value);
        values.filter(|text| !text.is_empty()).collect()
    };
    let mut parts = filled(codes);
    let numbers = filled(numbers);
    if !numbers.is_empty() {
        parts.push(numbers.join("/"));
    }
    parts.join("|")
}

/// The strings by which receipts of a request find it: the receipt's matching keys, filled from the request.
pub(crate) fn of_request(pack: &Pack, message: usize, value: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let receipt = pack.messages.get(message).map_or("", |text| text.receipt.as_str());
    pack.message(receipt)
        .map(|receipt| of_receipt(pack, receipt, value))
        .unwrap_or_default()
}

/// Matching strings of a receipt: its own keys together; the same without optional keys; then each number that customs
/// assigns.
pub(crate) fn of_receipt(pack: &Pack, receipt: usize, value: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let code = code_of(pack, receipt);
    let fields: Vec<(u16, &str, String)> = keys_of(pack, receipt)
        .iter()
        .filter_map(|&decl| Some((decl, pack.program.local_name(decl)?)))
        .map(|(decl, local)| (decl, local, value(local).unwrap_or_default()))
        .collect();
    let (assigned, own): (Vec<_>, Vec<_>) = fields.iter().partition(|(_, local, _)| pack.fields.is_assigned(local));
    let certain: Vec<_> = own
        .iter()
        .filter(|(decl, ..)| is_required(pack, receipt, *decl))
        .copied()
        .collect();
    let mut out: Vec<String> = Vec::new();
    for fields in [own, certain] {
        if fields.is_empty() || fields.iter().any(|(_, _, text)| text.is_empty()) {
            continue;
        }
        let joined: Vec<String> = fields
            .iter()
            .map(|(_, local, text)| format!("{local}={text}"))
            .collect();
        let together = format!("{code}|{}", joined.join("|"));
        if !out.contains(&together) {
            out.push(together);
        }
    }
    let numbers = assigned.iter().filter(|(_, _, text)| !text.is_empty());
    out.extend(numbers.map(|(_, local, text)| number(code, local, text)));
    out
}

/// Returns `true` if a receipt message answers no request but brings news about a document, such as a tax bill.
pub(crate) fn is_notice(pack: &Pack, receipt: usize) -> bool {
    let code = code_of(pack, receipt);
    !pack.messages.iter().any(|text| text.receipt == code)
}

/// Matching strings of a notice: the number by which it names a document, in the form that the document's receipts
/// have.
///
/// Documents that refer to it may carry the same number: a return names the inventory it takes back. Customs assigned
/// the number to the document that may be declared without it.
pub(crate) fn of_notice(pack: &Pack, notice: usize, value: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let direction = pack.messages.get(notice).map_or("", |text| text.direction.as_str());
    let mut out = Vec::new();
    for name in key_fields(pack, notice)
        .into_iter()
        .filter(|name| pack.fields.is_assigned(name))
    {
        let Some(text) = value(name).filter(|text| !text.is_empty()) else {
            continue;
        };
        for (request, message) in pack.messages.iter().enumerate() {
            let Some(receipt) = pack
                .message(&message.receipt)
                .filter(|_| message.direction == direction)
            else {
                continue;
            };
            if key_fields(pack, receipt).contains(&name) && !states(pack, request, name) {
                out.push(number(&message.receipt, name, &text));
            }
        }
    }
    out
}

/// Returns `true` if documents of a request must have a field of that name, in the document itself or in its head.
fn states(pack: &Pack, request: usize, name: &str) -> bool {
    let Some(document) = pack.messages.get(request).map(|text| text.document) else {
        return false;
    };
    let program = &pack.program;
    let inside = program.children_of(document);
    let deeper = inside.iter().flat_map(|&group| program.children_of(group));
    inside
        .iter()
        .copied()
        .chain(deeper)
        .any(|decl| program.local_name(decl) == Some(name) && is_required(pack, request, decl))
}

fn number(code: &str, name: &str, text: &str) -> String {
    format!("{code}|{name}={text}")
}

fn code_of(pack: &Pack, message: usize) -> &str {
    pack.program
        .messages
        .get(message)
        .map_or("", |message| message.code.as_str())
}

fn keys_of(pack: &Pack, message: usize) -> &[u16] {
    pack.messages.get(message).map_or(&[], |text| text.keys.as_slice())
}

/// Local names of a message's key fields.
pub(crate) fn key_fields(pack: &Pack, message: usize) -> Vec<&str> {
    keys_of(pack, message)
        .iter()
        .filter_map(|&decl| pack.program.local_name(decl))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cebridge_runtime::shipped_sources;

    fn pack() -> Pack {
        cebridge_rule_compiler::compile(&shipped_sources(), "2022-05").unwrap()
    }

    fn at(pack: &Pack, code: &str) -> usize {
        pack.message(code).unwrap()
    }

    /// Looks values up in a list, as a document would.
    fn from<'a>(values: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| {
            values
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, text)| (*text).to_owned())
        }
    }

    #[test]
    fn every_request_can_be_found_by_its_receipt_and_has_a_key() {
        let pack = pack();
        let mut requests = 0;
        for (index, text) in pack
            .messages
            .iter()
            .enumerate()
            .filter(|(_, text)| text.kind == "request")
        {
            requests += 1;
            let value = |name: &str| Some(format!("{name}-1"));
            let receipt = pack.message(&text.receipt).unwrap();
            let wanted = of_receipt(&pack, receipt, value);
            assert!(
                !wanted.is_empty() && of_request(&pack, index, value) == wanted,
                "{}",
                text.en
            );
            // A request can state everything that its receipt is matched by, except customs' numbers.
            let document = pack.messages[index].document;
            let inside = pack.program.children_of(document);
            let deeper: Vec<u16> = inside
                .iter()
                .flat_map(|&group| pack.program.children_of(group))
                .collect();
            for name in key_fields(&pack, receipt)
                .into_iter()
                .filter(|name| !pack.fields.is_assigned(name))
            {
                let known = inside
                    .iter()
                    .chain(&deeper)
                    .any(|&decl| pack.program.local_name(decl) == Some(name));
                assert!(known, "{} has no {name}, by which {} is matched", text.en, text.receipt);
            }
            assert!(!key(&pack, index, value).is_empty());
            assert!(!is_notice(&pack, receipt));
        }
        assert_eq!(requests, 19);
    }

    #[test]
    fn keys_name_the_number_last_so_that_people_read_it() {
        let pack = pack();
        let order = from(&[("ebpCode", "P"), ("orderNo", "SO-1")]);
        assert_eq!(key(&pack, at(&pack, "CEB303"), order), "P|SO-1");
        let arrival = from(&[("copNo", "C-1"), ("msgSeqNo", "2")]);
        assert_eq!(key(&pack, at(&pack, "CEB507"), arrival), "C-1/2");
        let status = from(&[("logisticsCode", "L"), ("logisticsNo", "W-1"), ("logisticsStatus", "S")]);
        assert_eq!(key(&pack, at(&pack, "CEB513"), status), "L|W-1/S");
    }

    #[test]
    fn a_key_that_a_receipt_may_leave_out_does_not_lose_it() {
        let pack = pack();
        let request = from(&[("ebcCode", "E"), ("orderNo", "SO-1"), ("payNo", "P-1")]);
        let declared = of_request(&pack, at(&pack, "CEB403"), request);
        for values in [
            &[("ebcCode", "E"), ("orderNo", "SO-1"), ("payNo", "P-1")][..],
            &[("ebcCode", "E"), ("orderNo", "SO-1")],
        ] {
            let receipt = of_receipt(&pack, at(&pack, "CEB404"), from(values));
            assert!(
                receipt.iter().any(|string| declared.contains(string)),
                "{receipt:?}, {declared:?}"
            );
        }
        let without = of_request(
            &pack,
            at(&pack, "CEB403"),
            from(&[("ebcCode", "E"), ("orderNo", "SO-1")]),
        );
        assert!(!without.is_empty());
    }

    #[test]
    fn notices_go_to_the_document_that_the_number_was_given_to() {
        let pack = pack();
        for (notice, name, expected) in [
            ("CEB816", "invtNo", "CEB622|invtNo=N"),
            ("CEB818", "invtNo", "CEB622|invtNo=N"),
            ("CEB792", "sumNo", "CEB702|sumNo=N"),
        ] {
            let index = at(&pack, notice);
            assert!(is_notice(&pack, index));
            assert_eq!(
                of_notice(&pack, index, from(&[(name, "N"), ("taxNo", "T")])),
                [expected],
                "{notice}"
            );
        }
    }
}
