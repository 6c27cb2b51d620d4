//! The graph as a picture in SVG.

use std::fmt::Write as _;

use frappe_sync_engine::{GraphEdge, GraphNode, GraphReport, Leads, MappingGraph};

use super::super::text::printable;
use super::layer::{Layers, Unit};
use super::layout::{Layout, Rectangle};
use super::measure::{shortened, width};
use super::route::{Route, routes};
use super::text::way;
use super::{field, label};

/// The colours and lines of a picture, light and dark.
pub(crate) const GRAPH_CSS: &str = include_str!("graph.css");

const NAME_SIZE: f64 = 13.0;
const NOTE_SIZE: f64 = 11.0;
/// Space between the left edge of a box and its text, and on the right for the mark of a link to itself.
const INSIDE: f64 = 12.0;
const LEGEND_HEIGHT: f64 = 50.0;
const NARROWEST: f64 = 560.0;

/// Where a picture is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a file of its own, with its colours in it.
    File,
    /// In a page that has [`GRAPH_CSS`].
    Page,
}

/// What a picture is made of.
pub(crate) struct Picture<'a> {
    /// The graph.
    pub(crate) graph: &'a MappingGraph,
    /// What it is called, for those who cannot see it.
    pub(crate) title: String,
    /// What is said below the name of each mapping, in the order of work.
    pub(crate) notes: Vec<String>,
    /// Where it is shown.
    pub(crate) place: Place,
}

impl<'a> Picture<'a> {
    /// Shows the mappings with the ways that their changes go.
    pub(crate) fn of_mappings(report: &'a GraphReport, place: Place) -> Self {
        let notes = report.graph.nodes.iter();
        Self {
            graph: &report.graph,
            title: format!("What links to what in sync {}", report.sync),
            notes: notes.map(|node| way(node.direction).to_owned()).collect(),
            place,
        }
    }
}

/// Draws the graph: what links to nothing on the left, and an arrow from every mapping to each that it links to.
pub(crate) fn svg(picture: &Picture<'_>) -> String {
    let graph = picture.graph;
    let layers = Layers::of(graph);
    let widths: Vec<f64> = graph
        .nodes
        .iter()
        .enumerate()
        .map(|(place, node)| box_width(place, node, picture))
        .collect();
    let layout = Layout::of(&layers, &widths);
    let routes = routes(&graph.edges, &layers, &layout);

    let size = (
        layout.width.max(NARROWEST),
        layout.height.max(60.0) + LEGEND_HEIGHT,
    );
    let mut svg = Svg::new(size, &picture.title, picture.place);
    for (unit, room) in layers.units.iter().zip(&layout.rooms) {
        if matches!(unit, Unit::Nodes(nodes) if nodes.len() > 1) {
            svg.rectangle("graph-circle", room, 14.0);
        }
    }
    for (edge, route) in graph.edges.iter().zip(&routes) {
        if let Some(route) = route {
            svg.edge(edge, route);
        }
    }
    for (place, (node, room)) in graph.nodes.iter().zip(&layout.boxes).enumerate() {
        let itself = graph
            .edges
            .iter()
            .find(|edge| edge.leads == Leads::ToItself && edge.from == node.mapping);
        svg.node(place, node, room, picture, itself);
    }
    svg.legend(size.1 - LEGEND_HEIGHT, !graph.cycles.is_empty());
    svg.finish()
}

fn box_width(place: usize, node: &GraphNode, picture: &Picture<'_>) -> f64 {
    let name = width(&numbered(place, node), NAME_SIZE);
    let note = picture
        .notes
        .get(place)
        .map_or(0.0, |note| width(note, NOTE_SIZE));
    (name.max(note) + 2.0 * INSIDE + 22.0).max(110.0)
}

fn numbered(place: usize, node: &GraphNode) -> String {
    format!("{} {}", place + 1, shortened(&printable(&label(node))))
}

/// Tells what a line stands for.
fn told(edge: &GraphEdge) -> String {
    let fields: Vec<String> = edge.fields.iter().map(field).collect();
    let fields = fields.join(", ");
    let need = if edge.required {
        "required"
    } else {
        "optional"
    };
    let target = match edge.leads {
        Leads::ToItself => "itself".to_owned(),
        Leads::Earlier | Leads::Later => edge.to.to_string(),
    };
    let late = match edge.leads {
        Leads::Later => "; comes later, so it is set in a second pass",
        Leads::Earlier | Leads::ToItself => "",
    };
    format!("{} links to {target} by {fields} ({need}{late})", edge.from)
}

/// Text that is written into XML: no markup, and none of the characters that XML does not know.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in printable(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}

struct Svg {
    text: String,
}

impl Svg {
    fn new((width, height): (f64, f64), title: &str, place: Place) -> Self {
        let mut svg = Self {
            text: String::new(),
        };
        svg.add(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"graph\" role=\"img\" width=\"{width:.0}\" \
             height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\">\n<title>{}</title>\n",
            escaped(title)
        ));
        if place == Place::File {
            svg.add(format_args!("<style>\n{GRAPH_CSS}</style>\n"));
            svg.add(format_args!(
                "<rect class=\"graph-paper\" width=\"{width:.0}\" height=\"{height:.0}\"/>\n"
            ));
        }
        svg
    }

    fn add(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing into a string cannot fail.
        let _infallible = self.text.write_fmt(text);
    }

    fn rectangle(&mut self, class: &str, room: &Rectangle, radius: f64) {
        self.add(format_args!(
            "<rect class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{radius}\"/>\n",
            room.x, room.y, room.width, room.height
        ));
    }

    fn edge(&mut self, edge: &GraphEdge, route: &Route) {
        let mut class = String::from("graph-edge");
        if !edge.required {
            class.push_str(" optional");
        }
        match edge.leads {
            Leads::Later => class.push_str(" later"),
            _ if edge.in_cycle => class.push_str(" in-circle"),
            _ => {}
        }
        self.add(format_args!(
            "<g class=\"{class}\"><title>{}</title><path class=\"graph-line\" d=\"{}\"/><path \
             class=\"graph-head\" d=\"{}\"/></g>\n",
            escaped(&told(edge)),
            route.path,
            route.head
        ));
    }

    fn node(
        &mut self,
        place: usize,
        node: &GraphNode,
        room: &Rectangle,
        picture: &Picture<'_>,
        itself: Option<&GraphEdge>,
    ) {
        let full = printable(&label(node));
        self.add(format_args!(
            "<g class=\"graph-node\"><title>{}</title>\n",
            escaped(&full)
        ));
        self.rectangle("graph-box", room, 8.0);
        self.add(format_args!(
            "<text class=\"graph-name\" x=\"{:.1}\" y=\"{:.1}\"><tspan class=\"graph-number\">{}</tspan> {}</text>\n",
            room.x + INSIDE,
            room.y + 20.0,
            place + 1,
            escaped(&shortened(&full))
        ));
        if let Some(note) = picture.notes.get(place) {
            self.add(format_args!(
                "<text class=\"graph-note\" x=\"{:.1}\" y=\"{:.1}\">{}</text>\n",
                room.x + INSIDE,
                room.y + 36.0,
                escaped(note)
            ));
        }
        if let Some(edge) = itself {
            let (x, y) = (room.right() - 13.0, room.y + 14.0);
            self.add(format_args!(
                "<g class=\"graph-self\"><title>{}</title><path d=\"M{:.1} {:.1}a5 5 0 1 0 4 2.2\"/><path \
                 class=\"graph-head\" d=\"M{:.1} {:.1}l1 5.4l4.2 -3.4z\"/></g>\n",
                escaped(&told(edge)),
                x,
                y - 4.6,
                x + 1.6,
                y - 5.2,
            ));
        }
        self.add(format_args!("</g>\n"));
    }

    fn legend(&mut self, y: f64, has_circle: bool) {
        let line = y + 36.0;
        self.add(format_args!(
            "<g class=\"graph-legend\"><text x=\"12\" y=\"{:.1}\">Work goes from left to right. An arrow leads \
             from what links to what it links to.</text>\n",
            y + 16.0
        ));
        let mut x = 12.0;
        let mut entries = vec![
            ("graph-edge", "required"),
            ("graph-edge optional", "optional"),
        ];
        if has_circle {
            entries.push(("graph-edge optional in-circle", "within a circle"));
            entries.push(("graph-edge optional later", "set in a second pass"));
        }
        for (class, word) in entries {
            self.add(format_args!(
                "<g class=\"{class}\"><path class=\"graph-line\" d=\"M{x:.1} {:.1}h26\"/></g><text x=\"{:.1}\" \
                 y=\"{line:.1}\">{word}</text>\n",
                line - 4.0,
                x + 32.0
            ));
            x += 32.0 + width(word, NOTE_SIZE) + 20.0;
        }
        self.add(format_args!("</g>\n"));
    }

    fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }
}
