//! Builds names, types and declarations from groups and blocks.

use crate::edition::{Edition, Message};
use crate::interner::Interner;
use crate::near::{did_you_mean, nearest};
use crate::notation::{Format, Occurs};
use crate::syntax::{Entry, FieldGrades, Form, Group, Keys, Required};
use crate::text::{Sources, Span, Text};
use cebridge_rule_core::pack::DeclText;
use cebridge_rule_core::program::{AttributeUse, Complex, Decl, DeclId, Particle, Simple, Term, Type, TypeId};
use std::collections::{BTreeMap, BTreeSet};

/// Names, types and declarations of an edition, with the facts about fields that rules need.
#[derive(Debug, Default)]
pub(crate) struct Structure {
    pub(crate) interner: Interner,
    pub(crate) types: Vec<Type>,
    pub(crate) decls: Vec<Decl>,
    pub(crate) texts: Vec<DeclText>,
    /// At the same positions as the declarations; `None` for groups and roots.
    pub(crate) facts: Vec<Option<Facts>>,
    /// Root declarations by code of the message or pair.
    pub(crate) roots: BTreeMap<String, DeclId>,
}

/// A field as written, for the rules derived from its printed format.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) format: Option<Format>,
    pub(crate) required: Option<Required>,
    /// `None` for `anyType`.
    pub(crate) simple: Option<Simple>,
    pub(crate) occurs: Occurs,
    /// `true` inside a choice, where its absence means nothing.
    pub(crate) in_choice: bool,
    /// `true` if an empty element takes a fixed or default value.
    pub(crate) has_value: bool,
    pub(crate) grade: FieldGrades,
    pub(crate) at: Span,
}

/// Builds the structure of all messages, in order of their codes.
pub(crate) fn build(edition: &Edition, sources: &Sources<'_>) -> Structure {
    let uris = edition.namespaces.iter().map(|(_, uri)| uri.as_str());
    let mut builder = Builder {
        edition,
        sources,
        out: Structure {
            interner: Interner::new(uris),
            ..Structure::default()
        },
        blocks: BTreeMap::new(),
        open: Vec::new(),
    };
    for (code, message) in &edition.messages {
        builder.message(code, message);
    }
    for (code, pair) in &edition.pairs {
        builder.pair(code, pair);
    }
    builder.unused_shared();
    builder.out
}

pub(crate) struct Builder<'e> {
    pub(crate) edition: &'e Edition,
    pub(crate) sources: &'e Sources<'e>,
    pub(crate) out: Structure,
    /// Types of the blocks built so far.
    pub(crate) blocks: BTreeMap<String, TypeId>,
    /// Blocks being built, to detect blocks that use themselves.
    pub(crate) open: Vec<String>,
}

/// The groups of a message or block for look-up.
pub(crate) struct Scope<'e> {
    pub(crate) groups: &'e BTreeMap<String, Group>,
    pub(crate) namespace: Option<&'e Text>,
    pub(crate) used: BTreeSet<String>,
}

/// The names that a group has declared so far.
#[derive(Default)]
pub(crate) struct Declared {
    pub(crate) attributes: Vec<AttributeUse>,
    elements: Vec<(String, DeclId)>,
}

impl<'e> Builder<'e> {
    fn message(&mut self, code: &str, message: &'e Message) {
        let namespace = message.namespace.as_ref().map_or(0, |text| self.namespace(text));
        let local = message.head.root.as_ref().map_or(code, |root| &root.value);
        let text = DeclText {
            zh: message
                .head
                .zh
                .as_ref()
                .map(|text| text.value.clone())
                .unwrap_or_default(),
            en: message
                .head
                .en
                .as_ref()
                .map(|text| text.value.clone())
                .unwrap_or_default(),
            required: "required".to_owned(),
            ..DeclText::default()
        };
        // The root comes first, so that declaration 0 is a root and never a document.
        let root = self.declare(namespace, local, None, &Keys::default(), text, None);
        let mut scope = Scope {
            groups: &message.groups,
            namespace: message.namespace.as_ref(),
            used: BTreeSet::new(),
        };
        match message.groups.get("(root)") {
            Some(group) => {
                scope.used.insert("(root)".to_owned());
                let ty = self.group_type(&mut scope, group, "");
                if let Some(decl) = self.out.decls.get_mut(usize::from(root)) {
                    decl.ty = ty;
                }
            }
            None => self.sources.error(
                message.head.code.at,
                format!("the message {code} has no root group"),
                "add [[group]] with path = \"(root)\" and its fields",
            ),
        }
        for (path, group) in &message.groups {
            if !scope.used.contains(path) {
                self.unused(group);
            }
        }
        self.out.roots.insert(code.to_owned(), root);
    }

    /// Returns the number of a namespace; an unknown prefix was reported where it was read.
    fn namespace(&self, prefix: &Text) -> u8 {
        crate::edition::prefix(self.edition, prefix, self.sources);
        let uri = self.edition.namespaces.iter().find(|(known, _)| *known == prefix.value);
        uri.and_then(|(_, uri)| self.out.interner.namespace(uri)).unwrap_or(0)
    }

    pub(crate) fn declare(
        &mut self,
        namespace: u8,
        local: &str,
        ty: Option<TypeId>,
        keys: &Keys,
        text: DeclText,
        facts: Option<Facts>,
    ) -> DeclId {
        let value = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone());
        let name = self.out.interner.name(namespace, local);
        let decl = Decl {
            name,
            ty: ty.unwrap_or(0),
            fixed: value(&keys.fixed),
            default: value(&keys.default),
        };
        let id = self.out.interner.position(self.out.decls.len());
        self.out.decls.push(decl);
        self.out.texts.push(text);
        self.out.facts.push(facts);
        id
    }

    pub(crate) fn add_type(&mut self, ty: Type) -> TypeId {
        // Equal simple types are shared; complex ones differ in their declarations.
        if !matches!(ty, Type::Complex(_))
            && let Some(known) = self.out.types.iter().position(|known| *known == ty)
        {
            return self.out.interner.position(known);
        }
        self.out.types.push(ty);
        self.out.interner.position(self.out.types.len() - 1)
    }

    /// Returns a placeholder for a missing type. Never an existing type, which could contain the place it is used for.
    pub(crate) fn stand_in(&mut self) -> TypeId {
        self.add_type(Type::Any)
    }

    pub(crate) fn group_type(&mut self, scope: &mut Scope<'e>, group: &'e Group, path: &str) -> TypeId {
        let namespace = match group.namespace.as_ref().or(scope.namespace) {
            Some(prefix) => self.namespace(prefix),
            None => {
                self.sources.error(
                    group.path.at,
                    format!("the namespace of {} is not known", group.path.value),
                    "add namespace = \"ceb\" to the file or the block",
                );
                0
            }
        };
        let mut declared = Declared::default();
        let particles = self.particles(scope, &group.entries, path, namespace, &mut declared, false);
        let content = self.content(group, particles);
        self.add_type(Type::Complex(Complex {
            attributes: declared.attributes,
            content,
            mixed: group.mixed,
        }))
    }

    fn particles(
        &mut self,
        scope: &mut Scope<'e>,
        entries: &'e [Entry],
        path: &str,
        namespace: u8,
        declared: &mut Declared,
        in_choice: bool,
    ) -> Vec<Particle> {
        let mut out = Vec::with_capacity(entries.len());
        for entry in entries {
            let occurs = self.occurs(entry);
            let term = match &entry.form {
                Form::Field(name) if name.value.starts_with('@') => {
                    self.attribute(entry, name, occurs, declared);
                    continue;
                }
                Form::Any(other) => Term::Any {
                    other_than: other.then_some(namespace),
                },
                Form::Choice(inner) => Term::Choice(self.particles(scope, inner, path, namespace, declared, true)),
                Form::Sequence(inner) => Term::Sequence(self.particles(scope, inner, path, namespace, declared, true)),
                Form::Field(name) | Form::Group(name) | Form::Use { name, .. } => {
                    match self.known_element(entry, name, declared, in_choice) {
                        Some(decl) => Term::Element(decl),
                        None => {
                            let decl = self.element(scope, entry, path, namespace, occurs, in_choice);
                            declared.elements.push((name.value.clone(), decl));
                            Term::Element(decl)
                        }
                    }
                }
            };
            out.push(Particle {
                term,
                min: occurs.min,
                max: occurs.max,
            });
        }
        out
    }

    /// Returns an element already named in the group; allowed inside a choice, where both are the same.
    fn known_element(&self, entry: &Entry, name: &Text, declared: &Declared, in_choice: bool) -> Option<DeclId> {
        let (_, decl) = declared.elements.iter().find(|(known, _)| *known == name.value)?;
        if !in_choice {
            self.sources.error(
                name.at,
                format!("{} stands twice in this group", name.value),
                "remove one of the two",
            );
        } else if let Some(Some(facts)) = self.out.facts.get(usize::from(*decl))
            && facts.simple != self.simple(entry)
        {
            self.sources.error(
                name.at,
                format!("{} has another type elsewhere in this group", name.value),
                "give both the same type",
            );
        }
        Some(*decl)
    }

    fn element(
        &mut self,
        scope: &mut Scope<'e>,
        entry: &'e Entry,
        path: &str,
        namespace: u8,
        occurs: Occurs,
        in_choice: bool,
    ) -> DeclId {
        match &entry.form {
            Form::Group(name) => {
                let below = if path.is_empty() {
                    name.value.clone()
                } else {
                    format!("{path}/{}", name.value)
                };
                let Some(group) = scope.groups.get(&below) else {
                    let hint = did_you_mean(&nearest(&below, scope.groups.keys().map(String::as_str)))
                        .unwrap_or_else(|| format!("add [[group]] with path = \"{below}\""));
                    self.sources
                        .error(name.at, format!("there is no group with path \"{below}\""), hint);
                    let ty = self.stand_in();
                    return self.declare(namespace, &name.value, Some(ty), &entry.keys, DeclText::default(), None);
                };
                scope.used.insert(below.clone());
                let ty = self.group_type(scope, group, &below);
                self.declare(
                    namespace,
                    &name.value,
                    Some(ty),
                    &entry.keys,
                    group_text(group, occurs),
                    None,
                )
            }
            Form::Use { name, block } => {
                let ty = self.block_type(&block.value, block.at);
                let block = self.edition.shared.get(&block.value);
                let text = block.map(|block| group_text(block, occurs)).unwrap_or_default();
                let prefix = block.and_then(|block| block.namespace.as_ref());
                let namespace = prefix.map_or(namespace, |prefix| self.namespace(prefix));
                self.declare(namespace, &name.value, Some(ty), &entry.keys, text, None)
            }
            form => {
                let local = form.name().map_or("", |name| name.value.as_str());
                self.field(entry, namespace, local, occurs, in_choice)
            }
        }
    }
}

fn group_text(group: &Group, occurs: Occurs) -> DeclText {
    let value = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone()).unwrap_or_default();
    DeclText {
        zh: value(&group.zh),
        en: value(&group.en),
        required: printed(occurs).to_owned(),
        ..DeclText::default()
    }
}

pub(crate) fn printed(occurs: Occurs) -> &'static str {
    if occurs.min > 0 { "required" } else { "optional" }
}
