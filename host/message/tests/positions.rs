//! Lines and columns.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use cebridge_message::{Document, Limits, Position};

fn read(text: &str) -> Document {
    Document::parse(text.as_bytes(), &Limits::MESSAGE).unwrap()
}

fn place(doc: &Document, path: &str) -> (u32, u32) {
    let Position { line, column } = doc.position(doc.find(0, path).unwrap());
    (line, column)
}

#[test]
fn lines_end_with_lf_crlf_or_cr() {
    for end in ["\n", "\r\n", "\r"] {
        let doc = read(&format!("<a>{end}<b/>{end}{end}\t<c d='1'{end}   e='2'/></a>"));
        assert_eq!(place(&doc, "b"), (2, 1), "{end:?}");
        assert_eq!(place(&doc, "c"), (4, 2), "{end:?}");
        assert_eq!(place(&doc, "c/@d"), (4, 5), "{end:?}");
        assert_eq!(place(&doc, "c/@e"), (5, 4), "{end:?}");
    }
}

#[test]
fn columns_count_characters() {
    let doc = read("\u{FEFF}<a>\t中文😀é<b/><c/></a>");
    assert_eq!(place(&doc, "(root)"), (1, 1));
    assert_eq!(place(&doc, "b"), (1, 9));
    assert_eq!(place(&doc, "c"), (1, 13));
}

#[test]
fn long_lines_and_many_lines_count_alike() {
    // Longer than any internal step, with characters of all lengths across its boundaries.
    for filler in ["x", "é", "中", "😀", "\r\n", "a\r", "中\n"] {
        let text = format!("<a>{}<b/></a>", filler.repeat(2000));
        let before = text
            .split("<b/>")
            .next()
            .unwrap()
            .replace("\r\n", "\n")
            .replace('\r', "\n");
        let line = before.matches('\n').count() as u32 + 1;
        let column = before.rsplit('\n').next().unwrap().chars().count() as u32 + 1;
        assert_eq!(place(&read(&text), "b"), (line, column), "{filler:?}");
    }
}

#[test]
fn any_offset_has_a_position() {
    let doc = read("<a>\n</a>");
    let at = |offset| doc.position_at(offset).to_string();
    assert_eq!(
        (at(0), at(3), at(4), at(8), at(1000)),
        ("1:1".into(), "1:4".into(), "2:1".into(), "2:5".into(), "2:5".into())
    );
}
