//! The graph in DOT, the language of Graphviz.

use std::fmt::Write as _;

use frappe_sync_engine::{GraphEdge, GraphReport, Leads};

use super::super::text::printable;
use super::{field, label};

/// Returns the graph as a `digraph`: required links solid, circles as clusters, links against the order of work
/// in orange.
pub(crate) fn dot(report: &GraphReport) -> String {
    let graph = &report.graph;
    let mut text = format!(
        "digraph {} {{\n  rankdir=RL;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n  \
         edge [fontname=\"sans-serif\", fontsize=9];\n",
        quoted(report.sync.as_str())
    );
    for node in &graph.nodes {
        let id = quoted(node.mapping.as_str());
        line(
            &mut text,
            format_args!("  {id} [label={}];", quoted(&label(node))),
        );
    }
    for (number, cycle) in (1..).zip(&graph.cycles) {
        let members: Vec<String> = cycle
            .mappings
            .iter()
            .map(|mapping| quoted(mapping.as_str()))
            .collect();
        let members = members.join("; ");
        line(
            &mut text,
            format_args!(
                "  subgraph cluster_{number} {{ label=\"circle\"; style=dashed; {members}; }}"
            ),
        );
    }
    for edge in &graph.edges {
        text.push_str(&arrow(edge));
    }
    text.push_str("}\n");
    text
}

fn arrow(edge: &GraphEdge) -> String {
    let fields: Vec<String> = edge.fields.iter().map(field).collect();
    let mut attributes = format!("label={}", quoted(&fields.join("\n")));
    if !edge.required {
        attributes.push_str(", style=dashed");
    }
    if edge.leads == Leads::Later {
        attributes.push_str(", color=orange, constraint=false");
    }
    format!(
        "  {} -> {} [{attributes}];\n",
        quoted(edge.from.as_str()),
        quoted(edge.to.as_str())
    )
}

/// Returns a string of DOT: quotes and backslashes escaped, lines as `\n`.
fn quoted(text: &str) -> String {
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| printable(line).replace('\\', "\\\\").replace('"', "\\\""))
        .collect();
    format!("\"{}\"", lines.join("\\n"))
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing into a string cannot fail.
    let _infallible = writeln!(text, "{line}");
}
