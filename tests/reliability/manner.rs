//! How promptly and in what shape customs answers in a round.

use crate::dice::Dice;
use std::fmt;

/// How promptly envelopes are fetched, and how receipts come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manner {
    /// Milliseconds that envelopes stay in the outbox; `None` while the transport client does not run.
    pub(crate) fetch: Option<u64>,
    /// Shortest and longest wait before each further receipt, in milliseconds.
    pub(crate) delay: (u64, u64),
    /// Receipts of one document arrive in any order.
    pub(crate) shuffled: bool,
    /// Percentage of receipts that arrive twice.
    pub(crate) doubled: u64,
    /// Percentage of receipts that get lost.
    pub(crate) lost: u64,
    /// Percentage of receipts in one of the odd forms.
    pub(crate) odd: u64,
    /// Percentage of receipts written in two halves with a pause.
    pub(crate) halves: u64,
}

impl Manner {
    /// Everything at once, in order and in plain form.
    pub(crate) const CALM: Manner = Manner {
        fetch: Some(0),
        delay: (0, 20),
        shuffled: false,
        doubled: 0,
        lost: 0,
        odd: 0,
        halves: 0,
    };

    /// A random manner; two of five are calm.
    pub(crate) fn any(dice: &mut Dice) -> Self {
        if dice.percent(40) {
            return Self::CALM;
        }
        let mut some = |chance: u64, of: u64| if dice.percent(chance) { of } else { 0 };
        let (doubled, lost, odd, halves) = (some(35, 40), some(25, 30), some(35, 50), some(25, 30));
        Manner {
            fetch: match dice.between(0, 9) {
                0 | 1 => None,
                2..=4 => Some(dice.between(50, 800)),
                _ => Some(0),
            },
            delay: if dice.percent(40) { (200, 3000) } else { (0, 100) },
            shuffled: dice.percent(35),
            doubled,
            lost,
            odd,
            halves,
        }
    }
}

impl fmt::Display for Manner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Manner::CALM {
            return f.write_str("customs calm");
        }
        match self.fetch {
            None => f.write_str("customs away")?,
            Some(wait) => write!(f, "envelopes fetched after {wait} ms")?,
        }
        write!(f, ", receipts after {} to {} ms", self.delay.0, self.delay.1)?;
        if self.shuffled {
            f.write_str(", shuffled")?;
        }
        for (chance, what) in [
            (self.doubled, "doubled"),
            (self.lost, "lost"),
            (self.odd, "odd"),
            (self.halves, "in halves"),
        ] {
            if chance > 0 {
                write!(f, ", {chance} % {what}")?;
            }
        }
        Ok(())
    }
}
