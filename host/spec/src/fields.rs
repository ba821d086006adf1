//! The tree of a message as a list: every element and attribute with its path, in document order.

use crate::lookup::Lookup;
use cebridge_rule_core::pack::{DeclText, Pack};
use cebridge_rule_core::program::{Content, Decl, DeclId, Particle, Simple, Term, Type};
use cebridge_rule_core::tree::{FieldTree, Place};

/// A place in a message where an element or attribute may occur, with its texts.
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
    let tree = FieldTree::of(&pack.program, message);
    let places = tree.places().iter();
    let field = |place: &Place| {
        let parent = tree.places().get(place.parent).filter(|_| place.depth > 0);
        Some(Field {
            path: place.shown().to_owned(),
            parent: parent.map_or("", Place::shown).to_owned(),
            name: place.name.clone(),
            position: place.position,
            depth: place.depth,
            min: place.part.min,
            max: place.part.max,
            in_model: place.part.in_model,
            value: value(pack.type_of(place.part.decl)?),
            decl: place.part.decl,
            declared: pack.decl(place.part.decl)?,
            text: pack.text(place.part.decl)?,
        })
    };
    places.filter_map(field).collect()
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
