//! Messages broken in the ways that validators are known to trip over. What comes out may still be valid.

mod attributes;
mod elements;
mod names;
mod shreds;
mod signature;
mod values;

pub use shreds::shred;

use crate::random::Random;
use crate::tree::{Path, Tree};
use cebridge_rule_core::program::Program;

/// One way to break a message.
#[derive(Clone, Copy)]
pub struct Mutation {
    /// What it is called in reports.
    pub name: &'static str,
    /// Does it; `None` when the message has nothing to do it to.
    apply: fn(&mut Tree, &mut Random, &Program) -> Option<()>,
}

macro_rules! mutations {
    ($($name:literal $apply:path,)*) => { &[$(Mutation { name: $name, apply: $apply },)*] };
}

/// All ways to break a message.
pub const MUTATIONS: &[Mutation] = mutations![
    "element dropped" elements::drop_one,
    "element repeated" elements::repeat,
    "neighbours swapped" elements::swap,
    "element moved" elements::shift,
    "element renamed" elements::rename,
    "unknown element" elements::unknown,
    "element unwrapped" elements::unwrap,
    "children dropped" elements::clear,
    "at the limit of occurrences" elements::crowd,
    "elements in a field" elements::nest,
    "text between elements" elements::ink,
    "attribute dropped" attributes::drop_one,
    "attribute unknown" attributes::unknown,
    "attribute qualified" attributes::qualify,
    "attribute of xsi" attributes::xsi,
    "attribute of xml" attributes::xml,
    "length at the border" values::length,
    "digits at the border" values::digits,
    "form of a number" values::number,
    "white space in a value" values::space,
    "empty value" values::empty,
    "fixed or default value" values::fixed,
    "form of base64" values::base64,
    "form of a time" values::time,
    "form of a URI" values::uri,
    "identifiers" values::identifier,
    "value of another field" values::exchange,
    "namespace wrong" names::wrong,
    "namespace missing" names::missing,
    "namespace of the root" names::root,
    "namespace of a subtree" names::subtree,
    "letter case of a name" names::case,
    "extension content" signature::extension,
    "signature content" signature::signature,
    "key information" signature::key_info,
    "wildcard content" signature::wildcard,
];

impl Mutation {
    /// Breaks a message; false when it has nothing to do this to. What comes out may still be valid.
    pub fn apply(&self, tree: &mut Tree, random: &mut Random, program: &Program) -> bool {
        (self.apply)(tree, random, program).is_some()
    }
}

/// One of the elements for which `wanted` holds.
fn any(tree: &Tree, random: &mut Random, wanted: &dyn Fn(&Tree) -> bool) -> Option<Path> {
    random.pick_of(tree.paths(wanted))
}

/// A random element other than the root: its parent and its position there.
fn below_root(tree: &Tree, random: &mut Random) -> Option<(Path, usize)> {
    let mut path = random.pick_of(tree.paths(&|_| true).into_iter().skip(1).collect())?;
    let at = path.pop()?;
    Some((path, at))
}
