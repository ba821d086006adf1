//! Elements, attributes and types of one schema file.

use super::place;
use super::plan::{SchemaFile, is_foreign};
use super::writer::Writer;
use crate::facets::{base, facets};
use crate::lookup::Lookup;
use crate::shared::Shared;
use crate::{Catalogue, StandardError, namespaces};
use cebridge_rule_core::pack::DeclText;
use cebridge_rule_core::program::{AttributeUse, Complex, Content, DeclId, Particle, Simple, Slot, Term, Type, TypeId};

pub(super) struct Types<'a, 'p> {
    catalogue: &'a Catalogue<'p>,
    namespace: u8,
    /// Prefix of the target namespace with its colon; empty without one.
    prefix: String,
    shared: Shared,
}

/// Occurrence limits of a particle.
#[derive(Clone, Copy)]
struct Occurs {
    min: u32,
    max: Option<u32>,
}

impl Occurs {
    fn attributes(self) -> [(&'static str, Option<String>); 2] {
        let max = match self.max {
            Some(1) => None,
            Some(max) => Some(max.to_string()),
            None => Some("unbounded".to_owned()),
        };
        [
            ("minOccurs", (self.min != 1).then(|| self.min.to_string())),
            ("maxOccurs", max),
        ]
    }
}

impl<'a, 'p> Types<'a, 'p> {
    pub(super) fn new(catalogue: &'a Catalogue<'p>, file: &SchemaFile, prefix: String) -> Self {
        let namespace = file.namespace;
        let enter = |decl: DeclId| !is_foreign(catalogue, namespace, decl);
        Self {
            catalogue,
            namespace,
            prefix,
            shared: Shared::below(catalogue.pack, &file.globals, "Type", &enter),
        }
    }

    pub(super) fn global(&self, out: &mut Writer, decl: DeclId) -> Result<(), StandardError> {
        self.element(out, decl, None)
    }

    /// Writes the types that several elements share.
    pub(super) fn named(&self, out: &mut Writer) -> Result<(), StandardError> {
        for (ty, name) in self.shared.iter() {
            if let Some(Type::Complex(complex)) = self.catalogue.pack.program.types.get(usize::from(ty)) {
                self.complex(out, complex, Some(name))?;
            }
        }
        // A type with both text and attributes extends a simple type, which needs a name to be restricted first.
        for (name, simple) in self.texts() {
            out.open("xs:simpleType", &[("name", Some(name))]);
            restriction(out, simple);
            out.close();
        }
        Ok(())
    }

    /// `occurs` is `None` for a global element.
    fn element(&self, out: &mut Writer, decl: DeclId, occurs: Option<Occurs>) -> Result<(), StandardError> {
        let pack = self.catalogue.pack;
        let (Some(declared), Some(name), Some(ty)) = (pack.decl(decl), pack.name(decl), pack.type_of(decl)) else {
            return Ok(());
        };
        let [min, max] = occurs.map_or([("minOccurs", None), ("maxOccurs", None)], Occurs::attributes);
        if occurs.is_some() && is_foreign(self.catalogue, self.namespace, decl) {
            let (prefix, _) = namespaces::names(&pack.program, name.namespace);
            out.empty(
                "xs:element",
                &[("ref", Some(format!("{prefix}:{}", name.local))), min, max],
            );
            return Ok(());
        }
        let unqualified = occurs.is_some() && name.namespace == 0 && self.namespace != 0;
        let head = [
            ("name", Some(name.local.clone())),
            ("type", self.type_name(declared.ty, ty)),
            min,
            max,
            ("fixed", declared.fixed.clone()),
            ("default", declared.default.clone()),
            ("form", unqualified.then(|| "unqualified".to_owned())),
        ];
        let named = self.type_name(declared.ty, ty).is_some();
        let note = pack.text(decl).map(notes).unwrap_or_default();
        if named && note.is_empty() {
            out.empty("xs:element", &head);
            return Ok(());
        }
        out.open("xs:element", &head);
        annotation(out, &note);
        match ty {
            Type::Simple(simple) if !named => simple_type(out, simple),
            Type::Complex(complex) if !named => self.complex(out, complex, None)?,
            _ => {}
        }
        out.close();
        Ok(())
    }

    /// Returns the name of a type that has one: built in, or shared.
    fn type_name(&self, id: TypeId, ty: &Type) -> Option<String> {
        match ty {
            Type::Any => Some("xs:anyType".to_owned()),
            Type::Simple(simple) => facets(simple).is_empty().then(|| format!("xs:{}", base(simple.base))),
            Type::Complex(_) => self.shared.name(id).map(|name| format!("{}{name}", self.prefix)),
        }
    }

    fn complex(&self, out: &mut Writer, complex: &Complex, name: Option<&str>) -> Result<(), StandardError> {
        let mixed = complex.mixed.then(|| "true".to_owned());
        out.open("xs:complexType", &[("name", name.map(str::to_owned)), ("mixed", mixed)]);
        match &complex.content {
            Content::Empty => self.attributes(out, &complex.attributes)?,
            Content::Simple(simple) => {
                out.open("xs:simpleContent", &[]);
                let base = if facets(simple).is_empty() {
                    format!("xs:{}", base(simple.base))
                } else {
                    format!("{}{}", self.prefix, text_name(simple))
                };
                out.open("xs:extension", &[("base", Some(base))]);
                self.attributes(out, &complex.attributes)?;
                out.close();
                out.close();
            }
            Content::Sequence(slots) => {
                out.open("xs:sequence", &[]);
                for Slot { decl, min, max } in slots {
                    self.element(out, *decl, Some(Occurs { min: *min, max: *max }))?;
                }
                out.close();
                self.attributes(out, &complex.attributes)?;
            }
            Content::Model(particle) => {
                // A type holds a sequence or a choice; anything else is wrapped in one.
                let wrap = matches!(particle.term, Term::Element(_) | Term::Any { .. });
                if wrap {
                    out.open("xs:sequence", &[]);
                }
                self.particle(out, particle)?;
                if wrap {
                    out.close();
                }
                self.attributes(out, &complex.attributes)?;
            }
        }
        out.close();
        Ok(())
    }

    fn particle(&self, out: &mut Writer, particle: &Particle) -> Result<(), StandardError> {
        let occurs = Occurs {
            min: particle.min,
            max: particle.max,
        };
        let (tag, inner) = match &particle.term {
            Term::Element(decl) => return self.element(out, *decl, Some(occurs)),
            Term::Any { other_than } => {
                if other_than.is_some_and(|other| other != self.namespace) {
                    return Err(StandardError::NotXsd {
                        place: "a wildcard".to_owned(),
                        reason: "it excludes another namespace than the one that it stands in".to_owned(),
                    });
                }
                let namespace = if other_than.is_some() { "##other" } else { "##any" };
                let [min, max] = occurs.attributes();
                // The content of a wildcard is not judged.
                out.empty(
                    "xs:any",
                    &[
                        ("namespace", Some(namespace.to_owned())),
                        ("processContents", Some("skip".to_owned())),
                        min,
                        max,
                    ],
                );
                return Ok(());
            }
            Term::Sequence(inner) => ("xs:sequence", inner),
            Term::Choice(inner) => ("xs:choice", inner),
        };
        out.open(tag, &occurs.attributes());
        for part in inner {
            self.particle(out, part)?;
        }
        out.close();
        Ok(())
    }

    fn attributes(&self, out: &mut Writer, attributes: &[AttributeUse]) -> Result<(), StandardError> {
        for attribute in attributes {
            self.attribute(out, attribute)?;
        }
        Ok(())
    }

    fn attribute(&self, out: &mut Writer, attribute: &AttributeUse) -> Result<(), StandardError> {
        let pack = self.catalogue.pack;
        let decl = attribute.decl;
        let (Some(declared), Some(name), Some(ty)) = (pack.decl(decl), pack.name(decl), pack.type_of(decl)) else {
            return Ok(());
        };
        if name.namespace != 0 && name.namespace != self.namespace {
            return Err(StandardError::NotXsd {
                place: format!("@{}", place(self.catalogue, decl)),
                reason: "the attribute is of another namespace".to_owned(),
            });
        }
        let qualified = name.namespace != 0;
        let (named, inner) = match ty {
            Type::Simple(simple) if facets(simple).is_empty() => (Some(format!("xs:{}", base(simple.base))), None),
            Type::Simple(simple) => (None, Some(simple)),
            Type::Any | Type::Complex(_) => (Some("xs:anySimpleType".to_owned()), None),
        };
        out.open(
            "xs:attribute",
            &[
                ("name", Some(name.local.clone())),
                ("type", named),
                ("use", attribute.required.then(|| "required".to_owned())),
                ("fixed", declared.fixed.clone()),
                // A default replaces an absent attribute, and a required one is never absent.
                ("default", declared.default.clone().filter(|_| !attribute.required)),
                ("form", qualified.then(|| "qualified".to_owned())),
            ],
        );
        annotation(out, &pack.text(decl).map(notes).unwrap_or_default());
        if let Some(simple) = inner {
            simple_type(out, simple);
        }
        out.close();
        Ok(())
    }

    /// Returns the simple types of elements that also have attributes, with their names.
    fn texts(&self) -> Vec<(String, &'p Simple)> {
        let mut found: Vec<(String, &Simple)> = Vec::new();
        for decl in &self.catalogue.pack.program.decls {
            let ty = self.catalogue.pack.program.types.get(usize::from(decl.ty));
            let name = self.catalogue.pack.program.names.get(usize::from(decl.name));
            if let (Some(Type::Complex(complex)), Some(name)) = (ty, name)
                && name.namespace == self.namespace
                && let Content::Simple(simple) = &complex.content
                && !facets(simple).is_empty()
                && found.iter().all(|(known, _)| *known != text_name(simple))
            {
                found.push((text_name(simple), simple));
            }
        }
        found
    }
}

/// Name of a simple type that is extended by attributes: its notation as one word.
fn text_name(simple: &Simple) -> String {
    let notation = crate::notation(simple).replace("..", "-");
    notation.replace(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-', "_")
}

fn simple_type(out: &mut Writer, simple: &Simple) {
    out.open("xs:simpleType", &[]);
    restriction(out, simple);
    out.close();
}

fn restriction(out: &mut Writer, simple: &Simple) {
    out.open("xs:restriction", &[("base", Some(format!("xs:{}", base(simple.base))))]);
    for (name, value) in facets(simple) {
        let tag = match name {
            "whiteSpace" => "xs:whiteSpace",
            "length" => "xs:length",
            "minLength" => "xs:minLength",
            "maxLength" => "xs:maxLength",
            "totalDigits" => "xs:totalDigits",
            _ => "xs:fractionDigits",
        };
        out.empty(tag, &[("value", Some(value))]);
    }
    out.close();
}

/// Texts for people, by language.
fn notes(text: &DeclText) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    if !text.zh.is_empty() {
        out.push(("zh", text.zh.clone()));
    }
    let mut english = text.en.clone();
    if !text.format.is_empty() {
        english.push_str(&format!(". Printed: {}, {}", text.format, text.required));
    }
    if text.personal {
        english.push_str(". Personal data");
    }
    if !english.is_empty() {
        out.push(("en", english));
    }
    out
}

fn annotation(out: &mut Writer, notes: &[(&'static str, String)]) {
    if notes.is_empty() {
        return;
    }
    out.open("xs:annotation", &[]);
    for (language, text) in notes {
        out.text("xs:documentation", &[("xml:lang", Some((*language).to_owned()))], text);
    }
    out.close();
}
