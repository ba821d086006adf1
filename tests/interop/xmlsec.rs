//! `xmlsec1`: a whole implementation of XML signatures, by others.

use crate::cases::cases;
use crate::tools::{has, run};

/// Files given to one process.
const BATCH: usize = 100;

#[test]
fn xmlsec1_accepts_every_rsa_message() {
    if !has("xmlsec1", &["--version"], "xmlsec1") {
        return;
    }
    let cases = cases();
    for (at, signing) in cases.signings.iter().enumerate() {
        if !signing.profile.name().starts_with("rsa-") {
            continue;
        }
        let certificate = cases.certificate(at);
        let verify = |files: &[&std::path::Path]| {
            let mut arguments = vec!["--verify", "--pubkey-cert-pem", certificate.to_str().unwrap()];
            arguments.extend(files.iter().map(|file| file.to_str().unwrap()));
            run(cases.folder.path(), "xmlsec1", &arguments)
        };
        for batch in cases.files(at).chunks(BATCH) {
            let output = verify(batch);
            let told = String::from_utf8_lossy(&output.stderr);
            let accepted = told.lines().filter(|line| *line == "OK").count();
            assert!(
                output.status.success() && accepted == batch.len(),
                "{}: {told}",
                signing.profile
            );
        }
        let tampered = cases.tampered(at);
        assert!(
            !verify(&[&tampered.path]).status.success(),
            "a changed message is refused"
        );
    }
}
