//! A valid document of every request, made from the catalogue: each field that the edition demands, in its format.

use cebridge_rule_compiler::{SourceSet, compile};
use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::program::{Base, Content, DeclId, Simple, Type};
use serde_json::{Map, Value};

/// Values by message, and for all of them.
const VALUES: &str = include_str!("messages.toml");

/// An edition and what its sample documents say.
pub(crate) struct Samples {
    pub(crate) pack: Pack,
    values: toml::Table,
    year: String,
}

impl Samples {
    /// `year` is the one in which the simulated customs gives its numbers.
    pub(crate) fn of(edition: &str, year: &str) -> Self {
        let rules: SourceSet = cebridge_runtime::shipped_sources();
        Self {
            pack: compile(&rules, edition).unwrap_or_else(|errors| panic!("{errors:?}")),
            values: VALUES.parse().unwrap(),
            year: year.to_owned(),
        }
    }

    /// Codes of all requests, in their order.
    pub(crate) fn requests(&self) -> Vec<&str> {
        let messages = self.pack.program.messages.iter().zip(&self.pack.messages);
        let requests = messages.filter(|(_, text)| text.kind == "request");
        requests.map(|(message, _)| message.code.as_str()).collect()
    }

    /// Direction of a message, and the code of its receipt.
    pub(crate) fn about(&self, code: &str) -> (&str, &str) {
        let text = &self.pack.messages[self.pack.message(code).unwrap()];
        (&text.direction, &text.receipt)
    }

    /// A document: fields and groups by their names.
    pub(crate) fn document(&self, code: &str) -> Map<String, Value> {
        let text = &self.pack.messages[self.pack.message(code).unwrap()];
        self.fields(code, text.document)
    }

    /// A message as JSON for the mapper `ceb`.
    pub(crate) fn json(&self, code: &str, documents: &[Map<String, Value>]) -> String {
        serde_json::json!({ "message": code, "documents": documents }).to_string()
    }

    /// The same as XML in a default namespace.
    pub(crate) fn xml(&self, code: &str, documents: &[Map<String, Value>]) -> String {
        let text = &self.pack.messages[self.pack.message(code).unwrap()];
        let name = self.pack.program.local_name(text.document).unwrap();
        let inside: String = documents
            .iter()
            .map(|document| element(name, &Value::Object(document.clone())))
            .collect();
        format!("<{code}Message xmlns=\"http://www.chinaport.gov.cn/ceb\">{inside}</{code}Message>")
    }

    fn fields(&self, code: &str, parent: DeclId) -> Map<String, Value> {
        let program = &self.pack.program;
        let Some(Type::Complex(complex)) = program
            .decl(parent)
            .and_then(|decl| program.types.get(usize::from(decl.ty)))
        else {
            panic!("{code} is no group");
        };
        let Content::Sequence(slots) = &complex.content else {
            panic!("{code} is no plain sequence");
        };
        let mut out = Map::new();
        for slot in slots {
            let name = program.local_name(slot.decl).unwrap();
            let edition = self.values.get(&self.pack.manifest.edition);
            let own = edition.and_then(|values| values.get(code)?.get(name));
            let own = own.or_else(|| self.values.get(code)?.get(name));
            let demanded = slot.min > 0 || self.pack.decls[usize::from(slot.decl)].required == "required";
            match program
                .types
                .get(usize::from(program.decl(slot.decl).unwrap().ty))
                .unwrap()
            {
                Type::Simple(simple) if name != "guid" && (demanded || own.is_some()) => {
                    let value = own.or_else(|| self.values["common"].get(name));
                    let text = value.map_or_else(|| any(simple), |value| self.written(value.as_str().unwrap()));
                    out.insert(name.to_owned(), text.into());
                }
                Type::Complex(_) => {
                    let group = self.fields(code, slot.decl);
                    let group = if slot.max == Some(1) {
                        group.into()
                    } else {
                        Value::Array(vec![group.into()])
                    };
                    out.insert(name.to_owned(), group);
                }
                _ => {}
            }
        }
        out
    }

    fn written(&self, text: &str) -> String {
        text.replace("{I}", &format!("2244{}I000000001", self.year))
            .replace("{E}", &format!("5141{}E000000001", self.year))
    }
}

/// A value that the format takes.
fn any(simple: &Simple) -> String {
    match simple.base {
        Base::String => "1".repeat((simple.min_length as usize).max(1)),
        _ => "1".to_owned(),
    }
}

fn element(name: &str, value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().map(|item| element(name, item)).collect(),
        Value::Object(fields) => {
            let inside: String = fields.iter().map(|(name, value)| element(name, value)).collect();
            format!("<{name}>{inside}</{name}>")
        }
        value => format!("<{name}>{}</{name}>", value.as_str().unwrap()),
    }
}
