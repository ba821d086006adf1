//! Properties for any input and any tree.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::io::Write as _;
use std::process::{Command, Stdio};

use cebridge_message::{Document, Element, Layout, LayoutElement, Limits, XSI_NAMESPACE, unwrap, write};
use proptest::collection::vec;
use proptest::prelude::*;

/// `root` with attributes a and b; `branch` and `leaf` below it, `branch` inside itself.
fn layout() -> Layout {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let element = |local: &str, namespace, attributes, children: &[usize]| LayoutElement {
        local: local.to_owned(),
        namespace,
        attributes,
        children: children.to_vec(),
    };
    Layout {
        prefixes: vec![
            ("c".to_owned(), "urn:c".to_owned()),
            ("xsi".to_owned(), XSI_NAMESPACE.to_owned()),
            ("ds".to_owned(), "urn:ds".to_owned()),
        ],
        elements: vec![
            element("root", 0, names(&["b", "a"]), &[1, 2]),
            element("branch", 2, names(&["a"]), &[1, 2]),
            element("leaf", 0, names(&["b"]), &[]),
        ],
        root: 0,
    }
}

/// Text of all characters that XML allows, with many awkward ones.
fn text() -> impl Strategy<Value = String> {
    let c = prop_oneof![
        any::<char>().prop_filter("not allowed in XML", |&c| {
            c >= ' ' && c != '\u{FFFE}' && c != '\u{FFFF}' || matches!(c, '\t' | '\n' | '\r')
        }),
        prop::sample::select(" \t\r\n&<>\"'];-\u{85}\u{2028}￥中😀".chars().collect::<Vec<_>>()),
    ];
    vec(c, 0..12).prop_map(String::from_iter)
}

fn leaf() -> impl Strategy<Value = Element> {
    (text(), prop::option::of(text())).prop_map(|(text, b)| Element {
        attributes: b.map(|b| ("b".to_owned(), b)).into_iter().collect(),
        ..Element::leaf("leaf", text)
    })
}

fn tree() -> impl Strategy<Value = Element> {
    let below = leaf().prop_recursive(4, 40, 6, |inner| {
        (vec(inner, 1..6), prop::option::of(text())).prop_map(|(mut children, a)| {
            // In the order that writing produces, so that trees can be compared.
            children.sort_by(|one, other| one.name.cmp(&other.name));
            Element {
                attributes: a.map(|a| ("a".to_owned(), a)).into_iter().collect(),
                children,
                ..Element::new("branch")
            }
        })
    });
    (vec(below, 0..5), text(), text()).prop_map(|(mut children, a, b)| {
        children.sort_by(|one, other| one.name.cmp(&other.name));
        Element {
            attributes: vec![("a".to_owned(), a), ("b".to_owned(), b)],
            children,
            ..Element::new("root")
        }
    })
}

/// Pieces that XML is made of, so that random inputs get past the first character.
fn shreds() -> impl Strategy<Value = Vec<u8>> {
    let shred = prop::sample::select(vec![
        "<",
        ">",
        "/",
        "</",
        "/>",
        "<a>",
        "</a>",
        "<b",
        "a",
        ":",
        "=",
        "'",
        "\"",
        " ",
        "&",
        ";",
        "&amp;",
        "&#x4E2D;",
        "&#",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<?",
        "?>",
        "<?xml version='1.0'?>",
        "<!DOCTYPE",
        "xmlns",
        "xmlns:p",
        "'u'",
        "p:",
        "\r\n",
        "\r",
        "中",
        "😀",
        "\u{FEFF}",
        "\0",
        "encoding='GBK'",
        "xml:lang='x'",
    ]);
    let shred = prop_oneof![8 => shred.prop_map(|text| text.as_bytes().to_vec()), 1 => vec(any::<u8>(), 1..4)];
    vec(shred, 0..24).prop_map(|shreds| shreds.concat())
}

/// Invariants of every document.
fn check(doc: &Document) {
    let nodes = doc.nodes();
    assert_eq!(nodes[0].end as usize, nodes.len());
    for (ix, node) in nodes.iter().enumerate() {
        let ix = ix as u32;
        assert!(node.end > ix && node.end as usize <= nodes.len());
        assert!(ix == 0 || node.parent < ix && nodes[node.parent as usize].end >= node.end);
        assert!(
            doc.blob()
                .get(node.start as usize..(node.start + node.len) as usize)
                .is_some()
        );
        assert!(doc.text().is_char_boundary(node.at as usize));
        assert!(doc.name(ix).is_some());
        assert_eq!(doc.find(0, &doc.path(ix)).map(|at| doc.local(at)), Some(doc.local(ix)));
        let position = doc.position(ix);
        assert!(position.line > 0 && position.column > 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn bytes_never_panic(bytes in vec(any::<u8>(), 0..200)) {
        if let Ok(doc) = Document::parse(&bytes, &Limits::MESSAGE) {
            check(&doc);
        }
    }

    #[test]
    fn shreds_of_xml_never_panic(body in shreds(), inside in any::<bool>()) {
        let bytes = if inside { [b"<a>", body.as_slice(), b"</a>"].concat() } else { body };
        if let Ok(doc) = Document::parse(&bytes, &Limits::MESSAGE) {
            check(&doc);
        }
        prop_assert!(unwrap(&bytes, &Limits::ENVELOPE).is_err());
    }

    #[test]
    fn trees_survive_writing_and_reading(root in tree()) {
        let bytes = write(&layout(), &root).unwrap();
        let doc = Document::parse(&bytes, &Limits::MESSAGE).unwrap();
        check(&doc);
        let back = Element::from_document(&doc, 0);
        prop_assert_eq!(&back, &root);
        prop_assert_eq!(write(&layout(), &back).unwrap(), bytes);
    }
}

proptest! {
    // Starts a process for each case.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(40) })]

    #[test]
    fn what_is_written_is_canonical(root in tree()) {
        if Command::new("xmllint").arg("--version").output().is_err() {
            println!("skipped: needs xmllint");
            return Ok(());
        }
        let bytes = write(&layout(), &root).unwrap();
        let mut lint = Command::new("xmllint")
            .args(["--nonet", "--c14n", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        lint.stdin.take().unwrap().write_all(&bytes).unwrap();
        let canonical = lint.wait_with_output().unwrap().stdout;
        let body = bytes.splitn(2, |&byte| byte == b'\n').nth(1).unwrap();
        prop_assert_eq!(String::from_utf8_lossy(&canonical), String::from_utf8_lossy(body));
    }
}
