//! The tree of a message as a list: every element and attribute with its path, in document order.

use crate::catalogue::Lookup;
use cebridge_rule_core::pack::{DeclText, Pack};
use cebridge_rule_core::program::{Content, Decl, DeclId, Name, Particle, Simple, Term, Type};

/// Elements nested deeper than this are left out; those of the specification have six levels.
const MAX_DEPTH: usize = 32;

/// A place in a message where an element or attribute may occur.
#[derive(Debug, Clone)]
pub struct Field<'p> {
    /// Path below the root, `(root)` for the root itself; attributes begin with `@`.
    pub path: String,
    /// Path of its parent element; empty for the root.
    pub parent: String,
    /// Local name; attributes begin with `@`.
    pub name: String,
    /// Position among the elements (or attributes) of its parent, from 1.
    pub position: usize,
    /// Levels below the root.
    pub depth: usize,
    /// Minimum number of occurrences in its parent, by the schema.
    pub min: u32,
    /// Maximum number of occurrences there; `None` is unlimited.
    pub max: Option<u32>,
    /// Set if it is in a choice or an optional part of a model, so that its occurrence depends on its neighbours.
    pub in_model: bool,
    /// Its content.
    pub value: Value<'p>,
    /// Its declaration.
    pub decl: DeclId,
    pub(crate) declared: &'p Decl,
    pub(crate) text: &'p DeclText,
}

/// Content of an element or attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'p> {
    /// Text with facets; `true` if the element also has attributes.
    Simple(&'p Simple, bool),
    /// Elements, or nothing.
    Group {
        /// Text may occur between the elements.
        mixed: bool,
        /// Elements not named in the schema may occur in it.
        open: bool,
    },
    /// Anything.
    Any,
}

impl Field<'_> {
    /// Returns `true` for the root element.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.parent.is_empty()
    }

    /// Returns its occurrence in the notation of rule source: `1`, `0..1`, `1..99`, `0..*`.
    #[must_use]
    pub fn occurs(&self) -> String {
        occurs(self.min, self.max)
    }
}

/// Formats an occurrence in the notation of rule source.
pub(crate) fn occurs(min: u32, max: Option<u32>) -> String {
    match max {
        Some(max) if max == min => max.to_string(),
        Some(max) => format!("{min}..{max}"),
        None => format!("{min}..*"),
    }
}

/// Returns every place of a message, the root first.
pub(crate) fn of(pack: &Pack, message: usize) -> Vec<Field<'_>> {
    let mut out = Vec::new();
    if let Some(message) = pack.program.messages.get(message) {
        let place = Place {
            decl: message.root,
            min: 1,
            max: Some(1),
            in_model: false,
            attribute: false,
        };
        walk(pack, &place, "", 1, 0, &mut out);
    }
    out
}

/// A declaration with its occurrence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) decl: DeclId,
    pub(crate) min: u32,
    pub(crate) max: Option<u32>,
    pub(crate) in_model: bool,
    pub(crate) attribute: bool,
}

fn walk<'p>(pack: &'p Pack, place: &Place, parent: &str, position: usize, depth: usize, out: &mut Vec<Field<'p>>) {
    let (Some(declared), Some(text), Some(Name { local, .. }), Some(ty)) = (
        pack.decl(place.decl),
        pack.text(place.decl),
        pack.name(place.decl),
        pack.type_of(place.decl),
    ) else {
        return;
    };
    let name = if place.attribute {
        format!("@{local}")
    } else {
        local.clone()
    };
    let path = match parent {
        "" => "(root)".to_owned(),
        "(root)" => name.clone(),
        parent => format!("{parent}/{name}"),
    };
    out.push(Field {
        path: path.clone(),
        parent: parent.to_owned(),
        name,
        position,
        depth,
        min: place.min,
        max: place.max,
        in_model: place.in_model,
        value: value(ty),
        decl: place.decl,
        declared,
        text,
    });
    if depth >= MAX_DEPTH {
        return;
    }
    let (attributes, elements) = inside(ty);
    for (position, place) in attributes.iter().enumerate() {
        walk(pack, place, &path, position + 1, depth + 1, out);
    }
    for (position, place) in elements.iter().enumerate() {
        walk(pack, place, &path, position + 1, depth + 1, out);
    }
}

fn value(ty: &Type) -> Value<'_> {
    match ty {
        Type::Simple(simple) => Value::Simple(simple, false),
        Type::Any => Value::Any,
        Type::Complex(complex) => match &complex.content {
            Content::Simple(simple) => Value::Simple(simple, true),
            _ => Value::Group {
                mixed: complex.mixed,
                open: is_open(ty),
            },
        },
    }
}

/// Returns the attributes and elements that may occur directly in a type.
pub(crate) fn inside(ty: &Type) -> (Vec<Place>, Vec<Place>) {
    let Type::Complex(complex) = ty else {
        return (Vec::new(), Vec::new());
    };
    let attribute = |attribute: &cebridge_rule_core::program::AttributeUse| Place {
        decl: attribute.decl,
        min: u32::from(attribute.required),
        max: Some(1),
        in_model: false,
        attribute: true,
    };
    let attributes = complex.attributes.iter().map(attribute).collect();
    let mut elements = Vec::new();
    match &complex.content {
        Content::Empty | Content::Simple(_) => {}
        Content::Sequence(slots) => elements.extend(slots.iter().map(|slot| Place {
            decl: slot.decl,
            min: slot.min,
            max: slot.max,
            in_model: false,
            attribute: false,
        })),
        Content::Model(particle) => particles(particle, true, Some(1), &mut elements),
    }
    (attributes, elements)
}

/// Collects the elements of a model. One that may be missing while its parent is present gets a minimum of 0; a
/// repeated part multiplies the maximum.
fn particles(particle: &Particle, certain: bool, times: Option<u32>, out: &mut Vec<Place>) {
    let certain = certain && particle.min > 0;
    let product = times.zip(particle.max).map(|(times, max)| times.saturating_mul(max));
    match &particle.term {
        Term::Element(decl) => match out.iter_mut().find(|place| place.decl == *decl) {
            // The same element in two branches of a choice.
            Some(known) => known.max = known.max.zip(product).map(|(known, max)| known.max(max)),
            None => out.push(Place {
                decl: *decl,
                min: if certain { particle.min } else { 0 },
                max: product,
                in_model: !certain && particle.min > 0,
                attribute: false,
            }),
        },
        Term::Sequence(inner) => {
            for part in inner {
                particles(part, certain, product, out);
            }
        }
        Term::Choice(inner) => {
            for part in inner {
                particles(part, certain && inner.len() == 1, product, out);
            }
        }
        Term::Any { .. } => {}
    }
}

/// Returns `true` if elements not named in the schema may occur in the type.
pub(crate) fn is_open(ty: &Type) -> bool {
    match ty {
        Type::Complex(complex) => matches!(&complex.content, Content::Model(particle) if has_wildcard(particle)),
        _ => false,
    }
}

fn has_wildcard(particle: &Particle) -> bool {
    match &particle.term {
        Term::Element(_) => false,
        Term::Sequence(inner) | Term::Choice(inner) => inner.iter().any(has_wildcard),
        Term::Any { .. } => true,
    }
}
