//! Target `parser`: messages, canonical form and a reader by others agree on what XML is.

use cebridge_message::{Document, ErrorKind, Limits, ReadErrorKind};
use cebridge_signature::XmlErrorKind;
use cebridge_signature::c14n::{Comments, Part, canonicalize};

use crate::{second, view};

/// Nodes whose path is looked up again; each look-up walks the siblings.
const PATHS: usize = 60;

/// Reading answers every input. What is data can be signed, but for the few demands of signatures; the same data is read
/// from a text and from its canonical form, and by the other reader. What is refused here, the other one refuses too.
pub fn parser(data: &[u8]) {
    let document = Document::parse(data, &Limits::MESSAGE);
    if let Ok(document) = &document {
        places(document);
    }
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let canonical = canonicalize(text, Part::Document, Comments::Keep);
    match (&document, &canonical) {
        (Ok(document), Ok(canonical)) => {
            let again = Document::parse(canonical, &Limits::MESSAGE).expect("canonical form is readable");
            assert_eq!(
                view::all(document),
                view::all(&again),
                "data differs from canonical form"
            );
        }
        (Ok(_), Err(error)) => assert!(
            matches!(
                error.kind,
                XmlErrorKind::RelativeNamespace(_) | XmlErrorKind::Encoding(_)
            ),
            "read as a message, refused for signing: {error}"
        ),
        (Err(error), Ok(_)) => panic!("refused as a message, readable for signing: {error}"),
        (Err(error), Err(_)) if is_more(&error.kind) => {}
        (Err(error), Err(_)) => assert!(!second::reads(text), "refused, but others read it: {error}"),
    }
    if let Ok(document) = &document
        && document.text().len() == text.trim_start_matches('\u{feff}').len()
        && let Some(tree) = second::read(text)
    {
        let ours = document.nodes().iter().filter(|node| !node.is_attribute()).count();
        let theirs = tree.root().descendants().filter(|node| node.is_element()).count();
        assert_eq!(ours, theirs, "elements");
    }
}

/// Whether a message was refused for what is no matter of being well-formed: its size, its encoding, a document type, or
/// a declaration of another version.
fn is_more(kind: &ReadErrorKind) -> bool {
    let ReadErrorKind::Xml(kind) = kind else { return true };
    matches!(
        kind,
        ErrorKind::TooLarge { .. }
            | ErrorKind::TooDeep { .. }
            | ErrorKind::TooManyPieces { .. }
            | ErrorKind::TooManyNames { .. }
            | ErrorKind::TooManyAttributes { .. }
            | ErrorKind::TooManyNamespaces { .. }
            | ErrorKind::NameTooLong { .. }
            | ErrorKind::Doctype
            | ErrorKind::UnsupportedVersion { .. }
    )
}

/// Every element is found again by the path that findings show, and stands within the text.
fn places(document: &Document) {
    let lines = document.text().split(['\n', '\r']).count();
    for (ix, node) in document.nodes().iter().enumerate().take(PATHS) {
        let ix = u32::try_from(ix).expect("limits keep indices small");
        let position = document.position(ix);
        assert!(position.line >= 1 && position.line as usize <= lines);
        assert!(position.column >= 1);
        if !node.is_attribute() {
            let path = document.path(ix);
            assert_eq!(document.find(0, &path), Some(ix), "path {path} leads elsewhere");
        }
    }
}
