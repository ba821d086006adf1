//! Receipts: what the e-port and customs write back.

use crate::records::Record;
use crate::time::{date_time, time17};
use cebridge_message::{Element, Envelope, wrap, write};
use cebridge_runtime::LoadedPack;
use jiff::Timestamp;

/// The customs receiver of the import side.
pub(crate) const CUSTOMS_ID: &str = "DXPEDCCEB0000002";

/// One receipt record before it is written.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// Message that is answered, for example `CEB621`.
    pub(crate) answers: String,
    /// `returnStatus`.
    pub(crate) status: String,
    /// `returnInfo`.
    pub(crate) info: String,
    /// Business fields of the answered document, as the receipt carries them.
    pub(crate) fields: Vec<(String, String)>,
    /// Receiver of the receipt.
    pub(crate) to: String,
}

impl Answer {
    /// An answer to a stored document.
    pub(crate) fn to(message: &str, record: &Record, status: &str, info: &str) -> Self {
        let names: &[&str] = match message {
            "CEB311" => &["ebpCode", "ebcCode", "orderNo"],
            "CEB411" => &["payCode", "payTransactionId"],
            "CEB511" => &["logisticsCode", "logisticsNo"],
            "CEB513" => &["logisticsCode", "logisticsNo", "logisticsStatus"],
            _ => &["customsCode", "ebpCode", "ebcCode", "agentCode", "copNo"],
        };
        let fields = names
            .iter()
            .map(|name| ((*name).to_owned(), record.text(name).to_owned()))
            .chain([("preNo".to_owned(), record.number.clone())])
            .filter(|(_, text)| !text.is_empty())
            .collect();
        Self {
            answers: message.to_owned(),
            status: status.to_owned(),
            info: format!("{info}[{}]", record.guid),
            fields,
            to: record.sender.clone(),
        }
    }
}

/// Writes receipts of one kind and receiver as an envelope.
pub(crate) fn envelope(pack: &LoadedPack, answers: &[Answer], at: Timestamp) -> Option<(Envelope, Vec<u8>)> {
    let first = answers.first()?;
    let code = receipt_code(&first.answers)?;
    let layout = pack.layout(code)?;
    let document = match code {
        "CEB312" => "OrderReturn",
        "CEB412" => "PaymentReturn",
        "CEB512" => "LogisticsReturn",
        "CEB514" => "LogisticsStatusReturn",
        _ => "InventoryReturn",
    };
    let mut root = message(code);
    for answer in answers {
        let mut record = Element::new(document);
        record.children.push(Element::leaf("guid", guid()));
        record
            .children
            .extend(answer.fields.iter().map(|(name, text)| Element::leaf(name, text)));
        record
            .children
            .push(Element::leaf("returnStatus", answer.status.clone()));
        record.children.push(Element::leaf("returnTime", time17(at)));
        record
            .children
            .push(Element::leaf("returnInfo", cut(&answer.info, 1000)));
        root.children.push(record);
    }
    let data = write(&layout, &root).ok()?;
    wrapped(code, &first.to, data, at)
}

/// CEB900: the message as a whole is refused.
pub(crate) fn format_error(
    pack: &LoadedPack,
    original: &Envelope,
    status: &str,
    info: &str,
    at: Timestamp,
) -> Option<(Envelope, Vec<u8>)> {
    let mut root = message("CEB900");
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
    let data = write(&pack.layout("CEB900")?, &root).ok()?;
    wrapped("CEB900", &original.sender_id, data, at)
}

fn message(code: &str) -> Element {
    let mut root = Element::new(format!("{code}Message"));
    root.attributes = vec![("guid".to_owned(), guid()), ("version".to_owned(), "1.0".to_owned())];
    root
}

fn wrapped(code: &str, to: &str, data: Vec<u8>, at: Timestamp) -> Option<(Envelope, Vec<u8>)> {
    let envelope = Envelope {
        cop_msg_id: guid(),
        sender_id: CUSTOMS_ID.to_owned(),
        receiver_ids: vec![to.to_owned()],
        creat_time: date_time(at),
        msg_type: format!("{code}Message"),
        data,
        file_name: None,
        biz_keys: Vec::new(),
    };
    let bytes = wrap(&envelope).ok()?;
    Some((envelope, bytes))
}

/// The receipt that answers a message.
pub(crate) fn receipt_code(message: &str) -> Option<&'static str> {
    Some(match message {
        "CEB311" => "CEB312",
        "CEB411" => "CEB412",
        "CEB511" => "CEB512",
        "CEB513" => "CEB514",
        "CEB621" => "CEB622",
        _ => return None,
    })
}

fn guid() -> String {
    uuid::Uuid::new_v4().to_string().to_uppercase()
}

fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}
