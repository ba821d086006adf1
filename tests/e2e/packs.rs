//! Packs by the command line: built without a toolchain, reproducible, provable, explained errors.

use crate::support::{Enterprise, rules, tool};
use std::path::{Path, PathBuf};

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// A copy of the rules in which one text of one file is replaced.
pub(crate) fn changed_rules(enterprise: &Enterprise, file: &str, from: &str, to: &str) -> PathBuf {
    let root = enterprise.path().join("rules");
    copy(&rules(), &root);
    let path = root.join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} does not contain {from}");
    std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
    root.join("editions/2022-05")
}

#[test]
fn building_is_reproducible_and_the_proof_holds() {
    let enterprise = Enterprise::new();
    let edition = rules().join("editions/2022-05");
    let edition = edition.to_str().unwrap();
    enterprise.run(&["pack", "build", edition, "-o", "a.wasm"]).expect(0);
    enterprise.run(&["pack", "build", edition, "-o", "b.wasm"]).expect(0);
    let (a, b) = (enterprise.path().join("a.wasm"), enterprise.path().join("b.wasm"));
    let bytes = std::fs::read(&a).unwrap();
    assert_eq!(bytes, std::fs::read(b).unwrap(), "byte for byte");
    let text = String::from_utf8_lossy(&bytes);
    assert!(
        !text.contains(env!("CARGO_MANIFEST_DIR")),
        "no path of this machine is inside"
    );

    let verdict = enterprise
        .run(&["pack", "verify", "a.wasm", "--format", "json"])
        .expect(0)
        .lines()
        .remove(0);
    assert_eq!(verdict["class"], "data-only");
    let shown = enterprise
        .run(&["pack", "inspect", "a.wasm", "--format", "json"])
        .expect(0)
        .lines()
        .remove(0);
    assert_eq!(shown["manifest"]["edition"], "2022-05");
    assert!(
        shown["messages"]
            .as_array()
            .unwrap()
            .iter()
            .any(|message| message["code"] == "CEB621")
    );
    enterprise.run(&["pack", "test", "a.wasm"]).expect(0);
    enterprise.run(&["pack", "list"]).expect(0);
}

#[test]
fn every_shipped_edition_passes_its_own_cases() {
    let enterprise = Enterprise::new();
    for edition in ["2018-56", "2018-113", "2022-05"] {
        let folder = rules().join("editions").join(edition);
        let cases = enterprise
            .run(&["pack", "test", folder.to_str().unwrap(), "--format", "json"])
            .expect(0)
            .lines();
        assert!(cases.len() >= 15, "{edition} has {} cases", cases.len());
    }
}

#[test]
fn a_pack_whose_code_was_touched_is_not_accepted() {
    let enterprise = Enterprise::new();
    let edition = rules().join("editions/2018-113");
    enterprise
        .run(&["pack", "build", edition.to_str().unwrap(), "-o", "good.wasm"])
        .expect(0);
    let good = std::fs::read(enterprise.path().join("good.wasm")).unwrap();
    // The component begins with the interpreter's code; manifest and texts stand at the end.
    for at in (2_000..40_000).step_by(7_919) {
        let mut bad = good.clone();
        bad[at] ^= 0x20;
        enterprise.write("bad.wasm", bad);
        enterprise.run(&["pack", "verify", "bad.wasm"]).expect(1);
    }
    enterprise.write("short.wasm", &good[..good.len() / 2]);
    enterprise.run(&["pack", "verify", "short.wasm"]).expect(1);
}

#[test]
fn a_signed_pack_is_trusted_only_by_its_key() {
    let enterprise = Enterprise::new();
    let path = |name: &str| enterprise.path().join(name).to_str().unwrap().to_owned();
    for name in ["mine", "other"] {
        let key = path(&format!("{name}.pem"));
        let Some(run) = tool("openssl", &["genpkey", "-algorithm", "ed25519", "-out", &key]) else {
            return;
        };
        run.expect(0);
        tool(
            "openssl",
            &["pkey", "-in", &key, "-pubout", "-out", &path(&format!("{name}.pub"))],
        )
        .unwrap()
        .expect(0);
    }
    let edition = rules().join("editions/2018-113");
    enterprise
        .run(&[
            "pack",
            "build",
            edition.to_str().unwrap(),
            "-o",
            "signed.wasm",
            "--sign",
            "mine.pem",
        ])
        .expect(0);
    enterprise
        .run(&["pack", "verify", "signed.wasm", "--trust", "mine.pub"])
        .expect(0);
    enterprise
        .run(&["pack", "verify", "signed.wasm", "--trust", "other.pub"])
        .expect(1);
    let mut changed = std::fs::read(path("signed.wasm")).unwrap();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    enterprise.write("changed.wasm", changed);
    enterprise
        .run(&["pack", "verify", "changed.wasm", "--trust", "mine.pub"])
        .expect(1);
}

#[test]
fn an_error_in_rule_source_shows_the_line_and_a_hint() {
    let enterprise = Enterprise::new();
    let file = "editions/2018-56/CEB311.toml";
    let edition = changed_rules(&enterprise, file, "goodsValue + freight", "goodsValeu + freight");
    let run = enterprise
        .run(&["pack", "build", edition.to_str().unwrap(), "-o", "x.wasm"])
        .expect(1);
    assert!(run.stderr.contains("editions/2018-56/CEB311.toml:"), "{}", run.stderr);
    assert!(
        run.stderr.contains("goodsValeu"),
        "the line itself is shown: {}",
        run.stderr
    );
    assert!(
        run.stderr.contains("goodsValue"),
        "the nearest name is suggested: {}",
        run.stderr
    );
    assert!(!enterprise.path().join("x.wasm").exists(), "no pack is left behind");
}
