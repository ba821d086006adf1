//! References to something else than the whole message, and transforms other than the one: correctly signed by the
//! owner of the key, so that nothing but the form speaks against them.

use crate::attack::{Attack, refused};
use crate::forge::{ENVELOPED, Form, canonical};
use crate::judge;
use crate::victim::{EVIL, HEAD, ORDER, TAIL, Victim};

/// The order with an `Id` on it, and its canonical form alone.
fn identified(id: &str) -> (String, Vec<u8>) {
    let order = ORDER.replacen("<ceb:Order>", &format!("<ceb:Order Id=\"{id}\">"), 1);
    // The apex shows the namespaces of the root.
    let spaces = &HEAD[HEAD.find(" xmlns:ceb").unwrap()..HEAD.find(" guid").unwrap()];
    let alone = order.replacen("<ceb:Order ", &format!("<ceb:Order{spaces} "), 1);
    (order, canonical(&alone))
}

/// A signature over one element by its `Id`, with more content beside it.
fn detached(v: &Victim, reference: &str, before: &str, after: &str) -> String {
    let (order, digested) = identified("a");
    let form = Form {
        reference,
        transforms: None,
        digested: Some(digested),
        before: format!("{HEAD}{before}{order}{after}"),
        ..Form::default()
    };
    form.sign(&v.owner)
}

/// A signature of the accepted form with other transforms.
fn transformed(v: &Victim, transforms: &str) -> String {
    let form = Form {
        transforms: Some(transforms),
        ..Form::default()
    };
    form.sign(&v.owner)
}

fn transform(uri: &str) -> String {
    format!("<ds:Transform Algorithm=\"{uri}\"/>")
}

fn references() -> Vec<Attack> {
    const CODE: &[&str] = &["reference-uri"];
    vec![
        refused("one element by its Id", CODE, |v| {
            detached(v, "URI=\"#a\"", "", "").into()
        }),
        refused("one element by its Id, evil content before it", CODE, |v| {
            detached(v, "URI=\"#a\"", EVIL, "").into()
        }),
        refused("the same Id twice, evil first", CODE, |v| {
            detached(
                v,
                "URI=\"#a\"",
                &EVIL.replacen("<ceb:Order>", "<ceb:Order Id=\"a\">", 1),
                "",
            )
            .into()
        }),
        refused("the same Id twice, evil last", CODE, |v| {
            detached(
                v,
                "URI=\"#a\"",
                "",
                &EVIL.replacen("<ceb:Order>", "<ceb:Order Id=\"a\">", 1),
            )
            .into()
        }),
        refused("an element by xpointer id", CODE, |v| {
            detached(v, "URI=\"#xpointer(id('a'))\"", EVIL, "").into()
        }),
        refused("the root by xpointer", CODE, |v| {
            let form = Form {
                reference: "URI=\"#xpointer(/)\"",
                ..Form::default()
            };
            form.sign(&v.owner).into()
        }),
        refused("a file", CODE, |v| {
            let form = Form {
                reference: "URI=\"file:///etc/hostname\"",
                transforms: None,
                digested: Some(std::fs::read("/etc/hostname").unwrap_or_default()),
                ..Form::default()
            };
            form.sign(&v.owner).into()
        }),
        refused("an address", CODE, |v| {
            let form = Form {
                reference: "URI=\"http://127.0.0.1:9/\"",
                digested: Some(vec![]),
                ..Form::default()
            };
            form.sign(&v.owner).into()
        }),
        refused("a reference without URI", CODE, |v| {
            let form = Form {
                reference: "Type=\"x\"",
                ..Form::default()
            };
            form.sign(&v.owner).into()
        }),
        refused("a reference to an Object of the signature", CODE, |v| {
            let object =
                format!("<ds:Object xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Id=\"o\">{ORDER}</ds:Object>");
            let form = Form {
                reference: "URI=\"#o\"",
                transforms: None,
                object: &object,
                before: format!("{HEAD}{EVIL}"),
                digested: Some(canonical(&object.replace("<ds:Object ", "<ds:Object xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "))),
                ..Form::default()
            };
            form.sign(&v.owner).into()
        }),
        refused("two references", CODE, |v| {
            let more = "<ds:Reference URI=\"#a\"><ds:DigestMethod Algorithm=\"x\"/><ds:DigestValue>AA==</ds:DigestValue></ds:Reference>";
            let form = Form {
                more,
                ..Form::default()
            };
            form.sign(&v.owner).into()
        }),
        refused("no reference", &["malformed", "reference-uri"], |v| {
            let signed = Form::default().sign(&v.owner);
            let (start, end) = (
                signed.find("<ds:Reference").unwrap(),
                signed.find("</ds:Reference>").unwrap(),
            );
            format!("{}{}", &signed[..start], &signed[end + 15..]).into()
        }),
        refused("a Manifest beside the reference", &["malformed"], |v| {
            let form = Form {
                more: "<ds:Manifest/>",
                ..Form::default()
            };
            form.sign(&v.owner).into()
        }),
        refused("a URI of white space", CODE, |v| {
            let form = Form {
                reference: "URI=\" \"",
                ..Form::default()
            };
            form.sign(&v.owner).into()
        }),
        refused("a URI of another namespace beside the right one", &["malformed"], |v| {
            let form = Form {
                reference: "URI=\"\" xmlns:x=\"urn:x\" x:URI=\"#a\"",
                ..Form::default()
            };
            form.sign(&v.owner).into()
        }),
    ]
}

fn transforms() -> Vec<Attack> {
    const CODE: &[&str] = &["transforms"];
    vec![
        refused("no transforms", CODE, |v| {
            let form = Form {
                transforms: None,
                ..Form::default()
            };
            form.sign(&v.owner).into()
        }),
        refused("empty transforms", CODE, |v| transformed(v, "").into()),
        refused("enveloped twice", CODE, |v| {
            transformed(v, &format!("{ENVELOPED}{ENVELOPED}")).into()
        }),
        refused("enveloped, then canonicalization", CODE, |v| {
            transformed(
                v,
                &format!(
                    "{ENVELOPED}{}",
                    transform("http://www.w3.org/TR/2001/REC-xml-c14n-20010315")
                ),
            )
            .into()
        }),
        refused("enveloped, then exclusive canonicalization", CODE, |v| {
            transformed(
                v,
                &format!("{ENVELOPED}{}", transform("http://www.w3.org/2001/10/xml-exc-c14n#")),
            )
            .into()
        }),
        refused("base64 of the text", CODE, |v| {
            let uri = "http://www.w3.org/2000/09/xmldsig#base64";
            let form = Form {
                transforms: Some(&transform(uri)),
                digested: Some(vec![]),
                ..Form::default()
            };
            form.sign(&v.owner).into()
        }),
        refused("an XPath that selects nothing", CODE, |v| {
            let xpath = format!(
                "{ENVELOPED}<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>false()</ds:XPath></ds:Transform>"
            );
            let form = Form {
                transforms: Some(&xpath),
                digested: Some(vec![]),
                before: format!("{HEAD}{EVIL}"),
                ..Form::default()
            };
            form.sign(&v.owner).into()
        }),
        refused("an XPath that costs", CODE, |v| {
            let xpath = format!(
                "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>{}</ds:XPath></ds:Transform>",
                "count(//.//.//.//.) &gt; ".repeat(50) + "0"
            );
            transformed(v, &xpath).into()
        }),
        refused("an XPath filter", CODE, |v| {
            let filter = "<ds:Transform Algorithm=\"http://www.w3.org/2002/06/xmldsig-filter2\"><x:XPath xmlns:x=\"http://www.w3.org/2002/06/xmldsig-filter2\" Filter=\"subtract\">//*</x:XPath></ds:Transform>";
            transformed(v, filter).into()
        }),
        refused("a stylesheet", CODE, |v| {
            let xslt = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"><xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" version=\"1.0\"><xsl:template match=\"/\"><xsl:value-of select=\"document('file:///etc/passwd')\"/></xsl:template></xsl:stylesheet></ds:Transform>";
            transformed(v, xslt).into()
        }),
        refused("a decryption", CODE, |v| {
            transformed(v, &transform("http://www.w3.org/2002/07/decrypt#XML")).into()
        }),
        refused("an unknown transform", CODE, |v| {
            transformed(v, &transform("http://x.example/")).into()
        }),
        refused("enveloped in other letters", CODE, |v| {
            transformed(v, &transform("http://www.w3.org/2000/09/xmldsig#Enveloped-Signature")).into()
        }),
        refused("a transform without name", CODE, |v| {
            transformed(v, "<ds:Transform/>").into()
        }),
        refused("enveloped with something inside", &["malformed", "transforms"], |v| {
            transformed(
                v,
                &ENVELOPED.replace("/>", "><ds:XPath>false()</ds:XPath></ds:Transform>"),
            )
            .into()
        }),
        refused(
            "something else among the transforms",
            &["malformed", "transforms"],
            |v| transformed(v, &format!("{ENVELOPED}<x xmlns=\"urn:x\"/>")).into(),
        ),
        refused("the whole message, its signature included", &["transforms"], |v| {
            let form = Form {
                transforms: None,
                digested: Some(format!("{HEAD}{ORDER}{TAIL}").into_bytes()),
                ..Form::default()
            };
            form.sign(&v.owner).into()
        }),
    ]
}

#[test]
fn only_the_whole_message_can_be_referred_to() {
    judge::run(&references());
}

#[test]
fn only_the_enveloped_transform_is_applied() {
    judge::run(&transforms());
}
