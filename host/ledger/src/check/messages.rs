//! Messages: the envelope against its digests and the chain, and the documents inside against their rows.

use std::collections::BTreeMap;

use cebridge_clock::spoken_text;
use rusqlite::Row;

use super::report::ProblemKind;
use super::said::{Said, differing_places};
use super::{Check, Opened};
use crate::fault::Fault;
use crate::hash::sha256;

/// A message as stored in its row.
struct Message {
    id: i64,
    cop_msg_id: String,
    guid: String,
    message: String,
    enterprise: String,
    envelope: Vec<u8>,
    envelope_sha256: String,
    body_sha256: String,
    key_serial: String,
    profile: String,
    pack_digest: String,
    state: String,
    sent_at: Option<String>,
    accepted_at: String,
    edition: String,
}

impl Message {
    const COLUMNS: &str = "id, cop_msg_id, guid, message, enterprise, envelope, envelope_sha256, body_sha256, key_serial, \
         profile, pack_digest, state, sent_at, accepted_at, edition";

    fn read(row: &Row<'_>) -> rusqlite::Result<Message> {
        Ok(Message {
            id: row.get(0)?,
            cop_msg_id: row.get(1)?,
            guid: row.get(2)?,
            message: row.get(3)?,
            enterprise: row.get(4)?,
            envelope: row.get(5)?,
            envelope_sha256: row.get(6)?,
            body_sha256: row.get(7)?,
            key_serial: row.get(8)?,
            profile: row.get(9)?,
            pack_digest: row.get(10)?,
            state: row.get(11)?,
            sent_at: row.get(12)?,
            accepted_at: row.get(13)?,
            edition: row.get(14)?,
        })
    }
}

impl Check<'_> {
    pub(super) fn messages(&mut self) -> Result<(), Fault> {
        let total = self.count("outbox")?;
        let mut statement = self
            .tx
            .prepare(&format!("SELECT {} FROM outbox ORDER BY id", Message::COLUMNS))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let message = Message::read(row)?;
            self.message(&message)?;
            self.report.messages += 1;
            self.progress("messages", self.report.messages, total);
        }
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), Fault> {
        let signed = Said::last(self.tx, "message = ?1 AND kind = 'signed'", &[&message.id])?;
        let Some(signed) = signed else {
            return self.about(
                message,
                "no event says that it was signed: it was inserted into the ledger later, or its events were removed"
                    .to_owned(),
            );
        };
        let found = sha256(&message.envelope);
        // Earlier versions record the envelope's digest only when it is sent.
        let told = match signed.text("envelopeSha256") {
            Some(told) => Some(told.to_owned()),
            None => Said::last(self.tx, "message = ?1 AND kind = 'sent'", &[&message.id])?
                .and_then(|sent| sent.bytes_sha256),
        };
        let untouched = told.as_ref().is_none_or(|told| *told == found);
        if !untouched {
            let text = format!(
                "the stored envelope was replaced or changed: its SHA-256 is {found}, and {} was signed on {}{}",
                told.unwrap_or_default(),
                spoken_text(&signed.at),
                self.documents_of(message.id)?
            );
            self.about(message, text)?;
        } else if found != message.envelope_sha256 {
            self.about(message, "the SHA-256 of the envelope was changed in its row".to_owned())?;
        }
        self.row_against(&signed, message)?;
        self.hand_over_against(message)?;
        if untouched {
            match self.reader.open(&message.envelope) {
                Ok(None) => {}
                Ok(Some(opened)) => self.contents(&signed, message, opened)?,
                Err(error) => self.about(message, format!("the stored envelope can't be opened: {error}"))?,
            }
        }
        Ok(())
    }

    /// Checks the columns that the `signed` event records too.
    fn row_against(&mut self, signed: &Said, message: &Message) -> Result<(), Fault> {
        let mut changed = signed.differences(&[
            ("cop_msg_id", "copMsgId", &message.cop_msg_id),
            ("message", "message", &message.message),
            ("guid", "guid", &message.guid),
            ("enterprise", "enterprise", &message.enterprise),
            ("profile", "profile", &message.profile),
            ("edition", "edition", &message.edition),
        ]);
        let columns = [
            ("pack_digest", &signed.pack_digest, &message.pack_digest),
            ("key_serial", &signed.key_serial, &message.key_serial),
            ("body_sha256", &signed.bytes_sha256, &message.body_sha256),
        ];
        if signed.at != message.accepted_at {
            changed.push("accepted_at");
        }
        for (column, said, value) in columns {
            if said.as_ref().is_some_and(|said| said != value) {
                changed.push(column);
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        let text = format!("changed since it was recorded at signing: {}", changed.join(", "));
        self.about(message, text)
    }

    fn hand_over_against(&mut self, message: &Message) -> Result<(), Fault> {
        const DECIDES: &str = "message = ?1 AND kind IN ('sent', 'arrived', 'retry')";
        let last = Said::last(self.tx, DECIDES, &[&message.id])?.filter(|last| last.kind != "retry");
        if let Some(last) = last.filter(|_| message.state != "sent") {
            let text = format!(
                "it was handed over on {}, and its row says {}: it would be sent again",
                spoken_text(&last.at),
                message.state
            );
            self.about(message, text)?;
        }
        let Some(sent_at) = &message.sent_at else {
            if message.state == "sent" {
                self.about(message, "its row says that it was sent, and not when".to_owned())?;
            }
            return Ok(());
        };
        let told = Said::last(
            self.tx,
            "message = ?1 AND kind IN ('sent', 'arrived') AND at = ?2",
            &[&message.id, sent_at],
        )?;
        if told.is_none() {
            let text = format!(
                "its row says that it was sent on {}, and no event says so",
                spoken_text(sent_at)
            );
            self.about(message, text)?;
        }
        let never = Said::last(self.tx, "message = ?1 AND kind IN ('sent', 'arrived')", &[&message.id])?.is_none();
        if message.state == "sent" && never {
            self.about(
                message,
                "its row says that it was sent, and no event says so".to_owned(),
            )?;
        }
        Ok(())
    }

    /// Checks the envelope's contents against the rows of the documents.
    fn contents(&mut self, signed: &Said, message: &Message, opened: Opened) -> Result<(), Fault> {
        if opened.body_sha256 != *signed.bytes_sha256.as_ref().unwrap_or(&message.body_sha256) {
            let text = "the message inside the envelope is not the one that was signed".to_owned();
            self.about(message, text)?;
        }
        let mut inside: BTreeMap<String, String> = opened.documents.into_iter().collect();
        let mut statement = self.tx.prepare_cached(
            "SELECT id, message, key, guid, values_json FROM documents WHERE outbox = ?1 ORDER BY id",
        )?;
        let mut rows = statement.query([message.id])?;
        while let Some(row) = rows.next()? {
            let (id, code, key): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let (guid, values): (String, String) = (row.get(3)?, row.get(4)?);
            let what = super::documents::named(id, &code, &key);
            let Some(sent) = inside.remove(&guid) else {
                let text = format!(
                    "its guid {guid} is not in the message that carried it, {}",
                    message.cop_msg_id
                );
                self.problems.add(ProblemKind::Document, what, text);
                continue;
            };
            let places = if sent == values {
                Vec::new()
            } else {
                differing_places(&values, &sent)
            };
            if !places.is_empty() {
                let text = format!(
                    "its stored values were changed: they differ from the document that was signed and sent in message {}: {}",
                    message.cop_msg_id,
                    places.join(", ")
                );
                self.problems.add(ProblemKind::Document, what, text);
            }
        }
        for guid in inside.keys() {
            let text = format!(
                "it carries a document with the guid {guid}, which has no row: that was removed or given another message"
            );
            self.about(message, text)?;
        }
        Ok(())
    }

    /// Names the documents of a message for people.
    fn documents_of(&self, message: i64) -> Result<String, Fault> {
        let names: Vec<String> = self
            .tx
            .prepare_cached("SELECT id, message, key FROM documents WHERE outbox = ?1 ORDER BY id LIMIT 3")?
            .query_map([message], |row| {
                let (code, key): (String, String) = (row.get(1)?, row.get(2)?);
                Ok(super::documents::named(row.get(0)?, &code, &key))
            })?
            .collect::<Result<_, _>>()?;
        Ok(if names.is_empty() {
            String::new()
        } else {
            format!(" (it carried {}, …)", names.join(", ")).replace(", …)", if names.len() < 3 { ")" } else { ", …)" })
        })
    }

    fn about(&mut self, message: &Message, text: String) -> Result<(), Fault> {
        let what = format!("message {} ({})", message.cop_msg_id, message.message);
        self.problems.add(ProblemKind::Message, what, text);
        Ok(())
    }
}
