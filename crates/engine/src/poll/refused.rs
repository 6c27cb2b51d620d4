//! Values that a site would not take, tried again when either site's schema changed.

use frappe_sync_model::{Baseline, Batch, FieldPath, Site, StateStore};

use crate::Clock;
use crate::error::EngineError;
use crate::session::Session;

/// Opens the pairs that hold values which were refused, and forgets that those were ever agreed on: what differs is
/// decided as on a first comparison.
pub(super) fn reopen<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
) -> Result<(), EngineError> {
    let (store, name) = (session.store(), session.name_of(mapping));
    let mut after = None;
    loop {
        let limit = session.parts.options.documents_per_batch;
        let pairs = store.pairs_after(name, after, limit)?;
        let Some(last) = pairs.last() else {
            return Ok(());
        };
        after = last.id;
        let mut batch = Batch::default();
        for mut pair in pairs {
            if pair.gone.is_none() && !pair.baseline.refused.is_empty() {
                forget_refused(&mut pair.baseline);
                pair.open = true;
                batch.pairs.push(pair);
            }
        }
        store.commit(&batch)?;
    }
}

fn forget_refused(baseline: &mut Baseline) {
    for path in std::mem::take(&mut baseline.refused) {
        match path {
            FieldPath::Field(id) => {
                baseline.fields.remove(&id);
            }
            FieldPath::Table(id) => {
                baseline.tables.remove(&id);
            }
            FieldPath::RowField(table, row, id) => {
                let rows = baseline.tables.get_mut(&table).into_iter().flatten();
                for known in rows.filter(|known| known.names.a == row || known.names.b == row) {
                    known.fields.remove(&id);
                }
            }
        }
    }
}
