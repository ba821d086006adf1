//! The forms in which two documents are written as one message.

use crate::layout::layout;
use crate::side_by_side::ROOT;
use cebridge_message::Layout;
use cebridge_rule_core::pack::{Pack, Pair};
use cebridge_rule_core::program::NameId;

/// Form in which two documents are written as one.
#[derive(Debug)]
pub(crate) struct PairForm {
    pub(crate) code: String,
    /// Position of the artificial message.
    pub(crate) message: usize,
    /// Name of the root.
    pub(crate) root: NameId,
    pub(crate) layout: Layout,
}

impl PairForm {
    /// Returns the forms of all pairs of a pack.
    pub(crate) fn all(pack: &Pack) -> Vec<Self> {
        pack.pairs.iter().filter_map(|pair| Self::of(pack, pair)).collect()
    }

    fn of(pack: &Pack, pair: &Pair) -> Option<Self> {
        let message = pack.message(&pair.code)?;
        let root = pack.program.decl(pack.program.messages.get(message)?.root)?.name;
        let mut layout = layout(&pack.program, message)?;
        ROOT.clone_into(&mut layout.elements.get_mut(layout.root)?.local);
        Some(Self {
            code: pair.code.clone(),
            message,
            root,
            layout,
        })
    }
}
