//! Keyed fingerprints: what the state file holds in place of values.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Canonical;

/// A keyed hash of one canonical value.
///
/// 64 bits: a fingerprint is only ever compared with the one that stood in the same place before, so the
/// chance to miss a change is 2^-64 for each change, far below that of the disk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// Takes a stored fingerprint back.
    pub fn from_u64(bits: u64) -> Self {
        Self(bits)
    }

    /// Returns the bits to store.
    pub fn to_u64(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The secret of one state file, without which a fingerprint tells nothing of a value.
#[derive(Clone, PartialEq, Eq)]
pub struct FingerprintKey([u8; 32]);

impl FingerprintKey {
    /// Takes 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes to store.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintKey(..)")
    }
}

/// Makes fingerprints under one key.
#[derive(Clone, Debug)]
pub struct Fingerprinter {
    key: FingerprintKey,
}

impl Fingerprinter {
    /// Makes fingerprints under `key`.
    pub fn new(key: FingerprintKey) -> Self {
        Self { key }
    }

    /// Returns the fingerprint of a canonical value.
    pub fn of(&self, value: &Canonical) -> Fingerprint {
        self.of_bytes(value.as_str().as_bytes())
    }

    /// Returns the fingerprint of any bytes.
    pub fn of_bytes(&self, bytes: &[u8]) -> Fingerprint {
        let hash = blake3::keyed_hash(self.key.as_bytes(), bytes);
        let mut first = [0; 8];
        first.copy_from_slice(&hash.as_bytes()[..8]);
        Fingerprint(u64::from_le_bytes(first))
    }
}
