//! ERP records in input order, each accepted or refused as a whole, a few hundred at a time.

use crate::map::{Mapped, Problem};
use crate::outgoing::OutgoingDocument;
use std::collections::HashMap;

/// Number of records per transaction: enough for full messages, and little to redo after a crash. Arbitrary.
const STEP: usize = 500;

/// An ERP record with everything made from it.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// Its documents.
    pub(super) documents: Vec<OutgoingDocument>,
    /// Its mapping problems.
    pub(super) problems: Vec<Problem>,
}

/// Records that go into one transaction.
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// The records.
    pub(super) records: Vec<Record>,
    /// Each input it touches: position, first record after this step, and whether that is the end.
    pub(super) reaches: Vec<(usize, usize, bool)>,
}

/// Groups mapped data into records, each at the place of its first document; those without any come last.
pub(super) fn records(mapped: Mapped, inputs: usize) -> Vec<Vec<Record>> {
    let mut out: Vec<Vec<Record>> = vec![Vec::new(); inputs];
    let mut places: HashMap<(usize, String), usize> = HashMap::new();
    let mut place = |out: &mut Vec<Vec<Record>>, input: usize, source: &str| -> Option<usize> {
        let records = out.get_mut(input)?;
        Some(*places.entry((input, source.to_owned())).or_insert_with(|| {
            records.push(Record {
                documents: Vec::new(),
                problems: Vec::new(),
            });
            records.len() - 1
        }))
    };
    for document in mapped.documents {
        let (input, at) = (document.input, place(&mut out, document.input, &document.source));
        if let Some(record) = at.and_then(|at| out.get_mut(input)?.get_mut(at)) {
            record.documents.push(document);
        }
    }
    for problem in mapped.problems {
        let (input, at) = (problem.at, place(&mut out, problem.at, &problem.source));
        if let Some(record) = at.and_then(|at| out.get_mut(input)?.get_mut(at)) {
            record.problems.push(problem);
        }
    }
    out
}

/// Splits the records of all inputs into steps, each input from the record at which it resumes. Inputs of one
/// declaration share steps, so that related documents meet. An input without records still reaches its end in a step.
pub(super) fn steps(records: Vec<Vec<Record>>, from: &[usize]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut step = Step {
        records: Vec::new(),
        reaches: Vec::new(),
    };
    for (input, records) in records.into_iter().enumerate() {
        let total = records.len();
        let first = from.get(input).copied().unwrap_or(0).min(total);
        let mut next = first;
        for record in records.into_iter().skip(first) {
            step.records.push(record);
            next += 1;
            if step.records.len() >= STEP {
                step.reaches.push((input, next, next == total));
                steps.push(std::mem::replace(
                    &mut step,
                    Step {
                        records: Vec::new(),
                        reaches: Vec::new(),
                    },
                ));
            }
        }
        // The end of an input is recorded with its last record, or separately if it has none.
        if next == first || !ended(&steps, &step, input) {
            step.reaches.push((input, total, true));
        }
    }
    if !step.reaches.is_empty() {
        steps.push(step);
    }
    steps
}

/// Returns `true` if a step already reaches the end of the input.
fn ended(steps: &[Step], step: &Step, input: usize) -> bool {
    let all = steps.iter().chain(std::iter::once(step));
    all.flat_map(|step| &step.reaches)
        .any(|&(other, _, end)| other == input && end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(number: usize) -> Vec<Record> {
        let record = Record {
            documents: Vec::new(),
            problems: Vec::new(),
        };
        vec![record; number]
    }

    /// Records of each step, and what it reaches.
    type Reached = Vec<(usize, Vec<(usize, usize, bool)>)>;

    fn reaches(inputs: &[usize], from: &[usize]) -> Reached {
        let records = inputs.iter().map(|&number| some(number)).collect();
        let steps = steps(records, from);
        steps
            .into_iter()
            .map(|step| (step.records.len(), step.reaches))
            .collect()
    }

    #[test]
    fn every_record_is_in_one_step_and_every_input_ends_once() {
        assert_eq!(reaches(&[3], &[0]), [(3, vec![(0, 3, true)])]);
        assert_eq!(reaches(&[0], &[0]), [(0, vec![(0, 0, true)])]);
        assert_eq!(reaches(&[STEP], &[0]), [(STEP, vec![(0, STEP, true)])]);
        assert_eq!(
            reaches(&[STEP + 1], &[0]),
            [(STEP, vec![(0, STEP, false)]), (1, vec![(0, STEP + 1, true)])]
        );
        assert_eq!(
            reaches(&[2, 3, 0], &[0, 0, 0]),
            [(5, vec![(0, 2, true), (1, 3, true), (2, 0, true)])]
        );
        assert_eq!(
            reaches(&[STEP - 1, 3], &[0, 0]),
            [
                (STEP, vec![(0, STEP - 1, true), (1, 1, false)]),
                (2, vec![(1, 3, true)])
            ]
        );
    }

    #[test]
    fn an_input_goes_on_where_it_was_left() {
        assert_eq!(reaches(&[7], &[5]), [(2, vec![(0, 7, true)])]);
        assert_eq!(reaches(&[7], &[7]), [(0, vec![(0, 7, true)])]);
        assert_eq!(reaches(&[7], &[9]), [(0, vec![(0, 7, true)])]);
    }
}
