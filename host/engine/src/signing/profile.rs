//! From the algorithm profiles of a pack to those that this program signs by.

use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::signature::SignatureProfile;
use cebridge_signature::{Hash, Method, Profile, ValueEncoding};

/// The profile of a name, as the pack defines it; a pack that defines none knows the official ones. `None` for a name
/// that nobody defines, and for a combination that this program can't do.
#[must_use]
pub fn profile(pack: &Pack, name: &str) -> Option<Profile> {
    match pack.profiles.iter().find(|profile| profile.name == name) {
        Some(defined) => of(defined),
        None => Profile::official(name),
    }
}

fn of(defined: &SignatureProfile) -> Option<Profile> {
    let digest = match defined.digest.as_str() {
        "sha1" => Hash::Sha1,
        "sha256" => Hash::Sha256,
        "sm3" => Hash::Sm3,
        _ => return None,
    };
    let encoding = match defined.encoding.as_str() {
        "raw" => ValueEncoding::Raw,
        "der" => ValueEncoding::Der,
        _ => return None,
    };
    let method = match (defined.scheme.as_str(), digest) {
        ("rsa", Hash::Sha1) => Method::RsaSha1,
        ("rsa", Hash::Sha256) => Method::RsaSha256,
        ("sm2", _) => Method::Sm2Sm3 {
            user_id: defined.user_id.clone().into(),
            encoding,
        },
        _ => return None,
    };
    let (name, signature, digest_uri) = (&defined.name, &defined.signature_uri, &defined.digest_uri);
    Profile::variant(name.clone(), method, digest, signature.clone(), digest_uri.clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cebridge_rule_core::source::compile;
    use cebridge_runtime::shipped_sources;

    #[test]
    fn the_shipped_profiles_are_the_official_ones_and_a_variant() {
        let pack = compile(&shipped_sources(), "2022-05").unwrap();
        for official in Profile::OFFICIAL {
            assert_eq!(profile(&pack, official.name()), Some(official.clone()));
        }
        let variant = profile(&pack, "sm2-sm3-w3c-sha1").unwrap();
        assert_eq!(variant.digest(), Hash::Sha1);
        assert_eq!(variant.method(), Profile::SM2_SM3.method());
        assert_eq!(profile(&pack, "md5"), None);
    }

    #[test]
    fn combinations_that_no_key_does_are_none() {
        let defined = |scheme: &str, digest: &str| SignatureProfile {
            name: "odd".to_owned(),
            signature_uri: "http://example.org/#a".to_owned(),
            digest_uri: "http://example.org/#b".to_owned(),
            digest: digest.to_owned(),
            scheme: scheme.to_owned(),
            encoding: "raw".to_owned(),
            user_id: "1".to_owned(),
            ..SignatureProfile::default()
        };
        assert!(of(&defined("sm2", "sha256")).is_some());
        assert!(of(&defined("rsa", "sm3")).is_none());
        assert!(of(&defined("dsa", "sha1")).is_none());
    }
}
