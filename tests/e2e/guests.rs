//! Mappers that behave badly, written as WebAssembly text.

use std::path::Path;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Where a long text stands in the memory of a mapper.
const TEXT: u32 = 262_144;

/// A mapper whose function `map` is this WebAssembly text, which leaves the address of its answer on the stack.
pub(crate) fn mapper(body: &str) -> Vec<u8> {
    with_data(body, "")
}

/// A mapper that refuses every input with this text, written again and again until it has so many bytes.
pub(crate) fn refusing_mapper(text: &str, bytes: usize) -> Vec<u8> {
    let all = text.repeat(bytes / text.len().max(1) + 1);
    // The text holds escapes of three characters for one byte.
    let bytes = all.len() - 2 * all.matches('\\').count();
    let body = format!(
        "(i32.store8 (i32.const 2048) (i32.const 1)) (i32.store (i32.const 2052) (i32.const {TEXT})) \
         (i32.store (i32.const 2056) (i32.const {bytes})) i32.const 2048"
    );
    with_data(&body, &format!("(data (i32.const {TEXT}) \"{all}\")"))
}

fn with_data(body: &str, data: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
  (memory (export "memory") 16)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 65536)
  (func (export "describe") (result i32) i32.const 1024)
  (func (export "map") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32) {body})
  (func (export "render-receipt") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32) unreachable)
  {data})"#
    );
    let mut module = wat::parse_str(text).unwrap();
    let mut resolve = Resolve::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/0.1");
    let (package, _) = resolve.push_path(folder).unwrap();
    let world = resolve.select_world(&[package], Some("mapper")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|encoder| encoder.encode())
        .unwrap()
}
