//! Tricks with attributes and namespace declarations.

use crate::attack::{Attack, harmless, refused, unreadable};
use crate::forge::DSIG;
use crate::judge;

fn attacks() -> Vec<Attack> {
    const SIGNED_INFO: &[&str] = &["value-mismatch", "malformed"];
    const DIGEST: &[&str] = &["digest-mismatch"];
    vec![
        unreadable("an attribute twice", |v| {
            v.with("guid=\"", "guid=\"EVIL\" guid=\"").into()
        }),
        unreadable("a declaration twice", |v| {
            v.with("xmlns:ceb=\"", "xmlns:ceb=\"http://evil.example\" xmlns:ceb=\"")
                .into()
        }),
        unreadable("an attribute twice by two prefixes of one namespace", |v| {
            v.with(
                "<ceb:Order>",
                "<ceb:Order xmlns:p=\"urn:x\" xmlns:q=\"urn:x\" p:a=\"1\" q:a=\"2\">",
            )
            .into()
        }),
        unreadable("an attribute twice in the signature", |v| {
            v.with("URI=\"\"", "URI=\"#evil\" URI=\"\"").into()
        }),
        unreadable("a prefix that is not declared", |v| {
            v.with("<ceb:Order>", "<ceb:Order evil:a=\"1\">").into()
        }),
        unreadable("a prefix declared away", |v| {
            v.with("<ceb:Order>", "<ceb:Order xmlns:ceb=\"\">").into()
        }),
        unreadable("the prefix xml bound to something else", |v| {
            v.with("<ceb:Order>", "<ceb:Order xmlns:xml=\"http://evil.example\">")
                .into()
        }),
        unreadable("the prefix xmlns declared", |v| {
            v.with("<ceb:Order>", "<ceb:Order xmlns:xmlns=\"http://evil.example\">")
                .into()
        }),
        unreadable("a relative namespace", |v| {
            v.with("<ceb:Order>", "<ceb:Order xmlns:p=\"evil/name\">").into()
        }),
        refused("the message's namespace changed", DIGEST, |v| {
            v.with(
                "http://www.chinaport.gov.cn/ceb\"",
                "http://www.chinaport.gov.cn/ceb2\"",
            )
            .into()
        }),
        refused("the prefix bound to another namespace on an order", DIGEST, |v| {
            v.with("<ceb:Order>", "<ceb:Order xmlns:ceb=\"http://evil.example\">")
                .into()
        }),
        refused("a default namespace on an order", DIGEST, |v| {
            v.with("<ceb:Order>", "<ceb:Order xmlns=\"urn:x\">").into()
        }),
        refused("a further declaration on the root", DIGEST, |v| {
            v.with("<ceb:CEB311Message ", "<ceb:CEB311Message xmlns:x=\"urn:x\" ")
                .into()
        }),
        refused("the declaration of xsi taken away", DIGEST, |v| {
            v.with(" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"", "")
                .into()
        }),
        refused("another prefix for the same names", DIGEST, |v| {
            v.signed.replace("ceb:", "x:").replace("xmlns:ceb=", "xmlns:x=").into()
        }),
        refused("xsi:type on an order", DIGEST, |v| {
            v.with("<ceb:Order>", "<ceb:Order xsi:type=\"ceb:Evil\">").into()
        }),
        refused("xsi:nil on a value", DIGEST, |v| {
            v.with("<ceb:goodsValue>", "<ceb:goodsValue xsi:nil=\"true\">").into()
        }),
        refused("xml:base on the root", DIGEST, |v| {
            v.with(" guid=", " xml:base=\"http://evil.example\" guid=").into()
        }),
        refused("xml:id on an order", DIGEST, |v| {
            v.with("<ceb:Order>", "<ceb:Order xml:id=\"a\">").into()
        }),
        refused("xml:space on a value", DIGEST, |v| {
            v.with("<ceb:goodsValue>", "<ceb:goodsValue xml:space=\"default\">")
                .into()
        }),
        refused(
            "a declaration on Signature that SignedInfo inherits",
            SIGNED_INFO,
            |v| v.with("<ds:Signature ", "<ds:Signature xmlns:x=\"urn:x\" ").into(),
        ),
        refused(
            "the prefix ceb bound to something else on Signature",
            SIGNED_INFO,
            |v| {
                v.with("<ds:Signature ", "<ds:Signature xmlns:ceb=\"http://evil.example\" ")
                    .into()
            },
        ),
        refused("a declaration on SignedInfo", SIGNED_INFO, |v| {
            v.with("<ds:SignedInfo>", "<ds:SignedInfo xmlns:x=\"urn:x\">").into()
        }),
        refused("a default namespace on SignedInfo", SIGNED_INFO, |v| {
            v.with("<ds:SignedInfo>", "<ds:SignedInfo xmlns=\"urn:x\">").into()
        }),
        refused("xml:lang on Signature", SIGNED_INFO, |v| {
            v.with("<ds:Signature ", "<ds:Signature xml:lang=\"zh\" ").into()
        }),
        refused("another prefix for the elements of SignedInfo", SIGNED_INFO, |v| {
            let info = v.inner("ds:SignedInfo").replace("ds:", "dd:");
            let changed = v.with(v.inner("ds:SignedInfo"), &info);
            changed
                .replace("xmlns:ds=", &format!("xmlns:dd=\"{DSIG}\" xmlns:ds="))
                .into()
        }),
        refused("elements of SignedInfo in another namespace", SIGNED_INFO, |v| {
            v.with("<ds:Reference ", "<ds:Reference xmlns:ds=\"http://evil.example\" ")
                .into()
        }),
        refused("an Id on SignedInfo", SIGNED_INFO, |v| {
            v.with("<ds:SignedInfo>", "<ds:SignedInfo Id=\"a\">").into()
        }),
        harmless("a declaration repeated where it is in force", |v| {
            v.with(
                "<ceb:Order>",
                "<ceb:Order xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\">",
            )
            .into()
        }),
        harmless("attributes in another order", |v| {
            v.with(" version=\"1.0\">", ">")
                .replacen("<ceb:CEB311Message", "<ceb:CEB311Message version=\"1.0\"", 1)
                .into()
        }),
        harmless("more space within a tag", |v| {
            v.with("<ceb:Order>", "<ceb:Order  \n >").into()
        }),
        harmless("an Id on Signature", |v| {
            v.with("<ds:Signature ", "<ds:Signature Id=\"a\" ").into()
        }),
        refused("a line break within an attribute", DIGEST, |v| {
            v.with("guid=\"4", "guid=\"\n4").into()
        }),
    ]
}

#[test]
fn declarations_and_attributes_hold_no_surprise() {
    judge::run(&attacks());
}
