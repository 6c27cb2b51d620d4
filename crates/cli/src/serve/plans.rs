//! From the configuration to what the roster keeps.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use frappe_sync_serve::{Hours, Plan, Schedule};

use crate::config::{Config, SyncConfig};
use crate::error::{CliError, ErrorKind};

/// Returns when each sync runs.
///
/// # Errors
///
/// A schedule or hours that say nothing; the configuration was read before, so that this is none of its mistakes.
pub(super) fn plans(config: &Config) -> Result<BTreeMap<String, Plan>, CliError> {
    let zone = config.serve.time_zone;
    let plan = |sync: &SyncConfig| Ok((sync.name.to_string(), plan(sync, zone)?));
    config.syncs.iter().map(plan).collect()
}

fn plan(sync: &SyncConfig, zone: Tz) -> Result<Plan, CliError> {
    let wrong = |error: Box<dyn std::error::Error + Send + Sync>| {
        CliError::new(ErrorKind::Config, error.to_string()).at(format!("sync `{}`", sync.name))
    };
    let schedule = |written: &Option<String>| {
        let schedule = written.as_ref().map(|text| Schedule::parse(text, zone));
        schedule.transpose().map_err(|error| wrong(error.into()))
    };
    Ok(Plan {
        schedule: schedule(&sync.schedule)?,
        sweep: schedule(&sync.sweep_schedule)?,
        verify: schedule(&sync.verify_schedule)?,
        hours: Hours::parse(&sync.hours, zone).map_err(|error| wrong(error.into()))?,
    })
}
