//! What `bench` measures: medians of alternating samples, and the rows of its report.

use std::time::{Duration, Instant};

/// One line of the report.
pub(super) struct Row {
    pub(super) what: String,
    pub(super) ours: String,
    pub(super) baseline: String,
    pub(super) ratio: Option<f64>,
    pub(super) goal: &'static str,
}

/// Number and length of the samples.
pub(super) struct Effort {
    /// Number of samples.
    pub(super) samples: usize,
    /// Milliseconds of one sample.
    pub(super) slice: u64,
}

impl Effort {
    /// Returns `true` for the shorter, less exact run.
    pub(super) fn is_brief(&self) -> bool {
        self.samples < 30
    }

    /// Returns the median seconds per call of each, sampled in alternation.
    pub(super) fn pair(&self, mut ours: impl FnMut(), mut baseline: impl FnMut()) -> (f64, f64) {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        let calls = (self.calls(&mut ours), self.calls(&mut baseline));
        for _ in 0..self.samples {
            first.push(sample(&mut ours, calls.0));
            second.push(sample(&mut baseline, calls.1));
        }
        (median(first), median(second))
    }

    fn calls(&self, work: &mut impl FnMut()) -> u32 {
        let start = Instant::now();
        let mut calls = 0;
        while start.elapsed() < Duration::from_millis(self.slice) {
            work();
            calls += 1;
        }
        calls.max(1)
    }
}

fn sample(work: &mut impl FnMut(), calls: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        work();
    }
    start.elapsed().as_secs_f64() / f64::from(calls)
}

pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn time(seconds: f64) -> String {
    if seconds >= 1.0 {
        format!("{seconds:.2} s")
    } else if seconds < 1e-3 {
        format!("{:.1} µs", seconds * 1e6)
    } else {
        format!("{:.2} ms", seconds * 1e3)
    }
}

/// Builds the row for two times in seconds, with their ratio.
pub(super) fn compare(what: &str, (ours, baseline): (f64, f64), goal: &'static str) -> Row {
    Row {
        what: what.to_owned(),
        ours: time(ours),
        baseline: time(baseline),
        ratio: Some(ours / baseline),
        goal,
    }
}
