//! Turns the algorithm profiles of a pack into those that this program signs with and accepts.

use crate::config::Signing;
use crate::error::EngineError;
use crate::packs::{Choice, Packs};
use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::signature::SignatureProfile;
use cebridge_signature::{Hash, Method, Profile, Profiles, ValueEncoding};

/// Returns the profile of a name as the pack defines it, else the official one. `None` for a name that is not defined,
/// and for a combination that this program can't do.
#[must_use]
pub fn profile(pack: &Pack, name: &str) -> Option<Profile> {
    match pack.profiles.iter().find(|profile| profile.name == name) {
        Some(defined) => supported_profile(defined),
        None => Profile::official(name),
    }
}

/// Returns the profiles with which signatures are accepted: the official ones, the variants configured for ports, and
/// those allowed by name.
///
/// # Errors
/// A name that the pack does not define.
pub fn accepted(pack: &Pack, signing: &Signing, allowed: &[String]) -> Result<Profiles, EngineError> {
    let of_ports = signing
        .ports
        .iter()
        .map(|(port, name)| (format!("signing.ports.{port} of the configuration"), name));
    let by_name = allowed.iter().map(|name| ("an allowed profile".to_owned(), name));
    let mut profiles = Profiles::official();
    for (what, name) in of_ports.chain(by_name) {
        let unusable = |hint: String| EngineError::Setting {
            what: what.clone(),
            value: name.clone(),
            hint,
        };
        let Some(found) = profile(pack, name) else {
            let known: Vec<&str> = pack.profiles.iter().map(|profile| profile.name.as_str()).collect();
            let edition = &pack.manifest.edition;
            return Err(unusable(format!("edition {edition} defines {}", known.join(", "))));
        };
        profiles = profiles.with(found).map_err(|error| unusable(error.to_string()))?;
    }
    Ok(profiles)
}

/// [`accepted`] by the pack in force on a day, `YYYY-MM-DD`.
///
/// # Errors
/// No pack is in force, or a name that it does not define.
pub fn accepted_on(packs: &Packs, signing: &Signing, day: &str, allowed: &[String]) -> Result<Profiles, EngineError> {
    let pack = packs.choose(&Choice::Day(day.to_owned()))?;
    accepted(pack.rules().pack(), signing, allowed)
}

fn supported_profile(defined: &SignatureProfile) -> Option<Profile> {
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
    use cebridge_rule_compiler::compile;
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
    fn variants_are_accepted_where_the_configuration_names_them() {
        let pack = compile(&shipped_sources(), "2022-05").unwrap();
        let mut signing = Signing::default();
        assert_eq!(accepted(&pack, &signing, &[]).unwrap(), Profiles::official());
        signing.ports.insert("5116".to_owned(), "sm2-sm3-w3c-sha1".to_owned());
        let accepts = |signing: &Signing, allowed: &[String]| {
            accepted(&pack, signing, allowed)
                .unwrap()
                .by_name("sm2-sm3-w3c-sha1")
                .is_some()
        };
        assert!(accepts(&signing, &[]));
        assert!(accepts(&Signing::default(), &["sm2-sm3-w3c-sha1".to_owned()]));
        let error = accepted(&pack, &signing, &["sm2".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("sm2-sm3-w3c-sha1"), "{error}");
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
        assert!(supported_profile(&defined("sm2", "sha256")).is_some());
        assert!(supported_profile(&defined("rsa", "sm3")).is_none());
        assert!(supported_profile(&defined("dsa", "sha1")).is_none());
    }
}
