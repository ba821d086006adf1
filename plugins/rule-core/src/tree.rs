//! A message as a tree of elements and attributes: the one walk through content models.

use crate::program::{Content, Decl, DeclId, NameId, Particle, Program, Term, Type};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What is nested deeper than this is left out, so that no pack can overflow the stack: elements below the root, and the
/// parts of one content model. Those of the specification have nine levels and three.
const MAX_DEPTH: usize = 32;

/// An attribute or element as its parent allows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Its declaration.
    pub decl: DeclId,
    /// `true` for an attribute.
    pub attribute: bool,
    /// Minimum number of occurrences in its parent; 0 if a choice or an optional part of a model may leave it out.
    pub min: u32,
    /// Maximum number of occurrences there; `None` is unlimited. A repeated part of a model multiplies it.
    pub max: Option<u32>,
    /// `true` if its neighbours decide whether it must occur: a choice, or an optional part of a model.
    pub in_model: bool,
    /// `true` if it may occur more than once, or at several positions of a model.
    pub repeated: bool,
}

impl Part {
    fn element(decl: DeclId, min: u32, max: Option<u32>) -> Self {
        Self {
            decl,
            attribute: false,
            min,
            max,
            in_model: false,
            repeated: max != Some(1),
        }
    }
}

impl Type {
    /// Returns what may occur directly in it: attributes, then elements in the order of the content model, each once.
    #[must_use]
    pub fn parts(&self) -> Vec<Part> {
        let Self::Complex(complex) = self else {
            return Vec::new();
        };
        let attributes = complex.attributes.iter().map(|attribute| Part {
            attribute: true,
            ..Part::element(attribute.decl, u32::from(attribute.required), Some(1))
        });
        let mut parts: Vec<Part> = attributes.collect();
        match &complex.content {
            Content::Empty | Content::Simple(_) => {}
            Content::Sequence(slots) => {
                parts.extend(slots.iter().map(|slot| Part::element(slot.decl, slot.min, slot.max)));
            }
            Content::Model(particle) => {
                let mut elements = Vec::new();
                collect(particle, true, Some(1), MAX_DEPTH, &mut elements);
                parts.append(&mut elements);
            }
        }
        parts
    }
}

/// Collects the elements of a model. `certain`: the particle occurs whenever its parent does; `times`: how often.
fn collect(particle: &Particle, certain: bool, times: Option<u32>, nesting: usize, out: &mut Vec<Part>) {
    let certain = certain && particle.min > 0;
    let max = times.zip(particle.max).map(|(times, max)| times.saturating_mul(max));
    match &particle.term {
        Term::Element(decl) => match out.iter_mut().find(|part| part.decl == *decl) {
            Some(known) => {
                known.max = known.max.zip(max).map(|(known, max)| known.max(max));
                known.repeated = true;
            }
            None => out.push(Part {
                in_model: !certain && particle.min > 0,
                ..Part::element(*decl, if certain { particle.min } else { 0 }, max)
            }),
        },
        Term::Sequence(inner) | Term::Choice(inner) if nesting > 0 => {
            let chosen = matches!(particle.term, Term::Choice(_)) && inner.len() != 1;
            for part in inner {
                collect(part, certain && !chosen, max, nesting - 1, out);
            }
        }
        Term::Sequence(_) | Term::Choice(_) | Term::Any { .. } => {}
    }
}

/// What an element or attribute may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Text.
    Text,
    /// Elements in a fixed order, or nothing.
    Sequence,
    /// Elements by a model of choices, wildcards or nested parts.
    Model,
    /// Anything.
    Anything,
}

impl Holds {
    fn of(ty: &Type) -> Self {
        match ty {
            Type::Simple(_) => Self::Text,
            Type::Any => Self::Anything,
            Type::Complex(complex) => match complex.content {
                Content::Simple(_) => Self::Text,
                Content::Model(_) => Self::Model,
                Content::Empty | Content::Sequence(_) => Self::Sequence,
            },
        }
    }
}

/// A place of a message where an element or attribute may occur.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What its parent says of it; the root occurs once.
    pub part: Part,
    /// Position of its parent in the tree; the root is its own parent.
    pub parent: usize,
    /// Position among the elements or attributes of its parent, from 1.
    pub position: usize,
    /// Levels below the root.
    pub depth: usize,
    /// Local name; attributes begin with `@`.
    pub name: String,
    /// Path below the root, for example `Order/OrderHead/orderNo`; empty for the root.
    pub path: String,
    /// What it holds.
    pub holds: Holds,
}

impl Place {
    /// Returns the path as rules and findings write it: `(root)` for the root.
    #[must_use]
    pub fn shown(&self) -> &str {
        if self.path.is_empty() { "(root)" } else { &self.path }
    }
}

/// All places of a message, in document order: the root first, the attributes of an element before its children. An
/// element inside itself is listed and not entered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldTree {
    places: Vec<Place>,
    by_path: BTreeMap<String, usize>,
}

impl FieldTree {
    /// Returns the tree of the message at this position; empty for an unknown position.
    #[must_use]
    pub fn of(program: &Program, message: usize) -> Self {
        let name = |name: NameId| program.names.get(usize::from(name)).map(|name| name.local.as_str());
        match program.messages.get(message) {
            Some(message) => Self::below(&program.decls, &program.types, name, message.root),
            None => Self::default(),
        }
    }

    /// Returns the tree below a declaration, from the tables of a program that need not be complete yet.
    #[must_use]
    pub fn below<'n>(decls: &[Decl], types: &[Type], name: impl Fn(NameId) -> Option<&'n str>, root: DeclId) -> Self {
        let mut tree = Self::default();
        let tables = Tables {
            decls,
            types,
            name: &name,
        };
        tree.add(&tables, Part::element(root, 1, Some(1)), 0, 1, 0);
        tree
    }

    fn add(&mut self, tables: &Tables<'_, '_>, part: Part, parent: usize, position: usize, depth: usize) {
        let Some((local, ty)) = tables.get(part.decl) else {
            return;
        };
        let mark = if part.attribute { "@" } else { "" };
        let name = format!("{mark}{local}");
        let path = match self.places.get(parent) {
            Some(parent) if parent.path.is_empty() => name.clone(),
            Some(parent) => format!("{}/{name}", parent.path),
            None => String::new(),
        };
        let index = self.places.len();
        self.by_path.entry(path.clone()).or_insert(index);
        self.places.push(Place {
            part,
            parent,
            position,
            depth,
            name,
            path,
            holds: Holds::of(ty),
        });
        if depth >= MAX_DEPTH || (depth > 0 && self.around(parent).any(|above| above == part.decl)) {
            return;
        }
        let (mut attributes, mut elements) = (0, 0);
        for part in ty.parts() {
            let position = if part.attribute { &mut attributes } else { &mut elements };
            *position += 1;
            self.add(tables, part, index, *position, depth + 1);
        }
    }

    /// Iterates over the declarations of a place and of those around it.
    fn around(&self, place: usize) -> impl Iterator<Item = DeclId> {
        let mut next = Some(place);
        core::iter::from_fn(move || {
            let place = self.places.get(next?)?;
            next = (place.depth > 0).then_some(place.parent);
            Some(place.part.decl)
        })
    }

    /// Returns all places, in document order.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Returns the position of the place with exactly this path; the root's is `(root)` or empty.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<usize> {
        self.by_path.get(if path == "(root)" { "" } else { path }).copied()
    }
}

/// The tables of a program that describe content.
struct Tables<'a, 'n> {
    decls: &'a [Decl],
    types: &'a [Type],
    name: &'a dyn Fn(NameId) -> Option<&'n str>,
}

impl<'a, 'n> Tables<'a, 'n> {
    fn get(&self, decl: DeclId) -> Option<(&'n str, &'a Type)> {
        let decl = self.decls.get(usize::from(decl))?;
        Some(((self.name)(decl.name)?, self.types.get(usize::from(decl.ty))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::testing::*;
    use crate::program::{AttributeUse, Complex};
    use alloc::vec;

    fn complex(attributes: Vec<AttributeUse>, content: Content) -> Type {
        Type::Complex(Complex {
            attributes,
            content,
            mixed: false,
        })
    }

    #[test]
    fn places_come_in_document_order_with_their_paths() {
        let mut schema = Schema::new();
        let guid = schema.attribute("guid", string(0, None));
        let number = schema.field("no", string(0, None));
        let line = schema.group("Line", vec![slot(number, 0, 1)]);
        let content = Content::Sequence(vec![slot(number, 1, 1), slot(line, 1, None)]);
        let guid = AttributeUse {
            decl: guid,
            required: true,
        };
        let root = schema.element("r", complex(vec![guid], content));
        schema.message(root);
        let tree = FieldTree::of(&schema.program, 0);
        let seen: Vec<_> = tree
            .places()
            .iter()
            .map(|place| (place.shown(), place.depth, place.position))
            .collect();
        assert_eq!(
            seen,
            [
                ("(root)", 0, 1),
                ("@guid", 1, 1),
                ("no", 1, 1),
                ("Line", 1, 2),
                ("Line/no", 2, 1)
            ]
        );
        assert_eq!(tree.at("Line/no"), Some(4));
        assert_eq!(tree.at("(root)"), tree.at(""));
        assert_eq!(tree.at("Line/guid"), None);
        assert_eq!(tree.places()[4].parent, 3);
        assert!(tree.places()[3].part.repeated && !tree.places()[4].part.repeated);
        assert!(FieldTree::of(&schema.program, 1).places().is_empty());
    }

    #[test]
    fn a_model_says_what_may_be_left_out_and_what_may_be_repeated() {
        let mut schema = Schema::new();
        let [a, b, c] = ["a", "b", "c"].map(|name| schema.field(name, string(0, None)));
        let one = |decl| particle(Term::Element(decl), 1, 1);
        let choice = particle(Term::Choice(vec![one(b), one(c)]), 1, 2);
        let model = particle(Term::Sequence(vec![one(a), choice, one(c)]), 1, 1);
        let ty = complex(Vec::new(), Content::Model(model));
        let seen: Vec<_> = ty
            .parts()
            .iter()
            .map(|part| (part.decl, part.min, part.max, part.in_model))
            .collect();
        assert_eq!(
            seen,
            [(a, 1, Some(1), false), (b, 0, Some(2), true), (c, 0, Some(2), true)]
        );
        assert_eq!(Holds::of(&ty), Holds::Model);
    }

    #[test]
    fn an_element_inside_itself_is_not_entered() {
        let mut schema = Schema::new();
        let own = DeclId::try_from(schema.program.decls.len()).unwrap();
        let root = schema.group("r", vec![slot(own, 0, 1), slot(own, 0, None)]);
        assert_eq!(root, own);
        schema.message(root);
        let tree = FieldTree::of(&schema.program, 0);
        let paths: Vec<_> = tree.places().iter().map(Place::shown).collect();
        assert_eq!(paths, ["(root)", "r", "r"]);
    }
}
