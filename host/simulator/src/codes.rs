//! Error codes of customs: table 7-2 for import messages, the ranges of table 7-3 for export messages.

/// Reasons for a complaint by customs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Complaint {
    /// The signature is wrong.
    Signature,
    /// A document with the same key was already declared.
    Duplicate,
    /// A newer version of the document was already declared.
    Outdated,
    /// The state of the document, or of the inventory it is about, does not permit the operation.
    Barred,
    /// The document to change or delete was never declared.
    Absent,
    /// The inventory a document is about is unknown.
    Reference,
}

/// Returns the code and text for a complaint about a document of that message.
pub(crate) fn code_and_text(message: &str, complaint: Complaint) -> (String, &'static str) {
    use Complaint::{Absent, Barred, Duplicate, Outdated, Reference, Signature};
    let listed = match (message, complaint) {
        ("CEB311", Duplicate) => Some(("-301010", "已存在相同编号的订单")),
        ("CEB311", Absent) => Some(("-301009", "订单标识(appType)不正确,未找到操作的订单")),
        ("CEB311", Barred) => Some(("-301011", "该订单已向海关申报清单，状态不符")),
        ("CEB311", Outdated) => Some(("-301014", "订单报文处理失败，接收报文为旧报文数据，不做处理")),
        ("CEB411", Duplicate) => Some(("-401007", "已存在相同编号的支付单")),
        ("CEB411", Absent) => Some(("-401006", "支付单标识(appType)不正确,未找到对应操作的支付单")),
        ("CEB411", Barred) => Some(("-401008", "该支付单已向海关申报支付单，状态不符")),
        ("CEB411", Outdated) => Some(("-401012", "支付单报文处理失败，接收报文为旧报文数据，不做处理")),
        ("CEB511", Duplicate) => Some(("-504015", "已存在相同编号的运单")),
        ("CEB511", Absent) => Some(("-504014", "运单标识(appType)不正确,未找到操作的运单")),
        ("CEB511", Barred) => Some(("-504016", "该运单已向海关申报运单，状态不符")),
        ("CEB511" | "CEB513", Outdated) => Some(("-505016", "物流报文处理失败，接收报文为旧报文数据，不做处理")),
        ("CEB513", Duplicate) => Some(("-505012", "物流运单状态已存在")),
        ("CEB513", Absent) => Some(("-505014", "物流运单状态报文处理失败，未找到对应操作")),
        ("CEB621", Signature) => Some(("-621029", "验签失败！")),
        ("CEB621", Duplicate) => Some(("-621004", "清单已经申报过，请勿重复申报")),
        ("CEB621", Absent) => Some(("-621011", "不存在已申报的清单，无法进行改单操作")),
        ("CEB621", Barred) => Some(("-621012", "清单的申报状态不符合改单申报的条件")),
        ("CEB623", Signature) => Some(("-623029", "验签失败！")),
        ("CEB623", Duplicate) => Some(("-623009", "撤单清单已经申报过")),
        ("CEB623", Absent) => Some(("-623004", "查无此数据")),
        ("CEB623", Barred) => Some(("-623005", "清单的状态不符合撤单申报要求")),
        ("CEB623", Reference) => Some(("-623003", "系统中不存在该清单编号的清单！")),
        ("CEB625", Signature) => Some(("-625005", "退货申请单验签失败！")),
        ("CEB625", Duplicate) => Some(("-625033", "退货申请单已经申报过，请勿重复申报")),
        ("CEB625", Absent) => Some(("-625016", "查无此数据")),
        ("CEB625", Barred) => Some(("-625022", "退货申请单的申报状态不符合改单申报的条件")),
        ("CEB625", Reference) => Some(("-625001", "退货申请单报文校验失败，[清单不存在]")),
        ("CEB711", Duplicate) => Some(("-800003", "入库明细单报已存在")),
        ("CEB711", Absent) => Some(("-800001", "校验不通过，[入库明细单不存在]")),
        ("CEB711", Barred) => Some(("-800001", "校验不通过，[入库明细单的状态不符合改单的条件]")),
        ("CEB711", Outdated) => Some(("-800005", "入库明细单报文处理失败，接收报文为旧报文数据，不做处理")),
        _ => None,
    };
    if let Some((code, text)) = listed {
        return (code.to_owned(), text);
    }
    let (step, text) = match complaint {
        Signature => (1, "签名校验失败"),
        Duplicate => (2001, "业务校验失败，已存在相同编号的单证"),
        Absent => (2002, "业务校验失败，未找到操作的单证"),
        Reference => (2003, "业务校验失败，清单不存在"),
        Barred => (2004, barred(message)),
        // These messages have no code of their own for it.
        Outdated => return code_and_text(message, Duplicate),
    };
    match (range(message), complaint) {
        (Some(start), _) => ((-start - step).to_string(), text),
        (None, Signature) => ("-1001".to_owned(), "数字签名无效"),
        (None, _) => ("-2999".to_owned(), text),
    }
}

/// Returns the words for a state that does not permit the operation, if no table prints them.
fn barred(message: &str) -> &'static str {
    match message {
        "CEB303" | "CEB403" | "CEB505" => "业务校验失败，该单证已向海关申报清单，状态不符",
        "CEB605" => "业务校验失败，清单的状态不符合撤单要求",
        _ => "业务校验失败，单证的申报状态不符合改单申报的条件",
    }
}

/// Returns the start of an export message's four blocks of a thousand codes each: signature, format, business,
/// processing.
fn range(message: &str) -> Option<i64> {
    Some(match message {
        "CEB303" => 301_000,
        "CEB403" => 401_000,
        "CEB505" => 501_000,
        "CEB507" => 801_000,
        "CEB509" => 505_000,
        "CEB603" => 601_000,
        "CEB605" => 605_000,
        "CEB607" => 901_000,
        "CEB701" => 701_000,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_tables() {
        let code = |message, complaint| code_and_text(message, complaint).0;
        assert_eq!(code("CEB311", Complaint::Duplicate), "-301010");
        assert_eq!(code("CEB623", Complaint::Reference), "-623003");
        assert_eq!(code("CEB603", Complaint::Signature), "-601001");
        assert_eq!(code("CEB605", Complaint::Reference), "-607003");
        assert_eq!(code("CEB311", Complaint::Signature), "-1001");
        assert_eq!(code("CEB215", Complaint::Duplicate), "-2999");
        assert_eq!(code("CEB511", Complaint::Barred), "-504016");
        assert_eq!(code("CEB605", Complaint::Barred), "-607004");
    }

    #[test]
    fn an_older_message_has_its_own_code_or_counts_as_a_repeat() {
        let code = |message| code_and_text(message, Complaint::Outdated).0;
        let own = ["CEB311", "CEB411", "CEB511", "CEB513", "CEB711"];
        assert_eq!(own.map(code), ["-301014", "-401012", "-505016", "-505016", "-800005"]);
        for other in ["CEB303", "CEB603", "CEB621", "CEB625"] {
            assert_eq!(
                code_and_text(other, Complaint::Outdated),
                code_and_text(other, Complaint::Duplicate)
            );
        }
    }

    #[test]
    fn the_packs_read_every_complaint_as_it_is_meant() {
        use cebridge_rule_core::pack::{Effect, Meaning};
        for edition in ["2018-56", "2018-113", "2022-05"] {
            let sources = cebridge_runtime::shipped_sources();
            let pack = cebridge_rule_compiler::compile(&sources, edition).unwrap();
            let requests = pack.catalogue().filter(|(_, _, text)| text.kind == "request");
            for (index, message, text) in requests {
                let said = |complaint| {
                    let (code, words) = code_and_text(&message.code, complaint);
                    let receipt = pack.message(&text.receipt).unwrap();
                    pack.said(receipt, &code, words).unwrap().meaning
                };
                let code = &message.code;
                assert_eq!(said(Complaint::Duplicate), Meaning::Repeated, "{edition} {code}");
                assert!(
                    [Meaning::Outdated, Meaning::Repeated].contains(&said(Complaint::Outdated)),
                    "{edition} {code}"
                );
                // A late withdrawal is returned; nothing is wrong with the inventory.
                let withdraws = pack
                    .concern(index)
                    .is_some_and(|concern| concern.effect == Effect::Withdraws);
                let barred = if withdraws { Meaning::Returned } else { Meaning::Barred };
                assert_eq!(said(Complaint::Barred), barred, "{edition} {code}");
                for other in [Complaint::Signature, Complaint::Absent, Complaint::Reference] {
                    assert_eq!(said(other), Meaning::Returned, "{edition} {code} {other:?}");
                }
            }
        }
    }
}
