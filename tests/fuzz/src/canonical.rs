//! Target `c14n`: canonical form is a fixed point, its parts add up, and a second implementation writes the same.

use cebridge_signature::c14n::{Comments, Part, canonicalize};

use crate::second;

/// Elements that are canonicalised alone; each costs a pass over the document.
const ELEMENTS: usize = 12;

/// Canonical form of the document with and without comments, of elements, and of the document without an element.
pub fn c14n(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let of = |text: &str, part, comments| {
        canonicalize(text, part, comments).map(|bytes| String::from_utf8(bytes).expect("canonical form is UTF-8"))
    };
    let Ok(kept) = of(text, Part::Document, Comments::Keep) else {
        for part in [Part::Document, Part::Element(0), Part::Without(0)] {
            of(text, part, Comments::Drop).expect_err("readable or not does not depend on the part");
        }
        return;
    };
    let dropped = of(text, Part::Document, Comments::Drop).expect("comments do not make a text readable");
    assert_eq!(
        of(&kept, Part::Document, Comments::Keep).as_ref(),
        Ok(&kept),
        "no fixed point"
    );
    assert_eq!(
        of(&kept, Part::Document, Comments::Drop).as_ref(),
        Ok(&dropped),
        "comments matter"
    );
    assert_eq!(
        of(&dropped, Part::Document, Comments::Keep).as_ref(),
        Ok(&dropped),
        "no fixed point"
    );

    // Line ends are evened out before anything else (XML 1.0, 2.11). The other reader does that while it reads, and
    // takes a literal carriage return beside a reference to one for a pair; so it gets them evened out already.
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    assert_eq!(
        of(&lines, Part::Document, Comments::Keep).as_ref(),
        Ok(&kept),
        "line ends matter"
    );
    let Some(tree) = second::read(&lines) else { return };
    assert_eq!(kept, second::canonicalize(&tree, None, true), "implementations differ");
    assert_eq!(
        dropped,
        second::canonicalize(&tree, None, false),
        "implementations differ"
    );
    // Offsets of the other reader do not count the byte order mark.
    let mark = lines.len() - tree.input_text().len();
    for node in tree
        .root()
        .descendants()
        .filter(|node| node.is_element())
        .take(ELEMENTS)
    {
        let at = node.range().start + mark;
        let alone = of(&lines, Part::Element(at), Comments::Drop).expect("an element begins here");
        assert_eq!(alone, second::canonicalize(&tree, Some(node), false), "element at {at}");
        let without = of(&lines, Part::Without(at), Comments::Drop).expect("an element begins here");
        if node.parent_element().is_some() {
            assert_without(&dropped, &without);
        }
    }
}

/// What is left of a document without an element is the document with one piece cut out.
#[track_caller]
fn assert_without(whole: &str, without: &str) {
    let same =
        |a: &mut dyn Iterator<Item = u8>, b: &mut dyn Iterator<Item = u8>| a.zip(b).take_while(|(a, b)| a == b).count();
    let head = same(&mut whole.bytes(), &mut without.bytes());
    let tail = same(&mut whole.bytes().rev(), &mut without.bytes().rev());
    assert!(
        without.len() < whole.len() && head + tail >= without.len(),
        "{without}\nis no part of\n{whole}"
    );
}
