//! A pack's own cases, run before it is put into force and by its authors.

use crate::error::EngineError;
use crate::host_rules::UNREADABLE;
use cebridge_message::{Document, Limits};
use cebridge_rule_compiler::Grade;
use cebridge_runtime::{LoadedPack, PairError};
use std::time::{Duration, Instant};

/// Time limit for all cases of a pack. The shipped ones have about 250 and need a fiftieth of a second.
const PATIENCE: Duration = Duration::from_secs(60);

/// A pack's own case and its result.
#[derive(Debug, Clone)]
pub struct CaseResult {
    /// Name of the case.
    pub name: String,
    /// Findings that were expected but did not occur.
    pub missing: Vec<String>,
    /// Findings that occurred but were not expected.
    pub unexpected: Vec<String>,
}

impl CaseResult {
    /// Returns `true` if the findings are exactly the expected ones.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty()
    }
}

/// Runs a pack's own cases: each is judged, and its findings are compared with the expected `rule path` lines.
///
/// # Errors
/// A pack that fails while judging, or whose cases take longer than a minute.
pub fn run_cases(pack: &LoadedPack) -> Result<Vec<CaseResult>, EngineError> {
    let mut results = Vec::new();
    let start = Instant::now();
    for case in &pack.rules().pack().cases {
        if start.elapsed() > PATIENCE {
            return Err(EngineError::Cases {
                pack: pack.rules().name().to_owned(),
                seconds: PATIENCE.as_secs(),
            });
        }
        let unreadable = |error: &dyn std::fmt::Display| vec![(format!("{UNREADABLE} {error}"), Grade::Error)];
        let mut found = match Document::parse(case.xml.as_bytes(), &Limits::MESSAGE) {
            Err(error) => unreadable(&error),
            Ok(document) => match pack.judge_case(&document) {
                Ok(found) => found
                    .into_iter()
                    .map(|finding| {
                        (
                            format!("{} {}", finding.rule, finding.path),
                            finding.regraded_from.unwrap_or(finding.severity),
                        )
                    })
                    .collect(),
                Err(PairError::Fault(fault)) => return Err(fault.into()),
                Err(error) => unreadable(&error),
            },
        };
        let mut missing = Vec::new();
        let mut other_severity = Vec::new();
        let mut severities = case.severities.iter();
        for line in &case.expect {
            let severity = severities.next().copied().flatten().map(Grade::from);
            let as_expected = |found: &Grade| severity.is_none_or(|severity| severity == *found);
            let same_line = |(other, _): &(String, Grade)| other == line;
            let at = found
                .iter()
                .position(|one| same_line(one) && as_expected(&one.1))
                .or_else(|| found.iter().position(same_line));
            let Some(at) = at else {
                missing.push(line.clone());
                continue;
            };
            let (_, as_found) = found.remove(at);
            if let Some(severity) = severity.filter(|_| !as_expected(&as_found)) {
                missing.push(format!("{line} as {}", severity.name()));
                other_severity.push(format!("{line} as {}", as_found.name()));
            }
        }
        other_severity.extend(found.into_iter().map(|(line, _)| line));
        results.push(CaseResult {
            name: case.name.clone(),
            missing,
            unexpected: other_severity,
        });
    }
    Ok(results)
}
