//! Giant and deep messages, and those that are small but make a reader work.

use std::fmt::Write as _;

use crate::attack::{Attack, Hostile, refused, unreadable};
use crate::judge;
use crate::victim::{HEAD, ORDER, Victim};

/// Just below the largest message that is read. A build without optimisation would take minutes for it and gets less;
/// `CEBRIDGE_BINARY` names one with it.
fn large() -> usize {
    match cfg!(debug_assertions) && std::env::var_os("CEBRIDGE_BINARY").is_none() {
        true => 2 << 20,
        false => 15 << 20,
    }
}

const MILLION: usize = 1_000_000;

/// The signed order with a text before its first order.
fn stuffed(v: &Victim, stuffing: &str) -> Hostile {
    v.with("<ceb:Order>", &format!("{stuffing}<ceb:Order>")).into()
}

/// The signed order with a text inside of its signature.
fn signature(v: &Victim, before: &str, stuffing: &str) -> Hostile {
    v.with(before, &format!("{stuffing}{before}")).into()
}

/// As many copies of a text as make a large message.
fn fill(text: &str) -> String {
    text.repeat(large() / text.len())
}

fn numbered(count: usize, text: impl Fn(usize) -> String) -> String {
    let mut out = String::new();
    for index in 0..count {
        out.push_str(&text(index));
    }
    out
}

fn giants() -> Vec<Attack> {
    vec![
        unreadable("100 MB of text", |v| stuffed(v, &"x".repeat(100 << 20))),
        unreadable("100 MB of white space", |v| stuffed(v, &" ".repeat(100 << 20))),
        unreadable("100 MB of orders", |v| {
            stuffed(v, &ORDER.repeat((100 << 20) / ORDER.len()))
        }),
        unreadable("100 MB behind the root", |v| {
            format!("{}{}", v.signed, " ".repeat(100 << 20)).into()
        }),
        unreadable("100 MB of zeros", |_| vec![0; 100 << 20].into()),
        unreadable("100 MB without a tag", |_| vec![b'x'; 100 << 20].into()),
        unreadable("100 MB of tag", |_| {
            [b"<a ".to_vec(), vec![b' '; 100 << 20]].concat().into()
        }),
        refused("a large file of text", &["digest-mismatch"], |v| stuffed(v, &fill("x"))),
        refused("a large file of white space", &["digest-mismatch"], |v| {
            stuffed(v, &fill(" "))
        }),
        refused("a large file of orders", &["digest-mismatch"], |v| {
            stuffed(v, &fill(ORDER))
        }),
        refused(
            "a large file of smallest elements",
            &["digest-mismatch", "malformed"],
            |v| stuffed(v, &fill("<a/>")),
        ),
        refused("a large file of references", &["digest-mismatch", "malformed"], |v| {
            stuffed(v, &fill("&#65;"))
        }),
        refused("a large file that grow in canonical form", &["digest-mismatch"], |v| {
            stuffed(v, &format!("<a>{}</a>", fill(">")))
        }),
        refused(
            "a large file of quotes that grow in canonical form",
            &["digest-mismatch"],
            |v| stuffed(v, &format!("<a b='{}'/>", fill("\""))),
        ),
        refused(
            "a large file of CDATA that grow in canonical form",
            &["digest-mismatch"],
            |v| stuffed(v, &format!("<a><![CDATA[{}]]></a>", fill("&"))),
        ),
        refused(
            "a large file of empty CDATA sections",
            &["digest-mismatch", "malformed"],
            |v| stuffed(v, &format!("<a>{}</a>", fill("<![CDATA[]]>"))),
        ),
        refused(
            "a large file of comments",
            &["comment", "digest-mismatch", "malformed"],
            |v| stuffed(v, &fill("<!---->")),
        ),
        refused(
            "a large file of one comment",
            &["comment", "digest-mismatch", "malformed"],
            |v| stuffed(v, &format!("<!--{}-->", fill("x"))),
        ),
        refused(
            "a large file of instructions",
            &["instruction", "digest-mismatch", "malformed"],
            |v| stuffed(v, &fill("<?x?>")),
        ),
        refused("a large file of line ends", &["digest-mismatch"], |v| {
            stuffed(v, &fill("\r\n"))
        }),
        unreadable("a large file of a name", |v| stuffed(v, &format!("<{}/>", fill("n")))),
        unreadable("a large file of an attribute's name", |v| {
            stuffed(v, &format!("<a {}='1'/>", fill("n")))
        }),
        unreadable("a large file of a namespace", |v| {
            stuffed(v, &format!("<a xmlns:p='urn:{}'/>", fill("n")))
        }),
        refused("a large file of an attribute's value", &["digest-mismatch"], |v| {
            stuffed(v, &format!("<a b='{}'/>", fill("v")))
        }),
        refused(
            "a large file of different names",
            &["digest-mismatch", "malformed"],
            |v| stuffed(v, &numbered(MILLION, |at| format!("<n{at}/>"))),
        ),
        unreadable("a large file of an entity's name", |v| {
            stuffed(v, &format!("&{};", fill("n")))
        }),
        unreadable("a large file of a reference", |v| {
            stuffed(v, &format!("&#{}65;", fill("0")))
        }),
        unreadable("a large file of an instruction's name", |v| {
            stuffed(v, &format!("<?{}?>", fill("n")))
        }),
        unreadable("a large file of openings", |v| stuffed(v, &fill("<"))),
        unreadable("a large file of comments that never end", |v| stuffed(v, &fill("<!--"))),
        unreadable("a large file of CDATA sections that never end", |v| {
            stuffed(v, &fill("<![CDATA["))
        }),
        unreadable("a large file of declarations that never end", |v| {
            stuffed(v, &fill("<!DOCTYPE x ["))
        }),
        unreadable("a large file of quotes that never end", |v| stuffed(v, &fill("<a b='"))),
        unreadable("a large file of end tags", |v| stuffed(v, &fill("</a>"))),
        unreadable("a large file of ampersands", |v| stuffed(v, &fill("&"))),
    ]
}

fn nested() -> Vec<Attack> {
    vec![
        unreadable("100,000 levels", |v| {
            stuffed(v, &format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000)))
        }),
        unreadable("100,000 levels that never end", |_| {
            format!("{HEAD}{}", "<a>".repeat(100_000)).into()
        }),
        unreadable("100,000 levels inside of the signature", |v| {
            signature(
                v,
                "</ds:Signature>",
                &format!(
                    "<ds:Object>{}{}</ds:Object>",
                    "<a>".repeat(100_000),
                    "</a>".repeat(100_000)
                ),
            )
        }),
        unreadable("100,000 signatures in one another", |v| {
            let open = "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\">";
            stuffed(
                v,
                &format!("{}{}", open.repeat(100_000), "</Signature>".repeat(100_000)),
            )
        }),
        unreadable("a million attributes", |v| {
            stuffed(v, &format!("<a{}/>", numbered(MILLION, |at| format!(" a{at}=''"))))
        }),
        unreadable("a million namespaces", |v| {
            stuffed(
                v,
                &format!("<a{}/>", numbered(MILLION / 2, |at| format!(" xmlns:n{at}='urn:x'"))),
            )
        }),
        unreadable("many namespaces on every level", |v| {
            let level = format!("<a{}>", numbered(200, |at| format!(" xmlns:n{at}='urn:x'")));
            stuffed(v, &format!("{}{}", level.repeat(60), "</a>".repeat(60)))
        }),
        refused(
            "as many attributes as may be, on many elements",
            &["digest-mismatch", "malformed"],
            |v| {
                let attributes = numbered(250, |at| format!(" a{at}=''"));
                stuffed(v, &fill(&format!("<a{attributes}/>")))
            },
        ),
        refused(
            "one name under as many prefixes as may be, on many elements",
            &["digest-mismatch", "malformed"],
            |v| {
                let declarations = numbered(240, |at| format!(" xmlns:n{at}='urn:x:{at}'"));
                let attributes = numbered(240, |at| format!(" n{at}:a=''"));
                let element = format!("<b{attributes}/>");
                stuffed(v, &format!("<a{declarations}>{}</a>", fill(&element)))
            },
        ),
        refused(
            "as many declarations as may be, on many elements",
            &["digest-mismatch", "malformed"],
            |v| {
                let outer = numbered(120, |at| format!(" xmlns:o{at}='urn:x:{at}'"));
                let inner = numbered(120, |at| format!(" xmlns:o{at}='urn:y:{at}'"));
                stuffed(v, &format!("<a{outer}>{}</a>", fill(&format!("<a{inner}/>"))))
            },
        ),
        refused(
            "as many xml: attributes as may be, on every level",
            &["digest-mismatch", "malformed"],
            |v| {
                let level = format!("<a{}>", numbered(250, |at| format!(" xml:a{at}=''")));
                let tower = format!("{}{}", level.repeat(60), "</a>".repeat(60));
                stuffed(v, &fill(&tower))
            },
        ),
        refused("undeclared far down", &["malformed"], |v| {
            let declarations = numbered(250, |at| format!(" xmlns:n{at}='urn:x:{at}'"));
            stuffed(v, &format!("<a{declarations}>{}<z:x/></a>", fill("<n0:b/>")))
        }),
    ]
}

fn signatures() -> Vec<Attack> {
    const SEVERAL: &[&str] = &["several-signatures", "malformed"];
    vec![
        refused("100,000 signatures", SEVERAL, |v| {
            stuffed(
                v,
                &"<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"/>".repeat(100_000),
            )
        }),
        refused("a thousand full signatures", SEVERAL, |v| {
            stuffed(v, &v.signature().repeat(1000))
        }),
        unreadable("a million references", |v| {
            signature(v, "</ds:SignedInfo>", &"<ds:Reference/>".repeat(MILLION))
        }),
        unreadable("a million transforms", |v| {
            signature(v, "</ds:Transforms>", &"<ds:Transform/>".repeat(MILLION))
        }),
        unreadable("many certificates", |v| {
            let certificate = format!(
                "<ds:X509Certificate>{}</ds:X509Certificate>",
                v.owner.certificate_base64()
            );
            signature(v, "</ds:X509Data>", &fill(&certificate))
        }),
        unreadable("a million empty certificates", |v| {
            signature(v, "</ds:X509Data>", &"<ds:X509Certificate/>".repeat(MILLION / 2))
        }),
        unreadable("a large file in an Object", |v| {
            signature(v, "</ds:Signature>", &format!("<ds:Object>{}</ds:Object>", fill("x")))
        }),
        unreadable("a large file of signature value", |v| {
            signature(v, "</ds:SignatureValue>", &fill("A"))
        }),
        unreadable("a large file of white space in the signature value", |v| {
            let mut out = String::new();
            write!(out, "{}A", fill(" ")).unwrap();
            signature(v, "</ds:SignatureValue>", &out)
        }),
        unreadable("a large file of digest", |v| {
            signature(v, "</ds:DigestValue>", &fill("A"))
        }),
        unreadable("a large file of certificate", |v| {
            signature(v, "</ds:X509Certificate>", &fill("A"))
        }),
        unreadable("a large file of KeyName", |v| signature(v, "</ds:KeyName>", &fill("1"))),
        unreadable("a large file of algorithm", |v| {
            v.with("2001/04/xmlenc#sha256", &format!("2001/04/xmlenc#sha256{}", fill("x")))
                .into()
        }),
        unreadable("a large file of white space in SignedInfo", |v| {
            signature(v, "<ds:Reference ", &fill(" "))
        }),
    ]
}

#[test]
fn giants_are_refused_at_once() {
    judge::run(&giants());
}

#[test]
fn depth_and_width_are_bounded() {
    judge::run(&nested());
}

#[test]
fn signatures_are_bounded() {
    judge::run(&signatures());
}
