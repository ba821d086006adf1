//! Canonical XML and XML-DSig: signing and verifying CEB messages, keys and certificates.
//!
//! The story in order: [`PrivateKey`] and [`Certificate`] are read from PEM, [`Signer`] joins them
//! and signs a message, [`verify`] judges a signed message. [`c14n`] is the canonical form both
//! rest on. The crate does no input or output of its own; randomness (RSA blinding, new keys)
//! comes from the operating system.
//!
//! ```
//! use cebridge_signature::{Place, Profile, Signer, generate_identity, verify};
//!
//! let (key, certificate, _files) = generate_identity("CN=Shop,O=Example", 1024)?;
//! let signer = Signer::new(key, Some(certificate))?;
//! let signed = signer.sign(b"<a><b>1</b></a>", Profile::RsaSha256, Place::Last)?;
//! let verdict = verify(&signed, &[], None);
//! assert!(verdict.valid);
//! assert_eq!(verdict.signer.as_deref(), Some("CN=Shop,O=Example"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

pub mod c14n;
mod certificate;
mod dsig;
mod explain;
mod identity;
mod interim;
mod key;
mod parts;
mod pem;
mod profile;
mod sign;
mod signing_key;
mod trust;
mod verify;
mod xml;

pub use certificate::{Certificate, CertificateError};
pub use identity::{IdentityPems, generate_identity};
pub use key::{KeyError, PrivateKey};
pub use profile::Profile;
pub use sign::{Place, SignError, Signer};
pub use signing_key::{KeyFault, KeyKind, Scheme, SigningKey};
pub use verify::{Reason, ReasonCode, Verdict, verify};
pub use xml::{MAX_BYTES, MAX_DEPTH, XmlError, XmlErrorKind};
