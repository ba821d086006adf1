//! Finds messages in the catalogue of a pack.

use crate::pack::Pack;

impl Pack {
    /// Returns position and code of the message with this root element.
    #[must_use]
    pub fn message_of_root(&self, root: &str) -> Option<(usize, &str)> {
        let mut catalogue = self.catalogue();
        let found = catalogue.find(|(_, message, _)| self.program.local_name(message.root) == Some(root))?;
        Some((found.0, &found.1.code))
    }
}
