//! Content hidden where it is not signed: in `Object`, in `KeyInfo`, in attributes and text inside of the signature.

use crate::attack::{Attack, refused};
use crate::judge;
use crate::victim::EVIL;

fn attacks() -> Vec<Attack> {
    const KEY: &[&str] = &["malformed", "key-info"];
    const ANY: &[&str] = &["malformed"];
    vec![
        refused("an order in an Object", ANY, |v| {
            v.with(
                "</ds:Signature>",
                &format!("<ds:Object>{EVIL}</ds:Object></ds:Signature>"),
            )
            .into()
        }),
        refused("an empty Object", ANY, |v| {
            v.with("</ds:Signature>", "<ds:Object/></ds:Signature>").into()
        }),
        refused("an order behind KeyInfo", ANY, |v| {
            v.with("</ds:Signature>", &format!("{EVIL}</ds:Signature>")).into()
        }),
        refused("an order before SignedInfo", ANY, |v| {
            v.with("<ds:SignedInfo>", &format!("{EVIL}<ds:SignedInfo>")).into()
        }),
        refused("an order in KeyInfo", KEY, |v| {
            v.with("</ds:KeyInfo>", &format!("{EVIL}</ds:KeyInfo>")).into()
        }),
        refused("an order in X509Data", KEY, |v| {
            v.with("</ds:X509Data>", &format!("{EVIL}</ds:X509Data>")).into()
        }),
        refused("an order in X509Certificate", KEY, |v| {
            v.with("</ds:X509Certificate>", &format!("{EVIL}</ds:X509Certificate>"))
                .into()
        }),
        refused("an order in KeyName", KEY, |v| {
            v.with("</ds:KeyName>", &format!("{EVIL}</ds:KeyName>")).into()
        }),
        refused("an order in SignatureValue", &["malformed"], |v| {
            v.with("</ds:SignatureValue>", &format!("{EVIL}</ds:SignatureValue>"))
                .into()
        }),
        refused("an order in DigestValue", &["malformed"], |v| {
            v.with("</ds:DigestValue>", &format!("{EVIL}</ds:DigestValue>")).into()
        }),
        refused("an order in SignatureMethod", &["malformed"], |v| {
            let from = "xmldsig-more#rsa-sha256\">";
            v.with(from, &format!("{from}{EVIL}")).into()
        }),
        refused("an attribute on Signature", &["malformed"], |v| {
            v.with("<ds:Signature ", "<ds:Signature evil=\"1\" ").into()
        }),
        refused("an attribute of another namespace on Signature", &["malformed"], |v| {
            v.with("<ds:Signature ", "<ds:Signature xsi:type=\"evil\" ").into()
        }),
        refused("an attribute on KeyInfo", KEY, |v| {
            v.with("<ds:KeyInfo>", "<ds:KeyInfo evil=\"1\">").into()
        }),
        refused("an attribute on KeyName", KEY, |v| {
            v.with("<ds:KeyName>", "<ds:KeyName evil=\"1\">").into()
        }),
        refused("an attribute on X509Certificate", KEY, |v| {
            v.with("<ds:X509Certificate>", "<ds:X509Certificate evil=\"1\">").into()
        }),
        refused("text inside of Signature", &["malformed"], |v| {
            v.with("<ds:SignedInfo>", "evil<ds:SignedInfo>").into()
        }),
        refused("text inside of KeyInfo", KEY, |v| {
            v.with("<ds:KeyName>", "evil<ds:KeyName>").into()
        }),
        refused("text inside of X509Data", KEY, |v| {
            v.with("<ds:X509Certificate>", "evil<ds:X509Certificate>").into()
        }),
        refused("the attacker's key as KeyValue", KEY, |v| {
            let value = "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>";
            v.with("<ds:X509Data>", &format!("{value}<ds:X509Data>")).into()
        }),
        refused("a RetrievalMethod", KEY, |v| {
            v.with(
                "<ds:X509Data>",
                "<ds:RetrievalMethod URI=\"http://127.0.0.1:9/\"/><ds:X509Data>",
            )
            .into()
        }),
        refused("PGPData", KEY, |v| {
            v.with("</ds:KeyInfo>", "<ds:PGPData/></ds:KeyInfo>").into()
        }),
        refused("MgmtData", KEY, |v| {
            v.with("</ds:KeyInfo>", "<ds:MgmtData>evil</ds:MgmtData></ds:KeyInfo>")
                .into()
        }),
        refused("a second KeyName", KEY, |v| {
            v.with("</ds:KeyName>", "</ds:KeyName><ds:KeyName>x</ds:KeyName>")
                .into()
        }),
        refused("a second X509Data with content", KEY, |v| {
            v.with(
                "</ds:X509Data>",
                &format!("</ds:X509Data><ds:X509Data>{EVIL}</ds:X509Data>"),
            )
            .into()
        }),
    ]
}

#[test]
fn nothing_hides_inside_of_the_signature() {
    judge::run(&attacks());
}
