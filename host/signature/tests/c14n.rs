//! Canonical form: the examples of the recommendation, comparison with xmllint, and properties.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use cebridge_signature::c14n::{Comments, Part, canonicalize};
use cebridge_signature::{ErrorKind, XmlErrorKind};
use proptest::prelude::*;

fn canonical(xml: &str) -> String {
    String::from_utf8(canonicalize(xml, Part::Document, Comments::Drop).unwrap()).unwrap()
}

fn refusal(xml: &str) -> XmlErrorKind {
    canonicalize(xml, Part::Document, Comments::Keep).unwrap_err().kind
}

/// The element whose start tag begins with `tag`, canonicalised in place.
fn element(xml: &str, tag: &str) -> String {
    let part = Part::Element(xml.find(tag).unwrap());
    String::from_utf8(canonicalize(xml, part, Comments::Drop).unwrap()).unwrap()
}

#[test]
fn instructions_and_comments_around_the_root() {
    // After example 3.1 of the recommendation, without its DTD.
    let xml = concat!(
        "<?xml version=\"1.0\"?>\n\n",
        "<?xml-stylesheet   href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n\n",
        "<doc>Hello, world!<!-- Comment 1 --></doc>\n\n",
        "<?pi-without-data     ?>\n\n<!-- Comment 2 -->\n\n<!-- Comment 3 -->\n"
    );
    assert_eq!(
        canonical(xml),
        "<?xml-stylesheet href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n\
         <doc>Hello, world!</doc>\n<?pi-without-data?>"
    );
    let kept = canonicalize(xml, Part::Document, Comments::Keep).unwrap();
    assert_eq!(
        String::from_utf8(kept).unwrap(),
        "<?xml-stylesheet href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n\
         <doc>Hello, world!<!-- Comment 1 --></doc>\n<?pi-without-data?>\n\
         <!-- Comment 2 -->\n<!-- Comment 3 -->"
    );
}

#[test]
fn white_space_in_content_stays() {
    // Example 3.2.
    let xml = "<doc>\n   <clean>   </clean>\n   <dirty>   A   B   </dirty>\n   <mixed>\n      A\n      <clean>   </clean>\n      B\n   </mixed>\n</doc>";
    assert_eq!(canonical(xml), xml);
}

#[test]
fn start_and_end_tags() {
    // After example 3.3, without its DTD and so without the default attribute.
    let xml = concat!(
        "<doc>\n   <e1   />\n   <e2   ></e2>\n",
        "   <e3   name = \"elem3\"   id=\"elem3\"   />\n",
        "   <e4   name=\"elem4\"   id=\"elem4\"   ></e4>\n",
        "   <e5 a:attr=\"out\" b:attr=\"sorted\" attr2=\"all\" attr=\"I'm\"\n",
        "      xmlns:b=\"http://www.ietf.org\"\n",
        "      xmlns:a=\"http://www.w3.org\"\n",
        "      xmlns=\"http://example.org\"/>\n",
        "   <e6 xmlns=\"\" xmlns:a=\"http://www.w3.org\">\n",
        "      <e7 xmlns=\"http://www.ietf.org\">\n",
        "         <e8 xmlns=\"\" xmlns:a=\"http://www.w3.org\">\n",
        "            <e9 xmlns=\"\" xmlns:a=\"http://www.ietf.org\"/>\n",
        "         </e8>\n      </e7>\n   </e6>\n</doc>"
    );
    let expected = concat!(
        "<doc>\n   <e1></e1>\n   <e2></e2>\n",
        "   <e3 id=\"elem3\" name=\"elem3\"></e3>\n",
        "   <e4 id=\"elem4\" name=\"elem4\"></e4>\n",
        "   <e5 xmlns=\"http://example.org\" xmlns:a=\"http://www.w3.org\" xmlns:b=\"http://www.ietf.org\" ",
        "attr=\"I'm\" attr2=\"all\" b:attr=\"sorted\" a:attr=\"out\"></e5>\n",
        "   <e6 xmlns:a=\"http://www.w3.org\">\n",
        "      <e7 xmlns=\"http://www.ietf.org\">\n",
        "         <e8 xmlns=\"\">\n",
        "            <e9 xmlns:a=\"http://www.ietf.org\"></e9>\n",
        "         </e8>\n      </e7>\n   </e6>\n</doc>"
    );
    assert_eq!(canonical(xml), expected);
}

#[test]
fn character_modifications_and_references() {
    // After example 3.4, without its DTD.
    let xml = concat!(
        "<doc>\r\n   <text>First line&#x0d;&#10;Second line</text>\n",
        "   <value>&#x32;</value>\n",
        "   <compute><![CDATA[value>\"0\" && value<\"10\" ?\"valid\":\"error\"]]></compute>\n",
        "   <compute expr='value>\"0\" &amp;&amp; value&lt;\"10\" ?\"valid\":\"error\"'>valid</compute>\n",
        "   <norm attr=' &apos;   &#x20;&#13;&#xa;&#9;   &apos; '/>\n</doc>"
    );
    let expected = concat!(
        "<doc>\n   <text>First line&#xD;\nSecond line</text>\n",
        "   <value>2</value>\n",
        "   <compute>value&gt;\"0\" &amp;&amp; value&lt;\"10\" ?\"valid\":\"error\"</compute>\n",
        "   <compute expr=\"value>&quot;0&quot; &amp;&amp; value&lt;&quot;10&quot; ?&quot;valid&quot;:&quot;error&quot;\">valid</compute>\n",
        "   <norm attr=\" '    &#xD;&#xA;&#x9;   ' \"></norm>\n</doc>"
    );
    assert_eq!(canonical(xml), expected);
}

#[test]
fn utf8_characters_come_out_as_themselves() {
    // Example 3.6.
    assert_eq!(canonical("<doc>&#169;&#x4e2d;文</doc>"), "<doc>©中文</doc>");
}

#[test]
fn attribute_white_space_is_normalised() {
    assert_eq!(canonical("<a b='1\r\n2\t3\n4\r5'/>"), "<a b=\"1 2 3 4 5\"></a>");
    assert_eq!(canonical("<a>1\r\n2\r3</a>"), "<a>1\n2\n3</a>");
}

#[test]
fn an_element_in_place_shows_what_it_inherits() {
    let xml = concat!(
        "<a xmlns=\"http://d.example\" xmlns:p=\"http://p.example\" xml:lang=\"zh\" xml:space=\"preserve\">",
        "<b xmlns:q=\"http://q.example\" xmlns:p=\"http://p2.example\" xml:lang=\"en\">",
        "<c z=\"1\" p:y=\"2\"><d xmlns:q=\"http://q.example\"/></c></b></a>"
    );
    assert_eq!(
        element(xml, "<c"),
        concat!(
            "<c xmlns=\"http://d.example\" xmlns:p=\"http://p2.example\" xmlns:q=\"http://q.example\" ",
            "z=\"1\" p:y=\"2\" xml:lang=\"en\" xml:space=\"preserve\"><d></d></c>"
        )
    );
}

#[test]
fn namespace_names_are_escaped_like_attributes() {
    let xml = "<a xmlns:p='http://p.example/?a&amp;b=\"'/>";
    assert_eq!(canonical(xml), "<a xmlns:p=\"http://p.example/?a&amp;b=&quot;\"></a>");
}

#[test]
fn an_undeclared_default_namespace_is_not_rendered_on_an_apex() {
    let xml = "<a xmlns=\"http://d.example\"><b xmlns=\"\"><c/></b></a>";
    assert_eq!(element(xml, "<c"), "<c></c>");
    assert_eq!(element(xml, "<b"), "<b><c></c></b>");
}

#[test]
fn one_element_can_be_left_out() {
    let xml = "<a> <b>1</b> <c><b>2</b></c>\n<b/></a>";
    let without = |tag: usize| {
        let out = canonicalize(xml, Part::Without(tag), Comments::Drop).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert_eq!(without(xml.find("<c").unwrap()), "<a> <b>1</b> \n<b></b></a>");
    assert_eq!(without(xml.find("<b/").unwrap()), "<a> <b>1</b> <c><b>2</b></c>\n</a>");
}

#[test]
fn a_part_must_name_an_element() {
    for part in [Part::Element(1), Part::Without(4), Part::Element(999)] {
        let error = canonicalize("<a>b</a>", part, Comments::Drop).unwrap_err();
        assert_eq!(error.kind, XmlErrorKind::NoElement);
    }
}

#[test]
fn a_byte_order_mark_is_passed_over_and_counted() {
    let xml = "\u{feff}<a><b/></a>";
    assert_eq!(canonical(xml), "<a><b></b></a>");
    assert_eq!(element(xml, "<b"), "<b></b>");
}

#[test]
fn what_is_not_well_formed_is_refused() {
    let malformed = [
        "",
        " ",
        "text",
        "<a>",
        "<a></b>",
        "</a>",
        "<a/><b/>",
        "<a/>text",
        "text<a/>",
        "<a>&#0;</a>",
        "<a>&#xD800;</a>",
        "<a>&#+65;</a>",
        "<a>&#;</a>",
        "<a>\u{1}</a>",
        "<a>\u{ffff}</a>",
        "<a>]]></a>",
        "<a b='1'c='2'/>",
        "<a b=1/>",
        "<a b/>",
        "<a ='1'/>",
        "<a b='<'/>",
        "<a b='&amp'/>",
        "<1a/>",
        "<a:b:c/>",
        "<:a/>",
        "<a:/>",
        "<a 1b='2'/>",
        "<a/ >",
        "<a><!-- -- --></a>",
        "<a><!-- ---></a>",
        "<a><?xml version='1.0'?></a>",
        "<a><?XML x?></a>",
        "<a><?1?></a>",
        " <?xml version='1.0'?><a/>",
        "<?xml encoding='UTF-8'?><a/>",
        "<?xml version='1.1'?><a/>",
        "<?xml version='1.0' standalone='maybe'?><a/>",
        "<?xml version='1.0' encoding='UTF-8' x='1'?><a/>",
        "<a><![CDATA[x</a>",
        "<![CDATA[x]]><a/>",
        "&amp;<a/>",
        "<a>&amp</a>",
        "<a>& b</a>",
        "\u{feff}\u{feff}<a/>",
        "<a xmlns:p=''/>",
        "<a xmlns:xmlns='http://x.example'/>",
        "<a xmlns:xml='http://x.example'/>",
        "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
        "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
        "<a></a b='1'>",
        "<>",
        "<a",
        "<a b='",
    ];
    for xml in malformed {
        assert!(
            matches!(refusal(xml), XmlErrorKind::Xml(_)),
            "{xml:?}: {:?}",
            refusal(xml)
        );
    }
}

#[test]
fn refusals_have_names() {
    let doctype = XmlErrorKind::Xml(ErrorKind::Doctype);
    assert_eq!(refusal("<!DOCTYPE a><a/>"), doctype);
    assert_eq!(refusal("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"), doctype);
    assert_eq!(refusal("<!DOCTYPE a [<!ENTITY x 'y'>"), doctype);
    let name = "nbsp".to_owned();
    assert_eq!(
        refusal("<a>&nbsp;</a>"),
        XmlErrorKind::Xml(ErrorKind::UnknownEntity { name })
    );
    for (xml, name) in [("<p:a/>", "p:a"), ("<a p:b='1'/>", "p:b")] {
        let (prefix, name) = ("p".to_owned(), name.to_owned());
        assert_eq!(
            refusal(xml),
            XmlErrorKind::Xml(ErrorKind::UndeclaredPrefix { prefix, name })
        );
    }
    for (xml, name) in [
        ("<a b='1' b='2'/>", "b"),
        ("<a xmlns='http://x.example' xmlns='http://y.example'/>", "xmlns"),
        (
            "<a xmlns:p='http://x.example' xmlns:q='http://x.example' p:b='1' q:b='2'/>",
            "q:b",
        ),
    ] {
        let name = name.to_owned();
        assert_eq!(refusal(xml), XmlErrorKind::Xml(ErrorKind::DuplicateAttribute { name }));
    }
    assert_eq!(
        refusal("<a xmlns='relative/name'/>"),
        XmlErrorKind::RelativeNamespace("relative/name".into())
    );
    assert_eq!(
        refusal("<?xml version='1.0' encoding='GBK'?><a/>"),
        XmlErrorKind::Encoding("GBK".into())
    );
}

#[test]
fn errors_say_where() {
    let error = canonicalize("<a>\n  中<b>&x;</b></a>", Part::Document, Comments::Drop).unwrap_err();
    assert_eq!((error.line, error.column), (2, 7));
    let said = "line 2, column 7: entity &x; is not defined; only &lt; &gt; &amp; &apos; and &quot; are";
    assert_eq!(error.to_string(), said);
    let relative = "\u{feff}<a>\r\n<b c='1' xmlns='x'/></a>";
    let error = canonicalize(relative, Part::Document, Comments::Drop).unwrap_err();
    let said = "line 2, column 10: namespace \"x\" is relative; canonical XML is not defined for it";
    assert_eq!(error.to_string(), said);
}

#[test]
fn depth_and_attributes_are_limited() {
    let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    assert_eq!(canonical(&nested(64)), nested(64));
    assert_eq!(
        refusal(&nested(65)),
        XmlErrorKind::Xml(ErrorKind::TooDeep { limit: 64 })
    );
    let many = |count: usize| {
        let attributes: String = (0..count).map(|index| format!(" a{index}='1'")).collect();
        format!("<a{attributes}/>")
    };
    assert!(canonicalize(&many(256), Part::Document, Comments::Drop).is_ok());
    let (element, limit) = ("a".to_owned(), 256);
    assert_eq!(
        refusal(&many(257)),
        XmlErrorKind::Xml(ErrorKind::TooManyAttributes { element, limit })
    );
}

/// Random documents that stay well-formed: names, declarations and content from small sets, so
/// that overriding, undeclaring and sorting happen often.
fn document() -> impl Strategy<Value = String> {
    let text = prop::sample::select(vec![
        "a",
        " ",
        "\n",
        "\r\n",
        "\t",
        "&amp;",
        "&lt;",
        "&gt;",
        "&#13;",
        "&#xA;",
        "&#9;",
        "中文",
        "\"",
        "'",
        "<![CDATA[<&>\r\n]]>",
        "<![CDATA[]]>",
        "<!-- c\r\n -->",
        "<?pi  d\r\n ?>",
        "<?pi?>",
        "]]",
        "&quot;&apos;",
        "𠀀",
    ]);
    let declarations = prop::sample::subsequence(
        vec![
            "xmlns='http://d.example'",
            "xmlns:p='http://p.example'",
            "xmlns:q='http://q.example'",
            "xmlns:é='http://e.example/?a=b'",
        ],
        0..=4,
    );
    let overrides = prop::sample::select(vec![
        "",
        "",
        " xmlns:r='http://p.example'",
        " xmlns:r='http://r.example'",
    ]);
    let attributes = prop::sample::subsequence(
        vec![
            "b='1\r\n2'",
            "a=\"&quot;'&#10;&#13;&#9;\t&gt;>&lt;\"",
            "p:a='1'",
            "q:a='2'",
            "xml:lang='zh'",
            "xml:space='default'",
            "é='é'",
        ],
        0..=7,
    )
    .prop_shuffle();
    let start = (
        prop::sample::select(vec!["a", "p:a", "q:b", "é", "Z"]),
        declarations,
        overrides,
        attributes,
    );
    let tag = |(name, declarations, overrides, attributes): (&str, Vec<&str>, &str, Vec<&str>), inside: String| {
        // The prefixes are bound on the root; here they are only rebound, to the same or another namespace.
        let undeclare = if declarations.is_empty() && name == "a" {
            " xmlns=''"
        } else {
            ""
        };
        let declared: String = declarations.iter().map(|text| format!(" {text}")).collect();
        let attributes: String = attributes.iter().map(|text| format!("\n {text}")).collect();
        match inside.is_empty() {
            true => format!("<{name}{declared}{undeclare}{overrides}{attributes}/>"),
            false => {
                format!("<{name}{attributes}{overrides}{undeclare}{declared} >{inside}</{name} >")
            }
        }
    };
    let leaf = prop::collection::vec(text, 0..4).prop_map(|pieces| pieces.concat());
    let tree = leaf.prop_recursive(4, 24, 4, move |inner| {
        (start.clone(), prop::collection::vec(inner, 0..4)).prop_map(move |(start, inside)| tag(start, inside.concat()))
    });
    let around = || prop::sample::select(vec!["", "\n", "<!-- x -->", "<?t d?>\n<!--y-->", "<?t?>"]);
    (around(), tree, around()).prop_map(|(before, inside, after)| {
        format!(
            "{before}<root xmlns:p='http://p0.example' xmlns:q='http://q0.example' xmlns:xml='http://www.w3.org/XML/1998/namespace'>{inside}</root>{after}"
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn canonical_form_is_a_fixed_point(xml in document()) {
        let once = canonicalize(&xml, Part::Document, Comments::Keep).unwrap();
        let again = canonicalize(std::str::from_utf8(&once).unwrap(), Part::Document, Comments::Keep).unwrap();
        prop_assert_eq!(&once, &again);
        let dropped = canonicalize(&xml, Part::Document, Comments::Drop).unwrap();
        let again = canonicalize(std::str::from_utf8(&dropped).unwrap(), Part::Document, Comments::Keep).unwrap();
        prop_assert_eq!(&dropped, &again);
    }

    #[test]
    fn any_text_is_answered(text in "(?s)[<>/a-c:=\"'&#;!\\[\\]\\-? \r\n\u{0}-\u{fffff}]{0,60}", at in 0usize..60) {
        for part in [Part::Document, Part::Element(at), Part::Without(at)] {
            let _ = canonicalize(&text, part, Comments::Keep);
        }
    }

    #[test]
    fn damaged_documents_are_answered(xml in document(), cut in any::<prop::sample::Index>(), c in "[<>&;'\"/=! ]") {
        let mut at = cut.index(xml.len());
        while !xml.is_char_boundary(at) { at -= 1; }
        let damaged = format!("{}{c}{}", &xml[..at], &xml[at..]);
        if let Ok(once) = canonicalize(&damaged, Part::Document, Comments::Keep) {
            let text = String::from_utf8(once).unwrap();
            prop_assert_eq!(canonicalize(&text, Part::Document, Comments::Keep).unwrap(), text.into_bytes());
        }
    }
}

#[test]
fn xmllint_agrees() {
    if !support::has("xmllint") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 150,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let path = directory.path().join("x.xml");
    let referee = |xml: &str| {
        std::fs::write(&path, xml).unwrap();
        let output = support::run(directory.path(), "xmllint", &["--nonet", "--c14n", "x.xml"]);
        assert!(
            output.status.success(),
            "{xml}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    runner
        .run(&document(), |xml| {
            let ours = canonicalize(&xml, Part::Document, Comments::Keep).unwrap();
            prop_assert_eq!(String::from_utf8(ours).unwrap(), referee(&xml));
            Ok(())
        })
        .unwrap();
    let order = canonicalize(support::ORDER, Part::Document, Comments::Keep).unwrap();
    assert_eq!(String::from_utf8(order).unwrap(), referee(support::ORDER));
}
