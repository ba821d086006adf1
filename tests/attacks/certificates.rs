//! Certificates of others, certificates that are none, and keys too weak to mean anything.

use std::str::FromStr as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cebridge_signature::Certificate;
use rsa::pkcs1v15::SigningKey;
use sha2::Sha256;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder as _, CertificateBuilder};
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::Extension;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use x509_cert::time::{Time, Validity};

use crate::attack::{Attack, Expect, Hostile, refused};
use crate::forge::Form;
use crate::judge;
use crate::values::padded;
use crate::victim::{Identity, Victim, key_info, victim};

/// Object identifiers: RSA, and elliptic curves with P-256.
const RSA: &[u8] = &[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];
const P256: &[u8] = &[
    0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
];

/// A DER element.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    match length {
        0..128 => out.push(length as u8),
        128..256 => out.extend([0x81, length as u8]),
        256..65536 => out.extend([0x82, (length >> 8) as u8, length as u8]),
        _ => out.extend([0x83, (length >> 16) as u8, (length >> 8) as u8, length as u8]),
    }
    out.extend(content);
    out
}

fn integer(bytes: &[u8]) -> Vec<u8> {
    let sign = bytes.first().is_some_and(|first| *first >= 0x80).then_some(0);
    der(2, &sign.into_iter().chain(bytes.iter().copied()).collect::<Vec<u8>>())
}

fn public_key(algorithm: &[u8], key: &[u8]) -> SubjectPublicKeyInfoOwned {
    let bits = der(3, &[&[0], key].concat());
    let info = der(0x30, &[der(0x30, algorithm), bits].concat());
    SubjectPublicKeyInfoOwned::from_der(&info).unwrap()
}

fn rsa_key(modulus: &[u8], exponent: &[u8]) -> SubjectPublicKeyInfoOwned {
    public_key(RSA, &der(0x30, &[integer(modulus), integer(exponent)].concat()))
}

/// An odd number of so many bytes, which need not be a product of two primes for what is done with it.
fn modulus(bytes: usize) -> Vec<u8> {
    let mut modulus = vec![0xc3; bytes];
    if let Some(last) = modulus.last_mut() {
        *last = 0x4b;
    }
    modulus
}

struct Profile {
    issuer: Name,
    subject: Name,
}

impl BuilderProfile for Profile {
    fn get_issuer(&self, _subject: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        _key: SubjectPublicKeyInfoRef<'_>,
        _issuer_key: SubjectPublicKeyInfoRef<'_>,
        _certificate: &x509_cert::TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        Ok(Vec::new())
    }
}

fn day(seconds: u64) -> Time {
    Time::try_from(std::time::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap()
}

/// A certificate for this key, valid from one second since 1970 to another, issued by an identity.
fn certificate(key: SubjectPublicKeyInfoOwned, by: &Identity, valid: (u64, u64)) -> Vec<u8> {
    let name = |text: &str| Name::from_str(text).unwrap();
    let profile = Profile {
        issuer: name(&by.certificate.subject()),
        subject: name("CN=Weak,O=Example"),
    };
    let validity = Validity::new(day(valid.0), day(valid.1));
    let builder = CertificateBuilder::new(profile, SerialNumber::from(0x4711_u32), validity, key).unwrap();
    let built = builder.build(&SigningKey::<Sha256>::new(by.rsa.clone())).unwrap();
    built.to_der().unwrap()
}

/// From 2020 to 2040.
const VALID: (u64, u64) = (1_577_836_800, 2_208_988_800);

fn own_key(identity: &Identity) -> SubjectPublicKeyInfoOwned {
    let parsed = x509_cert::Certificate::from_der(identity.certificate.der()).unwrap();
    parsed.tbs_certificate().subject_public_key_info().clone()
}

fn pem(der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
}

/// The order with a certificate for this key, which the receiver trusts, and the value made for `SignedInfo`.
fn with_key(key: SubjectPublicKeyInfoOwned, value: impl FnOnce(&[u8]) -> Vec<u8>) -> Hostile {
    let v = victim();
    let certificate = certificate(key, &v.owner, VALID);
    let form = Form {
        key_info: Some(key_info("00004711", &[&certificate])),
        ..Form::default()
    };
    Hostile {
        message: form.sign_with(&v.owner, value).into_bytes(),
        // A trust list with a weak key in it may not be readable; the issuer stands beside it.
        trust: Some(pem(v.owner.certificate.der())),
    }
}

/// The order signed by its owner, with another `KeyInfo`.
fn with_info(v: &Victim, info: &str) -> Hostile {
    let form = Form {
        key_info: Some(info.to_owned()),
        ..Form::default()
    };
    form.sign(&v.owner).into()
}

/// The order signed by the attacker, with these certificates.
fn by_attacker(v: &Victim, certificates: &[&[u8]]) -> Hostile {
    let form = Form {
        key_info: Some(key_info(&v.attacker.certificate.serial_hex(), certificates)),
        ..Form::default()
    };
    form.sign(&v.attacker).into()
}

/// A certificate of the victim's own key with another validity, trusted by its receiver.
fn aged(v: &Victim, valid: (u64, u64)) -> Hostile {
    let aged = certificate(own_key(&v.owner), &v.owner, valid);
    let form = Form {
        key_info: Some(key_info("00004711", &[&aged])),
        ..Form::default()
    };
    Hostile {
        message: form.sign(&v.owner).into_bytes(),
        trust: Some(Certificate::from_der(&aged).unwrap().to_pem()),
    }
}

fn signers() -> Vec<Attack> {
    const UNTRUSTED: &[&str] = &["untrusted"];
    const MISSING: &[&str] = &["certificate-missing"];
    vec![
        refused("signed by somebody with the same name", UNTRUSTED, |v| {
            Form::default().sign(&v.attacker).into()
        }),
        refused(
            "the attacker's certificate first, the victim's behind",
            UNTRUSTED,
            |v| by_attacker(v, &[v.attacker.certificate.der(), v.owner.certificate.der()]),
        ),
        refused(
            "the victim's certificate first, the attacker's behind",
            &["value-mismatch"],
            |v| by_attacker(v, &[v.owner.certificate.der(), v.attacker.certificate.der()]),
        ),
        refused(
            "the victim's certificate in X509Data of its own behind the attacker's",
            UNTRUSTED,
            |v| {
                let own = format!(
                    "<ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>",
                    v.owner.certificate_base64()
                );
                Form::default().sign(&v.attacker).replace("</ds:KeyInfo>", &own).into()
            },
        ),
        refused(
            "the attacker's certificate under the victim's signature",
            &["value-mismatch"],
            |v| {
                v.with(&v.owner.certificate_base64(), &v.attacker.certificate_base64())
                    .into()
            },
        ),
        refused(
            "the attacker's certificate under the victim's KeyName",
            &["key-name-mismatch"],
            |v| {
                let form = Form {
                    key_info: Some(key_info(
                        &v.owner.certificate.serial_hex(),
                        &[v.attacker.certificate.der()],
                    )),
                    ..Form::default()
                };
                form.sign(&v.attacker).into()
            },
        ),
        refused(
            "a certificate that the victim has issued, who may not",
            UNTRUSTED,
            |v| {
                let issued = certificate(own_key(&v.attacker), &v.owner, VALID);
                let form = Form {
                    key_info: Some(key_info("00004711", &[&issued, v.owner.certificate.der()])),
                    ..Form::default()
                };
                form.sign(&v.attacker).into()
            },
        ),
        refused(
            "a certificate that names the victim as issuer, who has not",
            UNTRUSTED,
            |v| {
                // Both have the same name.
                let issued = certificate(own_key(&v.attacker), &v.attacker, VALID);
                let form = Form {
                    key_info: Some(key_info("00004711", &[&issued, v.owner.certificate.der()])),
                    ..Form::default()
                };
                form.sign(&v.attacker).into()
            },
        ),
        refused("a certificate that has expired", &["certificate-expired"], |v| {
            aged(v, (0, 86_400))
        }),
        refused("a certificate that is not valid yet", &["not-yet-valid"], |v| {
            aged(v, (VALID.1 - 86_400, VALID.1))
        }),
        refused("no KeyInfo", MISSING, |v| with_info(v, "")),
        refused("an empty KeyInfo", MISSING, |v| with_info(v, "<ds:KeyInfo/>")),
        refused("only a KeyName", MISSING, |v| {
            let name = v.owner.certificate.serial_hex();
            with_info(v, &format!("<ds:KeyInfo><ds:KeyName>{name}</ds:KeyName></ds:KeyInfo>"))
        }),
        refused("an X509Data without certificate", MISSING, |v| {
            with_info(v, "<ds:KeyInfo><ds:X509Data/></ds:KeyInfo>")
        }),
        refused("another KeyName", &["key-name-mismatch"], |v| {
            with_info(v, &key_info("00000001", &[v.owner.certificate.der()]))
        }),
        refused("an empty KeyName", &["key-name-mismatch"], |v| {
            with_info(v, &key_info("", &[v.owner.certificate.der()]))
        }),
    ]
}

fn damaged() -> Vec<Attack> {
    const CODE: &[&str] = &["certificate-malformed"];
    vec![
        refused("a certificate that is no base64", CODE, |v| {
            v.with(&v.owner.certificate_base64(), "%%%").into()
        }),
        refused(
            "an empty certificate",
            &["certificate-malformed", "certificate-missing"],
            |v| v.with(&v.owner.certificate_base64(), "").into(),
        ),
        refused("a certificate in PEM", CODE, |v| {
            v.with(&v.owner.certificate_base64(), &v.owner.certificate.to_pem())
                .into()
        }),
        refused("half a certificate", CODE, |v| {
            let der = v.owner.certificate.der();
            with_info(v, &key_info("1", &[&der[..der.len() / 2]]))
        }),
        refused("a certificate with bytes behind", CODE, |v| {
            let der = [v.owner.certificate.der(), b"evil"].concat();
            with_info(v, &key_info(&v.owner.certificate.serial_hex(), &[&der]))
        }),
        refused("a certificate that is something else", CODE, |v| {
            with_info(v, &key_info("1", &[&der(0x30, b"")]))
        }),
        refused("a certificate whose lengths lie", CODE, |v| {
            with_info(v, &key_info("1", &[&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x30]]))
        }),
        refused("a certificate nested without end", CODE, |v| {
            with_info(v, &key_info("1", &[&[0x30, 0x80].repeat(10_000)]))
        }),
        refused("a damaged certificate first, the right one behind", CODE, |v| {
            with_info(
                v,
                &key_info(&v.owner.certificate.serial_hex(), &[b"evil", v.owner.certificate.der()]),
            )
        }),
    ]
}

fn weak_keys() -> Vec<Attack> {
    const CODE: &[&str] = &["certificate-malformed", "key-size"];
    vec![
        refused("a key of elliptic curves", CODE, |_| {
            let point = [&[4][..], &[7; 64]].concat();
            with_key(public_key(P256, &point), |info| padded(info, 128))
        }),
        refused("RSA of 512 bits", CODE, |_| {
            with_key(rsa_key(&modulus(64), &[1, 0, 1]), |info| padded(info, 64))
        }),
        refused("RSA of 1016 bits", CODE, |_| {
            with_key(rsa_key(&modulus(127), &[1, 0, 1]), |info| padded(info, 127))
        }),
        refused("RSA of 16 bits", CODE, |_| {
            with_key(rsa_key(&modulus(2), &[3]), |_| vec![1, 1])
        }),
        refused("RSA with the exponent 1", CODE, |_| {
            // The block itself is then its own signature.
            with_key(rsa_key(&modulus(128), &[1]), |info| padded(info, 128))
        }),
        refused("RSA with the exponent 0", CODE, |_| {
            with_key(rsa_key(&modulus(128), &[0]), |info| padded(info, 128))
        }),
        refused("RSA with an even exponent", CODE, |_| {
            with_key(rsa_key(&modulus(128), &[2]), |info| padded(info, 128))
        }),
        refused("RSA with an even modulus", CODE, |_| {
            let mut even = modulus(128);
            even[127] = 0x4a;
            with_key(rsa_key(&even, &[1, 0, 1]), |info| padded(info, 128))
        }),
        refused("RSA with the modulus 0", CODE, |_| {
            with_key(rsa_key(&[0], &[1, 0, 1]), |_| vec![0])
        }),
        refused("RSA with an exponent as large as the modulus", CODE, |_| {
            let mut exponent = modulus(128);
            exponent[127] = 0x49;
            with_key(rsa_key(&modulus(128), &exponent), |info| padded(info, 128))
        }),
        refused("RSA of 16,384 bits", CODE, |_| {
            with_key(rsa_key(&modulus(2048), &[1, 0, 1]), |info| padded(info, 2048))
        }),
        refused("RSA of 100,000 bits", CODE, |_| {
            with_key(rsa_key(&modulus(12_500), &[1, 0, 1]), |info| padded(info, 12_500))
        }),
        Attack {
            name: "RSA with the exponent 3 and a cube root of a block with garbage",
            expect: Expect::Refused(&["value-mismatch", "certificate-malformed", "key-size"]),
            make: |_| with_key(rsa_key(&modulus(256), &[3]), cube_root_forgery),
        },
    ]
}

/// A value whose cube begins like the block of PKCS#1 and goes on with garbage: careless verifiers take it for a
/// signature by any key with the exponent 3.
fn cube_root_forgery(message: &[u8]) -> Vec<u8> {
    let block = padded(message, 8 + 54);
    let mut most = block;
    most.resize(256, 0xff);
    let mut root = vec![0_u8; 86];
    for bit in 0..root.len() * 8 {
        let (byte, mask) = (bit / 8, 0x80 >> (bit % 8));
        root[byte] |= mask;
        if product(&product(&root, &root, 256), &root, 256) > most {
            root[byte] &= !mask;
        }
    }
    let cube = product(&product(&root, &root, 256), &root, 256);
    assert_eq!(cube[..62], most[..62], "the forgery is one");
    let mut value = vec![0; 256 - root.len()];
    value.extend(root);
    value
}

/// Product of two numbers, most significant byte first, in so many bytes; all ones when it does not fit.
fn product(a: &[u8], b: &[u8], length: usize) -> Vec<u8> {
    let mut sums = vec![0_u64; a.len() + b.len()];
    for (i, x) in a.iter().rev().enumerate() {
        for (j, y) in b.iter().rev().enumerate() {
            sums[i + j] += u64::from(*x) * u64::from(*y);
        }
    }
    let mut out = Vec::with_capacity(length);
    let mut carry = 0;
    for index in 0..sums.len().max(length) {
        let sum = sums.get(index).copied().unwrap_or(0) + carry;
        let byte = (sum & 0xff) as u8;
        carry = sum >> 8;
        if index < length {
            out.push(byte);
        } else if byte != 0 || carry != 0 {
            return vec![0xff; length];
        }
    }
    out.reverse();
    out
}

#[test]
fn nobody_signs_for_somebody_else() {
    judge::run(&signers());
}

#[test]
fn certificates_that_are_none_are_refused() {
    judge::run(&damaged());
}

#[test]
fn weak_keys_are_refused_although_they_are_trusted() {
    judge::run(&weak_keys());
}
