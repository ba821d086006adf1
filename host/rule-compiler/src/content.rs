//! Builds a group's content from its particles.

use crate::notation;
use crate::structure::Builder;
use crate::syntax::Group;
use cebridge_rule_core::program::{Content, Particle, Slot, Term};

impl Builder<'_> {
    /// Turns plain lists of elements into sequences, everything else into a model.
    pub(crate) fn content(&self, group: &Group, mut particles: Vec<Particle>) -> Content {
        if let Some(text) = &group.text {
            if !particles.is_empty() || group.mixed {
                self.sources.error(
                    text.at,
                    "a group has either `text` or elements",
                    "keep one of the two; attributes may stand beside `text`",
                );
            }
            return match notation::schema(&text.value) {
                Ok(Some(simple)) => Content::Simple(simple),
                Ok(None) => Content::Empty,
                Err(hint) => {
                    self.sources
                        .error(text.at, format!("\"{}\" is no type", text.value), hint);
                    Content::Empty
                }
            };
        }
        if particles.is_empty() {
            return Content::Empty;
        }
        let slots: Option<Vec<Slot>> = particles
            .iter()
            .map(|particle| match particle.term {
                Term::Element(decl) => Some(Slot {
                    decl,
                    min: particle.min,
                    max: particle.max,
                }),
                _ => None,
            })
            .collect();
        match slots {
            Some(slots) => Content::Sequence(slots),
            None if particles.len() == 1 => Content::Model(particles.remove(0)),
            None => Content::Model(Particle {
                term: Term::Sequence(particles),
                min: 1,
                max: Some(1),
            }),
        }
    }
}
