//! Keys that sign: files, PKCS#11 tokens and customs cards behind an agent, and the pool that shares work among them.
//!
//! The story in order: a [`KeySource`] in the configuration says where a key lives, [`open`] makes an [`OpenKey`] of
//! it, a [`KeyPool`] lends the keys of one enterprise to whoever has a message to sign and keeps an eye on their health.
//! What a key does is `cebridge_signature::SigningKey`; how a signed message looks is that crate's business as well.
//!
//! Secrets (keys, passwords, PINs) are wiped from memory when they are dropped and never shown. One exception is not in
//! our hands: see [`file`](crate::load_key) on PKCS#12.
#![forbid(unsafe_code)]

mod clock;
mod file;
mod pkcs11;
mod pool;
mod secret_file;
mod source;
pub mod ukey;

pub use clock::{Clock, SystemClock};
pub use file::{FileError, FileKey, load_certificates, load_key};
pub use pkcs11::{Pkcs11Error, Pkcs11Key, Pkcs11Source, Sm2Input, Sm2Output};
pub use pool::{Health, KeyPool, KeyStatus, Lease, PoolError, PoolKey, PoolSettings, SignedBy};
pub use secret_file::{SecretFileError, read_secret};
pub use source::{Agents, Environment, KeyPlace, KeySource, OpenCause, OpenError, OpenKey, Secrets, open};
