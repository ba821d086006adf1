//! The one strict reader of XML 1.0 with namespaces, for messages and for their signatures alike.
//!
//! [`Reader`] goes through a text and gives its [`Item`]s one by one, borrowed from the text; it refuses everything that
//! is not well-formed, document types, and whatever exceeds the [`Limits`] of the kind of document. Who wants to see the
//! items that somebody else reads implements [`Observer`]. The crate does no I/O and decodes nothing.
//!
//! ```
//! use cebridge_xml::{Item, Limits, Reader};
//!
//! let mut reader = Reader::new("<a xmlns='urn:a'>1</a>", &Limits::MESSAGE)?;
//! let Item::Start(start) = reader.read()? else { unreachable!() };
//! assert_eq!((reader.namespace(start.id), reader.local(start.id)), ("urn:a", "a"));
//! # Ok::<(), cebridge_xml::Error>(())
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

mod attributes;
mod chars;
mod declaration;
mod error;
mod item;
mod limits;
mod markup;
mod names;
mod observe;
mod position;
mod quotes;
mod reader;
mod reference;
mod tokens;

pub use chars::{is_char, is_name, is_space};
pub use declaration::Declaration;
pub use error::{Error, ErrorKind, shown};
pub use item::{Attribute, Item, Start, Text};
pub use limits::Limits;
pub use names::{Binding, NameId, lookup};
pub use observe::Observer;
pub use position::{Position, PositionIndex, position_behind};
pub use reader::Reader;
