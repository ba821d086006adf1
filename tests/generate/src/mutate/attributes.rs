//! Attributes that are missing, unknown, qualified, or special to schemas and XML.

use super::any;
use crate::random::Random;
use crate::tree::{Attribute, Name, Tree, XML_NAMESPACE, XMLNS_NAMESPACE};
use cebridge_rule_core::program::Program;

type Done = Option<()>;

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const XS: &str = "http://www.w3.org/2001/XMLSchema";

fn add(tree: &mut Tree, namespace: &str, local: &str, value: &str) -> Done {
    let name = Name::new(namespace, local);
    if tree.attributes.iter().any(|attribute| attribute.name == name) {
        return None;
    }
    tree.attributes.push(Attribute {
        name,
        decl: None,
        value: value.to_owned(),
    });
    Some(())
}

pub(super) fn drop_one(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    let path = any(tree, random, &|tree| !tree.attributes.is_empty())?;
    let attributes = &mut tree.at_mut(&path)?.attributes;
    attributes.remove(random.below(attributes.len()));
    Some(())
}

pub(super) fn unknown(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    let path = any(tree, random, &|_| true)?;
    let local = random.word(&[
        "guid",
        "version",
        "GUID",
        "Version",
        "id",
        "Id",
        "Algorithm",
        "ver",
        "schemaLocation",
    ]);
    add(tree.at_mut(&path)?, "", local, random.word(&["", "1", "1.0", "x"]))
}

/// Gives an attribute a namespace, which makes it another one.
pub(super) fn qualify(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    let path = any(tree, random, &|tree| !tree.attributes.is_empty())?;
    let target = tree.at_mut(&path)?;
    let own = target.name.namespace.clone();
    let at = random.below(target.attributes.len());
    let attribute = target.attributes.get_mut(at)?;
    if attribute.name.namespace == XMLNS_NAMESPACE {
        return None;
    }
    attribute.name.namespace = if random.chance(50) {
        own
    } else {
        "urn:x-test:a".to_owned()
    };
    Some(())
}

/// `xsi:` attributes: hints are allowed everywhere, types and nil nowhere, others are unknown.
pub(super) fn xsi(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    let path = any(tree, random, &|_| true)?;
    let target = tree.at_mut(&path)?;
    match random.below(6) {
        0 => add(
            target,
            XSI,
            "schemaLocation",
            "http://www.chinaport.gov.cn/ceb nowhere.xsd",
        ),
        1 => add(target, XSI, "noNamespaceSchemaLocation", "nowhere.xsd"),
        2 => add(
            target,
            XSI,
            "nil",
            random.word(&["true", "false", "1", "0", " true ", ""]),
        ),
        3 => add(target, XSI, random.word(&["Nil", "Type", "lang", "x"]), "true"),
        _ => {
            let prefix = random.word(&["xs", "t"]);
            add(target, XMLNS_NAMESPACE, prefix, XS)?;
            // Mostly types that no element of the specification has, or that are no types at all.
            let types = [
                "boolean",
                "QName",
                "nothing",
                "duration",
                "hexBinary",
                "string",
                "int",
                "dateTime",
            ];
            let local = random.word(&types);
            add(target, XSI, "type", &format!("{prefix}:{local}"))
        }
    }
}

pub(super) fn xml(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    let path = any(tree, random, &|_| true)?;
    let (local, value) = *random.pick(&[
        ("lang", "zh-CN"),
        ("space", "preserve"),
        ("space", "default"),
        ("base", "http://test.example/"),
        ("lang", ""),
    ]);
    add(tree.at_mut(&path)?, XML_NAMESPACE, local, value)
}
