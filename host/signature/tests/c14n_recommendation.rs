//! Examples of the recommendation that the other canonical form tests do not cover: declared entities and default
//! attributes, which are refused with their DOCTYPE, and subsets of a document.
//!
//! Examples 3.1 to 3.4 and 3.6 are in `c14n.rs`, each without its DTD. Example 3.7 selects nodes by XPath, which
//! signatures of customs messages never do; its namespace behaviour is tested here on elements in place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use cebridge_signature::c14n::{Comments, Part, canonicalize};
use cebridge_signature::{ErrorKind, XmlErrorKind};

fn element(xml: &str, tag: &str) -> String {
    let part = Part::Element(xml.find(tag).unwrap());
    String::from_utf8(canonicalize(xml, part, Comments::Drop).unwrap()).unwrap()
}

fn without(xml: &str, tag: &str) -> String {
    let part = Part::Without(xml.find(tag).unwrap());
    String::from_utf8(canonicalize(xml, part, Comments::Drop).unwrap()).unwrap()
}

/// Examples 3.1, 3.3, 3.4, 3.5 and 3.7 begin with a DTD as printed.
#[test]
fn whatever_needs_a_dtd_is_refused_with_it() {
    let declarations = [
        "<!DOCTYPE doc SYSTEM \"doc.dtd\">",
        "<!DOCTYPE doc [<!ATTLIST e9 attr CDATA \"default\">]>",
        "<!DOCTYPE doc [<!ATTLIST normId id ID #IMPLIED>\n<!ATTLIST normNames attr NMTOKENS #IMPLIED>]>",
        "<!DOCTYPE doc [<!ATTLIST doc attrExtEnt ENTITY #IMPLIED>\n<!ENTITY ent1 \"Hello\">\n\
         <!ENTITY ent2 SYSTEM \"world.txt\">\n<!NOTATION gif SYSTEM \"viewgif.exe\">]>",
    ];
    for declaration in declarations {
        for content in ["<doc/>", "<doc>&ent1;, &ent2;!</doc>", "<doc attrExtEnt=\"entExt\"/>"] {
            let xml = format!("{declaration}\n{content}");
            let error = canonicalize(&xml, Part::Document, Comments::Keep).unwrap_err();
            assert_eq!(error.kind, XmlErrorKind::Xml(ErrorKind::Doctype), "{xml}");
        }
    }
    let error = canonicalize("<doc>&ent1;, world!</doc>", Part::Document, Comments::Keep).unwrap_err();
    assert_eq!(
        error.kind,
        XmlErrorKind::Xml(ErrorKind::UnknownEntity {
            name: "ent1".to_owned()
        })
    );
}

/// After example 3.7: an ancestor undeclares the default namespace, while the prefix is inherited.
#[test]
fn an_element_inherits_the_namespaces_in_force_around_it() {
    let xml = concat!(
        "<doc xmlns=\"http://www.ietf.org\" xmlns:w3c=\"http://www.w3.org\">\n",
        "   <e1>\n      <e2 xmlns=\"\">\n         <e3 id=\"E3\"/>\n      </e2>\n   </e1>\n</doc>"
    );
    assert_eq!(
        element(xml, "<e1"),
        concat!(
            "<e1 xmlns=\"http://www.ietf.org\" xmlns:w3c=\"http://www.w3.org\">\n      <e2 xmlns=\"\">\n",
            "         <e3 id=\"E3\"></e3>\n      </e2>\n   </e1>"
        )
    );
    assert_eq!(
        element(xml, "<e2"),
        "<e2 xmlns:w3c=\"http://www.w3.org\">\n         <e3 id=\"E3\"></e3>\n      </e2>"
    );
    assert_eq!(
        element(xml, "<e3"),
        "<e3 xmlns:w3c=\"http://www.w3.org\" id=\"E3\"></e3>"
    );
    assert_eq!(
        without(xml, "<e2"),
        "<doc xmlns=\"http://www.ietf.org\" xmlns:w3c=\"http://www.w3.org\">\n   <e1>\n      \n   </e1>\n</doc>"
    );
}

/// Attributes in the namespace `xml` are inherited from all ancestors (section 2.4), the nearest one winning, and are
/// sorted by name among the element's own; those of the element itself take precedence.
#[test]
fn attributes_of_the_namespace_xml_are_inherited() {
    let xml = concat!(
        "<a xml:lang=\"zh\" xml:base=\"http://a.example/\" xml:x=\"1\"><b xml:lang=\"en\" xml:space=\"preserve\">",
        "<c a=\"1\" xml:space=\"default\" xmlns:z=\"http://a.z.example\" z:b=\"2\"/></b></a>"
    );
    assert_eq!(
        element(xml, "<c"),
        concat!(
            "<c xmlns:z=\"http://a.z.example\" a=\"1\" z:b=\"2\" xml:base=\"http://a.example/\" xml:lang=\"en\" ",
            "xml:space=\"default\" xml:x=\"1\"></c>"
        )
    );
}

/// Section 4.8: declarations that repeat one in force are left out, even if another was in force in between.
#[test]
fn superfluous_declarations_are_left_out() {
    let xml = concat!(
        "<p:a xmlns:p=\"http://p.example\" xmlns=\"http://d.example\"><b xmlns:p=\"http://p.example\" xmlns=\"http://d.example\">",
        "<c xmlns:p=\"http://q.example\"><d xmlns:p=\"http://p.example\" xmlns=\"\"><e xmlns=\"\"/></d></c></b></p:a>"
    );
    let out = canonicalize(xml, Part::Document, Comments::Drop).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        concat!(
            "<p:a xmlns=\"http://d.example\" xmlns:p=\"http://p.example\"><b><c xmlns:p=\"http://q.example\">",
            "<d xmlns=\"\" xmlns:p=\"http://p.example\"><e></e></d></c></b></p:a>"
        )
    );
}

/// Attributes are ordered by namespace, then by local name, both by code point and not by bytes of UTF-16.
#[test]
fn attributes_are_ordered_by_code_points() {
    // U+FF21 sorts before U+10000, whose UTF-16 form begins with the smaller unit D800.
    let xml = "<a \u{10000}=\"2\" \u{ff21}=\"1\" b=\"0\" xmlns:a=\"urn:z\" xmlns:z=\"urn:a\" a:b=\"4\" z:c=\"3\"/>";
    let out = String::from_utf8(canonicalize(xml, Part::Document, Comments::Drop).unwrap()).unwrap();
    assert_eq!(
        out,
        "<a xmlns:a=\"urn:z\" xmlns:z=\"urn:a\" b=\"0\" \u{ff21}=\"1\" \u{10000}=\"2\" z:c=\"3\" a:b=\"4\"></a>"
    );
}
