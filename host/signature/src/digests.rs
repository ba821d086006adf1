//! Buffers the canonical message until the hash algorithm is known.

use crate::c14n::Sink;
use crate::hash::{Hash, Hasher};

/// Most canonical bytes buffered: a typical message is never hashed with an unneeded algorithm, and a large one takes
/// no more memory than this. Arbitrary.
const HELD: usize = 1 << 20;
/// Bytes collected before they are hashed, because the incoming pieces are tiny.
const BLOCK: usize = 16 << 10;

/// Takes canonical bytes and provides their digest by any hash.
#[derive(Default)]
pub(crate) struct Digests {
    held: Vec<u8>,
    /// All hashes at once, from the moment the message becomes too large to buffer.
    running: Vec<(Hash, Hasher)>,
}

/// Canonical bytes, or only their digests.
#[derive(Debug, Clone)]
pub(crate) enum Digested {
    /// The bytes themselves.
    Bytes(Vec<u8>),
    /// Their digests, by every hash.
    Large(Vec<(Hash, Vec<u8>)>),
}

impl Sink for Digests {
    fn put(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
        if self.running.is_empty() {
            if self.held.len() > HELD {
                self.running = Hash::ALL.map(|hash| (hash, hash.hasher())).into();
                self.hash();
                self.held = Vec::with_capacity(2 * BLOCK);
            }
        } else if self.held.len() >= BLOCK {
            self.hash();
        }
    }
}

impl Digests {
    /// Reserves room for a canonical form of about `bytes` bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Digests {
        Digests {
            held: Vec::with_capacity(bytes.min(HELD)),
            running: Vec::new(),
        }
    }

    fn hash(&mut self) {
        for (_, hasher) in &mut self.running {
            hasher.update(&self.held);
        }
        self.held.clear();
    }

    pub(crate) fn finish(mut self) -> Digested {
        if self.running.is_empty() {
            return Digested::Bytes(self.held);
        }
        self.hash();
        let finish = |(hash, hasher): (Hash, Hasher)| (hash, hasher.finish());
        Digested::Large(self.running.into_iter().map(finish).collect())
    }
}

impl Digested {
    /// The digest by a hash; empty, which matches no digest, if it is missing.
    pub(crate) fn by(&self, hash: Hash) -> Vec<u8> {
        match self {
            Digested::Bytes(bytes) => hash.digest(bytes),
            Digested::Large(digests) => digests
                .iter()
                .find(|(known, _)| *known == hash)
                .map(|(_, digest)| digest.clone())
                .unwrap_or_default(),
        }
    }
}

impl Default for Digested {
    fn default() -> Self {
        Digested::Bytes(Vec::new())
    }
}
