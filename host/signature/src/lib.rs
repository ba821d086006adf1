//! Canonical XML and XML-DSig: signing and verifying CEB messages, keys and certificates.
//!
//! In order: [`PrivateKey`] and [`Certificate`] are read from PEM, [`Signer`] combines them and signs
//! a message, [`verify`] checks a signed message. Both build on the canonical form in [`c14n`]. The
//! crate does no I/O; randomness (RSA blinding, new keys) comes from the operating system.
//!
//! ```
//! use cebridge_signature::{Place, Profile, Signer, generate_sm2_identity, verify};
//!
//! let (key, certificate, _files) = generate_sm2_identity("CN=Shop,O=Example")?;
//! let signer = Signer::new(key, Some(certificate))?;
//! let signed = signer.sign(b"<a><b>1</b></a>", &Profile::SM2_SM3, Place::Last)?;
//! let verdict = verify(&signed, &[], None);
//! assert!(verdict.valid);
//! assert_eq!(verdict.signer.as_deref(), Some("CN=Shop,O=Example"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

pub mod c14n;
mod certificate;
mod certificate_facts;
mod collect;
mod digests;
mod dsig;
mod explain;
mod form;
mod hash;
mod identity;
mod key;
mod key_error;
mod key_info;
mod modulus;
mod name;
mod outline;
mod parts;
mod pem;
mod place;
mod profile;
mod public_key;
mod reader;
mod report;
mod rsa_key;
mod sign;
mod sign_error;
mod signing_key;
mod sm2_user_id;
pub mod sm2_value;
mod tolerate;
mod trust;
mod verdict;
mod verify;
mod xml_error;

pub use cebridge_xml::{ErrorKind, Limits};
pub use certificate::{Certificate, CertificateError};
pub use certificate_facts::CertificateFacts;
pub use collect::{Collector, SignedParts};
pub use explain::{Cause, Explained, Explanation, explain};
pub use hash::Hash;
pub use identity::{IdentityPems, generate_dated_identity, generate_identity, generate_sm2_identity};
pub use key::PrivateKey;
pub use key_error::KeyError;
pub use place::Place;
pub use profile::{Method, Profile, ProfileError, Profiles, ValueEncoding};
pub use public_key::PublicKey;
pub use report::{Report, ReportedReason};
pub use sign::Signer;
pub use sign_error::SignError;
pub use signing_key::{KeyFault, KeyKind, Scheme, SigningKey};
pub use sm2_user_id::SM2_USER_ID;
pub use tolerate::verify_ukey_layout;
pub use verdict::{Reason, ReasonCode, Tolerated, Verdict};
pub use verify::{Options, verify, verify_with};
pub use xml_error::{XmlError, XmlErrorKind};
