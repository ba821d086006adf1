//! Finds messages and declarations of a program by code, name and path.

use crate::program::{Content, Decl, DeclId, Op, Program, Rule, Simple, Type};
use crate::tree::Part;
use alloc::vec::Vec;

impl Rule {
    /// Iterates over the declarations that condition and check read, once per read; `at` alone does not count.
    pub fn reads(&self) -> impl Iterator<Item = DeclId> {
        self.when.iter().chain(&self.check).filter_map(|op| match op {
            Op::Field(decl)
            | Op::Empty(decl)
            | Op::Present(decl)
            | Op::Sum(decl)
            | Op::Count(decl)
            | Op::Unique(decl)
            | Op::Sequence(decl)
            | Op::AnyEq(decl, _) => Some(*decl),
            _ => None,
        })
    }
}

impl Program {
    /// Returns the position of the message with this code, for example `CEB311`.
    #[must_use]
    pub fn message(&self, code: &str) -> Option<usize> {
        self.messages.iter().position(|message| message.code == code)
    }

    /// Returns a declaration; `None` if the position does not exist.
    #[must_use]
    pub fn decl(&self, decl: DeclId) -> Option<&Decl> {
        self.decls.get(usize::from(decl))
    }

    /// Returns the local name of a declaration.
    #[must_use]
    pub fn local_name(&self, decl: DeclId) -> Option<&str> {
        let name = self.names.get(usize::from(self.decl(decl)?.name))?;
        Some(&name.local)
    }

    /// Returns the type of the text that a declaration may hold; `None` for groups.
    #[must_use]
    pub fn simple_of(&self, decl: DeclId) -> Option<&Simple> {
        match self.types.get(usize::from(self.decl(decl)?.ty))? {
            Type::Simple(simple) => Some(simple),
            Type::Complex(complex) => match &complex.content {
                Content::Simple(simple) => Some(simple),
                _ => None,
            },
            Type::Any => None,
        }
    }

    /// Returns what may occur directly inside an element: attributes, then elements.
    #[must_use]
    pub fn parts_of(&self, decl: DeclId) -> Vec<Part> {
        let ty = self.decl(decl).and_then(|decl| self.types.get(usize::from(decl.ty)));
        ty.map(Type::parts).unwrap_or_default()
    }

    /// Returns the declarations of the attributes allowed on an element, in the order of the type.
    #[must_use]
    pub fn attributes_of(&self, decl: DeclId) -> Vec<DeclId> {
        let attributes = self.parts_of(decl).into_iter().filter(|part| part.attribute);
        attributes.map(|part| part.decl).collect()
    }

    /// Returns the declarations of the elements allowed directly inside an element, in the order of the content model.
    #[must_use]
    pub fn children_of(&self, decl: DeclId) -> Vec<DeclId> {
        let elements = self.parts_of(decl).into_iter().filter(|part| !part.attribute);
        elements.map(|part| part.decl).collect()
    }

    /// Returns the declaration at a path below the root of a message: `Order/OrderHead/orderNo`, `@guid` for an
    /// attribute, `(root)` or the empty path for the root itself.
    #[must_use]
    pub fn decl_by_path(&self, message: usize, path: &str) -> Option<DeclId> {
        let root = self.messages.get(message)?.root;
        if path.is_empty() || path == "(root)" {
            return Some(root);
        }
        self.decl_below(root, path)
    }

    /// Returns the declaration at a path of names below another: `OrderHead/orderNo`, `@guid` for an attribute.
    #[must_use]
    pub fn decl_below(&self, above: DeclId, path: &str) -> Option<DeclId> {
        path.split('/').try_fold(above, |decl, step| {
            let (local, attribute) = match step.strip_prefix('@') {
                Some(local) => (local, true),
                None => (step, false),
            };
            let mut parts = self.parts_of(decl).into_iter();
            let found = parts.find(|part| part.attribute == attribute && self.local_name(part.decl) == Some(local));
            found.map(|part| part.decl)
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::evaluate::testing::*;
    use crate::program::*;

    #[test]
    fn declarations_are_found_by_path() {
        let mut schema = Schema::new();
        let guid = schema.attribute("guid", string(0, None));
        let [a, b, c] = ["a", "b", "c"].map(|name| schema.field(name, string(0, None)));
        let inner = particle(
            Term::Choice([b, c].map(|decl| particle(Term::Element(decl), 1, 1)).to_vec()),
            0,
            2,
        );
        let any = particle(Term::Any { other_than: None }, 0, 1);
        let model = schema.model("model", particle(Term::Sequence(vec![inner, any]), 1, 1));
        let attributes = vec![AttributeUse {
            decl: guid,
            required: true,
        }];
        let content = Content::Sequence(vec![slot(a, 1, 1), slot(model, 0, 1)]);
        let root = schema.element(
            "r",
            Type::Complex(Complex {
                attributes,
                content,
                mixed: false,
            }),
        );
        schema.message(root);
        let program = &schema.program;
        for (path, expected) in [
            ("(root)", Some(root)),
            ("", Some(root)),
            ("@guid", Some(guid)),
            ("a", Some(a)),
            ("model/c", Some(c)),
            ("model/a", None),
            ("guid", None),
            ("@a", None),
            ("a/", None),
            ("/a", None),
        ] {
            assert_eq!(program.decl_by_path(0, path), expected, "{path:?}");
        }
        assert_eq!(program.decl_by_path(1, ""), None);
        assert_eq!(program.children_of(model), [b, c]);
        assert_eq!(program.message("M6"), None);
        assert_eq!(program.message(&program.messages[0].code), Some(0));
    }
}
