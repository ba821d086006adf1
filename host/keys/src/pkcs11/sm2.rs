//! SM2 through PKCS#11: input and output of a vendor's mechanism.
//!
//! PKCS#11 has no mechanism for SM2, so each vendor numbers its own and chooses whether it takes the message or the
//! digest e, and whether it answers r‖s or DER. Both choices are configurable; the result is verified.

use cebridge_signature::sm2_value;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sm3::{Digest, Sm3};

/// What the vendor's mechanism is given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sm2Input {
    /// The digest e = SM3(Z ‖ message), 32 bytes, made here from the certificate's public key (GB/T 32918.2 §6.1).
    #[default]
    Digest,
    /// The message; the device makes Z with the user id of GB/T 35276 and hashes.
    Message,
}

/// What the vendor's mechanism answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sm2Output {
    /// The 64 bytes r‖s, big-endian.
    #[default]
    Raw,
    /// The DER sequence of r and s (GB/T 35276 §7.3).
    Der,
}

/// The curve's a, b, and the base point's x and y (GB/T 32918.5).
const CURVE: [&[u8; 32]; 4] = [
    b"\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xfc",
    b"\x28\xe9\xfa\x9e\x9d\x9f\x5e\x34\x4d\x5a\x9e\x4b\xcf\x65\x09\xa7\xf3\x97\x89\xf5\x15\xab\x8f\x92\xdd\xbc\xbd\x41\x4d\x94\x0e\x93",
    b"\x32\xc4\xae\x2c\x1f\x19\x81\x19\x5f\x99\x04\x46\x6a\x39\xc9\x94\x8f\xe3\x0b\xbf\xf2\x66\x0b\xe1\x71\x5a\x45\x89\x33\x4c\x74\xc7",
    b"\xbc\x37\x36\xa2\xf4\xf6\x77\x9c\x59\xbd\xce\xe3\x6b\x69\x21\x53\xd0\xa9\x87\x7c\xc6\x2a\x47\x40\x02\xdf\x32\xe5\x21\x39\xf0\xa0",
];

/// The digest e of a message: SM3(Z ‖ message) with Z = SM3(length of the id in bits ‖ id ‖ a ‖ b ‖ G ‖ public key).
/// `None` if the point is not 04‖x‖y or the id is longer than 8191 bytes.
pub(super) fn digest(user_id: &str, point: &[u8], message: &[u8]) -> Option<[u8; 32]> {
    let (4, coordinates) = point.split_first().filter(|_| point.len() == 65)? else {
        return None;
    };
    let id_bits = u16::try_from(user_id.len() * 8).ok()?;
    let mut z = Sm3::new();
    z.update(id_bits.to_be_bytes());
    z.update(user_id.as_bytes());
    for part in CURVE {
        z.update(part);
    }
    z.update(coordinates);
    let mut e = Sm3::new();
    e.update(z.finalize());
    e.update(message);
    Some(e.finalize().into())
}

/// The device's answer as r‖s; `None` if it should be DER but is not.
pub(super) fn raw(output: Sm2Output, answer: &[u8]) -> Option<Vec<u8>> {
    match output {
        Sm2Output::Raw => Some(answer.to_vec()),
        Sm2Output::Der => sm2_value::from_der(answer),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use cebridge_signature::SM2_USER_ID;
    use sm2::dsa::signature::hazmat::PrehashVerifier;
    use sm2::dsa::{Signature, VerifyingKey};

    use super::*;

    fn openssl(directory: &Path, arguments: &[&str]) {
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(directory)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "openssl {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// openssl signs the whole message like a device that takes e and answers DER; e must be the same.
    #[test]
    fn digest_and_der_answer_agree_with_openssl() {
        if Command::new("openssl").arg("version").output().is_err() {
            println!("skipped: openssl is not installed");
            assert_ne!(std::env::var("CEBRIDGE_TESTS_MUST_RUN").as_deref(), Ok("1"));
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path();
        std::fs::write(at.join("message"), b"<ds:SignedInfo/>").unwrap();
        openssl(at, &["genpkey", "-algorithm", "SM2", "-out", "key.pem"]);
        openssl(
            at,
            &[
                "pkey",
                "-in",
                "key.pem",
                "-pubout",
                "-outform",
                "DER",
                "-out",
                "public.der",
            ],
        );
        let id = format!("distid:{SM2_USER_ID}");
        let mut arguments = vec![
            "pkeyutl", "-sign", "-inkey", "key.pem", "-rawin", "-digest", "sm3", "-pkeyopt",
        ];
        arguments.extend([id.as_str(), "-in", "message", "-out", "value"]);
        openssl(at, &arguments);
        let public = std::fs::read(at.join("public.der")).unwrap();
        let point = &public[public.len() - 65..];
        let value = raw(Sm2Output::Der, &std::fs::read(at.join("value")).unwrap()).unwrap();
        let e = digest(SM2_USER_ID, point, b"<ds:SignedInfo/>").unwrap();

        let key = VerifyingKey::from_sec1_bytes(SM2_USER_ID, point).unwrap();
        let signature = Signature::from_slice(&value).unwrap();
        key.verify_prehash(&e, &signature).unwrap();
        let other = digest("ALICE123@YAHOO.COM", point, b"<ds:SignedInfo/>").unwrap();
        assert!(key.verify_prehash(&other, &signature).is_err());
        assert_eq!(raw(Sm2Output::Raw, &value), Some(value.clone()), "passed on");
        assert_eq!(raw(Sm2Output::Der, &value), None, "r‖s is no DER");
    }

    #[test]
    fn a_point_that_is_not_uncompressed_gives_no_digest() {
        assert_eq!(digest(SM2_USER_ID, &[2; 33], b"x"), None);
        assert_eq!(digest(SM2_USER_ID, &[2; 65], b"x"), None);
        assert_eq!(digest(SM2_USER_ID, &[], b"x"), None);
    }
}
