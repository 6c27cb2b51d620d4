//! What rows are recognised by when their names do not tell.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use frappe_sync_model::{FieldName, Fingerprint, RowBaseline, Side};

use super::RowInput;

/// Values of some fields of a row, comparable with the same fields of another; an empty value is `None`.
pub(super) type Signature = Vec<Option<Fingerprint>>;

/// Returns the fields that a side shows: it shows a field in all rows of a table or in none, so one row
/// is proof enough.
pub(super) fn visible_fields(rows: &[RowInput]) -> BTreeSet<&FieldName> {
    rows.iter().flat_map(|row| row.fields.keys()).collect()
}

/// Returns what a row says in `fields`, comparable across; `None` where that cannot be told.
pub(super) fn common_signature<'a>(
    row: &RowInput,
    fields: impl IntoIterator<Item = &'a FieldName>,
) -> Option<Signature> {
    fields
        .into_iter()
        .map(|field| {
            let value = row.fields.get(field)?;
            if value.empty {
                Some(None)
            } else {
                value.common.map(Some)
            }
        })
        .collect()
}

/// Returns what a row holds in `fields`, comparable with a baseline of its own side.
pub(super) fn own_signature(row: &RowInput, fields: &BTreeSet<&FieldName>) -> Option<Signature> {
    fields
        .iter()
        .map(|&field| row.fields.get(field).map(|value| Some(value.own)))
        .collect()
}

/// Returns what a baseline row says that `side` held in `fields`; `None` unless all were settled.
pub(super) fn baseline_signature(
    baseline: &RowBaseline,
    side: Side,
    fields: &BTreeSet<&FieldName>,
) -> Option<Signature> {
    fields
        .iter()
        .map(|&field| baseline.fields.get(field)?[side].map(Some))
        .collect()
}

/// Groups places by signature, keeping their order.
pub(super) fn queues(
    signatures: impl IntoIterator<Item = (usize, Option<Signature>)>,
) -> BTreeMap<Signature, VecDeque<usize>> {
    let mut queues: BTreeMap<Signature, VecDeque<usize>> = BTreeMap::new();
    for (place, signature) in signatures {
        if let Some(signature) = signature {
            queues.entry(signature).or_default().push_back(place);
        }
    }
    queues
}
