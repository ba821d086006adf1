//! Watching a reader that somebody else runs.

use crate::item::Item;
use crate::reader::Reader;

/// Sees each item as it is read, so that two parties learn about a document from one reading of its bytes.
pub trait Observer {
    /// Learns, before the first item, the name of the encoding that the bytes of the document were in.
    fn decoded(&mut self, encoding: &str);

    /// Sees the item just read by `reader`, [`Item::Eof`] included.
    fn item(&mut self, reader: &Reader<'_>, item: &Item<'_>);
}

/// Ignores everything.
impl Observer for () {
    fn decoded(&mut self, _: &str) {}

    fn item(&mut self, _: &Reader<'_>, _: &Item<'_>) {}
}
