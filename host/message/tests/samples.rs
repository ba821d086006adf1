//! The official samples, if available.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use cebridge_message::{Document, Element, HAS_CHILDREN, HAS_TEXT, Limits};

fn samples() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/spec/samples");
    let mut out = Vec::new();
    for edition in ["2018-113", "2022-05"] {
        let Ok(files) = std::fs::read_dir(folder.join(edition)) else {
            println!("skipped: no samples of {edition}");
            continue;
        };
        for file in files {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "xml") {
                out.push((path.display().to_string(), std::fs::read(&path).unwrap()));
            }
        }
    }
    out
}

#[test]
fn samples_are_read_without_copies_of_field_values() {
    for (path, bytes) in samples() {
        let doc = Document::parse(&bytes, &Limits::MESSAGE).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(
            path.contains(doc.root_name().local.trim_end_matches("Message")),
            "{path}"
        );
        assert_eq!(doc.root_name().namespace, "http://www.chinaport.gov.cn/ceb", "{path}");
        for (ix, node) in doc.nodes().iter().enumerate() {
            let ix = ix as u32;
            let mixed = HAS_CHILDREN | HAS_TEXT;
            assert_ne!(node.flags & mixed, mixed, "{path}: {}", doc.path(ix));
            let copied = node.start as usize >= doc.text().len();
            assert!(
                !copied || node.flags & HAS_CHILDREN != 0,
                "{path}: {} was copied",
                doc.path(ix)
            );
        }
        assert_eq!(Element::from_document(&doc, 0).name, doc.root_name().local);
    }
}

#[test]
fn samples_cut_off_anywhere_are_refused() {
    // Every offset of the largest sample takes minutes unoptimised; the smallest has all kinds of markup too.
    let Some((path, bytes)) = samples().into_iter().min_by_key(|(_, bytes)| bytes.len()) else {
        return;
    };
    let end = bytes.iter().rposition(|&byte| byte == b'>').unwrap();
    for cut in 0..=end {
        assert!(
            Document::parse(&bytes[..cut], &Limits::MESSAGE).is_err(),
            "{path} cut at {cut}"
        );
    }
}

#[test]
fn samples_read_alike_in_every_encoding() {
    for (path, bytes) in samples() {
        let original = Document::parse(&bytes, &Limits::MESSAGE).unwrap();
        let tree = Element::from_document(&original, 0);
        let body = original
            .text()
            .split_once("?>")
            .map_or(original.text(), |(_, body)| body);
        let text = format!("<?xml version=\"1.0\" encoding=\"GB18030\"?>{body}");
        let (gb, _, lossy) = encoding_rs::GB18030.encode(&text);
        assert!(!lossy, "{path}");
        let mut utf16 = vec![0xFE, 0xFF];
        utf16.extend(body.encode_utf16().flat_map(u16::to_be_bytes));
        for bytes in [gb.as_ref(), &utf16] {
            let doc = Document::parse(bytes, &Limits::MESSAGE).unwrap();
            assert_eq!(Element::from_document(&doc, 0), tree, "{path}");
        }
    }
}
