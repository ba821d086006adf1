//! For tests only: messages made from a pack's catalogue, written in every legal way, and broken in every likely one.
//!
//! * [`message`] makes a valid message of any kind from the catalogue: lengths and digits at their borders, odd but
//!   legal forms of numbers, times and base64, all choices of the signature, foreign content in wildcards.
//! * [`render`] writes such a [`Tree`] as XML with other prefixes, quotes, references, CDATA, comments and white space;
//!   [`Tree::to_element`] is the tree that the writer takes.
//! * [`MUTATIONS`] break it in ways that validators are known to trip over; [`shred`] makes bytes of it that are nearly XML.
//!
//! Everything follows from a seed; there is no I/O.

mod foreign;
mod generate;
mod mutate;
mod random;
mod render;
mod tree;
mod values;

pub use generate::{Options, message};
pub use mutate::{MUTATIONS, Mutation, shred};
pub use random::Random;
pub use render::{Form, render};
pub use tree::{Attribute, Item, Name, Tree, XML_NAMESPACE, XMLNS_NAMESPACE};
