//! The answers in a file: what it says about documents and messages, before anything is recorded.

use crate::keys;
use crate::outgoing::{first, first_of, text_of};
use crate::packs::Packs;
use cebridge_ledger::NewReceipt;
use cebridge_message::{ArrivedMessage, Element, PlatformReply, Response};
use cebridge_rule_core::pack::Pack;
use sha2::{Digest, Sha256};

/// Everything that a file answers, ready to be recorded.
#[derive(Default)]
pub(super) struct Answers {
    /// Messages that were refused as a whole, by customs or by the platform.
    pub(super) refused: Vec<RefusedMessage>,
    /// Receipts for single documents, and news about them.
    pub(super) receipts: Vec<NewReceipt>,
}

/// A message of ours that was refused as a whole.
pub(super) struct RefusedMessage {
    /// `CopMsgId` of its envelope.
    pub(super) cop_msg_id: String,
    /// Error code.
    pub(super) code: String,
    /// Text beside it; may be empty.
    pub(super) info: String,
    /// Digest of the answer, by which a repeat is recognised.
    pub(super) digest: String,
}

/// Reason why a message does not answer anything.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotAReceipt {
    /// The edition does not have this message.
    #[error("<{root}> is no message of edition {edition}")]
    Unknown {
        /// Name of its root.
        root: String,
        /// The edition in force.
        edition: String,
    },
    /// It is a request or an envelope.
    #[error("{code} is not a receipt")]
    OtherKind {
        /// Code of the message.
        code: String,
    },
}

impl Answers {
    /// Reads the answer of the platform (DxpRep), which could not hand envelopes over.
    pub(super) fn of_reply(reply: &PlatformReply) -> Self {
        // 0000 and blanks report success; only an error code says something about the documents.
        let failed = |response: &&Response| !response.code.trim_matches('0').is_empty();
        let refused = reply.responses.iter().filter(failed).map(|response| RefusedMessage {
            cop_msg_id: response.original.cop_msg_id.clone(),
            code: response.code.clone(),
            info: response.info.clone().unwrap_or_default(),
            digest: reply_digest(response),
        });
        Self {
            refused: refused.collect(),
            receipts: Vec::new(),
        }
    }

    /// Reads a receipt message by the pack in force.
    ///
    /// # Errors
    /// It is not a receipt of this edition.
    pub(super) fn of_message(packs: &Packs, pack: &Pack, message: &ArrivedMessage) -> Result<Self, NotAReceipt> {
        let root = &message.root;
        let (index, code) = pack.message_of_root(root).ok_or_else(|| NotAReceipt::Unknown {
            root: root.clone(),
            edition: pack.manifest.edition.clone(),
        })?;
        let text = pack.messages.get(index).filter(|text| text.kind == "receipt");
        let text = text.ok_or_else(|| NotAReceipt::OtherKind { code: code.to_owned() })?;
        if let Some(by) = pack.fields.refusal(code) {
            let refused = message.records.iter().map(|record| refused(pack, code, by, record));
            return Ok(Self {
                refused: refused.collect(),
                receipts: Vec::new(),
            });
        }
        let document = pack.program.local_name(text.document);
        let is_notice = keys::is_notice(pack, index);
        // Other elements beside the records, such as a signature, answer nothing.
        let answers =
            |record: &&Element| text_of(record, &pack.fields.status).is_some() || document == Some(&record.name);
        let receipts = message.records.iter().filter(answers).map(|record| match is_notice {
            true => notice_of(pack, index, code, record),
            false => receipt_of(packs, pack, index, code, record),
        });
        Ok(Self {
            refused: Vec::new(),
            receipts: receipts.collect(),
        })
    }
}

/// A message was refused as a whole; the field `by` names it.
fn refused(pack: &Pack, code: &str, by: &str, record: &Element) -> RefusedMessage {
    let value = |names: &[String]| text_of(record, names).unwrap_or_default().to_owned();
    RefusedMessage {
        cop_msg_id: record.text_at(by).unwrap_or_default().to_owned(),
        code: value(&pack.fields.status),
        info: value(&pack.fields.info),
        digest: record_digest(code, &crate::values::json(record)),
    }
}

fn receipt_of(packs: &Packs, pack: &Pack, index: usize, code: &str, record: &Element) -> NewReceipt {
    let roles = &pack.fields;
    let value = |names: &[String]| text_of(record, names).unwrap_or_default().to_owned();
    let values_json = crate::values::json(record);
    let (status, info) = (value(&roles.status), value(&roles.info));
    let said = packs.said(pack, index, code, &status, &info);
    NewReceipt {
        digest: record_digest(code, &values_json),
        message: code.to_owned(),
        match_keys: keys::of_receipt(pack, index, |local| record.text_at(local).map(str::to_owned)),
        guid_hints: bracketed_guids(&info),
        return_time: value(&roles.returned),
        values_json,
        rank: said.map_or(-1, |said| said.rank),
        means: said.map(|said| (said.meaning, said.is_final)),
        assigns: filled(&roles.assigned, record),
        return_status: status,
        return_info: info,
    }
}

/// News about a document that does not answer it: kept with the document, without changing its state.
fn notice_of(pack: &Pack, index: usize, code: &str, record: &Element) -> NewReceipt {
    let values_json = crate::values::json(record);
    NewReceipt {
        digest: record_digest(code, &values_json),
        message: code.to_owned(),
        match_keys: keys::of_notice(pack, index, |local| first(record, local).map(str::to_owned)),
        return_time: first_of(record, &pack.fields.returned).unwrap_or_default().to_owned(),
        return_info: told(pack, index, record),
        values_json,
        rank: -1,
        assigns: filled(&pack.fields.notice_numbers, record),
        ..NewReceipt::default()
    }
}

/// One-line summary of a notice: its key fields and the fields of its summary.
fn told(pack: &Pack, index: usize, record: &Element) -> String {
    let mut names: Vec<&str> = keys::key_fields(pack, index);
    names.extend(pack.fields.notice_summary.iter().map(String::as_str));
    let parts = filled(&names, record);
    let parts: Vec<String> = parts.into_iter().map(|(name, text)| format!("{name} {text}")).collect();
    parts.join(", ")
}

/// The named fields that have text in the record.
fn filled(names: &[impl AsRef<str>], record: &Element) -> Vec<(String, String)> {
    names
        .iter()
        .map(AsRef::as_ref)
        .filter_map(|name| Some((name.to_owned(), first(record, name)?.to_owned())))
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

/// Guids in square brackets: the specification's samples name the answered document this way.
fn bracketed_guids(info: &str) -> Vec<String> {
    info.split('[')
        .skip(1)
        .filter_map(|part| part.split(']').next())
        .filter(|text| text.len() == 36)
        .map(str::to_owned)
        .collect()
}

/// Digest under which a record of a receipt message is kept.
pub(crate) fn record_digest(code: &str, values_json: &str) -> String {
    hex::encode(Sha256::digest(format!("{code}|{values_json}")))
}

/// Digest under which a platform answer is kept.
pub(crate) fn reply_digest(response: &Response) -> String {
    let info = response.info.as_deref().unwrap_or_default();
    let id = &response.original.cop_msg_id;
    let text = format!("DxpRep|{id}|{}|{info}|{}", response.code, response.notice_time);
    hex::encode(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_guids_in_brackets_are_hints() {
        let guid = "4CDE1CFD-EDED-46B1-946C-B8022E42FC94";
        assert_eq!(
            bracketed_guids(&format!("stored [{guid}] [short] ]")),
            vec![guid.to_owned()]
        );
        assert!(bracketed_guids("[[[").is_empty());
    }
}
