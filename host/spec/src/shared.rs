//! Types shared by several places, and names for them: each is written once and referred to.

use crate::lookup::Lookup;
use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::program::{Content, DeclId, Particle, Term, Type, TypeId};
use std::collections::{BTreeMap, BTreeSet};

/// Types that need their own name.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    names: BTreeMap<TypeId, String>,
}

impl Shared {
    /// Scans everything below these declarations. `enter` decides whether to scan an element, too.
    pub(crate) fn below(pack: &Pack, roots: &[DeclId], suffix: &str, enter: &dyn Fn(DeclId) -> bool) -> Self {
        let mut count = Count {
            pack,
            enter,
            seen: BTreeSet::new(),
            times: BTreeMap::new(),
        };
        for root in roots {
            count.element(*root);
        }
        let mut taken = BTreeSet::new();
        let mut names = BTreeMap::new();
        // In the order of the pack, so that the same pack gives the same names.
        for (ty, (decl, times)) in &count.times {
            if *times > 1 {
                let local = pack.name(*decl).map_or("", |name| name.local.as_str());
                let plain = format!("{local}{suffix}");
                let numbered = (2..).map(|number| format!("{plain}{number}"));
                let name = std::iter::once(plain.clone())
                    .chain(numbered)
                    .find(|name| !taken.contains(name));
                let name = name.unwrap_or(plain);
                taken.insert(name.clone());
                names.insert(*ty, name);
            }
        }
        Self { names }
    }

    /// Returns the name of a shared type.
    pub(crate) fn name(&self, ty: TypeId) -> Option<&str> {
        self.names.get(&ty).map(String::as_str)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (TypeId, &str)> {
        self.names.iter().map(|(ty, name)| (*ty, name.as_str()))
    }
}

struct Count<'a> {
    pack: &'a Pack,
    enter: &'a dyn Fn(DeclId) -> bool,
    seen: BTreeSet<TypeId>,
    /// Complex types with their first declaration and the number of their declarations.
    times: BTreeMap<TypeId, (DeclId, usize)>,
}

impl Count<'_> {
    fn element(&mut self, decl: DeclId) {
        let (Some(declared), Some(Type::Complex(complex))) = (self.pack.decl(decl), self.pack.type_of(decl)) else {
            return;
        };
        self.times.entry(declared.ty).or_insert((decl, 0)).1 += 1;
        if !self.seen.insert(declared.ty) {
            return;
        }
        match &complex.content {
            Content::Empty | Content::Simple(_) => {}
            Content::Sequence(slots) => {
                for slot in slots {
                    self.inner(slot.decl);
                }
            }
            Content::Model(particle) => self.particle(particle),
        }
    }

    fn inner(&mut self, decl: DeclId) {
        if (self.enter)(decl) {
            self.element(decl);
        }
    }

    fn particle(&mut self, particle: &Particle) {
        match &particle.term {
            Term::Element(decl) => self.inner(*decl),
            Term::Sequence(inner) | Term::Choice(inner) => {
                for part in inner {
                    self.particle(part);
                }
            }
            Term::Any { .. } => {}
        }
    }
}
