//! The platform's reply to an envelope: DxpRep.

use super::EnvelopeError;
use super::fields::Fields;
use crate::document::Document;
use cebridge_xml::Limits;

/// A parsed DxpRep.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlatformReply {
    /// Addressee (`RecevierId`, as the schema spells it).
    pub receiver_id: String,
    /// The addressee's home node.
    pub ad_node_id: Option<String>,
    /// The answers, at least one.
    pub responses: Vec<Response>,
}

/// An answer to one message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// Answering node.
    pub node_id: Option<String>,
    /// Code, for example `0000` or `2001`.
    pub code: String,
    /// Text.
    pub info: Option<String>,
    /// Outcome per receiver.
    pub results: Vec<ResponseResult>,
    /// Date of the answer, `yyyy-mm-dd`.
    pub notice_time: String,
    /// Remark.
    pub note: Option<String>,
    /// Head of the answered message.
    pub original: TransInfo,
}

/// The outcome for one receiver.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResponseResult {
    /// The receiver.
    pub receiver_id: String,
    /// Code.
    pub code: String,
    /// Text.
    pub info: Option<String>,
    /// Remark.
    pub note: Option<String>,
}

/// The head of an envelope (`TransInfo`, `OriHead`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TransInfo {
    /// The sender's message id (`CopMsgId`).
    pub cop_msg_id: String,
    /// Id of the sender.
    pub sender_id: String,
    /// Ids of the receivers.
    pub receiver_ids: Vec<String>,
    /// Creation time of the message (`CreatTime`).
    pub creat_time: String,
    /// Type of the content.
    pub msg_type: String,
}

impl PlatformReply {
    /// Reads a DxpRep.
    ///
    /// # Errors
    /// Unreadable XML, another root element, missing or repeated elements.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, EnvelopeError> {
        Self::from_document(&Document::parse(bytes, limits)?)
    }

    /// Reads a DxpRep from a parsed document.
    ///
    /// # Errors
    /// As [`PlatformReply::read`].
    pub fn from_document(document: &Document) -> Result<Self, EnvelopeError> {
        let lenient = false;
        Self::of(&Fields { document, lenient })
    }

    /// Reads a DxpRep from the platform: in any namespace, with white space around its values.
    pub(crate) fn from_lenient(document: &Document) -> Result<Self, EnvelopeError> {
        let lenient = true;
        Self::of(&Fields { document, lenient })
    }

    fn of(fields: &Fields<'_>) -> Result<Self, EnvelopeError> {
        let root = fields.root("DxpRep")?;
        let responses: Vec<_> = fields
            .all(root, "Response")
            .map(|ix| Response::read(fields, ix))
            .collect::<Result<_, _>>()?;
        if responses.is_empty() {
            return Err(fields.missing(root, "Response"));
        }
        Ok(Self {
            receiver_id: fields.text(root, "RecevierId")?,
            ad_node_id: fields.maybe_text(root, "AdNodeId")?,
            responses,
        })
    }
}

impl Response {
    fn read(fields: &Fields<'_>, ix: u32) -> Result<Self, EnvelopeError> {
        let results = match fields.maybe(ix, "Results")? {
            Some(results) => fields
                .all(results, "Result")
                .map(|ix| ResponseResult::read(fields, ix))
                .collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        Ok(Self {
            node_id: fields.maybe_text(ix, "NodeId")?,
            code: fields.text(ix, "ResponseCode")?,
            info: fields.maybe_text(ix, "ResponseInfo")?,
            results,
            notice_time: fields.text(ix, "NoticeTime")?.trim().to_owned(),
            note: fields.maybe_text(ix, "Note")?,
            original: TransInfo::read(fields, fields.one(ix, "OriHead")?)?,
        })
    }
}

impl ResponseResult {
    fn read(fields: &Fields<'_>, ix: u32) -> Result<Self, EnvelopeError> {
        Ok(Self {
            receiver_id: fields.text(ix, "RecId")?,
            code: fields.text(ix, "Code")?,
            info: fields.maybe_text(ix, "Info")?,
            note: fields.maybe_text(ix, "Note")?,
        })
    }
}

impl TransInfo {
    pub(super) fn read(fields: &Fields<'_>, ix: u32) -> Result<Self, EnvelopeError> {
        let receivers = fields.one(ix, "ReceiverIds")?;
        let receiver_ids: Vec<String> = fields.all(receivers, "ReceiverId").map(|ix| fields.value(ix)).collect();
        if receiver_ids.is_empty() {
            return Err(fields.missing(receivers, "ReceiverId"));
        }
        Ok(Self {
            cop_msg_id: fields.text(ix, "CopMsgId")?,
            sender_id: fields.text(ix, "SenderId")?,
            receiver_ids,
            // xs:dateTime allows white space around it.
            creat_time: fields.text(ix, "CreatTime")?.trim().to_owned(),
            msg_type: fields.text(ix, "MsgType")?,
        })
    }
}
