//! Verdict for verdict: the schema layer against xmllint.

use crate::cases::{Case, range};
use crate::defects::DEFECTS;
use crate::packs::schema_findings;
use crate::shrink::shrink;
use crate::xmllint::{self, Verdict, judge_bytes, schema, schemas};
use cebridge_message::{Document, Limits};
use cebridge_rule_core::schema_rules::SchemaRule;
use std::collections::BTreeMap;
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
    let document = Document::parse(bytes, &Limits::default()).map_err(|error| error.to_string())?;
    let findings = schema_findings(case.pack(), &document);
    let explain = |finding: &cebridge_runtime::RawFinding| {
        let rule = SchemaRule::from_index(finding.rule as usize).map_or("", SchemaRule::id);
        (rule, document.value(finding.node).to_owned())
    };
    Ok(findings.iter().map(explain).collect())
}

/// The verdicts differ, and no known defect of xmllint is the reason.
fn differs(case: &Case, bytes: &[u8], theirs: &Verdict) -> bool {
    let explained = |wanted: &dyn Fn(&crate::defects::Defect) -> bool| DEFECTS.iter().any(wanted);
    match ours(case, bytes) {
        Ok(found) if found.is_empty() => {
            !theirs.valid
                && !theirs
                    .errors
                    .iter()
                    .all(|error| explained(&|defect| (defect.complaint)(error)))
        }
        Ok(found) => {
            theirs.valid
                && !found
                    .iter()
                    .all(|(rule, value)| explained(&|defect| (defect.overlooks)(rule, value)))
        }
        Err(error) => theirs.valid && !explained(&|defect| (defect.overlooks)("XML-READ", &error)),
    }
}

#[derive(Default)]
struct Count {
    documents: u64,
    valid: u64,
    by_mutation: BTreeMap<&'static str, (u64, u64)>,
    different: Vec<Case>,
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
        let cases: Vec<Case> = (start..end).map(|seed| Case::new(seed, OFFICIAL, 80)).collect();
        let verdicts = xmllint::judge(&folder, &cases);
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
            if differs(&case, &case.bytes, &verdict) {
                count.different.push(case);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let count = count.into_inner().unwrap();
    println!(
        "{} documents: {} valid, {} invalid by xmllint; {} verdicts differ",
        count.documents,
        count.valid,
        count.documents - count.valid,
        count.different.len()
    );
    for (mutation, (all, valid)) in &count.by_mutation {
        println!("  {mutation}: {all}, {valid} of them valid");
    }
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
}

/// A difference in one line.
fn line(folder: &Path, case: &Case) -> String {
    let theirs = judge_bytes(&schema(folder, case), &case.bytes);
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
    let schema = schema(folder, case);
    let text = shrink(&case.text, &|text| {
        differs(case, text.as_bytes(), &judge_bytes(&schema, text.as_bytes()))
    });
    let theirs = judge_bytes(&schema, text.as_bytes());
    format!(
        "seed {} edition {} {} ({})\nours: {:?}\nxmllint: {:?}\n{text}\n",
        case.seed,
        case.pack().edition(),
        case.message,
        case.mutations.join(", "),
        ours(case, text.as_bytes()),
        theirs.errors.iter().map(|error| &error.text).collect::<Vec<_>>(),
    )
}
