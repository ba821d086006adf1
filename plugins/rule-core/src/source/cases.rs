//! The edition's own cases: `cases/<name>.xml` with `<name>.expect` beside it.

use super::text::{Sources, Span};
use crate::expr::near::{did_you_mean, nearest};
use crate::pack::{Case, RuleText};
use std::collections::BTreeMap;

/// Joins each message with the findings it must give; `files` are all files of the folder.
pub(super) fn read(files: &[usize], rules: &[RuleText], sources: &Sources<'_>) -> Vec<Case> {
    let by_path: BTreeMap<&str, usize> = files.iter().map(|file| (sources.path(*file), *file)).collect();
    let mut cases = Vec::new();
    for (path, file) in &by_path {
        if let Some(stem) = path.strip_suffix(".xml") {
            let expect = by_path.get(format!("{stem}.expect").as_str());
            cases.push(Case {
                name: stem.rsplit('/').next().unwrap_or(stem).to_owned(),
                xml: sources.text(*file).to_owned(),
                expect: expect
                    .map(|expect| expected(*expect, rules, sources))
                    .unwrap_or_default(),
            });
        } else if let Some(stem) = path.strip_suffix(".expect") {
            if !by_path.contains_key(format!("{stem}.xml").as_str()) {
                sources.error(
                    sources.whole(*file),
                    "these findings belong to no message",
                    format!("add {stem}.xml, or remove this file"),
                );
            }
        } else {
            sources.error(
                sources.whole(*file),
                "a case is a pair of files .xml and .expect",
                "move the file elsewhere",
            );
        }
    }
    cases
}

/// Lines `RULE-ID path`; `#` begins a comment line.
fn expected(file: usize, rules: &[RuleText], sources: &Sources<'_>) -> Vec<String> {
    let mut out = Vec::new();
    let mut start = 0;
    for line in sources.text(file).split_inclusive('\n') {
        let at = Span {
            file,
            start,
            end: start + line.trim_end().len(),
        };
        start += line.len();
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            [] => {}
            [first, ..] if first.starts_with('#') => {}
            [rule, path] => {
                if !rules.iter().any(|known| known.id == rule) {
                    let hint = did_you_mean(&nearest(rule, rules.iter().map(|rule| rule.id.as_str())))
                        .unwrap_or_else(|| "each line names a rule of this edition and a path".to_owned());
                    sources.error(
                        Span {
                            end: at.start + rule.len(),
                            ..at
                        },
                        format!("there is no rule {rule}"),
                        hint,
                    );
                }
                out.push(format!("{rule} {path}"));
            }
            _ => sources.error(
                at,
                "a line has a rule id and a path",
                "write CEB311-R03 Order/OrderHead/acturalPaid",
            ),
        }
    }
    out.sort_unstable();
    out
}
