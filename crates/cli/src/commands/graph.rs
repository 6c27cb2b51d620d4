//! `graph`: which mapping links to which.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anstream::adapter::strip_str;
use clap::{Args, ValueEnum};
use frappe_sync_engine::{EngineError, GraphReport, read_metadata};
use frappe_sync_mapper::resolve;
use frappe_sync_model::{DocType, PerSide, Side};

use crate::config::SyncConfig;
use crate::context::Context;
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::failure;
use crate::options::SyncArgs;
use crate::output_file::write_file;
use crate::render::graph::{Picture, Place, dot, svg, text};
use crate::ui::Format;
use crate::wiring::RunSettings;

/// Shows which mapping links to which, and the order of work
///
/// Reads the metadata of both sites. Each DocType stands after those that it links to; those that link to each
/// other in a circle are marked, with the links that are set in a second pass. Writes nothing to either site.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync graph hq-branch --out graph.svg")]
pub struct GraphArgs {
    #[command(flatten)]
    sync: SyncArgs,

    /// The form; without it, the one that the name of the file says, else text
    #[arg(long, value_enum, value_name = "FORM")]
    format: Option<Form>,

    /// Write it to this file, not to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A form of the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Lines for people.
    Text,
    /// The language of Graphviz.
    Dot,
    /// A picture.
    Svg,
}

impl Form {
    /// Returns the form that the name of a file asks for.
    fn of(file: &Path) -> Self {
        let extension = file.extension().unwrap_or_default();
        match extension.to_string_lossy().to_ascii_lowercase().as_str() {
            "svg" => Self::Svg,
            "dot" | "gv" => Self::Dot,
            _ => Self::Text,
        }
    }
}

/// Shows the graphs of the syncs, one after the other.
pub(crate) async fn run(args: &GraphArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let syncs = context.syncs(&args.sync)?;
    if args.out.is_some() && syncs.len() > 1 {
        return Err(
            CliError::new(ErrorKind::Usage, "one file holds the graph of one sync")
                .remedy("name the sync"),
        );
    }
    let named = args.out.as_deref().map(Form::of);
    let form = args.format.or(named).unwrap_or(Form::Text);
    context
        .each(&syncs, async |sync| {
            let report = graph_one(context, sync).await?;
            if let Some(file) = &args.out {
                // A file has no colours, whatever the terminal has.
                let plain = strip_str(&drawn(&report, form)).to_string();
                write_file(file, |to| to.write_all(plain.as_bytes()))?;
                context.ui.tell(&format!("written to {}", file.display()));
            }
            if args.out.is_none() || context.ui.format() == Format::Json {
                context.ui.report(&report, |report| drawn(report, form))?;
            }
            Ok(Exit::Done)
        })
        .await
}

/// Reads what both sites say of the mapped DocTypes, and puts the mappings in order.
async fn graph_one(context: &Context<'_>, sync: &SyncConfig) -> Result<GraphReport, CliError> {
    let open = context.open(sync, &RunSettings::default())?;
    let doctypes = PerSide::from_fn(|side| -> BTreeSet<DocType> {
        let files = open.mappings.iter();
        files.flat_map(|file| file.doctypes_read(side)).collect()
    });
    let (a, b) = tokio::join!(
        read_metadata(&open.sites.a, &doctypes.a),
        read_metadata(&open.sites.b, &doctypes.b),
    );
    let failed = |side: Side| {
        let site = context.config.site(&sync.sites[side]);
        move |error| failure::of_site(error, site)
    };
    let metas = PerSide {
        a: a.map_err(failed(Side::A))?,
        b: b.map_err(failed(Side::B))?,
    };
    let mappings = resolve(&open.mappings, &metas).map_err(|diagnostics| {
        failure::of_engine(EngineError::Mapping(diagnostics), sync, &context.config)
    })?;
    Ok(GraphReport::new(sync.name.clone(), &mappings))
}

fn drawn(report: &GraphReport, form: Form) -> String {
    match form {
        Form::Text => text(report),
        Form::Dot => dot(report),
        Form::Svg => svg(&Picture::of_mappings(report, Place::File)),
    }
}
