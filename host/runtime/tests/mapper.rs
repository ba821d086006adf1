//! Mappers: unreadable input is an answer; a crash is a fault with the mapper's name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/guest.rs"]
mod guest;
mod support;

use cebridge_runtime::{FaultCause, MapError, MapperPlugin, Refusal, Sandbox, SandboxLimits, mapping, shipped_mapper};
use support::sandbox;

fn shop() -> MapperPlugin {
    MapperPlugin::load(sandbox(), shipped_mapper("shop").expect("a mapper")).expect("a mapper")
}

fn input(content: &[u8]) -> mapping::Input {
    mapping::Input {
        name: "orders.json".to_owned(),
        content: content.to_vec(),
        settings: Vec::new(),
        at: "20240601120000".to_owned(),
    }
}

/// A mapper with these bodies for `describe` and `map`.
fn made(describe: &str, map: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
  (memory (export "memory") 4)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 65536)
  (func (export "describe") (result i32) {describe})
  (func (export "map") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32) {map})
  (func (export "render-receipt") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32) unreachable))"#
    );
    guest::component(&text, "mapper")
}

#[test]
fn the_shipped_mapper_says_what_it_can_not_read() {
    let error = shop().map(&input(b"not JSON")).expect_err("no JSON");
    assert!(
        matches!(&error, MapError::Unreadable { plugin, reason } if plugin.starts_with("mapper shop ") && reason.contains("orders.json")),
        "{error}"
    );
}

#[test]
fn a_mapper_that_fails_is_named_and_the_next_call_works() {
    let mut limits = SandboxLimits::default();
    limits.mapper.fuel = 100_000_000;
    let sandbox = Sandbox::new(limits).expect("an engine");
    let load = |map: &str| MapperPlugin::load(&sandbox, &made("i32.const 1024", map)).expect("a mapper");
    let cause = |map: &str| match load(map).map(&input(b"{}")).expect_err("it must fail") {
        MapError::Fault(fault) => {
            assert_eq!(fault.call, "map");
            fault.cause
        }
        other => panic!("{other}"),
    };
    assert_eq!(
        cause("(loop $again (br $again)) unreachable"),
        FaultCause::Fuel { limit: 100_000_000 }
    );
    assert!(matches!(cause("unreachable"), FaultCause::Trap { .. }));
    assert!(matches!(cause("i32.const -4"), FaultCause::Malformed { .. }));
    let grows = "(loop $again (drop (memory.grow (i32.const 64))) (br $again)) unreachable";
    assert!(matches!(cause(grows), FaultCause::Memory { limit, .. } if limit == 256 << 20));
    let nothing = load("i32.const 1024").map(&input(b"{}")).expect("an answer");
    assert_eq!((nothing.documents.len(), nothing.problems.len()), (0, 0));
}

#[test]
fn a_mapper_that_can_not_say_who_it_is_is_refused() {
    let error = MapperPlugin::load(sandbox(), &made("unreachable", "unreachable")).expect_err("refused");
    assert!(
        matches!(
            error.cause,
            Refusal::Fault {
                call: "describe",
                cause: FaultCause::Trap { .. }
            }
        ),
        "{error}"
    );
}
