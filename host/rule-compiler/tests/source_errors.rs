//! Mistakes in rule source and the compiler's errors for them.
//!
//! Each folder of `tests/source/invalid` is laid over the valid rules of `tests/source/valid`; the errors must match
//! `expected.txt`. `BLESS=1 cargo test -p cebridge-rule-compiler` rewrites that file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use cebridge_rule_compiler::compile;
use common::{load, valid};
use std::fmt::Write as _;
use std::path::Path;

#[test]
fn every_mistake_is_explained() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/source/invalid");
    let mut cases: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    assert!(cases.len() >= 20);
    let mut wrong = String::new();
    for case in cases {
        let overlay = load(&case);
        let expected = overlay.files.get("expected.txt").cloned().unwrap_or_default();
        let mut set = valid();
        set.files
            .extend(overlay.files.into_iter().filter(|(path, _)| path != "expected.txt"));
        let next = std::fs::exists(case.join("editions/next")).unwrap();
        let edition = if next { "next" } else { "base" };
        let errors = compile(&set, edition).expect_err(&case.display().to_string());
        let mut found = String::new();
        for error in &errors {
            writeln!(found, "{error}\n").unwrap();
        }
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(case.join("expected.txt"), &found).unwrap();
        } else if found != expected {
            writeln!(wrong, "--- {}\nexpected:\n{expected}\nfound:\n{found}", case.display()).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn an_unknown_edition_is_named() {
    let errors = compile(&valid(), "nxt").unwrap_err();
    assert_eq!(
        errors[0].to_string(),
        "editions/nxt/edition.toml:1:1: there is no edition nxt\n  hint: did you mean `next`?"
    );
}
