//! Target `parser`: the reader of messages, the reader of signatures and a reader by others agree on what XML is.

use cebridge_message::{Document, Limits, ReadErrorKind};
use cebridge_signature::XmlErrorKind;
use cebridge_signature::c14n::{Comments, Part, canonicalize};

use crate::{second, view};

/// Nodes whose path is looked up again; each look-up walks the siblings.
const PATHS: usize = 60;

/// Reading answers every input; the two readers refuse the same texts, and read the same data from a text and from its
/// canonical form.
pub fn parser(data: &[u8]) {
    let document = Document::parse(data, &Limits::default());
    if let Ok(document) = &document {
        places(document);
    }
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let canonical = canonicalize(text, Part::Document, Comments::Keep);
    match (&document, &canonical) {
        (Ok(document), Ok(canonical)) => {
            let again = Document::parse(canonical, &Limits::default()).expect("canonical form is readable");
            assert_eq!(
                view::all(document),
                view::all(&again),
                "data differs from canonical form"
            );
        }
        (Ok(_), Err(error)) => assert!(
            matches!(
                error.kind,
                XmlErrorKind::RelativeNamespace(_)
                    | XmlErrorKind::TooManyAttributes
                    | XmlErrorKind::TooManyNamespaces
                    | XmlErrorKind::TooManyPieces
                    | XmlErrorKind::TooLarge { .. }
                    | XmlErrorKind::Encoding(_)
            ),
            "read as a message, refused for signing: {error}"
        ),
        (Err(error), Ok(_)) => assert!(
            is_limit(&error.kind),
            "refused as a message, readable for signing: {error}"
        ),
        (Err(_), Err(_)) => {}
    }
    if canonical.is_ok() {
        second::read(text);
    }
}

/// Whether a message was refused for its size only.
fn is_limit(kind: &ReadErrorKind) -> bool {
    matches!(
        kind,
        ReadErrorKind::TooLarge { .. }
            | ReadErrorKind::TooDeep { .. }
            | ReadErrorKind::TooManyNodes { .. }
            | ReadErrorKind::TooManyNames { .. }
            | ReadErrorKind::TooManyAttributes { .. }
            | ReadErrorKind::TooManyNamespaces { .. }
            | ReadErrorKind::NameTooLong { .. }
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
