//! A graph with everything in it, in all its forms.

use anstream::adapter::strip_str;
use frappe_sync_engine::{
    GraphCycle, GraphEdge, GraphField, GraphFieldKind, GraphNode, GraphReport, Leads, MappingGraph,
    OutsideLink,
};
use frappe_sync_model::{Direction, DocType, FieldName, PerSide};

use super::layer::{Layers, Unit};
use super::layout::{Layout, Rectangle};
use super::picture::escaped;
use super::{Picture, Place, dot, svg, text};

fn names<T: From<String>>(name: &str) -> PerSide<T> {
    PerSide::from_fn(|_| T::from(name.to_owned()))
}

fn node(name: &str, level: usize) -> GraphNode {
    GraphNode {
        mapping: name.into(),
        doctypes: names::<DocType>(name),
        direction: Direction::Both,
        level,
    }
}

fn by(path: &str, required: bool) -> GraphField {
    let (table, field) = match path.split_once('.') {
        Some((table, field)) => (Some(names::<FieldName>(table)), field),
        None => (None, path),
    };
    GraphField {
        field: names(field),
        table,
        kind: GraphFieldKind::Link,
        required,
    }
}

fn edge(from: &str, to: &str, leads: Leads, fields: Vec<GraphField>) -> GraphEdge {
    GraphEdge {
        from: from.into(),
        to: to.into(),
        leads,
        in_cycle: false,
        required: fields.iter().any(|field| field.required),
        fields,
    }
}

/// A tree, a circle, and what links to both over two levels.
fn report() -> GraphReport {
    let in_cycle = |edge| GraphEdge {
        in_cycle: true,
        ..edge
    };
    GraphReport {
        format: "frappe-sync/graph@1".to_owned(),
        sync: "hq-branch".into(),
        graph: MappingGraph {
            nodes: vec![
                node("Territory", 0),
                GraphNode {
                    doctypes: PerSide {
                        a: "Customer".into(),
                        b: "Client".into(),
                    },
                    ..node("Customer", 1)
                },
                node("Address", 1),
                GraphNode {
                    direction: Direction::AToB,
                    ..node("Sales Order", 2)
                },
            ],
            edges: vec![
                edge(
                    "Territory",
                    "Territory",
                    Leads::ToItself,
                    vec![by("parent", false)],
                ),
                edge(
                    "Customer",
                    "Territory",
                    Leads::Earlier,
                    vec![by("territory", false)],
                ),
                in_cycle(edge(
                    "Customer",
                    "Address",
                    Leads::Later,
                    vec![by("primary_address", false)],
                )),
                in_cycle(edge(
                    "Address",
                    "Customer",
                    Leads::Earlier,
                    vec![by("links.link_name", true)],
                )),
                edge(
                    "Sales Order",
                    "Territory",
                    Leads::Earlier,
                    vec![by("territory", false)],
                ),
                edge(
                    "Sales Order",
                    "Customer",
                    Leads::Earlier,
                    vec![by("customer", true)],
                ),
            ],
            cycles: vec![GraphCycle {
                mappings: vec!["Customer".into(), "Address".into()],
                required: false,
            }],
            outside: vec![OutsideLink {
                from: "Sales Order".into(),
                doctypes: Some(names("Currency")),
                fields: vec![by("currency", true), by("items.currency", false)],
            }],
        },
    }
}

#[test]
fn the_text_goes_level_by_level_and_marks_what_is_set_later() {
    let text = strip_str(&text(&report())).to_string();
    assert_eq!(
        text,
        "\
Sync hq-branch: 4 mappings in 3 levels, numbered in the order of work

Level 1
   1  Territory  both ways
        parent → itself

Level 2
   2  Customer ⇄ Client  both ways
        territory → Territory
        primary_address → Address comes later: set in a second pass
   3  Address  both ways
        links.link_name → Customer (required)

Level 3
   4  Sales Order  from a to b
        territory → Territory
        customer → Customer (required)

Circles
  Customer, Address: an optional link is left open, and set in a second pass

Not mapped: what these name must be on both sites
  Sales Order: currency, items.currency → Currency
"
    );
}

#[test]
fn dot_is_what_graphviz_reads() {
    let mut report = report();
    report.graph.nodes[0].doctypes = names("Terri\"tory\\");
    let dot = dot(&report);
    for line in [
        "digraph \"hq-branch\" {",
        "  \"Territory\" [label=\"Terri\\\"tory\\\\\"];",
        "  subgraph cluster_1 { label=\"circle\"; style=dashed; \"Customer\"; \"Address\"; }",
        "  \"Sales Order\" -> \"Customer\" [label=\"customer\"];",
        "  \"Customer\" -> \"Address\" [label=\"primary_address\", style=dashed, color=orange, constraint=false];",
    ] {
        assert!(dot.lines().any(|it| it == line), "{line} in {dot}");
    }
    assert!(dot.ends_with("}\n"));
}

#[test]
fn a_picture_says_what_each_line_stands_for_and_draws_circles_apart() {
    let report = report();
    let svg = svg(&Picture::of_mappings(&report, Place::File));
    for part in [
        "<title>What links to what in sync hq-branch</title>",
        "<title>Customer links to Address by primary_address (optional; comes later, so it is set in a second pass)",
        "class=\"graph-edge optional later\"",
        "class=\"graph-edge in-circle\"",
        "class=\"graph-circle\"",
        "class=\"graph-self\"",
        "Customer ⇄ Client",
        "from a to b",
    ] {
        assert!(svg.contains(part), "{part}");
    }
    // A label is not a drawing instruction, and a picture in a page brings no style of its own.
    let page = super::svg(&Picture::of_mappings(&report, Place::Page));
    assert!(!page.contains("<style"));
    assert!(!page.contains("style="));
}

#[test]
fn names_cannot_break_out_of_a_picture() {
    let mut report = report();
    let hostile = "</text><script>alert(1)</script>\u{0}\u{202e}&\"'";
    report.graph.nodes[0].doctypes = names(hostile);
    report.graph.edges[1].fields = vec![by("<b>", false)];
    report.sync = "]]></title>".into();
    let svg = svg(&Picture::of_mappings(&report, Place::Page));
    assert!(!svg.contains("<script"));
    assert!(!svg.contains("<b>"));
    assert!(!svg.contains("]]></title></title>"));
    assert!(!svg.contains('\u{0}'));
    assert_eq!(escaped("a<b>&'\""), "a&lt;b&gt;&amp;&#39;&quot;");
}

/// Many mappings, each of which links to some of the levels below.
fn wide() -> MappingGraph {
    let mut graph = MappingGraph::default();
    for number in 0..40 {
        graph
            .nodes
            .push(node(&format!("DocType {number}"), number / 8));
        for step in [8, 11, 19] {
            if number >= step && (number - step) / 8 < number / 8 {
                let (from, to) = (
                    format!("DocType {number}"),
                    format!("DocType {}", number - step),
                );
                let fields = vec![by("link", step == 8)];
                graph.edges.push(edge(&from, &to, Leads::Earlier, fields));
            }
        }
    }
    graph
}

fn overlap(one: &Rectangle, other: &Rectangle) -> bool {
    one.x < other.right()
        && other.x < one.right()
        && one.y < other.bottom()
        && other.y < one.bottom()
}

#[test]
fn nothing_stands_on_anything_else_and_all_of_it_is_in_the_picture() {
    for graph in [wide(), report().graph] {
        let layers = Layers::of(&graph);
        let widths = vec![120.0; graph.nodes.len()];
        let layout = Layout::of(&layers, &widths);
        for (number, room) in layout.rooms.iter().enumerate() {
            assert!(room.x >= 0.0 && room.y >= 0.0, "{room:?}");
            assert!(room.right() <= layout.width && room.bottom() <= layout.height);
            for other in &layout.rooms[number + 1..] {
                assert!(!overlap(room, other), "{room:?} and {other:?}");
            }
        }
        for (number, one) in layout.boxes.iter().enumerate() {
            assert!(
                layout.boxes[number + 1..]
                    .iter()
                    .all(|other| !overlap(one, other))
            );
        }
    }
}

#[test]
fn a_mapping_stands_right_of_what_it_links_to() {
    let graph = wide();
    let layers = Layers::of(&graph);
    let layout = Layout::of(&layers, &vec![120.0; graph.nodes.len()]);
    for &(from, to) in &layers.ends {
        assert!(layout.boxes[from].x > layout.boxes[to].right());
    }
    let bends = layers
        .units
        .iter()
        .filter(|unit| matches!(unit, Unit::Bend(_)));
    assert!(
        bends.count() > 10,
        "long lines pass through the columns between"
    );
}

#[test]
fn a_sync_without_links_and_one_without_mappings_have_a_picture() {
    for nodes in [Vec::new(), vec![node("Territory", 0)]] {
        let report = GraphReport {
            graph: MappingGraph {
                nodes,
                ..MappingGraph::default()
            },
            ..report()
        };
        let svg = svg(&Picture::of_mappings(&report, Place::File));
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}
