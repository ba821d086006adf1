//! What a state of a receipt says about the document that it answers.

use serde::{Deserialize, Serialize};

/// What a receipt says about its document; which one, the rule pack defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    /// Under way at the e-port or at customs.
    Waiting,
    /// Kept at the e-port without being declared (暂存).
    Held,
    /// Stored by customs.
    Stored,
    /// Released by customs.
    Released,
    /// Withdrawn at customs.
    Withdrawn,
    /// Returned: the document has no effect.
    Returned,
    /// A complaint: customs has a document of this number already.
    Repeated,
    /// A complaint: customs has something newer than this message.
    Outdated,
    /// A complaint: the state of the document at customs does not permit the operation.
    Barred,
}

impl Meaning {
    const ALL: [Meaning; 9] = [
        Meaning::Waiting,
        Meaning::Held,
        Meaning::Stored,
        Meaning::Released,
        Meaning::Withdrawn,
        Meaning::Returned,
        Meaning::Repeated,
        Meaning::Outdated,
        Meaning::Barred,
    ];

    /// The word used in rules and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Meaning::Waiting => "waiting",
            Meaning::Held => "held",
            Meaning::Stored => "stored",
            Meaning::Released => "released",
            Meaning::Withdrawn => "withdrawn",
            Meaning::Returned => "returned",
            Meaning::Repeated => "repeated",
            Meaning::Outdated => "outdated",
            Meaning::Barred => "barred",
        }
    }

    /// Reads the word back; `None` for any other word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Meaning> {
        Meaning::ALL.into_iter().find(|m| m.as_str() == word)
    }
}
