//! Attacks on SM2 values, user ids, keys and algorithms.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cebridge_signature::c14n::{Comments, Part, canonicalize};
use cebridge_signature::{
    Certificate, Hash, Method, Place, Profile, SM2_USER_ID, Scheme, Signer, ValueEncoding, generate_sm2_identity,
    sm2_value,
};

use crate::attack::{Attack, Hostile, refused};
use crate::judge;
use crate::measure;
use crate::victim::{HEAD, ORDER, TAIL};

/// Order of the curve sm2p256v1 (GB/T 32918.5), big-endian.
const N: [u8; 32] = [
    0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x72, 0x03, 0xdf,
    0x6b, 0x21, 0xc6, 0x05, 0x2b, 0x53, 0xbb, 0xf4, 0x09, 0x39, 0xd5, 0x41, 0x23,
];

/// Somebody whose key is an SM2 one, and the order as they signed it.
struct Owner {
    signer: Signer,
    certificate: Certificate,
    signed: String,
}

fn owner() -> &'static Owner {
    static OWNER: OnceLock<Owner> = OnceLock::new();
    OWNER.get_or_init(|| {
        let (key, certificate, _) = generate_sm2_identity("CN=Shop,O=Example").unwrap();
        let signer = Signer::new(key, Some(certificate.clone())).unwrap();
        let signed = signed_by(&signer, &Profile::SM2_SM3);
        Owner {
            signer,
            certificate,
            signed,
        }
    })
}

fn signed_by(signer: &Signer, profile: &Profile) -> String {
    let order = format!("{HEAD}{ORDER}{TAIL}");
    String::from_utf8(signer.sign(order.as_bytes(), profile, Place::Last).unwrap()).unwrap()
}

fn hostile(message: String) -> Hostile {
    Hostile {
        message: message.into_bytes(),
        trust: Some(owner().certificate.to_pem()),
    }
}

/// The text of an element of the signature.
fn inner<'m>(message: &'m str, name: &str) -> &'m str {
    let start = message.find(&format!("<{name}>")).unwrap() + name.len() + 2;
    &message[start..message.find(&format!("</{name}>")).unwrap()]
}

/// The signed order with another signature value, made from r and s.
fn value(change: impl FnOnce(&[u8], &[u8]) -> Vec<u8>) -> Hostile {
    let signed = &owner().signed;
    let old = inner(signed, "ds:SignatureValue");
    let bytes = STANDARD.decode(old).unwrap();
    let (r, s) = bytes.split_at(32);
    hostile(signed.replace(old, &STANDARD.encode(change(r, s))))
}

/// The signed order with the value that the key makes over the canonical `SignedInfo` in another way.
fn resigned(make: impl FnOnce(&[u8]) -> Vec<u8>) -> Hostile {
    let signed = &owner().signed;
    let part = Part::Element(signed.find("<ds:SignedInfo").unwrap());
    let made = make(&canonicalize(signed, part, Comments::Drop).unwrap());
    hostile(signed.replace(inner(signed, "ds:SignatureValue"), &STANDARD.encode(made)))
}

fn by_user(user_id: &'static str) -> Hostile {
    resigned(|info| {
        owner()
            .signer
            .signing_key()
            .sign(Scheme::Sm2Sm3 { user_id }, info)
            .unwrap()
    })
}

/// The order signed by a combination of algorithms that is none of the official ones.
fn variant(digest: Hash, signature_uri: &str, digest_uri: &str) -> Hostile {
    let method = Method::Sm2Sm3 {
        user_id: SM2_USER_ID.into(),
        encoding: ValueEncoding::Raw,
    };
    let uris = (signature_uri.to_owned(), digest_uri.to_owned());
    let profile = Profile::variant("odd".to_owned(), method, digest, uris.0, uris.1).unwrap();
    hostile(signed_by(&owner().signer, &profile))
}

/// The signed order with its certificate changed.
fn certificate(from: &[u8], to: &[u8]) -> Hostile {
    let mut der = owner().certificate.der().to_vec();
    let at = der.windows(from.len()).position(|window| window == from).unwrap();
    der[at..at + to.len()].copy_from_slice(to);
    let old = STANDARD.encode(owner().certificate.der());
    hostile(owner().signed.replace(&old, &STANDARD.encode(der)))
}

fn number(last: u8) -> Vec<u8> {
    [vec![0; 31], vec![last]].concat()
}

fn attacks() -> Vec<Attack> {
    const VALUE: &[&str] = &["value-mismatch"];
    const ALGORITHM: &[&str] = &["algorithm"];
    const SM2_SM3: &str = "http://www.chinaport.gov.cn/2022/04/xmldsig#sm2-sm3";
    const SM3: &str = "http://www.chinaport.gov.cn/2022/04/xmldsig#sm3";
    vec![
        refused("an SM2 value in DER", VALUE, |_| {
            value(|r, s| sm2_value::to_der(&[r, s].concat()).unwrap())
        }),
        refused("r of zero", VALUE, |_| value(|_, s| [&[0; 32], s].concat())),
        refused("s of zero", VALUE, |_| value(|r, _| [r, &[0; 32]].concat())),
        refused("r and s of zero", VALUE, |_| value(|_, _| vec![0; 64])),
        refused("r of the order of the curve", VALUE, |_| value(|_, s| [&N, s].concat())),
        refused("s of the order of the curve", VALUE, |_| value(|r, _| [r, &N].concat())),
        refused("r and s as large as can be", VALUE, |_| value(|_, _| vec![0xff; 64])),
        refused("r and s that add up to the order", VALUE, |_| {
            value(|_, _| {
                let mut less = N;
                less[31] -= 1;
                [number(1), less.to_vec()].concat()
            })
        }),
        refused("r and s of one", VALUE, |_| {
            value(|_, _| [number(1), number(1)].concat())
        }),
        refused("r and s exchanged", VALUE, |_| value(|r, s| [s, r].concat())),
        refused("s negated, which other curves take", VALUE, |_| {
            value(|r, s| {
                let mut borrow = 0_u16;
                let mut negated = [0_u8; 32];
                for at in (0..32).rev() {
                    let difference = 0x100 + u16::from(N[at]) - u16::from(s[at]) - borrow;
                    negated[at] = difference.to_le_bytes()[0];
                    borrow = u16::from(difference < 0x100);
                }
                [r, &negated].concat()
            })
        }),
        refused("r and s with the lower byte first", VALUE, |_| {
            value(|r, s| r.iter().rev().chain(s.iter().rev()).copied().collect())
        }),
        refused("an SM2 value without its last byte", VALUE, |_| {
            value(|r, s| [r, &s[..31]].concat())
        }),
        refused("an SM2 value with a byte behind", VALUE, |_| {
            value(|r, s| [r, s, &[0]].concat())
        }),
        refused("r and s in 33 bytes each", VALUE, |_| {
            value(|r, s| [&[0], r, &[0], s].concat())
        }),
        refused("one bit of s", VALUE, |_| {
            value(|r, s| {
                let mut s = s.to_vec();
                s[0] ^= 1;
                [r.to_vec(), s].concat()
            })
        }),
        refused("another user id", VALUE, |_| by_user("ALICE123@YAHOO.COM")),
        refused("no user id", VALUE, |_| by_user("")),
        refused("the hash of SignedInfo signed instead of SignedInfo", VALUE, |_| {
            resigned(|info| {
                let hash = Hash::Sm3.digest(info);
                owner().signer.raw_sign(&Profile::SM2_SM3, &hash).unwrap()
            })
        }),
        refused("an SM2 signature of another key", VALUE, |_| {
            resigned(|info| {
                let (key, certificate, _) = generate_sm2_identity("CN=Shop,O=Example").unwrap();
                let other = Signer::new(key, Some(certificate)).unwrap();
                other.raw_sign(&Profile::SM2_SM3, info).unwrap()
            })
        }),
        refused("a digest by SHA-256 under SM2", ALGORITHM, |_| {
            variant(Hash::Sha256, SM2_SM3, "http://www.w3.org/2001/04/xmlenc#sha256")
        }),
        refused("a digest by SHA-1 under SM2, as one port wants it", ALGORITHM, |_| {
            variant(
                Hash::Sha1,
                "http://www.w3.org/2000/09/xmldsig#sm2-sm3",
                "http://www.w3.org/2000/09/xmldsig#sha1",
            )
        }),
        refused("SM2 under the names of another year", ALGORITHM, |_| {
            variant(Hash::Sm3, &SM2_SM3.replace("2022/04", "2021/04"), SM3)
        }),
        refused("RSA named over a key of SM2", &["key-kind", "algorithm"], |_| {
            variant(
                Hash::Sha256,
                "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
                "http://www.w3.org/2001/04/xmlenc#sha256",
            )
        }),
        refused(
            "a certificate that calls its curve P-256",
            &["certificate-malformed", "untrusted"],
            |_| {
                certificate(
                    &[0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d],
                    &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
                )
            },
        ),
        refused(
            "a public key that is no point of the curve",
            &["certificate-malformed"],
            |_| {
                certificate(
                    &[0x03, 0x42, 0x00, 0x04],
                    &[0x03, 0x42, 0x00, 0x04, 0, 0, 0, 0, 0, 0, 0, 0],
                )
            },
        ),
        refused(
            "SM3 digest of the order before its amount was changed",
            &["digest-mismatch"],
            |_| hostile(owner().signed.replace(">1234<", ">1<")),
        ),
    ]
}

#[test]
fn sm2_signatures_have_one_form() {
    // Without attack the message is accepted.
    let folder = tempfile::tempdir().unwrap();
    let paths = [folder.path().join("signed.xml"), folder.path().join("trust.pem")];
    std::fs::write(&paths[0], &owner().signed).unwrap();
    std::fs::write(&paths[1], owner().certificate.to_pem()).unwrap();
    let run = measure::verify(&paths[0], &paths[1]);
    assert_eq!(
        (run.code, &run.verdict["profile"]),
        (0, &"sm2-sm3".into()),
        "{}",
        run.verdict
    );
    judge::run(&attacks());
}
