//! Keys that sign: files, PKCS#11 tokens and customs cards behind an agent, and the pool that shares work among them.
//!
//! A [`KeySource`] in the configuration says where a key lives, [`open`] turns it into an [`OpenKey`], and a
//! [`KeyPool`] lends the keys of one enterprise to callers with a message to sign and monitors their health. The
//! signing interface is `cebridge_signature::SigningKey`; that crate also defines the form of signed messages.
//!
//! Secrets (keys, passwords, PINs) are wiped from memory when dropped and never shown. One exception is beyond our
//! control: see [`file`](crate::load_key) on PKCS#12.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

mod file;
mod pkcs11;
mod pool;
mod secret_file;
mod source;

pub use file::{FileError, FileKey, load_certificates, load_key};
pub use pkcs11::{Pkcs11Error, Pkcs11Key, Pkcs11Source, Sm2Input, Sm2Output};
pub use pool::{Health, KeyPool, KeyStatus, Lease, PoolError, PoolKey, PoolSettings, SignedBy};
pub use secret_file::{SecretFileError, read_secret};
pub use source::{Agents, Environment, KeyPlace, KeySource, OpenCause, OpenError, OpenKey, Secrets, open};
