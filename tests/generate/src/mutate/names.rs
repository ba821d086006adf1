//! Names in the wrong namespace or letter case.

use super::any;
use crate::random::Random;
use crate::tree::{Item, Tree};
use cebridge_rule_core::program::Program;

type Done = Option<()>;

const NAMESPACES: [&str; 7] = [
    "http://www.chinaport.gov.cn/ceb",
    "http://www.chinaport.gov.cn/dxp",
    "http://www.w3.org/2000/09/xmldsig#",
    "http://www.chinaport.gov.cn/ceb/",
    "http://www.chinaport.gov.cn/CEB",
    " http://www.chinaport.gov.cn/ceb",
    "urn:x-test:a",
];

pub(super) fn wrong(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    let path = any(tree, random, &|_| true)?;
    tree.at_mut(&path)?.name.namespace = random.word(&NAMESPACES).to_owned();
    Some(())
}

pub(super) fn missing(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    let path = any(tree, random, &|_| true)?;
    tree.at_mut(&path)?.name.namespace.clear();
    Some(())
}

/// Only the root, as in a message whose default namespace is declared too late.
pub(super) fn root(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    tree.name.namespace = if random.chance(50) {
        String::new()
    } else {
        random.word(&NAMESPACES).to_owned()
    };
    Some(())
}

/// A whole subtree, as by a nested default namespace.
pub(super) fn subtree(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    let path = any(tree, random, &|tree| tree.elements().next().is_some())?;
    let namespace = if random.chance(50) {
        ""
    } else {
        random.word(&NAMESPACES)
    };
    set(tree.at_mut(&path)?, namespace);
    Some(())
}

fn set(tree: &mut Tree, namespace: &str) {
    tree.name.namespace = namespace.to_owned();
    for item in &mut tree.content {
        if let Item::Element(child) = item {
            set(child, namespace);
        }
    }
}

pub(super) fn case(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    let path = any(tree, random, &|_| true)?;
    let local = &mut tree.at_mut(&path)?.name.local;
    let changed = match random.below(3) {
        0 => local.to_lowercase(),
        1 => local.to_uppercase(),
        _ => {
            let mut letters = local.chars();
            let first: String = letters.next()?.to_uppercase().collect();
            first + letters.as_str()
        }
    };
    *local = changed;
    Some(())
}
