//! JSON Schema 2020-12 of the JSON form of messages: elements are properties, repeated ones arrays, attributes begin
//! with `@`, values are strings as in XML.

mod patterns;

use crate::codes::Allowed;
use crate::fields::{Field, is_open};
use crate::json::{Json, Object};
use crate::lookup::Lookup;
use crate::shared::Shared;
use crate::{Catalogue, notation};
use cebridge_rule_core::pack::{DeclText, MessageText};
use cebridge_rule_core::program::{Content, Decl, DeclId, Message, Type};
use cebridge_rule_core::tree::Part;
use std::collections::{BTreeMap, BTreeSet};

/// Limits of the JSON form.
const LIMITS: &str = "JSON form of the messages: an element is a property, an element that may stand more than once an \
array, an attribute a property that begins with @, the text of an element that also has attributes or elements the \
property #text; every value is a string, as in the XML. What the XSD says and JSON Schema cannot: the order of \
elements; which elements of a choice exclude each other; that an xs:ID is unique in the message; that a day exists in \
its month; the range of a 32-bit number; that numbers, dates and collapsed texts may have white space around them. \
Business rules are not part of it: see the rules of each message in the other forms of this standard.";

/// Returns one document with a definition for each message in view.
#[must_use]
pub fn document(catalogue: &Catalogue<'_>) -> String {
    let manifest = &catalogue.pack.manifest;
    let roots: Vec<DeclId> = catalogue.listed().map(|(_, message, _)| message.root).collect();
    let shared = Shared::below(catalogue.pack, &roots, "", &|_| true);
    let mut definitions = Object::default();
    let mut choices: Vec<Object> = Vec::new();
    let mut tables: BTreeSet<&str> = BTreeSet::new();
    for (index, message, text) in catalogue.listed() {
        let allowed = catalogue.allowed(index);
        tables.extend(allowed.values().flatten().map(|allowed| allowed.table.name.as_str()));
        let writer = Writer {
            catalogue,
            shared: &shared,
            allowed: &allowed,
        };
        definitions.set(&message.code, writer.message(index, message, text));
        let root = catalogue.pack.name(message.root).map_or("", |name| name.local.as_str());
        choices.push(
            Object::default()
                .with("type", "object")
                .with("properties", Object::default().with(root, reference(&message.code)))
                .with("required", vec![root])
                .with("additionalProperties", false),
        );
    }
    let writer = Writer {
        catalogue,
        shared: &shared,
        allowed: &BTreeMap::new(),
    };
    for (ty, name) in shared.iter() {
        if let Some(ty) = catalogue.pack.program.types.get(usize::from(ty)) {
            let mut object = Object::default();
            writer.content(ty, false, &mut object);
            definitions.set(name, object);
        }
    }
    let document = Object::default()
        .with("$schema", "https://json-schema.org/draft/2020-12/schema")
        .with("title", format!("CEB {}", manifest.edition))
        .with(
            "description",
            format!("Edition {} ({}). {LIMITS}", manifest.edition, manifest.notice),
        )
        .with(
            "x-ceb",
            Object::default()
                .with("edition", manifest.edition.as_str())
                .with("effectiveFrom", manifest.effective_from.as_str())
                .with("derived", manifest.derived.as_str())
                .with("sourceDigest", manifest.source_digest.as_str())
                .with("tables", writer.tables(&tables)),
        )
        .with("oneOf", choices)
        .with("$defs", definitions);
    let mut text = serde_json::to_string_pretty(&Json::Object(document)).unwrap_or_default();
    text.push('\n');
    text
}

/// Describes an element that may occur more than once. An optional one is left out or has at least one item.
fn list(part: &Part, one: Object) -> Object {
    let mut list = Object::default()
        .with("type", "array")
        .with("items", one)
        .with("minItems", part.min.max(1));
    if let Some(max) = part.max {
        list.set("maxItems", max);
    }
    list
}

fn reference(name: &str) -> Object {
    Object::default().with("$ref", format!("#/$defs/{name}"))
}

struct Writer<'a, 'p> {
    catalogue: &'a Catalogue<'p>,
    shared: &'a Shared,
    allowed: &'a BTreeMap<DeclId, Vec<Allowed<'p>>>,
}

impl Writer<'_, '_> {
    fn message(&self, index: usize, message: &Message, text: &MessageText) -> Object {
        let mut about = Object::default()
            .with("message", message.code.as_str())
            .with("kind", text.kind.as_str())
            .with("direction", text.direction.as_str())
            .with("clause", text.clause.as_str());
        if !text.receipt.is_empty() {
            about.set("receipt", text.receipt.as_str());
        }
        let fields = self.catalogue.fields(index);
        let keys: Vec<String> = text.keys.iter().map(|key| self.catalogue.path(&fields, *key)).collect();
        about.set("keys", keys);
        // Values that rules allow in blocks shared by several messages go here, with their paths.
        let inside_shared = |field: &&Field<'_>| self.allowed.contains_key(&field.decl);
        let mut allowed = Object::default();
        for field in fields.iter().filter(inside_shared) {
            allowed.set(&field.path, self.allowed_names(field.decl));
        }
        if !allowed.is_empty() {
            about.set("allowed", allowed);
        }
        let mut object = Object::default()
            .with("title", text.zh.as_str())
            .with("description", text.en.as_str())
            .with("x-ceb", about);
        if let Some(ty) = self.catalogue.pack.type_of(message.root) {
            self.content(ty, false, &mut object);
        }
        object
    }

    /// Describes one occurrence of an element, or an attribute.
    fn field(&self, decl: DeclId, attribute: bool) -> Object {
        let pack = self.catalogue.pack;
        let (Some(declared), Some(text), Some(ty)) = (pack.decl(decl), pack.text(decl), pack.type_of(decl)) else {
            return Object::default();
        };
        let mut object = Object::default();
        if !text.zh.is_empty() {
            object.set("title", text.zh.as_str());
        }
        let description = description(text);
        if !description.is_empty() {
            object.set("description", description);
        }
        let about = self.about(decl, text, ty);
        if !about.is_empty() {
            object.set("x-ceb", about);
        }
        if let Some(name) = self.shared.name(declared.ty) {
            object.set("$ref", format!("#/$defs/{name}"));
            return object;
        }
        self.fixed(declared, attribute, &mut object);
        // Only an empty element takes its fixed or default value; an empty attribute stays empty.
        let may_be_empty = !attribute && (declared.fixed.is_some() || declared.default.is_some());
        self.content(ty, may_be_empty, &mut object);
        object
    }

    fn fixed(&self, declared: &Decl, attribute: bool, object: &mut Object) {
        if let Some(fixed) = &declared.fixed {
            if attribute {
                object.set("const", fixed.as_str());
            } else {
                object.set("enum", vec![fixed.as_str(), ""]);
            }
        }
        if let Some(default) = &declared.default {
            object.set("default", default.as_str());
        }
    }

    fn content(&self, ty: &Type, may_be_empty: bool, object: &mut Object) {
        let complex = match ty {
            Type::Any => return,
            Type::Simple(simple) => return patterns::describe(simple, may_be_empty, object),
            Type::Complex(complex) => complex,
        };
        let mut properties = Object::default();
        let mut required = Vec::new();
        for part in ty.parts() {
            let Some(name) = self.catalogue.pack.name(part.decl) else {
                continue;
            };
            let name = if part.attribute {
                format!("@{}", name.local)
            } else {
                name.local.clone()
            };
            let one = self.field(part.decl, part.attribute);
            properties.set(&name, if part.max == Some(1) { one } else { list(&part, one) });
            if part.min > 0 {
                required.push(name);
            }
        }
        let mut text = Object::default();
        match &complex.content {
            Content::Simple(simple) => {
                patterns::describe(simple, may_be_empty, &mut text);
                if simple.min_length > 0 && !may_be_empty {
                    required.push("#text".to_owned());
                }
            }
            _ if complex.mixed => text.set("type", "string"),
            _ => {}
        }
        if !text.is_empty() {
            properties.set("#text", text);
        }
        object.set("type", "object");
        object.set("properties", properties);
        if !required.is_empty() {
            object.set("required", required);
        }
        object.set("additionalProperties", is_open(ty));
    }

    fn about(&self, decl: DeclId, text: &DeclText, ty: &Type) -> Object {
        let mut about = Object::default();
        if !text.format.is_empty() {
            about.set("format", text.format.as_str());
        }
        if !text.required.is_empty() {
            about.set("required", text.required.as_str());
        }
        if let Type::Simple(simple) = ty {
            about.set("schema", notation(simple));
        }
        if text.personal {
            about.set("personal", true);
        }
        let allowed = self.allowed_names(decl);
        if !allowed.is_empty() {
            about.set("allowed", allowed);
        }
        about
    }

    /// `{"table": "currency", "rule": "CEB311-R10"}`, or the values themselves.
    fn allowed_names(&self, decl: DeclId) -> Vec<Object> {
        let describe = |allowed: &Allowed<'_>| {
            let object = match allowed.table.name.as_str() {
                "" => Object::default().with("values", allowed.table.codes.clone()),
                name => Object::default().with("table", name),
            };
            object
                .with("rule", allowed.rule)
                .with("conditional", allowed.conditional)
        };
        self.allowed.get(&decl).into_iter().flatten().map(describe).collect()
    }

    fn tables(&self, used: &BTreeSet<&str>) -> Object {
        let mut out = Object::default();
        for table in &self.catalogue.pack.program.tables {
            if table.name.is_empty() || !used.contains(table.name.as_str()) {
                continue;
            }
            let mut codes = Object::default();
            for code in &table.codes {
                let (zh, en) = self.catalogue.names.of(&table.name, code);
                codes.set(code, vec![zh, en]);
            }
            let text = self.catalogue.pack.tables.iter().find(|text| text.name == table.name);
            let mut object = Object::default();
            if let Some(text) = text {
                object.set("source", text.source.as_str());
                object.set("date", text.date.as_str());
                object.set("complete", text.complete);
            }
            out.set(&table.name, object.with("codes", codes));
        }
        out
    }
}

fn description(text: &DeclText) -> String {
    let mut parts = vec![text.en.clone()];
    if !text.format.is_empty() {
        parts.push(format!("printed {}, {}", text.format, text.required));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("; ")
}
