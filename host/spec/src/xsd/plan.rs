//! The plan of the schema files and their global elements.

use super::place;
use crate::lookup::Lookup;
use crate::{Catalogue, StandardError, namespaces};
use cebridge_rule_core::program::{Content, DeclId, Particle, Term, Type, TypeId};
use std::collections::BTreeSet;

/// The files of a set.
pub(super) struct Plan {
    pub(super) files: Vec<SchemaFile>,
}

/// A schema file: one namespace, and one direction of it where directions differ.
pub(super) struct SchemaFile {
    pub(super) name: String,
    pub(super) namespace: u8,
    /// Global elements: roots first, then elements that other namespaces use.
    pub(super) globals: Vec<DeclId>,
    /// Namespaces of elements it refers to.
    pub(super) imports: BTreeSet<u8>,
}

impl Plan {
    pub(super) fn of(catalogue: &Catalogue<'_>) -> Result<Self, StandardError> {
        let mut plan = Self { files: Vec::new() };
        let namespace_of = |decl: DeclId| catalogue.pack.name(decl).map_or(0, |name| name.namespace);
        for (_, message, text) in catalogue.listed() {
            let namespace = namespace_of(message.root);
            for direction in directions(catalogue, namespace, &text.direction) {
                let (_, stem) = namespaces::names(&catalogue.pack.program, namespace);
                let name = match direction {
                    "" => format!("{stem}.xsd"),
                    direction => format!("{stem}-{direction}.xsd"),
                };
                let file = plan.file(name, namespace);
                plan.global(catalogue, file, message.root)?;
            }
        }
        // Files grow while they are scanned: an element of another namespace may use a third one.
        let mut next = (0, 0);
        while let Some(file) = plan.files.get(next.0) {
            let Some(global) = file.globals.get(next.1).copied() else {
                next = (next.0 + 1, 0);
                continue;
            };
            let namespace = file.namespace;
            for foreign in Foreign::below(catalogue, global, namespace) {
                let target = namespace_of(foreign);
                let (_, stem) = namespaces::names(&catalogue.pack.program, target);
                let file = match plan.files.iter().position(|file| file.namespace == target) {
                    Some(known) => known,
                    None => plan.file(format!("{stem}.xsd"), target),
                };
                plan.global(catalogue, file, foreign)?;
                if let Some(file) = plan.files.get_mut(next.0) {
                    file.imports.insert(target);
                }
            }
            next.1 += 1;
        }
        Ok(plan)
    }

    /// Returns the file with the global elements of a namespace that other namespaces use.
    pub(super) fn file_of(&self, namespace: u8) -> Option<&SchemaFile> {
        self.files.iter().find(|file| file.namespace == namespace)
    }

    fn file(&mut self, name: String, namespace: u8) -> usize {
        match self.files.iter().position(|file| file.name == name) {
            Some(known) => known,
            None => {
                self.files.push(SchemaFile {
                    name,
                    namespace,
                    globals: Vec::new(),
                    imports: BTreeSet::new(),
                });
                self.files.len() - 1
            }
        }
    }

    /// Makes an element global; another one with the same name must be identical.
    fn global(&mut self, catalogue: &Catalogue<'_>, file: usize, decl: DeclId) -> Result<(), StandardError> {
        let Some(file) = self.files.get_mut(file) else {
            return Ok(());
        };
        let Some(declared) = catalogue.pack.decl(decl) else {
            return Ok(());
        };
        let pack = catalogue.pack;
        match file
            .globals
            .iter()
            .find_map(|known| pack.decl(*known).filter(|known| known.name == declared.name))
        {
            None => file.globals.push(decl),
            Some(known)
                if (known.ty, &known.fixed, &known.default) == (declared.ty, &declared.fixed, &declared.default) => {}
            Some(_) => {
                return Err(StandardError::NotXsd {
                    place: place(catalogue, decl),
                    reason: format!("two global elements of {} have this name and differ", file.name),
                });
            }
        }
        Ok(())
    }
}

/// Returns the files that a message belongs to, by direction. If all messages of a namespace go both ways, one file
/// holds them, with no direction in its name.
fn directions<'a>(catalogue: &Catalogue<'_>, namespace: u8, direction: &'a str) -> Vec<&'a str> {
    let of_namespace = |root: DeclId| {
        catalogue
            .pack
            .name(root)
            .is_some_and(|name| name.namespace == namespace)
    };
    let directed = catalogue
        .pack
        .catalogue()
        .filter(|(_, message, _)| of_namespace(message.root))
        .any(|(_, _, text)| text.direction != "both");
    match (directed, direction) {
        (false, _) => vec![""],
        (true, "both") => vec!["import", "export"],
        (true, direction) => vec![direction],
    }
}

/// Finds the elements of other namespaces below an element.
struct Foreign<'a, 'p> {
    catalogue: &'a Catalogue<'p>,
    namespace: u8,
    seen: BTreeSet<TypeId>,
    found: Vec<DeclId>,
}

impl Foreign<'_, '_> {
    fn below(catalogue: &Catalogue<'_>, decl: DeclId, namespace: u8) -> Vec<DeclId> {
        let mut search = Foreign {
            catalogue,
            namespace,
            seen: BTreeSet::new(),
            found: Vec::new(),
        };
        search.inside(decl);
        search.found
    }

    fn inside(&mut self, decl: DeclId) {
        let pack = self.catalogue.pack;
        let (Some(declared), Some(Type::Complex(complex))) = (pack.decl(decl), pack.type_of(decl)) else {
            return;
        };
        if self.seen.insert(declared.ty) {
            match &complex.content {
                Content::Empty | Content::Simple(_) => {}
                Content::Sequence(slots) => slots.iter().for_each(|slot| self.element(slot.decl)),
                Content::Model(particle) => self.particle(particle),
            }
        }
    }

    fn element(&mut self, decl: DeclId) {
        if is_foreign(self.catalogue, self.namespace, decl) {
            self.found.push(decl);
        } else {
            self.inside(decl);
        }
    }

    fn particle(&mut self, particle: &Particle) {
        match &particle.term {
            Term::Element(decl) => self.element(*decl),
            Term::Sequence(inner) | Term::Choice(inner) => inner.iter().for_each(|part| self.particle(part)),
            Term::Any { .. } => {}
        }
    }
}

/// Returns `true` for an element of another namespace, which a schema can only refer to. Elements without a namespace
/// can be local.
pub(super) fn is_foreign(catalogue: &Catalogue<'_>, namespace: u8, decl: DeclId) -> bool {
    let of = catalogue.pack.name(decl).map_or(namespace, |name| name.namespace);
    of != namespace && of != 0
}
