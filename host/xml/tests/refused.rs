//! Refused inputs, with the position and text of each error.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use cebridge_xml::{Error, ErrorKind as Kind, Item, Limits, Reader};

/// Reads a text to its end and returns the character data in it.
fn read_within(text: &str, limits: &Limits) -> Result<String, Error> {
    let base = if text.starts_with('\u{FEFF}') {
        '\u{FEFF}'.len_utf8()
    } else {
        0
    };
    let mut reader = Reader::behind(text, base, limits)?;
    let mut characters = String::new();
    loop {
        let item = reader.read()?;
        characters.extend(item.characters());
        if matches!(item, Item::Eof) {
            return Ok(characters);
        }
    }
}

fn read(text: &str) -> Result<String, Error> {
    read_within(text, &Limits::MESSAGE)
}

fn refuse(text: &str) -> Error {
    match read(text) {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => error,
    }
}

/// Asserts that every input is refused at this line and column with a message containing this text.
fn table(cases: &[(&str, u32, u32, &str)]) {
    for &(text, line, column, message) in cases {
        let error = refuse(text);
        assert_eq!((error.line, error.column), (line, column), "{text}\n{error}");
        let said = error.kind.to_string();
        assert!(said.contains(message), "{text}\nsaid: {said}\nexpected: {message}");
    }
}

#[test]
fn document_structure() {
    table(&[
        ("", 1, 1, "no XML element"),
        ("  \n ", 2, 2, "no XML element"),
        ("<!-- only -->", 1, 14, "no XML element"),
        ("hello", 1, 1, "text outside the root"),
        ("<a/>\n x", 2, 2, "text outside the root"),
        ("<a/>&amp;", 1, 5, "text outside the root"),
        ("<a/><![CDATA[]]>", 1, 5, "text outside the root"),
        ("<![CDATA[x]]><a/>", 1, 1, "text outside the root"),
        ("<a/>\n<b/>", 2, 1, "second root element <b>"),
        ("<a></a><a></a>", 1, 8, "second root element <a>"),
        ("</a>", 1, 1, "</a> closes nothing"),
        ("<a/></a>", 1, 5, "</a> closes nothing"),
        ("<a>\n<b>\n</a>", 3, 1, "</a> does not close <b>, opened in line 2"),
        ("<p:a xmlns:p='u' xmlns:q='u'></q:a>", 1, 30, "does not close <p:a>"),
        ("<a></A>", 1, 4, "does not close"),
        ("<a></ a>", 1, 4, "does not close"),
        ("<a></a b='1'>", 1, 4, "does not close"),
        ("<a></>", 1, 4, "does not close"),
        ("<a>\n<b/>", 2, 5, "ends before </a>, opened in line 1"),
        ("<a><b", 1, 4, "this tag never ends"),
        ("<a b='", 1, 1, "this attribute value never ends"),
        ("<a><!-- ", 1, 4, "this comment never ends"),
        ("<a><![CDATA[ ]]", 1, 4, "this CDATA section never ends"),
        ("<a><?pi ", 1, 4, "this processing instruction never ends"),
        ("\u{FEFF}\u{FEFF}<a/>", 1, 1, "text outside the root"),
    ]);
}

#[test]
fn markup() {
    table(&[
        ("<a>1 < 2</a>", 1, 6, "starts nothing that XML knows"),
        ("<a><></a>", 1, 4, "starts nothing that XML knows"),
        ("<a><!x></a>", 1, 4, "starts nothing that XML knows"),
        ("<a>x ]]> y</a>", 1, 6, "]]> may not stand in text"),
        ("<a><![CDATA[x]]>]]></a>", 1, 17, "]]> may not stand in text"),
        ("<a><!-- a -- b --></a>", 1, 4, "must not contain --"),
        ("<a><!-- a ---></a>", 1, 4, "must not contain --"),
        ("<a><!---></a>", 1, 4, "this comment never ends"),
        ("<a><??></a>", 1, 4, "no proper target"),
        ("<a><? x?></a>", 1, 4, "no proper target"),
        ("<a><?XML x?></a>", 1, 4, "no proper target"),
        ("<a><?1?></a>", 1, 4, "no proper target"),
        ("<1/>", 1, 1, "\"1\" is no XML name"),
        ("<a><b!/></a>", 1, 4, "\"b!\" is no XML name"),
        ("<:a/>", 1, 1, "is no XML name"),
        ("<a:/>", 1, 1, "is no XML name"),
        ("<a:b:c xmlns:a='u'/>", 1, 1, "is no XML name"),
        ("<a 1='x'/>", 1, 4, "\"1\" is no XML name"),
        ("<a ='x'/>", 1, 4, "is no XML name"),
    ]);
}

#[test]
fn attributes() {
    table(&[
        ("<a b/>", 1, 4, "needs = and a quoted value"),
        ("<a b c='1'/>", 1, 4, "needs = and a quoted value"),
        ("<a b=1/>", 1, 6, "must stand in quotes"),
        ("<a b=/>", 1, 6, "must stand in quotes"),
        ("<a b='1'c='2'/>", 1, 9, "white space is missing"),
        ("<a b='<'/>", 1, 7, "write &lt;"),
        ("<a b='&'/>", 1, 7, "starts no reference"),
        ("<a b='x & y;'/>", 1, 9, "starts no reference"),
        ("<a b='&none;'/>", 1, 7, "entity &none; is not defined"),
        ("<a / >", 1, 4, "needs = and a quoted value"),
        ("<a b='1' b='2'/>", 1, 10, "attribute b appears twice"),
        (
            "<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>",
            1,
            36,
            "attribute q:b appears twice",
        ),
        ("<a xmlns:p='u' xmlns:p='v'/>", 1, 16, "attribute xmlns:p appears twice"),
        ("<a xmlns='u' xmlns='u'/>", 1, 14, "attribute xmlns appears twice"),
        (
            "<a xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='1' i:nil='1'/>",
            1,
            66,
            "attribute i:nil appears twice",
        ),
    ]);
}

#[test]
fn namespaces() {
    table(&[
        ("<p:a/>", 1, 1, "prefix p of <p:a> is not declared"),
        (
            "<a><p:b xmlns:p='u'/><p:b/></a>",
            1,
            22,
            "prefix p of <p:b> is not declared",
        ),
        ("<a p:b='1'/>", 1, 4, "prefix p of <p:b> is not declared"),
        ("<xmlns:a/>", 1, 1, "prefix xmlns of <xmlns:a> is not declared"),
        ("<a xmlns:p=''/>", 1, 4, "a prefix needs a namespace URI"),
        ("<a xmlns:xml='u'/>", 1, 4, "the prefix xml has its own"),
        ("<a xmlns:xmlns='u'/>", 1, 4, "cannot be declared"),
        (
            "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
            1,
            4,
            "belongs to the prefix xml",
        ),
        (
            "<a xmlns='http://www.w3.org/XML/1998/namespace'/>",
            1,
            4,
            "belongs to the prefix xml",
        ),
        (
            "<a xmlns:p='http://www.w3.org/2000/xmlns/'/>",
            1,
            4,
            "belongs to the prefix xmlns",
        ),
        ("<a xmlns:='u'/>", 1, 4, "is no XML name"),
        ("<a xmlns:b:c='u'/>", 1, 4, "is no XML name"),
    ]);
}

#[test]
fn references() {
    table(&[
        ("<a>x & y</a>", 1, 6, "starts no reference"),
        ("<a>&amp</a>", 1, 4, "starts no reference"),
        ("<a>&;</a>", 1, 4, "starts no reference"),
        ("<a>& amp;</a>", 1, 4, "starts no reference"),
        ("<a>&#;</a>", 1, 4, "starts no reference"),
        ("<a>&#x;</a>", 1, 4, "starts no reference"),
        ("<a>&#X41;</a>", 1, 4, "starts no reference"),
        ("<a>&#+65;</a>", 1, 4, "starts no reference"),
        ("<a>&nbsp;</a>", 1, 4, "entity &nbsp; is not defined"),
        ("<a>&AMP;</a>", 1, 4, "entity &AMP; is not defined"),
        ("<a>&#0;</a>", 1, 4, "names no character"),
        ("<a>&#1;</a>", 1, 4, "names no character"),
        ("<a>&#xD800;</a>", 1, 4, "names no character"),
        ("<a>&#xDFFF;</a>", 1, 4, "names no character"),
        ("<a>&#xFFFE;</a>", 1, 4, "names no character"),
        ("<a>&#x110000;</a>", 1, 4, "names no character"),
        ("<a>&#99999999999999999999;</a>", 1, 4, "names no character"),
        ("<a>&#x100000041;</a>", 1, 4, "names no character"),
    ]);
}

#[test]
fn characters() {
    table(&[
        ("<a>\0</a>", 1, 4, "U+0000"),
        ("\0<a/>", 1, 1, "U+0000"),
        ("<a b='\u{1}'/>", 1, 7, "U+0001"),
        ("<a>中\u{8}</a>", 1, 5, "U+0008"),
        ("<a><!-- \u{1F} --></a>", 1, 9, "U+001F"),
        ("<a>\u{FFFE}</a>", 1, 4, "U+FFFE"),
        ("<a>\u{FFFF}</a>", 1, 4, "U+FFFF"),
        ("<a>\u{FFFE}</a>\u{0}", 1, 4, "U+FFFE"),
    ]);
    for allowed in [
        "\u{7F}",
        "\u{85}",
        "\u{FFFD}",
        "\u{FFE5}",
        "\u{10FFFF}",
        "\u{E000}",
        "\u{2028}",
    ] {
        assert_eq!(read(&format!("<a>{allowed}</a>")).unwrap(), allowed);
    }
}

#[test]
fn declarations() {
    table(&[
        ("<a/><?xml version='1.0'?>", 1, 5, "only allowed at the very beginning"),
        (" <?xml version='1.0'?><a/>", 1, 2, "only allowed at the very beginning"),
        (
            "<?xml version='1.0'?><?xml version='1.0'?><a/>",
            1,
            22,
            "only allowed at the very beginning",
        ),
        ("<?xml?><a/>", 1, 6, "XML declaration is wrong"),
        ("<?xml encoding='UTF-8'?><a/>", 1, 6, "XML declaration is wrong"),
        (
            "<?xml version='1.0' encoding=''?><a/>",
            1,
            32,
            "XML declaration is wrong",
        ),
        (
            "<?xml version='1.0' encoding=UTF-8?><a/>",
            1,
            30,
            "XML declaration is wrong",
        ),
        (
            "<?xml version='1.0' standalone='maybe'?><a/>",
            1,
            39,
            "XML declaration is wrong",
        ),
        (
            "<?xml version='1.0' standalone='no' encoding='UTF-8'?><a/>",
            1,
            53,
            "XML declaration is wrong",
        ),
        (
            "<?xml version='1.0'encoding='UTF-8'?><a/>",
            1,
            20,
            "XML declaration is wrong",
        ),
        ("<?xml version='1.1'?><a/>", 1, 20, "XML version 1.1"),
        ("<?xml version='1.0'", 1, 1, "this XML declaration never ends"),
        ("<?XML version='1.0'?><a/>", 1, 1, "no proper target"),
    ]);
    for good in [
        "<?xml version='1.0'?><a/>",
        "<?xml version=\"1.0\" encoding='utf-8' standalone='no' ?>\n<a/>",
        "<?xml\tversion = '1.0'\r\nstandalone='yes'?><a/>",
        "<?xml-stylesheet href='x'?><a/>",
    ] {
        assert!(read(good).is_ok(), "{good}");
    }
}

#[test]
fn document_types_are_never_read() {
    let laughs = "<?xml version='1.0'?>\n<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>\
                  <!ENTITY c '&b;&b;&b;&b;'>]>\n<l>&c;</l>";
    let external = "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>";
    for text in [
        laughs,
        external,
        "<!DOCTYPE a><a/>",
        "<!doctype a><a/>",
        "<!DOCTYPE a [",
        "<a><!DOCTYPE b></a>",
    ] {
        let error = refuse(text);
        assert_eq!(error.kind, Kind::Doctype, "{text}");
    }
    assert_eq!(refuse(laughs).line, 2);
}

#[test]
fn floods_are_cut_off() {
    let deep = "<a>".repeat(100_000);
    assert_eq!(refuse(&deep).kind, Kind::TooDeep { limit: 64 });
    let limits = Limits {
        depth: usize::MAX,
        ..Limits::MESSAGE
    };
    let error = read_within(&deep, &limits).unwrap_err();
    assert_eq!(
        error.kind,
        Kind::TooDeep {
            limit: Limits::MOST_DEPTH
        }
    );

    let attributes: String = (0..10_000).map(|n| format!(" a{n}=''")).collect();
    let kind = refuse(&format!("<a{attributes}/>")).kind;
    assert_eq!(
        kind,
        Kind::TooManyAttributes {
            element: "a".into(),
            limit: Limits::MESSAGE.attributes
        }
    );

    let names: String = (0..40_000).map(|n| format!("<a{n}/>")).collect();
    assert_eq!(
        refuse(&format!("<a>{names}</a>")).kind,
        Kind::TooManyNames {
            limit: Limits::MESSAGE.names
        }
    );

    let uris: String = (0..40_000).map(|n| format!("<a xmlns='{n}'/>")).collect();
    assert_eq!(
        refuse(&format!("<a>{uris}</a>")).kind,
        Kind::TooManyNames {
            limit: Limits::MESSAGE.names
        }
    );

    let declarations: String = (0..60)
        .map(|n| format!("<a xmlns:p{n}='1' xmlns:q{n}='1' xmlns:r{n}='1' xmlns:s{n}='1' xmlns:t{n}='1'>"))
        .collect();
    assert_eq!(
        refuse(&declarations).kind,
        Kind::TooManyNamespaces {
            limit: Limits::MESSAGE.namespaces
        }
    );

    let name = "n".repeat(100_000);
    assert_eq!(
        refuse(&format!("<{name}/>")).kind,
        Kind::NameTooLong {
            limit: Limits::MESSAGE.name
        }
    );
    assert_eq!(
        refuse(&format!("<a xmlns='{name}'/>")).kind,
        Kind::NameTooLong {
            limit: Limits::MESSAGE.namespace
        }
    );
    // Errors stay short even then.
    assert!(refuse(&format!("<a></{name}>")).to_string().len() < 300);
}

#[test]
fn values_never_appear_in_errors() {
    for text in [
        "<a>13900001234<b></a>",
        "<a b='13900001234' b='13900001234'/>",
        "<a>13900001234",
    ] {
        assert!(!refuse(text).to_string().contains("1390"), "{text}");
    }
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let whole = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<ceb:m guid=\"G&amp;\" xmlns:ceb='urn:c'>\n\
                 <!-- c --><?pi d?>\t<ceb:o>中文&#x4E2D;<![CDATA[<x>]]></ceb:o><ceb:p/>\n</ceb:m>";
    assert!(read(whole).is_ok());
    for (end, _) in whole.char_indices() {
        assert!(read(&whole[..end]).is_err(), "cut at {end}");
    }
}

/// Word processors turn straight quotation marks into typographic ones, which then look like a different error.
#[test]
fn typographic_quotation_marks_are_named_where_they_stand() {
    for (text, column, mark) in [
        ("<a b=“1”/>", 6, '“'),
        ("<a b=‘1’ c='2'/>", 6, '‘'),
        ("<a b=\"1”/>", 8, '”'),
        ("<a b=\"1” c=\"2\"/>", 8, '”'),
        ("<a b=\"1”><c d=\"2\"/></a>", 8, '”'),
        ("<a b='1’>x</a>", 8, '’'),
        ("<a b=＂1＂/>", 6, '＂'),
        ("<?xml version=“1.0” encoding=“UTF-8”?><a/>", 15, '“'),
        ("<?xml version='1.0' encoding=”UTF-8”?><a/>", 30, '”'),
    ] {
        let error = refuse(text);
        let kind = Kind::TypographicQuote { found: mark };
        assert_eq!((error.line, error.column, &error.kind), (1, column, &kind), "{text}");
        assert!(error.to_string().contains("straight"), "{error}");
    }
    // In text they are not the cause.
    let error = refuse("<a b='>“x”</a>");
    let kind = Kind::UnclosedMarkup {
        what: "attribute value",
    };
    assert_eq!(error.kind, kind);
    assert!(read("<a b='他说“好” 的'>”</a>").is_ok());
}
