//! A decision for one side, as a change of baselines: the other side's value counts as if it had been agreed on,
//! so that only the winner has changed.

use frappe_sync_model::PerSide;
use frappe_sync_model::{Baseline, FieldPath, RowBaseline, Side};

use crate::view::View;

/// Makes the value of the side across from `winner` at `path` no change of that side. Returns whether it could.
pub(super) fn disavow(
    baseline: &mut Baseline,
    views: &PerSide<View>,
    path: &FieldPath,
    winner: Side,
) -> bool {
    let loser = winner.other();
    match path {
        FieldPath::Field(id) => {
            let Some(value) = views[loser].fields.get(id) else {
                return false;
            };
            baseline.fields.entry(id.clone()).or_default()[loser] = Some(value.own);
            true
        }
        FieldPath::RowField(table, row, field) => {
            let Some(rows) = baseline.tables.get_mut(table) else {
                return false;
            };
            let known = |known: &RowBaseline| &known.names.a == row || &known.names.b == row;
            let Some(place) = rows.iter().position(known) else {
                return false;
            };
            let held = views[loser].tables.get(table).and_then(|held| {
                let name = &rows[place].names[loser];
                held.iter().find(|one| &one.name == name)
            });
            match held {
                Some(held) if field == "name" => {
                    // The winner deleted it: the loser's edits are as good as none.
                    for (id, value) in &held.fields {
                        rows[place].fields.entry(id.clone()).or_default()[loser] = Some(value.own);
                    }
                }
                Some(held) => {
                    let Some(value) = held.fields.get(field) else {
                        return false;
                    };
                    rows[place].fields.entry(field.clone()).or_default()[loser] = Some(value.own);
                }
                // The loser deleted it: to the winner's row, it is a new one.
                None => {
                    rows.remove(place);
                }
            }
            true
        }
        FieldPath::Table(_) => false,
    }
}
