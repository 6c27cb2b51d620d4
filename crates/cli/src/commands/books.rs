//! `books`: the ledgers of both sites side by side.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use clap::Args;
use frappe_sync_connector::FrappeSite;
use frappe_sync_mapper::nearest;
use frappe_sync_model::{PerSide, Side};

use crate::books::{BooksReport, CompanyBooks, Day, Part, companies, compare, sums_of};
use crate::config::SyncConfig;
use crate::context::Context;
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::options::SyncArgs;
use crate::render;
use crate::wiring::connect;

/// Compares the books of both sites of a sync: equal documents need not make equal ledgers
///
/// For each company, by name: debit and credit of every account (GL Entry), what every party owes or is owed (Payment
/// Ledger Entry), and quantity and value of every item in every warehouse (Bin; with `--date` the Stock Ledger Entries up
/// to that day). Cancelled entries do not count. Accounts, parties, items and warehouses are compared under the names that
/// they have, so those that a mapping calls otherwise on the other site are told as different. Amounts are added up
/// exactly, and compared to six digits. Writes nothing. Exit code 0: the books are equal; 3: they are not, or a
/// company is on one site only.
#[derive(Args, Debug)]
#[command(after_help = "\
Example: frappe-sync books hq-branch
Example: frappe-sync books hq-branch --company Acme --date 2026-03-31 --all")]
pub struct BooksArgs {
    #[command(flatten)]
    sync: SyncArgs,

    /// Only this company
    #[arg(long, value_name = "COMPANY")]
    company: Option<String>,

    /// Only entries up to this day, by posting date
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<NaiveDate>,

    /// Show equal lines too
    #[arg(long)]
    all: bool,
}

/// Compares the books of the syncs, one after the other.
pub(crate) async fn run(args: &BooksArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let syncs = context.syncs(&args.sync)?;
    context
        .each(&syncs, async |sync| {
            let report = books_of(args, context, sync).await?;
            let text = |report: &BooksReport| render::books::books(report, args.all);
            context.ui.report(&report, text)?;
            Ok(if report.equal {
                Exit::Done
            } else {
                Exit::Unfinished
            })
        })
        .await
}

/// Reads the books of one sync.
async fn books_of(
    args: &BooksArgs,
    context: &Context<'_>,
    sync: &SyncConfig,
) -> Result<BooksReport, CliError> {
    let configs = PerSide::from_fn(|side: Side| context.config.site(&sync.sites[side]));
    let sites = PerSide {
        a: connect(context.ui, configs.a)?,
        b: connect(context.ui, configs.b)?,
    };
    let (a, b) = tokio::join!(
        companies(&sites.a, configs.a),
        companies(&sites.b, configs.b)
    );
    let mut known = PerSide { a: a?, b: b? };
    if let Some(company) = &args.company {
        known = just(company, known)?;
    }
    let day: Day = args.date.map(|date| date.to_string());
    let mut books = Vec::new();
    for company in known.a.intersection(&known.b) {
        let mut parts = Vec::new();
        for part in Part::ALL {
            let sums = |side: Side| {
                let site: &FrappeSite = &sites[side];
                sums_of(part, site, configs[side], company, &day)
            };
            let (a, b) = tokio::join!(sums(Side::A), sums(Side::B));
            parts.push(compare(part, &PerSide { a: a?, b: b? }));
        }
        books.push(CompanyBooks::new(company.clone(), parts));
    }
    let only = PerSide::from_fn(|side: Side| {
        let alone = known[side].difference(&known[side.other()]);
        alone.cloned().collect::<Vec<String>>()
    });
    Ok(BooksReport {
        format: "frappe-sync/books@1",
        sync: sync.name.clone(),
        equal: books.iter().all(|company| company.equal) && only.a.is_empty() && only.b.is_empty(),
        date: day,
        sites: configs.map(|config| config.url.to_string()),
        companies: books,
        only,
    })
}

/// Leaves one company.
fn just(
    company: &str,
    known: PerSide<BTreeSet<String>>,
) -> Result<PerSide<BTreeSet<String>>, CliError> {
    let found = known.map(|names| {
        let of_name = names.iter().filter(|name| name.as_str() == company);
        (of_name.cloned().collect::<BTreeSet<String>>(), names)
    });
    if !found.a.0.is_empty() || !found.b.0.is_empty() {
        return Ok(found.map(|(of_name, _)| of_name));
    }
    let names = found.a.1.union(&found.b.1).map(String::as_str);
    let message = format!("neither site has a company `{company}`");
    let error = CliError::new(ErrorKind::Usage, message).at("--company");
    Err(match nearest(company, names.clone()) {
        Some(meant) => error.remedy(format!("did you mean `{meant}`?")),
        None => error.remedy(format!(
            "companies are: {}",
            names.collect::<Vec<_>>().join(", ")
        )),
    })
}
