//! Matches the children of a general content model: choices, wildcards and nested groups.
//!
//! A model is deterministic (XSD's unique particle attribution), so the first particle that accepts an element is the
//! only one. The state is the path of particles from the model down to the one that accepted the last element, and the
//! number of times each has been entered.

use super::findings::Findings;
use crate::batch::NodeRecord;
use crate::program::{DeclId, Particle, Program, Term};
use crate::schema_rules::SchemaRule;
use alloc::vec::Vec;

/// Models nested deeper than this accept no elements; those of the specification have three levels.
const MAX_NESTING: usize = 16;

/// A particle on the path to the last element.
pub(super) struct Level<'a> {
    particle: &'a Particle,
    /// Number of times the particle has been entered.
    count: u32,
    /// Index of the entered particle in a sequence.
    index: usize,
}

/// Result of placing an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placed {
    Element(DeclId),
    /// Accepted by a wildcard; not judged.
    Wildcard,
    Nowhere,
}

/// A position in a content model.
pub(super) struct ModelCursor<'a> {
    model: &'a Particle,
    /// Start of the path in the levels of the walk.
    base: usize,
    last: Option<DeclId>,
}

/// The search for a place for an element.
struct Search<'a, 'b> {
    program: &'b Program,
    record: &'b NodeRecord,
    /// Required particles may be skipped on the way to an element (but not to a wildcard or a new round).
    loose: bool,
    /// The path below the level where the search began, innermost first.
    path: Vec<Level<'a>>,
}

impl<'a> ModelCursor<'a> {
    pub(super) fn new(model: &'a Particle, base: usize) -> Self {
        Self {
            model,
            base,
            last: None,
        }
    }

    /// Places the next child if the model allows it.
    pub(super) fn place(&mut self, program: &Program, levels: &mut Vec<Level<'a>>, record: &NodeRecord) -> Placed {
        self.advance(program, levels, record, false)
    }

    /// Determines the error in a child that [`Self::place`] rejected.
    pub(super) fn place_unexpected(
        &mut self,
        program: &Program,
        levels: &mut Vec<Level<'a>>,
        parent: u32,
        node: u32,
        record: &NodeRecord,
        findings: &mut Findings<'_>,
    ) -> Option<DeclId> {
        let missing = self.required(levels);
        if let Placed::Element(decl) = self.advance(program, levels, record, true) {
            findings.schema(parent, SchemaRule::ElementMissing, missing);
            return Some(decl);
        }
        let known = declared(program, self.model, record, MAX_NESTING);
        let rule = match known {
            None => SchemaRule::ElementUnknown,
            Some(_) if known == self.last => SchemaRule::Occurs,
            Some(_) => SchemaRule::ElementOrder,
        };
        findings.schema(node, rule, known);
        known
    }

    /// Reports what the model still requires, and removes its path from the levels.
    pub(super) fn finish(self, levels: &mut Vec<Level<'a>>, node: u32, findings: &mut Findings<'_>) {
        if !self.is_complete(levels) {
            findings.schema(node, SchemaRule::ElementMissing, self.required(levels));
        }
        levels.truncate(self.base);
    }

    fn advance(&mut self, program: &Program, levels: &mut Vec<Level<'a>>, record: &NodeRecord, loose: bool) -> Placed {
        let mut search = Search {
            program,
            record,
            loose,
            path: Vec::new(),
        };
        let mut depth = levels.len();
        let mut placed = Placed::Nowhere;
        if depth <= self.base {
            placed = search.enter(self.model, MAX_NESTING);
        }
        while depth > self.base && placed == Placed::Nowhere {
            let Some(level) = levels.get_mut(depth - 1) else {
                break;
            };
            let particle = level.particle;
            let mut may_leave = true;
            if let Term::Sequence(items) = &particle.term {
                for (index, item) in items.iter().enumerate().skip(level.index + 1) {
                    placed = search.enter(item, MAX_NESTING);
                    if placed != Placed::Nowhere {
                        level.index = index;
                        break;
                    }
                    if !search.may_skip(item) {
                        may_leave = false;
                        break;
                    }
                }
            }
            if placed == Placed::Nowhere && may_leave && !loose && particle.max.is_none_or(|max| level.count < max) {
                placed = search.enter_term(particle, MAX_NESTING, &mut level.index);
                if placed != Placed::Nowhere {
                    level.count = level.count.saturating_add(1);
                }
            }
            if placed != Placed::Nowhere {
                break;
            }
            if !may_leave || !(loose || level.count >= particle.min || is_emptiable_term(particle, MAX_NESTING)) {
                return Placed::Nowhere;
            }
            depth -= 1;
        }
        if placed != Placed::Nowhere {
            levels.truncate(depth.max(self.base));
            levels.extend(search.path.into_iter().rev());
            self.last = if let Placed::Element(decl) = placed {
                Some(decl)
            } else {
                None
            };
        }
        placed
    }

    /// Returns `true` if the content so far is complete.
    fn is_complete(&self, levels: &[Level<'a>]) -> bool {
        let path = levels.get(self.base..).unwrap_or_default();
        if path.is_empty() {
            return is_emptiable(self.model, MAX_NESTING);
        }
        path.iter().all(|level| {
            let rest_is_emptiable = match &level.particle.term {
                Term::Sequence(items) => items
                    .iter()
                    .skip(level.index + 1)
                    .all(|item| is_emptiable(item, MAX_NESTING)),
                _ => true,
            };
            rest_is_emptiable && (level.count >= level.particle.min || is_emptiable_term(level.particle, MAX_NESTING))
        })
    }

    /// Returns the first element that must come next; for a choice its first alternative.
    fn required(&self, levels: &[Level<'a>]) -> Option<DeclId> {
        let path = levels.get(self.base..).unwrap_or_default();
        if path.is_empty() {
            return first_required(self.model, MAX_NESTING);
        }
        path.iter().rev().find_map(|level| {
            let in_rest = match &level.particle.term {
                Term::Sequence(items) => items
                    .iter()
                    .skip(level.index + 1)
                    .filter(|item| !is_emptiable(item, MAX_NESTING))
                    .find_map(|item| first_required(item, MAX_NESTING)),
                _ => None,
            };
            let wants_more = level.count < level.particle.min && !is_emptiable_term(level.particle, MAX_NESTING);
            in_rest.or_else(|| {
                if wants_more {
                    first_required(level.particle, MAX_NESTING)
                } else {
                    None
                }
            })
        })
    }
}

impl<'a> Search<'a, '_> {
    /// Enters a particle for the first time; on success the path to the element is in `path`.
    fn enter(&mut self, particle: &'a Particle, nesting: usize) -> Placed {
        if particle.max == Some(0) {
            return Placed::Nowhere;
        }
        let mut index = 0;
        let placed = self.enter_term(particle, nesting, &mut index);
        if placed != Placed::Nowhere {
            self.path.push(Level {
                particle,
                count: 1,
                index,
            });
        }
        placed
    }

    /// Enters the term of a particle without putting the particle itself on the path.
    fn enter_term(&mut self, particle: &'a Particle, nesting: usize, at: &mut usize) -> Placed {
        if nesting == 0 {
            return Placed::Nowhere;
        }
        match &particle.term {
            Term::Element(decl) => match self.program.decl(*decl) {
                Some(declared) if declared.name == self.record.name => Placed::Element(*decl),
                _ => Placed::Nowhere,
            },
            Term::Any { other_than } => {
                let namespace = self.record.namespace;
                if self.loose || other_than.is_some_and(|excluded| namespace == excluded || namespace == 0) {
                    Placed::Nowhere
                } else {
                    Placed::Wildcard
                }
            }
            Term::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    let placed = self.enter(item, nesting - 1);
                    if placed != Placed::Nowhere {
                        *at = index;
                        return placed;
                    }
                    if !self.may_skip(item) {
                        break;
                    }
                }
                Placed::Nowhere
            }
            Term::Choice(items) => {
                for item in items {
                    let placed = self.enter(item, nesting - 1);
                    if placed != Placed::Nowhere {
                        return placed;
                    }
                }
                Placed::Nowhere
            }
        }
    }

    fn may_skip(&self, particle: &Particle) -> bool {
        self.loose || is_emptiable(particle, MAX_NESTING)
    }
}

/// Returns `true` if the particle allows empty content.
fn is_emptiable(particle: &Particle, nesting: usize) -> bool {
    particle.min == 0 || is_emptiable_term(particle, nesting)
}

fn is_emptiable_term(particle: &Particle, nesting: usize) -> bool {
    let Some(nesting) = nesting.checked_sub(1) else {
        return false;
    };
    match &particle.term {
        Term::Element(_) | Term::Any { .. } => false,
        Term::Sequence(items) => items.iter().all(|item| is_emptiable(item, nesting)),
        Term::Choice(items) => items.is_empty() || items.iter().any(|item| is_emptiable(item, nesting)),
    }
}

fn first_required(particle: &Particle, nesting: usize) -> Option<DeclId> {
    let nesting = nesting.checked_sub(1)?;
    match &particle.term {
        Term::Element(decl) => Some(*decl),
        Term::Any { .. } => None,
        Term::Sequence(items) => items
            .iter()
            .filter(|item| !is_emptiable(item, nesting))
            .find_map(|item| first_required(item, nesting)),
        Term::Choice(items) => items.iter().find_map(|item| first_required(item, nesting)),
    }
}

/// Returns the model's declaration for an element's name, at any position.
fn declared(program: &Program, particle: &Particle, record: &NodeRecord, nesting: usize) -> Option<DeclId> {
    let nesting = nesting.checked_sub(1)?;
    match &particle.term {
        Term::Element(decl) => program
            .decl(*decl)
            .filter(|found| found.name == record.name)
            .map(|_| *decl),
        Term::Any { .. } => None,
        Term::Sequence(items) | Term::Choice(items) => {
            items.iter().find_map(|item| declared(program, item, record, nesting))
        }
    }
}
