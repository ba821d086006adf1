//! What holds for every message that the catalogue can write, and for everything that is nearly one.

use crate::cases::{Case, range};
use crate::defects::explain_complaint;
use crate::packs::{EDITIONS, packs, schema_findings};
use crate::xmllint;
use cebridge_message::{Document, Element, Limits, unwrap, write};
use cebridge_test_generate::{Options, Random, message, shred};
use std::path::PathBuf;

/// Messages of each kind that are written and read back.
const WRITTEN: u64 = 4;
/// Messages that both twins judge.
const TWINS: u64 = 300;
/// Damaged texts.
const SHREDS: u64 = 3000;

/// A message of the catalogue in the bytes that would be sent.
struct Written {
    name: String,
    schema: Option<PathBuf>,
    bytes: Vec<u8>,
}

/// Messages of all kinds and editions, written from the catalogue.
fn written() -> Vec<Written> {
    let folder = xmllint::schemas();
    let mut out = Vec::new();
    for (edition, pack) in EDITIONS.iter().zip(packs()) {
        for (at, described, text) in pack.rules().pack().catalogue() {
            let code = &described.code;
            let layout = pack.rules().layout(code).expect("a layout");
            for seed in range(WRITTEN) {
                let mut random = Random::new(seed);
                let options = Options {
                    foreign: false,
                    ..Options::default()
                };
                let tree = message(pack.rules().pack(), at, &mut random, options).expect("a message");
                let element = tree.to_element().expect("only what the writer writes");
                let schema = folder.as_ref().filter(|folder| folder.join(edition).is_dir());
                out.push(Written {
                    name: format!("{edition} {code} seed {seed}"),
                    schema: schema.map(|folder| xmllint::schema(folder, edition, code, &text.direction)),
                    bytes: write(&layout, &element).unwrap_or_else(|error| panic!("{code} seed {seed}: {error}")),
                });
            }
        }
    }
    out
}

#[test]
fn what_the_catalogue_writes_is_valid_and_reads_back_as_it_was() {
    let written = written();
    for message in &written {
        let name = &message.name;
        let pack = &packs()[EDITIONS
            .iter()
            .position(|edition| name.starts_with(&format!("{edition} ")))
            .unwrap()];
        let document = Document::parse(&message.bytes, &Limits::MESSAGE).unwrap_or_else(|e| panic!("{name}: {e}"));
        let findings = schema_findings(pack, &document);
        let explained = pack.rules().explain_all(&document, &findings);
        assert!(findings.is_empty(), "{name}: {:?}", explained.first());
        let code =
            &pack.rules().pack().program.messages[pack.rules().message_of(&document).expect("a known message")].code;
        let layout = pack.rules().layout(code).expect("a layout");
        let again = write(&layout, &Element::from_document(&document, 0)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(
            again == message.bytes,
            "{name} changes when it is read and written again"
        );
    }
    let official: Vec<_> = written.iter().filter(|message| message.schema.is_some()).collect();
    let judged: Vec<(PathBuf, &[u8])> = official
        .iter()
        .filter_map(|message| Some((message.schema.clone()?, &*message.bytes)))
        .collect();
    for (message, verdict) in official.iter().zip(xmllint::judge(&judged)) {
        let text = String::from_utf8_lossy(&message.bytes);
        let wrong = verdict
            .errors
            .iter()
            .find(|error| explain_complaint(error, &text).is_none());
        assert!(wrong.is_none(), "{}: {wrong:?}", message.name);
    }
}

#[test]
fn generated_messages_are_valid_however_they_are_written() {
    for seed in range(2000) {
        let case = Case::new(seed, &(0..EDITIONS.len()), 0);
        let document = Document::parse(&case.bytes, &Limits::MESSAGE);
        let document = document.unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", case.text));
        let findings = schema_findings(case.pack(), &document);
        let explained = case.pack().rules().explain_all(&document, &findings);
        assert!(
            findings.is_empty(),
            "seed {seed}: {:?}\n{}",
            explained.first(),
            case.text
        );
    }
}

#[test]
fn sandbox_and_native_twin_find_the_same() {
    let mut found = 0;
    for seed in range(TWINS) {
        let case = Case::new(seed, &(0..EDITIONS.len()), 70);
        let Ok(document) = Document::parse(&case.bytes, &Limits::MESSAGE) else {
            continue;
        };
        let sandboxed = case.pack().judge(&document).expect("findings");
        let native = case.pack().rules().judge_native(&document).expect("findings");
        assert_eq!(sandboxed, native, "seed {seed}\n{}", case.text);
        found += native.len();
    }
    assert!(found > 0);
}

/// Whatever comes in: an answer, or a reason why it is none.
#[test]
fn damaged_text_makes_nothing_panic() {
    let mut readable = 0;
    for seed in range(SHREDS) {
        let case = Case::new(seed % 500, &(0..EDITIONS.len()), 50);
        let mut random = Random::new(seed);
        let bytes = shred(&case.bytes, &mut random);
        let _ = unwrap(&bytes, &Limits::ENVELOPE);
        if let Ok(document) = Document::parse(&bytes, &Limits::MESSAGE) {
            let findings = case.pack().rules().judge_native(&document).expect("a verdict");
            let _ = case.pack().rules().explain_all(&document, &findings);
            readable += 1;
        }
        // A batch with other bytes in it is judged or refused.
        if let Ok(document) = Document::parse(&case.bytes, &Limits::MESSAGE) {
            let mut batch = case.pack().rules().bind(&document);
            for _ in 0..random.between(1, 5) {
                let at = random.below(batch.len());
                batch[at] = random.bits() as u8;
            }
            let _ = case.pack().rules().judge_batch_native(&batch);
        }
    }
    assert!(readable > 0);
}
