//! Packs are reproducible, and later changes to them are detected.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use cebridge_runtime::{
    Baker, LoadedPack, PackClass, PackFile, PackSignature, Refusal, Sandbox, SandboxLimits, SigningKey, pack_signature,
    pack_trust_keys, sign_pack,
};
use std::process::Command;
use support::{baker, toy, toy_wasm};

fn read(wasm: &[u8]) -> PackFile {
    PackFile::read(wasm.to_vec()).expect("a pack")
}

fn class(wasm: &[u8]) -> PackClass {
    read(wasm).class(baker()).expect("an answer")
}

#[test]
fn the_same_rules_give_the_same_bytes() {
    let other = Baker::new(&Sandbox::new(SandboxLimits::default()).expect("an engine"));
    assert!(other.bake(&toy("1")).expect("a pack") == toy_wasm());
    assert!(other.bake(&toy("2")).expect("a pack") != toy_wasm());
}

/// Runs this test binary a second time, so that addresses and hash seeds differ.
#[test]
fn another_process_gives_the_same_bytes() {
    const ASKED: &str = "CEBRIDGE_TEST_PRINT_DIGEST";
    let digest = read(toy_wasm()).digest().to_owned();
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
    let file = read(toy_wasm());
    assert_eq!(file.class(baker()).expect("an answer"), PackClass::DataOnly);
    assert_eq!(file.manifest().edition, "2020-01");
    assert_eq!(file.manifest().effective_from, "2020-01-01");
    assert_eq!(file.manifest().contract, "cebridge:plugin@0.1.0");
    assert_eq!(*file.pack(), toy("1"));
    assert!(file.is_made_from(baker(), &toy("1")).expect("an answer"));
    assert!(!file.is_made_from(baker(), &toy("2")).expect("an answer"));
}

#[test]
fn a_changed_byte_of_code_makes_a_pack_foreign_or_unreadable() {
    let mut seen_foreign = false;
    for at in (64..toy_wasm().len()).step_by(9973) {
        let mut wasm = toy_wasm().to_vec();
        wasm[at] ^= 1;
        if let Ok(file) = PackFile::read(wasm) {
            assert_eq!(file.class(baker()).expect("an answer"), PackClass::Foreign, "byte {at}");
            seen_foreign = true;
        }
    }
    assert!(seen_foreign);
}

/// Severities, texts, pairs and cases are not in the code: the manifest holds their digest, and it is baked again too.
#[test]
fn no_bit_of_the_data_can_change() {
    let start = toy_wasm().len() - toy("1").to_bytes().expect("bytes").len();
    for at in start..toy_wasm().len() {
        let mut wasm = toy_wasm().to_vec();
        wasm[at] ^= 1 << (at % 8);
        let error = PackFile::read(wasm).expect_err("refused");
        assert_eq!(error.cause, Refusal::Changed, "byte {at}");
    }
}

#[test]
fn no_bit_of_the_manifest_can_change() {
    let text = b"{\"name\":";
    let start = toy_wasm()
        .windows(text.len())
        .position(|at| at == text)
        .expect("a manifest");
    let end = toy_wasm().len() - toy("1").to_bytes().expect("bytes").len();
    for at in start..end {
        let mut wasm = toy_wasm().to_vec();
        wasm[at] ^= 1 << (at % 8);
        if let Ok(file) = PackFile::read(wasm) {
            let class = file.class(baker()).expect("an answer");
            assert_eq!(class, PackClass::Foreign, "byte {at}");
        }
    }
}

#[test]
fn an_added_section_makes_a_pack_foreign() {
    let wasm = support::with_section(toy_wasm(), "note", b"hello");
    assert_eq!(class(&wasm), PackClass::Foreign);
}

#[test]
fn signatures_tell_trusted_from_untrusted_from_changed() {
    let (ours, theirs) = (SigningKey::from_bytes(&[7; 32]), SigningKey::from_bytes(&[8; 32]));
    let trust = [ours.verifying_key()];
    let state = |wasm: &[u8]| pack_signature(wasm, &trust).expect("a file");
    assert_eq!(state(toy_wasm()), PackSignature::Unsigned);

    let signed = sign_pack(toy_wasm(), &ours).expect("a signature");
    assert!(matches!(state(&signed), PackSignature::Trusted { .. }));
    assert_eq!(
        class(&signed),
        PackClass::DataOnly,
        "a signature is no change of the pack"
    );
    let loaded = LoadedPack::load(baker(), &signed).expect("a pack");
    assert!(matches!(loaded.file().signature(&trust), PackSignature::Trusted { .. }));

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

#[test]
fn a_signature_has_one_form() {
    let key = SigningKey::from_bytes(&[7; 32]);
    let trust = [key.verifying_key()];
    let signed = sign_pack(toy_wasm(), &key).expect("a signature");
    let json = String::from_utf8_lossy(&signed[toy_wasm().len()..]).into_owned();
    let json = &json[json.find('{').expect("a section")..];
    let forms = [
        json.replacen("\"key\":\"", "\"key\": \"", 1),
        json.to_uppercase()
            .replace("ALGORITHM", "algorithm")
            .replace("KEY", "key")
            .replace("VALUE", "value")
            .replace("ED25519", "ed25519"),
        json.replacen('{', "{\"note\":1,", 1),
        format!("{json} "),
    ];
    assert!(matches!(
        pack_signature(
            &support::with_section(toy_wasm(), "cebridge:signature", json.as_bytes()),
            &trust
        ),
        Ok(PackSignature::Trusted { .. })
    ));
    for form in forms {
        let wasm = support::with_section(toy_wasm(), "cebridge:signature", form.as_bytes());
        let found = pack_signature(&wasm, &trust).expect("a file");
        assert!(matches!(found, PackSignature::Invalid { .. }), "{form}: {found:?}");
    }
}

#[test]
fn a_trust_file_without_a_public_key_is_an_error() {
    let public = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
    assert_eq!(pack_trust_keys(&format!("ours\n{public}")).expect("a key").len(), 1);
    assert_eq!(
        pack_trust_keys(&format!("{public}\n# theirs\n{public}"))
            .expect("keys")
            .len(),
        2
    );
    for wrong in [
        String::new(),
        "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=".to_owned(),
        public.replace("PUBLIC", "PRIVATE"),
        public.replace("PUBLIC KEY", "CERTIFICATE"),
        public.replace("-----END PUBLIC KEY-----", ""),
        public.replace("MCow", "MCo!"),
        format!("{public}{}", public.replace("PUBLIC KEY", "CERTIFICATE")),
    ] {
        pack_trust_keys(&wrong).expect_err(&wrong);
    }
}

/// A pack from an earlier version, before packs carried a digest of their data. It was made from the rules of
/// `support::source` with the cases `clean` and `freight`.
#[test]
fn a_pack_of_the_first_form_is_proven_and_judges() {
    let gzipped = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/packs/first-form.wasm.gz"
    );
    let output = Command::new("gzip").args(["-dc", gzipped]).output().expect("gzip");
    let file = PackFile::read(output.stdout.clone()).expect("a pack");
    assert!(!file.is_sealed());
    assert!(file.class(baker()).expect("an answer").is_data_only());
    assert_eq!(file.pack().cases.len(), 2);
    assert!(file.pack().cases.iter().all(|case| case.severities.is_empty()));
    let pack = LoadedPack::from_file(baker(), file).expect("it loads");
    assert_eq!(
        pack.rules().digest(),
        "d6c37fc050fd2f9872b3ab060c3f6e5f5bcef996c4c9892ba8b568ce1990c059"
    );
    let found = support::findings(&pack, &support::changed("<ceb:freight>2<", "<ceb:freight>40<"));
    assert_eq!(
        found.iter().map(|finding| finding.rule.as_str()).collect::<Vec<_>>(),
        ["CEB311-R01"]
    );
}
