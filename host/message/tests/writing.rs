//! Written output, byte for byte.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use cebridge_message::{Document, Element, Layout, LayoutElement, Limits, WriteError, XSI_NAMESPACE, write};

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const ROOT: &str = "<c:M xmlns:c=\"urn:c\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";

fn spec(local: &str, namespace: usize, attributes: &[&str], children: &[usize]) -> LayoutElement {
    LayoutElement {
        local: local.into(),
        namespace,
        attributes: attributes.iter().map(|&name| name.into()).collect(),
        children: children.into(),
    }
}

/// M(@version @guid)/A*(B, C), S in another namespace (T in a third, U without any).
fn layout() -> Layout {
    let prefix = |prefix: &str, uri: &str| (prefix.to_owned(), uri.to_owned());
    Layout {
        prefixes: vec![
            prefix("xsi", XSI_NAMESPACE),
            prefix("c", "urn:c"),
            prefix("ds", "urn:ds"),
            prefix("", "urn:default"),
            prefix("", ""),
        ],
        elements: vec![
            spec("M", 1, &["version", "guid"], &[1, 4]),
            spec("A", 1, &[], &[2, 3]),
            spec("B", 1, &[], &[]),
            spec("C", 1, &[], &[]),
            spec("S", 2, &["Id"], &[5, 6, 7]),
            spec("T", 2, &[], &[]),
            spec("D", 3, &[], &[6, 7]),
            spec("U", 4, &[], &[]),
        ],
        root: 0,
    }
}

fn tree(name: &str, children: Vec<Element>) -> Element {
    Element {
        children,
        ..Element::new(name)
    }
}

fn leaf(name: &str, text: &str) -> Element {
    Element::leaf(name, text)
}

fn written(root: &Element) -> String {
    String::from_utf8(write(&layout(), root).unwrap()).unwrap()
}

fn refused(root: &Element) -> WriteError {
    write(&layout(), root).unwrap_err()
}

#[test]
fn children_take_the_order_of_the_layout() {
    let first = tree(
        "A",
        vec![leaf("C", "1"), leaf("B", "2"), leaf("C", "3"), leaf("B", "4")],
    );
    let root = tree("M", vec![Element::new("S"), first, tree("A", vec![leaf("B", "5")])]);
    assert_eq!(
        written(&root),
        format!(
            "{HEAD}{ROOT}><c:A><c:B>2</c:B><c:B>4</c:B><c:C>1</c:C><c:C>3</c:C></c:A><c:A><c:B>5</c:B></c:A>\
             <ds:S xmlns:ds=\"urn:ds\"></ds:S></c:M>"
        )
    );
}

#[test]
fn namespaces_are_declared_where_they_begin() {
    let inner = tree("D", vec![tree("D", vec![]), leaf("U", "")]);
    let root = tree("M", vec![tree("S", vec![leaf("T", ""), inner, leaf("U", "x")])]);
    assert_eq!(
        written(&root),
        format!(
            "{HEAD}{ROOT}><ds:S xmlns:ds=\"urn:ds\"><ds:T></ds:T><D xmlns=\"urn:default\"><D></D><U xmlns=\"\"></U></D>\
             <U>x</U></ds:S></c:M>"
        )
    );
}

#[test]
fn the_default_namespace_can_be_the_roots() {
    let mut layout = layout();
    layout.root = 6;
    let bytes = write(&layout, &tree("D", vec![leaf("U", "x")])).unwrap();
    let xsi = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
    let expected = format!("{HEAD}<D xmlns=\"urn:default\" {xsi}><U xmlns=\"\">x</U></D>");
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
}

#[test]
fn characters_are_escaped_as_canonical_xml_does() {
    let mut root = tree("M", vec![tree("A", vec![leaf("B", " <&>\"'\t\r\n]]> ￥中😀 ")])]);
    root.attributes = vec![
        ("version".into(), "1.0".into()),
        ("guid".into(), " <&>\"'\t\r\n￥ ".into()),
    ];
    assert_eq!(
        written(&root),
        format!(
            "{HEAD}{ROOT} guid=\" &lt;&amp;>&quot;'&#x9;&#xD;&#xA;￥ \" version=\"1.0\">\
             <c:A><c:B> &lt;&amp;&gt;\"'\t&#xD;\n]]&gt; ￥中😀 </c:B></c:A></c:M>"
        )
    );
}

#[test]
fn what_the_layout_does_not_know_is_refused_with_its_path() {
    let path = |error: WriteError| match error {
        WriteError::UnknownElement { path } | WriteError::UnknownAttribute { path } => path,
        other => panic!("{other}"),
    };
    let a = |child: &str| tree("A", vec![leaf("B", ""), leaf(child, "")]);
    assert_eq!(path(refused(&tree("M", vec![a("C"), a("X")]))), "A[2]/X");
    assert_eq!(path(refused(&tree("M", vec![a("A")]))), "A/A");
    assert_eq!(path(refused(&tree("M", vec![leaf("b", "")]))), "b");
    let mut root = tree("M", vec![a("C")]);
    root.children[0].attributes.push(("guid".into(), String::new()));
    assert_eq!(path(refused(&root)), "A/@guid");
    root.attributes.push(("ver".into(), String::new()));
    assert_eq!(path(refused(&root)), "@ver");
    root.attributes = vec![
        ("guid".into(), "1".into()),
        ("version".into(), String::new()),
        ("guid".into(), "2".into()),
    ];
    assert_eq!(refused(&root), WriteError::DuplicateAttribute { path: "@guid".into() });
    let wrong = WriteError::WrongRoot {
        expected: "M".into(),
        found: "N".into(),
    };
    assert_eq!(refused(&leaf("N", "")), wrong);
}

#[test]
fn text_beside_children_is_refused() {
    let mut a = tree("A", vec![leaf("B", "")]);
    a.text = "x".into();
    assert_eq!(
        refused(&tree("M", vec![a])),
        WriteError::MixedContent { path: "A".into() }
    );
}

#[test]
fn characters_outside_xml_are_refused_with_their_path() {
    for (text, code) in [
        ("a\0", 0),
        ("\u{1F}", 0x1F),
        ("中\u{FFFE}", 0xFFFE),
        ("\u{FFFF}", 0xFFFF),
    ] {
        let in_text = tree("M", vec![tree("A", vec![leaf("B", "x"), leaf("B", text)])]);
        assert_eq!(
            refused(&in_text),
            WriteError::IllegalCharacter {
                path: "A/B[2]".into(),
                code
            }
        );
        let mut in_attribute = tree("M", vec![]);
        in_attribute.attributes.push(("guid".into(), text.into()));
        assert_eq!(
            refused(&in_attribute),
            WriteError::IllegalCharacter {
                path: "@guid".into(),
                code
            }
        );
    }
}

#[test]
fn trees_too_deep_are_refused() {
    let mut layout = layout();
    layout.elements[1].children.push(1);
    let mut element = Element::new("A");
    for _ in 0..Limits::MOST_DEPTH {
        element = tree("A", vec![element]);
    }
    let error = write(&layout, &tree("M", vec![element])).unwrap_err();
    assert!(matches!(
        error,
        WriteError::TooDeep {
            limit: Limits::MOST_DEPTH,
            ..
        }
    ));
}

#[test]
fn layouts_that_contradict_themselves_are_refused() {
    let changes: [fn(&mut Layout); 9] = [
        |layout| layout.root = 99,
        |layout| layout.elements[7].children.push(99),
        |layout| layout.elements[7].namespace = 99,
        |layout| layout.elements[7].local = "a b".into(),
        |layout| layout.elements[7].local = "c:a".into(),
        |layout| layout.elements[7].attributes.push("xmlns".into()),
        |layout| layout.prefixes[2].0 = "1".into(),
        |layout| layout.prefixes[2].0 = "xmlns".into(),
        |layout| layout.prefixes[2].1 = String::new(),
    ];
    for (at, change) in changes.iter().enumerate() {
        let mut layout = layout();
        change(&mut layout);
        let result = write(&layout, &Element::new("M"));
        assert!(
            matches!(result, Err(WriteError::BadLayout { .. })),
            "change {at}: {result:?}"
        );
    }
}

#[test]
fn white_space_between_elements_is_dropped_and_inside_fields_kept() {
    let text = "<M xmlns='urn:c'>\n\t<A>\n<B> \n</B><C>\t x </C>\r\n</A>\n</M>";
    let doc = Document::parse(text.as_bytes(), &Limits::MESSAGE).unwrap();
    let root = Element::from_document(&doc, 0);
    assert_eq!(
        root,
        tree("M", vec![tree("A", vec![leaf("B", " \n"), leaf("C", "\t x ")])])
    );
    assert_eq!(root.text_at("A/C"), Some("\t x "));
    assert_eq!(root.text_at("A/X"), None);
}
