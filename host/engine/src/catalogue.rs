//! Questions about the catalogue of a pack.

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
