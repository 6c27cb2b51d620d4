//! `parked show`: all that is known of one document.

use chrono::Utc;
use clap::Args;
use frappe_sync_mapper::nearest;
use frappe_sync_model::Side;
use frappe_sync_store::StateFile;

use crate::context::Context;
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::options::{SideArg, SyncArgs};
use crate::report::parked::{ParkedEntry, read};
use crate::{failure, render};

/// Shows all that is known of one parked document
///
/// Asks no site. Where documents of one name are parked on both sites, both are shown.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync parked show Customer CUST-00017")]
pub(super) struct ShowArgs {
    /// Its DocType
    #[arg(value_name = "DOCTYPE")]
    doctype: String,

    /// Its name
    #[arg(value_name = "NAME")]
    name: String,

    #[command(flatten)]
    sync: SyncArgs,

    /// Only the document of this site
    #[arg(long, value_enum, value_name = "SIDE")]
    site: Option<SideArg>,
}

/// Shows the document.
pub(super) fn run(args: &ShowArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let site = args.site.map(Side::from);
    let state = StateFile::open_read_only(&context.state).map_err(failure::of_open)?;
    let now = Utc::now();
    let (mut others, mut found) = (Vec::new(), false);
    for sync in context.syncs(&args.sync)? {
        let mut report = read(&state.sync(&sync.name)).map_err(failure::of_state)?;
        let (meant, rest) = report.parked.into_iter().partition(|parked| {
            parked.is(&args.doctype, &args.name) && site.is_none_or(|site| site == parked.site)
        });
        report.parked = meant;
        others.extend(rest);
        if !report.parked.is_empty() {
            found = true;
            context
                .ui
                .report(&report, |report| render::parked::show(report, now))?;
        }
    }
    if found {
        return Ok(Exit::Done);
    }
    Err(not_parked(&args.doctype, &args.name, &others))
}

/// Tells that a document is not parked, with the one that is probably meant.
pub(super) fn not_parked(doctype: &str, name: &str, others: &[ParkedEntry]) -> CliError {
    let error = CliError::new(
        ErrorKind::Failed,
        format!("{doctype} `{name}` is not parked"),
    );
    let of_doctype = others
        .iter()
        .filter(|parked| parked.doctype.as_str() == doctype);
    let names: Vec<&str> = of_doctype.map(|parked| parked.name.as_str()).collect();
    let doctypes = others.iter().map(|parked| parked.doctype.as_str());
    let meant = match names.is_empty() {
        true => nearest(doctype, doctypes),
        false => nearest(name, names),
    };
    match meant {
        Some(meant) => error.remedy(format!("did you mean `{meant}`?")),
        None => error.remedy("`frappe-sync parked list` shows what is"),
    }
}
