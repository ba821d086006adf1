//! Hand-written guests, to test how the host handles bad ones.
#![allow(dead_code, unreachable_pub)]

use crate::support::with_section;
use cebridge_rule_core::pack::Pack;
use cebridge_runtime::PackManifest;
use std::fmt::Write as _;
use std::path::Path;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// A rule pack with functions given as WebAssembly text; by default it answers correctly and finds nothing.
pub struct Guest {
    /// Body of `validate` (parameters `$batch` and `$length`, result: address of the answer).
    pub validate: String,
    /// Body of `describe`.
    pub describe: String,
    /// Further parts of the module.
    pub extra: String,
    /// The pack it claims to be.
    pub pack: Pack,
    /// The catalogue it returns.
    pub catalogue: Vec<u8>,
}

/// Address at which answers of `validate` may be stored.
pub const ANSWER: u32 = 512;
const DESCRIBE: u32 = 1024;
const CATALOGUE: u32 = 1088;
const TEXTS: u32 = 2048;

impl Guest {
    pub fn new(pack: Pack) -> Self {
        let catalogue = postcard::to_allocvec(&pack.program).expect("a catalogue");
        Self {
            validate: format!("i32.const {ANSWER}"),
            describe: format!("i32.const {DESCRIBE}"),
            extra: String::new(),
            pack,
            catalogue,
        }
    }

    /// The component, with the sections of a pack.
    pub fn wasm(&self) -> Vec<u8> {
        let of = &self.pack.manifest;
        let manifest = PackManifest {
            name: of.name.clone(),
            edition: of.edition.clone(),
            version: of.version.clone(),
            effective_from: of.effective_from.clone(),
            notice: of.notice.clone(),
            derived: of.derived.clone(),
            source_digest: of.source_digest.clone(),
            data_digest: None,
            interpreter_digest: "0".repeat(64),
            contract: cebridge_runtime::CONTRACT.to_owned(),
        };
        let manifest = serde_json::to_vec(&manifest).expect("JSON");
        let wasm = with_section(&component(&self.text(), "rule-pack"), "cebridge:manifest", &manifest);
        with_section(&wasm, "cebridge:pack", &self.pack.to_bytes().expect("a pack"))
    }

    fn text(&self) -> String {
        let of = &self.pack.manifest;
        let (mut words, mut texts) = (Vec::new(), Vec::new());
        for text in [
            &of.name,
            &of.edition,
            &of.version,
            &of.effective_from,
            &of.source_digest,
        ] {
            words.extend([TEXTS + texts.len() as u32, text.len() as u32]);
            texts.extend(text.as_bytes());
        }
        let catalogue = [TEXTS + texts.len() as u32, self.catalogue.len() as u32];
        texts.extend(&self.catalogue);
        let Self {
            validate,
            describe,
            extra,
            ..
        } = self;
        format!(
            r#"(module
  (memory (export "memory") 4)
  (global $next (mut i32) (i32.const 131072))
  (data (i32.const {DESCRIBE}) "{}") (data (i32.const {CATALOGUE}) "{}") (data (i32.const {TEXTS}) "{}")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.set $next (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (func (export "load-pack") (param i32 i32) (result i32) i32.const {ANSWER})
  (func (export "describe") (result i32) {describe})
  (func (export "catalogue") (result i32) i32.const {CATALOGUE})
  (func (export "validate") (param $batch i32) (param $length i32) (result i32) {validate})
  (func (export "signature-policy") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    unreachable)
  {extra})"#,
            words_of(&words),
            words_of(&catalogue),
            escaped(&texts)
        )
    }
}

/// An answer of `validate` with one finding, as the body of the function.
pub fn one_finding(rule: u32, node: u32, decl: u32) -> String {
    answer_list(ANSWER + 16, 1) + &store(ANSWER + 16, &[rule, node, decl]) + &format!("i32.const {ANSWER}")
}

/// Instructions that store an answer whose list of findings is at an address.
pub fn answer_list(at: u32, length: u32) -> String {
    store(ANSWER, &[0, at, length])
}

/// Instructions that store words starting at an address.
pub fn store(at: u32, words: &[u32]) -> String {
    let mut text = String::new();
    for (position, word) in words.iter().enumerate() {
        writeln!(
            text,
            "(i32.store (i32.const {}) (i32.const {}))",
            at + 4 * position as u32,
            *word as i32
        )
        .expect("text");
    }
    text
}

/// A core module as a component of a world.
pub fn component(text: &str, world: &str) -> Vec<u8> {
    let mut module = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut resolve = Resolve::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/0.1");
    let (package, _) = resolve.push_path(folder).expect("the contract");
    let world = resolve.select_world(&[package], Some(world)).expect("the world");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("metadata");
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|encoder| encoder.encode())
        .expect("a component")
}

fn words_of(words: &[u32]) -> String {
    escaped(&words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>())
}

fn escaped(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("\\{byte:02x}"))
}
