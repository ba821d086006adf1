//! Violations, their categories, and the figures of a run.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Category {
    /// An order that was given has no verdict.
    Lost,
    /// An order has more than one verdict.
    Twice,
    /// The verdict is not that of the recorded pack.
    Wrong,
    /// The recorded pack was not in force when the input was begun, or the input changed its pack.
    NotInForce,
    /// The digest is not one of a good pack.
    Damaged,
    /// The record contradicts itself.
    Record,
    /// The record changed without a file or a person that explains it.
    Unexplained,
    /// Log and record differ.
    Log,
    /// A good offer was not taken up, or something broken was not named or changed something.
    Probe,
    /// A command ended in a way that it must not.
    Command,
    /// SIGTERM took too long.
    Slow,
    /// The daemon ended by itself, or did not begin.
    Broken,
}

impl Category {
    pub(crate) const ALL: [(Category, &'static str); 12] = [
        (Category::Lost, "lost"),
        (Category::Twice, "judged twice"),
        (Category::Wrong, "wrong verdicts"),
        (Category::NotInForce, "judged by a pack not in force"),
        (Category::Damaged, "damaged packs used"),
        (Category::Record, "faults of the record"),
        (Category::Unexplained, "changes nobody made"),
        (Category::Log, "log against record"),
        (Category::Probe, "offers not treated as promised"),
        (Category::Command, "commands that went wrong"),
        (Category::Slow, "slow SIGTERM"),
        (Category::Broken, "crashes"),
    ];
}

/// Something that is wrong.
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
    /// Changes by kind.
    pub(crate) changes: BTreeMap<&'static str, u64>,
    pub(crate) probes: u64,
    /// Packs that came into force by a file, and by a person.
    pub(crate) activations: u64,
    pub(crate) decisions: u64,
    pub(crate) kills: u64,
    pub(crate) terms: u64,
    pub(crate) files: usize,
    pub(crate) orders: usize,
    pub(crate) documents: usize,
    /// Inputs that a kill interrupted and that went on under the pack which was replaced meanwhile.
    pub(crate) pinned: usize,
    /// Orders accepted and refused, by pack.
    pub(crate) verdicts: BTreeMap<String, (u64, u64)>,
    /// Inputs begun within the tolerance of a change, by the pack before or after it.
    pub(crate) edge: usize,
    pub(crate) farthest: Duration,
    pub(crate) slowest_term: Duration,
    /// The same for daemons that had not said yet that they are ready.
    pub(crate) slowest_early_term: Duration,
    pub(crate) violations: BTreeMap<Category, u64>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows: Vec<(String, String)> = Vec::new();
        let mut row = |name: &str, figure: String| rows.push((name.to_owned(), figure));
        row("changes", self.changes.values().sum::<u64>().to_string());
        for (kind, count) in &self.changes {
            row(&format!("… {kind}"), count.to_string());
        }
        row("probes in a calm moment", self.probes.to_string());
        row("activations", self.activations.to_string());
        row("decisions of a person", self.decisions.to_string());
        row("kill -9", self.kills.to_string());
        row("SIGTERM", self.terms.to_string());
        row("worst SIGTERM, ms", self.slowest_term.as_millis().to_string());
        row("… while it starts, ms", self.slowest_early_term.as_millis().to_string());
        row("ERP files", self.files.to_string());
        row("orders", self.orders.to_string());
        row("documents", self.documents.to_string());
        for (pack, (accepted, refused)) in &self.verdicts {
            row(
                &format!("… {pack}: accepted, refused"),
                format!("{accepted}, {refused}"),
            );
        }
        row("inputs that outlived their pack", self.pinned.to_string());
        row("inputs at the edge of a change", self.edge.to_string());
        row("… farthest from it, ms", self.farthest.as_millis().to_string());
        for (category, name) in Category::ALL {
            row(
                name,
                self.violations.get(&category).copied().unwrap_or_default().to_string(),
            );
        }
        writeln!(f, "| {:<48} | {:>14} |", "what", "figure")?;
        writeln!(f, "|{}|{}|", "-".repeat(50), "-".repeat(16))?;
        for (name, figure) in rows {
            writeln!(f, "| {name:<48} | {figure:>14} |")?;
        }
        Ok(())
    }
}
