//! The terminal envelope DxpMsg around a business message, and the platform's reply to it.

mod base64;
mod error;
mod fields;
mod layout;
mod reply;

pub use error::{Base64Problem, EnvelopeError};
pub use reply::{PlatformReply, Response, ResponseResult, TransInfo};

use crate::document::Document;
use crate::element::Element;
use crate::write::write;
use cebridge_xml::Limits;
use fields::Fields;

/// Namespace of the DXP envelopes.
pub const DXP_NAMESPACE: &str = "http://www.chinaport.gov.cn/dxp";

/// A parsed DxpMsg.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Envelope {
    /// The sender's message id (`CopMsgId`).
    pub cop_msg_id: String,
    /// Id of the sender.
    pub sender_id: String,
    /// Ids of the receivers, one to five.
    pub receiver_ids: Vec<String>,
    /// Creation time of the message, `yyyy-mm-ddThh:mm:ss` (`CreatTime`).
    pub creat_time: String,
    /// Type of the content, for example `CEB311Message`.
    pub msg_type: String,
    /// The business message, decoded from base64.
    pub data: Vec<u8>,
    /// Name of the original file.
    pub file_name: Option<String>,
    /// Business keys: name (empty if the key has none) and value.
    pub biz_keys: Vec<(String, String)>,
}

/// Puts a business message into a DxpMsg.
///
/// # Errors
/// No receiver, or characters that XML does not allow. Lengths are left to the rules.
pub fn wrap(envelope: &Envelope) -> Result<Vec<u8>, EnvelopeError> {
    if envelope.receiver_ids.is_empty() {
        return Err(EnvelopeError::NoReceiver);
    }
    let parent = |name: &str, children| Element {
        children,
        ..Element::new(name)
    };
    let receivers = envelope
        .receiver_ids
        .iter()
        .map(|id| Element::leaf("ReceiverId", id))
        .collect();
    let mut children = vec![
        parent(
            "TransInfo",
            vec![
                Element::leaf("CopMsgId", &envelope.cop_msg_id),
                Element::leaf("SenderId", &envelope.sender_id),
                parent("ReceiverIds", receivers),
                Element::leaf("CreatTime", &envelope.creat_time),
                Element::leaf("MsgType", &envelope.msg_type),
            ],
        ),
        Element::leaf("Data", base64::encode(&envelope.data)),
    ];
    let mut extra: Vec<Element> = envelope
        .file_name
        .iter()
        .map(|name| Element::leaf("FileName", name))
        .collect();
    if !envelope.biz_keys.is_empty() {
        extra.push(parent("BizKey", envelope.biz_keys.iter().map(key).collect()));
    }
    if !extra.is_empty() {
        children.push(parent("AddInfo", extra));
    }
    let mut root = parent("DxpMsg", children);
    root.attributes.push(("ver".to_owned(), "1.0".to_owned()));
    Ok(write(layout::dxp_msg(), &root)?)
}

fn key((name, value): &(String, String)) -> Element {
    let mut key = Element::leaf("Key", value);
    if !name.is_empty() {
        key.attributes.push(("name".to_owned(), name.clone()));
    }
    key
}

/// Extracts a business message from a DxpMsg, or from a DxpMsg inside a DxpMsgSv.
///
/// # Errors
/// Unreadable XML, another root element, missing or repeated elements, damaged base64.
pub fn unwrap(bytes: &[u8], limits: &Limits) -> Result<Envelope, EnvelopeError> {
    Envelope::from_document(&Document::parse(bytes, limits)?)
}

impl Envelope {
    /// Reads an envelope from a parsed document; see [`unwrap()`].
    ///
    /// # Errors
    /// As [`unwrap()`].
    pub fn from_document(document: &Document) -> Result<Self, EnvelopeError> {
        let lenient = false;
        Self::read(&Fields { document, lenient })
    }

    /// Reads an envelope from customs: in any namespace, with white space around its values.
    pub(crate) fn from_lenient(document: &Document) -> Result<Self, EnvelopeError> {
        let lenient = true;
        Self::read(&Fields { document, lenient })
    }

    fn read(fields: &Fields<'_>) -> Result<Self, EnvelopeError> {
        let document = fields.document;
        let message = message_of(fields)?;
        let head = TransInfo::read(fields, fields.one(message, "TransInfo")?)?;
        let data = base64::decode(document, fields.one(message, "Data")?)?;
        let extra = fields.maybe(message, "AddInfo")?;
        let file_name = match extra {
            Some(extra) => fields.maybe_text(extra, "FileName")?,
            None => None,
        };
        let keys = match extra {
            Some(extra) => fields.maybe(extra, "BizKey")?,
            None => None,
        };
        let key = |ix| {
            let name = document.attribute(ix, "name").map_or("", |name| document.value(name));
            (name.to_owned(), fields.value(ix))
        };
        Ok(Self {
            cop_msg_id: head.cop_msg_id,
            sender_id: head.sender_id,
            receiver_ids: head.receiver_ids,
            creat_time: head.creat_time,
            msg_type: head.msg_type,
            data,
            file_name,
            biz_keys: keys
                .map(|keys| fields.all(keys, "Key").map(key).collect())
                .unwrap_or_default(),
        })
    }
}

/// The message inside a parsed envelope, decoded from base64; `None` if the root element is neither DxpMsg nor
/// DxpMsgSv. The rest of the envelope is ignored.
///
/// # Errors
/// `Data` is missing, repeated, or not base64.
#[must_use]
pub fn enclosed(document: &Document) -> Option<Result<Vec<u8>, EnvelopeError>> {
    let lenient = false;
    let fields = Fields { document, lenient };
    let is_envelope = fields.is_dxp(0, "DxpMsg") || fields.is_dxp(0, "DxpMsgSv");
    is_envelope.then(|| base64::decode(document, fields.one(message_of(&fields)?, "Data")?))
}

/// The DxpMsg, which is the root element or inside a DxpMsgSv.
fn message_of(fields: &Fields<'_>) -> Result<u32, EnvelopeError> {
    if fields.is_dxp(0, "DxpMsgSv") {
        fields.one(0, "DxpMsg")
    } else {
        fields.root("DxpMsg")
    }
}
