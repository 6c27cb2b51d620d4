//! A child table that is taken over as one side holds it.

use std::collections::{BTreeMap, BTreeSet};

use frappe_sync_model::{FieldName, PerSide, Side};

use super::merge::differs;
use super::pairing::{RowPair, pair_rows};
use super::{MergedRow, TableInput, TableMerge};
use crate::field::agree;
use crate::{SideValue, Verdict};

/// Takes a whole table from one side, whatever the other one did to it: for a side that cannot be written
/// any more.
///
/// Rows that the other side alone holds are dropped there; what it changed is overwritten. That this is a
/// conflict is the caller's to say: of the table, not of its rows.
pub fn take_table(input: &TableInput<'_>, from: Side) -> TableMerge {
    let to = from.other();
    let mut merge = TableMerge::default();
    let mut pairs: Vec<RowPair> = Vec::new();
    for pair in pair_rows(input) {
        match (pair.places[from], pair.places[to]) {
            (Some(_), _) => pairs.push(pair),
            (None, Some(place)) => merge.dropped[to].push(input.rows[to][place].name.clone()),
            (None, None) => {}
        }
    }
    pairs.sort_by_key(|pair| pair.places[from]);
    merge.rows = pairs
        .iter()
        .map(|pair| take_row(input, *pair, from))
        .collect();
    merge.agreed_order = (0..merge.rows.len()).collect();
    merge.missing = merge
        .rows
        .iter()
        .flat_map(|row| row.fields.values())
        .any(|verdict| matches!(verdict, Verdict::MissingTarget { .. }));
    merge.write[to] = differs(input, &merge.rows, to);
    merge
}

fn take_row(input: &TableInput<'_>, pair: RowPair, from: Side) -> MergedRow {
    let to = from.other();
    let rows = PerSide::from_fn(|side| pair.places[side].map(|place| &input.rows[side][place]));
    let held: BTreeSet<&FieldName> = rows[from]
        .iter()
        .flat_map(|row| row.fields.keys())
        .collect();
    let value = |side: Side, field: &FieldName| -> Option<SideValue> {
        rows[side].and_then(|row| row.fields.get(field)).copied()
    };
    let goes = |field: &FieldName| {
        let own = input.own_rules.get(field);
        own.is_none_or(|rules| rules.direction.writes_to(to))
    };
    let verdict = |field: &FieldName| match (value(from, field), value(to, field)) {
        (Some(taken), Some(other)) => {
            let mut values = PerSide { a: taken, b: other };
            if from == Side::B {
                std::mem::swap(&mut values.a, &mut values.b);
            }
            if agree(&values) {
                Verdict::Settle
            } else if goes(field) {
                carry(taken, from)
            } else {
                Verdict::Drift { side: from }
            }
        }
        (Some(taken), None) if rows[to].is_none() && goes(field) => carry(taken, from),
        (Some(_), None) if rows[to].is_none() => Verdict::Drift { side: from },
        _ => Verdict::Unknown,
    };
    let fields: BTreeMap<FieldName, Verdict> = held
        .into_iter()
        .map(|field| (field.clone(), verdict(field)))
        .collect();
    MergedRow {
        names: rows.map(|row| row.map(|row| row.name.clone())),
        fields,
        only: None,
        baseline: pair.baseline,
    }
}

fn carry(taken: SideValue, from: Side) -> Verdict {
    if taken.across || taken.empty {
        Verdict::Write {
            to: from.other(),
            conflict: false,
        }
    } else {
        Verdict::MissingTarget { from }
    }
}
