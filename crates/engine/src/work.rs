//! Working through the queue of a mapping, in batches that bound what is in memory.

use frappe_sync_model::{DocKey, DocName, Pair, Side, Site, StateStore, Todo, TodoReason};

use crate::error::EngineError;
use crate::fresh::ReadAhead;
use crate::ledger::Ledger;
use crate::poll::requeue_resolved;
use crate::session::Session;
use crate::{Clock, Event, create, fresh, paired};

/// How often the mappings were worked through already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    /// What waits for another document may still find it.
    More,
    /// Documents are cancelled, and nothing else is done.
    Cancels,
    /// Nothing came that anything waited for: what still waits is parked.
    Last,
}

/// What a pass did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Worked {
    /// Documents that were dealt with.
    pub(crate) dealt: usize,
    /// Documents that stay queued and could be dealt with in another pass.
    pub(crate) waiting: usize,
}

impl std::ops::AddAssign for Worked {
    fn add_assign(&mut self, other: Self) {
        self.dealt += other.dealt;
        self.waiting += other.waiting;
    }
}

/// The most passes; each but the last brings something forward, so this is only reached where documents
/// keep changing under our hands.
const MOST_PASSES: usize = 50;

/// Works through every mapping until nothing waits that can be helped.
pub(crate) async fn work<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
) -> Result<(), EngineError> {
    session.parts.progress.event(Event::Phase("apply"));
    let mut waiting = 0;
    for _ in 0..MOST_PASSES {
        waiting = go_forward(session, ledger).await?;
        // What was cancelled may be amended now.
        if cancel(session, ledger).await? == 0 {
            break;
        }
    }
    // What waits for something that the plan does not have is not given up, but left for the next run.
    if waiting > 0 && ledger.gate.is_none() {
        work_all(session, ledger, Pass::Last).await?;
    }
    fresh::first_look_is_over(session, ledger)?;
    Ok(())
}

/// Works through every mapping until nothing comes forward any more; returns how much still waits.
async fn go_forward<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
) -> Result<usize, EngineError> {
    let mut worked = Worked::default();
    for _ in 0..MOST_PASSES {
        worked = work_all(session, ledger, Pass::More).await?;
        if worked.waiting == 0 || worked.dealt == 0 {
            break;
        }
    }
    Ok(worked.waiting)
}

/// Cancels what waits for it, documents that others link to last; returns how many were dealt with.
async fn cancel<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
) -> Result<usize, EngineError> {
    let mut worked = Worked::default();
    for mapping in std::mem::take(&mut ledger.to_cancel).into_iter().rev() {
        if !ledger.stopped.contains(&mapping) {
            worked += work_mapping(session, ledger, mapping, Pass::Cancels).await?;
            worked.dealt += create::plan_cancels(session, ledger, mapping)?;
        }
    }
    Ok(worked.dealt)
}

async fn work_all<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    pass: Pass,
) -> Result<Worked, EngineError> {
    let mut worked = Worked::default();
    for mapping in session.selected() {
        if !ledger.stopped.contains(&mapping) {
            worked += work_mapping(session, ledger, mapping, pass).await?;
        }
    }
    Ok(worked)
}

async fn work_mapping<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    pass: Pass,
) -> Result<Worked, EngineError> {
    requeue_resolved(session, ledger, mapping)?;
    let name = session.name_of(mapping).clone();
    let queued = session.store().counts(&name)?.todo;
    if queued == 0 {
        return Ok(Worked::default());
    }
    session.parts.progress.event(Event::Mapping {
        mapping: name.clone(),
        queued,
    });
    let mut worked = Worked::default();
    for side in Side::BOTH {
        let mut skip = 0;
        let mut ahead = ReadAhead::default();
        loop {
            if session.is_cancelled() {
                return Err(EngineError::Interrupted);
            }
            let limit = session.parts.options.documents_per_batch;
            let todos = session.store().todos(&name, side, skip, limit)?;
            if todos.is_empty() {
                break;
            }
            let names: Vec<DocName> = todos.iter().map(|todo| todo.key.name.clone()).collect();
            // The site that is read is not the one that is written: the next bodies come meanwhile.
            let next = match pass {
                Pass::Cancels => Vec::new(),
                _ => session
                    .store()
                    .todos(&name, side, skip + todos.len(), limit)?,
            };
            let (done, read) = futures::future::join(
                work_batch(session, ledger, mapping, side, todos, ahead, pass),
                fresh::read_ahead(session, mapping, side, &next),
            )
            .await;
            worked += done?;
            ahead = read;
            // What stays queued keeps its place, and is passed over.
            skip += session.store().queued(&name, side, &names)?.len();
        }
    }
    Ok(worked)
}

async fn work_batch<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    side: Side,
    mut todos: Vec<Todo>,
    ahead: ReadAhead,
    pass: Pass,
) -> Result<Worked, EngineError> {
    let name = session.name_of(mapping);
    // What has vanished is for the phase that finds out what became of it.
    todos.retain(|todo| todo.reason != TodoReason::Vanished);
    let names: Vec<DocName> = todos.iter().map(|todo| todo.key.name.clone()).collect();
    let pairs: Vec<Pair> = session.store().pairs(name, side, &names)?;
    let known: std::collections::HashSet<&DocName> =
        pairs.iter().map(|pair| &pair.sides[side].name).collect();
    let unknown: Vec<DocKey> = todos
        .iter()
        .filter(|todo| !known.contains(&todo.key.name))
        .map(|todo| todo.key.clone())
        .collect();
    let mut worked = Worked::default();
    let count = todos.len() as u64;
    let told = ledger.told_as_made;
    if pass == Pass::Cancels {
        worked.waiting += unknown.len();
    } else if !unknown.is_empty() {
        worked += fresh::work(session, ledger, mapping, side, unknown, ahead, pass).await?;
    }
    if !pairs.is_empty() {
        worked += paired::work(session, ledger, mapping, side, pairs, pass).await?;
    }
    session.parts.progress.event(Event::Documents {
        count: count.saturating_sub(ledger.told_as_made - told),
    });
    Ok(worked)
}
