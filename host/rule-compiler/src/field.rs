//! Turns the entries of fields into simple types and declarations.

use crate::notation::{self, Occurs};
use crate::structure::{Builder, Declared, Facts, printed};
use crate::syntax::{Entry, Required};
use crate::text::Text;
use cebridge_rule_core::pack::DeclText;
use cebridge_rule_core::program::{AttributeUse, Base, DeclId, Simple, Type};

impl Builder<'_> {
    pub(crate) fn occurs(&self, entry: &Entry) -> Occurs {
        if let Some(text) = &entry.keys.occurs {
            return notation::occurs(&text.value).unwrap_or_else(|hint| {
                self.sources
                    .error(text.at, format!("\"{}\" is no occurrence", text.value), hint);
                Occurs::ONCE
            });
        }
        match entry.keys.required {
            Some(Required::No | Required::Conditional) => Occurs::OPTIONAL,
            Some(Required::Yes) | None => Occurs::ONCE,
        }
    }

    pub(crate) fn attribute(&mut self, entry: &Entry, name: &Text, occurs: Occurs, declared: &mut Declared) {
        let local = name.value.trim_start_matches('@');
        let known = declared.attributes.iter().any(|attribute| {
            self.out
                .decls
                .get(usize::from(attribute.decl))
                .is_some_and(|decl| self.out.interner.local(decl.name) == local)
        });
        if known {
            self.sources.error(
                name.at,
                format!("{} stands twice in this group", name.value),
                "remove one of the two",
            );
        }
        if occurs.repeats() {
            self.sources.error(
                entry.at,
                "an attribute stands at most once",
                "write occurs = \"1\" or \"0..1\"",
            );
        }
        let decl = self.field(entry, 0, local, occurs, false);
        declared.attributes.push(AttributeUse {
            decl,
            required: occurs.min > 0,
        });
    }

    pub(crate) fn field(
        &mut self,
        entry: &Entry,
        namespace: u8,
        local: &str,
        occurs: Occurs,
        in_choice: bool,
    ) -> DeclId {
        let keys = &entry.keys;
        let format = keys
            .format
            .as_ref()
            .and_then(|text| match notation::format(&text.value) {
                Ok(format) => Some(format),
                Err(hint) => {
                    self.sources
                        .error(text.at, format!("\"{}\" is no format", text.value), hint);
                    None
                }
            });
        if keys.format.is_none() && keys.schema.is_none() && !self.sources.has_problem_in(entry.at) {
            self.sources.error(
                entry.at,
                format!("the field {local} needs a format or a schema"),
                "add format = \"C..60\", or schema = \"string\" when the specification prints no format",
            );
        }
        if let (Some(fixed), Some(_)) = (&keys.fixed, &keys.default) {
            self.sources.error(
                fixed.at,
                "a field has either `fixed` or `default`",
                "a fixed value is taken by an empty element, too",
            );
        }
        let simple = self.simple(entry);
        let ty = self.add_type(simple.clone().map_or(Type::Any, Type::Simple));
        let value = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone()).unwrap_or_default();
        let text = DeclText {
            zh: value(&keys.zh),
            en: value(&keys.en),
            format: value(&keys.format),
            required: match keys.required {
                Some(Required::Yes) => "required",
                Some(Required::No) => "optional",
                Some(Required::Conditional) => "conditional",
                None => printed(occurs),
            }
            .to_owned(),
            personal: keys.personal.unwrap_or(false),
        };
        let facts = Facts {
            format,
            required: keys.required,
            simple,
            occurs,
            in_choice,
            has_value: keys.fixed.is_some() || keys.default.is_some(),
            grade: keys.grade,
            at: entry.at,
        };
        self.declare(namespace, local, Some(ty), keys, text, Some(facts))
    }

    /// Returns the schema type of a field: as written, else derived from the format.
    pub(crate) fn simple(&self, entry: &Entry) -> Option<Simple> {
        let keys = &entry.keys;
        let fallback = notation::plain(Base::String);
        if let Some(text) = &keys.schema {
            return notation::schema(&text.value).unwrap_or_else(|hint| {
                self.sources
                    .error(text.at, format!("\"{}\" is no type", text.value), hint);
                Some(fallback)
            });
        }
        let format = keys.format.as_ref().and_then(|text| notation::format(&text.value).ok());
        Some(format.map_or(fallback, |format| {
            notation::derived(format, keys.required == Some(Required::Yes))
        }))
    }
}
