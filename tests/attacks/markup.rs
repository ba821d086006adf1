//! Comments, instructions, CDATA sections, references and entities: what readers see differently.

use crate::attack::{Attack, harmless, refused, unreadable};
use crate::judge;
use crate::victim::{HEAD, ORDER, TAIL};

fn comments() -> Vec<Attack> {
    const NOISE: &[&str] = &["comment", "instruction"];
    vec![
        // The canonical form leaves comments out: the value is the signed one for whoever joins its halves.
        refused("a comment inside of a value", &["comment"], |v| {
            v.with(">1234<", ">12<!-- -->34<").into()
        }),
        refused("an empty comment inside of a value", &["comment"], |v| {
            v.with(">1234<", ">1<!---->234<").into()
        }),
        refused("a comment around an order", &["digest-mismatch"], |v| {
            v.with(ORDER, &format!("<!--{ORDER}-->")).into()
        }),
        refused("a comment between elements", &["comment"], |v| {
            v.with("<ceb:Order>", "<!-- x --><ceb:Order>").into()
        }),
        refused("a comment inside of DigestValue", NOISE, |v| {
            v.with("</ds:DigestValue>", "<!-- --></ds:DigestValue>").into()
        }),
        refused("a comment inside of SignatureValue", NOISE, |v| {
            v.with("</ds:SignatureValue>", "<!-- --></ds:SignatureValue>").into()
        }),
        refused("a comment inside of SignedInfo", NOISE, |v| {
            v.with("<ds:Reference ", "<!-- --><ds:Reference ").into()
        }),
        refused("a comment inside of KeyName", NOISE, |v| {
            v.with("</ds:KeyName>", "<!-- --></ds:KeyName>").into()
        }),
        refused("a comment that cuts KeyName", NOISE, |v| {
            let name = v.inner("ds:KeyName");
            v.with(&format!(">{name}<"), &format!(">{}<!-- -->{}<", &name[..4], &name[4..]))
                .into()
        }),
        refused("a comment inside of X509Certificate", NOISE, |v| {
            v.with("</ds:X509Certificate>", "<!-- --></ds:X509Certificate>").into()
        }),
        refused("a comment inside of KeyInfo", NOISE, |v| {
            v.with("<ds:X509Data>", "<!-- --><ds:X509Data>").into()
        }),
        refused(
            "an instruction inside of a value",
            &["digest-mismatch", "instruction"],
            |v| v.with(">1234<", ">12<?x?>34<").into(),
        ),
        refused("an instruction before the root", &["digest-mismatch"], |v| {
            v.with("<ceb:CEB311", "<?x y?><ceb:CEB311").into()
        }),
        refused("an instruction behind the root", &["digest-mismatch"], |v| {
            format!("{}<?x y?>", v.signed).into()
        }),
        refused("a stylesheet", &["digest-mismatch"], |v| {
            v.with(
                "<ceb:CEB311",
                "<?xml-stylesheet href=\"file:///etc/passwd\"?><ceb:CEB311",
            )
            .into()
        }),
        refused("an instruction inside of KeyInfo", NOISE, |v| {
            v.with("<ds:X509Data>", "<?x?><ds:X509Data>").into()
        }),
        refused("an instruction inside of SignatureValue", NOISE, |v| {
            v.with("</ds:SignatureValue>", "<?x?></ds:SignatureValue>").into()
        }),
        harmless("a comment before the root", |v| {
            v.with("<ceb:CEB311", "<!-- x --><ceb:CEB311").into()
        }),
        harmless("a comment behind the root", |v| {
            format!("{}<!-- x -->", v.signed).into()
        }),
        harmless("a value in a CDATA section", |v| {
            v.with(">1234<", "><![CDATA[1234]]><").into()
        }),
        harmless("half a value in a CDATA section", |v| {
            v.with(">1234<", ">12<![CDATA[34]]><").into()
        }),
        harmless("an empty CDATA section in a value", |v| {
            v.with(">1234<", ">12<![CDATA[]]>34<").into()
        }),
        harmless("a value as character references", |v| {
            v.with(">1234<", ">&#49;&#x32;34<").into()
        }),
        harmless("an empty element written short", |v| {
            v.with("></ds:Transform>", "/>").into()
        }),
        refused("markup in a CDATA section", &["digest-mismatch"], |v| {
            v.with(ORDER, &format!("<![CDATA[{ORDER}]]>")).into()
        }),
        refused("space around a value", &["digest-mismatch"], |v| {
            v.with(">1234<", "> 1234<").into()
        }),
        refused("a line feed behind a value", &["digest-mismatch"], |v| {
            v.with(">1234<", ">1234\n<").into()
        }),
        refused("text between elements", &["digest-mismatch"], |v| {
            v.with("<ceb:Order>", "x<ceb:Order>").into()
        }),
        refused("space between elements", &["digest-mismatch"], |v| {
            v.with("<ceb:Order>", " <ceb:Order>").into()
        }),
        refused("a value moved to the next element", &["digest-mismatch"], |v| {
            v.with(
                "</ceb:orderNo><ceb:goodsValue>1234",
                "1</ceb:orderNo><ceb:goodsValue>234",
            )
            .into()
        }),
        refused(
            "a value with another look of the same letters",
            &["digest-mismatch"],
            |v| v.with(">A-1<", ">\u{410}-1<").into(),
        ),
        refused("a value with an invisible character", &["digest-mismatch"], |v| {
            v.with(">A-1<", ">A\u{200b}-1<").into()
        }),
    ]
}

/// The signed order with a document type declaration, and a value that uses it.
fn doctype(signed: &str, declaration: &str, value: &str) -> Vec<u8> {
    let with = signed.replacen(
        "<ceb:CEB311",
        &format!("<!DOCTYPE ceb:CEB311Message {declaration}><ceb:CEB311"),
        1,
    );
    with.replacen(">1234<", &format!(">{value}<"), 1).into_bytes()
}

fn entities() -> Vec<Attack> {
    vec![
        unreadable("a DOCTYPE", |v| doctype(&v.signed, "", "1234").into()),
        unreadable("an internal entity", |v| {
            doctype(&v.signed, "[<!ENTITY e \"1234\">]", "&e;").into()
        }),
        unreadable("an external entity", |v| {
            doctype(&v.signed, "[<!ENTITY e SYSTEM \"file:///etc/passwd\">]", "&e;").into()
        }),
        unreadable("an external DTD", |v| {
            doctype(&v.signed, "SYSTEM \"http://127.0.0.1:9/x.dtd\"", "1234").into()
        }),
        unreadable("a parameter entity", |v| {
            doctype(
                &v.signed,
                "[<!ENTITY % p SYSTEM \"http://127.0.0.1:9/x.dtd\"> %p;]",
                "1234",
            )
            .into()
        }),
        unreadable("default attributes", |v| {
            doctype(&v.signed, "[<!ATTLIST ceb:Order evil CDATA \"1\">]", "1234").into()
        }),
        unreadable("an Id by declaration", |v| {
            doctype(&v.signed, "[<!ATTLIST ceb:Order guid ID #IMPLIED>]", "1234").into()
        }),
        unreadable("a billion laughs", |v| {
            let mut subset = String::from("[<!ENTITY e0 \"ha\">");
            for level in 1..10 {
                subset += &format!("<!ENTITY e{level} \"{}\">", format!("&e{};", level - 1).repeat(10));
            }
            doctype(&v.signed, &(subset + "]"), "&e9;").into()
        }),
        unreadable("a large entity, often", |v| {
            let subset = format!("[<!ENTITY e \"{}\">]", "x".repeat(100_000));
            doctype(&v.signed, &subset, &"&e;".repeat(100_000)).into()
        }),
        unreadable("an entity that refers to itself", |v| {
            doctype(&v.signed, "[<!ENTITY e \"&e;\">]", "&e;").into()
        }),
        unreadable("a DOCTYPE in small letters", |v| {
            v.with("<ceb:CEB311", "<!doctype x><ceb:CEB311").into()
        }),
        unreadable("a DOCTYPE behind the root", |v| {
            format!("{}<!DOCTYPE x>", v.signed).into()
        }),
        unreadable("a DOCTYPE inside of the root", |v| {
            v.with("<ceb:Order>", "<!DOCTYPE x><ceb:Order>").into()
        }),
        unreadable("an undefined entity", |v| v.with(">1234<", ">&nbsp;1234<").into()),
        unreadable("an entity of HTML in an attribute", |v| {
            v.with("guid=\"", "guid=\"&eacute;").into()
        }),
        unreadable("a reference without end", |v| v.with(">1234<", ">&#49<").into()),
        unreadable("a reference to NUL", |v| v.with(">1234<", ">&#0;1234<").into()),
        unreadable("a reference beyond Unicode", |v| {
            v.with(">1234<", ">&#x110000;1234<").into()
        }),
        unreadable("a reference to half a character", |v| {
            v.with(">1234<", ">&#xD83D;&#xDE00;1234<").into()
        }),
        unreadable("a reference whose number overflows", |v| {
            v.with(">1234<", ">&#x100000031;234<").into()
        }),
        unreadable("an end of CDATA in text", |v| v.with(">1234<", ">12]]>34<").into()),
        unreadable("an unfinished CDATA section", |v| {
            v.with(">1234<", "><![CDATA[1234<").into()
        }),
        unreadable("an unfinished comment", |v| v.with(">1234<", "><!-- 1234<").into()),
        unreadable("a comment with two hyphens", |v| {
            v.with(">1234<", ">1234<!-- -- --><").into()
        }),
        unreadable("a second root", |v| format!("{}<ceb:CEB311Message/>", v.signed).into()),
        unreadable("text behind the root", |v| format!("{}x", v.signed).into()),
        unreadable("text before the root", |v| v.with("<ceb:CEB311", "x<ceb:CEB311").into()),
        unreadable("an end tag of another element", |v| {
            v.with("</ceb:orderNo>", "</ceb:OrderNo>").into()
        }),
        unreadable("no end", |v| v.signed[..v.signed.len() - TAIL.len()].to_owned().into()),
        unreadable("an XML declaration inside", |v| {
            v.with("<ceb:Order>", "<?xml version=\"1.0\"?><ceb:Order>").into()
        }),
        unreadable("an XML declaration behind a space", |v| format!(" {}", v.signed).into()),
        unreadable("XML 1.1", |v| {
            v.with("version=\"1.0\" encoding", "version=\"1.1\" encoding").into()
        }),
        unreadable("nothing", |_| Vec::new().into()),
        unreadable("only the start", |_| HEAD.to_owned().into()),
    ]
}

#[test]
fn markup_within_values_changes_nothing_unseen() {
    judge::run(&comments());
}

#[test]
fn entities_and_broken_markup_are_refused() {
    judge::run(&entities());
}
