//! The steps by which the memory changes, as the journal holds them.

use crate::letter::Letter;
use crate::records::{Place, Record, Stage};
use serde::{Deserialize, Serialize};

/// A step from one state of the memory to the next, as the journal holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    /// A document was declared or changed: it replaces an older version and its draft.
    Declare { place: Place, record: Box<Record> },
    /// A document was saved as a draft.
    Hold { place: Place, record: Box<Record> },
    /// A declared document reached another stage.
    Stage { place: Place, stage: Stage },
    /// A declared document was turned back, deleted or withdrawn.
    Forget { place: Place },
    /// A draft was deleted.
    Drop { place: Place },
    /// The inventory of this number was withdrawn.
    Withdraw { number: String },
    /// Numbers with this prefix were assigned up to this one.
    Number { start: String, last: u64 },
    /// A receipt is ready to leave.
    Write { letter: Letter },
    /// The receipt of this `CopMsgId` has left.
    Sent { id: String },
    /// The file was judged; it only has to be moved away.
    Judge { file: String, digest: String },
    /// The file was moved away.
    Clear { file: String },
}
