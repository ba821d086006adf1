//! Broken or malicious plugins: each is stopped with a clear error, and the sandbox keeps working.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/guest.rs"]
mod guest;
mod support;

use cebridge_rule_core::evaluate::NO_DECL;
use cebridge_runtime::{
    Baker, FaultCause, LoadError, LoadedPack, MapperPlugin, PackClass, PluginFault, Refusal, Sandbox, SandboxLimits,
    interpreter, shipped_mappers,
};
use guest::{ANSWER, Guest, answer_list, one_finding, store};
use std::time::Duration;
use support::{CLEAN, baker, document, findings, sandbox, toy, toy_pack, toy_wasm, with_section};

fn guest() -> Guest {
    Guest::new(toy("1"))
}

fn load(wasm: &[u8]) -> LoadError {
    LoadedPack::load(baker(), wasm).expect_err("it must be refused")
}

/// Loads a guest with this `validate` and judges with it; afterwards the sandbox must still judge with a good pack.
fn judge(validate: impl Into<String>) -> PluginFault {
    judge_in(sandbox(), &toy_pack(), validate.into())
}

/// Like [`judge`], in a sandbox with other limits.
fn judge_limited(limits: &SandboxLimits, validate: &str) -> PluginFault {
    let sandbox = Sandbox::new(limits.clone()).expect("an engine");
    let good = LoadedPack::load(&Baker::new(&sandbox), toy_wasm()).expect("a pack");
    judge_in(&sandbox, &good, validate.to_owned())
}

fn judge_in(sandbox: &Sandbox, good: &LoadedPack, validate: String) -> PluginFault {
    let pack = LoadedPack::load(&Baker::new(sandbox), &Guest { validate, ..guest() }.wasm()).expect("a pack");
    let fault = pack.judge(&document(CLEAN)).expect_err("it must fail");
    let start = "pack toy 2020-01 (version 1) failed in `validate`: ";
    assert!(fault.to_string().starts_with(start), "{fault}");
    assert_eq!(findings(good, &document(CLEAN)), []);
    fault
}

#[test]
fn a_well_behaved_foreign_pack_works_and_is_called_foreign() {
    let pack = LoadedPack::load(baker(), &guest().wasm()).expect("a pack");
    assert_eq!(pack.class(), PackClass::Foreign);
    assert_eq!(pack.judge(&document(CLEAN)).expect("findings"), []);
    let finds = Guest {
        validate: one_finding(15, 3, NO_DECL),
        ..guest()
    };
    let pack = LoadedPack::load(baker(), &finds.wasm()).expect("a pack");
    assert_eq!(
        findings(&pack, &document(CLEAN))[0].rule,
        pack.rules().pack().rules[15].id
    );
}

#[test]
fn an_endless_loop_runs_out_of_fuel_or_time() {
    let endless = "(loop $again (br $again)) unreachable";
    let mut limits = SandboxLimits::default();
    limits.pack.fuel = 1_000_000;
    let fault = judge_limited(&limits, endless);
    assert_eq!(fault.cause, FaultCause::Fuel { limit: 1_000_000 });

    limits.pack.fuel = u64::MAX >> 1;
    limits.pack.deadline = Duration::from_millis(40);
    let fault = judge_limited(&limits, endless);
    assert_eq!(
        fault.cause,
        FaultCause::Timeout {
            limit: Duration::from_millis(40)
        }
    );
}

#[test]
fn endless_growth_is_stopped_at_the_limit() {
    let fault = judge("(loop $again (drop (memory.grow (i32.const 16))) (br $again)) unreachable");
    assert!(
        matches!(fault.cause, FaultCause::Memory { limit, asked } if asked > limit),
        "{fault}"
    );
}

#[test]
fn endless_recursion_is_a_trap() {
    let deep = "(func $deep (call $deep))".to_owned();
    let wasm = Guest {
        validate: "(call $deep) unreachable".to_owned(),
        extra: deep,
        ..guest()
    }
    .wasm();
    let pack = LoadedPack::load(baker(), &wasm).expect("a pack");
    let fault = pack.judge(&document(CLEAN)).expect_err("it must fail");
    assert!(
        matches!(&fault.cause, FaultCause::Trap { reason } if reason.contains("stack")),
        "{fault}"
    );
    assert_eq!(findings(&toy_pack(), &document(CLEAN)), []);
}

#[test]
fn traps_are_named() {
    let fault = judge("unreachable");
    assert!(
        matches!(&fault.cause, FaultCause::Trap { reason } if reason.contains("unreachable")),
        "{fault}"
    );
    let fault = judge("(i32.load (i32.const -8))");
    assert!(
        matches!(&fault.cause, FaultCause::Trap { reason } if reason.contains("out of bounds")),
        "{fault}"
    );
}

#[test]
fn findings_about_things_that_do_not_exist_are_malformed() {
    for (body, word) in [
        (one_finding(60_000, 0, NO_DECL), "rule 60000"),
        (one_finding(u32::MAX, 0, NO_DECL), "rule"),
        (one_finding(0, 100_000, NO_DECL), "node 100000"),
        (one_finding(0, 0, 65_000), "declaration 65000"),
    ] {
        let fault = judge(body);
        assert!(
            matches!(&fault.cause, FaultCause::Malformed { reason } if reason.contains(word)),
            "{fault}"
        );
    }
}

#[test]
fn answers_that_are_no_answers_are_malformed() {
    let answer = |words: &[u32]| store(ANSWER, words) + &format!("i32.const {ANSWER}");
    for body in [
        answer(&[7, 0, 0]),
        answer(&[0, 4_000_000_000, 10]),
        answer(&[0, 1024, 1_000_000_000]),
        answer(&[1, 1024, 1_000_000_000]),
        store(1200, &[0xffff_ffff]) + &answer(&[1, 1200, 4]),
        answer_list(1025, 2) + &format!("i32.const {ANSWER}"),
        "i32.const -4".to_owned(),
    ] {
        let fault = judge(body);
        assert!(matches!(fault.cause, FaultCause::Malformed { .. }), "{fault}");
    }
}

#[test]
fn an_answer_of_many_megabytes_is_cut_off() {
    let grow = "(drop (memory.grow (i32.const 400)))";
    let fault = judge(format!("{grow} {} i32.const {ANSWER}", answer_list(65536, 1_800_000)));
    assert!(matches!(fault.cause, FaultCause::Malformed { .. }), "{fault}");
}

#[test]
fn a_pack_that_is_not_what_its_sections_say_is_refused() {
    let other = Guest {
        catalogue: vec![0; 9],
        ..guest()
    };
    assert_eq!(
        load(&other.wasm()).cause,
        Refusal::Disagreement { what: "the catalogue" }
    );
    let nobody = Guest {
        describe: "i32.const 4096".to_owned(),
        ..guest()
    };
    let error = load(&nobody.wasm());
    assert!(
        matches!(error.cause, Refusal::Disagreement { .. } | Refusal::Fault { .. }),
        "{error}"
    );
    let endless = Guest {
        describe: "(loop $again (br $again)) unreachable".to_owned(),
        ..guest()
    };
    let mut limits = SandboxLimits::default();
    limits.pack.fuel = 1_000_000;
    let error =
        LoadedPack::load(&Baker::new(&Sandbox::new(limits).expect("an engine")), &endless.wasm()).expect_err("refused");
    assert_eq!(
        error.cause,
        Refusal::Fault {
            call: "describe",
            cause: FaultCause::Fuel { limit: 1_000_000 }
        }
    );
    assert!(
        error
            .to_string()
            .starts_with("pack toy 2020-01 (version 1) is refused: "),
        "{error}"
    );
}

#[test]
fn imports_are_refused_by_name() {
    let clock =
        r#"(component (import "wasi:clocks/monotonic-clock@0.2.6" (instance (export "now" (func (result u64))))))"#;
    let error = load(&wat::parse_str(clock).expect("a component"));
    assert_eq!(
        error.cause,
        Refusal::UnknownImport {
            wanted: "wasi:clocks/monotonic-clock@0.2.6".to_owned()
        }
    );
    assert!(error.to_string().contains("plugins get no imports"), "{error}");

    let newer = r#"(component (import "cebridge:plugin/rules@0.9.0" (instance)))"#;
    let error = load(&wat::parse_str(newer).expect("a component"));
    assert!(
        matches!(&error.cause, Refusal::WrongContract { found, .. } if found == "cebridge:plugin@0.9.0"),
        "{error}"
    );
}

#[test]
fn files_that_are_no_plugins_are_refused() {
    assert_eq!(load(b"").cause, Refusal::NotWasm);
    assert_eq!(load(b"<xml/>").cause, Refusal::NotWasm);
    assert_eq!(
        load(&vec![0; (16 << 20) + 1]).cause,
        Refusal::TooLarge {
            limit: 16 << 20,
            got: (16 << 20) + 1
        }
    );
    assert_eq!(
        load(&wat::parse_str("(module)").expect("a module")).cause,
        Refusal::CoreModule
    );
    let empty = wat::parse_str("(component)").expect("a component");
    assert_eq!(
        load(&empty).cause,
        Refusal::MissingExport {
            name: "load-pack".to_owned(),
            world: "rule-pack"
        }
    );
    for length in (0..toy_wasm().len()).step_by(1499) {
        let error = load(&toy_wasm()[..length]);
        assert!(
            matches!(
                error.cause,
                Refusal::NotWasm
                    | Refusal::Malformed { .. }
                    | Refusal::MissingSection { .. }
                    | Refusal::MissingExport { .. }
            ),
            "{length} bytes: {error}"
        );
    }
    assert_eq!(findings(&toy_pack(), &document(CLEAN)), []);
}

#[test]
fn a_component_without_the_sections_of_a_pack_is_no_pack() {
    assert_eq!(
        load(interpreter()).cause,
        Refusal::MissingSection {
            name: "cebridge:manifest"
        }
    );
    let twice = with_section(toy_wasm(), "cebridge:manifest", b"{}");
    assert!(matches!(
        load(&twice).cause,
        Refusal::BadSection {
            name: "cebridge:manifest",
            ..
        }
    ));
    let garbage = with_section(interpreter(), "cebridge:manifest", b"{}");
    assert!(matches!(
        load(&garbage).cause,
        Refusal::BadSection {
            name: "cebridge:manifest",
            ..
        }
    ));
}

/// A component that has this import and exports functions with the right names but wrong types.
fn misfit(import: &str) -> Vec<u8> {
    let names = ["load-pack", "describe", "catalogue", "validate", "signature-policy"];
    let exports: String = names
        .iter()
        .map(|name| format!(r#"(export "{name}" (func $lifted))"#))
        .collect();
    let text = format!(
        r#"(component {import} (core module $m (func (export "f"))) (core instance $i (instantiate $m))
           (func $lifted (canon lift (core func $i "f"))) {exports})"#
    );
    let manifest = section(&guest().wasm(), "cebridge:manifest");
    let wasm = with_section(
        &wat::parse_str(&text).expect("a component"),
        "cebridge:manifest",
        &manifest,
    );
    with_section(&wasm, "cebridge:pack", &toy("1").to_bytes().expect("a pack"))
}

#[test]
fn functions_of_another_type_are_refused() {
    let error = load(&misfit(""));
    assert!(
        matches!(error.cause, Refusal::WrongExport { world: "rule-pack", .. }),
        "{error}"
    );
}

#[test]
fn a_function_hidden_among_types_is_refused() {
    let error = load(&misfit(
        r#"(import "cebridge:plugin/rules@0.1.0" (instance (export "f" (func))))"#,
    ));
    assert!(
        matches!(&error.cause, Refusal::UnknownImport { wanted } if wanted.contains("rules")),
        "{error}"
    );
}

#[test]
fn code_that_would_take_too_long_to_compile_is_refused() {
    let long = Guest {
        extra: format!("(func {})", "(drop (i32.const 1))".repeat(100_000)),
        ..guest()
    };
    assert!(matches!(
        load(&long.wasm()).cause,
        Refusal::TooComplex {
            what: "bytes in one function",
            ..
        }
    ));
    let many = Guest {
        extra: "(func)".repeat(30_000),
        ..guest()
    };
    assert!(matches!(
        load(&many.wasm()).cause,
        Refusal::TooComplex { what: "functions", .. }
    ));
}

#[test]
fn a_pack_is_no_mapper_and_a_mapper_is_no_pack() {
    let error = MapperPlugin::load(sandbox(), toy_wasm()).expect_err("it must be refused");
    assert!(
        matches!(
            error.cause,
            Refusal::UnknownImport { .. } | Refusal::MissingExport { .. }
        ),
        "{error}"
    );
    for (_, mapper) in shipped_mappers() {
        let error = load(mapper);
        assert!(
            matches!(
                error.cause,
                Refusal::UnknownImport { .. } | Refusal::MissingExport { .. }
            ),
            "{error}"
        );
    }
}

/// The data of a custom section at the end of a file.
fn section(wasm: &[u8], name: &str) -> Vec<u8> {
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        if let wasmparser::Payload::CustomSection(section) = payload.expect("a section")
            && section.name() == name
        {
            return section.data().to_vec();
        }
    }
    panic!("no section {name}")
}
