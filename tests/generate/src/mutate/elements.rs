//! Elements that are missing, too many, in the wrong place or in the wrong company.

use super::{any, below_root};
use crate::random::Random;
use crate::tree::{Item, Name, Tree};
use cebridge_rule_core::program::{Content, Program, Type};

type Done = Option<()>;

/// An element of the catalogue that has child elements. Foreign ones get no elements that schemas know: those would be
/// judged inside the lax wildcards of XML-DSig, which ours does not do.
fn is_group(tree: &Tree) -> bool {
    tree.decl.is_some() && tree.elements().next().is_some()
}

pub(super) fn drop_one(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    let (parent, at) = below_root(tree, random)?;
    tree.at_mut(&parent)?.content.remove(at);
    Some(())
}

pub(super) fn repeat(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    let (parent, at) = below_root(tree, random)?;
    let content = &mut tree.at_mut(&parent)?.content;
    let copy = content.get(at)?.clone();
    // Beside itself, or anywhere else.
    let to = if random.chance(60) {
        at
    } else {
        random.below(content.len() + 1)
    };
    content.insert(to, copy);
    Some(())
}

pub(super) fn swap(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    let path = any(tree, random, &|tree| tree.elements().nth(1).is_some())?;
    let content = &mut tree.at_mut(&path)?.content;
    let one = random.below(content.len() - 1);
    let other = if random.chance(60) {
        one + 1
    } else {
        random.below(content.len())
    };
    content.swap(one, other);
    Some(())
}

/// To another place in the same element, or into another element.
pub(super) fn shift(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    let (parent, at) = below_root(tree, random)?;
    let item = tree.at_mut(&parent)?.content.remove(at);
    let target = if random.chance(50) {
        parent
    } else {
        any(tree, random, &is_group)?
    };
    let content = &mut tree.at_mut(&target)?.content;
    let to = random.below(content.len() + 1);
    content.insert(to, item);
    Some(())
}

/// To an invented name, or to that of another element of the edition.
pub(super) fn rename(tree: &mut Tree, random: &mut Random, program: &Program) -> Done {
    let path = any(tree, random, &|_| true)?;
    let known = program.names.get(random.below(program.names.len()))?;
    let target = tree.at_mut(&path)?;
    let suffix = random.word(&["x", "1", "-", "."]);
    target.name.local = match random.below(3) {
        0 => format!("{}{suffix}", target.name.local),
        1 => known.local.clone(),
        _ => random.word(&["orderNo", "Order", "guid", "copCode", "未知"]).to_owned(),
    };
    Some(())
}

pub(super) fn unknown(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    let path = any(tree, random, &is_group)?;
    let target = tree.at_mut(&path)?;
    let own = target.name.namespace.clone();
    let namespace = random.word(&[own.as_str(), "", "urn:x-test:a", "http://www.w3.org/2000/09/xmldsig#"]);
    let element = Tree::leaf(Name::new(namespace, random.word(&["extra", "note", "Signature"])), "1");
    let to = random.below(target.content.len() + 1);
    target.content.insert(to, Item::Element(element));
    Some(())
}

/// Puts the children of an element in its place.
pub(super) fn unwrap(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    let (parent, at) = below_root(tree, random)?;
    let content = &mut tree.at_mut(&parent)?.content;
    let Item::Element(inner) = content.remove(at) else {
        return None;
    };
    content.splice(at..at, inner.content);
    Some(())
}

pub(super) fn clear(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    let path = any(tree, random, &|tree| tree.elements().next().is_some())?;
    tree.at_mut(&path)?.content.clear();
    Some(())
}

/// As many copies of an element as may stand, or one more: 100 documents, 99 lines, one BaseTransfer, 5 BaseSubscribe.
pub(super) fn crowd(tree: &mut Tree, random: &mut Random, program: &Program) -> Done {
    let slots = |tree: &Tree| {
        let decl = program.decl(tree.decl?)?;
        match program.types.get(usize::from(decl.ty))? {
            Type::Complex(complex) => match &complex.content {
                Content::Sequence(slots) => Some(slots.as_slice()),
                _ => None,
            },
            _ => None,
        }
    };
    let path = any(tree, random, &|tree| {
        slots(tree).is_some_and(|slots| slots.iter().any(|slot| slot.max.is_some_and(|max| max > 1)))
            || tree.elements().any(|child| child.name.local == "BaseTransfer")
    })?;
    let target = tree.at_mut(&path)?;
    let limits: Vec<_> = slots(target)?
        .iter()
        .filter_map(|slot| Some((slot.decl, slot.max?)))
        .filter(|(_, max)| *max > 1 || random.chance(10))
        .collect();
    let (decl, max) = random.pick_of(limits)?;
    let first = target
        .content
        .iter()
        .position(|item| matches!(item, Item::Element(child) if child.decl == Some(decl)))?;
    let Item::Element(sample) = target.content.get(first)?.clone() else {
        return None;
    };
    if sample.size() * max as usize > 4000 {
        return None;
    }
    target
        .content
        .retain(|item| !matches!(item, Item::Element(child) if child.decl == Some(decl)));
    let count = max as usize + random.below(2);
    let copies = std::iter::repeat_n(Item::Element(sample), count);
    target.content.splice(first..first, copies);
    Some(())
}

/// Elements inside a field that takes text only.
pub(super) fn nest(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    let path = any(tree, random, &|tree| tree.elements().next().is_none())?;
    let target = tree.at_mut(&path)?;
    let name = if random.chance(50) {
        target.name.clone()
    } else {
        Name::new("urn:x-test:a", "b")
    };
    let element = Tree::leaf(name, "1");
    let to = random.below(target.content.len() + 1);
    target.content.insert(to, Item::Element(element));
    Some(())
}

/// Text where only elements may stand, the kinds of white space that XML does not know among it.
pub(super) fn ink(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    let path = any(tree, random, &|tree| tree.elements().next().is_some())?;
    let text = random.word(&[
        "x", "\u{a0}", "\u{3000}", "\u{200b}", "0", " ", "\t\r\n", "\u{85}", "、",
    ]);
    let content = &mut tree.at_mut(&path)?.content;
    let to = random.below(content.len() + 1);
    content.insert(to, Item::Text(text.to_owned()));
    Some(())
}
