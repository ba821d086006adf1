//! Reads files from the exchange platform once, leniently, and classifies them by the name of their root element.
//!
//! Only this entry point is lenient. Faults that customs and the queues before it are known to cause are forgiven and
//! reported: NUL bytes and white space around a message, headers of IBM MQ, white space around values, a declared
//! encoding that does not match the bytes. Everything else about XML is checked as strictly as elsewhere.

mod content;
mod error;
mod leniency;

pub use content::Content;
pub use error::ArrivalError;
pub use leniency::{Forgiven, Leniency};

use crate::document::{Document, HAS_CHILDREN};
use crate::element::Element;
use crate::envelope::{DXP_NAMESPACE, Envelope, PlatformReply};
use crate::error::ReadErrorKind;
use crate::read;
use cebridge_xml::{ErrorKind, Limits};

/// Content of a file from the exchange platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrived {
    /// DxpRep: the platform's own reply to an envelope.
    Reply(ArrivedReply),
    /// A business message, bare or taken out of its envelope.
    Message(ArrivedMessage),
}

/// A DxpRep, and the faults forgiven to read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrivedReply {
    /// The reply; its values have no white space around them.
    pub reply: PlatformReply,
    /// For the log.
    pub leniencies: Vec<Leniency>,
}

/// A business message, and the faults forgiven to read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrivedMessage {
    /// Local name of the root element, for example `CEB622Message`. It is not checked against any edition.
    pub root: String,
    /// The children of the root element, in document order, whatever they are. Texts and attribute values are trimmed
    /// of white space, including the no-break space and the ideographic space.
    pub records: Vec<Element>,
    /// The head of the message's envelope; `None` if it came without one.
    pub envelope: Option<ArrivedEnvelope>,
    /// For the log.
    pub leniencies: Vec<Leniency>,
}

/// Data from the head of an envelope about the message inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrivedEnvelope {
    /// `CopMsgId`: the message's id on the platform.
    pub cop_msg_id: String,
    /// `MsgType`, for example `CEB622Message`.
    pub msg_type: String,
}

/// Reads a file from the exchange platform: a DxpMsg (alone or in a DxpMsgSv) around a message or a DxpRep, a bare
/// message, or a bare DxpRep. Elements of envelopes are found by their local names.
///
/// # Errors
/// Content that is not XML, with its type; XML that is not well-formed or beyond the limits; an envelope that lacks an
/// element or whose `Data` is not base64; an envelope inside an envelope.
pub fn arrived(bytes: &[u8], limits: &Limits) -> Result<Arrived, ArrivalError> {
    let mut leniencies = Vec::new();
    let document = open(bytes, limits, false, &mut leniencies)?;
    if !is_envelope(&document) {
        return sorted(&document, None, false, leniencies);
    }
    let envelope = Envelope::from_lenient(&document)?;
    foreign_namespace(&document, false, &mut leniencies);
    let inside = |error| ArrivalError::Inside(Box::new(error));
    let document = open(&envelope.data, limits, true, &mut leniencies).map_err(inside)?;
    if is_envelope(&document) {
        let root = document.root_name().local.clone();
        return Err(inside(ArrivalError::Nested { root }));
    }
    let head = ArrivedEnvelope {
        cop_msg_id: envelope.cop_msg_id,
        msg_type: envelope.msg_type,
    };
    sorted(&document, Some(head), true, leniencies).map_err(inside)
}

/// Parses a document; identifies content that is not XML at all.
fn open(bytes: &[u8], limits: &Limits, inside: bool, leniencies: &mut Vec<Leniency>) -> Result<Document, ArrivalError> {
    let (document, forgiven) = read::lenient_document(bytes, limits).map_err(|error| {
        let content = match error.kind {
            ReadErrorKind::Xml(ErrorKind::TooLarge { .. }) => None,
            _ => Content::of(bytes),
        };
        content.map_or(ArrivalError::Read(error), ArrivalError::NotXml)
    })?;
    if document.root_name().local.eq_ignore_ascii_case("html") {
        return Err(ArrivalError::NotXml(Content::Html));
    }
    leniencies.extend(forgiven.into_iter().map(|forgiven| Leniency { inside, forgiven }));
    Ok(document)
}

fn is_envelope(document: &Document) -> bool {
    matches!(document.root_name().local.as_str(), "DxpMsg" | "DxpMsgSv")
}

/// Classifies a document that is not an envelope.
fn sorted(
    document: &Document,
    envelope: Option<ArrivedEnvelope>,
    inside: bool,
    mut leniencies: Vec<Leniency>,
) -> Result<Arrived, ArrivalError> {
    let forgiven = padded(document);
    leniencies.extend(forgiven.map(|forgiven| Leniency { inside, forgiven }));
    if document.root_name().local == "DxpRep" {
        let reply = PlatformReply::from_lenient(document)?;
        foreign_namespace(document, inside, &mut leniencies);
        return Ok(Arrived::Reply(ArrivedReply { reply, leniencies }));
    }
    let record = |ix| {
        let mut record = Element::from_document(document, ix);
        trim(&mut record);
        record
    };
    Ok(Arrived::Message(ArrivedMessage {
        root: document.root_name().local.clone(),
        records: document.children(0).map(record).collect(),
        envelope,
        leniencies,
    }))
}

fn trim(element: &mut Element) {
    let trimmed = |text: &mut String| {
        if text.trim().len() != text.len() {
            *text = text.trim().to_owned();
        }
    };
    trimmed(&mut element.text);
    element.attributes.iter_mut().for_each(|(_, value)| trimmed(value));
    element.children.iter_mut().for_each(trim);
}

/// Counts the values with white space around them. The layout between elements is not a value.
fn padded(document: &Document) -> Option<Forgiven> {
    let nodes = document.nodes().iter().zip(0_u32..);
    let leaves = nodes.filter(|(node, _)| node.flags & HAS_CHILDREN == 0);
    let mut padded = leaves.filter(|(_, ix)| {
        let value = document.value(*ix);
        value.trim().len() != value.len()
    });
    let (_, first) = padded.next()?;
    Some(Forgiven::Space {
        values: padded.count() + 1,
        first: document.path(first),
    })
}

/// Records an envelope or a reply outside its proper namespace.
fn foreign_namespace(document: &Document, inside: bool, leniencies: &mut Vec<Leniency>) {
    let namespace = &document.root_name().namespace;
    if namespace != DXP_NAMESPACE {
        let namespace = namespace.clone();
        let forgiven = Forgiven::Namespace { namespace };
        leniencies.push(Leniency { inside, forgiven });
    }
}
