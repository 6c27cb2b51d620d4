//! `verify`: a deep comparison, with a certificate.

use std::path::PathBuf;

use clap::Args;
use frappe_sync_engine::{VerifyOutcome, VerifyReport};
use frappe_sync_model::DocType;
use frappe_sync_store::StateFile;

use crate::config::SyncConfig;
use crate::context::Context;
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::options::SyncArgs;
use crate::output_file::write_file;
use crate::wiring::RunSettings;
use crate::work::work_on;
use crate::{failure, render};

/// Compares both sites of a sync in full, and writes to neither
///
/// Every mapped value of every pair is compared, and every document without a counterpart is named. The certificate
/// says that the sites are equal, or equal but for what is listed, each with its cause. Exit code 0: equal, or equal
/// but for what the mapping wants so or what was agreed on so; 3: something is parked, in conflict, unknown or not
/// carried over yet. What differs and is not known yet is looked at by the next run.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync verify hq-branch --out certificate.json")]
pub struct VerifyArgs {
    #[command(flatten)]
    sync: SyncArgs,

    /// Only the mapping of this DocType
    #[arg(long, value_name = "DOCTYPE")]
    only: Option<String>,

    /// Also write the certificate, as JSON, to this file; where there are several syncs, name one
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Verifies the syncs, one after the other.
pub(crate) async fn run(args: &VerifyArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let settings = RunSettings {
        only: args
            .only
            .as_deref()
            .map(DocType::from)
            .into_iter()
            .collect(),
        ..RunSettings::default()
    };
    let syncs = context.syncs(&args.sync)?;
    if args.out.is_some() && syncs.len() > 1 {
        let message = "one file holds the certificate of one sync";
        return Err(CliError::new(ErrorKind::Usage, message).remedy("name the sync"));
    }
    context
        .each(&syncs, async |sync| {
            let report = verify_one(context, sync, &settings).await?;
            if let Some(file) = &args.out {
                write_file(file, |to| {
                    serde_json::to_writer(&mut *to, &report)?;
                    to.write_all(b"\n")
                })?;
            }
            context.ui.report(&report, render::verify::verify)?;
            Ok(match report.outcome {
                VerifyOutcome::Equal | VerifyOutcome::EqualBut => Exit::Done,
                VerifyOutcome::Different => Exit::Unfinished,
            })
        })
        .await
}

/// Verifies one sync.
pub(crate) async fn verify_one(
    context: &Context<'_>,
    sync: &SyncConfig,
    settings: &RunSettings,
) -> Result<VerifyReport, CliError> {
    let open = context.open(sync, settings)?;
    let state = StateFile::open_existing(&context.state).map_err(failure::of_open)?;
    // A run in between would make the comparison one of two different moments.
    let _lock = state.lock(&sync.name).map_err(failure::of_lock)?;
    let store = state.sync(&sync.name);
    work_on(context, sync, &open, &store, async |parts| {
        frappe_sync_engine::verify(parts).await
    })
    .await
}
