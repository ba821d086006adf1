//! Packs are made reproducibly, and what was changed afterwards is noticed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use cebridge_runtime::{
    LoadedPack, PackClass, PackSignature, Refusal, Sandbox, SandboxLimits, SigningKey, bake, pack_signature, sign_pack,
    verify_pack,
};
use std::process::Command;
use support::{sandbox, toy, toy_wasm};

#[test]
fn the_same_rules_give_the_same_bytes() {
    let other = Sandbox::new(SandboxLimits::default()).expect("an engine");
    assert!(bake(&other, &toy("1")).expect("a pack") == toy_wasm());
    assert!(bake(&other, &toy("2")).expect("a pack") != toy_wasm());
}

/// Runs this test binary a second time, so that addresses and hash seeds differ.
#[test]
fn another_process_gives_the_same_bytes() {
    const ASKED: &str = "CEBRIDGE_TEST_PRINT_DIGEST";
    let digest = verify_pack(sandbox(), toy_wasm()).expect("a pack").digest;
    if std::env::var_os(ASKED).is_some() {
        println!("digest={digest}");
        return;
    }
    let output = Command::new(std::env::current_exe().expect("a path"))
        .args(["another_process_gives_the_same_bytes", "--exact", "--nocapture"])
        .env(ASKED, "1")
        .output()
        .expect("a second process");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains(&format!("digest={digest}")), "{printed}");
}

#[test]
fn a_pack_made_here_is_data_only_and_says_who_it_is() {
    let verified = verify_pack(sandbox(), toy_wasm()).expect("a pack");
    assert_eq!(verified.class, PackClass::DataOnly);
    assert_eq!(verified.manifest.edition, "2020-01");
    assert_eq!(verified.manifest.effective_from, "2020-01-01");
    assert_eq!(verified.manifest.contract, "cebridge:plugin@0.1.0");
    assert_eq!(verified.pack, toy("1"));
}

#[test]
fn a_changed_byte_of_code_makes_a_pack_foreign_or_unreadable() {
    let mut seen_foreign = false;
    for at in (64..toy_wasm().len()).step_by(9973) {
        let mut wasm = toy_wasm().to_vec();
        wasm[at] ^= 1;
        if let Ok(verified) = verify_pack(sandbox(), &wasm) {
            assert_eq!(verified.class, PackClass::Foreign, "byte {at}");
            seen_foreign = true;
        }
    }
    assert!(seen_foreign);
}

#[test]
fn an_added_section_makes_a_pack_foreign() {
    let wasm = support::with_section(toy_wasm(), "note", b"hello");
    assert_eq!(verify_pack(sandbox(), &wasm).expect("a pack").class, PackClass::Foreign);
}

#[test]
fn signatures_tell_trusted_from_untrusted_from_changed() {
    let (ours, theirs) = (SigningKey::from_bytes(&[7; 32]), SigningKey::from_bytes(&[8; 32]));
    let trust = [ours.verifying_key()];
    let state = |wasm: &[u8]| pack_signature(wasm, &trust).expect("a file");
    assert_eq!(state(toy_wasm()), PackSignature::Unsigned);

    let signed = sign_pack(toy_wasm(), &ours).expect("a signature");
    assert!(matches!(state(&signed), PackSignature::Trusted { .. }));
    let verified = verify_pack(sandbox(), &signed).expect("a pack");
    assert_eq!(
        verified.class,
        PackClass::DataOnly,
        "a signature is no change of the pack"
    );
    let loaded = LoadedPack::load(sandbox(), &signed).expect("a pack");
    assert!(matches!(loaded.signature(&trust), PackSignature::Trusted { .. }));

    let foreign = sign_pack(&signed, &theirs).expect("a signature");
    assert!(matches!(state(&foreign), PackSignature::Untrusted { .. }));

    let mut changed = signed.clone();
    changed[toy_wasm().len() - 1] ^= 1;
    assert!(matches!(state(&changed), PackSignature::Invalid { .. }));

    let followed = support::with_section(&signed, "note", b"hello");
    let error = pack_signature(&followed, &trust).expect_err("something follows the signature");
    assert!(
        matches!(
            error.cause,
            Refusal::BadSection {
                name: "cebridge:signature",
                ..
            }
        ),
        "{error}"
    );
}
