//! The places of one message as a tree, in which rules look up fields and determine what is visible.

use crate::expr::Refusal;
use crate::near::{did_you_mean, nearest};
use crate::structure::Structure;
use cebridge_rule_core::program::DeclId;
use cebridge_rule_core::tree::{FieldTree, Place};
use std::collections::BTreeMap;

/// All places of a message, and how often each declaration stands there.
#[derive(Debug)]
pub(crate) struct Places {
    tree: FieldTree,
    /// Number of places of each declaration.
    pub(crate) uses: BTreeMap<DeclId, usize>,
}

impl Places {
    /// Collects the places below a root.
    pub(crate) fn of(structure: &Structure, root: DeclId) -> Self {
        let name = |name| Some(structure.interner.local(name));
        let tree = FieldTree::below(&structure.decls, &structure.types, name, root);
        let mut uses = BTreeMap::new();
        for place in tree.places() {
            *uses.entry(place.part.decl).or_default() += 1;
        }
        Self { tree, uses }
    }

    /// Returns the places in document order; the root is the first.
    pub(crate) fn list(&self) -> &[Place] {
        self.tree.places()
    }

    /// Returns the place with exactly this path below the root.
    pub(crate) fn at(&self, path: &str) -> Option<usize> {
        self.tree.at(path)
    }

    /// Like [`Places::at`], for a path that must exist.
    pub(crate) fn must(&self, path: &str) -> Result<usize, Refusal> {
        self.at(path).ok_or_else(|| Refusal {
            message: format!("there is no {path} in this message"),
            hint: self
                .near(path, 0)
                .or_else(|| Some("paths begin below the root: Order/OrderHead/orderNo".to_owned())),
        })
    }

    /// Returns the places whose path ends with these names, one for each declaration.
    pub(crate) fn ending(&self, suffix: &str) -> Vec<usize> {
        let tail = format!("/{suffix}");
        let mut seen = Vec::new();
        let mut out = Vec::new();
        for (index, place) in self.list().iter().enumerate() {
            if (place.path == suffix || place.path.ends_with(&tail)) && !seen.contains(&place.part.decl) {
                seen.push(place.part.decl);
                out.push(index);
            }
        }
        out
    }

    /// Returns the nearest repeated ancestor-or-self below the root, else the root.
    pub(crate) fn trigger(&self, on: usize) -> usize {
        self.ancestry(on)
            .into_iter()
            .find(|index| *index == 0 || self.list()[*index].part.repeated)
            .unwrap_or(0)
    }

    /// Returns the place itself, its parent, and so on up to the root.
    pub(crate) fn ancestry(&self, from: usize) -> Vec<usize> {
        let mut out = vec![from];
        let mut at = from;
        while at != 0 {
            at = self.list()[at].parent;
            out.push(at);
        }
        out
    }

    /// Resolves a name for a rule on `on`: below `on`, else below its parent, and so on up to the root.
    pub(crate) fn resolve(&self, on: usize, name: &str) -> Option<usize> {
        self.ancestry(on).into_iter().find_map(|ancestor| {
            let base = &self.list()[ancestor].path;
            let path = if base.is_empty() {
                name.to_owned()
            } else {
                format!("{base}/{name}")
            };
            self.at(&path)
        })
    }

    /// Suggests names that a rule on `on` may have meant.
    pub(crate) fn suggest(&self, name: &str, on: usize) -> Option<String> {
        self.near(name, on)
            .or_else(|| Some("names are paths below the element of the rule, or below one of its parents".to_owned()))
    }

    fn near(&self, name: &str, on: usize) -> Option<String> {
        let ancestry = self.ancestry(on);
        // For each place, the shortest name by which the rule can reach it.
        let reachable: Vec<String> = self
            .list()
            .iter()
            .enumerate()
            .skip(1)
            .filter_map(|(index, place)| {
                let base = self
                    .ancestry(index)
                    .into_iter()
                    .skip(1)
                    .find(|ancestor| ancestry.contains(ancestor))?;
                let base = &self.list()[base].path;
                Some(if base.is_empty() {
                    place.path.clone()
                } else {
                    place.path[base.len() + 1..].to_owned()
                })
            })
            .collect();
        let last = name.rsplit('/').next().unwrap_or(name);
        let same: Vec<String> = reachable
            .iter()
            .filter(|known| known.as_str() != name && last_of(known) == last)
            .take(3)
            .cloned()
            .collect();
        let near = nearest(name, reachable.iter().map(String::as_str));
        let near = if near.is_empty() { same } else { near };
        if !near.is_empty() {
            return did_you_mean(&near);
        }
        let lasts = nearest(last, reachable.iter().map(|known| last_of(known)));
        let paths: Vec<String> = reachable
            .iter()
            .filter(|known| lasts.iter().any(|near| last_of(known) == near))
            .take(3)
            .cloned()
            .collect();
        did_you_mean(&paths)
    }
}

fn last_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
