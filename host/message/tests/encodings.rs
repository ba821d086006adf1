//! Encodings: declared, marked and wrong.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use cebridge_message::{Document, Encoding, Limits, ReadError, ReadErrorKind as Kind};

fn parse(bytes: &[u8]) -> Result<Document, ReadError> {
    Document::parse(bytes, &Limits::MESSAGE)
}

fn declared(encoding: &str, body: &[u8]) -> Vec<u8> {
    [
        format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n").as_bytes(),
        body,
    ]
    .concat()
}

fn utf16(text: &str, little: bool) -> Vec<u8> {
    let mut out = if little { vec![0xFF, 0xFE] } else { vec![0xFE, 0xFF] };
    for unit in text.encode_utf16() {
        out.extend(if little { unit.to_le_bytes() } else { unit.to_be_bytes() });
    }
    out
}

#[test]
fn utf_8_with_and_without_mark_and_declaration() {
    let body = "<a>跨境€😀</a>".as_bytes();
    for (bytes, bom) in [
        (body.to_vec(), false),
        (declared("UTF-8", body), false),
        (declared("utf8", body), false),
        ([b"\xEF\xBB\xBF", body].concat(), true),
        ([b"\xEF\xBB\xBF".to_vec(), declared("utf-8", body)].concat(), true),
    ] {
        let doc = parse(&bytes).unwrap();
        assert_eq!(
            (doc.value(0), doc.encoding(), doc.had_bom()),
            ("跨境€😀", Encoding::Utf8, bom)
        );
        assert!(!doc.text().starts_with('\u{FEFF}'));
    }
}

#[test]
fn the_gb_family_reads_what_gb18030_writes() {
    // Two-byte characters, then one that only GB18030 has, in four bytes.
    for (name, encoding) in [
        ("GB2312", Encoding::Gb2312),
        ("gbk", Encoding::Gbk),
        ("GB18030", Encoding::Gb18030),
    ] {
        let text = "<企业>测试朱镕基 <b c=\"丂\"/>𠮷</企业>";
        let (body, _, lossy) = encoding_rs::GB18030.encode(text);
        assert!(!lossy);
        let doc = parse(&declared(name, &body)).unwrap();
        assert_eq!(doc.encoding(), encoding);
        assert_eq!(doc.encoding().name(), name.to_uppercase());
        assert_eq!(doc.text().lines().last(), Some(text));
        assert_eq!((doc.local(0), doc.value(0)), ("企业", "测试朱镕基 𠮷"));
        assert_eq!(doc.value(2), "丂");
    }
}

#[test]
fn utf_16_needs_its_mark() {
    for (little, encoding) in [(true, Encoding::Utf16Le), (false, Encoding::Utf16Be)] {
        for text in [
            "<a>中😀</a>".to_owned(),
            "<?xml version='1.0' encoding='UTF-16'?><a>中😀</a>".to_owned(),
        ] {
            let bytes = utf16(&text, little);
            let doc = parse(&bytes).unwrap();
            assert_eq!((doc.value(0), doc.encoding(), doc.had_bom()), ("中😀", encoding, true));
            assert_eq!(
                parse(&bytes[2..]).unwrap_err().kind,
                Kind::UnsupportedEncoding {
                    name: "UTF-16 without byte order mark".into()
                }
            );
        }
    }
}

#[test]
fn unknown_encodings_are_refused_by_name() {
    for name in [
        "ISO-8859-1",
        "windows-1252",
        "US-ASCII",
        "Big5",
        "Shift_JIS",
        "UTF-7",
        "x-user-defined",
        "EBCDIC",
    ] {
        let kind = parse(&declared(name, b"<a/>")).unwrap_err().kind;
        assert_eq!(kind, Kind::UnsupportedEncoding { name: name.into() });
        assert!(kind.to_string().contains(name));
    }
    for bytes in [&b"\xFF\xFE\0\0<\0\0\0"[..], b"\0\0\xFE\xFF\0\0\0<"] {
        let kind = parse(bytes).unwrap_err().kind;
        assert_eq!(kind, Kind::UnsupportedEncoding { name: "UTF-32".into() });
    }
}

#[test]
fn marks_and_declarations_must_agree() {
    let body = b"<a/>";
    let utf8_mark = b"\xEF\xBB\xBF".to_vec();
    let contradictions = [
        [utf8_mark.clone(), declared("GBK", body)].concat(),
        [utf8_mark.clone(), declared("UTF-16", body)].concat(),
        declared("UTF-16", body),
        declared("utf-16be", body),
        utf16("<?xml version='1.0' encoding='UTF-8'?><a/>", true),
        utf16("<?xml version='1.0' encoding='GB2312'?><a/>", false),
        utf16("<?xml version='1.0' encoding='UTF-16BE'?><a/>", true),
        utf16("<?xml version='1.0' encoding='UTF-16LE'?><a/>", false),
    ];
    for bytes in contradictions {
        let kind = parse(&bytes).unwrap_err().kind;
        assert!(matches!(kind, Kind::EncodingContradiction { .. }), "{kind}");
    }
    assert!(parse(&utf16("<?xml version='1.0' encoding='UTF-16BE'?><a/>", false)).is_ok());
}

#[test]
fn undecodable_bytes_are_named_by_their_offset() {
    let (gbk, _, _) = encoding_rs::GBK.encode("<a>中文</a>");
    let cases = [
        (b"<a>\xFF</a>".to_vec(), "UTF-8", 3, (1, 4)),
        (b"\xEF\xBB\xBF<a>\n\xC3\x28</a>".to_vec(), "UTF-8", 7, (2, 1)),
        (b"<a>\xED\xA0\x80</a>".to_vec(), "UTF-8", 3, (1, 4)),
        (b"<a>\xC0\x80</a>".to_vec(), "UTF-8", 3, (1, 4)),
        (b"<a>\xE4\xB8".to_vec(), "UTF-8", 3, (1, 4)),
        (gbk.to_vec(), "UTF-8", 3, (1, 4)),
        (declared("GB2312", b"<a>\xD6\xD0\xFF</a>"), "GB2312", 45, (2, 5)),
        (declared("GBK", b"<a>\xD6"), "GBK", 40, (2, 4)),
        (
            [b"\xFF\xFE".to_vec(), b"<\0a\0\x00\xD8>\0".to_vec()].concat(),
            "UTF-16LE",
            6,
            (1, 3),
        ),
        (b"\xFE\xFF\0<\0a\0".to_vec(), "UTF-16BE", 6, (1, 3)),
    ];
    for (bytes, encoding, offset, place) in cases {
        let error = parse(&bytes).unwrap_err();
        assert_eq!(error.kind, Kind::Undecodable { encoding, offset }, "{bytes:x?}");
        assert_eq!((error.line, error.column), place, "{bytes:x?}");
    }
}
