//! Signature wrapping: the signed content is kept for the verifier, other content is put where data are read.

use crate::attack::{Attack, harmless, refused};
use crate::forge::{DSIG, Form};
use crate::judge;
use crate::victim::{EVIL, HEAD, ORDER, TAIL};

/// Root start tag without XML declaration, to stand inside of something.
fn inner_head() -> &'static str {
    &HEAD[HEAD.find("<ceb:").unwrap()..]
}

fn attacks() -> Vec<Attack> {
    vec![
        refused("the signed message whole under a new root", &["wrong-place"], |v| {
            format!("{HEAD}{EVIL}{}{TAIL}", &v.signed[v.signed.find("<ceb:").unwrap()..]).into()
        }),
        refused("the signed message first, evil content behind", &["wrong-place"], |v| {
            format!("{HEAD}{}{EVIL}{TAIL}", &v.signed[v.signed.find("<ceb:").unwrap()..]).into()
        }),
        refused(
            "the signed content under a new root, the signature beside it",
            &["digest-mismatch"],
            |v| v.around(&format!("{EVIL}{}{ORDER}{TAIL}", inner_head()), "").into(),
        ),
        refused(
            "the signed message in an Object of the signature",
            &["malformed"],
            |v| {
                let object = format!("<ds:Object>{}{ORDER}{TAIL}</ds:Object></ds:Signature>", inner_head());
                v.around(EVIL, "").replace("</ds:Signature>", &object).into()
            },
        ),
        refused(
            "the signed content in a wrapper beside an evil copy",
            &["digest-mismatch"],
            |v| {
                v.around(&format!("{EVIL}<ceb:Wrapper>{ORDER}</ceb:Wrapper>"), "")
                    .into()
            },
        ),
        refused("an evil copy before the signed content", &["digest-mismatch"], |v| {
            v.around(&format!("{EVIL}{ORDER}"), "").into()
        }),
        refused("an evil copy behind the signed content", &["digest-mismatch"], |v| {
            v.around(&format!("{ORDER}{EVIL}"), "").into()
        }),
        refused(
            "an evil copy behind the signature",
            &["digest-mismatch", "wrong-place"],
            |v| v.around(ORDER, EVIL).into(),
        ),
        refused("the signature before the content", &["wrong-place"], |v| {
            v.around("", ORDER).into()
        }),
        refused("the signature inside of the order", &["wrong-place"], |v| {
            let order = ORDER.replace("</ceb:OrderHead>", &format!("</ceb:OrderHead>{}", v.signature()));
            format!("{HEAD}{order}{TAIL}").into()
        }),
        refused("the signature around the message", &["wrong-place"], |v| {
            let object = format!("<ds:Object>{}{ORDER}{TAIL}</ds:Object></ds:Signature>", inner_head());
            v.signature().replace("</ds:Signature>", &object).into()
        }),
        refused(
            "the signature as the root's only content, data in an Object",
            &["malformed"],
            |v| {
                let object = format!("<ds:Object>{ORDER}</ds:Object></ds:Signature>");
                v.around("", "").replace("</ds:Signature>", &object).into()
            },
        ),
        refused("the signature twice", &["several-signatures"], |v| {
            v.around(ORDER, v.signature()).into()
        }),
        refused("a second, empty signature behind", &["several-signatures"], |v| {
            v.around(ORDER, &format!("<Signature xmlns=\"{DSIG}\"/>")).into()
        }),
        refused(
            "a second, empty signature inside of the order",
            &["several-signatures"],
            |v| {
                v.around(
                    &ORDER.replace("</ceb:Order>", &format!("<Signature xmlns=\"{DSIG}\"/></ceb:Order>")),
                    "",
                )
                .into()
            },
        ),
        refused(
            "the attacker's signature behind the victim's",
            &["several-signatures"],
            |v| {
                let evil = Form::default().sign(&v.attacker);
                let start = evil.find("<ds:Signature").unwrap();
                v.around(ORDER, &evil[start..evil.find(TAIL).unwrap()]).into()
            },
        ),
        refused(
            "a signature inside of the signature's Object",
            &["several-signatures"],
            |v| {
                let object = format!("<ds:Object>{}</ds:Object></ds:Signature>", v.signature());
                v.with("</ds:Signature>", &object).into()
            },
        ),
        refused("a signature inside of KeyInfo", &["several-signatures"], |v| {
            v.with("</ds:KeyInfo>", &format!("{}</ds:KeyInfo>", v.signature()))
                .into()
        }),
        refused("an evil signature around the victim's", &["several-signatures"], |v| {
            let evil = Form::default().sign(&v.attacker);
            evil.replace(
                "</ds:Signature>",
                &format!("<ds:Object>{}</ds:Object></ds:Signature>", v.signature()),
            )
            .into()
        }),
        refused("the signature of another message", &["digest-mismatch"], |v| {
            let other = Form {
                before: format!("{HEAD}{EVIL}"),
                ..Form::default()
            };
            let other = other.sign(&v.owner);
            let start = other.find("<ds:Signature").unwrap();
            format!("{HEAD}{ORDER}{}", &other[start..]).into()
        }),
        refused(
            "a signature whose namespace is not that of signatures",
            &["no-signature"],
            |v| {
                v.with(
                    &format!("xmlns:ds=\"{DSIG}\""),
                    "xmlns:ds=\"http://www.w3.org/2000/09/xmldsig\"",
                )
                .into()
            },
        ),
        refused("no signature", &["no-signature"], |_| {
            format!("{HEAD}{ORDER}{TAIL}").into()
        }),
        refused("a second SignedInfo before the signed one", &["malformed"], |v| {
            let info = format!("<ds:SignedInfo>{}</ds:SignedInfo>", v.inner("ds:SignedInfo"));
            v.with(
                "<ds:SignedInfo>",
                &format!("{}<ds:SignedInfo>", info.replace("URI=\"\"", "URI=\"#x\"")),
            )
            .into()
        }),
        refused("a second SignedInfo behind the signed one", &["malformed"], |v| {
            let info = format!("<ds:SignedInfo>{}</ds:SignedInfo>", v.inner("ds:SignedInfo"));
            v.with("</ds:SignedInfo>", &format!("</ds:SignedInfo>{info}")).into()
        }),
        refused("a second SignatureValue", &["malformed"], |v| {
            v.with(
                "</ds:SignatureValue>",
                "</ds:SignatureValue><ds:SignatureValue>AAAA</ds:SignatureValue>",
            )
            .into()
        }),
        refused("a second KeyInfo", &["malformed", "key-info"], |v| {
            v.with("</ds:KeyInfo>", &format!("</ds:KeyInfo>{}", v.attacker.key_info()))
                .into()
        }),
        refused("the attacker's KeyInfo first", &["malformed", "key-info"], |v| {
            v.with("<ds:KeyInfo>", &format!("{}<ds:KeyInfo>", v.attacker.key_info()))
                .into()
        }),
        harmless("the signature's elements written with another quote", |v| {
            v.with("<ds:Reference URI=\"\">", "<ds:Reference URI=''>").into()
        }),
    ]
}

#[test]
fn wrapped_content_is_never_taken_for_signed() {
    judge::run(&attacks());
}
