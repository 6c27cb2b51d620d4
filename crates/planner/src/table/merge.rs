//! The merge of a whole table.

use std::collections::BTreeSet;

use frappe_sync_model::{FieldName, PerSide, Side};

use super::content::visible_fields;
use super::order::order_rows;
use super::pairing::{RowPair, pair_rows};
use super::row::{RowDecision, RowRules, SingleRow, merge_shared};
use super::{MergedRow, RowConflict, RowDrift, TableInput, TableMerge};
use crate::{MergeRules, Verdict};

/// Merges one child table row by row and field by field.
///
/// - Rows are paired by the names in the baseline, then by what they hold, then by key, then by content.
/// - A row without a baseline is new, and made on the other side. A row that one side removed is dropped
///   from the other, unless it was edited there: then it is made again, as a conflict that is decided.
///   Under a manual policy it stays where it is until a person decides.
/// - One way, rows that the other side added, removed, edited or moved are left and reported; a row that
///   it removed is made again once the source edits it.
pub fn merge_table(input: &TableInput<'_>, rules: &MergeRules) -> TableMerge {
    let shown = PerSide::from_fn(|side| visible_fields(&input.rows[side]));
    let mut merge = TableMerge::default();
    let mut pairs = Vec::new();
    let mut kept = Vec::new();
    for pair in pair_rows(input) {
        match decide(input, pair, &shown, rules) {
            RowDecision::Keep {
                row,
                conflicts,
                drift,
            } => {
                pairs.push(pair);
                kept.push(Some((row, conflicts, drift)));
            }
            RowDecision::Drop { from } => {
                let place =
                    pair.places[from].expect("a row is dropped from the side that holds it");
                merge.dropped[from].push(input.rows[from][place].name.clone());
            }
        }
    }

    let order = order_rows(&pairs, rules);
    let mut position = vec![0; kept.len()];
    for (at, &index) in order.rows.iter().enumerate() {
        position[index] = at;
        let decided: (MergedRow, Vec<RowConflict>, Option<RowDrift>) =
            kept[index].take().expect("an order names each row once");
        let (row, conflicts, drift) = decided;
        merge.rows.push(row);
        merge.conflicts.extend(conflicts);
        merge.drift.extend(drift);
    }
    merge.agreed_order = order.agreed.iter().map(|&index| position[index]).collect();
    merge.order_conflict = order.conflict;
    merge.order_drift = order.drift;
    merge.missing = merge
        .rows
        .iter()
        .flat_map(|row| row.fields.values())
        .any(|verdict| matches!(verdict, Verdict::MissingTarget { .. }));
    merge.write = PerSide::from_fn(|side| {
        rules.direction.writes_to(side) && differs(input, &merge.rows, side)
    });
    merge
}

fn decide(
    input: &TableInput<'_>,
    pair: RowPair,
    shown: &PerSide<BTreeSet<&FieldName>>,
    rules: &MergeRules,
) -> RowDecision {
    let baseline = pair.baseline.and_then(|index| {
        let known = input.baseline?.get(index)?;
        Some((index, known))
    });
    let rules = &RowRules {
        table: rules,
        own: input.own_rules,
    };
    let single = |side: Side, place: usize| SingleRow {
        side,
        row: &input.rows[side][place],
        baseline,
        shown_across: (!input.rows[side.other()].is_empty()).then(|| &shown[side.other()]),
    };
    match (pair.places.a, pair.places.b) {
        (Some(a), Some(b)) => {
            let rows = PerSide {
                a: &input.rows.a[a],
                b: &input.rows.b[b],
            };
            merge_shared(rows, baseline, rules)
        }
        (Some(a), None) => single(Side::A, a).decide(rules),
        (None, Some(b)) => single(Side::B, b).decide(rules),
        (None, None) => unreachable!("a row stands on one side at least"),
    }
}

/// Tells whether the merged list of `side` is other than what it holds.
pub(super) fn differs(input: &TableInput<'_>, rows: &[MergedRow], side: Side) -> bool {
    let list = rows.iter().filter(|row| row.belongs_to(side));
    let held = input.rows[side].iter().map(|row| Some(&row.name));
    !list.clone().map(|row| row.names[side].as_ref()).eq(held)
        || list
            .flat_map(|row| row.fields.values())
            .any(|verdict| verdict.writes_to(side))
}
