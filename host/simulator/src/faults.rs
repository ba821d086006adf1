//! Faults on the way back: receipts lost, repeated, out of order, late, in odd forms.

use crate::answer::Answer;
use crate::odd::Odd;
use jiff::SignedDuration;

/// Faults made on purpose.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// Each receipt is sent this many times; 0 and 1 both mean once.
    repeat: u32,
    /// Receipts leave in a shuffled order (the same one in each run).
    shuffle: bool,
    /// Every Nth receipt is lost.
    lose: Option<u32>,
    late: SignedDuration,
    odd: Vec<Odd>,
    /// Receipts seen so far.
    counter: u32,
    /// Messages written so far.
    written: usize,
}

impl Faults {
    /// Repeats each receipt this many times (0 and 1 both mean once), shuffles receipts (in the same order in each
    /// run), and loses every Nth.
    #[must_use]
    pub fn new(repeat: u32, shuffle: bool, lose: Option<u32>) -> Self {
        Self {
            repeat,
            shuffle,
            lose,
            ..Self::default()
        }
    }

    /// Delays each receipt by this long.
    #[must_use]
    pub fn with_late(mut self, late: SignedDuration) -> Self {
        self.late = late;
        self
    }

    /// Writes the messages with receipts in these forms in turn.
    #[must_use]
    pub fn with_odd(mut self, odd: Vec<Odd>) -> Self {
        self.odd = odd;
        self
    }

    pub(crate) fn late(&self) -> SignedDuration {
        self.late
    }

    /// Returns the form of the next message.
    pub(crate) fn next_form(&mut self) -> Odd {
        let turn = self.written;
        self.written += 1;
        match self.odd.len() {
            0 => Odd::default(),
            forms => self.odd.get(turn % forms).cloned().unwrap_or_default(),
        }
    }

    pub(crate) fn disturb(&mut self, answers: Vec<Answer>) -> Vec<Answer> {
        let mut out = Vec::new();
        for answer in answers {
            self.counter += 1;
            if self.lose.is_some_and(|nth| nth > 0 && self.counter.is_multiple_of(nth)) {
                continue;
            }
            for _ in 0..self.repeat.max(1) {
                out.push(answer.clone());
            }
        }
        if self.shuffle {
            // A fixed sequence of splitmix64, so that a shuffled run can be repeated.
            let mut state = 0x9E37_79B9_7F4A_7C15_u64.wrapping_add(u64::from(self.counter));
            for at in (1..out.len()).rev() {
                state = state
                    .wrapping_mul(0xBF58_476D_1CE4_E5B9)
                    .wrapping_add(0x94D0_49BB_1331_11EB);
                let other = usize::try_from(state >> 33).unwrap_or(0) % (at + 1);
                out.swap(at, other);
            }
        }
        out
    }
}
