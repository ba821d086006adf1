//! Folders shared with the exchange client: one file for each envelope.

use std::path::{Path, PathBuf};

use crate::error::TransportError;
use crate::inbox::{Inbox, InboxRules, Moved, Scan};
use crate::outbox::Outbox;
use crate::{Handover, Incoming, Outgoing, Transport};

/// Folders shared with the exchange client.
///
/// Envelopes appear in the outgoing folder whole and under a name that shows type, sender, receiver
/// and `CopMsgId`. Receipts are taken from the inbox in the order of their names.
#[derive(Debug)]
pub struct DirectoryTransport {
    outbox: Outbox,
    inbox: Inbox,
}

impl DirectoryTransport {
    /// Takes the folders for outgoing envelopes, incoming receipts, receipts dealt with and receipts set aside.
    ///
    /// They are created when needed.
    #[must_use]
    pub fn new(
        out: impl Into<PathBuf>,
        inbox: impl Into<PathBuf>,
        done: impl Into<PathBuf>,
        bad: impl Into<PathBuf>,
        rules: InboxRules,
    ) -> DirectoryTransport {
        DirectoryTransport {
            outbox: Outbox::new(out.into(), rules.access),
            inbox: Inbox::new(inbox, done, bad, rules),
        }
    }
}

impl Transport for DirectoryTransport {
    fn prepare(&self, message: &Outgoing<'_>) -> Result<(), TransportError> {
        self.outbox.prepare(message)
    }

    fn hand_over(&self, message: &Outgoing<'_>) -> Result<(), TransportError> {
        self.outbox.hand_over(message)
    }

    fn recall(&self, message: &Outgoing<'_>) -> Result<Handover, TransportError> {
        self.outbox.recall(message)
    }

    fn receive(&self, limit: usize) -> Result<Scan, TransportError> {
        self.inbox.scan(limit)
    }

    fn renamed_in(&self, path: &Path) {
        self.inbox.renamed_in(path);
    }

    fn is_young(&self, item: &Incoming) -> bool {
        self.inbox.is_young(item)
    }

    fn defer(&self, item: &Incoming) {
        self.inbox.defer(item);
    }

    fn acknowledge(&self, item: &Incoming) -> Result<Moved, TransportError> {
        self.inbox.acknowledge(item)
    }

    fn reject(&self, item: &Incoming, reason: &str) -> Result<Moved, TransportError> {
        self.inbox.reject(item, reason)
    }
}
