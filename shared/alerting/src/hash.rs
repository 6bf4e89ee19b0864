//! Hashes that stay the same across machines and versions: they name batches, incidents and buckets.

use sha2::{Digest, Sha256};

/// The first 8 bytes of the SHA-256 of the parts, each preceded by its length, so that no two lists of
/// parts run together.
pub fn of(parts: &[&[u8]]) -> u64 {
    let mut hasher = Hasher::default();
    for part in parts {
        hasher.update(part);
    }
    hasher.finish()
}

/// The same hash, fed part by part.
#[derive(Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Adds a part.
    pub fn update(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_be_bytes());
        self.0.update(part);
    }

    /// The hash of all parts.
    pub fn finish(self) -> u64 {
        let digest = self.0.finalize();
        digest.iter().take(8).fold(0, |hash, &byte| (hash << 8) | u64::from(byte))
    }
}
