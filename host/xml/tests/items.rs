//! What a reader gives, and what it knows around each item.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::borrow::Cow;

use cebridge_xml::{Item, Limits, Reader, lookup};
use proptest::prelude::*;

/// The items of a text, written down one by one.
fn items(text: &str) -> Vec<String> {
    let mut reader = Reader::new(text, &Limits::MESSAGE).unwrap();
    let mut out = Vec::new();
    loop {
        let depth = reader.depth();
        out.push(match reader.read().unwrap() {
            Item::Start(start) => {
                let attributes: String = reader
                    .attributes()
                    .iter()
                    .map(|own| {
                        format!(
                            " {{{}}}{}={:?}",
                            reader.namespace(own.id),
                            reader.local(own.id),
                            own.value
                        )
                    })
                    .collect();
                assert_eq!(&text[start.span.clone()][..1], "<");
                format!(
                    "<{{{}}}{}{attributes}",
                    reader.namespace(start.id),
                    reader.local(start.id)
                )
            }
            Item::End { name, span } => {
                assert!(span.is_empty() || text[span].starts_with("</"));
                format!("/{name} {}", reader.depth())
            }
            Item::Text(text) => format!("{:?}", text.value()),
            Item::Reference(c) => format!("&{c:?}"),
            Item::Comment(text) => format!("!{:?}", text.value()),
            Item::Instruction { target, data } => format!("?{target} {:?}", data.value()),
            Item::Eof => {
                assert_eq!((depth, reader.depth()), (1, 0));
                assert!(matches!(reader.read(), Ok(Item::Eof)));
                return out;
            }
        });
    }
}

#[test]
fn items_come_in_order() {
    let text = "<?xml version='1.0'?>\n<!-- a\r\nb --><p:a xmlns:p='urn:p' b='1' p:b=' &lt;\r\n'>x\r&amp;<![CDATA[<&\r\n]]>\
                <?t  d ?><c xmlns='urn:c'/></p:a >\n";
    assert_eq!(
        items(text),
        [
            "!\" a\\nb \"",
            "<{urn:p}a {}b=\"1\" {urn:p}b=\" < \"",
            "\"x\\n\"",
            "&'&'",
            "\"<&\\n\"",
            "?t \"d \"",
            "<{urn:c}c",
            "/c 2",
            "/p:a 1",
        ]
    );
}

#[test]
fn values_are_borrowed_where_they_are_as_written() {
    let text = "\u{feff}<a b='1' c='&#50;'>3</a>";
    let mut reader = Reader::behind(text, 3, &Limits::MESSAGE).unwrap();
    assert!(reader.declaration().is_none());
    let Item::Start(start) = reader.read().unwrap() else {
        panic!()
    };
    assert_eq!((start.span.start, reader.position(start.span.start).column), (3, 1));
    let [b, c] = reader.attributes() else { panic!() };
    assert!(matches!(b.value, Cow::Borrowed("1")));
    assert!(matches!(&c.value, Cow::Owned(value) if value == "2"));
    assert_eq!((&text[b.at..][..1], &text[b.value_at..][..1]), ("b", "1"));
    let Item::Text(three) = reader.read().unwrap() else {
        panic!()
    };
    assert_eq!((three.raw, &text[three.at..][..1]), ("3", "3"));
}

#[test]
fn declarations_are_in_force_until_the_element_ends() {
    let text = "<a xmlns='urn:a' xml:lang='zh'><b xmlns='' xmlns:p='urn:p' xml:lang='en'><p:c/></b><d/></a>";
    let mut reader = Reader::new(text, &Limits::MESSAGE).unwrap();
    let mut seen = Vec::new();
    loop {
        match reader.read().unwrap() {
            Item::Start(start) => {
                let languages: Vec<_> = reader.inherited().map(|own| own.value.to_string()).collect();
                let prefix = lookup(reader.bindings(), "p").map(str::to_owned);
                let own = reader.bindings().len() - reader.own_bindings();
                seen.push((
                    start.name,
                    reader.namespace(start.id).to_owned(),
                    prefix,
                    own,
                    languages.join(" "),
                ));
            }
            Item::Eof => break,
            _ => {}
        }
    }
    let p = || Some("urn:p".to_owned());
    let line = |name, namespace: &str, prefix, own, languages: &str| {
        (name, namespace.to_owned(), prefix, own, languages.to_owned())
    };
    assert_eq!(
        seen,
        [
            line("a", "urn:a", None, 1, ""),
            line("b", "", p(), 2, "zh"),
            line("p:c", "urn:p", p(), 0, "zh en"),
            line("d", "urn:a", None, 0, "zh"),
        ]
    );
    assert_eq!(lookup(&[], "xml"), Some("http://www.w3.org/XML/1998/namespace"));
}

#[test]
fn limits_are_exact() {
    let open = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    let attributes = |count| format!("<a{}/>", (0..count).map(|at| format!(" a{at}=''")).collect::<String>());
    let namespaces = |count| {
        let levels = (0..count)
            .map(|at| format!("<a xmlns:n{at}='urn:n'>"))
            .collect::<String>();
        format!("{levels}{}", "</a>".repeat(count))
    };
    let Limits {
        depth,
        attributes: most,
        namespaces: declared,
        ..
    } = Limits::MESSAGE;
    let cases: [(&dyn Fn(usize) -> String, usize); 3] = [(&open, depth), (&attributes, most), (&namespaces, declared)];
    for (made, limit) in cases {
        let read = |text: &str| -> Result<(), cebridge_xml::Error> {
            let mut reader = Reader::new(text, &Limits::MESSAGE)?;
            while !matches!(reader.read()?, Item::Eof) {}
            Ok(())
        };
        assert_eq!(read(&made(limit)), Ok(()));
        let error = read(&made(limit + 1)).unwrap_err();
        assert!(error.to_string().contains(&format!("{limit} ")), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    /// Any text gets an answer, and tokens stand one behind the other.
    #[test]
    fn any_text_is_answered(text in "(?s)[<>/a-c:=\"'&#;!\\[\\]\\-? \r\n\u{0}-\u{fffff}]{0,60}", inside in any::<bool>()) {
        let text = if inside { format!("<a xmlns:b='urn:b'>{text}</a>") } else { text };
        let Ok(mut reader) = Reader::new(&text, &Limits::MESSAGE) else { return Ok(()) };
        let mut end = 0;
        loop {
            match reader.read() {
                Ok(Item::Eof) => {
                    prop_assert_eq!(reader.span(), text.len()..text.len());
                    break;
                }
                Ok(_) => {
                    let span = reader.span();
                    // A self-closing tag is a single token.
                    prop_assert!(span.start >= end || span.end == end, "{:?} behind {}", span, end);
                    prop_assert!(text.get(span.clone()).is_some());
                    end = span.end;
                }
                Err(error) => {
                    prop_assert!(error.line > 0 && error.column > 0);
                    break;
                }
            }
        }
    }
}
