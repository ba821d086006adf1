//! Finds the exact pack that judged a document, to judge with it again.

use super::contents::message_in;
use super::{AuditError, open_to_read};
use crate::config::Config;
use crate::error::EngineError;
use crate::fate::short_key;
use crate::packs::Packs;
use cebridge_ledger::{DocumentView, Ledger};
use cebridge_runtime::LoadedPack;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// A message of the ledger, to be judged by the pack that judged its documents.
pub struct OwnMessage {
    /// Display name: the message and its `CopMsgId`.
    pub name: String,
    /// The signed message.
    pub bytes: Vec<u8>,
    /// The pack.
    pub pack: Arc<LoadedPack>,
}

/// The rules that judged the documents found by a key.
pub enum RulesOf {
    /// The key finds nothing.
    Nothing,
    /// One pack, for the given files.
    Pack(Arc<LoadedPack>),
    /// The messages that carried the documents, each with its pack.
    Messages(Vec<OwnMessage>),
}

/// Finds the packs that judged the documents of a key and, if the caller gives no files, their messages.
///
/// Severities are those of the configuration, as they are for every other judgement.
///
/// # Errors
/// The pack is neither in the archive nor shipped with this program; files are given and several packs judged the
/// documents; no files are given and none of the documents was ever put into a message.
pub fn rules_of(config: &Config, named: Option<&Path>, key: &str, with_files: bool) -> Result<RulesOf, EngineError> {
    let ledger = open_to_read(config, named)?;
    let views = ledger.find(key)?;
    let Some(first) = views.first() else {
        return Ok(RulesOf::Nothing);
    };
    let mut packs = Pinned {
        packs: Packs::archived(config, &ledger)?,
        known: BTreeMap::new(),
    };
    if with_files {
        if views.iter().any(|view| view.pack_digest != first.pack_digest) {
            let list = views.iter().map(|view| {
                format!(
                    "{} by edition {}, pack {:.12}",
                    name(view),
                    view.edition,
                    view.pack_digest
                )
            });
            return Err(AuditError::SeveralPacks {
                key: key.to_owned(),
                documents: list.collect::<Vec<_>>().join("; "),
            }
            .into());
        }
        return Ok(RulesOf::Pack(packs.of(first)?));
    }
    messages(&ledger, &mut packs, &views).map(RulesOf::Messages)
}

fn messages(ledger: &Ledger, packs: &mut Pinned, views: &[DocumentView]) -> Result<Vec<OwnMessage>, EngineError> {
    let mut found: Vec<OwnMessage> = Vec::new();
    let mut seen = Vec::new();
    for view in views {
        let Some(id) = &view.cop_msg_id else { continue };
        let Some(row) = ledger.message(id)?.filter(|_| !seen.contains(&id)) else {
            continue;
        };
        seen.push(id);
        let bytes = message_in(&row.envelope).map_err(|reason| EngineError::Input {
            input: format!("message {id}"),
            reason,
        })?;
        found.push(OwnMessage {
            name: format!("{} {id}", row.message),
            bytes,
            pack: packs.of(view)?,
        });
    }
    match (found.is_empty(), views.first()) {
        (true, Some(view)) => Err(AuditError::NoMessage { document: name(view) }.into()),
        _ => Ok(found),
    }
}

fn name(view: &DocumentView) -> String {
    format!("{} {} (guid {})", view.message, short_key(&view.key), view.guid)
}

/// Packs found again, each loaded once.
struct Pinned {
    packs: Packs,
    known: BTreeMap<String, Arc<LoadedPack>>,
}

impl Pinned {
    fn of(&mut self, view: &DocumentView) -> Result<Arc<LoadedPack>, EngineError> {
        if let Some(known) = self.known.get(&view.pack_digest) {
            return Ok(Arc::clone(known));
        }
        let found = self.packs.pinned(&view.edition, &view.pack_digest);
        let pack = found.ok_or_else(|| AuditError::PackGone {
            document: name(view),
            edition: view.edition.clone(),
            digest: view.pack_digest.clone(),
        })?;
        self.known.insert(view.pack_digest.clone(), Arc::clone(&pack));
        Ok(pack)
    }
}
