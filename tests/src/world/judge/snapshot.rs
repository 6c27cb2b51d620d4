//! All documents of both sites.

use std::collections::{BTreeMap, BTreeSet};

use frappe_sync_model::{PerSide, Side};
use serde_json::{Map, Value};

use super::{Invariant, Violation};
use crate::world::kind::{Kind, MARKER};
use crate::world::site::{ROOT, World, text};
use crate::world::token;

/// A row.
#[derive(Clone, Debug)]
pub(super) struct RowSeen {
    pub(super) name: String,
    pub(super) marker: String,
    pub(super) values: Map<String, Value>,
}

/// A document.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) name: String,
    pub(super) marker: String,
    pub(super) docstatus: u64,
    pub(super) values: Map<String, Value>,
    pub(super) rows: Vec<RowSeen>,
    /// As the site gives it.
    pub(super) whole: Map<String, Value>,
}

/// All documents of both sites, by kind, in the order of their names.
pub(super) struct Snapshot(BTreeMap<(Kind, Side), Vec<Seen>>);

impl Snapshot {
    /// Reads both sites.
    pub(super) fn read(world: &World) -> Self {
        let mut documents = BTreeMap::new();
        for kind in world.setting.kinds() {
            for side in Side::BOTH {
                documents.insert((kind, side), read(world, side, kind));
            }
        }
        Self(documents)
    }

    /// The documents of a kind on a side.
    pub(super) fn of(&self, side: Side, kind: Kind) -> &[Seen] {
        self.0.get(&(kind, side)).map_or(&[], Vec::as_slice)
    }

    /// The documents of a kind on both sides.
    pub(super) fn both(&self, kind: Kind) -> PerSide<&[Seen]> {
        PerSide::from_fn(|side| self.of(side, kind))
    }

    /// The document of this name.
    pub(super) fn find(&self, side: Side, kind: Kind, name: &str) -> Option<&Seen> {
        self.of(side, kind).iter().find(|seen| seen.name == name)
    }

    /// Every document and every row was made by a person, once upon a time.
    pub(super) fn authors(&self, world: &World) -> Result<(), Violation> {
        let book = world.book();
        let is_known = |marker: &str| {
            let mut tokens = BTreeSet::new();
            token::collect(&Value::from(marker), &mut tokens);
            tokens.iter().any(|token| book.written.contains_key(token))
        };
        for ((kind, side), documents) in &self.0 {
            for seen in documents {
                let rows = seen.rows.iter().map(|row| &row.marker);
                for marker in std::iter::once(&seen.marker).chain(rows) {
                    if !is_known(marker) {
                        let message = format!(
                            "{side}: {} `{}` has `{marker}`, which nobody wrote",
                            kind.doctype(),
                            seen.name
                        );
                        return Err(Violation::new(Invariant::Author, message));
                    }
                }
            }
        }
        Ok(())
    }
}

fn read(world: &World, side: Side, kind: Kind) -> Vec<Seen> {
    let listed = world.names(side, kind).into_iter();
    listed
        .filter(|(name, _)| name != ROOT)
        .filter_map(|(name, marker)| {
            let whole = world.read(side, kind, &name)?;
            let mut values = whole.clone();
            let table = kind.shape().rows.and_then(|rows| values.remove(rows.field));
            let rows = match table {
                Some(Value::Array(rows)) => rows.into_iter().filter_map(row).collect(),
                _ => Vec::new(),
            };
            Some(Seen {
                name,
                marker,
                docstatus: values.get("docstatus").and_then(Value::as_u64).unwrap_or(0),
                values,
                rows,
                whole,
            })
        })
        .collect()
}

fn row(value: Value) -> Option<RowSeen> {
    let Value::Object(values) = value else {
        return None;
    };
    let of = |field: &str| values.get(field).map(text).unwrap_or_default();
    Some(RowSeen {
        name: of("name"),
        marker: of(MARKER),
        values,
    })
}
