//! XML in and out: reading, writing and DXP envelopes of CEB messages, without I/O.
//!
//! [`Document::parse`] reads any message into a flat table of nodes, on top of the reader in `cebridge_xml`; [`Element`] is the small tree that mappers and
//! renderers fill; [`write()`] serialises such a tree to canonical bytes; [`wrap`] and [`unwrap`] put a message into a
//! DXP envelope and take it out again. All of these are strict; only [`arrived()`], for input from customs, is lenient.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

mod arrived;
mod document;
mod element;
mod envelope;
mod error;
mod mask;
mod read;
mod write;

pub use arrived::{
    ArrivalError, Arrived, ArrivedEnvelope, ArrivedMessage, ArrivedReply, Content, Forgiven, Leniency, arrived,
};
pub use cebridge_xml::{ErrorKind, Limits, Position};
pub use document::{ATTRIBUTE, Document, HAS_CHILDREN, HAS_TEXT, Node, QName, XSI_TYPED};
pub use element::Element;
pub use envelope::{
    Base64Problem, DXP_NAMESPACE, Envelope, EnvelopeError, PlatformReply, Response, ResponseResult, TransInfo,
    enclosed, unwrap, wrap,
};
pub use error::{ReadError, ReadErrorKind};
pub use mask::{mask, mask_identities};
pub use read::Encoding;
pub use write::{Layout, LayoutElement, WriteError, XSI_NAMESPACE, write};
