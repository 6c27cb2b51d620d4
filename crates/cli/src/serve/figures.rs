//! Figures of runs that a person or cron began, for Prometheus' textfile collector.

use std::fs;

use std::path::Path;

use chrono::{DateTime, Utc};
use frappe_sync_engine::RunReport;
use frappe_sync_serve::metrics::Metrics;
use frappe_sync_store::StateFile;

use super::settle::{failed, ran_of, standing, waiting};
use crate::config::SyncConfig;
use crate::context::Context;
use crate::error::CliError;
use crate::output_file::write_file;

/// Figures of some runs.
#[derive(Default)]
pub(crate) struct Figures(Metrics);

impl Figures {
    /// Counts a run, and what waits after it.
    pub(crate) fn count(
        &self,
        context: &Context<'_>,
        sync: &SyncConfig,
        report: &Result<RunReport, CliError>,
        began: DateTime<Utc>,
    ) {
        let mut ran = match report {
            Ok(report) => ran_of(report),
            Err(error) => failed(error, began),
        };
        // Where the state cannot be read, the run has told so.
        let state = StateFile::open_read_only(&context.state).ok();
        let standing = state.and_then(|state| standing(&state, sync).ok().flatten());
        if let Some(standing) = standing {
            ran.waiting = Some(waiting(&standing));
            if let Some(at) = standing.last_succeeded {
                self.0.succeeded(sync.name.as_str(), at);
            }
        }
        self.0.ended(sync.name.as_str(), &ran);
    }

    /// Writes the figures, whole or not at all, for others to read too: they hold no name of a document.
    pub(crate) fn write(&self, file: &Path) -> Result<(), CliError> {
        // The collector takes lines of Prometheus' own format, which knows no end of the file.
        let text = self.0.render();
        let text = text.strip_suffix("# EOF\n").unwrap_or(&text);
        write_file(file, |to| to.write_all(text.as_bytes()))?;
        open_to_all(file);
        Ok(())
    }
}

#[cfg(unix)]
fn open_to_all(file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;

    if let Err(error) = fs::set_permissions(file, fs::Permissions::from_mode(0o644)) {
        tracing::warn!(%error, "the figures can be read by their owner alone");
    }
}

#[cfg(not(unix))]
fn open_to_all(_: &Path) {}
