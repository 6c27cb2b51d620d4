//! The story of the demo, act by act.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use frappe_sync_engine::RunReport;
use frappe_sync_model::{JournalEntry, RunOutcome, Side, StateStore as _};
use frappe_sync_store::StateFile;
use serde_json::{Value, json};

use super::acts::{Edits, people_work};
use super::report::{DemoReport, Teller};
use super::world::{DemoSite, World, refused};
use crate::commands::plan::{plan_one, write_page};
use crate::commands::run::run_one;
use crate::commands::verify::verify_one;
use crate::config;
use crate::context::Context;
use crate::error::CliError;
use crate::failure;
use crate::render::text::value;
use crate::render::{plan, run, verify};
use crate::ui::Ui;
use crate::wiring::RunSettings;

/// Tells the whole story with files in `folder`, which `shown` names where they are kept.
pub(crate) async fn tell(
    ui: &Ui,
    folder: &Path,
    shown: Option<String>,
) -> Result<DemoReport, CliError> {
    let began = Instant::now();
    let mut teller = Teller::new(ui);
    let world = World::open(folder).await?;
    let config = config::load(Some(&world.config))?;
    let state = config.state.clone();
    let context = Context {
        ui,
        config: Arc::new(config),
        state,
        service: None,
    };
    introduce(&mut teller, &world, shown.as_deref())?;
    first_sync(&mut teller, &context).await?;
    let edits = edit(&mut teller, &world)?;
    if shown.is_some() {
        page(&teller, &context, folder).await?;
    }
    second_sync(&mut teller, &context, &world, &edits).await?;
    quiet(&mut teller, &context).await?;
    Ok(teller.into_report(began.elapsed().as_secs_f64(), shown))
}

fn introduce(teller: &mut Teller<'_>, world: &World, kept: Option<&str>) -> Result<(), CliError> {
    teller.act("Two sites, as two companies run them")?;
    for site in [&world.hq, &world.branch] {
        teller.say(&about(site))?;
    }
    let (hq, branch) = (world.hq.size, world.branch.size);
    teller.say(&format!(
        "They share {} customers and {} items; each has numbered its orders SO-00001, SO-00002, …",
        hq.customers.min(branch.customers),
        hq.items.min(branch.items),
    ))?;
    match kept {
        Some(folder) => teller.say(&format!("Configuration, mappings and state: {folder}")),
        None => Ok(()),
    }
}

fn about(site: &DemoSite) -> String {
    let size = site.size;
    format!(
        "{:7} {}  Frappe {}, {}: {} customers, {} addresses, {} items, {} employees, {} orders",
        site.name,
        site.url(),
        site.sandbox.profile().version(),
        site.time_zone.name(),
        size.customers,
        size.addresses,
        size.items,
        size.employees,
        size.orders,
    )
}

async fn first_sync(teller: &mut Teller<'_>, context: &Context<'_>) -> Result<(), CliError> {
    teller.act("The first sync")?;
    let planned = plan_one(context, sync(context), &RunSettings::default()).await?;
    teller.show("plan", &plan::last_line(&planned))?;
    let report = run_one(context, sync(context), &RunSettings::default()).await?;
    teller.show("run", &run::last_line(&report))?;
    teller.promise(
        "everything arrived, nothing is parked and nothing is in conflict",
        report.outcome == RunOutcome::Converged && report.summary.conflict == 0,
        open_ends(&report),
    )?;
    teller.promise(
        "the run did what the plan said",
        (planned.summary.create, planned.summary.link)
            == (report.summary.create, report.summary.link),
        format!(
            "{} to create, {} to pair",
            planned.summary.create, planned.summary.link
        ),
    )?;
    verify_equal(teller, context).await
}

fn edit(teller: &mut Teller<'_>, world: &World) -> Result<Edits, CliError> {
    teller.act("People work on both sites at once")?;
    let edits = people_work(world).map_err(refused)?;
    let (here, there) = edits.item_names;
    for line in [
        format!(
            "One customer, {}: hq sets the website, branch the mobile number",
            edits.customer
        ),
        format!(
            "One order, {} on hq and {} on branch: hq changes row 1, branch changes row 2",
            edits.orders.0, edits.orders.1
        ),
        format!(
            "One value: hq renames item {} to \"{here}\", branch to \"{there}\"",
            edits.item
        ),
        format!(
            "hq gains customer {}; branch will carry out our create, and its answer will be lost",
            edits.new_customer
        ),
    ] {
        teller.say(&line)?;
    }
    Ok(edits)
}

/// Leaves the plan of the second sync as a page.
async fn page(teller: &Teller<'_>, context: &Context<'_>, folder: &Path) -> Result<(), CliError> {
    let planned = plan_one(context, sync(context), &RunSettings::default()).await?;
    let file = folder.join("plan.html");
    teller.show("plan --html plan.html", &plan::last_line(&planned))?;
    write_page(&planned.pack(), &file)?;
    teller.say(&format!("To be looked at in a browser: {}", file.display()))
}

async fn second_sync(
    teller: &mut Teller<'_>,
    context: &Context<'_>,
    world: &World,
    edits: &Edits,
) -> Result<(), CliError> {
    teller.act("The second sync")?;
    let report = run_one(context, sync(context), &RunSettings::default()).await?;
    teller.show("run", &run::last_line(&report))?;
    teller.promise(
        "the customer has the website and the mobile number on both sites",
        edits.customer_has_both(world).map_err(refused)?,
        "",
    )?;
    teller.promise(
        "the order has both rows on both sites",
        edits.order_has_both(world).map_err(refused)?,
        "",
    )?;
    conflict(teller, context, world, edits, &report)?;
    let made = edits.new_customers(world).map_err(refused)?;
    teller.promise(
        "the lost answer made no double: we looked before writing again",
        edits.lost_answer.is_hit() && made == (1, 1),
        format!("{} on hq, {} on branch", made.0, made.1),
    )?;
    verify_equal(teller, context).await
}

/// One side won, the other side's value is in the journal.
fn conflict(
    teller: &mut Teller<'_>,
    context: &Context<'_>,
    world: &World,
    edits: &Edits,
    report: &RunReport,
) -> Result<(), CliError> {
    let names = edits.item_name(world).map_err(refused)?;
    let found = report
        .conflicts
        .iter()
        .find(|conflict| conflict.a_name == edits.item.as_str());
    let winner = found.and_then(|conflict| conflict.winner);
    let (wins, loses) = match winner {
        Some(Side::B) => (edits.item_names.1, edits.item_names.0),
        _ => (edits.item_names.0, edits.item_names.1),
    };
    let reason = found.map(|conflict| conflict.reason.clone());
    teller.promise(
        "the conflict was decided by the mapping's rule, alike on both sites",
        winner.is_some() && names == (json!(wins), json!(wins)),
        format!("{}: {}", value(&names.0), reason.unwrap_or_default()),
    )?;
    let lost = journal(context, report)?
        .into_iter()
        .find(|entry| entry.name == edits.item.as_str())
        .map_or(Value::Null, |entry| entry.lost);
    teller.promise(
        "the value that lost is kept in the journal",
        lost == json!(loses),
        value(&lost),
    )
}

async fn quiet(teller: &mut Teller<'_>, context: &Context<'_>) -> Result<(), CliError> {
    teller.act("Nobody edits")?;
    let report = run_one(context, sync(context), &RunSettings::default()).await?;
    teller.show("run", &run::last_line(&report))?;
    let (a, b) = (report.requests.a, report.requests.b);
    teller.promise(
        "the third run writes nothing, to either site",
        report.summary.writes() == 0 && a.write + b.write == 0,
        format!(
            "{} and {} reads, {} writes",
            a.read,
            b.read,
            a.write + b.write
        ),
    )
}

async fn verify_equal(teller: &mut Teller<'_>, context: &Context<'_>) -> Result<(), CliError> {
    let report = verify_one(context, sync(context), &RunSettings::default()).await?;
    teller.show("verify", &verify::last_line(&report))?;
    let pairs: u64 = report.doctypes.iter().map(|doctype| doctype.pairs).sum();
    teller.promise(
        "both sites are equal under the mappings",
        report.equal,
        format!("{pairs} pairs"),
    )
}

fn sync<'c>(context: &'c Context<'_>) -> &'c config::SyncConfig {
    &context.config.syncs[0]
}

fn journal(context: &Context<'_>, report: &RunReport) -> Result<Vec<JournalEntry>, CliError> {
    let state = StateFile::open_read_only(&context.state).map_err(failure::of_open)?;
    state
        .sync(&report.sync)
        .journal(report.run_id.as_str())
        .map_err(failure::of_state)
}

fn open_ends(report: &RunReport) -> String {
    let first = report.parked.first().map(run::parked);
    let [conflicts, parked] = run::open_ends(&report.summary);
    match first {
        Some(first) => format!("{conflicts}, {parked}, such as {first}"),
        None => format!("{conflicts}, {parked}"),
    }
}
