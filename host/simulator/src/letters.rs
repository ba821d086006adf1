//! Receipts ready to leave: written, in their envelopes, perhaps in an odd form.

use crate::error::SimulatorError;
use crate::ids::{customs_id, guid};
use crate::letter::Letter;
use crate::odd::Odd;
use cebridge_clock::date_time;
use cebridge_findings::RuleSet;
use cebridge_message::{Element, Envelope, wrap, write};
use jiff::Timestamp;

/// Maximum number of receivers of an envelope.
const RECEIVERS: usize = 5;

/// A receipt message before it is written.
pub(crate) struct Mail<'a> {
    /// Message code, for example `CEB622`.
    pub(crate) code: &'a str,
    pub(crate) direction: &'a str,
    /// Receivers, at least one.
    pub(crate) to: &'a [String],
    pub(crate) root: Element,
    /// Receipt records in it.
    pub(crate) records: usize,
}

/// Writes a message into as many envelopes as its receivers need.
///
/// # Errors
/// A message that the edition can't write, which is a fault of this program or of the pack.
pub(crate) fn letters(
    pack: &RuleSet,
    mail: &Mail<'_>,
    odd: &Odd,
    at: Timestamp,
) -> Result<Vec<Letter>, SimulatorError> {
    let unwritable = |reason: String| SimulatorError::Unwritable {
        message: mail.code.to_owned(),
        reason,
    };
    let layout = pack
        .layout(mail.code)
        .ok_or_else(|| unwritable("the edition in force has no such message".to_owned()))?;
    let plain = write(&layout, &mail.root).map_err(|error| unwritable(error.to_string()))?;
    let data = odd.message(plain).map_err(|error| unwritable(error.to_string()))?;
    let mut out = Vec::new();
    for (nth, receivers) in mail.to.chunks(RECEIVERS).enumerate() {
        let envelope = Envelope {
            cop_msg_id: guid(),
            sender_id: customs_id(mail.direction).to_owned(),
            receiver_ids: receivers.to_vec(),
            creat_time: date_time(at),
            msg_type: format!("{}Message", mail.code),
            data: data.clone(),
            file_name: None,
            biz_keys: Vec::new(),
        };
        let wrapped = wrap(&envelope).map_err(|error| unwritable(error.to_string()))?;
        out.push(Letter {
            bytes: odd.file(wrapped, &data),
            id: envelope.cop_msg_id,
            msg_type: envelope.msg_type,
            sender: envelope.sender_id,
            receiver: receivers.first().cloned().unwrap_or_default(),
            records: if nth == 0 { mail.records } else { 0 },
            due: None,
        });
    }
    Ok(out)
}
