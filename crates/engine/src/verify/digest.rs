//! One number for all mapped values of a side, made from the documents in any order.

use std::collections::BTreeMap;

use frappe_sync_model::{DocName, FieldName, Fingerprinter, PerSide, Side};
use frappe_sync_planner::{RowInput, SideValue};

use crate::view::View;

/// The mapped values of one side, summed up.
///
/// Every document is hashed under the state file's key, in the terms of side `b` and under the name that it has
/// there, and the hashes are added: so neither order nor names that differ matter, and both sides come to the same
/// where all values are equal.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Digest(u64);

impl Digest {
    /// Takes the document of a side in. What only one side shows is left out on both.
    pub(super) fn add(
        &mut self,
        fingerprints: &Fingerprinter,
        b_name: &DocName,
        views: &PerSide<View>,
        side: Side,
    ) {
        let (own, other) = (&views[side], &views[side.other()]);
        let mut bytes = Vec::new();
        put(&mut bytes, b_name.as_str());
        fields(&mut bytes, &own.fields, Some(&other.fields));
        for (table, rows) in &own.tables {
            let Some(others) = other.tables.get(table) else {
                continue;
            };
            put(&mut bytes, table.as_str());
            let shown = others.first().map(|row: &RowInput| &row.fields);
            for row in rows {
                bytes.push(b'-');
                fields(&mut bytes, &row.fields, shown);
            }
        }
        self.0 = self.0.wrapping_add(fingerprints.of_bytes(&bytes).to_u64());
    }

    /// Returns it as text.
    pub(super) fn to_text(self) -> String {
        format!("{:016x}", self.0)
    }
}

fn fields(
    bytes: &mut Vec<u8>,
    own: &BTreeMap<FieldName, SideValue>,
    other: Option<&BTreeMap<FieldName, SideValue>>,
) {
    for (field, value) in own {
        let there = other.and_then(|other| other.get(field));
        let is_shown = other.is_none() || there.is_some();
        if value.empty || !is_shown {
            continue;
        }
        put(bytes, field.as_str());
        // Of several values that say the same, that which `a` says stands for all.
        let common = match there {
            Some(there) if value.back == Some(there.own) => there.common,
            _ => value.common,
        };
        match common {
            Some(common) => bytes.extend(common.to_u64().to_le_bytes()),
            None => {
                // Side `b` has no terms for it, so it is equal to nothing there.
                bytes.push(0);
                bytes.extend(value.own.to_u64().to_le_bytes());
            }
        }
    }
}

/// Ends each text, so that two of them cannot be taken for two others.
fn put(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend(text.as_bytes());
    bytes.push(0xff);
}
