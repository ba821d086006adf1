//! Results of reading well-formed messages.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use cebridge_message::{ATTRIBUTE, Document, ErrorKind, HAS_CHILDREN, HAS_TEXT, Limits, ReadErrorKind, XSI_TYPED};

fn read(text: &str) -> Document {
    Document::parse(text.as_bytes(), &Limits::MESSAGE).unwrap()
}

/// The text of the root element of `<a>inner</a>`.
fn inner(inner: &str) -> String {
    read(&format!("<a>{inner}</a>")).value(0).to_owned()
}

#[test]
fn nodes_stand_in_document_order_with_attributes_first() {
    let doc = read("<m guid='G' version='1'><o><n>7</n></o><o/></m>");
    let rows: Vec<_> = (0..6)
        .map(|ix| {
            let node = doc.node(ix).unwrap();
            (doc.local(ix), node.flags, node.parent, node.end, doc.value(ix), node.at)
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("m", HAS_CHILDREN, 0, 6, "", 0),
            ("guid", ATTRIBUTE, 0, 2, "G", 3),
            ("version", ATTRIBUTE, 0, 3, "1", 12),
            ("o", HAS_CHILDREN, 0, 5, "", 24),
            ("n", HAS_TEXT, 3, 5, "7", 27),
            ("o", 0, 0, 6, "", 39),
        ]
    );
    assert_eq!(doc.nodes().len(), 6);
    assert_eq!(doc.children(0).collect::<Vec<_>>(), [3, 5]);
    assert_eq!(doc.attributes(0).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(doc.attributes(3).count() + doc.children(5).count(), 0);
}

#[test]
fn plain_values_point_into_the_source_and_copies_stand_behind_it() {
    let text = "<a b='x'><c>plain</c><d>1 &lt; 2</d><e>x<!-- -->y</e></a>";
    let doc = read(text);
    assert_eq!(doc.text(), text);
    assert_eq!(doc.blob(), format!("{text}1 < 2xy"));
    let ends = |local| {
        let node = doc.node(doc.child(0, local).unwrap()).unwrap();
        (node.start + node.len) as usize
    };
    assert!(ends("c") < text.len());
    assert!(ends("d") > text.len());
}

#[test]
fn character_data_is_unescaped_and_joined() {
    let cases = [
        ("plain", "plain"),
        ("&amp;&lt;&gt;&apos;&quot;", "&<>'\""),
        ("A&#66;&#x43;&#x00000044;", "ABCD"),
        ("&#x1F600;&#x4E2D;", "😀中"),
        ("&#13;&#10;&#9;", "\r\n\t"),
        ("a<![CDATA[<b>&amp;]]>c", "a<b>&amp;c"),
        ("a<![CDATA[]]>b", "ab"),
        ("<![CDATA[]]]]><![CDATA[>]]>", "]]>"),
        ("a<!-- no -->b<?pi no?>c", "abc"),
        ("12<!---->34<?p?>56&amp;78<!-- - -->9", "123456&789"),
        (" x ", " x "),
        ("]] > ]>", "]] > ]>"),
        ("", ""),
    ];
    for (source, value) in cases {
        assert_eq!(inner(source), value, "{source}");
    }
}

#[test]
fn line_ends_become_line_feeds() {
    assert_eq!(inner("a\r\nb\rc\nd\r\r\ne\r"), "a\nb\nc\nd\n\ne\n");
    assert_eq!(inner("<![CDATA[a\r\nb]]>\r\n&#13;"), "a\nb\n\r");
    assert_eq!(inner("x&amp;\r\ny<!-- -->\rz"), "x&\ny\nz");
}

#[test]
fn attribute_values_are_normalised() {
    let doc = read("<a b='x\ty\nz\r\nw\rv' c=' &#9;&#xA;&#13; ' d=\"it's &quot;&lt;&amp;\" e=''/>");
    let values: Vec<_> = doc.attributes(0).map(|ix| doc.value(ix)).collect();
    assert_eq!(values, ["x y z w v", " \t\n\r ", "it's \"<&", ""]);
}

#[test]
fn text_around_children_belongs_to_the_parent() {
    let doc = read("<a>1<b>2&amp;<c>3</c>4</b>5&lt;<d/>6</a>");
    let values: Vec<_> = (0..4).map(|ix| (doc.local(ix), doc.value(ix))).collect();
    assert_eq!(values, [("a", "15<6"), ("b", "2&4"), ("c", "3"), ("d", "")]);
}

#[test]
fn white_space_alone_is_no_text() {
    let has_text = |source: &str| read(source).nodes()[0].flags & HAS_TEXT != 0;
    for source in [
        "<a> \t\r\n</a>",
        "<a>&#32;&#9;</a>",
        "<a><![CDATA[ ]]></a>",
        "<a>\n<b>x</b>\n</a>",
        "<a/>",
    ] {
        assert!(!has_text(source), "{source}");
    }
    for source in [
        "<a>x</a>",
        "<a>&#160;</a>",
        "<a> <b/>.</a>",
        "<a><![CDATA[x]]></a>",
        "<a>\u{3000}</a>",
    ] {
        assert!(has_text(source), "{source}");
    }
    assert_eq!(read("<a> <b/>\n</a>").value(0), " \n");
}

#[test]
fn names_are_compared_by_namespace_not_by_prefix() {
    let spellings = [
        "<ceb:m xmlns:ceb='urn:c'><ceb:o/></ceb:m>",
        "<m xmlns='urn:c'><o/></m>",
        "<x:m xmlns:x='urn:c'><y:o xmlns:y='urn:c'/></x:m>",
        "<m xmlns='urn:&#99;'><p:o xmlns:p='urn:c' xmlns=''/></m>",
    ];
    for source in spellings {
        let doc = read(source);
        assert_eq!(doc.root_name().local, "m", "{source}");
        assert_eq!(doc.nodes().len(), 2, "declarations are no nodes: {source}");
        for name in doc.names() {
            assert_eq!(name.namespace, "urn:c", "{source}");
        }
    }
}

#[test]
fn declarations_end_with_their_element() {
    let doc = read("<p:a xmlns:p='urn:1'><p:b xmlns:p='urn:2'><p:c/></p:b><p:b/><c xmlns='urn:3'/><c/></p:a>");
    let names: Vec<_> = (0..6)
        .map(|ix| (doc.name(ix).unwrap().namespace.as_str(), doc.local(ix)))
        .collect();
    let expected = [
        ("urn:1", "a"),
        ("urn:2", "b"),
        ("urn:2", "c"),
        ("urn:1", "b"),
        ("urn:3", "c"),
        ("", "c"),
    ];
    assert_eq!(names, expected);
    // Each distinct name is listed once, however often it is used.
    assert_eq!(read("<a><b/><b/><a/></a>").names().len(), 2);
}

#[test]
fn attributes_without_prefix_have_no_namespace() {
    let doc = read("<m xmlns='urn:c' xmlns:p='urn:p' a='1' p:a='2' xml:lang='zh'/>");
    let names: Vec<_> = doc.attributes(0).map(|ix| doc.name(ix).unwrap().clone()).collect();
    let namespaces: Vec<_> = names
        .iter()
        .map(|name| (name.namespace.as_str(), name.local.as_str()))
        .collect();
    assert_eq!(
        namespaces,
        [
            ("", "a"),
            ("urn:p", "a"),
            ("http://www.w3.org/XML/1998/namespace", "lang")
        ]
    );
}

#[test]
fn schema_instance_attributes_are_flags() {
    let xsi = "xmlns:i='http://www.w3.org/2001/XMLSchema-instance'";
    let doc = read(&format!(
        "<a {xsi} i:schemaLocation='u v'><b i:nil='true'/><c i:type='t' x='1'/></a>"
    ));
    let flags: Vec<_> = doc.nodes().iter().map(|node| node.flags).collect();
    assert_eq!(flags, [HAS_CHILDREN, XSI_TYPED, XSI_TYPED, ATTRIBUTE]);
    // There are four of them; any other is an ordinary attribute.
    let doc = read(&format!("<a {xsi} i:noNamespaceSchemaLocation='u' i:Nil='true'/>"));
    let flags: Vec<_> = doc.nodes().iter().map(|node| node.flags).collect();
    assert_eq!(flags, [0, ATTRIBUTE]);
    // Only the namespace counts, not the prefix.
    assert_eq!(read("<a xmlns:xsi='urn:other' xsi:nil='true'/>").nodes().len(), 2);
}

#[test]
fn lookups_follow_paths() {
    let doc = read("<m guid='G'><o><h><n>1</n></h></o><o><h><n>2</n></h><l/></o><x/></m>");
    let value = |path: &str| doc.find(0, path).map(|ix| doc.value(ix));
    assert_eq!(value("o/h/n"), Some("1"));
    assert_eq!(value("o[2]/h/n"), Some("2"));
    assert_eq!(value("@guid"), Some("G"));
    assert_eq!(doc.find(0, "(root)"), Some(0));
    for path in ["o/l", "o[3]", "o[0]", "o[x]", "@none", "", "o//n", "h/n"] {
        assert_eq!(doc.find(0, path), None, "{path}");
    }
    let second = doc.find(0, "o[2]").unwrap();
    assert_eq!(doc.find(second, "h/n").map(|ix| doc.value(ix)), Some("2"));
    assert_eq!(doc.child(0, "x"), doc.find(0, "x"));
    assert_eq!(doc.attribute(0, "guid"), Some(1));
}

#[test]
fn every_path_leads_back_to_its_node() {
    let doc = read("<m guid='G'><o a='1'><h/><l/><l a='2'/></o><o><h/></o><x/></m>");
    let paths: Vec<_> = (0..doc.nodes().len() as u32).map(|ix| doc.path(ix)).collect();
    assert_eq!(
        paths,
        [
            "(root)",
            "@guid",
            "o[1]",
            "o[1]/@a",
            "o[1]/h",
            "o[1]/l[1]",
            "o[1]/l[2]",
            "o[1]/l[2]/@a",
            "o[2]",
            "o[2]/h",
            "x"
        ]
    );
    for (ix, path) in paths.iter().enumerate() {
        assert_eq!(doc.find(0, path), Some(ix as u32), "{path}");
    }
}

#[test]
fn unknown_indices_are_answered_with_nothing() {
    let doc = read("<a/>");
    for ix in [1, 7, u32::MAX] {
        assert!(doc.node(ix).is_none() && doc.name(ix).is_none());
        assert_eq!((doc.value(ix), doc.local(ix)), ("", ""));
        assert_eq!(doc.children(ix).count() + doc.attributes(ix).count(), 0);
        assert_eq!(doc.path(ix), "(root)");
        assert_eq!(doc.find(ix, "a"), None);
    }
}

#[test]
fn limits_are_exact() {
    let limits = Limits {
        bytes: 14,
        depth: 2,
        pieces: 8,
        ..Limits::MESSAGE
    };
    let kind = |text: &str| match Document::parse(text.as_bytes(), &limits).map_err(|error| error.kind) {
        Ok(_) => None,
        Err(ReadErrorKind::Xml(kind)) => Some(kind),
        Err(other) => panic!("{other}"),
    };
    assert_eq!(
        kind("<a><b/><c/></a>"),
        Some(ErrorKind::TooLarge { limit: 14, got: 15 })
    );
    assert_eq!(kind("<a><b/>..</a>"), None);
    assert_eq!(kind("<a><b><c/></"), Some(ErrorKind::TooDeep { limit: 2 }));
    let unclosed = ErrorKind::UnclosedElement {
        name: "a".into(),
        line: 1,
    };
    assert_eq!(kind("<a b='' c=''>"), Some(unclosed));
    // Two tags with two attributes, and the end.
    let text = b"<a b='' c=''></a>";
    let limits = Limits {
        pieces: 7,
        ..Limits::MESSAGE
    };
    assert!(Document::parse(text, &limits).is_ok());
    let limits = Limits { pieces: 6, ..limits };
    let error = Document::parse(text, &limits).unwrap_err();
    assert_eq!(error.kind, ReadErrorKind::Xml(ErrorKind::TooManyPieces { limit: 6 }));
}
