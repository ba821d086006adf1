//! Resolves the names in a document to the pack's numbers.

use cebridge_rule_core::batch::UNKNOWN_NAMESPACE;
use cebridge_rule_core::program::{NameId, Program, UNKNOWN_NAME};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The names that a pack knows, with their numbers.
pub(crate) struct Names {
    /// Namespace URIs, by position.
    namespaces: Vec<String>,
    /// Name ids by local name, for each namespace.
    names: Vec<HashMap<String, NameId, BuildHasherDefault<Fnv>>>,
}

impl Names {
    pub(crate) fn new(program: &Program) -> Self {
        let mut names: Vec<HashMap<_, _, _>> = program.namespaces.iter().map(|_| HashMap::default()).collect();
        for (id, name) in program.names.iter().enumerate() {
            if let (Some(names), Ok(id)) = (names.get_mut(usize::from(name.namespace)), NameId::try_from(id)) {
                names.insert(name.local.clone(), id);
            }
        }
        Self {
            namespaces: program.namespaces.clone(),
            names,
        }
    }

    /// Returns name id and namespace of a name.
    pub(crate) fn resolve(&self, namespace: &str, local: &str) -> (NameId, u8) {
        let Some(position) = self.namespaces.iter().position(|known| known == namespace) else {
            return (UNKNOWN_NAME, UNKNOWN_NAMESPACE);
        };
        let name = self
            .names
            .get(position)
            .and_then(|names| names.get(local))
            .copied()
            .unwrap_or(UNKNOWN_NAME);
        (name, u8::try_from(position).unwrap_or(UNKNOWN_NAMESPACE))
    }
}

/// FNV-1a: fast for short names. Keys come from the pack, so an attacker can't choose colliding names.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
