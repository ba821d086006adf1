//! Finds the input or encoding of a signature value that does not match the canonical `SignedInfo`.

use super::digest::from_hex;
use super::namespaces::{self, Difference};
use super::variants::with_line_ends;
use super::{Case, Cause, Explanation};
use crate::hash::Hash;
use crate::profile::{Method, Profile, ValueEncoding};
use crate::public_key::PublicKey;
use crate::signing_key::{KeyKind, Scheme};
use crate::sm2_user_id::SM2_USER_ID;
use crate::sm2_value;
use crate::tolerate::without_blanks;

/// Default user ids of libraries.
const USER_IDS: [&str; 4] = [
    SM2_USER_ID,
    "",
    "31323334353637383132333435363738",
    "ALICE123@YAHOO.COM",
];

/// A way to read the value, and the causes that it implies.
struct Way<'w> {
    causes: Vec<Explanation>,
    scheme: Scheme<'w>,
    value: Vec<u8>,
}

impl Way<'_> {
    fn fits(&self, key: &PublicKey, message: &[u8]) -> bool {
        key.verify(self.scheme, message, &self.value)
    }
}

/// Returns the causes of a value that does not verify.
pub(super) fn causes(case: &Case<'_>) -> Vec<Explanation> {
    let Some((key, others)) = case.keys.split_first() else {
        return Vec::new();
    };
    let ways = ways(case, key);
    let strict = &case.found.signed_info;
    if let Some(way) = ways.iter().find(|way| way.fits(key, strict)) {
        return way.causes.clone();
    }
    if let Some(found) = other_forms(case, key, &ways).or_else(|| other_bytes(case, key, &ways)) {
        return found;
    }
    for (index, other) in others.iter().enumerate() {
        if self::ways(case, other).iter().any(|way| way.fits(other, strict)) {
            let detail = format!(
                "certificate {} of those sent verifies; the first one is taken for the signer's",
                index + 2
            );
            return vec![Explanation::new(Cause::CertificateOrder, detail)];
        }
    }
    if case.parts.value.is_none() && ways.is_empty() {
        return Vec::new();
    }
    let detail = "no usual mistake explains the value: another key signed, or SignedInfo was changed after signing";
    vec![Explanation::new(Cause::OtherKey, detail)]
}

/// Tries other forms of `SignedInfo`.
fn other_forms(case: &Case<'_>, key: &PublicKey, ways: &[Way<'_>]) -> Option<Vec<Explanation>> {
    let strict = String::from_utf8_lossy(&case.found.signed_info).into_owned();
    let mut bodies = vec![(None, strict.clone())];
    let indented = Explanation::new(
        Cause::SignedInfoIndented,
        "white space between the elements of SignedInfo was added after signing",
    );
    let compact = without_blanks(&strict);
    if compact != strict {
        bodies.push((Some(indented), compact));
    }
    if strict.contains('\n') {
        for ends in [b"&#xD;\n".as_slice(), b"\r\n"] {
            let detail = "SignedInfo was signed with CR LF line ends";
            let body = String::from_utf8(with_line_ends(strict.as_bytes(), ends)).unwrap_or_default();
            bodies.push((Some(Explanation::new(Cause::SignedInfoLineEnds, detail)), body));
        }
    }
    let raw = case.text.get(case.found.info_span.clone()).unwrap_or_default();
    let detail = "the text of SignedInfo was signed, not its canonical form";
    bodies.push((Some(Explanation::new(Cause::SignedInfoRaw, detail)), raw.to_owned()));
    for (explained, body) in &bodies {
        if let Some(way) = ways.iter().find(|way| way.fits(key, body.as_bytes())) {
            return Some(explained.iter().cloned().chain(way.causes.clone()).collect());
        }
        for (difference, variant) in namespaces::variants(body) {
            let apart = difference.with.is_empty() && !variant.contains(" xmlns:ceb=");
            // Every way for the usual mistake; only the stated one for the others, because there are many.
            let tried = if apart { ways } else { ways.get(..1).unwrap_or_default() };
            if let Some(way) = tried.iter().find(|way| way.fits(key, variant.as_bytes())) {
                let mut found = vec![namespace_cause(&difference, &variant)];
                found.extend(explained.iter().cloned());
                found.extend(way.causes.clone());
                return Some(found);
            }
        }
    }
    None
}

fn namespace_cause(difference: &Difference, variant: &str) -> Explanation {
    let names = difference.names();
    let tag = variant.split('>').next().unwrap_or_default();
    if difference.with.is_empty() && tag.matches("xmlns").count() == 1 {
        let detail = format!(
            "SignedInfo was signed apart from the message or by exclusive C14N, without the namespaces it inherits ({names})"
        );
        return Explanation::new(Cause::SignedInfoApart, detail);
    }
    match difference.with.is_empty() {
        true => Explanation::new(
            Cause::SignedInfoMissing,
            format!("SignedInfo was signed without {names}, which the message declares"),
        ),
        false => Explanation::new(
            Cause::SignedInfoExtra,
            match difference.without.is_empty() {
                true => format!("SignedInfo was signed with {names}, which the message does not declare"),
                false => format!(
                    "SignedInfo was signed with {} instead of {}",
                    difference.with.join(", "),
                    difference.without.join(", ")
                ),
            },
        ),
    }
}

/// Tries bytes other than `SignedInfo`.
fn other_bytes(case: &Case<'_>, key: &PublicKey, ways: &[Way<'_>]) -> Option<Vec<Explanation>> {
    let strict = &case.found.signed_info;
    let mut tries: Vec<(Cause, &str, Vec<u8>)> = Vec::new();
    for hash in Hash::ALL {
        let digest = hash.digest(strict);
        let detail = "the value was made over the digest of SignedInfo, which was hashed again";
        tries.push((Cause::HashedTwice, detail, hex(&digest).into_bytes()));
        tries.push((Cause::HashedTwice, detail, digest));
        let digest = case.found.message.by(hash);
        let detail = "the value was made over the digest of the message instead of SignedInfo";
        tries.push((Cause::OtherBytes, detail, hex(&digest).into_bytes()));
        tries.push((Cause::OtherBytes, detail, digest));
    }
    if let Some(digest) = &case.parts.digest {
        let detail = "the value was made over DigestValue instead of SignedInfo";
        tries.push((Cause::OtherBytes, detail, digest.clone()));
        let info = case
            .element
            .child("SignedInfo")
            .and_then(|info| info.child("Reference"));
        let written = info
            .and_then(|info| info.child("DigestValue"))
            .map(|value| value.compact());
        tries.extend(written.map(|text| (Cause::OtherBytes, detail, text.into_bytes())));
    }
    if let crate::digests::Digested::Bytes(message) = &case.found.message {
        let detail = "the value was made over the message instead of SignedInfo";
        tries.push((Cause::OtherBytes, detail, message.clone()));
    }
    tries.into_iter().find_map(|(cause, detail, bytes)| {
        let way = ways.iter().find(|way| way.fits(key, &bytes))?;
        let mut found = vec![Explanation::new(cause, detail)];
        found.extend(way.causes.clone());
        Some(found)
    })
}

/// Finds the algorithms really used for digest and value, when the names are wrong.
pub(super) fn algorithms(case: &Case<'_>) -> Vec<Explanation> {
    let (Some(key), Some(value), Some(digest)) = (case.keys.first(), &case.parts.value, &case.parts.digest) else {
        return Vec::new();
    };
    let made = Hash::ALL
        .into_iter()
        .find(|hash| case.found.message.by(*hash) == *digest);
    let made_by = made.map_or("no known hash of this message".to_owned(), |hash| hash.to_string());
    let profiles = Profile::OFFICIAL.into_iter().filter(|profile| profile.fits(key.kind()));
    for profile in profiles {
        if !profile.check(key, &case.found.signed_info, value) {
            continue;
        }
        let detail = format!(
            "the value was made by {}, the digest by {made_by}; {profile} is named by {} and {}",
            profile.scheme(),
            profile.signature_uri(),
            profile.digest_uri()
        );
        return vec![Explanation::new(Cause::AlgorithmNames, detail)];
    }
    Vec::new()
}

/// The ways to read the value for a key, the stated one first.
fn ways<'w>(case: &'w Case<'_>, key: &PublicKey) -> Vec<Way<'w>> {
    let mut values: Vec<(Vec<Explanation>, Vec<u8>)> = Vec::new();
    values.extend(case.parts.value.iter().map(|value| (Vec::new(), value.clone())));
    let written = case.element.child("SignatureValue").map(|value| value.compact());
    let decoded = case
        .parts
        .value
        .as_ref()
        .and_then(|value| std::str::from_utf8(value).ok());
    let hex = [written.as_deref(), decoded].into_iter().flatten().find_map(from_hex);
    let detail = "SignatureValue holds the value in hexadecimal";
    values.extend(hex.map(|bytes| (vec![Explanation::new(Cause::ValueHex, detail)], bytes)));
    let mut found = Vec::new();
    for (causes, value) in values {
        match key.kind() {
            KeyKind::Rsa { .. } => rsa_ways(case, &causes, &value, &mut found),
            KeyKind::Sm2 => sm2_ways(case, &causes, &value, &mut found),
        }
    }
    found
}

fn rsa_ways(case: &Case<'_>, causes: &[Explanation], value: &[u8], found: &mut Vec<Way<'_>>) {
    let stated = case.parts.profile.as_ref().map(Profile::method);
    for (method, scheme) in [
        (Method::RsaSha256, Scheme::RsaSha256),
        (Method::RsaSha1, Scheme::RsaSha1),
    ] {
        let mut causes = causes.to_vec();
        if stated == Some(&method) {
            found.insert(
                0,
                Way {
                    causes,
                    scheme,
                    value: value.to_vec(),
                },
            );
            continue;
        }
        if stated.is_some() {
            let detail = format!("the value was made by {scheme}, SignatureMethod names another hash");
            causes.push(Explanation::new(Cause::SignatureHash, detail));
        }
        found.push(Way {
            causes,
            scheme,
            value: value.to_vec(),
        });
    }
}

fn sm2_ways<'w>(case: &'w Case<'_>, causes: &[Explanation], value: &[u8], found: &mut Vec<Way<'w>>) {
    let (own, der_wanted) = match case.parts.profile.as_ref().map(Profile::method) {
        Some(Method::Sm2Sm3 { user_id, encoding }) => (user_id.as_ref(), *encoding == ValueEncoding::Der),
        _ => (SM2_USER_ID, false),
    };
    let mut forms: Vec<(Option<Explanation>, Vec<u8>)> = Vec::new();
    let written = |wrong: bool, cause, detail: &str| wrong.then(|| Explanation::new(cause, detail));
    if let Some(raw) = sm2_value::from_der(value) {
        let detail = "SignatureValue is a DER SEQUENCE";
        forms.push((written(!der_wanted, Cause::DerValue, detail), raw));
    }
    if value.len() == sm2_value::RAW_BYTES {
        let detail = "SignatureValue holds r and s without DER";
        forms.push((written(der_wanted, Cause::RawValue, detail), value.to_vec()));
        let (r, s) = value.split_at(value.len() / 2);
        let detail = "SignatureValue holds s before r";
        forms.push((written(true, Cause::SwappedValue, detail), [s, r].concat()));
    }
    let names = case.parts.key_name.as_deref();
    let ids = std::iter::once(own)
        .chain(USER_IDS.into_iter().filter(|id| *id != own))
        .chain(names);
    for user_id in ids {
        for (form, raw) in &forms {
            let mut causes: Vec<Explanation> = causes.iter().chain(form).cloned().collect();
            if user_id != own {
                let detail = format!("the value was made with the user id {user_id:?} instead of {own:?}");
                causes.push(Explanation::new(Cause::UserId, detail));
            }
            found.push(Way {
                causes,
                scheme: Scheme::Sm2Sm3 { user_id },
                value: raw.clone(),
            });
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
