//! Queries on a pack's catalogue.

use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::program::{Content, DeclId, Particle, Term, Type};

/// Number of fields (elements and attributes that carry a value) of a message, shared blocks included.
#[must_use]
pub fn fields(pack: &Pack, message: usize) -> usize {
    pack.program
        .messages
        .get(message)
        .map_or(0, |message| below(pack, message.root, 0))
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
    let ty = pack
        .program
        .decl(parent)
        .and_then(|decl| pack.program.types.get(usize::from(decl.ty)));
    // Documents of the specification are plain sequences, three levels deep.
    let Some(Type::Complex(complex)) = ty.filter(|_| depth < 4) else {
        return false;
    };
    let Content::Sequence(slots) = &complex.content else {
        return false;
    };
    match slots.iter().find(|slot| slot.decl == element) {
        Some(slot) => slot.min > 0,
        None => slots.iter().any(|slot| demanded(pack, slot.decl, element, depth + 1)),
    }
}

fn below(pack: &Pack, decl: DeclId, depth: usize) -> usize {
    let ty = pack
        .program
        .decls
        .get(usize::from(decl))
        .and_then(|decl| pack.program.types.get(usize::from(decl.ty)));
    let Some(Type::Complex(complex)) = ty else { return 1 };
    if depth > 32 {
        return 0;
    }
    let inside = match &complex.content {
        Content::Empty => 0,
        Content::Simple(_) => 1,
        Content::Sequence(slots) => slots.iter().map(|slot| below(pack, slot.decl, depth + 1)).sum(),
        Content::Model(particle) => of_particle(pack, particle, depth + 1),
    };
    complex.attributes.len() + inside
}

fn of_particle(pack: &Pack, particle: &Particle, depth: usize) -> usize {
    match &particle.term {
        Term::Element(decl) => below(pack, *decl, depth),
        Term::Sequence(parts) | Term::Choice(parts) => parts.iter().map(|part| of_particle(pack, part, depth)).sum(),
        Term::Any { .. } => 0,
    }
}
