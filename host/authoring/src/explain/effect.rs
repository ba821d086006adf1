//! Effects of customs' answers on the documents they are about, and advice on what to do.

use cebridge_engine::codes::{Direction, requests_of};
use cebridge_rule_core::pack::{Meaning, Pack};
use serde::Serialize;

/// Effect of a code on documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// Receipts in which it has this effect.
    pub receipts: Vec<String>,
    /// Its name in the rules: `waiting`, `held`, `stored`, `released`, `returned`, `repeated`, `outdated` or `barred`;
    /// empty for a state that no edition lists.
    pub becomes: &'static str,
    /// `true` if nothing more will happen to the document.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Consequence for the document.
    pub document: &'static str,
    /// The same in Chinese.
    pub document_zh: &'static str,
    /// Advice to the user.
    pub advice: &'static str,
    /// The same in Chinese.
    pub advice_zh: &'static str,
}

/// Returns the effects of a code in the receipts at these positions, equal ones merged. `info` is the text that customs
/// sends with it.
pub(super) fn effects(pack: &Pack, receipts: &[usize], code: &str, info: &str) -> Vec<Effect> {
    let mut found: Vec<Effect> = Vec::new();
    for receipt in receipts {
        let Some(message) = pack.program.messages.get(*receipt) else {
            continue;
        };
        let said = pack
            .said(*receipt, code, info)
            .map(|said| (said.meaning, said.is_final));
        let effect = effect(said);
        match found
            .iter_mut()
            .find(|known| known.becomes == effect.becomes && known.is_final == effect.is_final)
        {
            Some(known) => known.receipts.push(message.code.clone()),
            None => found.push(Effect {
                receipts: vec![message.code.clone()],
                ..effect
            }),
        }
    }
    found
}

/// Returns the effect of an error about a whole message, from the exchange platform or about its XML.
pub(super) fn of_platform(pack: &Pack) -> Effect {
    let refusals = pack.fields.refusals.iter().map(|refusal| refusal.message.clone());
    Effect {
        receipts: std::iter::once("DxpRep".to_owned()).chain(refusals).collect(),
        document: "the platform refused the whole message: each of its documents is returned",
        document_zh: "平台拒收整份报文：其中每份单证均为退回",
        advice: "correct what it names and declare the documents again; for errors of the system (3001 to 3999), \
                 declare them again later",
        advice_zh: "按提示修改后重新申报；系统级错误（3001 至 3999）请稍后重新申报",
        ..effect(Some((Meaning::Returned, true)))
    }
}

/// Returns the receipts of a pack that carry states of documents.
pub(super) fn receipts(pack: &Pack) -> Vec<usize> {
    let with_states = pack.catalogue().filter(|(_, _, text)| !text.outcomes.is_empty());
    with_states.map(|(index, ..)| index).collect()
}

/// Returns the receipts that carry this error of this direction.
pub(super) fn receipts_of_error(pack: &Pack, direction: Direction, code: &str) -> Vec<usize> {
    let requests = requests_of(pack, direction, code);
    if requests.is_empty() {
        let own = match direction {
            Direction::Import => "import",
            Direction::Export => "export",
        };
        let is_own = |index: &usize| pack.messages.get(*index).is_some_and(|text| text.direction == own);
        return receipts(pack).into_iter().filter(is_own).collect();
    }
    let of_request = |request: &&str| {
        let text = pack.messages.get(pack.message(request)?)?;
        pack.message(&text.receipt)
    };
    requests.iter().filter_map(of_request).collect()
}

fn effect(said: Option<(Meaning, bool)>) -> Effect {
    let (document, document_zh, advice, advice_zh) = texts(said.map(|(meaning, _)| meaning));
    Effect {
        receipts: Vec::new(),
        becomes: said.map_or("", |(meaning, _)| meaning.as_str()),
        is_final: said.is_some_and(|(_, is_final)| is_final),
        document,
        document_zh,
        advice,
        advice_zh,
    }
}

type Texts = (&'static str, &'static str, &'static str, &'static str);

fn texts(meaning: Option<Meaning>) -> Texts {
    match meaning {
        None => (
            "no edition lists this state: it is kept and shown, and changes nothing",
            "未列入任何版本的状态：予以保存和显示，不改变单证状态",
            "read the text of the receipt; where it asks for something, do that at customs",
            "请查看回执信息，按其要求办理",
        ),
        Some(Meaning::Waiting) => (
            "the document waits: customs has not had its last word",
            "单证等待中：海关尚未给出最终结果",
            "wait for the next receipt; where none comes, query the document at the e-port, and do not declare it again",
            "等待后续回执；长时间无回执时请在电子口岸查询，不要重复申报",
        ),
        Some(Meaning::Held) => (
            "the document is kept (暂存) and not declared: it waits until it is",
            "单证已暂存，尚未申报",
            "declare it: cebridge submit KEY",
            "请申报：cebridge submit KEY",
        ),
        Some(Meaning::Stored) => (
            "the document is stored: for orders, payments, waybills and granted applications that is the end",
            "单证已入库：对订单、支付单、运单及获准的申请即为终态",
            "nothing is to be done",
            "无需处理",
        ),
        Some(Meaning::Released) => (
            "the document is released",
            "单证已放行",
            "nothing is to be done",
            "无需处理",
        ),
        Some(Meaning::Returned) => (
            "the document is returned; its number is free again",
            "单证被退回，可用原编号重新申报",
            "correct what the code and the text of the receipt name, and declare it again",
            "按错误代码和回执信息修改后重新申报",
        ),
        Some(Meaning::Repeated) => (
            "a complaint: customs has a document of this number already. What was stored or released stays so; else the \
             document waits. It is not sent again",
            "海关已有相同编号的单证：已入库或放行的状态不变，否则继续等待，不再重发",
            "do not declare it again: query it at customs, or declare a change (appType 2)",
            "不要重复申报：请向海关查询，或申报变更（appType 2）",
        ),
        Some(Meaning::Outdated) => (
            "a complaint: customs has a newer message about this document. What was stored or released stays so; else the \
             document waits. It is not sent again",
            "海关已有更新的报文：已入库或放行的状态不变，否则继续等待，不再重发",
            "query the document at customs; where what it has is wrong, declare a change (appType 2)",
            "请向海关查询；如内容有误，申报变更（appType 2）",
        ),
        Some(Meaning::Barred) => (
            "a complaint: the state of the document at customs does not permit this. A change (appType 2) is returned; of a \
             new declaration it says that customs has the document already, and nothing is taken back",
            "海关现有状态不允许此操作：变更（appType 2）被退回；新申报则表示海关已有该单证，状态不变",
            "query the state of the document at customs before anything else is declared",
            "请先向海关查询单证状态，再作申报",
        ),
    }
}
