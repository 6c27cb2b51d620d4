//! Carrying out a plan, and no more.

use frappe_sync_model::{Fingerprinter, PerSide, RunOutcome, Site, StateStore};
use serde::Serialize;
use serde_json::Value;

use crate::applied::{ApplyReport, NotNeededReport, Prediction, SkippedReport};
use crate::error::EngineError;
use crate::gate::{Gate, Skip, Standing, judge_what_is_left};
use crate::ledger::Ledger;
use crate::report::{Operation, PlanReport};
use crate::run::{Ended, mapping_hash, recorded, run_report};
use crate::session::Session;
use crate::{Clock, Parts};

/// The format of a plan.
pub(crate) const PLAN_FORMAT: &str = "frappe-sync/plan@1";

/// Why a plan cannot be carried out here. Nothing is read or written then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanRefusal {
    /// It is no plan, or one of another format.
    #[error("it has the format `{0}`, not `{PLAN_FORMAT}`")]
    Format(String),
    /// It is of another sync.
    #[error("it is a plan of the sync `{0}`")]
    Sync(String),
    /// Another version made it.
    #[error("frappe-sync {0} made it, and this is {version}", version = env!("CARGO_PKG_VERSION"))]
    Engine(String),
    /// It was made with another state file.
    #[error("it was made with the state file `{0}`, which is not this one")]
    State(String),
    /// Its sites have other addresses.
    #[error("it is for {}, {}", .0.a, .0.b)]
    Sites(Box<PerSide<String>>),
    /// Its operations are not those that it was made with.
    #[error("its operations were changed after it was made")]
    Changed,
    /// The mappings, or the DocTypes that they speak of, have changed since.
    #[error("the mappings, or the fields of their DocTypes, are not those that it was made with")]
    Mappings,
}

/// Carries out what a plan has: as a run, in which every write is done that the plan has, and that is decided on the
/// documents that the plan was made on. Everything else stays queued.
///
/// # Errors
///
/// As [`run`](crate::run); a plan that does not belong here is [`EngineError::Refused`].
pub async fn apply<S: Site, T: StateStore, C: Clock>(
    parts: &Parts<'_, S, T, C>,
    plan: PlanReport,
) -> Result<ApplyReport, EngineError> {
    belongs_here(parts, &plan).map_err(EngineError::Refused)?;
    let plan_id = plan.plan_id.clone();
    let recorded = recorded(parts, Some(plan), |session, ledger, ended| {
        report(session, ledger, ended, plan_id)
    });
    Box::pin(recorded).await
}

/// Tells whether a plan was made for this sync as it is.
fn belongs_here<S: Site, T: StateStore, C: Clock>(
    parts: &Parts<'_, S, T, C>,
    plan: &PlanReport,
) -> Result<(), PlanRefusal> {
    let state = parts.store.state_id();
    let id = plan_id(parts.store, &plan.operations);
    Err(if plan.format != PLAN_FORMAT {
        PlanRefusal::Format(plan.format.clone())
    } else if plan.sync != parts.sync {
        PlanRefusal::Sync(plan.sync.to_string())
    } else if plan.engine != env!("CARGO_PKG_VERSION") {
        PlanRefusal::Engine(plan.engine.clone())
    } else if plan.state_id != state {
        PlanRefusal::State(plan.state_id.clone())
    } else if plan.sites != parts.options.addresses {
        PlanRefusal::Sites(Box::new(plan.sites.clone()))
    } else if plan.plan_id != id {
        PlanRefusal::Changed
    } else {
        return Ok(());
    })
}

/// Returns the id of a plan: a fingerprint of its operations under the key of its state file, which nobody can make
/// for other operations without that file.
pub(crate) fn plan_id<T: StateStore>(store: &T, operations: &impl Serialize) -> String {
    let fingerprints = Fingerprinter::new(store.fingerprint_key());
    format!("{:?}", fingerprints.of_json(operations))
}

/// Refuses a plan that was made under other mappings.
pub(crate) fn same_mappings<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    plan: &PlanReport,
) -> Result<(), EngineError> {
    if mapping_hash(session) == plan.mapping_hash {
        Ok(())
    } else {
        Err(EngineError::Refused(PlanRefusal::Mappings))
    }
}

fn report<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mut ledger: Ledger,
    ended: Ended,
    plan_id: String,
) -> Result<(RunOutcome, Value, ApplyReport), EngineError> {
    let mut gate = ledger.gate.take().unwrap_or_else(|| Gate::new(Vec::new()));
    judge_what_is_left(session, &ledger, &mut gate)?;
    let mut run = run_report(session, ledger, ended)?;
    run.format = "frappe-sync/apply@1".to_owned();
    let (mut done, mut skipped, mut not_needed) = (Vec::new(), Vec::new(), Vec::new());
    let mut exactly = 0;
    for (operation, standing) in gate.operations.iter().zip(&gate.standing) {
        match standing {
            Standing::Done { as_planned } => {
                exactly += u64::from(*as_planned);
                done.push(operation.id);
            }
            Standing::NotNeeded => not_needed.push(NotNeededReport {
                op: operation.id,
                site: operation.site,
                doctype: operation.doctype.clone(),
                name: name_of(operation),
                action: operation.action,
            }),
            Standing::Skipped(skip) => skipped.push(skipped_report(operation, skip)),
            Standing::Waiting | Standing::Sent => {}
        }
    }
    run.prediction = Some(Prediction::new(gate.operations.len() as u64, exactly));
    let is_short = !skipped.is_empty() || gate.outside() > 0;
    if is_short && run.outcome == RunOutcome::Converged {
        run.outcome = RunOutcome::Partial;
    }
    let report = ApplyReport {
        plan_id,
        done,
        skipped,
        not_needed,
        not_in_plan: gate.outside(),
        run,
    };
    let kept = serde_json::to_value(&report).unwrap_or(Value::Null);
    Ok((report.run.outcome, kept, report))
}

fn skipped_report(operation: &Operation, skip: &Skip) -> SkippedReport {
    let moved = skip.moved.clone();
    SkippedReport {
        op: operation.id,
        site: operation.site,
        doctype: operation.doctype.clone(),
        name: name_of(operation),
        action: operation.action,
        reason: skip.reason,
        message: skip.message.clone(),
        moved_on: moved.as_ref().map(|moved| moved.side),
        planned_modified: moved.as_ref().and_then(|moved| moved.planned.clone()),
        modified: moved.as_ref().and_then(|moved| moved.now.clone()),
        modified_by: moved.and_then(|moved| moved.by),
    }
}

/// Returns the name under which people find what an operation is about.
fn name_of(operation: &Operation) -> frappe_sync_model::DocName {
    let source = operation.counterpart.as_ref().map(|source| &source.name);
    let name = operation.name.as_ref().or(source);
    name.cloned().unwrap_or_else(|| "".into())
}
