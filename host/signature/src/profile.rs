//! Signature profiles: which hash goes with which kind of key, and the URIs that name them.
//!
//! A profile is data. Three are official; variants that one port accepts come from rule packs.

use std::borrow::Cow;
use std::fmt;

use crate::hash::{Hash, Hasher};
use crate::public_key::PublicKey;
use crate::signing_key::{KeyFault, KeyKind, Scheme, SigningKey};
use crate::sm2_user_id::SM2_USER_ID;
use crate::sm2_value;

/// The private-key operation of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Method {
    /// RSA PKCS#1 v1.5 over SHA-1.
    RsaSha1,
    /// RSA PKCS#1 v1.5 over SHA-256.
    RsaSha256,
    /// SM2 over SM3.
    Sm2Sm3 {
        /// User id that goes into Z.
        user_id: Cow<'static, str>,
        /// Encoding of the two numbers of the value.
        encoding: ValueEncoding,
    },
}

/// Encoding of the two numbers of an SM2 signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueEncoding {
    /// r‖s, 32 bytes each, big-endian, as produced by customs cards.
    Raw,
    /// A DER `SEQUENCE` of two numbers.
    Der,
}

/// An algorithm combination that a message may be signed with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Profile {
    name: Cow<'static, str>,
    method: Method,
    digest: Hash,
    signature_uri: Cow<'static, str>,
    digest_uri: Cow<'static, str>,
}

impl Profile {
    /// RSA PKCS#1 v1.5 with SHA-1: editions 2018-113 and 2022-05, chapter 6.
    pub const RSA_SHA1: Profile = Profile {
        name: Cow::Borrowed("rsa-sha1"),
        method: Method::RsaSha1,
        digest: Hash::Sha1,
        signature_uri: Cow::Borrowed("http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
        digest_uri: Cow::Borrowed("http://www.w3.org/2000/09/xmldsig#sha1"),
    };

    /// RSA PKCS#1 v1.5 with SHA-256: edition 2018-113, chapter 6. The URIs are the W3C's; the edition prints none.
    pub const RSA_SHA256: Profile = Profile {
        name: Cow::Borrowed("rsa-sha256"),
        method: Method::RsaSha256,
        digest: Hash::Sha256,
        signature_uri: Cow::Borrowed("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"),
        digest_uri: Cow::Borrowed("http://www.w3.org/2001/04/xmlenc#sha256"),
    };

    /// SM2 with SM3, value r‖s: edition 2022-05, chapter 6, where it is preferred.
    pub const SM2_SM3: Profile = Profile {
        name: Cow::Borrowed("sm2-sm3"),
        method: Method::Sm2Sm3 {
            user_id: Cow::Borrowed(SM2_USER_ID),
            encoding: ValueEncoding::Raw,
        },
        digest: Hash::Sm3,
        signature_uri: Cow::Borrowed("http://www.chinaport.gov.cn/2022/04/xmldsig#sm2-sm3"),
        digest_uri: Cow::Borrowed("http://www.chinaport.gov.cn/2022/04/xmldsig#sm3"),
    };

    /// The official profiles, in the order of their introduction.
    pub const OFFICIAL: [Profile; 3] = [Profile::RSA_SHA1, Profile::RSA_SHA256, Profile::SM2_SM3];

    /// A profile beyond the official ones, for a combination that one port accepts. URIs must be plain and absolute.
    ///
    /// # Errors
    /// A name or URI that is not allowed in a message.
    pub fn variant(
        name: String,
        method: Method,
        digest: Hash,
        signature_uri: String,
        digest_uri: String,
    ) -> Result<Profile, ProfileError> {
        let plain = |c: char| c.is_ascii_graphic() && !"<>&\"'".contains(c);
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Err(ProfileError::Name(name));
        }
        if let Some(uri) = [&signature_uri, &digest_uri]
            .into_iter()
            .find(|uri| !uri.contains(':') || !uri.chars().all(plain))
        {
            return Err(ProfileError::Uri {
                profile: name,
                uri: uri.clone(),
            });
        }
        Ok(Profile {
            name: name.into(),
            method,
            digest,
            signature_uri: signature_uri.into(),
            digest_uri: digest_uri.into(),
        })
    }

    /// Name used in configuration and rule files, for example `rsa-sha1`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The official profile with this name; for variants see [`Profiles`].
    #[must_use]
    pub fn official(name: &str) -> Option<Profile> {
        Profile::OFFICIAL.into_iter().find(|profile| profile.name == name)
    }

    /// URI in `SignatureMethod/@Algorithm`.
    #[must_use]
    pub fn signature_uri(&self) -> &str {
        &self.signature_uri
    }

    /// URI in `DigestMethod/@Algorithm`.
    #[must_use]
    pub fn digest_uri(&self) -> &str {
        &self.digest_uri
    }

    /// Hash of the message's digest.
    #[must_use]
    pub fn digest(&self) -> Hash {
        self.digest
    }

    /// The private-key operation.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The operation to request from a key.
    #[must_use]
    pub fn scheme(&self) -> Scheme<'_> {
        match &self.method {
            Method::RsaSha1 => Scheme::RsaSha1,
            Method::RsaSha256 => Scheme::RsaSha256,
            Method::Sm2Sm3 { user_id, .. } => Scheme::Sm2Sm3 { user_id },
        }
    }

    /// Returns `true` if keys of this kind can sign with it.
    #[must_use]
    pub fn fits(&self, kind: KeyKind) -> bool {
        self.scheme().fits(kind)
    }

    /// A hasher for the message.
    pub(crate) fn hasher(&self) -> Hasher {
        self.digest.hasher()
    }

    /// Signs `message` with a key; returns the content of `SignatureValue` before Base64.
    pub(crate) fn seal(&self, key: &dyn SigningKey, message: &[u8]) -> Result<Vec<u8>, KeyFault> {
        let value = key.sign(self.scheme(), message)?;
        match &self.method {
            Method::Sm2Sm3 {
                encoding: ValueEncoding::Der,
                ..
            } => sm2_value::to_der(&value)
                .ok_or_else(|| KeyFault::Failed(format!("an SM2 value has 64 bytes, not {}", value.len()))),
            _ => Ok(value),
        }
    }

    /// Verifies a value over `message`.
    pub(crate) fn check(&self, key: &PublicKey, message: &[u8], value: &[u8]) -> bool {
        match &self.method {
            Method::Sm2Sm3 {
                encoding: ValueEncoding::Der,
                ..
            } => sm2_value::from_der(value).is_some_and(|raw| key.verify(self.scheme(), message, &raw)),
            _ => key.verify(self.scheme(), message, value),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Reason a profile can't be used.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProfileError {
    /// A name with characters other than letters, digits and hyphens.
    #[error("profile name {0:?}: use letters, digits and hyphens")]
    Name(String),
    /// A URI that is not allowed in an attribute, or is not absolute.
    #[error("profile {profile}: {uri:?} is not an absolute URI of plain ASCII characters")]
    Uri {
        /// The profile.
        profile: String,
        /// The URI.
        uri: String,
    },
    /// A second profile with the same name or pair of URIs.
    #[error("profile {name} already exists, or another profile uses the same two URIs")]
    Taken {
        /// The profile.
        name: String,
    },
}

/// The accepted profiles: the official ones and explicitly allowed variants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profiles(Vec<Profile>);

impl Profiles {
    /// The official profiles only.
    #[must_use]
    pub fn official() -> Profiles {
        Profiles(Profile::OFFICIAL.to_vec())
    }

    /// This profile only.
    #[must_use]
    pub fn only(profile: Profile) -> Profiles {
        Profiles(vec![profile])
    }

    /// Also accepts a variant.
    ///
    /// # Errors
    /// A name or pair of URIs that is already taken: the message must identify one profile.
    pub fn with(mut self, variant: Profile) -> Result<Profiles, ProfileError> {
        let taken = self.0.iter().any(|known| {
            known.name == variant.name
                || (known.signature_uri == variant.signature_uri && known.digest_uri == variant.digest_uri)
        });
        if taken && !self.0.contains(&variant) {
            return Err(ProfileError::Taken {
                name: variant.name.into_owned(),
            });
        }
        if !taken {
            self.0.push(variant);
        }
        Ok(self)
    }

    /// The profile with this name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&Profile> {
        self.0.iter().find(|profile| profile.name == name)
    }

    /// The profile with these two URIs; `None` for any other combination.
    #[must_use]
    pub fn by_uris(&self, signature_uri: &str, digest_uri: &str) -> Option<&Profile> {
        self.0
            .iter()
            .find(|profile| profile.signature_uri == signature_uri && profile.digest_uri == digest_uri)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Profile> {
        self.0.iter()
    }
}

impl Default for Profiles {
    fn default() -> Self {
        Profiles::official()
    }
}
