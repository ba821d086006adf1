//! Other algorithms than those of a profile: named and not used, used and not named, or mixed.

use crate::attack::{Attack, refused};
use crate::forge::{DSIG, Form, Hash, RSA_SHA1, RSA_SHA256, SHA1, SHA256, algorithm};
use crate::judge;
use crate::victim::Victim;

/// A correct signature that names this signature method.
fn method(v: &Victim, uri: &str) -> String {
    let form = Form {
        method: algorithm("SignatureMethod", uri),
        ..Form::default()
    };
    form.sign(&v.owner)
}

/// A correct signature with this digest method.
fn digest(v: &Victim, uri: &str, hash: Hash) -> String {
    let form = Form {
        digest_method: algorithm("DigestMethod", uri),
        digest_hash: hash,
        ..Form::default()
    };
    form.sign(&v.owner)
}

/// A correct signature with this canonicalization.
fn canonicalization(v: &Victim, element: String, exclusive: bool) -> String {
    let form = Form {
        canonicalization: element,
        exclusive,
        ..Form::default()
    };
    form.sign(&v.owner)
}

fn algorithms() -> Vec<Attack> {
    const CODE: &[&str] = &["algorithm"];
    vec![
        refused("no algorithm", CODE, |v| method(v, "none").into()),
        refused("an empty algorithm", CODE, |v| method(v, "").into()),
        refused("the key as the secret of an HMAC", CODE, |v| {
            let form = Form {
                method: algorithm("SignatureMethod", &format!("{DSIG}hmac-sha1")),
                ..Form::default()
            };
            form.sign_with(&v.owner, |info| {
                // HMAC with the certificate, which everybody has, as its secret.
                let block = |pad: u8| {
                    let mut key = Hash::Sha1.of(v.owner.certificate.der());
                    key.resize(64, 0);
                    key.into_iter().map(|byte| byte ^ pad).collect::<Vec<u8>>()
                };
                let inner = Hash::Sha1.of(&[block(0x36), info.to_vec()].concat());
                Hash::Sha1.of(&[block(0x5c), inner].concat())
            })
            .into()
        }),
        refused("an HMAC cut to nothing", &["algorithm", "malformed"], |v| {
            let form = Form {
                method: format!(
                    "<ds:SignatureMethod Algorithm=\"{DSIG}hmac-sha1\"><ds:HMACOutputLength>0</ds:HMACOutputLength></ds:SignatureMethod>"
                ),
                ..Form::default()
            };
            form.sign_with(&v.owner, |_| vec![0]).into()
        }),
        refused("RSA with MD5", CODE, |v| {
            method(v, "http://www.w3.org/2001/04/xmldsig-more#rsa-md5").into()
        }),
        refused("RSA with RIPEMD", CODE, |v| {
            method(v, "http://www.w3.org/2001/04/xmldsig-more#rsa-ripemd160").into()
        }),
        refused("RSA-PSS", CODE, |v| {
            method(v, "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1").into()
        }),
        refused("DSA", CODE, |v| method(v, &format!("{DSIG}dsa-sha1")).into()),
        refused("ECDSA", CODE, |v| {
            method(v, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256").into()
        }),
        refused("an unknown algorithm", CODE, |v| {
            method(v, "http://x.example/rsa-sha256").into()
        }),
        refused("an algorithm in capital letters", CODE, |v| {
            method(v, &RSA_SHA256.to_uppercase()).into()
        }),
        refused("an algorithm with a space", CODE, |v| {
            method(v, &format!(" {RSA_SHA256}")).into()
        }),
        refused("a digest by MD5", CODE, |v| {
            digest(v, "http://www.w3.org/2001/04/xmldsig-more#md5", Hash::Sha1).into()
        }),
        refused("an unknown digest", CODE, |v| {
            digest(v, "http://x.example/", Hash::Sha256).into()
        }),
        refused("an empty digest algorithm", CODE, |v| {
            digest(v, "", Hash::Sha256).into()
        }),
        refused("a digest by SHA-1 under a signature by SHA-256", CODE, |v| {
            digest(v, SHA1, Hash::Sha1).into()
        }),
        refused("a digest by SHA-256 under a signature by SHA-1", CODE, |v| {
            let form = Form {
                method: algorithm("SignatureMethod", RSA_SHA1),
                signature_hash: Hash::Sha1,
                ..Form::default()
            };
            form.sign(&v.owner).into()
        }),
        refused("a digest by SHA-1 under SM2 with SM3", CODE, |v| {
            let form = Form {
                method: algorithm("SignatureMethod", "http://www.chinaport.gov.cn/2022/04/xmldsig#sm2-sm3"),
                digest_method: algorithm("DigestMethod", SHA1),
                digest_hash: Hash::Sha1,
                ..Form::default()
            };
            form.sign(&v.owner).into()
        }),
        refused("SM3 under a signature by RSA", CODE, |v| {
            digest(v, "http://www.chinaport.gov.cn/2022/04/xmldsig#sm3", Hash::Sha256).into()
        }),
        refused(
            "SM2 named over a key of RSA",
            &[
                "algorithm",
                "value-mismatch",
                "digest-mismatch",
                "certificate-malformed",
            ],
            |v| {
                let form = Form {
                    method: algorithm("SignatureMethod", "http://www.chinaport.gov.cn/2022/04/xmldsig#sm2-sm3"),
                    digest_method: algorithm("DigestMethod", "http://www.chinaport.gov.cn/2022/04/xmldsig#sm3"),
                    ..Form::default()
                };
                form.sign(&v.owner).into()
            },
        ),
        refused("SHA-1 used where SHA-256 is named", &["digest-mismatch"], |v| {
            digest(v, SHA256, Hash::Sha1).into()
        }),
        refused("SHA-1 signed where SHA-256 is named", &["value-mismatch"], |v| {
            let form = Form {
                signature_hash: Hash::Sha1,
                ..Form::default()
            };
            form.sign(&v.owner).into()
        }),
        refused("a method without algorithm", &["algorithm", "malformed"], |v| {
            let form = Form {
                method: "<ds:SignatureMethod/>".to_owned(),
                ..Form::default()
            };
            form.sign(&v.owner).into()
        }),
        refused("two methods", &["malformed"], |v| {
            let form = Form {
                method: algorithm("SignatureMethod", RSA_SHA1) + &algorithm("SignatureMethod", RSA_SHA256),
                ..Form::default()
            };
            form.sign(&v.owner).into()
        }),
        refused("a parameter in the digest method", &["malformed"], |v| {
            let form = Form {
                digest_method: algorithm("DigestMethod", SHA256)
                    .replace("/>", "><x xmlns=\"urn:x\"/></ds:DigestMethod>"),
                ..Form::default()
            };
            form.sign(&v.owner).into()
        }),
        refused("SHA-256 named after signing", &["value-mismatch"], |v| {
            let form = Form {
                method: algorithm("SignatureMethod", RSA_SHA1),
                signature_hash: Hash::Sha1,
                digest_method: algorithm("DigestMethod", SHA1),
                digest_hash: Hash::Sha1,
                ..Form::default()
            };
            form.sign(&v.owner)
                .replace(RSA_SHA1, RSA_SHA256)
                .replace(&format!("\"{SHA1}\""), &format!("\"{SHA256}\""))
                .into()
        }),
    ]
}

fn canonicalizations() -> Vec<Attack> {
    const CODE: &[&str] = &["canonicalization"];
    const METHOD: &str = "CanonicalizationMethod";
    vec![
        refused("exclusive canonicalization", CODE, |v| {
            canonicalization(v, algorithm(METHOD, "http://www.w3.org/2001/10/xml-exc-c14n#"), true).into()
        }),
        refused("exclusive canonicalization with comments", CODE, |v| {
            canonicalization(
                v,
                algorithm(METHOD, "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"),
                true,
            )
            .into()
        }),
        refused("canonicalization with comments", CODE, |v| {
            canonicalization(
                v,
                algorithm(METHOD, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"),
                false,
            )
            .into()
        }),
        refused("canonicalization 1.1", CODE, |v| {
            canonicalization(v, algorithm(METHOD, "http://www.w3.org/2006/12/xml-c14n11"), false).into()
        }),
        refused("an unknown canonicalization", CODE, |v| {
            canonicalization(v, algorithm(METHOD, "http://x.example/"), false).into()
        }),
        refused("an empty canonicalization", CODE, |v| {
            canonicalization(v, algorithm(METHOD, ""), false).into()
        }),
        refused(
            "exclusive form signed under the inclusive name",
            &["value-mismatch"],
            |v| {
                let form = Form {
                    exclusive: true,
                    ..Form::default()
                };
                form.sign(&v.owner).into()
            },
        ),
        refused(
            "a list of prefixes in the canonicalization",
            &["malformed", "canonicalization"],
            |v| {
                let element = "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"><e:InclusiveNamespaces xmlns:e=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"ceb\"/></ds:CanonicalizationMethod>";
                canonicalization(v, element.to_owned(), false).into()
            },
        ),
    ]
}

#[test]
fn only_the_algorithms_of_a_profile_are_accepted() {
    judge::run(&algorithms());
}

#[test]
fn only_one_canonicalization_is_accepted() {
    judge::run(&canonicalizations());
}
