//! What is made of the end of a run: figures, what is told, and when the next one is due.

use chrono::{DateTime, Utc};
use frappe_sync_engine::RunReport;
use frappe_sync_model::{RunOutcome, StateStore as _};
use frappe_sync_serve::Ended;
use frappe_sync_serve::metrics::{Ran, Waiting};
use frappe_sync_store::StateFile;

use super::shared::{Standing, Waits};
use crate::commands::run::is_open;
use crate::commands::status::status_of;
use crate::config::SyncConfig;
use crate::error::{CliError, ErrorKind};
use crate::failure;

/// Counts a run.
pub(crate) fn ran_of(report: &RunReport) -> Ran {
    let documents = serde_json::to_value(report.summary).unwrap_or_default();
    let documents = documents.as_object().into_iter().flatten();
    let documents = documents
        .filter_map(|(action, count)| Some((action.clone(), count.as_u64()?)))
        .filter(|(_, count)| *count > 0)
        .collect();
    let requests = super::desk::SIDES
        .into_iter()
        .flat_map(|(side, name)| {
            let counts = report.requests[side];
            [(name, "read", counts.read), (name, "write", counts.write)]
        })
        .collect();
    let outcome = match report.outcome {
        RunOutcome::Converged => "converged",
        RunOutcome::Partial => "partial",
        RunOutcome::Stopped => "stopped",
        RunOutcome::Failed => "failed",
    };
    Ran {
        outcome: outcome.to_owned(),
        seconds: report.seconds,
        ended: report.finished,
        is_success: report.outcome == RunOutcome::Converged && !is_open(report),
        documents,
        requests,
        waiting: None,
    }
}

/// Counts a run that failed.
pub(super) fn failed(error: &CliError, began: DateTime<Utc>) -> Ran {
    let ended = Utc::now();
    let outcome = match error.kind() {
        ErrorKind::Unreachable => "unreachable",
        ErrorKind::Locked => "locked",
        ErrorKind::Guard => "stopped",
        ErrorKind::Interrupted => "interrupted",
        _ => "failed",
    };
    Ran {
        outcome: outcome.to_owned(),
        seconds: (ended - began).as_seconds_f64(),
        ended,
        ..Ran::default()
    }
}

/// Tells what the end of a run says of the next.
pub(super) fn ended(error: &CliError) -> Ended {
    match error.kind() {
        ErrorKind::Unreachable | ErrorKind::Locked => Ended::TryAgain,
        // It was asked to stop by us.
        ErrorKind::Interrupted => Ended::Done,
        _ => Ended::Failed,
    }
}

/// Reads where a sync stands; none where it never ran.
pub(super) fn standing(state: &StateFile, sync: &SyncConfig) -> Result<Option<Standing>, CliError> {
    let status = match status_of(state, sync, Utc::now()) {
        Ok(status) => status,
        Err(error) if error.kind() == ErrorKind::NotInitialised => return Ok(None),
        Err(error) => return Err(error),
    };
    let store = state.sync(&sync.name);
    let intents = store.open_intents().map_err(failure::of_state)?;
    let finished = status.last_success.as_ref().and_then(|run| run.finished);
    Ok(Some(Standing {
        last_began: Some(status.last_run.started),
        last_succeeded: finished,
        behind_seconds: status.lag.behind_seconds.unwrap_or_default(),
        queued: status.lag.queued,
        waiting_for_people: Waits {
            conflicts: status.conflicts.len() as u64,
            parked: status.parked.len() as u64,
            unknown: intents.len() as u64,
        },
        last_run: super::desk::told(&status.last_run)?,
        last_success: super::desk::told(&status.last_success)?,
        lag: super::desk::told(&status.lag)?,
    }))
}

/// Returns what waits, for the figures.
pub(super) fn waiting(standing: &Standing) -> Waiting {
    let waits = standing.waiting_for_people;
    Waiting {
        conflicts: waits.conflicts,
        parked: waits.parked,
        unknown: waits.unknown,
        queued: standing.queued,
        lag_seconds: standing.behind_seconds,
    }
}
