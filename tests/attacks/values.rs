//! Signature and digest values that are no values, or those of something else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::attack::{Attack, Hostile, harmless, refused};
use crate::forge::{Form, by_key};
use crate::judge;
use crate::victim::Victim;

/// The signed order with its signature value changed.
fn value(v: &Victim, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Hostile {
    let before = v.inner("ds:SignatureValue");
    let changed = STANDARD.encode(change(STANDARD.decode(before).unwrap()));
    v.with(before, &changed).into()
}

/// The signed order with another text for its signature value.
fn text(v: &Victim, value: &str) -> Hostile {
    v.with(v.inner("ds:SignatureValue"), value).into()
}

fn attacks() -> Vec<Attack> {
    const VALUE: &[&str] = &["value-mismatch"];
    const NONE: &[&str] = &["malformed", "value-mismatch"];
    vec![
        refused("an empty signature value", NONE, |v| text(v, "")),
        refused("a signature value of white space", NONE, |v| text(v, " \n ")),
        refused("a signature value that is no base64", NONE, |v| text(v, "%%%%")),
        refused("a signature value in hexadecimal", NONE, |v| {
            let bytes = STANDARD.decode(v.inner("ds:SignatureValue")).unwrap();
            text(v, &bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        }),
        refused("base64 with a stray character", NONE, |v| {
            text(v, &format!("{}!", v.inner("ds:SignatureValue")))
        }),
        refused("base64 without padding", NONE, |v| {
            text(v, v.inner("ds:SignatureValue").trim_end_matches('='))
        }),
        refused("base64 with bits left over", NONE, |v| {
            // 128 bytes end in one character of padding, whose neighbour has two bits that mean nothing.
            let before = v.inner("ds:SignatureValue").trim_end_matches('=');
            let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            let last = alphabet.find(before.chars().last().unwrap()).unwrap();
            let changed = &alphabet[last + 1..last + 2];
            text(v, &format!("{}{changed}=", &before[..before.len() - 1]))
        }),
        refused("a signature value of zeros", VALUE, |v| {
            value(v, |bytes| vec![0; bytes.len()])
        }),
        refused("a signature value of one", VALUE, |v| {
            value(v, |bytes| {
                let mut one = vec![0; bytes.len()];
                if let Some(last) = one.last_mut() {
                    *last = 1;
                }
                one
            })
        }),
        refused("a signature value as large as can be", VALUE, |v| {
            value(v, |bytes| vec![0xff; bytes.len()])
        }),
        refused("a signature value with a zero in front", VALUE, |v| {
            value(v, |bytes| [vec![0], bytes].concat())
        }),
        refused("a signature value with a zero behind", VALUE, |v| {
            value(v, |bytes| [bytes, vec![0]].concat())
        }),
        refused("a signature value cut by one byte", VALUE, |v| {
            value(v, |bytes| bytes[..bytes.len() - 1].to_vec())
        }),
        refused("a signature value twice", VALUE, |v| {
            value(v, |bytes| [bytes.clone(), bytes].concat())
        }),
        refused("one bit of the signature value", VALUE, |v| {
            value(v, |mut bytes| {
                bytes[64] ^= 1;
                bytes
            })
        }),
        refused("the padded hash itself as signature value", VALUE, |v| {
            Form::default().sign_with(&v.owner, |info| padded(info, 128)).into()
        }),
        refused(
            "a signature by another key under the victim's certificate",
            VALUE,
            |v| {
                let form = Form::default();
                form.sign_with(&v.owner, |info| by_key(&v.attacker.rsa, form.signature_hash, info))
                    .into()
            },
        ),
        refused("an empty digest", &["malformed", "digest-mismatch"], |v| {
            v.with(v.inner("ds:DigestValue"), "").into()
        }),
        refused("a digest cut to ten bytes", &["digest-mismatch", "malformed"], |v| {
            let digest = STANDARD.decode(v.inner("ds:DigestValue")).unwrap();
            v.with(v.inner("ds:DigestValue"), &STANDARD.encode(&digest[..10]))
                .into()
        }),
        refused("a digest that is no base64", &["malformed"], |v| {
            v.with(v.inner("ds:DigestValue"), "####").into()
        }),
        refused("the digest of nothing", &["digest-mismatch"], |v| {
            let form = Form {
                digested: Some(Vec::new()),
                ..Form::default()
            };
            form.sign(&v.owner).into()
        }),
        refused("a new digest under the old signature", &["value-mismatch"], |v| {
            let changed = v.signed.replace(">1234<", ">1<");
            let digest = crate::forge::Hash::Sha256.of(&crate::forge::canonical(&changed.replace(v.signature(), "")));
            changed
                .replace(v.inner("ds:DigestValue"), &STANDARD.encode(digest))
                .into()
        }),
        harmless("a signature value in lines", |v| {
            let before = v.inner("ds:SignatureValue");
            text(v, &format!("{}\n{}", &before[..76], &before[76..]))
        }),
    ]
}

/// The block that RSA PKCS#1 v1.5 with SHA-256 makes of a message, for a key of so many bytes.
pub(crate) fn padded(message: &[u8], length: usize) -> Vec<u8> {
    const PREFIX: [u8; 19] = [
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
        0x20,
    ];
    let hash = crate::forge::Hash::Sha256.of(message);
    let mut block = vec![0, 1];
    block.resize(length - PREFIX.len() - hash.len() - 1, 0xff);
    block.push(0);
    block.extend(PREFIX);
    block.extend(hash);
    block
}

#[test]
fn values_must_be_exactly_what_was_computed() {
    judge::run(&attacks());
}
