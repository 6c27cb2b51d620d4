//! Which rows of a document that was made are which of those that were sent.

use frappe_sync_model::DocName;
use frappe_sync_planner::RowInput;

use crate::document_plan::{RowPlan, TablePlan};

/// Returns the names that a site gave to the rows that were `made`, by their places in the plan; `rows` are those that
/// it holds now.
pub(super) fn names_of_made(
    plan: &TablePlan,
    made: Vec<usize>,
    rows: &[RowInput],
) -> Vec<(usize, DocName)> {
    if made.len() == rows.len() {
        let names = rows.iter().map(|row| row.name.clone());
        return made.into_iter().zip(names).collect();
    }
    // Rows were added or dropped, by a hook or a person: those that hold what was sent are ours.
    let mut free: Vec<&RowInput> = rows.iter().collect();
    let mut names = Vec::new();
    let mut left = Vec::new();
    for index in made {
        let is_whole = |row: &&RowInput| kept_of(&plan.rows[index], row).is_whole;
        match free.iter().position(is_whole) {
            Some(place) => names.push((index, free.remove(place).name.clone())),
            None => left.push(index),
        }
    }
    // Of one that was edited meanwhile, more is left than any other row has of it.
    for index in left {
        if let Some(place) = nearest(&plan.rows[index], &free) {
            names.push((index, free.remove(place).name.clone()));
        }
    }
    names
}

/// How much of what was sent a row holds.
struct Kept {
    is_whole: bool,
    fields: usize,
}

fn kept_of(plan: &RowPlan, row: &RowInput) -> Kept {
    let compared = plan
        .fields
        .iter()
        .filter_map(|field| Some(row.fields.get(&field.id)?.own == field.sent?));
    compared.fold(
        Kept {
            is_whole: true,
            fields: 0,
        },
        |kept, is_equal| Kept {
            is_whole: kept.is_whole && is_equal,
            fields: kept.fields + usize::from(is_equal),
        },
    )
}

/// Returns the one row that holds more of what was sent than any other; `None` where there is none.
fn nearest(plan: &RowPlan, rows: &[&RowInput]) -> Option<usize> {
    let kept = |place: &usize| kept_of(plan, rows[*place]).fields;
    let best = (0..rows.len()).max_by_key(kept)?;
    let most = kept(&best);
    let is_alone = (0..rows.len()).filter(|place| kept(place) == most).count() == 1;
    (most > 0 && is_alone).then_some(best)
}
