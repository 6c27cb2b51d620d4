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
        first_bits(blake3::keyed_hash(self.key.as_bytes(), bytes))
    }

    /// Returns the fingerprint of a value's JSON, without holding all of it as text.
    pub fn of_json(&self, value: &impl Serialize) -> Fingerprint {
        let mut hasher = blake3::Hasher::new_keyed(self.key.as_bytes());
        serde_json::to_writer(&mut hasher, value).expect(
            "what is written to a hash cannot fail to be, and our reports have names for keys",
        );
        first_bits(hasher.finalize())
    }
}

fn first_bits(hash: blake3::Hash) -> Fingerprint {
    let mut first = [0; 8];
    first.copy_from_slice(&hash.as_bytes()[..8]);
    Fingerprint(u64::from_le_bytes(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_the_fingerprint_of_its_text() {
        let prints = Fingerprinter::new(FingerprintKey::new([7; 32]));
        let value = serde_json::json!({ "b": [1, null, "x"], "a": 2.5 });
        assert_eq!(
            prints.of_json(&value),
            prints.of_bytes(value.to_string().as_bytes())
        );
    }
}
