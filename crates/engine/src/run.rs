//! One run, or the plan of one.

use chrono::{DateTime, Utc};
use frappe_sync_mapper::resolve;
use frappe_sync_model::{
    DocName, DocType, PerSide, RequestCounts, RunOutcome, RunRecord, Side, Site, SiteErrorKind,
    StateStore,
};
use serde_json::{Value, json};

use crate::apply::{PLAN_FORMAT, plan_id, same_mappings};
use crate::error::{EngineError, OnSide};
use crate::gate::Gate;
use crate::graph::MappingGraph;
use crate::ledger::Ledger;
use crate::packed::PackedOperations;
use crate::report::{ParkedReport, PlanReport, RunReport, UnknownReport};
use crate::session::{Mode, Session};
use crate::undo::{Reviewed, judge_hold};
use crate::{
    Clock, Event, Parts, guard, poll, recover, removal, same_site, schema, targets, traces,
    vanished, work,
};

/// Brings both sites together.
///
/// What was settled before an error stays settled, and the next run goes on from there.
///
/// # Errors
///
/// See [`EngineError`]; a document that cannot be applied is no error but parked.
pub async fn run<S: Site, T: StateStore, C: Clock>(
    parts: &Parts<'_, S, T, C>,
) -> Result<RunReport, EngineError> {
    let recorded = recorded(parts, None, |session, ledger, ended| {
        let report = run_report(session, ledger, ended)?;
        let kept = serde_json::to_value(&report).unwrap_or(Value::Null);
        Ok((report.outcome, kept, report))
    });
    // What a run holds while it waits is too much for a stack.
    Box::pin(recorded).await
}

/// When a run began and ended, and what it found counted.
pub(crate) struct Ended {
    started: DateTime<Utc>,
    finished: DateTime<Utc>,
    before: PerSide<RequestCounts>,
}

/// Runs, bounded by a plan if there is one, and keeps a record of it; `report` returns how it ended, what is kept of
/// it, and what is told.
pub(crate) async fn recorded<S: Site, T: StateStore, C: Clock, V>(
    parts: &Parts<'_, S, T, C>,
    plan: Option<PlanReport>,
    report: impl FnOnce(
        &Session<'_, S, T, C>,
        Ledger,
        Ended,
    ) -> Result<(RunOutcome, Value, V), EngineError>,
) -> Result<V, EngineError> {
    let started = parts.clock.now();
    let before = counts(parts);
    let mut record = RunRecord {
        run: parts.run.clone(),
        started,
        finished: None,
        outcome: None,
        report: Value::Null,
    };
    parts.store.put_run(&record)?;
    let result = carry_out(parts, Mode::Run, plan).await;
    let finished = parts.clock.now();
    record.finished = Some(finished);
    match result {
        Ok((session, ledger)) => {
            let ended = Ended {
                started,
                finished,
                before,
            };
            let (outcome, kept, told) = report(&session, ledger, ended)?;
            record.outcome = Some(outcome);
            record.report = kept;
            parts.store.put_run(&record)?;
            Ok(told)
        }
        Err(error) => {
            record.outcome = Some(match error {
                EngineError::Guard(_) => RunOutcome::Stopped,
                _ => RunOutcome::Failed,
            });
            record.report = json!({ "error": error.to_string() });
            parts.store.put_run(&record)?;
            Err(error)
        }
    }
}

/// Decides everything that a run would, and writes to neither site. The store given is changed, so it must
/// be a copy.
///
/// # Errors
///
/// As [`run`].
pub async fn plan<S: Site, T: StateStore, C: Clock>(
    parts: &Parts<'_, S, T, C>,
) -> Result<PlanReport, EngineError> {
    Ok(plan_packed(parts).await?.unpack())
}

/// The same, for plans of any size: the operations are only packed texts.
///
/// # Errors
///
/// As [`run`].
pub async fn plan_packed<S: Site, T: StateStore, C: Clock>(
    parts: &Parts<'_, S, T, C>,
) -> Result<PlanReport<PackedOperations>, EngineError> {
    let (session, ledger) = carry_out(parts, Mode::Plan, None).await?;
    let parked = parked(&session)?;
    let operations = ledger.operations;
    let mut summary = ledger.summary;
    summary.parked = parked.len() as u64;
    summary.update = operations.updates();
    let writes_to = operations.writes_to();
    Ok(PlanReport {
        format: PLAN_FORMAT.to_owned(),
        sync: parts.sync.clone(),
        plan_id: plan_id(parts.store, &operations),
        state_id: parts.store.state_id(),
        mapping_hash: mapping_hash(&session),
        engine: env!("CARGO_PKG_VERSION").to_owned(),
        sites: parts.options.addresses.clone(),
        summary,
        writes_to,
        guard: ledger.guard,
        operations,
        conflicts: ledger.conflicts,
        parked,
        notes: ledger.notes.into_iter().collect(),
        graph: MappingGraph::of(&session.mappings),
    })
}

/// Returns the fingerprint of what the stored knowledge of all mappings rests on.
pub(crate) fn mapping_hash<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
) -> String {
    let forms: Vec<Value> = session
        .mappings
        .iter()
        .map(|mapping| mapping.effective_form())
        .collect();
    format!("{:?}", session.fingerprints.of_json(&forms))
}

async fn carry_out<'a, S: Site, T: StateStore, C: Clock>(
    parts: &'a Parts<'a, S, T, C>,
    mode: Mode,
    bound: Option<PlanReport>,
) -> Result<(Session<'a, S, T, C>, Ledger), EngineError> {
    let session = open(parts, mode).await?;
    let reviewed = match bound {
        Some(_) => Reviewed::Yes,
        None => Reviewed::No,
    };
    let mut ledger = Ledger::load(parts.store)?;
    if let Some(plan) = bound {
        same_mappings(&session, &plan)?;
        ledger.gate = Some(Gate::new(plan.operations));
    }
    judge_hold(&session, reviewed)?;
    same_site::judge(&session).await?;
    recover::recover(&session, &mut ledger).await?;
    let chosen = parts.options.chosen.as_ref();
    if chosen.is_none() {
        traces::follow(&session).await?;
    }
    parts.progress.event(Event::Phase("poll"));
    for mapping in session.selected() {
        if session.is_cancelled() {
            return Err(EngineError::Interrupted);
        }
        match chosen {
            Some(chosen) => poll::choose(&session, &mut ledger, mapping, chosen).await?,
            None => poll::poll(&session, &mut ledger, mapping).await?,
        }
    }
    vanished::resolve(&session, &mut ledger).await?;
    guard::judge(&session, &mut ledger).await?;
    bring_together(&session, &mut ledger).await?;
    Ok((session, ledger))
}

/// Rounds of one run: what turns out to be renamed or deleted while the mappings are worked through gives the
/// next one.
const MOST_ROUNDS: usize = 5;

/// Writes to both sites, or to the plan: names first, then documents, then deletes.
async fn bring_together<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
) -> Result<(), EngineError> {
    for _ in 0..MOST_ROUNDS {
        vanished::carry_names(session, ledger).await?;
        work::work(session, ledger).await?;
        let found =
            targets::ask(session, ledger).await? | vanished::resolve(session, ledger).await?;
        if !found && !removal::remove(session, ledger).await? {
            break;
        }
    }
    Ok(())
}

/// Asks both sites who they are and what they look like, and puts the mappings in order.
pub(crate) async fn open<'a, S: Site, T: StateStore, C: Clock>(
    parts: &'a Parts<'a, S, T, C>,
    mode: Mode,
) -> Result<Session<'a, S, T, C>, EngineError> {
    parts.progress.event(Event::Phase("probe"));
    let (a, b) = futures::future::join(parts.sites.a.probe(), parts.sites.b.probe()).await;
    let facts = PerSide {
        a: a.on(Side::A)?,
        b: b.on(Side::B)?,
    };
    let (metas, schema) = schema::load(&parts.sites, parts.store, parts.mappings).await?;
    let mappings = resolve(parts.mappings, &metas).map_err(EngineError::Mapping)?;
    for side in Side::BOTH {
        let singles: Vec<DocType> = mappings
            .iter()
            .filter(|mapping| mapping.meta[side].doctype.is_single)
            .map(|mapping| mapping.doctypes[side].clone())
            .collect();
        parts.sites[side].know_singles(&singles);
    }
    let last_ended = parts
        .store
        .runs(2)?
        .into_iter()
        .find(|record| record.run != parts.run)
        .and_then(|record| record.finished);
    Ok(Session::new(
        parts, mode, facts, mappings, schema, last_ended,
    ))
}

pub(crate) fn run_report<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: Ledger,
    ended: Ended,
) -> Result<RunReport, EngineError> {
    let Ended {
        started,
        finished,
        before,
    } = ended;
    let parts = session.parts;
    let parked = parked(session)?;
    let unknown: Vec<UnknownReport> = ledger.intents.iter().map(|i| unknown(session, i)).collect();
    let open_conflicts = parts.store.open_conflicts()?.len();
    let mut summary = ledger.summary;
    summary.parked = parked.len() as u64;
    let outcome = if ledger.guard.is_some() {
        RunOutcome::Stopped
    } else if parked.is_empty() && unknown.is_empty() && open_conflicts == 0 {
        RunOutcome::Converged
    } else {
        RunOutcome::Partial
    };
    let after = counts(parts);
    let requests = PerSide::from_fn(|side: Side| RequestCounts {
        read: after[side].read - before[side].read,
        write: after[side].write - before[side].write,
    });
    Ok(RunReport {
        format: "frappe-sync/run@1".to_owned(),
        run_id: parts.run.clone(),
        sync: parts.sync.clone(),
        started,
        finished,
        seconds: (finished - started).as_seconds_f64(),
        outcome,
        summary,
        applied: ledger.applied_to.a + ledger.applied_to.b,
        applied_to: ledger.applied_to,
        requests,
        guard: ledger.guard,
        parked,
        conflicts: ledger.conflicts,
        refused: ledger.refused,
        unknown,
        notes: ledger.notes.into_iter().collect(),
        prediction: None,
    })
}

pub(crate) fn parked<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
) -> Result<Vec<ParkedReport>, EngineError> {
    let parked = session.store().parked(None)?;
    Ok(parked
        .into_iter()
        .filter_map(|parked| {
            let mapping = session.mappings.iter().find(|m| m.name == parked.mapping)?;
            Some(ParkedReport {
                site: parked.side,
                doctype: mapping.doctypes[parked.side].clone(),
                name: parked.key.name,
                cause: parked.cause,
                message: parked.message,
            })
        })
        .collect())
}

fn unknown<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    intent: &frappe_sync_model::Intent,
) -> UnknownReport {
    let source = intent.side.other();
    let mapping = session
        .mappings
        .iter()
        .find(|mapping| mapping.name == intent.mapping);
    UnknownReport {
        site: intent.side,
        doctype: mapping.map_or_else(
            || intent.mapping.as_str().into(),
            |mapping| mapping.doctypes[source].clone(),
        ),
        source_name: DocName::new(intent.source.name.as_str()),
        action: match intent.kind {
            frappe_sync_model::IntentKind::Create { .. } => "create",
            frappe_sync_model::IntentKind::Update { .. } => "update",
            frappe_sync_model::IntentKind::Delete { .. } => "delete",
            frappe_sync_model::IntentKind::Rename { .. } => "rename",
        }
        .to_owned(),
        sent: intent.sent_at,
    }
}

pub(crate) fn counts<S: Site, T, C>(parts: &Parts<'_, S, T, C>) -> PerSide<RequestCounts> {
    PerSide::from_fn(|side| parts.sites[side].request_counts())
}

impl EngineError {
    /// Tells whether a site would not let us in, or let us do what the sync needs.
    pub fn is_unauthorised(&self) -> bool {
        matches!(
            self,
            Self::Site { source, .. }
                if matches!(source.kind, SiteErrorKind::NotAuthorised | SiteErrorKind::NotPermitted)
        )
    }
}
