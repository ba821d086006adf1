//! The Python package `gmssl`: SM2 and SM3 by others than OpenSSL.

use std::fmt::Write as _;

use cebridge_signature::Profile;

use crate::cases::cases;
use crate::parts::{Parts, parts};
use crate::tools::{has, run, text};

/// Reads lines of public key, value and message (hexadecimal), and answers each with `True` or `False`.
const SCRIPT: &str = "
import sys
from gmssl import sm2
for line in open(sys.argv[1]):
    key, value, message = line.split()
    verifier = sm2.CryptSM2(private_key='', public_key=key)
    # The constructor strips more than the prefix from some keys.
    verifier.public_key = key
    print(bool(verifier.verify_with_sm3(value, bytes.fromhex(message))))
";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn gmssl_accepts_every_sm2_value() {
    let python = std::env::var("CEBRIDGE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let what = "gmssl (pip install gmssl; CEBRIDGE_PYTHON names the Python that has it)";
    if !has(&python, &["-c", "import gmssl"], what) || !has("xmllint", &["--version"], "xmllint") {
        return;
    }
    let cases = cases();
    let folder = cases.folder.path().join("gmssl");
    std::fs::create_dir_all(&folder).unwrap();
    let mut lines = String::new();
    let messages = cases.by(|profile| *profile == Profile::SM2_SM3);
    let key = |signing: usize| {
        let pem = std::fs::read_to_string(cases.certificate(signing)).unwrap();
        hex(&point(&pem))
    };
    for signed in &messages {
        let Parts { signed_info, value, .. } = parts(&folder, signed);
        writeln!(lines, "{} {} {}", key(signed.signing), hex(&value), hex(&signed_info)).unwrap();
    }
    // The last one is wrong.
    let Parts { signed_info, value, .. } = parts(&folder, messages[0]);
    writeln!(
        lines,
        "{} {} {}00",
        key(messages[0].signing),
        hex(&value),
        hex(&signed_info)
    )
    .unwrap();
    std::fs::write(folder.join("lines"), lines).unwrap();
    let answers = text(&run(&folder, &python, &["-c", SCRIPT, "lines"]));
    let answers: Vec<&str> = answers.lines().collect();
    assert_eq!(answers.len(), messages.len() + 1);
    for (signed, answer) in messages.iter().zip(&answers) {
        assert_eq!(*answer, "True", "{}", signed.path.display());
    }
    assert_eq!(answers.last(), Some(&"False"), "another message is refused");
}

/// The point of a certificate's SM2 key: 64 bytes behind the marks of an uncompressed point in a bit string.
fn point(pem: &str) -> Vec<u8> {
    use base64::Engine as _;
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = base64::engine::general_purpose::STANDARD.decode(body).unwrap();
    let mark = [0x03, 0x42, 0x00, 0x04];
    let at = der
        .windows(4)
        .position(|window| window == mark)
        .expect("a key of 256 bits")
        + mark.len();
    der[at..at + 64].to_vec()
}
