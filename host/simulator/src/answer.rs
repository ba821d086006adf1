//! Receipts: the answers of the e-port and customs.

use crate::ids::{EXPORT_ID, guid};
use crate::kinds::{Kind, NUMBERS, filler};
use crate::letters::Mail;
use crate::records::Record;
use cebridge_clock::time17;
use cebridge_message::{Element, Envelope};
use jiff::Timestamp;

/// One receipt record before it is written.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// Message being answered, for example `CEB621`.
    pub(crate) answers: String,
    /// `returnStatus`.
    pub(crate) status: String,
    /// `returnInfo`.
    pub(crate) info: String,
    /// Fields of the receipt except guid, status, time and text.
    pub(crate) fields: Vec<(String, String)>,
    /// Receivers of the receipt: the sender of the document, then its subscribers.
    pub(crate) to: Vec<String>,
}

impl Answer {
    /// Builds an answer to a document. Each field of the receipt gets the value of the document's field of that name, a
    /// number assigned by customs or, if the schema requires one, a filler. With `done`, all numbers are assigned.
    pub(crate) fn to(message: &str, kind: &Kind<'_>, record: &Record, status: &str, info: &str, done: bool) -> Self {
        let mut fields = Vec::new();
        for part in kind.answer().1 {
            if part.name == "guid" || part.name.starts_with("return") {
                continue;
            }
            let own = record.text(part.name);
            let given = NUMBERS.contains(&part.name) && (done || part.required);
            let text = if !own.is_empty() {
                own.to_owned()
            } else if given {
                record.number.clone()
            } else {
                String::new()
            };
            match (text.is_empty(), part.required, part.simple) {
                (false, ..) => fields.push((part.name.to_owned(), text)),
                (true, true, Some(simple)) => fields.push((part.name.to_owned(), filler(simple))),
                _ => {}
            }
        }
        let mut to = vec![record.sender.clone()];
        to.extend(record.subscribers.iter().filter(|id| **id != record.sender).cloned());
        Self {
            answers: message.to_owned(),
            status: status.to_owned(),
            info: format!("{info}[{}]", record.guid),
            fields,
            to,
        }
    }
}

/// Builds a message with receipts of one kind for the same receivers.
pub(crate) fn receipts<'a>(kind: &Kind<'a>, answers: &'a [Answer], at: Timestamp) -> Mail<'a> {
    let mut root = root(kind.receipt());
    root.children = answers.iter().map(|answer| record(kind, answer, at)).collect();
    Mail {
        code: kind.receipt(),
        direction: kind.direction(),
        to: answers.first().map_or(&[], |first| first.to.as_slice()),
        root,
        records: answers.len(),
    }
}

fn record(kind: &Kind<'_>, answer: &Answer, at: Timestamp) -> Element {
    let mut record = Element::new(kind.answer().0);
    record.children.push(Element::leaf("guid", guid()));
    let fields = answer.fields.iter().map(|(name, text)| Element::leaf(name, text));
    record.children.extend(fields);
    record.children.extend([
        Element::leaf("returnStatus", answer.status.clone()),
        Element::leaf("returnTime", time17(at)),
        Element::leaf("returnInfo", cut(&answer.info, 1000)),
    ]);
    record
}

/// Builds a CEB900: the message as a whole is refused.
pub(crate) fn format_error<'a>(original: &'a Envelope, status: &str, info: &str, at: Timestamp) -> Mail<'a> {
    let mut root = root("CEB900");
    let mut record = Element::new("MessageReturn");
    let business = String::from_utf8_lossy(&original.data);
    let business: String = business.chars().filter(|c| !c.is_control() || *c == '\n').collect();
    record.children = vec![
        Element::leaf("guid", guid()),
        Element::leaf("returnStatus", status),
        Element::leaf("returnInfo", cut(info, 5000)),
        Element::leaf("returnTime", time17(at)),
        Element::leaf("oriCopMsgId", original.cop_msg_id.clone()),
        Element::leaf("oriMessageType", cut(&original.msg_type, 15)),
        Element::leaf("oriBizMessage", cut(&business, 2000)),
    ];
    root.children.push(record);
    Mail {
        code: "CEB900",
        direction: if original.receiver_ids.iter().any(|id| id == EXPORT_ID) {
            "export"
        } else {
            "import"
        },
        to: std::slice::from_ref(&original.sender_id),
        root,
        records: 1,
    }
}

/// Returns the root of a customs message.
pub(crate) fn root(code: &str) -> Element {
    let mut root = Element::new(format!("{code}Message"));
    root.attributes = vec![("guid".to_owned(), guid()), ("version".to_owned(), "1.0".to_owned())];
    root
}

fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}
