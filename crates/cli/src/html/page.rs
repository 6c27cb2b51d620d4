//! The frame of the page, and what is put into it.

use std::io::{self, Write};

use frappe_sync_engine::{PackedOperations, PlanReport};
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};

use super::data::embed;
use super::overview::{Row, rows, tiles};
use crate::render::graph::{GRAPH_CSS, Picture, Place, svg};
use crate::render::text::printable;

const FRAME: &str = include_str!("plan.html");

/// Where the plan itself stands in the frame.
const DATA: &str = "{{ data }}";

const STYLE: &str = include_str!("plan.css");
const SCRIPT: [&str; 4] = [
    include_str!("script/text.js"),
    include_str!("script/change.js"),
    include_str!("script/list.js"),
    include_str!("script/page.js"),
];

/// Writes a plan as one page.
///
/// The same plan makes the same page. Its operations are written one by one, so that the page of a plan of any size
/// takes no more memory than the plan.
///
/// # Errors
///
/// `to` cannot be written.
pub(crate) fn write_plan(
    report: &PlanReport<PackedOperations>,
    to: &mut dyn Write,
) -> io::Result<()> {
    let rows = rows(report);
    let graph = (!report.graph.nodes.is_empty()).then(|| picture(report, &rows));
    let values = context! {
        nonce => nonce(report)?,
        sync => printable(report.sync.as_str()),
        sites => context! { a => printable(&report.sites.a), b => printable(&report.sites.b) },
        writes_to => Serde(&report.writes_to),
        plan_id => &report.plan_id,
        mapping_hash => &report.mapping_hash,
        engine => &report.engine,
        tiles => Serde(tiles(report)),
        rows => Serde(&rows),
        guard => Serde(&report.guard),
        circles => report.graph.cycles.len(),
        documents => report.operations.len(),
        graph => graph.map(Value::from_safe_string),
        graph_style => Value::from_safe_string(GRAPH_CSS.to_owned()),
        style => Value::from_safe_string(STYLE.to_owned()),
        script => Value::from_safe_string(SCRIPT.concat()),
    };
    let (before, after) = FRAME
        .split_once(DATA)
        .ok_or_else(|| io::Error::other("the frame has no place for the plan"))?;
    write_part(before, &values, to)?;
    embed(report, to)?;
    write_part(after, &values, to)
}

fn write_part(part: &'static str, values: &Value, to: &mut dyn Write) -> io::Result<()> {
    let mut pages = Environment::new();
    // The name is what switches on the escaping of everything that is not marked as safe.
    pages
        .add_template("plan.html", part)
        .and_then(|()| pages.get_template("plan.html"))
        .and_then(|frame| frame.render_captured_to(values, to))
        .map(|_| ())
        .map_err(io::Error::other)
}

fn picture(report: &PlanReport<PackedOperations>, rows: &[Row]) -> String {
    svg(&Picture {
        graph: &report.graph,
        title: format!("What links to what in sync {}", report.sync),
        notes: rows.iter().map(Row::note).collect(),
        place: Place::Page,
    })
}

/// Returns what marks our own style and script, so that the browser takes no other: nobody can guess it who
/// does not know all of the plan.
fn nonce(report: &PlanReport<PackedOperations>) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    embed(report, &mut hasher)?;
    Ok(hasher.finalize().to_hex()[..32].to_owned())
}
