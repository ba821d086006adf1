//! Queries on a pack's catalogue.

use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::program::DeclId;
use cebridge_rule_core::tree::{FieldTree, Holds, Place};

/// Number of fields (elements and attributes that carry a value) of a message, shared blocks included.
#[must_use]
pub fn fields(pack: &Pack, message: usize) -> usize {
    let tree = FieldTree::of(&pack.program, message);
    let carries = |place: &&Place| matches!(place.holds, Holds::Text | Holds::Anything);
    tree.places().iter().filter(carries).count()
}

/// Direction of a message: `import`, `export` or `both`; empty if the message does not exist.
#[must_use]
pub fn direction<'a>(pack: &'a Pack, message: &str) -> &'a str {
    pack.message(message)
        .and_then(|index| pack.messages.get(index))
        .map_or("", |text| text.direction.as_str())
}

/// Maximum number of documents in a message: the schema's limit (100 for most messages, 1 for a warehouse entry,
/// CEB711), but at most `wanted` and at least 1.
#[must_use]
pub fn documents_per_message(pack: &Pack, message: &str, wanted: usize) -> usize {
    let most = pack.message(message).and_then(|index| {
        let root = pack.program.messages.get(index)?.root;
        let document = pack.messages.get(index)?.document;
        let mut inside = pack.program.parts_of(root).into_iter();
        inside.find(|part| part.decl == document)?.max
    });
    let most = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(wanted);
    wanted.min(most).max(1)
}

/// Returns `true` if the schema requires the element in its parent.
#[must_use]
pub fn is_required(pack: &Pack, message: usize, element: DeclId) -> bool {
    pack.program
        .messages
        .get(message)
        .is_some_and(|message| demanded(pack, message.root, element, 0))
}

fn demanded(pack: &Pack, parent: DeclId, element: DeclId, depth: usize) -> bool {
    let parts = pack.program.parts_of(parent);
    match parts.iter().find(|part| part.decl == element) {
        Some(part) => part.min > 0,
        // Documents of the specification are three levels deep.
        None => depth < 4 && parts.iter().any(|part| demanded(pack, part.decl, element, depth + 1)),
    }
}
