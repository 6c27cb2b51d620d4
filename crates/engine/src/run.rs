//! One run, or the plan of one.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use frappe_sync_mapper::resolve;
use frappe_sync_model::{
    DocName, Fingerprinter, PerSide, RequestCounts, RunOutcome, RunRecord, Side, Site,
    SiteErrorKind, StateStore,
};
use serde_json::{Value, json};

use crate::error::{EngineError, OnSide};
use crate::ledger::Ledger;
use crate::report::{ParkedReport, PlanReport, RunReport, UnknownReport};
use crate::session::{Mode, Session};
use crate::update::planned_operation;
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
    let result = carry_out(parts, Mode::Run).await;
    let finished = parts.clock.now();
    record.finished = Some(finished);
    match result {
        Ok((session, ledger)) => {
            let report = run_report(&session, ledger, (started, finished), before)?;
            record.outcome = Some(report.outcome);
            record.report = serde_json::to_value(&report).unwrap_or(Value::Null);
            parts.store.put_run(&record)?;
            Ok(report)
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
    let (session, ledger) = carry_out(parts, Mode::Plan).await?;
    let parked = parked(&session)?;
    let mut operations = ledger.operations;
    for operation in &mut operations {
        let mut after = BTreeSet::new();
        for change in &mut operation.changes {
            name_operations(&mut change.to, &mut after);
        }
        if let Some(id) = operation
            .name
            .as_ref()
            .and_then(|name| planned_operation(name.as_str()))
        {
            operation.name = None;
            after.insert(id);
        }
        after.remove(&operation.id);
        operation.after = after.into_iter().collect();
    }
    let fingerprints = Fingerprinter::new(parts.store.fingerprint_key());
    let hash = |value: &Value| format!("{:?}", fingerprints.of_bytes(value.to_string().as_bytes()));
    let forms: Vec<Value> = session
        .mappings
        .iter()
        .map(|mapping| mapping.effective_form())
        .collect();
    let mut summary = ledger.summary;
    summary.parked = parked.len() as u64;
    summary.update = operations
        .iter()
        .filter(|operation| operation.action == crate::Action::Update)
        .count() as u64;
    let writes_to = PerSide::from_fn(|side| {
        operations
            .iter()
            .filter(|operation| operation.site == side)
            .count() as u64
    });
    Ok(PlanReport {
        format: "frappe-sync/plan@1".to_owned(),
        sync: parts.sync.clone(),
        plan_id: hash(&json!(operations)),
        state_id: parts.store.state_id(),
        mapping_hash: hash(&Value::Array(forms)),
        engine: env!("CARGO_PKG_VERSION").to_owned(),
        sites: parts.options.addresses.clone(),
        summary,
        writes_to,
        guard: ledger.guard,
        operations,
        conflicts: ledger.conflicts,
        parked,
        notes: ledger.notes.into_iter().collect(),
    })
}

/// Puts `{"op": id}` where a value names a document that the plan will make.
fn name_operations(value: &mut Value, after: &mut BTreeSet<u64>) {
    match value {
        Value::String(text) => {
            if let Some(id) = planned_operation(text) {
                after.insert(id);
                *value = json!({ "op": id });
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| name_operations(item, after)),
        Value::Object(fields) => {
            fields
                .values_mut()
                .for_each(|item| name_operations(item, after));
        }
        _ => {}
    }
}

async fn carry_out<'a, S: Site, T: StateStore, C: Clock>(
    parts: &'a Parts<'a, S, T, C>,
    mode: Mode,
) -> Result<(Session<'a, S, T, C>, Ledger), EngineError> {
    let session = open(parts, mode).await?;
    same_site::judge(&session).await?;
    let mut ledger = Ledger::load(parts.store)?;
    recover::recover(&session, &mut ledger).await?;
    traces::follow(&session).await?;
    parts.progress.event(Event::Phase("poll"));
    for mapping in session.selected() {
        if session.is_cancelled() {
            return Err(EngineError::Interrupted);
        }
        poll::poll(&session, &mut ledger, mapping).await?;
    }
    vanished::resolve(&session, &mut ledger).await?;
    guard::judge(&session, &mut ledger).await?;
    apply(&session, &mut ledger).await?;
    Ok((session, ledger))
}

/// Rounds of one run: what turns out to be renamed or deleted while the mappings are worked through gives the
/// next one.
const MOST_ROUNDS: usize = 5;

/// Writes to both sites, or to the plan: names first, then documents, then deletes.
async fn apply<S: Site, T: StateStore, C: Clock>(
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

fn run_report<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: Ledger,
    (started, finished): (DateTime<Utc>, DateTime<Utc>),
    before: PerSide<RequestCounts>,
) -> Result<RunReport, EngineError> {
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
