//! Values that the table of a Data Import could not carry: their source counts as never agreed on.

use frappe_sync_model::{Baseline, FieldBaseline, FieldPath, Side};

use crate::settle::Settled;

/// Leaves in an intent's memory that these values are to be compared again.
pub(crate) fn forgotten(mut sent: Baseline, from: Side, lossy: &[FieldPath]) -> Baseline {
    for path in lossy {
        if let Some(field) = field_mut(&mut sent, from, path) {
            field[from] = None;
        }
    }
    sent
}

/// Takes back what was settled of values that did not arrive; tells whether there was one.
pub(crate) fn unsettle(settled: &mut Settled, from: Side, lossy: &[FieldPath]) -> bool {
    let mut any = false;
    for path in lossy {
        let baseline = &mut settled.baseline;
        if baseline.rewritten.remove(path) | baseline.refused.remove(path) {
            settled.refused.retain(|(_, refused)| refused != path);
            if let Some(field) = field_mut(baseline, from, path) {
                field[from] = None;
            }
            any = true;
        }
    }
    any
}

/// Finds a value; a row is known by the name that it has on the source.
fn field_mut<'b>(
    baseline: &'b mut Baseline,
    from: Side,
    path: &FieldPath,
) -> Option<&'b mut FieldBaseline> {
    match path {
        FieldPath::Field(id) => baseline.fields.get_mut(id),
        FieldPath::RowField(table, row, id) => {
            let rows = baseline.tables.get_mut(table)?;
            let row = rows.iter_mut().find(|known| &known.names[from] == row)?;
            row.fields.get_mut(id)
        }
        FieldPath::Table(_) => None,
    }
}
