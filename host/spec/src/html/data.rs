//! The data of the page as compact JSON: fields, rules and code tables that editions or messages share are stored once.

use crate::codes::Allowed;
use crate::fields::{Field, Value};
use crate::rules::RuleView;
use crate::{Catalogue, notation, receipts};
use cebridge_rule_core::signature::SignatureRule;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(super) struct Site {
    editions: Vec<EditionData>,
    fields: Pool<FieldData>,
    rules: Pool<RuleData>,
    tables: Pool<TableData>,
}

#[derive(Serialize)]
struct EditionData {
    name: String,
    version: String,
    from: String,
    notice: String,
    derived: String,
    digest: String,
    messages: Vec<MessageData>,
    tables: Vec<usize>,
}

#[derive(Serialize)]
struct MessageData {
    code: String,
    zh: String,
    en: String,
    kind: String,
    direction: String,
    clause: String,
    receipt: String,
    document: String,
    keys: Vec<String>,
    outcomes: Vec<(String, &'static str, bool)>,
    concerns: String,
    sign: Vec<SignatureRule>,
    fields: Vec<usize>,
    rules: Vec<usize>,
}

/// Keys are short because there are thousands of fields: path, 名称, English, format, requirement, schema, occurrence,
/// fixed, default, group, personal, allowed.
#[derive(Serialize)]
struct FieldData {
    p: String,
    z: String,
    e: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    f: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    r: String,
    s: String,
    o: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    d: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    g: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    c: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    a: Vec<AllowedData>,
}

#[derive(Serialize)]
struct AllowedData {
    #[serde(skip_serializing_if = "String::is_empty")]
    table: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
    rule: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    sometimes: bool,
}

#[derive(Serialize)]
struct RuleData {
    id: String,
    severity: &'static str,
    layer: &'static str,
    basis: String,
    code: String,
    clause: String,
    on: String,
    at: String,
    when: String,
    check: String,
    zh: String,
    en: String,
    why: String,
    source: String,
    automatic: bool,
}

#[derive(Serialize)]
struct TableData {
    name: String,
    source: String,
    date: String,
    complete: bool,
    codes: Vec<(String, String, String)>,
}

/// Distinct values, compared by their JSON.
struct Pool<T> {
    values: Vec<T>,
    known: BTreeMap<String, usize>,
}

impl<T: Serialize> Pool<T> {
    fn new() -> Self {
        Self {
            values: Vec::new(),
            known: BTreeMap::new(),
        }
    }

    fn add(&mut self, value: T) -> usize {
        let text = serde_json::to_string(&value).unwrap_or_default();
        *self.known.entry(text).or_insert_with(|| {
            self.values.push(value);
            self.values.len() - 1
        })
    }
}

impl<T: Serialize> Serialize for Pool<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.values.serialize(serializer)
    }
}

impl Site {
    pub(super) fn of(catalogues: &[Catalogue<'_>]) -> Self {
        let mut site = Self {
            editions: Vec::new(),
            fields: Pool::new(),
            rules: Pool::new(),
            tables: Pool::new(),
        };
        for catalogue in catalogues {
            let edition = site.edition(catalogue);
            site.editions.push(edition);
        }
        site
    }

    fn edition(&mut self, catalogue: &Catalogue<'_>) -> EditionData {
        let manifest = &catalogue.pack.manifest;
        EditionData {
            name: manifest.edition.clone(),
            version: manifest.version.clone(),
            from: manifest.effective_from.clone(),
            notice: manifest.notice.clone(),
            derived: manifest.derived.clone(),
            digest: manifest.source_digest.clone(),
            messages: catalogue
                .messages()
                .iter()
                .filter_map(|index| self.message(catalogue, *index))
                .collect(),
            tables: self.code_tables(catalogue),
        }
    }

    fn message(&mut self, catalogue: &Catalogue<'_>, index: usize) -> Option<MessageData> {
        let (message, text) = catalogue.message(index)?;
        let fields = catalogue.fields(index);
        let allowed = catalogue.allowed(index);
        let document = match text.document {
            0 => String::new(),
            decl => catalogue.path(&fields, decl),
        };
        let below_root = fields.iter().filter(|field| !field.is_root());
        Some(MessageData {
            code: message.code.clone(),
            zh: text.zh.clone(),
            en: text.en.clone(),
            kind: text.kind.clone(),
            direction: text.direction.clone(),
            clause: text.clause.clone(),
            receipt: text.receipt.clone(),
            document,
            keys: text.keys.iter().map(|key| catalogue.path(&fields, *key)).collect(),
            outcomes: text
                .outcomes
                .iter()
                .map(|outcome| (receipts::states(outcome), outcome.means.as_str(), outcome.is_final))
                .collect(),
            concerns: receipts::concern(text.concern.as_ref()),
            sign: catalogue.signature(&message.code).cloned().collect(),
            fields: below_root
                .map(|field| {
                    self.fields
                        .add(field_data(field, allowed.get(&field.decl).map_or(&[], Vec::as_slice)))
                })
                .collect(),
            rules: catalogue
                .rules(index)
                .iter()
                .map(|rule| self.rules.add(rule_data(rule)))
                .collect(),
        })
    }

    fn code_tables(&mut self, catalogue: &Catalogue<'_>) -> Vec<usize> {
        let named = catalogue
            .pack
            .program
            .tables
            .iter()
            .filter(|table| !table.name.is_empty());
        named
            .map(|table| {
                let text = catalogue
                    .pack
                    .tables
                    .iter()
                    .find(|text| text.name == table.name)
                    .cloned();
                let text = text.unwrap_or_default();
                let code = |code: &String| {
                    let (zh, en) = catalogue.names.of(&table.name, code);
                    (code.clone(), zh.to_owned(), en.to_owned())
                };
                self.tables.add(TableData {
                    name: table.name.clone(),
                    source: text.source,
                    date: text.date,
                    complete: text.complete,
                    codes: table.codes.iter().map(code).collect(),
                })
            })
            .collect()
    }
}

fn field_data(field: &Field<'_>, allowed: &[Allowed<'_>]) -> FieldData {
    let is_group = matches!(field.value, Value::Group { .. });
    FieldData {
        p: field.path.clone(),
        z: field.text.zh.clone(),
        e: field.text.en.clone(),
        f: field.text.format.clone(),
        r: if is_group {
            String::new()
        } else {
            field.text.required.clone()
        },
        s: match field.value {
            Value::Simple(simple, _) => notation(simple),
            Value::Any => "anyType".to_owned(),
            Value::Group { open: true, .. } => "elements, others too".to_owned(),
            Value::Group { .. } => "elements".to_owned(),
        },
        o: format!("{}{}", field.occurs(), if field.in_model { " (choice)" } else { "" }),
        x: field.declared.fixed.clone(),
        d: field.declared.default.clone(),
        g: is_group,
        c: field.text.personal,
        a: allowed
            .iter()
            .map(|allowed| AllowedData {
                table: allowed.table.name.clone(),
                values: if allowed.table.name.is_empty() {
                    allowed.table.codes.clone()
                } else {
                    Vec::new()
                },
                rule: allowed.rule.to_owned(),
                sometimes: allowed.conditional,
            })
            .collect(),
    }
}

fn rule_data(rule: &RuleView<'_>) -> RuleData {
    let text = rule.text;
    RuleData {
        id: text.id.clone(),
        severity: rule.severity(),
        layer: rule.layer(),
        basis: text.basis.clone(),
        code: text.code.clone(),
        clause: text.clause.clone(),
        on: rule.on.clone(),
        at: rule.at.clone(),
        when: rule.when.clone(),
        check: text.check.clone(),
        zh: text.zh.clone(),
        en: text.en.clone(),
        why: text.why.clone(),
        source: text.source.clone(),
        automatic: rule.automatic,
    }
}
