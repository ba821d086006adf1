//! Assigns numbers to namespaces, names, text literals and lists; equal ones share a number.

use cebridge_rule_core::program::{Name, NameId, Table, UNKNOWN_NAME};
use std::collections::BTreeMap;

/// The parts of a program that are looked up by value.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    /// URIs; position 0 means no namespace.
    pub(crate) namespaces: Vec<String>,
    pub(crate) names: Vec<Name>,
    name_ids: BTreeMap<(u8, String), NameId>,
    pub(crate) strings: Vec<String>,
    string_ids: BTreeMap<String, u16>,
    pub(crate) tables: Vec<Table>,
    /// Set once something did not fit its number; the pack must not be used.
    pub(crate) overflow: bool,
}

impl Interner {
    /// Starts with these namespaces, in this order, after position 0.
    pub(crate) fn new<'u>(uris: impl Iterator<Item = &'u str>) -> Self {
        let mut namespaces = vec![String::new()];
        namespaces.extend(uris.map(str::to_owned));
        let overflow = namespaces.len() > usize::from(u8::MAX);
        Self {
            namespaces,
            overflow,
            ..Self::default()
        }
    }

    /// Converts a position to a number in the program.
    pub(crate) fn position(&mut self, position: usize) -> u16 {
        match u16::try_from(position) {
            Ok(number) if number != UNKNOWN_NAME => number,
            _ => {
                self.overflow = true;
                0
            }
        }
    }

    /// Returns the number of a namespace.
    pub(crate) fn namespace(&self, uri: &str) -> Option<u8> {
        self.namespaces
            .iter()
            .position(|known| known == uri)
            .and_then(|at| u8::try_from(at).ok())
    }

    /// Returns the number of a name.
    pub(crate) fn name(&mut self, namespace: u8, local: &str) -> NameId {
        let key = (namespace, local.to_owned());
        if let Some(id) = self.name_ids.get(&key) {
            return *id;
        }
        let id = self.position(self.names.len());
        self.names.push(Name {
            namespace,
            local: local.to_owned(),
        });
        self.name_ids.insert(key, id);
        id
    }

    /// Returns the local part of a name.
    pub(crate) fn local(&self, name: NameId) -> &str {
        self.names.get(usize::from(name)).map_or("", |name| &name.local)
    }

    /// Returns the number of a text literal.
    pub(crate) fn string(&mut self, text: &str) -> u16 {
        if let Some(id) = self.string_ids.get(text) {
            return *id;
        }
        let id = self.position(self.strings.len());
        self.strings.push(text.to_owned());
        self.string_ids.insert(text.to_owned(), id);
        id
    }

    /// Returns the number of a table; the codes of a literal list (no name) are sorted here.
    pub(crate) fn table(&mut self, name: &str, codes: &[String]) -> u16 {
        let mut codes = codes.to_vec();
        codes.sort_unstable();
        codes.dedup();
        let table = Table {
            name: name.to_owned(),
            codes,
        };
        if let Some(known) = self.tables.iter().position(|known| *known == table) {
            return self.position(known);
        }
        self.tables.push(table);
        self.position(self.tables.len() - 1)
    }
}
