//! What all work of the daemon shares: the callback for reports, and the result of a round.

/// Callback for the daemon's reports: one line per event, for people.
pub type Tell<'a> = &'a (dyn Fn(&str) + Sync);

/// Result of a round: how soon another one is worthwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Busy {
    /// Nothing to do.
    Idle,
    /// A file is about to be unchanged for long enough.
    Soon,
    /// Something was done; another round is worthwhile at once.
    Now,
}
