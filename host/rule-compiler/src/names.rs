//! Resolves the names in the expressions of a rule.

use crate::codes::Codes;
use crate::expr::{Found, Read, Refusal, Resolver};
use crate::interner::Interner;
use crate::places::Places;

/// A place in a message that a rule applies to.
pub(crate) struct Instance {
    pub(crate) on: usize,
    pub(crate) at: usize,
    /// The field called `value`.
    pub(crate) value: Option<usize>,
}

/// The names that an expression may use.
pub(crate) struct Names<'n> {
    pub(crate) places: &'n Places,
    pub(crate) instance: &'n Instance,
    pub(crate) interner: &'n mut Interner,
    pub(crate) codes: &'n mut Codes,
}

impl Resolver for Names<'_> {
    fn field(&mut self, path: &str, read: Read) -> Result<Found, Refusal> {
        if path == "value" {
            return match self.instance.value {
                Some(value) => self.places.visible(self.instance.on, value, path, read),
                None => self
                    .places
                    .read(self.instance.on, path, read)
                    .map_err(|refusal| Refusal {
                        hint: Some("`value` is known in rules with `fields`; here name the field itself".to_owned()),
                        ..refusal
                    }),
            };
        }
        self.places.read(self.instance.on, path, read)
    }

    fn table(&mut self, name: &str) -> Result<u16, Refusal> {
        match self.codes.find(name) {
            Ok(codes) => Ok(self.interner.table(name, codes)),
            Err(_) if self.places.resolve(self.instance.on, name).is_some() => Err(Refusal {
                message: format!("`{name}` is a field, neither a list nor a code table"),
                hint: Some(format!(
                    "compare two fields with `== {name}`; a list is written [\"1\", \"2\"]"
                )),
            }),
            Err(refusal) => Err(refusal),
        }
    }

    fn list(&mut self, codes: &[String]) -> Result<u16, Refusal> {
        Ok(self.interner.table("", codes))
    }

    fn text(&mut self, text: &str) -> Result<u16, Refusal> {
        Ok(self.interner.string(text))
    }
}
