//! Declarations of a pack by their ids.

use cebridge_rule_core::pack::{DeclText, Pack};
use cebridge_rule_core::program::{Decl, DeclId, Name, Type};

/// Lookups in a checked pack: every position exists.
pub(crate) trait Lookup {
    fn decl(&self, decl: DeclId) -> Option<&Decl>;
    fn text(&self, decl: DeclId) -> Option<&DeclText>;
    fn name(&self, decl: DeclId) -> Option<&Name>;
    fn type_of(&self, decl: DeclId) -> Option<&Type>;
}

impl Lookup for Pack {
    fn decl(&self, decl: DeclId) -> Option<&Decl> {
        self.program.decls.get(usize::from(decl))
    }

    fn text(&self, decl: DeclId) -> Option<&DeclText> {
        self.decls.get(usize::from(decl))
    }

    fn name(&self, decl: DeclId) -> Option<&Name> {
        self.program.names.get(usize::from(self.decl(decl)?.name))
    }

    fn type_of(&self, decl: DeclId) -> Option<&Type> {
        self.program.types.get(usize::from(self.decl(decl)?.ty))
    }
}
