//! Every edition of the rules folder compiles.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use cebridge_rule_compiler::{changes, compile};
use cebridge_rule_core::roles::{FieldRoles, Transfer};
use common::shipped;

#[test]
fn every_edition_compiles_to_the_same_pack_each_time() {
    let set = shipped();
    assert!(!set.editions().is_empty());
    for edition in set.editions() {
        let pack = compile(&set, edition).unwrap_or_else(|errors| {
            let list: Vec<String> = errors.iter().map(ToString::to_string).collect();
            panic!("{edition} has {} errors:\n{}", list.len(), list.join("\n"));
        });
        let again = compile(&set, edition).unwrap();
        assert_eq!(pack.to_bytes().unwrap(), again.to_bytes().unwrap(), "{edition}");
        assert_eq!(pack.manifest.edition, edition);
    }
}

/// The standard's roles are the default of packs that state none; and the rule source names them, too.
#[test]
fn the_base_edition_states_the_roles_of_the_standard() {
    let set = shipped();
    let source: toml::Table = set.files["editions/2018-56/edition.toml"].parse().unwrap();
    let keys = |table: &str| -> Vec<&str> { source[table].as_table().unwrap().keys().map(String::as_str).collect() };
    let wanted = cebridge_rule_compiler::keys();
    for table in ["roles", "transfer"] {
        let place = format!("edition.schema.json#{table}");
        let (_, wanted) = wanted.iter().find(|(known, _)| *known == place).unwrap();
        let (mut stated, mut wanted) = (keys(table), wanted.clone());
        stated.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(stated, wanted, "[{table}]");
    }
    for edition in set.editions() {
        let pack = compile(&set, edition).unwrap();
        assert_eq!(pack.fields, FieldRoles::standard(), "{edition}");
        assert_eq!(pack.transfer, Transfer::standard(), "{edition}");
    }
    // Each message with error codes, and the one that refuses messages, says so in its own file.
    for range in FieldRoles::standard().errors {
        let text = &set.files[&format!("editions/2018-56/{}.toml", range.message)];
        let written = format!("\"-{}..-{}\"", range.first, range.last);
        assert!(text.contains(&written), "{} does not state {written}", range.message);
    }
    for refusal in FieldRoles::standard().refusals {
        let text = &set.files[&format!("editions/2018-56/{}.toml", refusal.message)];
        let written = format!("refuses-message = \"{}\"", refusal.by);
        assert!(text.contains(&written), "{} does not state {written}", refusal.message);
    }
}

#[test]
fn every_change_is_cited() {
    let set = shipped();
    for edition in set.editions() {
        for change in changes(&set, edition).unwrap() {
            assert!(
                !change.cite.is_empty() && !change.what.is_empty(),
                "{edition}: {change:?}"
            );
        }
    }
}

#[test]
fn messages_share_the_types_of_their_blocks() {
    let set = shipped();
    for edition in set.editions() {
        let program = compile(&set, edition).unwrap().program;
        let type_of = |code: &str, path: &str| {
            let decl = program.decl_by_path(program.message(code)?, path)?;
            Some(program.decl(decl)?.ty)
        };
        for block in ["BaseTransfer", "Signature"] {
            assert!(type_of("CEB311", block).is_some());
            assert_eq!(type_of("CEB311", block), type_of("CEB621", block), "{edition}: {block}");
        }
    }
}

/// Rules of the specification about two documents, or about values that must be unique, that need no pair, each with
/// its substitute.
const KEPT_OTHERWISE: [(&str, &str); 5] = [
    (
        "CEB-C04",
        "a rule of each message; the host gives every document a guid of its own",
    ),
    ("CEB625-R10", "only customs has the parameter and record databases"),
    ("DXP-R04", "the ledger gives no CopMsgId twice"),
    (
        "DXP-R09",
        "the engine names the message in the envelope after the one that it wraps",
    ),
    ("DXP-R10", "dxpId and SenderId are one setting"),
];

#[test]
fn every_rule_about_two_documents_is_in_a_pair_or_kept_otherwise() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/spec/business-rules.csv");
    let Ok(table) = std::fs::read_to_string(path) else {
        eprintln!("skipped: the specification is not beside the project");
        return;
    };
    let set = shipped();
    let covered = |edition: &str| -> std::collections::BTreeSet<String> {
        let pack = compile(&set, edition).unwrap();
        let of_pairs = pack.pairs.iter().flat_map(|pair| {
            let message = pack.message(&pair.code).unwrap();
            pack.program.messages[message].rules.iter().map(|rule| u32::from(*rule))
        });
        let rules = of_pairs.chain(pack.uniques.iter().map(|unique| unique.rule));
        rules.map(|rule| pack.rules[rule as usize].id.clone()).collect()
    };
    let (old, new) = (covered("2018-113"), covered("2022-05"));
    let mut seen = 0;
    for line in table.lines() {
        let mut cells = line.split(',');
        let (Some(id), Some(edition), Some("crossdoc" | "unique")) = (cells.next(), cells.next(), cells.next()) else {
            continue;
        };
        seen += 1;
        if KEPT_OTHERWISE.iter().all(|(known, _)| *known != id) {
            // A rule that needs a second check has a word appended to its id.
            let states = |rules: &std::collections::BTreeSet<String>| {
                let more = |known: &String| known.strip_prefix(id).is_some_and(|rest| rest.starts_with('-'));
                rules.iter().any(|known| known == id || more(known))
            };
            assert!(states(&new), "{id} is in no pair of 2022-05");
            assert!(edition != "both" || states(&old), "{id} is in no pair of 2018-113");
        }
    }
    assert!(seen > 30, "only {seen} rules were looked at");
}

#[test]
fn a_pair_is_compared_by_rules_of_its_own_only() {
    let set = shipped();
    for edition in set.editions() {
        let pack = compile(&set, edition).unwrap();
        for pair in &pack.pairs {
            let message = &pack.program.messages[pack.message(&pair.code).unwrap()];
            assert!(!message.rules.is_empty(), "{edition}: {} has no rules", pair.code);
            for rule in &message.rules {
                let text = &pack.rules[usize::from(*rule)];
                assert!(
                    text.source.contains("/pairs.toml:"),
                    "{edition}: {} is no rule of a pair",
                    text.id
                );
                assert!(
                    !text.zh.is_empty() && !text.en.is_empty() && !text.clause.is_empty(),
                    "{}",
                    text.id
                );
            }
        }
    }
}

#[test]
fn every_edition_knows_what_customs_answers_to_the_wrong_enterprise() {
    let set = shipped();
    let errors = &set.files["codes/error-import.toml"];
    for edition in set.editions() {
        let pack = compile(&set, edition).unwrap();
        let messages: Vec<&str> = pack.access.iter().map(|codes| codes.message.as_str()).collect();
        assert_eq!(messages, ["CEB621", "CEB623", "CEB625"], "{edition}");
        for codes in &pack.access {
            for code in [&codes.code_mismatch, &codes.no_right, &codes.certificate] {
                assert!(
                    errors.contains(&format!("[\"{code}\",")),
                    "{edition}: {code} of {} is no error code of customs",
                    codes.message
                );
            }
            assert!(codes.clause.contains(&codes.code_mismatch), "{}", codes.clause);
        }
    }
}
