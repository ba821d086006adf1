//! Keys that sign: files, PKCS#11 tokens and customs cards behind an agent, and the pool that shares work among them.
pub mod ukey;
