//! Builds shared blocks, and reports unused groups.

use crate::near::{did_you_mean, nearest};
use crate::structure::{Builder, Scope};
use crate::syntax::Group;
use crate::text::Span;
use cebridge_rule_core::program::TypeId;
use std::collections::BTreeSet;

impl Builder<'_> {
    /// Returns the type of a block, built on first use.
    pub(crate) fn block_type(&mut self, name: &str, used_at: Span) -> TypeId {
        if let Some(ty) = self.blocks.get(name) {
            return *ty;
        }
        let edition = self.edition;
        let Some(block) = edition
            .shared
            .get(name)
            .filter(|_| edition.blocks.iter().any(|block| block == name))
        else {
            let hint = did_you_mean(&nearest(name, edition.blocks.iter().map(String::as_str)))
                .unwrap_or_else(|| format!("the blocks are {}", edition.blocks.join(", ")));
            self.sources.error(used_at, format!("there is no block {name}"), hint);
            return self.stand_in();
        };
        if self.open.iter().any(|open| open == name) {
            self.sources.error(
                used_at,
                format!("the block {name} contains itself: {} → {name}", self.open.join(" → ")),
                "blocks may use other blocks, but not in a circle",
            );
            return self.stand_in();
        }
        self.open.push(name.to_owned());
        let below = format!("{name}/");
        let mut scope = Scope {
            groups: &edition.shared,
            namespace: block.namespace.as_ref(),
            used: BTreeSet::new(),
        };
        let ty = self.group_type(&mut scope, block, name);
        for (path, group) in &edition.shared {
            if path.starts_with(&below) && !scope.used.contains(path) {
                self.unused(group);
            }
        }
        self.open.pop();
        self.blocks.insert(name.to_owned(), ty);
        ty
    }

    pub(crate) fn unused(&self, group: &Group) {
        let path = &group.path.value;
        let (parent, name) = path.rsplit_once('/').unwrap_or(("(root)", path));
        self.sources.error(
            group.path.at,
            format!("the group {path} is described, but no group lists it"),
            format!("add {{ group = \"{name}\", occurs = \"1\" }} to the fields of {parent}, or correct the path"),
        );
    }

    /// Reports groups in shared files that do not belong to a block.
    pub(crate) fn unused_shared(&mut self) {
        let edition = self.edition;
        for name in &edition.blocks {
            if let Some(block) = edition.shared.get(name) {
                self.block_type(name, block.path.at);
            }
        }
        for (path, group) in &edition.shared {
            let first = path.split('/').next().unwrap_or_default();
            if !edition.blocks.iter().any(|block| block == first) {
                let hint = did_you_mean(&nearest(first, edition.blocks.iter().map(String::as_str)))
                    .unwrap_or_else(|| "its path begins with the name of a [[block]]".to_owned());
                self.sources
                    .error(group.path.at, format!("the group {path} belongs to no block"), hint);
            }
        }
    }
}
