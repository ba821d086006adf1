//! Refused messages: what the reader says arrives with its place, whatever the message was before it was decoded.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use cebridge_message::{Document, ErrorKind, Limits, ReadError, ReadErrorKind as Kind};

fn refuse(bytes: &[u8]) -> ReadError {
    match Document::parse(bytes, &Limits::MESSAGE) {
        Ok(_) => panic!("accepted: {}", String::from_utf8_lossy(bytes)),
        Err(error) => error,
    }
}

#[test]
fn errors_keep_place_and_text() {
    for (text, said) in [
        ("", "line 1, column 1: there is no XML element in this input"),
        (
            "<a>\n<b>\n</a>",
            "line 3, column 1: </a> does not close <b>, opened in line 2",
        ),
        (
            "<a>\n中<b c=1/></a>",
            "line 2, column 7: the attributes of <b> are wrong here: the value must stand in quotes",
        ),
        (
            "\u{FEFF}<p:a/>",
            "line 1, column 1: prefix p of <p:a> is not declared; add xmlns:p=\"...\" to the root element",
        ),
        (
            "\u{FEFF}\u{FEFF}<a/>",
            "line 1, column 1: text outside the root element; remove it",
        ),
        (
            "<?xml version='1.1'?><a/>",
            "line 1, column 20: XML version 1.1 is not supported; only 1.0 is",
        ),
        (
            "<?xml version='1.0'",
            "line 1, column 1: this XML declaration never ends; the message is probably cut off",
        ),
        (
            "<?xml version=“1.0”?><a/>",
            "line 1, column 15: “ is a typographic quotation mark; put attribute values in straight ones, \" or '",
        ),
    ] {
        assert_eq!(refuse(text.as_bytes()).to_string(), said, "{text}");
        if !text.starts_with('\u{FEFF}') {
            let units = "\u{FEFF}".encode_utf16().chain(text.encode_utf16());
            let utf16: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
            assert_eq!(refuse(&utf16).to_string(), said, "{text} in UTF-16");
        }
    }
}

#[test]
fn the_size_is_that_of_the_bytes_received() {
    let most = Limits::MESSAGE.bytes;
    let text = "<a/>";
    let filled = [text.as_bytes(), &vec![b' '; most - text.len()]].concat();
    assert!(Document::parse(&filled, &Limits::MESSAGE).is_ok());
    let larger = [&filled[..], b" "].concat();
    let too_large = ErrorKind::TooLarge {
        limit: most,
        got: most + 1,
    };
    assert_eq!(refuse(&larger).kind, Kind::Xml(too_large));
    assert!(Document::parse(&larger, &Limits::ENVELOPE).is_ok());
    assert!(Document::parse(&larger, &Limits::RECEIPT).is_ok());
}

#[test]
fn document_types_are_never_read() {
    for text in [
        "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
        "<!DOCTYPE a [",
        "<a><!DOCTYPE b></a>",
    ] {
        assert_eq!(refuse(text.as_bytes()).kind, Kind::Xml(ErrorKind::Doctype), "{text}");
    }
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let whole = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<ceb:m guid=\"G&amp;\" xmlns:ceb='urn:c'>\n\
                 <!-- c --><?pi d?>\t<ceb:o>中文&#x4E2D;<![CDATA[<x>]]></ceb:o><ceb:p/>\n</ceb:m>";
    assert!(Document::parse(whole.as_bytes(), &Limits::MESSAGE).is_ok());
    for end in 0..whole.len() {
        let cut = &whole.as_bytes()[..end];
        assert!(Document::parse(cut, &Limits::MESSAGE).is_err(), "cut at {end}");
    }
}
