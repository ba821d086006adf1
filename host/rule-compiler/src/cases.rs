//! Reads the edition's own cases: `cases/<name>.xml` and `<name>.expect` next to it.

use crate::near::{did_you_mean, nearest};
use crate::text::{Sources, Span};
use cebridge_rule_core::pack::{Case, RuleText, Severity};
use std::collections::BTreeMap;

/// Joins each message with its expected findings; `files` are all files of the folder.
pub(crate) fn read(files: &[usize], rules: &[RuleText], sources: &Sources<'_>) -> Vec<Case> {
    let by_path: BTreeMap<&str, usize> = files.iter().map(|file| (sources.path(*file), *file)).collect();
    let mut cases = Vec::new();
    for (path, file) in &by_path {
        if let Some(stem) = path.strip_suffix(".xml") {
            let expect = by_path.get(format!("{stem}.expect").as_str());
            let expect = expect.map(|expect| expected(*expect, rules, sources));
            let (expect, severities) = expect.unwrap_or_default().into_iter().unzip();
            cases.push(Case {
                name: stem.rsplit('/').next().unwrap_or(stem).to_owned(),
                xml: sources.text(*file).to_owned(),
                expect,
                severities,
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

/// Reads lines `RULE-ID path`, or `warning RULE-ID path`; `#` begins a comment line. Without a severity word, the
/// rule's own severity applies.
fn expected(file: usize, rules: &[RuleText], sources: &Sources<'_>) -> Vec<(String, Option<Severity>)> {
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
        let (stated, words) = match words[..] {
            [first, ref rest @ ..] if Severity::parse(first).is_some() => (Severity::parse(first), rest),
            ref all => (None, all),
        };
        match *words {
            [] => {}
            [first, ..] if first.starts_with('#') => {}
            [rule, path] => {
                let mut known = rules
                    .iter()
                    .filter(|known| known.id == rule)
                    .map(|known| known.severity);
                let first = known.next();
                if first.is_none() {
                    let hint = did_you_mean(&nearest(rule, rules.iter().map(|rule| rule.id.as_str())))
                        .unwrap_or_else(|| "each line names a rule of this edition and a path".to_owned());
                    let begin = at.start + stated.map_or(0, |_| line.find(rule).unwrap_or_default());
                    sources.error(
                        Span {
                            start: begin,
                            end: begin + rule.len(),
                            ..at
                        },
                        format!("there is no rule {rule}"),
                        hint,
                    );
                }
                // A rule about one document and one about two may share an id and have different severities.
                let alike = first.filter(|first| known.all(|severity| severity == *first));
                out.push((format!("{rule} {path}"), stated.or(alike)));
            }
            _ => sources.error(
                at,
                "a line has a rule id and a path",
                "write CEB311-R03 Order/OrderHead/acturalPaid",
            ),
        }
    }
    out.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    out
}
