//! `openssl` over what `xmllint --c14n` makes: digests and values of every profile.

use cebridge_signature::Profile;

use crate::cases::{Signed, cases};
use crate::parts::parts;
use crate::tools::{each, has, run, text};

/// Whether OpenSSL accepts digest and value of a message.
fn accepts(signed: &Signed) -> bool {
    let cases = cases();
    let folder = cases.folder.path();
    let profile = &cases.signings[signed.signing].profile;
    let parts = parts(folder, signed);
    let name = signed.path.file_stem().unwrap().to_str().unwrap();
    let [message, info, value] = ["message", "signed-info", "value"].map(|kind| format!("{name}.{kind}"));
    std::fs::write(folder.join(&message), &parts.message).unwrap();
    std::fs::write(folder.join(&info), &parts.signed_info).unwrap();
    let sm2 = *profile == Profile::SM2_SM3;
    let bytes = if sm2 { der(&parts.value) } else { parts.value };
    std::fs::write(folder.join(&value), bytes).unwrap();

    let hash = if profile.name() == "rsa-sha1" {
        "-sha1"
    } else if sm2 {
        "-sm3"
    } else {
        "-sha256"
    };
    let digest = text(&run(folder, "openssl", &["dgst", hash, "-r", &message]));
    let expected: String = parts.digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let key = format!("key-{}.pem", signed.signing);
    let verified = if sm2 {
        let id = "distid:1234567812345678";
        let arguments = [
            "pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-pkeyopt", id, "-pubin", "-inkey", &key, "-in", &info,
            "-sigfile", &value,
        ];
        run(folder, "openssl", &arguments)
    } else {
        run(
            folder,
            "openssl",
            &["dgst", hash, "-verify", &key, "-signature", &value, &info],
        )
    };
    digest.split(' ').next() == Some(&expected) && verified.status.success()
}

/// r‖s as a DER `SEQUENCE` of two positive numbers.
fn der(raw: &[u8]) -> Vec<u8> {
    let number = |bytes: &[u8]| {
        let bytes: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
        let sign = bytes.first().is_none_or(|first| *first >= 0x80).then_some(0);
        let content: Vec<u8> = sign.into_iter().chain(bytes).collect();
        [vec![2, content.len() as u8], content].concat()
    };
    let (r, s) = raw.split_at(32);
    let content = [number(r), number(s)].concat();
    [vec![0x30, content.len() as u8], content].concat()
}

#[test]
fn openssl_accepts_every_message_of_every_profile() {
    if !has("openssl", &["version"], "openssl") || !has("xmllint", &["--version"], "xmllint") {
        return;
    }
    let cases = cases();
    for at in 0..cases.signings.len() {
        let certificate = cases.certificate(at);
        let arguments = ["x509", "-in", certificate.to_str().unwrap(), "-pubkey", "-noout"];
        let key = text(&run(cases.folder.path(), "openssl", &arguments));
        std::fs::write(cases.folder.path().join(format!("key-{at}.pem")), key).unwrap();
    }
    each(&cases.messages, |signed| {
        assert!(accepts(signed), "{}:\n{}", signed.path.display(), signed.text);
    });
    for at in 0..cases.signings.len() {
        assert!(!accepts(&cases.tampered(at)), "a changed message is refused");
    }
}
