//! Violations, their categories, and the figures of a run.

use crate::faults::Kind;
use crate::round::Outcome;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// How the two sides can differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Category {
    /// Accepted, or given in a whole input, but not in the ledger.
    Lost,
    /// One business key in two messages, without a return and another input in between.
    DeclaredTwice,
    /// The ledger contradicts customs.
    Misbooked,
    /// One envelope handed over twice without being asked.
    SentTwice,
    /// A receipt was set aside, left in the inbox or misread.
    ReceiptNotTaken,
    /// A whole input was set aside or left in intake.
    InputNotTaken,
    /// A document waits unsent without a stated reason, or for ever.
    Unexplained,
    /// A crash, a wrong exit code, or a torn envelope.
    Broken,
}

impl Category {
    pub(crate) const ALL: [(Category, &'static str); 8] = [
        (Category::Lost, "lost"),
        (Category::DeclaredTwice, "declared twice"),
        (Category::Misbooked, "misbooked"),
        (Category::SentTwice, "sent twice"),
        (Category::ReceiptNotTaken, "receipts not taken in"),
        (Category::InputNotTaken, "inputs not taken"),
        (Category::Unexplained, "waiting without a reason"),
        (Category::Broken, "crashes and wrong exit codes"),
    ];
}

impl Category {
    /// Whether the books can't be put in order again. What was merely not taken can be given again.
    pub(crate) fn is_fatal(self) -> bool {
        !matches!(self, Category::ReceiptNotTaken | Category::InputNotTaken)
    }
}

/// A difference between both sides.
#[derive(Debug, Clone)]
pub(crate) struct Violation {
    pub(crate) category: Category,
    pub(crate) text: String,
}

impl Violation {
    pub(crate) fn new(category: Category, text: impl Into<String>) -> Self {
        Self {
            category,
            text: text.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Category::ALL
            .iter()
            .find(|(category, _)| *category == self.category)
            .map_or("", |(_, name)| name);
        write!(f, "[{name}] {}", self.text)
    }
}

/// Collects violations.
#[derive(Debug, Default)]
pub(crate) struct Findings(pub(crate) Vec<Violation>);

impl Findings {
    pub(crate) fn add(&mut self, category: Category, text: impl Into<String>) {
        self.0.push(Violation::new(category, text));
    }
}

/// Figures of the run.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    rounds: u64,
    kills: BTreeMap<Kind, u64>,
    errors: u64,
    longest: Duration,
    balances: u64,
    documents: usize,
    envelopes: usize,
    violations: BTreeMap<Category, u64>,
    /// A report for each enterprise whose books do not balance.
    pub(crate) stories: Vec<String>,
}

impl Summary {
    pub(crate) fn kills(&self) -> u64 {
        self.kills.values().sum()
    }

    pub(crate) fn errors(&self) -> u64 {
        self.errors
    }

    pub(crate) fn rounds(&self) -> u64 {
        self.rounds
    }

    pub(crate) fn outcome(&mut self, outcome: &Outcome) {
        self.rounds += 1;
        self.errors += u64::from(outcome.errors);
        self.longest = self.longest.max(outcome.took);
        if let Some(kind) = outcome.killed {
            *self.kills.entry(kind).or_default() += 1;
        }
    }

    pub(crate) fn balanced(&mut self) {
        self.balances += 1;
    }

    /// Counts an enterprise whose rounds are over.
    pub(crate) fn chain(&mut self, documents: usize, envelopes: usize, violations: &[Violation]) {
        self.documents += documents;
        self.envelopes += envelopes;
        for violation in violations {
            *self.violations.entry(violation.category).or_default() += 1;
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kills = |kind| self.kills.get(&kind).copied().unwrap_or_default();
        let mut rows = vec![
            ("rounds", self.rounds),
            ("killed", self.kills()),
            ("… at a random moment", kills(Kind::Kill)),
            ("… at a named system call", kills(Kind::KillAtCall)),
            ("… between hand-over and note", kills(Kind::KillAtHandOver)),
            ("… after injected errors", kills(Kind::Errors)),
            ("rounds with injected errors", self.errors),
            ("balances", self.balances),
            ("documents at customs", self.documents as u64),
            ("envelopes at customs", self.envelopes as u64),
            ("longest round, ms", self.longest.as_millis() as u64),
        ];
        rows.extend(
            Category::ALL
                .iter()
                .map(|(category, name)| (*name, self.violations.get(category).copied().unwrap_or_default())),
        );
        writeln!(
            f,
            "| {:<30} | {:>7} |\n|--------------------------------|---------|",
            "what", "figure"
        )?;
        for (name, figure) in rows {
            writeln!(f, "| {name:<30} | {figure:>7} |")?;
        }
        Ok(())
    }
}
