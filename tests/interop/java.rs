//! Java's `javax.xml.crypto.dsig`: another implementation of XML signatures and of canonical form.

use crate::cases::cases;
use crate::tools::{has, run, text};

#[test]
fn java_accepts_every_rsa_message() {
    if !has("java", &["--version"], "java") || !has("javac", &["--version"], "javac") {
        return;
    }
    let cases = cases();
    let files: Vec<String> = cases
        .by(|profile| profile.name().starts_with("rsa-"))
        .iter()
        .map(|signed| signed.path.display().to_string())
        .collect();
    let tampered = cases.tampered(0).path.display().to_string();
    std::fs::write(
        cases.folder.path().join("list"),
        [files.join("\n"), tampered].join("\n"),
    )
    .unwrap();
    let program = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../interop/Verify.java");
    let arguments = [
        // SHA-1 and RSA-1024 are what the specification asks for; Java's policy is about something else.
        "-Dorg.jcp.xml.dsig.secureValidation=false",
        program.to_str().unwrap(),
        "list",
    ];
    let answers = text(&run(cases.folder.path(), "java", &arguments));
    let answers: Vec<&str> = answers.lines().collect();
    assert_eq!(answers.len(), files.len() + 1, "{answers:?}");
    for (file, answer) in files.iter().zip(&answers) {
        assert_eq!(*answer, "true", "{file}");
    }
    assert_eq!(answers.last(), Some(&"false"), "a changed message is refused");
}
