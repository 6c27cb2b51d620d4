//! Pairs of which a document is not there under its name: renamed, or gone.

use frappe_sync_model::{
    Batch, Deletes, DocKey, Document, Pair, PairSide, PerSide, Side, Site, StateStore, Todo,
    TodoReason,
};

use crate::Clock;
use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::report::NoteReport;
use crate::session::Session;
use crate::work::Worked;

/// A pair of which not both documents were found.
pub(super) struct Parted {
    pub(super) pair: Pair,
    /// What was found.
    pub(super) left: PerSide<Option<Document>>,
}

/// Takes parted pairs off the queue, and queues the documents that were not found as vanished. What was edited
/// on the other side is not forgotten: the pair's baselines stay as they are.
pub(super) fn queue_vanished<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    parted: Vec<Parted>,
) -> Result<Worked, EngineError> {
    let mut worked = Worked::default();
    let mut batch = Batch::default();
    for Parted { pair, left } in parted {
        worked.dealt += 1;
        for side in Side::BOTH {
            let own = &pair.sides[side];
            batch
                .done
                .push((pair.mapping.clone(), side, own.name.clone()));
            if left[side].is_none() {
                batch
                    .again
                    .push((pair.mapping.clone(), side, vanished(own)));
            }
        }
    }
    session.store().commit(&batch)?;
    Ok(worked)
}

/// Deals with documents whose counterpart was deleted and that stay: an edit of one goes nowhere, unless the
/// delete is still to be carried over.
pub(super) fn survivors<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    pairs: Vec<Pair>,
) -> Result<Worked, EngineError> {
    let mut worked = Worked::default();
    let mut batch = Batch::default();
    for pair in pairs {
        let Some(gone) = pair.gone else { continue };
        worked.dealt += 1;
        let side = gone.other();
        let own = &pair.sides[side];
        let place = (pair.mapping.clone(), side, own.name.clone());
        if ledger.unpark(&place) {
            batch.unpark.push(place.clone());
        }
        batch.done.push(place);
        let effective = &session.mappings[mapping];
        if effective.deletes == Deletes::Propagate {
            batch
                .again
                .push((pair.mapping.clone(), side, vanished(own)));
            continue;
        }
        ledger.notes.insert(NoteReport {
            kind: "deleted_there".to_owned(),
            site: side,
            doctype: effective.doctypes[side].clone(),
            name: Some(own.name.clone()),
            message: format!(
                "was saved, and goes nowhere: its counterpart `{}` was deleted",
                pair.sides[gone].name
            ),
        });
    }
    session.store().commit(&batch)?;
    Ok(worked)
}

fn vanished(own: &PairSide) -> Todo {
    Todo {
        key: DocKey {
            name: own.name.clone(),
            modified: own.modified.clone(),
            creation: own.creation.clone(),
            owner: own.owner.clone(),
            lft: None,
        },
        reason: TodoReason::Vanished,
    }
}
