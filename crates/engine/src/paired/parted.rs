//! Pairs of which a document is not there under its name: renamed, or gone.

use std::collections::HashSet;

use frappe_sync_model::{
    Batch, DocKey, DocName, Document, Filter, Pair, ParkedCause, PerSide, Side, Site, StateStore,
    Todo, TodoReason,
};

use crate::Clock;
use crate::error::{EngineError, OnSide};
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

/// Looks for the other documents by `creation` and `owner`, which survive a rename. Those found go on under
/// their new name; what has lost its counterpart for good is parked, since its change has nowhere to go.
pub(super) async fn follow<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    parted: Vec<Parted>,
) -> Result<Worked, EngineError> {
    let mut worked = Worked::default();
    let mut batch = Batch::default();
    let mut renamed = PerSide::default();
    for gone in Side::BOTH {
        let lost: Vec<&Pair> = parted
            .iter()
            .filter(|parted| parted.left[gone].is_none() && parted.left[gone.other()].is_some())
            .map(|parted| &parted.pair)
            .collect();
        renamed[gone] = made_like(session, mapping, gone, &lost).await?;
    }
    for Parted { mut pair, left } in parted {
        worked.dealt += 1;
        let (there, document) = match left {
            PerSide {
                a: Some(document),
                b: None,
            } => (Side::A, document),
            PerSide {
                a: None,
                b: Some(document),
            } => (Side::B, document),
            _ => {
                for side in Side::BOTH {
                    let place = (pair.mapping.clone(), side, pair.sides[side].name.clone());
                    if ledger.unpark(&place) {
                        batch.unpark.push(place.clone());
                    }
                    batch.done.push(place);
                }
                continue;
            }
        };
        let gone = there.other();
        let doctype = session.mappings[mapping].doctypes[gone].clone();
        let old = pair.sides[gone].name.clone();
        let is_it = |key: &DocKey| {
            key.creation == pair.sides[gone].creation && key.owner == pair.sides[gone].owner
        };
        if let Some(place) = renamed[gone].iter().position(is_it) {
            let key = renamed[gone].swap_remove(place);
            ledger.notes.insert(NoteReport {
                kind: "renamed".to_owned(),
                site: gone,
                doctype,
                name: Some(key.name.clone()),
                message: format!("was `{old}`; the pair goes on"),
            });
            pair.sides[gone].name = key.name;
            pair.open = true;
            let todo = Todo {
                key: document.key,
                reason: TodoReason::OpenPair,
            };
            batch.again.push((pair.mapping.clone(), there, todo));
            batch.pairs.push(pair);
            worked.waiting += 1;
            continue;
        }
        let message = format!(
            "its counterpart `{old}` on site `{gone}` is not there any more, and deletes are not carried \
             over yet: delete it here too, or restore it there"
        );
        let now = session.parts.clock.now();
        let cause = ParkedCause::CounterpartGone;
        batch
            .park
            .push(ledger.park(&pair.mapping, there, &document.key, cause, message, now));
        for side in Side::BOTH {
            batch
                .done
                .push((pair.mapping.clone(), side, pair.sides[side].name.clone()));
        }
    }
    session.store().commit(&batch)?;
    Ok(worked)
}

/// Reads the keys of unpaired documents that were made when the lost ones of these pairs were.
async fn made_like<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    lost: &[&Pair],
) -> Result<Vec<DocKey>, EngineError> {
    let creations: Vec<&str> = lost
        .iter()
        .filter_map(|pair| pair.sides[side].creation.as_ref())
        .map(|creation| creation.as_str())
        .collect();
    if creations.is_empty() {
        return Ok(Vec::new());
    }
    let effective = &session.mappings[mapping];
    let filter = Filter::is_in("creation", creations);
    let site = session.site(side);
    let mut keys = site
        .matching_keys(&effective.doctypes[side], &[filter])
        .await
        .on(side)?;
    let names: Vec<DocName> = keys.iter().map(|key| key.name.clone()).collect();
    let paired: HashSet<DocName> = session
        .store()
        .counterparts(&effective.name, side, &names)?
        .into_iter()
        .map(|pair| pair.name)
        .collect();
    keys.retain(|key| !paired.contains(&key.name));
    Ok(keys)
}
