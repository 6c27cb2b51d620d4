//! The dependency graph of a sync: as text, in the language of Graphviz, and as a picture.

mod dot;
mod layer;
mod layout;
mod measure;
mod picture;
mod route;
mod text;

#[cfg(test)]
mod tests;

pub(crate) use dot::dot;
pub(crate) use picture::{GRAPH_CSS, Picture, Place, svg};
pub(crate) use text::text;

use frappe_sync_engine::{GraphField, GraphNode};
use frappe_sync_model::{DocType, PerSide};

/// Returns the name of a pair of DocTypes: one word where they are called alike.
fn doctypes(names: &PerSide<DocType>) -> String {
    if names.a == names.b {
        names.a.to_string()
    } else {
        format!("{} ⇄ {}", names.a, names.b)
    }
}

/// Returns the name of a node.
fn label(node: &GraphNode) -> String {
    doctypes(&node.doctypes)
}

/// Returns the name of a field as on `a`, with its table.
fn field(field: &GraphField) -> String {
    match &field.table {
        Some(table) => format!("{}.{}", table.a, field.field.a),
        None => field.field.a.to_string(),
    }
}
