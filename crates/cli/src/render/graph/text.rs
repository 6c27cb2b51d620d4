//! The graph as lines for people.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use frappe_sync_engine::{
    GraphCycle, GraphEdge, GraphField, GraphFieldKind, GraphReport, Leads, OutsideLink,
};
use frappe_sync_model::{Direction, MappingName};

use super::super::style::{BAD, CAUTION, FAINT, HEADING};
use super::super::text::{count, printable};
use super::{doctypes, field, label};

/// Returns the mappings level by level with their links, numbered in the order of work; circles and what the
/// sync does not map last.
pub(crate) fn text(report: &GraphReport) -> String {
    let graph = &report.graph;
    let levels: BTreeSet<usize> = graph.nodes.iter().map(|node| node.level).collect();
    let mut text = format!(
        "{HEADING}Sync {}{HEADING:#}: {} in {}, numbered in the order of work\n",
        report.sync,
        count(graph.nodes.len() as u64, "mapping"),
        count(levels.len() as u64, "level"),
    );
    for level in levels {
        line(
            &mut text,
            format_args!("\n{HEADING}Level {}{HEADING:#}", level + 1),
        );
        let nodes = (1..).zip(&graph.nodes);
        for (number, node) in nodes.filter(|(_, node)| node.level == level) {
            let name = printable(&label(node));
            let way = way(node.direction);
            line(
                &mut text,
                format_args!("  {number:>2}  {name}  {FAINT}{way}{FAINT:#}"),
            );
            for edge in graph.edges.iter().filter(|edge| edge.from == node.mapping) {
                text.push_str(&links(edge));
            }
        }
    }
    if !graph.cycles.is_empty() {
        line(&mut text, format_args!("\n{HEADING}Circles{HEADING:#}"));
        for cycle in &graph.cycles {
            text.push_str(&circle(cycle));
        }
    }
    if !graph.outside.is_empty() {
        line(
            &mut text,
            format_args!("\n{HEADING}Not mapped{HEADING:#}: what these name must be on both sites"),
        );
        for link in &graph.outside {
            text.push_str(&outside(link));
        }
    }
    text
}

/// Returns which way changes go.
pub(super) fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::Both => "both ways",
        Direction::AToB => "from a to b",
        Direction::BToA => "from b to a",
    }
}

fn links(edge: &GraphEdge) -> String {
    let mut text = String::new();
    for it in &edge.fields {
        let target = match edge.leads {
            Leads::ToItself => "itself".to_owned(),
            Leads::Earlier | Leads::Later => printable(edge.to.as_str()),
        };
        let late = match edge.leads {
            Leads::Later => format!(" {CAUTION}comes later: set in a second pass{CAUTION:#}"),
            Leads::Earlier | Leads::ToItself => String::new(),
        };
        line(
            &mut text,
            format_args!(
                "        {} → {target}{}{late}",
                printable(&field(it)),
                marks(it)
            ),
        );
    }
    text
}

fn marks(field: &GraphField) -> String {
    match (field.kind, field.required) {
        (GraphFieldKind::Dynamic, _) => format!(" {FAINT}(dynamic){FAINT:#}"),
        (GraphFieldKind::Link, true) => format!(" {FAINT}(required){FAINT:#}"),
        (GraphFieldKind::Link, false) => String::new(),
    }
}

fn circle(cycle: &GraphCycle) -> String {
    let names: Vec<String> = cycle
        .mappings
        .iter()
        .map(MappingName::as_str)
        .map(printable)
        .collect();
    let names = names.join(", ");
    if cycle.required {
        format!(
            "  {names}: {BAD}every link of the circle is required{BAD:#}, so documents that need each other \
             cannot be made\n"
        )
    } else {
        format!("  {names}: an optional link is left open, and set in a second pass\n")
    }
}

fn outside(link: &OutsideLink) -> String {
    let fields: Vec<String> = link.fields.iter().map(field).collect();
    let target = match &link.doctypes {
        Some(names) => doctypes(names),
        None => "whatever DocType another field names".to_owned(),
    };
    format!(
        "  {}: {} → {}\n",
        printable(link.from.as_str()),
        printable(&fields.join(", ")),
        printable(&target)
    )
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing into a string cannot fail.
    let _infallible = writeln!(text, "{line}");
}
