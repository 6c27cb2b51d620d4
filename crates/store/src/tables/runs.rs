//! Runs, as `history` shows them.

use chrono::{DateTime, Utc};
use frappe_sync_model::{RunId, RunRecord};
use rusqlite::params;

use crate::columns::{Moment, outcome_code, outcome_of};
use crate::error::Failure;
use crate::session::Session;
use crate::tables::row_limit;

/// Remembers a run; one of the same id is replaced.
pub(crate) fn put(session: &mut Session<'_>, record: &RunRecord) -> Result<(), Failure> {
    let sync = session.sync_row()?;
    session
        .prepare(
            "INSERT INTO runs (sync, run, started, finished, outcome, report)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (sync, run) DO UPDATE SET
                 started = excluded.started, finished = excluded.finished,
                 outcome = excluded.outcome, report = excluded.report",
        )?
        .execute(params![
            sync.0,
            record.run.as_str(),
            Moment(record.started),
            record.finished.map(Moment),
            record.outcome.map(outcome_code),
            serde_json::to_string(&record.report)?,
        ])?;
    Ok(())
}

/// Removes runs of this sync that ended well before a moment and left nothing behind, but for its last two.
pub(crate) fn prune_quiet(
    session: &mut Session<'_>,
    older_than: DateTime<Utc>,
) -> Result<u64, Failure> {
    let Some(sync) = session.find_sync()? else {
        return Ok(0);
    };
    let removed = session
        .prepare(
            "DELETE FROM runs
             WHERE sync = ?1 AND outcome = 'converged' AND finished < ?2
                 AND started < (
                     SELECT min(started) FROM (
                         SELECT started FROM runs WHERE sync = ?1 ORDER BY started DESC LIMIT 2))
                 AND NOT EXISTS (
                     SELECT 1 FROM operations JOIN mappings ON mappings.id = operations.mapping
                     WHERE mappings.sync = ?1 AND operations.run = runs.run)
                 AND NOT EXISTS (
                     SELECT 1 FROM conflicts JOIN mappings ON mappings.id = conflicts.mapping
                     WHERE mappings.sync = ?1 AND conflicts.run = runs.run)",
        )?
        .execute(params![sync.0, Moment(older_than)])?;
    Ok(removed as u64)
}

/// Returns the last runs of this sync, newest first.
pub(crate) fn last(session: &mut Session<'_>, limit: usize) -> Result<Vec<RunRecord>, Failure> {
    let Some(sync) = session.find_sync()? else {
        return Ok(Vec::new());
    };
    let mut statement = session.prepare(
        "SELECT run, started, finished, outcome, report FROM runs
         WHERE sync = ?1 ORDER BY started DESC, run DESC LIMIT ?2",
    )?;
    let mut rows = statement.query((sync.0, row_limit(limit)))?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        records.push(RunRecord {
            run: RunId::from(row.get::<_, String>(0)?),
            started: row.get::<_, Moment>(1)?.0,
            finished: row.get::<_, Option<Moment>>(2)?.map(|moment| moment.0),
            outcome: row
                .get::<_, Option<String>>(3)?
                .map(|code| outcome_of(&code))
                .transpose()?,
            report: serde_json::from_str(&row.get::<_, String>(4)?)?,
        });
    }
    Ok(records)
}
