//! A run taken back: what it overwrote is put back where nobody has saved since, and the state is as before it.
//!
//! The sync is held afterwards, since its sources still hold what the run carried over.

mod act;
mod candidate;
mod difference;
mod hold;
mod judge;
mod report;
mod settle;

use std::collections::{BTreeMap, HashMap};

use chrono::TimeDelta;
use frappe_sync_model::{
    DocName, Document, OperationId, RunId, Selection, Side, Site, StateStore, UndoMark, UndoStep,
};

pub use hold::{Hold, HoldState, hold_of};
pub(crate) use hold::{Reviewed, judge as judge_hold};
pub use report::{UndoAction, UndoMode, UndoOutcome, UndoReport, UndoSummary, UndoneDocument};

use act::{Tried, act};
use candidate::{Candidate, candidates};
use judge::{Judged, Step, judge};

use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::run::open;
use crate::session::{Mode, Session};
use crate::{Clock, Event, Parts, recover, same_site};

/// A site's clock may be behind the one that we measured by this much.
const CLOCK_MARGIN: TimeDelta = TimeDelta::seconds(5);

/// Takes a run back, last write first: values that it overwrote are put back with the `modified` that the run left
/// behind, what it made is deleted, what it deleted is restored. What was saved since is left and listed.
///
/// An undo that was killed goes on when it is done again.
///
/// # Errors
///
/// [`EngineError::Unknown`] where no write of such a run is remembered; else as a run.
pub async fn undo<S: Site, T: StateStore, C: Clock>(
    parts: &Parts<'_, S, T, C>,
    run: &RunId,
    mode: UndoMode,
) -> Result<UndoReport, EngineError> {
    let session = open(parts, Mode::Run).await?;
    same_site::judge(&session).await?;
    let mut ledger = Ledger::load(parts.store)?;
    if mode == UndoMode::Do {
        recover::recover(&session, &mut ledger).await?;
    }
    let pending: Vec<_> = ledger
        .intents
        .iter()
        .filter(|intent| &intent.run == run)
        .cloned()
        .collect();
    let operations = parts.store.operations(run.as_str())?;
    if operations.is_empty() && pending.is_empty() {
        return Err(EngineError::Unknown(format!(
            "write of run `{run}` in the state file"
        )));
    }
    let found = candidates(&session, operations, &pending)?;
    let done_before = found
        .iter()
        .map(Candidate::done_before)
        .collect::<Option<Vec<_>>>()
        .and_then(|marks| marks.into_iter().next_back().cloned());
    let mut judged = judge_all(&session, found).await?;
    if mode == UndoMode::Do {
        take_back(&session, run, &mut judged).await?;
    }
    let documents: Vec<UndoneDocument> = judged.into_iter().map(|judged| judged.told).collect();
    Ok(UndoReport {
        format: "frappe-sync/undo@1".to_owned(),
        sync: parts.sync.clone(),
        undo_id: parts.run.clone(),
        run_id: run.clone(),
        dry_run: mode == UndoMode::Look,
        done_before,
        summary: UndoSummary::of(&documents),
        documents,
        held: hold_of(parts.store)?.is_some(),
    })
}

/// Reads what is there now and judges every document, the one that was written last first.
async fn judge_all<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    found: Vec<Candidate>,
) -> Result<Vec<Judged>, EngineError> {
    session.parts.progress.event(Event::Phase("look"));
    let mut asked: BTreeMap<(usize, Side), Vec<DocName>> = BTreeMap::new();
    for candidate in &found {
        let place = (candidate.mapping, candidate.side);
        asked
            .entry(place)
            .or_default()
            .push(candidate.name().clone());
    }
    let mut now: HashMap<(usize, Side, DocName), Document> = HashMap::new();
    for ((mapping, side), names) in asked {
        let read = session.documents(mapping, side, Selection::Names(names));
        let documents = read.await?.into_iter();
        now.extend(documents.map(|document| ((mapping, side, document.name().clone()), document)));
    }
    let mut judged = Vec::with_capacity(found.len());
    for candidate in found.into_iter().rev() {
        let place = (candidate.mapping, candidate.side, candidate.name().clone());
        let document = now.remove(&place);
        judged.push(judge(session, candidate, document).await?);
    }
    Ok(judged)
}

/// Takes everything back that can be. What a site refuses is tried again as long as something else goes: a
/// document that another one links to goes after that.
async fn take_back<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    run: &RunId,
    judged: &mut [Judged],
) -> Result<(), EngineError> {
    let store = session.store();
    let earlier = hold_of(store)?;
    let mut open: Vec<usize> = (0..judged.len())
        .filter(|place| !matches!(judged[*place].step, Step::Nothing))
        .collect();
    let unended = earlier
        .as_ref()
        .is_some_and(|hold| hold.state == HoldState::Undoing && &hold.run == run);
    if open.is_empty() && !unended {
        return Ok(());
    }
    let mark = UndoMark {
        by: session.parts.run.clone(),
        at: session.parts.clock.now(),
        step: UndoStep::Begun,
    };
    let mut hold = Hold {
        run: run.clone(),
        undo: mark.by.clone(),
        at: mark.at,
        state: HoldState::Undoing,
    };
    hold::put(store, Some(&hold))?;
    let begun: Vec<OperationId> = open
        .iter()
        .flat_map(|place| judged[*place].candidate.ids())
        .collect();
    store.begin_undo(&begun, &mark)?;
    session.parts.progress.event(Event::Phase("undo"));
    loop {
        let before = open.len();
        let mut refused = Vec::new();
        for place in open {
            if session.is_cancelled() {
                return Err(EngineError::Interrupted);
            }
            if act(session, &mut judged[place], &mark).await? == Tried::Refused {
                refused.push(place);
            }
            session.parts.progress.event(Event::Documents { count: 1 });
        }
        open = refused;
        if open.is_empty() || open.len() == before {
            break;
        }
    }
    hold.state = HoldState::Undone;
    hold::put(store, Some(&hold))
}
