//! The frame of the page, and what is put into it.

use std::io::{self, Write};

use frappe_sync_engine::PlanReport;
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};

use super::data::embedded;
use super::overview::{Row, rows, tiles};
use crate::render::graph::{GRAPH_CSS, Picture, Place, svg};
use crate::render::text::printable;

const FRAME: &str = include_str!("plan.html");
const STYLE: &str = include_str!("plan.css");
const SCRIPT: [&str; 4] = [
    include_str!("script/text.js"),
    include_str!("script/change.js"),
    include_str!("script/list.js"),
    include_str!("script/page.js"),
];

/// Writes a plan as one page.
///
/// The same plan makes the same page.
///
/// # Errors
///
/// `to` cannot be written.
pub(crate) fn write_plan(report: &PlanReport, to: &mut dyn Write) -> io::Result<()> {
    let data = embedded(report)?;
    let rows = rows(report);
    let graph = (!report.graph.nodes.is_empty()).then(|| picture(report, &rows));
    let values = context! {
        nonce => nonce(&data),
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
        data => Value::from_safe_string(data),
    };
    let mut pages = Environment::new();
    // The name is what switches on the escaping of everything that is not marked as safe.
    pages
        .add_template("plan.html", FRAME)
        .and_then(|()| pages.get_template("plan.html"))
        .and_then(|frame| frame.render_captured_to(values, to))
        .map(|_| ())
        .map_err(io::Error::other)
}

fn picture(report: &PlanReport, rows: &[Row]) -> String {
    svg(&Picture {
        graph: &report.graph,
        title: format!("What links to what in sync {}", report.sync),
        notes: rows.iter().map(Row::note).collect(),
        place: Place::Page,
    })
}

/// Returns what marks our own style and script, so that the browser takes no other: nobody can guess it who
/// does not know all of the plan.
fn nonce(data: &str) -> String {
    blake3::hash(data.as_bytes()).to_hex()[..32].to_owned()
}
