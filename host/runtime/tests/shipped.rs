//! The shipped rules: every edition compiles, bakes and loads, its cases pass, and both twins agree on them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/native.rs"]
mod native;
mod support;

use cebridge_findings::pair_of;
use cebridge_message::{Document, Limits};
use cebridge_rule_compiler::compile;
use cebridge_rule_core::program::Op;
use cebridge_runtime::{
    LoadedPack, PackClass, PolicyKey, PolicyQuery, shipped_mapper, shipped_mappers, shipped_sources,
};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;
use support::{baker, sandbox};

/// Every shipped edition, loaded.
fn packs() -> &'static [LoadedPack] {
    static PACKS: OnceLock<Vec<LoadedPack>> = OnceLock::new();
    PACKS.get_or_init(|| {
        let sources = shipped_sources();
        let editions: BTreeSet<_> = sources
            .files
            .keys()
            .filter_map(|path| path.strip_prefix("editions/")?.split('/').next())
            .collect();
        assert!(!editions.is_empty());
        let load = |edition| {
            let pack = compile(&sources, edition).unwrap_or_else(|errors| panic!("{}", errors[0]));
            LoadedPack::load(baker(), &baker().bake(&pack).expect("a pack")).expect("a pack")
        };
        editions.into_iter().map(load).collect()
    })
}

#[test]
fn every_edition_is_a_data_only_pack() {
    for pack in packs() {
        assert_eq!(pack.class(), PackClass::DataOnly, "{}", pack.rules().name());
    }
}

#[test]
fn every_case_gives_the_findings_that_it_expects() {
    let mut wrong = Vec::new();
    for pack in packs() {
        assert!(!pack.rules().pack().cases.is_empty(), "{}", pack.rules().name());
        for case in &pack.rules().pack().cases {
            let document = support::document(&case.xml);
            let mut found: Vec<_> = pack
                .judge_case(&document)
                .expect("findings")
                .into_iter()
                .map(|finding| format!("{} {}", finding.rule, finding.path))
                .collect();
            found.sort();
            let mut expected = case.expect.clone();
            expected.sort();
            if found != expected {
                wrong.push(format!(
                    "{} {}\n  found {found:#?}\n  expected {expected:#?}",
                    pack.rules().name(),
                    case.name
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A rule about many values breaks at the element that holds them, but users look for the value.
#[test]
fn findings_about_many_values_name_the_value_and_both_places() {
    let mut rules = BTreeSet::new();
    for pack in packs() {
        let program = &pack.rules().pack().program;
        for case in &pack.rules().pack().cases {
            let document = support::document(&case.xml);
            if pair_of(&document).is_some() {
                continue;
            }
            for raw in pack.rules().judge_native(&document).expect("findings") {
                let check = program.rules.get(raw.rule as usize).map(|rule| &rule.check[..]);
                let Some([op @ (Op::Unique(_) | Op::Sequence(_))]) = check else {
                    continue;
                };
                let finding = pack.rules().explain(&document, &raw);
                let told = format!("{} {}: {finding:?}", pack.rules().name(), case.name);
                let node = document.find(0, &finding.path).expect(&told);
                assert_ne!(node, raw.node, "{told}");
                let (value, position) = (document.value(node), document.position(node));
                assert_eq!(finding.value.as_deref(), Some(value), "{told}");
                assert_eq!(finding.field.as_deref(), Some(document.local(node)), "{told}");
                assert_eq!(
                    (finding.line, finding.column),
                    (position.line, position.column),
                    "{told}"
                );
                let en = match op {
                    Op::Sequence(_) => format!("has {} {value}; expected ", document.local(node)),
                    _ => format!("have the {} {value}.", document.local(node)),
                };
                assert!(finding.message.contains(&en), "{told}");
                assert!(
                    finding.message_zh.contains(value) && finding.message_zh.contains('第'),
                    "{told}"
                );
                rules.insert(finding.rule);
            }
        }
    }
    for rule in [
        "CEB-C04",
        "CEB311-R02",
        "CEB411-R01",
        "CEB511-R01",
        "CEB621-R24",
        "CEB311-R15",
        "CEB816-R01",
    ] {
        assert!(rules.contains(rule), "no case breaks {rule}: {rules:?}");
    }
}

/// Deletes, repeats and alters parts of each case in turn; both twins must always agree.
#[test]
fn sandbox_and_native_twin_agree_on_damaged_cases() {
    let mut judged = 0_u32;
    for pack in packs() {
        for case in &pack.rules().pack().cases {
            for xml in damaged(&case.xml) {
                let Ok(document) = Document::parse(xml.as_bytes(), &Limits::MESSAGE) else {
                    continue;
                };
                let sandboxed = pack.judge(&document).expect("findings");
                assert_eq!(
                    sandboxed,
                    pack.rules().judge_native(&document).expect("findings"),
                    "{}:\n{xml}",
                    case.name
                );
                for finding in pack.rules().explain_all(&document, &sandboxed) {
                    assert!(
                        !finding.message.is_empty() && !finding.message_zh.is_empty(),
                        "{finding:?}"
                    );
                }
                judged += 1;
            }
        }
    }
    assert!(judged > 0);
}

/// Variants of a message, each damaged at a different place.
fn damaged(xml: &str) -> Vec<String> {
    let starts: Vec<_> = xml
        .match_indices('<')
        .map(|(at, _)| at)
        .filter(|at| !xml[at + 1..].starts_with(['/', '?', '!']))
        .collect();
    let mut out = Vec::new();
    // About a dozen places spread over the message.
    for at in starts.iter().copied().step_by(starts.len() / 12 + 1) {
        let Some(name) = xml[at + 1..].split([' ', '>', '/', '\n']).next() else {
            continue;
        };
        let close = format!("</{name}>");
        let Some(end) = xml[at..].find(&close).map(|end| at + end + close.len()) else {
            continue;
        };
        let (before, element, after) = (&xml[..at], &xml[at..end], &xml[end..]);
        out.push(format!("{before}{after}"));
        out.push(format!("{before}{element}{element}{after}"));
        out.push(format!("{before}{}{after}", element.replace(name, &format!("{name}x"))));
        if let Some((open, _)) = element
            .split_once('>')
            .filter(|(_, rest)| !rest.trim_end_matches(&close).contains('<'))
        {
            for value in [
                "",
                "0",
                "-1.5",
                "99999999999999999999.123456",
                "中文&amp;",
                "20240230",
                "A B",
            ] {
                out.push(format!("{before}{open}>{value}{close}{after}"));
            }
        }
    }
    out
}

/// Judges official samples if present: both twins agree and no message is unknown.
#[test]
fn twins_agree_on_official_samples() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/spec/samples");
    let Ok(editions) = std::fs::read_dir(&folder) else {
        println!("skipped: no samples here");
        return;
    };
    let files = editions
        .flatten()
        .filter_map(|edition| std::fs::read_dir(edition.path()).ok());
    for file in files
        .flatten()
        .flatten()
        .filter(|file| file.path().extension().is_some_and(|kind| kind == "xml"))
    {
        let bytes = std::fs::read(file.path()).expect("a sample");
        let Ok(document) = Document::parse(&bytes, &Limits::MESSAGE) else {
            continue;
        };
        for pack in packs() {
            let sandboxed = pack.judge(&document).expect("findings");
            assert_eq!(
                sandboxed,
                pack.rules().judge_native(&document).expect("findings"),
                "{:?}",
                file.path()
            );
        }
    }
}

#[test]
fn shipped_mappers_load_and_say_who_they_are() {
    for (name, wasm) in shipped_mappers() {
        let mapper = cebridge_runtime::MapperPlugin::load(sandbox(), wasm).expect("a mapper");
        assert_eq!(shipped_mapper(name), Some(*wasm));
        assert!(
            !mapper.describe().name.is_empty() && !mapper.describe().messages.is_empty(),
            "{mapper:?}"
        );
    }
    assert_eq!(shipped_mapper("nobody's"), None);
}

#[test]
fn both_twins_answer_every_question_about_signatures_alike() {
    let days = [
        "2018-06-29",
        "2018-09-14",
        "2018-09-30",
        "2018-10-01",
        "2022-07-01",
        "2026-01-01",
    ];
    let certificates = [
        ("", ""),
        ("2018-01-01", "2022-06-30"),
        ("2022-06-30", "2025-06-30"),
        ("2022-07-01", ""),
    ];
    let choices: [&[(&str, &str)]; 3] = [
        &[],
        &[("transition-reading", "english-text")],
        &[("transition-reading", "none"), ("variant", "sm2-sm3-w3c-sha1")],
    ];
    let mut asked = 0;
    for pack in packs() {
        let codes = pack
            .rules()
            .pack()
            .program
            .messages
            .iter()
            .map(|message| message.code.as_str());
        for (number, message) in codes.chain(["CEB000"]).enumerate() {
            for (at, declares) in days.iter().zip([true, true, false].into_iter().cycle()) {
                for (from, until) in certificates {
                    let key = [PolicyKey::Unknown, PolicyKey::Rsa, PolicyKey::Sm2, PolicyKey::Other][asked % 4];
                    let query = PolicyQuery {
                        message: message.to_owned(),
                        at: (*at).to_owned(),
                        declares,
                        certificate_from: from.to_owned(),
                        certificate_until: until.to_owned(),
                        key,
                        port: "5165".to_owned(),
                        choices: choices[number % 3]
                            .iter()
                            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                            .collect(),
                    };
                    let sandboxed = pack.signature_policy(&query).expect("an answer");
                    let native = native::decide(pack.rules().pack(), &query);
                    assert_eq!(format!("{sandboxed:?}"), format!("{native:?}"), "{query:?}");
                    asked += 1;
                }
            }
        }
    }
    assert!(asked > 1000, "only {asked} questions were asked");
}
