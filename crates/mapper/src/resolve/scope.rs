//! What all mappings of a sync cover together.

use std::collections::BTreeMap;

use frappe_sync_model::{DocType, MetaBundle, PerSide, Side};

use crate::file::MappingFile;

/// The metadata of both sides, as the caller gives it.
pub(super) type Metas = PerSide<BTreeMap<DocType, MetaBundle>>;

/// The DocTypes that are mapped, and the metadata that is known.
pub(super) struct Scope<'f> {
    pub(super) metas: &'f Metas,
    files: PerSide<BTreeMap<&'f DocType, &'f MappingFile>>,
}

impl<'f> Scope<'f> {
    /// Of two files for one DocType the first counts; [`Scope::covered_before`] finds the second.
    pub(super) fn of(files: &'f [MappingFile], metas: &'f Metas) -> Self {
        let files = PerSide::from_fn(|side| {
            let mut covered = BTreeMap::new();
            for file in files {
                covered.entry(&file.doctypes[side]).or_insert(file);
            }
            covered
        });
        Self { metas, files }
    }

    /// Returns the other file that covers a file's DocType already, if there is one.
    pub(super) fn covered_before(&self, side: Side, file: &MappingFile) -> Option<&'f MappingFile> {
        let first = *self.files[side].get(&file.doctypes[side])?;
        (!std::ptr::eq(first, file)).then_some(first)
    }

    /// Tells whether a mapping covers a DocType of `side`.
    pub(super) fn covers(&self, side: Side, doctype: &DocType) -> bool {
        self.files[side].contains_key(doctype)
    }

    /// Tells whether the two DocTypes mean each other: as a mapping says, else by an equal name.
    pub(super) fn are_counterparts(&self, a: &DocType, b: &DocType) -> bool {
        match (self.files.a.get(a), self.files.b.get(b)) {
            (Some(from_a), Some(from_b)) => std::ptr::eq(*from_a, *from_b),
            (None, None) => a == b,
            _ => false,
        }
    }
}
