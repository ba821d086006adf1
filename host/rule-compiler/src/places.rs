//! The places of one message as a tree, in which rules look up fields and determine what is visible.

use crate::expr::Refusal;
use crate::near::{did_you_mean, nearest};
use crate::structure::Structure;
use cebridge_rule_core::program::{Content, DeclId, Particle, Term, Type};
use std::collections::BTreeMap;

/// Content nested deeper than this is omitted; the structure itself has no cycles.
const MAX_NESTING: usize = 48;

/// An element or attribute at one place of a message.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) decl: DeclId,
    /// Position of the parent; the root is its own parent.
    pub(crate) parent: usize,
    /// Name; attributes start with `@`.
    pub(crate) name: String,
    /// Path below the root; empty for the root.
    pub(crate) path: String,
    /// `true` if it may occur more than once in its parent.
    pub(crate) repeated: bool,
    pub(crate) attribute: bool,
    /// `true` if it holds text.
    pub(crate) leaf: bool,
    /// `true` if its content has a fixed order.
    pub(crate) ordered: bool,
}

/// All places of a message, in document order.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) list: Vec<Place>,
    by_path: BTreeMap<String, usize>,
    /// Number of places of each declaration.
    pub(crate) uses: BTreeMap<DeclId, usize>,
}

impl Places {
    /// Collects the places below a root.
    pub(crate) fn of(structure: &Structure, root: DeclId) -> Self {
        let mut places = Self {
            list: Vec::new(),
            by_path: BTreeMap::new(),
            uses: BTreeMap::new(),
        };
        places.add(structure, root, 0, String::new(), false, false);
        places.fill(structure, 0, 0);
        places
    }

    fn add(
        &mut self,
        structure: &Structure,
        decl: DeclId,
        parent: usize,
        name: String,
        repeated: bool,
        attribute: bool,
    ) -> usize {
        let path = match self.list.get(parent) {
            Some(parent) if parent.path.is_empty() => name.clone(),
            Some(parent) => format!("{}/{name}", parent.path),
            None => String::new(),
        };
        let (leaf, ordered) = match type_of(structure, decl) {
            Some(Type::Simple(_)) => (true, true),
            Some(Type::Complex(complex)) => (
                matches!(complex.content, Content::Simple(_)),
                !matches!(complex.content, Content::Model(_)),
            ),
            Some(Type::Any) | None => (false, true),
        };
        let index = self.list.len();
        self.by_path.entry(path.clone()).or_insert(index);
        *self.uses.entry(decl).or_default() += 1;
        self.list.push(Place {
            decl,
            parent,
            name,
            path,
            repeated,
            attribute,
            leaf,
            ordered,
        });
        index
    }

    fn fill(&mut self, structure: &Structure, index: usize, nesting: usize) {
        let Some(Type::Complex(complex)) = self.list.get(index).and_then(|place| type_of(structure, place.decl)) else {
            return;
        };
        if nesting > MAX_NESTING {
            return;
        }
        for attribute in &complex.attributes {
            let name = format!("@{}", local(structure, attribute.decl));
            self.add(structure, attribute.decl, index, name, false, true);
        }
        let mut children = Vec::new();
        match &complex.content {
            Content::Empty | Content::Simple(_) => {}
            Content::Sequence(slots) => children.extend(slots.iter().map(|slot| (slot.decl, slot.max != Some(1)))),
            Content::Model(particle) => collect(particle, false, &mut children),
        }
        for (decl, repeated) in children {
            let child = self.add(
                structure,
                decl,
                index,
                local(structure, decl).to_owned(),
                repeated,
                false,
            );
            self.fill(structure, child, nesting + 1);
        }
    }

    /// Returns the place with exactly this path below the root.
    pub(crate) fn at(&self, path: &str) -> Option<usize> {
        self.by_path.get(if path == "(root)" { "" } else { path }).copied()
    }

    /// Like [`Places::at`], for a path that must exist.
    pub(crate) fn must(&self, path: &str) -> Result<usize, Refusal> {
        self.at(path).ok_or_else(|| Refusal {
            message: format!("there is no {path} in this message"),
            hint: self
                .near(path, 0)
                .or_else(|| Some("paths begin below the root: Order/OrderHead/orderNo".to_owned())),
        })
    }

    /// Returns the places whose path ends with these names, one for each declaration.
    pub(crate) fn ending(&self, suffix: &str) -> Vec<usize> {
        let tail = format!("/{suffix}");
        let mut seen = Vec::new();
        let mut out = Vec::new();
        for (index, place) in self.list.iter().enumerate() {
            if (place.path == suffix || place.path.ends_with(&tail)) && !seen.contains(&place.decl) {
                seen.push(place.decl);
                out.push(index);
            }
        }
        out
    }

    /// Returns the nearest repeated ancestor-or-self below the root, else the root.
    pub(crate) fn trigger(&self, on: usize) -> usize {
        self.ancestry(on)
            .into_iter()
            .find(|index| *index == 0 || self.list[*index].repeated)
            .unwrap_or(0)
    }

    /// Returns the place itself, its parent, and so on up to the root.
    pub(crate) fn ancestry(&self, from: usize) -> Vec<usize> {
        let mut out = vec![from];
        let mut at = from;
        while at != 0 {
            at = self.list[at].parent;
            out.push(at);
        }
        out
    }

    /// Resolves a name for a rule on `on`: below `on`, else below its parent, and so on up to the root.
    pub(crate) fn resolve(&self, on: usize, name: &str) -> Option<usize> {
        self.ancestry(on).into_iter().find_map(|ancestor| {
            let base = &self.list[ancestor].path;
            let path = if base.is_empty() {
                name.to_owned()
            } else {
                format!("{base}/{name}")
            };
            self.at(&path)
        })
    }

    /// Suggests names that a rule on `on` may have meant.
    pub(crate) fn suggest(&self, name: &str, on: usize) -> Option<String> {
        self.near(name, on)
            .or_else(|| Some("names are paths below the element of the rule, or below one of its parents".to_owned()))
    }

    fn near(&self, name: &str, on: usize) -> Option<String> {
        let ancestry = self.ancestry(on);
        // For each place, the shortest name by which the rule can reach it.
        let reachable: Vec<String> = self
            .list
            .iter()
            .enumerate()
            .skip(1)
            .filter_map(|(index, place)| {
                let base = self
                    .ancestry(index)
                    .into_iter()
                    .skip(1)
                    .find(|ancestor| ancestry.contains(ancestor))?;
                let base = &self.list[base].path;
                Some(if base.is_empty() {
                    place.path.clone()
                } else {
                    place.path[base.len() + 1..].to_owned()
                })
            })
            .collect();
        let last = name.rsplit('/').next().unwrap_or(name);
        let same: Vec<String> = reachable
            .iter()
            .filter(|known| known.as_str() != name && last_of(known) == last)
            .take(3)
            .cloned()
            .collect();
        let near = nearest(name, reachable.iter().map(String::as_str));
        let near = if near.is_empty() { same } else { near };
        if !near.is_empty() {
            return did_you_mean(&near);
        }
        let lasts = nearest(last, reachable.iter().map(|known| last_of(known)));
        let paths: Vec<String> = reachable
            .iter()
            .filter(|known| lasts.iter().any(|near| last_of(known) == near))
            .take(3)
            .cloned()
            .collect();
        did_you_mean(&paths)
    }
}

fn last_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn type_of(structure: &Structure, decl: DeclId) -> Option<&Type> {
    structure
        .decls
        .get(usize::from(decl))
        .and_then(|decl| structure.types.get(usize::from(decl.ty)))
}

fn local(structure: &Structure, decl: DeclId) -> &str {
    structure
        .decls
        .get(usize::from(decl))
        .map_or("", |decl| structure.interner.local(decl.name))
}

/// Collects the elements of a content model, each once; those at several positions count as repeated.
fn collect(particle: &Particle, inside_repeat: bool, out: &mut Vec<(DeclId, bool)>) {
    let repeats = inside_repeat || particle.max != Some(1);
    match &particle.term {
        Term::Element(decl) => match out.iter_mut().find(|(known, _)| known == decl) {
            Some((_, repeated)) => *repeated = true,
            None => out.push((*decl, repeats)),
        },
        Term::Sequence(inner) | Term::Choice(inner) => inner.iter().for_each(|inner| collect(inner, repeats, out)),
        Term::Any { .. } => {}
    }
}
