//! Every state and error code in customs' receipts, as the shipped rules interpret it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use Meaning::{Barred, Held, Outdated, Released, Repeated, Returned, Stored, Waiting};
use cebridge_rule_compiler::compile;
use cebridge_rule_core::pack::{Effect, Meaning, Pack};
use common::shipped;
use std::collections::BTreeSet;
use std::sync::OnceLock;

const IMPORT: [&str; 8] = ["312", "412", "512", "514", "622", "624", "626", "712"];
const EXPORT: [&str; 9] = ["304", "404", "506", "508", "510", "604", "606", "608", "702"];

/// The import codes that are not returns.
const CODES: [(&str, Meaning); 27] = [
    ("-301010", Repeated),
    ("-301011", Barred),
    ("-301014", Outdated),
    ("-401007", Repeated),
    ("-401008", Barred),
    ("-401012", Outdated),
    ("-504012", Repeated),
    ("-504015", Repeated),
    ("-504016", Barred),
    ("-505012", Repeated),
    ("-505016", Outdated),
    ("-621002", Waiting),
    ("-621004", Repeated),
    ("-621008", Waiting),
    ("-621009", Waiting),
    ("-621012", Barred),
    ("-623002", Waiting),
    ("-623006", Waiting),
    ("-623007", Waiting),
    ("-623009", Repeated),
    ("-625002", Waiting),
    ("-625022", Repeated),
    ("-625033", Repeated),
    ("-625202", Waiting),
    ("-625203", Waiting),
    ("-625206", Waiting),
    ("-625207", Waiting),
];
const MORE_CODES: [(&str, Meaning); 2] = [("-800003", Repeated), ("-800005", Outdated)];

fn editions() -> &'static [Pack] {
    static PACKS: OnceLock<Vec<Pack>> = OnceLock::new();
    PACKS.get_or_init(|| {
        let set = shipped();
        let compiled = set
            .editions()
            .into_iter()
            .map(|edition| compile(&set, edition).unwrap_or_else(|errors| panic!("{edition}: {}", errors[0])));
        compiled.collect()
    })
}

/// Meaning of a receipt, and `true` if final; `None` if the edition does not have this receipt or state.
fn said(pack: &Pack, receipt: &str, status: &str, info: &str) -> Option<(Meaning, bool)> {
    let receipt = pack.message(&format!("CEB{receipt}"))?;
    pack.said(receipt, status, info)
        .map(|said| (said.meaning, said.is_final))
}

/// Rows of a code table: code and Chinese text.
fn rows(table: &str) -> Vec<(String, String)> {
    let table: toml::Table = shipped().files[&format!("codes/{table}.toml")].parse().unwrap();
    let text = |row: &toml::Value, at: usize| row[at].as_str().unwrap().to_owned();
    let rows = table["codes"].as_array().unwrap().iter();
    rows.map(|row| (text(row, 0), text(row, 1))).collect()
}

/// The receipts that can bring an import code.
fn receipts_of(code: &str) -> &'static [&'static str] {
    match code.get(1..4).unwrap() {
        "101" => &IMPORT,
        "301" => &["312"],
        "401" => &["412"],
        "504" => &["512"],
        // Its text is about logistics messages in general, not only their states.
        "505" if code == "-505016" => &["512", "514"],
        "505" => &["514"],
        "621" => &["622"],
        "623" => &["624"],
        "625" => &["626"],
        "800" => &["712"],
        _ => panic!("{code} belongs to no receipt"),
    }
}

fn expected(code: &str) -> Meaning {
    let known = CODES.iter().chain(&MORE_CODES).find(|(known, _)| *known == code);
    known.map_or(Returned, |(_, meaning)| *meaning)
}

#[test]
fn every_import_code_is_judged_with_and_without_its_text() {
    let mut judged = BTreeSet::new();
    for (code, text) in rows("error-import") {
        // Printed with two meanings: it has its own test.
        let texts = if code == "-625022" {
            vec![""]
        } else {
            vec!["", text.as_str()]
        };
        for (pack, info) in editions()
            .iter()
            .flat_map(|pack| texts.iter().map(move |info| (pack, info)))
        {
            for receipt in receipts_of(&code) {
                let meaning = expected(&code);
                assert_eq!(
                    said(pack, receipt, &code, info),
                    Some((meaning, meaning == Returned)),
                    "{} CEB{receipt} {code} {info}",
                    pack.manifest.edition
                );
            }
        }
        judged.insert(code);
    }
    assert!(judged.len() > 155, "only {} codes", judged.len());
    let named = CODES.iter().chain(&MORE_CODES).map(|(code, _)| *code);
    let unknown: Vec<&str> = named.filter(|code| !judged.contains(*code)).collect();
    assert!(unknown.is_empty(), "in no code table: {unknown:?}");
}

#[test]
fn a_code_with_two_meanings_is_told_by_its_text() {
    for pack in editions() {
        let meaning = |info: &str| said(pack, "626", "-625022", info).unwrap().0;
        assert_eq!(meaning("退货申请单[R1]已经申报过，请勿重复申报"), Repeated);
        assert_eq!(meaning("退货申请单[R1]的申报状态不符合改单申报的条件"), Barred);
        assert_eq!(meaning("退货申请单[R1]"), Repeated);
        // The same sentence about an inventory is the same complaint, whatever its code.
        assert_eq!(
            said(pack, "622", "-621999", "清单[I1]的申报状态不符合改单申报的条件")
                .unwrap()
                .0,
            Barred
        );
    }
}

/// Meaning of the listed states of a receipt.
fn state(receipt: &str, status: &str) -> (Meaning, bool) {
    let inventory = ["604", "622"].contains(&receipt);
    // It is final for orders, payments and waybills; the others continue.
    let stored_by_120 = ["304", "312", "404", "412", "506", "508", "510", "512", "514", "608"];
    match status {
        "1" => (Held, false),
        "2" | "3" | "4" | "300" | "500" | "501" | "502" | "503" | "505" | "599" | "600" => (Waiting, false),
        "100" | "700" => (Returned, true),
        "120" if stored_by_120.contains(&receipt) => (Stored, true),
        "120" => (Waiting, false),
        "399" if inventory => (Waiting, false),
        "399" => (Stored, true),
        "800" | "899" => (Released, true),
        _ => panic!("no meaning is known of {status}"),
    }
}

#[test]
fn every_listed_state_is_judged() {
    let tables = shipped();
    let receipts = tables
        .files
        .keys()
        .filter_map(|path| path.strip_prefix("codes/status-")?.strip_suffix(".toml"));
    let mut judged = 0;
    for receipt in receipts {
        for (status, _) in rows(&format!("status-{receipt}")) {
            for pack in editions()
                .iter()
                .filter(|pack| pack.message(&format!("CEB{receipt}")).is_some())
            {
                let edition = pack.manifest.edition.as_str();
                // Inspections of exports exist since 2022-05.
                let known = edition == "2022-05" || (receipt, status.as_str()) != ("604", "500");
                let wanted = known.then(|| state(receipt, &status));
                assert_eq!(
                    said(pack, receipt, &status, ""),
                    wanted,
                    "{edition} CEB{receipt} {status}"
                );
                judged += 1;
            }
        }
    }
    assert!(judged > 380, "only {judged} states");
}

#[test]
fn states_that_no_edition_lists_stay_unknown() {
    for pack in editions() {
        for (receipt, status) in [
            ("622", "400"),
            ("622", "430"),
            ("622", "600"),
            ("626", "800"),
            ("312", "1"),
            ("900", "1"),
        ] {
            assert_eq!(said(pack, receipt, status, ""), None, "CEB{receipt} {status}");
        }
    }
}

#[test]
fn every_receipt_with_a_state_knows_returns_and_complaints() {
    for pack in editions() {
        assert!(pack.has_complaints());
        for (index, message, text) in pack.catalogue() {
            let path = format!("{}/returnStatus", pack.document_name(index).unwrap_or_default());
            if text.kind != "receipt" || pack.decl_by_path(index, &path).is_none() {
                assert!(text.outcomes.is_empty(), "{}", message.code);
                continue;
            }
            let said = |info: &str| {
                pack.said(index, "-999999", info)
                    .map(|said| (said.meaning, said.is_final))
            };
            assert_eq!(said("系统异常"), Some((Returned, true)), "{}", message.code);
            // It answers a message that could not be read, so its documents are unknown.
            if message.code != "CEB900" {
                assert_eq!(
                    said("已存在相同编号的单证"),
                    Some((Repeated, false)),
                    "{}",
                    message.code
                );
            }
        }
    }
}

#[test]
fn both_ends_of_every_export_range_are_judged_by_their_texts() {
    let receipts = |text: &str| -> &'static [&'static str] {
        match text {
            _ if text.starts_with("无效企业") => &EXPORT,
            _ if text.starts_with("订单") => &["304"],
            _ if text.starts_with("收款单") => &["404"],
            _ if text.starts_with("运单") => &["506"],
            _ if text.starts_with("物流运抵单") => &["508"],
            _ if text.starts_with("物流离境单") => &["510"],
            _ if text.starts_with("清单总分单") => &["608"],
            _ if text.starts_with("清单") => &["604"],
            _ if text.starts_with("撤销申请单") => &["606"],
            _ if text.starts_with("汇总申请单") => &["702"],
            _ => panic!("{text} belongs to no receipt"),
        }
    };
    let mut judged = 0;
    for (first, text) in rows("error-export") {
        let (_, range) = text.split_once('（').unwrap();
        let (from, to) = range.trim_end_matches('）').split_once(" 至 ").unwrap();
        assert_eq!(from, first);
        for (pack, code) in editions().iter().flat_map(|pack| [from, to].map(|code| (pack, code))) {
            for receipt in receipts(&text) {
                for (info, meaning) in [
                    ("", Returned),
                    (text.as_str(), Returned),
                    ("[订单]已存在相同编号的单证", Repeated),
                    ("清单[1]已经申报过，请勿重复申报", Repeated),
                    ("该订单已向海关申报清单，状态不符", Barred),
                    ("接收报文为旧报文数据，不做处理", Outdated),
                ] {
                    assert_eq!(
                        said(pack, receipt, code, info),
                        Some((meaning, meaning == Returned)),
                        "{code} {info}"
                    );
                    judged += 1;
                }
            }
        }
    }
    assert!(judged > 1500, "only {judged}");
}

/// Texts with words like those of complaints but another meaning: real returns.
const FALSE_FRIENDS: [&str; 14] = [
    "商品序号重复",
    "订单商品信息内有重复商品序号",
    "请确认表体gnum无重复！",
    "支付单号不存在",
    "订单信息查询不存在[SO-1]",
    "不存在已申报的清单[I1]，无法进行改单操作",
    "系统中不存在清单编号为[1]的清单！",
    "清单的状态不符合撤单申报要求(清单编号[1])！",
    "撤单状态[1]不符合删除条件",
    "申报清单[I1]发生错误，状态不是申报中",
    "退货申请单[R1]表体第[1]项的第二数量与第二单位不符合规则",
    "未找到操作的订单",
    "该清单尚未申报",
    "[Code:1322;Desc:订购人身份信息验证不通过]",
];

#[test]
fn texts_that_only_look_like_complaints_are_returns() {
    for pack in editions() {
        for receipt in IMPORT.iter().chain(&EXPORT) {
            for info in FALSE_FRIENDS {
                assert_eq!(
                    said(pack, receipt, "-999999", info),
                    Some((Returned, true)),
                    "CEB{receipt} {info}"
                );
            }
            // A return by customs itself is a return, whatever the text.
            assert_eq!(
                said(pack, receipt, "100", "已存在相同编号的订单"),
                Some((Returned, true))
            );
        }
    }
}

#[test]
fn requests_say_which_document_they_take_back_or_note() {
    for pack in editions() {
        let latest = pack.manifest.edition == "2022-05";
        let found: Vec<(&str, &str, Effect)> = pack
            .catalogue()
            .filter_map(|(index, message, _)| {
                let concern = pack.concern(index)?;
                assert_eq!(concern.by, ["invtNo"], "{}", message.code);
                Some((message.code.as_str(), concern.message.as_str(), concern.effect))
            })
            .collect();
        let mut wanted = vec![
            ("CEB605", "CEB603", Effect::Withdraws),
            ("CEB623", "CEB621", Effect::Withdraws),
            ("CEB625", "CEB621", Effect::Notes),
        ];
        if latest {
            wanted.splice(
                0..0,
                [("CEB213", "CEB603", Effect::Notes), ("CEB215", "CEB603", Effect::Notes)],
            );
        }
        assert_eq!(found, wanted, "{}", pack.manifest.edition);
    }
}

/// Splits a line of CSV into cells.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            c => cells.last_mut().unwrap().push(c),
        }
    }
    cells
}

#[test]
fn every_row_of_the_specification_is_judged() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/spec/receipts-and-errors.csv");
    let Ok(table) = std::fs::read_to_string(path) else {
        eprintln!("skipped: the specification is not beside the project");
        return;
    };
    let mut judged = 0;
    for line in table.lines().skip(1) {
        let row = cells(line);
        let [kind, edition, message, number, code, range, ..] = &row[..] else {
            panic!("{line}");
        };
        let pack = editions()
            .iter()
            .find(|pack| edition.ends_with(&pack.manifest.edition))
            .unwrap();
        let text = row[8].as_str();
        let answers: Vec<usize> = match (kind.as_str(), message.as_str(), number.as_str()) {
            // Answers from the exchange platform to envelopes, not to documents.
            (_, _, "7-1") => continue,
            ("returnStatus", receipt, _) => vec![pack.message(receipt).unwrap()],
            (_, "all import" | "all export", _) => {
                let receipts = if message == "all import" {
                    &IMPORT[..]
                } else {
                    &EXPORT[..]
                };
                receipts
                    .iter()
                    .filter_map(|receipt| pack.message(&format!("CEB{receipt}")))
                    .collect()
            }
            (_, requests, _) => {
                let receipt = |request: &str| pack.messages[pack.message(request).unwrap()].receipt.as_str();
                requests
                    .split('/')
                    .map(|request| pack.message(receipt(request)).unwrap())
                    .collect()
            }
        };
        assert!(!answers.is_empty(), "{line}");
        let statuses: Vec<&str> = match (code.as_str(), range.split_once("..")) {
            ("<0", _) => vec!["-1"],
            ("", Some((from, to))) => vec![from, to],
            (code, _) => vec![code],
        };
        for (answer, status) in answers
            .iter()
            .flat_map(|answer| statuses.iter().map(move |status| (*answer, *status)))
        {
            for info in ["", text] {
                assert!(pack.said(answer, status, info).is_some(), "{line}");
                judged += 1;
            }
        }
    }
    assert!(judged > 1000, "only {judged} answers");
}
