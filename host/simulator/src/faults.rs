//! Faults of the way back: receipts lost, repeated, out of order.

use crate::answer::Answer;

/// What goes wrong on purpose.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// Each receipt is sent this many times; 0 and 1 both mean once.
    pub repeat: u32,
    /// Receipts leave in a shuffled order (the same one in each run).
    pub shuffle: bool,
    /// Every Nth receipt is lost.
    pub lose: Option<u32>,
    counter: u32,
}

impl Faults {
    /// Faults of these kinds.
    #[must_use]
    pub fn new(repeat: u32, shuffle: bool, lose: Option<u32>) -> Self {
        Self {
            repeat,
            shuffle,
            lose,
            counter: 0,
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
            // A fixed sequence of splitmix64: a shuffled run can be repeated.
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
