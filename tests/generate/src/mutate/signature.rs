//! Where the specification lets foreign content in: the extension, and XML-DSig with its wildcards.

use super::any;
use crate::foreign;
use crate::random::Random;
use crate::tree::{Item, Name, Tree};
use cebridge_rule_core::program::Program;

type Done = Option<()>;

const CEB: &str = "http://www.chinaport.gov.cn/ceb";
const DS: &str = "http://www.w3.org/2000/09/xmldsig#";

/// One or two elements of any kind, or text, in what `ExtendMessage` is made for.
pub(super) fn extension(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    let path = any(tree, random, &|tree| {
        tree.decl.is_some() && tree.name.local == "Message" && tree.name.namespace == CEB
    })
    .or_else(|| any(tree, random, &|tree| tree.name.local == "ExtendMessage"))?;
    let target = tree.at_mut(&path)?;
    match random.below(5) {
        0 => target.content.push(Item::Text("text".to_owned())),
        1 => target
            .content
            .push(Item::Element(Tree::leaf(Name::new(CEB, "orderNo"), ""))),
        2 => target
            .content
            .push(Item::Element(Tree::leaf(Name::new("", "plain"), "1"))),
        3 => target.content.clear(),
        _ => {}
    }
    for _ in 0..random.below(3) {
        target.content.push(Item::Element(foreign::element(random, false, 2)));
    }
    Some(())
}

/// `ds:Object`, `ds:Manifest` and others where customs' copy of the schema has none.
pub(super) fn signature(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    let path = any(tree, random, &|tree| tree.name.namespace == DS)?;
    let local = random.word(&[
        "Object",
        "Manifest",
        "HMACOutputLength",
        "KeyInfo",
        "SignatureValue",
        "Reference",
        "KeyName",
    ]);
    let target = tree.at_mut(&path)?;
    let to = random.below(target.content.len() + 1);
    target
        .content
        .insert(to, Item::Element(Tree::leaf(Name::new(DS, local), "AAAA")));
    Some(())
}

/// Another form of key information, whole or broken.
pub(super) fn key_info(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    let path = any(tree, random, &|tree| {
        tree.name.local == "KeyInfo" && tree.name.namespace == DS
    })?;
    let leaf = |name: &str| Item::Element(Tree::leaf(Name::new(DS, name), "AAAA"));
    let group = |name: &str, children: Vec<Item>| {
        let mut tree = Tree::new(Name::new(DS, name));
        tree.content = children;
        Item::Element(tree)
    };
    let form = match random.below(14) {
        0 => group(
            "KeyValue",
            vec![group("RSAKeyValue", vec![leaf("Modulus"), leaf("Exponent")])],
        ),
        1 => group(
            "KeyValue",
            vec![group("RSAKeyValue", vec![leaf("Exponent"), leaf("Modulus")])],
        ),
        2 => group("KeyValue", vec![group("DSAKeyValue", vec![leaf("P"), leaf("Y")])]),
        3 => group(
            "KeyValue",
            vec![group("DSAKeyValue", vec![leaf("Y"), leaf("Seed"), leaf("PgenCounter")])],
        ),
        4 => group(
            "KeyValue",
            vec![group("DSAKeyValue", vec![leaf("G"), leaf("Y"), leaf("Seed")])],
        ),
        5 => group("PGPData", vec![leaf("PGPKeyPacket")]),
        6 => group("PGPData", vec![leaf("PGPKeyPacket"), leaf("PGPKeyID")]),
        7 => group(
            "PGPData",
            vec![leaf("PGPKeyID"), leaf("PGPKeyPacket"), leaf("PGPKeyPacket")],
        ),
        8 => group("SPKIData", vec![leaf("SPKISexp"), leaf("SPKISexp")]),
        9 => group("SPKIData", vec![]),
        10 => group(
            "X509Data",
            vec![group("X509IssuerSerial", vec![leaf("X509IssuerName")])],
        ),
        11 => group(
            "X509Data",
            vec![leaf("X509Certificate"), leaf("X509CRL"), leaf("X509SKI")],
        ),
        12 => group("KeyValue", vec![]),
        _ => group("X509Data", vec![]),
    };
    let target = tree.at_mut(&path)?;
    if random.chance(50) {
        target.content.clear();
    }
    let to = random.below(target.content.len() + 1);
    target.content.insert(to, form);
    Some(())
}

/// A wildcard of the signature with content that it may refuse: no namespace, its own, two for one.
pub(super) fn wildcard(tree: &mut Tree, random: &mut Random, _: &Program) -> Done {
    let places = [
        "Transform",
        "KeyInfo",
        "KeyValue",
        "X509Data",
        "PGPData",
        "SPKIData",
        "SignatureMethod",
    ];
    let path = any(tree, random, &|tree| {
        tree.name.namespace == DS && places.contains(&tree.name.local.as_str())
    })?;
    let target = tree.at_mut(&path)?;
    let namespace = random.word(&["", DS, "urn:x-test:a", "urn:x-test:a"]);
    let local = random.word(&["any", "XPath", "data"]);
    for _ in 0..random.between(1, 2) {
        let to = random.below(target.content.len() + 1);
        let element = Tree::leaf(Name::new(namespace, local), "");
        target.content.insert(to, Item::Element(element));
    }
    Some(())
}
