//! The small numbers that stand for long names in the state file, as far as they are known.

use std::collections::HashMap;

use frappe_sync_model::{MappingName, SyncName};

/// The row of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SyncRow(pub(crate) i64);

/// The row of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MappingRow(pub(crate) i64);

/// What was read of the tables `syncs`, `mappings` and `words`.
///
/// Rows of these are never changed or removed, so that what is known stays true, whoever else writes.
/// Their number is that of mappings, mapped fields and users: it does not grow with documents.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) syncs: HashMap<SyncName, SyncRow>,
    pub(crate) mappings: HashMap<SyncRow, HashMap<MappingName, MappingRow>>,
    word_ids: HashMap<Box<str>, u64>,
    word_texts: HashMap<u64, Box<str>>,
}

impl Names {
    /// Forgets everything, to be read anew.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Returns the number of a word.
    pub(crate) fn word_id(&self, text: &str) -> Option<u64> {
        self.word_ids.get(text).copied()
    }

    /// Returns the word of a number.
    pub(crate) fn word(&self, id: u64) -> Option<&str> {
        self.word_texts.get(&id).map(Box::as_ref)
    }

    /// Learns a word.
    pub(crate) fn learn_word(&mut self, id: u64, text: &str) {
        self.word_ids.insert(text.into(), id);
        self.word_texts.insert(id, text.into());
    }
}
