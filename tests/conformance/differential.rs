//! Verdict for verdict: the schema layer against xmllint.

use crate::cases::{Case, range};
use crate::defects::{explain_complaint, explain_silence};
use crate::packs::schema_findings;
use crate::places::{Relation, relation};
use crate::shrink::shrink;
use crate::xmllint::{self, Error, Verdict, judge_bytes, schemas};
use cebridge_message::{Document, Limits};
use cebridge_rule_core::evaluate::RawFinding;
use cebridge_rule_core::schema_rules::SchemaRule;
use cebridge_test_generate::{Form, MUTATIONS};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Messages that are handed to xmllint together.
const BATCH: u64 = 400;
/// Differences that are listed when the test fails.
const SHOWN: usize = 100;
/// Editions with official schemas; there is none of 2018-56.
const OFFICIAL: std::ops::Range<usize> = 1..3;

/// What we say: the findings of the schema layer as rule and value, or why it is no XML.
pub(crate) fn ours(case: &Case, bytes: &[u8]) -> Result<Vec<(&'static str, String)>, String> {
    let document = Document::parse(bytes, &Limits::MESSAGE).map_err(|error| error.to_string())?;
    let findings = schema_findings(case.pack(), &document);
    let explain = |finding: &RawFinding| {
        let rule = SchemaRule::from_index(finding.rule as usize).map_or("", SchemaRule::id);
        (rule, document.value(finding.node).to_owned())
    };
    Ok(findings.iter().map(explain).collect())
}

/// How our verdict compares with that of xmllint.
enum Comparison {
    Same,
    /// It differs, for these reasons of the tables.
    Explained(Vec<&'static str>),
    Different,
}

fn compare(case: &Case, text: &str, bytes: &[u8], theirs: &Verdict) -> Comparison {
    let ours = ours(case, bytes);
    let reasons: Option<Vec<_>> = match &ours {
        Ok(found) if found.is_empty() && !theirs.valid => theirs
            .errors
            .iter()
            .map(|error| explain_complaint(error, text))
            .collect(),
        Ok(found) if !found.is_empty() && theirs.valid => {
            found.iter().map(|(rule, value)| explain_silence(rule, value)).collect()
        }
        Err(error) if theirs.valid => explain_silence("XML-READ", error).map(|reason| vec![reason]),
        _ => return Comparison::Same,
    };
    match reasons {
        Some(reasons) if !reasons.is_empty() => Comparison::Explained(reasons),
        _ => Comparison::Different,
    }
}

#[derive(Default)]
struct Count {
    documents: u64,
    valid: u64,
    by_mutation: BTreeMap<&'static str, (u64, u64)>,
    different: Vec<Case>,
    by_reason: BTreeMap<&'static str, u64>,
    by_relation: BTreeMap<Relation, u64>,
    misplaced: Vec<(Case, String)>,
}

/// The first error of xmllint that is none of its defects, when places can be compared: one element a line.
fn first_error<'v>(case: &Case, theirs: &'v Verdict) -> Option<&'v Error> {
    let is_right = |error: &&Error| explain_complaint(error, &case.text).is_none();
    theirs.errors.iter().find(is_right).filter(|_| case.form == Form::Lines)
}

#[test]
fn verdicts_are_those_of_xmllint() {
    let Some(folder) = schemas() else { return };
    let seeds = range(6000);
    let next = AtomicU64::new(seeds.start);
    let count = Mutex::new(Count::default());
    let work = || loop {
        let start = next.fetch_add(BATCH, Ordering::Relaxed);
        if start >= seeds.end {
            return;
        }
        let end = (start + BATCH).min(seeds.end);
        let cases: Vec<Case> = (start..end).map(|seed| Case::new(seed, &OFFICIAL, 80)).collect();
        let messages: Vec<_> = cases.iter().map(|case| (case.schema(&folder), &*case.bytes)).collect();
        let verdicts = xmllint::judge(&messages);
        drop(messages);
        let mut count = count.lock().unwrap();
        for (case, verdict) in cases.into_iter().zip(verdicts) {
            count.documents += 1;
            count.valid += u64::from(verdict.valid);
            for mutation in if case.mutations.is_empty() {
                &["none"]
            } else {
                &case.mutations[..]
            } {
                let (all, valid) = count.by_mutation.entry(mutation).or_default();
                *all += 1;
                *valid += u64::from(verdict.valid);
            }
            match compare(&case, &case.text, &case.bytes, &verdict) {
                Comparison::Same => {}
                Comparison::Explained(mut reasons) => {
                    reasons.sort_unstable();
                    reasons.dedup();
                    for reason in reasons {
                        *count.by_reason.entry(reason).or_default() += 1;
                    }
                }
                Comparison::Different => {
                    count.different.push(case);
                    continue;
                }
            }
            let Some(error) = first_error(&case, &verdict) else {
                continue;
            };
            let Some(relation) = relation(&case, error) else {
                continue;
            };
            *count.by_relation.entry(relation).or_default() += 1;
            if relation == Relation::Nowhere {
                count.misplaced.push((case, format!("{}: {}", error.line, error.text)));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let count = count.into_inner().unwrap();
    // Past the capture of the test harness: these numbers are worth seeing when all is well, too.
    let _ = writeln!(
        std::io::stderr(),
        "{} documents: {} valid, {} invalid by xmllint; {} verdicts differ; {} findings at other places",
        count.documents,
        count.valid,
        count.documents - count.valid,
        count.different.len(),
        count.misplaced.len()
    );
    for (mutation, (all, valid)) in &count.by_mutation {
        println!("  {mutation}: {all}, {valid} of them valid");
    }
    for (reason, documents) in &count.by_reason {
        println!("  {documents} verdicts differ for a reason: {reason}");
    }
    println!(
        "  places of our findings beside those of xmllint: {:?}",
        count.by_relation
    );
    let listed: Vec<String> = count
        .different
        .iter()
        .take(SHOWN)
        .map(|case| line(&folder, case))
        .collect();
    let shrunk: Vec<String> = count
        .different
        .iter()
        .take(2)
        .map(|case| report(&folder, case))
        .collect();
    assert!(
        count.different.is_empty(),
        "{} verdicts differ:\n{}\nthe first ones, shrunk:\n{}",
        count.different.len(),
        listed.join("\n"),
        shrunk.join("\n")
    );
    let misplaced: Vec<String> = count
        .misplaced
        .iter()
        .take(SHOWN)
        .map(|(case, error)| misplaced(case, error))
        .collect();
    assert!(
        misplaced.is_empty(),
        "{} errors of xmllint have no finding of ours near:\n{}",
        count.misplaced.len(),
        misplaced.join("\n")
    );
    // Nothing is proved when generation or breaking comes to nothing.
    if count.documents >= 3000 {
        let idle: Vec<_> = MUTATIONS
            .iter()
            .filter(|it| !count.by_mutation.contains_key(it.name))
            .collect();
        assert!(
            idle.is_empty(),
            "never done: {:?}",
            idle.iter().map(|it| it.name).collect::<Vec<_>>()
        );
        let (all, valid) = count.by_mutation["none"];
        assert!(
            valid * 100 >= all * 95 && count.valid * 4 >= count.documents,
            "{valid} of {all}"
        );
    }
}

/// An error of xmllint without a finding of ours, with the message.
fn misplaced(case: &Case, error: &str) -> String {
    let text = String::from_utf8_lossy(&case.bytes);
    format!(
        "seed {} {} {}: ours {:?}; xmllint {error}\n{text}",
        case.seed,
        case.message,
        case.mutations.join(", "),
        places(case)
    )
}

/// Our findings with their lines and elements.
fn places(case: &Case) -> Vec<String> {
    let Ok(document) = Document::parse(&case.bytes, &Limits::MESSAGE) else {
        return Vec::new();
    };
    let place = |finding: &RawFinding| {
        let rule = SchemaRule::from_index(finding.rule as usize).map_or("", SchemaRule::id);
        let line = document.position(finding.node).line;
        format!("{line} {} {rule}", document.path(finding.node))
    };
    schema_findings(case.pack(), &document).iter().map(place).collect()
}

/// A difference in one line.
fn line(folder: &Path, case: &Case) -> String {
    let theirs = judge_bytes(&case.schema(folder), &case.bytes);
    let errors: Vec<_> = theirs.errors.iter().map(|error| &error.text).collect();
    format!(
        "seed {} {} {}: ours {:?}; xmllint {errors:?}",
        case.seed,
        case.message,
        case.mutations.join(", "),
        ours(case, &case.bytes)
    )
}

/// The smallest message that shows the same difference.
fn report(folder: &Path, case: &Case) -> String {
    let schema = case.schema(folder);
    let text = shrink(&case.text, &|text| {
        let theirs = judge_bytes(&schema, text.as_bytes());
        matches!(compare(case, text, text.as_bytes(), &theirs), Comparison::Different)
    });
    let theirs = judge_bytes(&schema, text.as_bytes());
    format!(
        "seed {} edition {} {} ({})\nours: {:?}\nxmllint: {:?}\n{text}\n",
        case.seed,
        case.pack().rules().edition(),
        case.message,
        case.mutations.join(", "),
        ours(case, text.as_bytes()),
        theirs.errors.iter().map(|error| &error.text).collect::<Vec<_>>(),
    )
}
