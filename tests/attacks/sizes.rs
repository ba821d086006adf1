//! Giant and deep messages, and those that are small but make a reader work.

use std::fmt::Write as _;

use crate::attack::{Attack, Hostile, refused, unreadable};
use crate::judge;
use crate::victim::{HEAD, ORDER, Victim};

/// Just below the largest message that is read.
const LARGE: usize = 15 << 20;
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
    text.repeat(LARGE / text.len())
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
        refused("15 MiB of text", &["digest-mismatch"], |v| stuffed(v, &fill("x"))),
        refused("15 MiB of white space", &["digest-mismatch"], |v| {
            stuffed(v, &fill(" "))
        }),
        refused("15 MiB of orders", &["digest-mismatch"], |v| stuffed(v, &fill(ORDER))),
        refused("15 MiB of smallest elements", &["digest-mismatch"], |v| {
            stuffed(v, &fill("<a/>"))
        }),
        refused("15 MiB of references", &["digest-mismatch"], |v| {
            stuffed(v, &fill("&#65;"))
        }),
        refused("15 MiB that grow in canonical form", &["digest-mismatch"], |v| {
            stuffed(v, &format!("<a>{}</a>", fill(">")))
        }),
        refused(
            "15 MiB of quotes that grow in canonical form",
            &["digest-mismatch"],
            |v| stuffed(v, &format!("<a b='{}'/>", fill("\""))),
        ),
        refused(
            "15 MiB of CDATA that grow in canonical form",
            &["digest-mismatch"],
            |v| stuffed(v, &format!("<a><![CDATA[{}]]></a>", fill("&"))),
        ),
        refused(
            "15 MiB of empty CDATA sections",
            &["digest-mismatch", "malformed"],
            |v| stuffed(v, &format!("<a>{}</a>", fill("<![CDATA[]]>"))),
        ),
        refused(
            "15 MiB of comments",
            &["comment", "digest-mismatch", "malformed"],
            |v| stuffed(v, &fill("<!---->")),
        ),
        refused(
            "15 MiB of one comment",
            &["comment", "digest-mismatch", "malformed"],
            |v| stuffed(v, &format!("<!--{}-->", fill("x"))),
        ),
        refused(
            "15 MiB of instructions",
            &["instruction", "digest-mismatch", "malformed"],
            |v| stuffed(v, &fill("<?x?>")),
        ),
        refused("15 MiB of line ends", &["digest-mismatch"], |v| {
            stuffed(v, &fill("\r\n"))
        }),
        unreadable("15 MiB of a name", |v| stuffed(v, &format!("<{}/>", fill("n")))),
        unreadable("15 MiB of an attribute's name", |v| {
            stuffed(v, &format!("<a {}='1'/>", fill("n")))
        }),
        unreadable("15 MiB of a namespace", |v| {
            stuffed(v, &format!("<a xmlns:p='urn:{}'/>", fill("n")))
        }),
        refused("15 MiB of an attribute's value", &["digest-mismatch"], |v| {
            stuffed(v, &format!("<a b='{}'/>", fill("v")))
        }),
        refused("15 MiB of different names", &["digest-mismatch", "malformed"], |v| {
            stuffed(v, &numbered(MILLION, |at| format!("<n{at}/>")))
        }),
        unreadable("15 MiB of an entity's name", |v| {
            stuffed(v, &format!("&{};", fill("n")))
        }),
        unreadable("15 MiB of a reference", |v| stuffed(v, &format!("&#{}65;", fill("0")))),
        unreadable("15 MiB of an instruction's name", |v| {
            stuffed(v, &format!("<?{}?>", fill("n")))
        }),
        unreadable("15 MiB of openings", |v| stuffed(v, &fill("<"))),
        unreadable("15 MiB of comments that never end", |v| stuffed(v, &fill("<!--"))),
        unreadable("15 MiB of CDATA sections that never end", |v| {
            stuffed(v, &fill("<![CDATA["))
        }),
        unreadable("15 MiB of declarations that never end", |v| {
            stuffed(v, &fill("<!DOCTYPE x ["))
        }),
        unreadable("15 MiB of quotes that never end", |v| stuffed(v, &fill("<a b='"))),
        unreadable("15 MiB of end tags", |v| stuffed(v, &fill("</a>"))),
        unreadable("15 MiB of ampersands", |v| stuffed(v, &fill("&"))),
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
        unreadable("15 MiB in an Object", |v| {
            signature(v, "</ds:Signature>", &format!("<ds:Object>{}</ds:Object>", fill("x")))
        }),
        unreadable("15 MiB of signature value", |v| {
            signature(v, "</ds:SignatureValue>", &fill("A"))
        }),
        unreadable("15 MiB of white space in the signature value", |v| {
            let mut out = String::new();
            write!(out, "{}A", fill(" ")).unwrap();
            signature(v, "</ds:SignatureValue>", &out)
        }),
        unreadable("15 MiB of digest", |v| signature(v, "</ds:DigestValue>", &fill("A"))),
        unreadable("15 MiB of certificate", |v| {
            signature(v, "</ds:X509Certificate>", &fill("A"))
        }),
        unreadable("15 MiB of KeyName", |v| signature(v, "</ds:KeyName>", &fill("1"))),
        unreadable("15 MiB of algorithm", |v| {
            v.with("2001/04/xmlenc#sha256", &format!("2001/04/xmlenc#sha256{}", fill("x")))
                .into()
        }),
        unreadable("15 MiB of white space in SignedInfo", |v| {
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
