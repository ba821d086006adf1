//! Foreign content for wildcards.

use crate::random::Random;
use crate::tree::{Attribute, Item, Name, Tree};
use crate::values::characters;

/// Namespaces that no edition knows.
const NAMESPACES: [&str; 3] = ["urn:x-test:a", "http://test.example/b", "urn:x-test:c"];

/// An element that a wildcard takes. `##other` wildcards (`must_be_qualified`) refuse elements without a namespace.
pub(crate) fn element(random: &mut Random, must_be_qualified: bool, depth: usize) -> Tree {
    let namespace = if !must_be_qualified && random.chance(30) {
        ""
    } else {
        random.word(&NAMESPACES)
    };
    let local = random.word(&["data", "orderNo", "a.b-c", "_", "扩展"]);
    let mut tree = Tree::new(Name::new(namespace, local));
    for local in ["id", "guid", "属性"] {
        if random.chance(20) {
            let namespace = if random.chance(30) {
                random.word(&NAMESPACES)
            } else {
                ""
            };
            let length = random.below(6);
            tree.attributes.push(Attribute {
                name: Name::new(namespace, local),
                decl: None,
                value: characters(random, length, true),
            });
        }
    }
    for _ in 0..random.below(3) {
        if depth > 0 && random.chance(50) {
            // Below the wildcard anything goes.
            tree.content.push(Item::Element(element(random, false, depth - 1)));
        } else {
            let length = random.below(20);
            tree.content.push(Item::Text(characters(random, length, true)));
        }
    }
    tree
}
