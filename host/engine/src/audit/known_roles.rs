//! The roles of fields by which what a ledger holds was written: those of every pack on its record.

use crate::keys::is_notice;
use crate::outgoing::{first_of, text_of};
use crate::packs::in_folder;
use cebridge_ledger::{Ledger, LedgerError};
use cebridge_message::Element;
use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::roles::FieldRoles;
use cebridge_runtime::PackFile;
use std::collections::BTreeMap;
use std::path::Path;

/// Roles of the packs on record, the newest first, and the standard's, for packs that are in no archive any more.
pub(super) struct KnownRoles(Vec<OfPack>);

/// What one pack says.
#[derive(PartialEq, Eq)]
struct OfPack {
    /// Its messages, by root.
    messages: BTreeMap<String, Known>,
    fields: FieldRoles,
}

/// A message that a pack knows.
#[derive(PartialEq, Eq)]
struct Known {
    code: String,
    is_notice: bool,
}

impl OfPack {
    fn new(pack: &Pack) -> Self {
        let messages = pack.catalogue().filter_map(|(index, message, _)| {
            let root = pack.program.local_name(message.root)?;
            let known = Known {
                code: message.code.clone(),
                is_notice: is_notice(pack, index) && pack.fields.refusal(&message.code).is_none(),
            };
            Some((root.to_owned(), known))
        });
        Self {
            messages: messages.collect(),
            fields: pack.fields.clone(),
        }
    }
}

impl KnownRoles {
    /// Reads the archived packs of a ledger. A pack that can't be read is left out: the check of the packs reports it.
    /// Without a ledger, only the standard is known.
    ///
    /// # Errors
    /// The ledger can't be read.
    pub(super) fn of(ledger: Option<&Ledger>, archive: Option<&Path>) -> Result<Self, LedgerError> {
        let mut known: Vec<OfPack> = Vec::new();
        let rows = ledger.map(|ledger| ledger.archived_packs("")).transpose()?;
        for row in rows.unwrap_or_default().into_iter().rev() {
            let here = ledger.and_then(|ledger| ledger.archived_bytes(&row.digest).ok().flatten());
            let bytes = here.or_else(|| in_folder(archive?, &row.digest).ok().flatten());
            let Some(file) = bytes.and_then(|bytes| PackFile::read(bytes).ok()) else {
                continue;
            };
            let of_pack = OfPack::new(file.pack());
            if !known.contains(&of_pack) {
                known.push(of_pack);
            }
        }
        known.push(OfPack {
            messages: BTreeMap::new(),
            fields: FieldRoles::standard(),
        });
        Ok(Self(known))
    }

    fn fields(&self) -> impl Iterator<Item = &FieldRoles> {
        self.0.iter().map(|pack| &pack.fields)
    }

    /// Returns the id of a document; `None` if it has none.
    pub(super) fn id<'e>(&self, document: &'e Element) -> Option<&'e str> {
        self.fields().find_map(|fields| first_of(document, &fields.id))
    }

    /// Returns the code of the message with this root.
    pub(super) fn code<'r>(&'r self, root: &'r str) -> &'r str {
        let conventional = || root.strip_suffix("Message").unwrap_or(root);
        self.known(root).map_or_else(conventional, |known| known.code.as_str())
    }

    /// Returns `true` if a message with this code refuses another one as a whole.
    pub(super) fn refuses_message(&self, code: &str) -> bool {
        self.fields().any(|fields| fields.refusal(code).is_some())
    }

    /// Returns the state that a record of a receipt reports; empty for notices, which report none.
    pub(super) fn status<'e>(&self, root: &str, record: &'e Element) -> &'e str {
        let mut status = self.of_receipts(root).map(|fields| text_of(record, &fields.status));
        status.find_map(|status| status).unwrap_or_default()
    }

    /// Returns the text of a record of a receipt; `None` for notices, whose text the host composes.
    pub(super) fn info<'e>(&self, root: &str, record: &'e Element) -> Option<&'e str> {
        self.of_receipts(root).find_map(|fields| text_of(record, &fields.info))
    }

    /// Iterates over the roles for a receipt with this root; over none for a notice.
    fn of_receipts(&self, root: &str) -> impl Iterator<Item = &FieldRoles> {
        let is_notice = self.known(root).is_some_and(|known| known.is_notice);
        self.fields().filter(move |_| !is_notice)
    }

    fn known(&self, root: &str) -> Option<&Known> {
        self.0.iter().find_map(|pack| pack.messages.get(root))
    }
}
