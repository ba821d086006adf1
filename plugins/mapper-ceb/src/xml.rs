//! A CEB request as XML: any prefix or a default namespace, UTF-8, signed or not.

use cebridge_plugin_sdk::unfit_character;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::messages::{find, is_code};
use crate::tree::{Message, Node};

/// Elements beside the documents that the host rewrites.
const HOSTS: [&str; 2] = ["BaseTransfer", "Signature"];
/// Elements beside the documents that can't pass through a mapper.
const EXTRAS: [&str; 2] = ["BaseSubscribe", "ExtendMessage"];
/// Elements nested deeper than this are not fields of a document; a signature and an extension may be deep.
const DEEPEST: usize = 64;

/// Reads a message. `leave_out` names those of [`EXTRAS`] that may be dropped.
pub(crate) fn read(content: &[u8], leave_out: &str) -> Result<Message, String> {
    let text = std::str::from_utf8(content).map_err(|error| {
        let (line, column) = place(content, error.valid_up_to());
        format!("line {line}, column {column}: the text is not UTF-8; write the message as UTF-8")
    })?;
    let root = tree(text)?;
    let code = root.name.strip_suffix("Message").filter(|code| is_code(code));
    let Some(code) = code else {
        return Err(format!(
            "<{}> is no CEB message; a root like CEB625Message is wanted",
            root.name
        ));
    };
    let expected = find(code).map(|known| known.document);
    let mut message = Message {
        code: code.to_owned(),
        documents: Vec::new(),
    };
    for child in root.children {
        if HOSTS.contains(&child.name.as_str()) {
            continue;
        }
        if EXTRAS.contains(&child.name.as_str()) {
            if leave_out.split([',', ' ']).any(|name| name == child.name) {
                continue;
            }
            return Err(format!(
                "the message has {0}, which would be lost; take it out, or set leaveOut = \"{0}\" for this mapper",
                child.name
            ));
        }
        let first = message.documents.first().map(|document: &Node| document.name.as_str());
        if let Some(expected) = expected.or(first).filter(|expected| *expected != child.name) {
            return Err(format!(
                "<{}> is no document of {code}; its documents are <{expected}>",
                child.name
            ));
        }
        message.documents.push(child);
    }
    Ok(message)
}

fn tree(text: &str) -> Result<Node, String> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Node> = Vec::new();
    let mut root: Option<Node> = None;
    let mut before = 0;
    loop {
        let event = reader.read_event().map_err(|error| {
            let at = usize::try_from(reader.error_position()).unwrap_or_default();
            fault(text, at, &error.to_string())
        })?;
        let fault = |what: &str| fault(text, before, what);
        match event {
            Event::Start(tag) => {
                if root.is_some() {
                    return Err(fault("a second root element"));
                }
                if open.len() >= DEEPEST {
                    return Err(fault("elements are nested too deeply"));
                }
                open.push(node(&tag));
            }
            Event::Empty(tag) if open.is_empty() && root.is_none() => root = Some(node(&tag)),
            Event::Empty(tag) => match open.last_mut() {
                Some(parent) => parent.children.push(node(&tag)),
                None => return Err(fault("a second root element")),
            },
            Event::End(_) => match open.pop() {
                Some(done) => match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => root = Some(done),
                },
                None => return Err(fault("an end tag too many")),
            },
            Event::Text(piece) => put(&mut open, &piece.xml10_content()).map_err(fault)?,
            Event::CData(piece) => put(&mut open, &piece.xml10_content()).map_err(fault)?,
            Event::GeneralRef(reference) => {
                let resolved = match reference.resolve_char_ref() {
                    Ok(Some(character)) => Some(character),
                    Ok(None) => match &*reference.xml10_content() {
                        "lt" => Some('<'),
                        "gt" => Some('>'),
                        "amp" => Some('&'),
                        "apos" => Some('\''),
                        "quot" => Some('"'),
                        _ => None,
                    },
                    Err(_) => None,
                };
                let character = resolved.ok_or_else(|| fault("an unknown entity or character reference"))?;
                put(&mut open, character.encode_utf8(&mut [0; 4])).map_err(fault)?;
            }
            Event::Decl(declaration) => {
                let encoding = declaration.encoding().and_then(Result::ok);
                if let Some(encoding) = encoding.filter(|name| !name.eq_ignore_ascii_case("utf-8")) {
                    return Err(fault(&format!(
                        "the encoding is {encoding}; write the message as UTF-8"
                    )));
                }
            }
            Event::DocType(_) => return Err(fault("a DOCTYPE, which no CEB message has")),
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof if open.is_empty() => return root.ok_or_else(|| "no element at all".to_owned()),
            Event::Eof => return Err(fault("the message ends within an element")),
        }
        before = usize::try_from(reader.buffer_position()).unwrap_or_default();
    }
}

fn node(tag: &BytesStart<'_>) -> Node {
    Node {
        name: tag.local_name().as_ref().to_owned(),
        ..Node::default()
    }
}

/// Adds text to the innermost open element.
fn put(open: &mut [Node], text: &str) -> Result<(), &'static str> {
    match open.last_mut() {
        Some(node) => {
            if unfit_character(text).is_some() {
                node.fault = Some("holds a control character that no message can carry; remove it");
            }
            node.text.push_str(text);
            Ok(())
        }
        None if text.trim().is_empty() => Ok(()),
        None => Err("text outside of the root element"),
    }
}

fn fault(text: &str, at: usize, what: &str) -> String {
    let (line, column) = place(text.as_bytes(), at);
    format!("line {line}, column {column}: {what}")
}

/// Line and column, both from 1, of a position; columns count characters.
fn place(bytes: &[u8], at: usize) -> (usize, usize) {
    let before = bytes.get(..at).unwrap_or(bytes);
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let column = before.iter().skip(start).filter(|&&byte| byte & 0xc0 != 0x80).count() + 1;
    (line, column)
}
