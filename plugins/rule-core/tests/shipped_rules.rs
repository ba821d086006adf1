//! Every edition of the rules folder compiles.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(feature = "source")]

mod common;

use cebridge_rule_core::source;
use common::shipped;

#[test]
fn every_edition_compiles_to_the_same_pack_each_time() {
    let set = shipped();
    assert!(!set.editions().is_empty());
    for edition in set.editions() {
        let pack = source::compile(&set, edition).unwrap_or_else(|errors| {
            let list: Vec<String> = errors.iter().map(ToString::to_string).collect();
            panic!("{edition} has {} errors:\n{}", list.len(), list.join("\n"));
        });
        let again = source::compile(&set, edition).unwrap();
        assert_eq!(pack.to_bytes().unwrap(), again.to_bytes().unwrap(), "{edition}");
        assert_eq!(pack.manifest.edition, edition);
    }
}

#[test]
fn every_change_is_cited() {
    let set = shipped();
    for edition in set.editions() {
        for change in source::changes(&set, edition).unwrap() {
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
        let program = source::compile(&set, edition).unwrap().program;
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
