//! The ways of lines from box to box.

use std::fmt::Write as _;

use frappe_sync_engine::{GraphEdge, Leads};

use super::layer::Layers;
use super::layout::{Layout, Rectangle};

/// Length of an arrowhead.
const HEAD: f64 = 7.0;
/// The most that the lines at one side of a box stand apart.
const PORT_GAP: f64 = 9.0;
/// Space at the ends of a side that no line begins at.
const PORT_MARGIN: f64 = 8.0;
/// How far the lines of a circle swing out, nearest neighbours.
const SWING: f64 = 20.0;
/// The furthest that they swing out: within the frame.
const WIDEST_SWING: f64 = 50.0;

/// A drawn line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Route {
    /// The way, as the `d` of a path.
    pub(super) path: String,
    /// Its arrowhead, as the `d` of a path.
    pub(super) head: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edge {
    Left,
    Right,
}

/// Where a line begins or ends: at which side of which box, and where it comes from.
struct Port {
    line: usize,
    is_end: bool,
    node: usize,
    edge: Edge,
    from: f64,
}

/// Returns the line of each edge; none for one that leads to its own mapping.
pub(super) fn routes(edges: &[GraphEdge], layers: &Layers, layout: &Layout) -> Vec<Option<Route>> {
    let ports = ports(edges, layers, layout);
    let mut heights = vec![(0.0, 0.0); edges.len()];
    for node in 0..layout.boxes.len() {
        for edge in [Edge::Left, Edge::Right] {
            let mut here: Vec<&Port> = ports
                .iter()
                .filter(|port| port.node == node && port.edge == edge)
                .collect();
            here.sort_by(|one, other| one.from.total_cmp(&other.from));
            let room = layout.boxes[node].height - 2.0 * PORT_MARGIN;
            let gap = match here.len() {
                0 | 1 => 0.0,
                number => (room / (number - 1) as f64).min(PORT_GAP),
            };
            let first = layout.boxes[node].middle() - gap * (here.len().max(1) - 1) as f64 / 2.0;
            for (number, port) in here.into_iter().enumerate() {
                let y = first + gap * number as f64;
                if port.is_end {
                    heights[port.line].1 = y;
                } else {
                    heights[port.line].0 = y;
                }
            }
        }
    }
    edges
        .iter()
        .enumerate()
        .map(|(number, edge)| {
            let (from, to) = layers.ends[number];
            let boxes = (&layout.boxes[from], &layout.boxes[to]);
            match edge.leads {
                Leads::ToItself => None,
                Leads::Earlier if !edge.in_cycle => {
                    let bends = layers.bends[number].iter().map(|&it| &layout.rooms[it]);
                    Some(across(boxes, heights[number], bends))
                }
                Leads::Earlier => Some(beside(boxes, heights[number], Edge::Right)),
                Leads::Later => Some(beside(boxes, heights[number], Edge::Left)),
            }
        })
        .collect()
}

fn ports(edges: &[GraphEdge], layers: &Layers, layout: &Layout) -> Vec<Port> {
    let mut ports = Vec::new();
    for (line, edge) in edges.iter().enumerate() {
        let (from, to) = layers.ends[line];
        let (start, end) = match edge.leads {
            Leads::ToItself => continue,
            Leads::Earlier if edge.in_cycle => (Edge::Right, Edge::Right),
            Leads::Earlier => (Edge::Left, Edge::Right),
            Leads::Later => (Edge::Left, Edge::Left),
        };
        let bend = |unit: Option<&usize>| unit.map(|&unit| layout.rooms[unit].middle());
        let bends = &layers.bends[line];
        let middle = |node: usize| layout.boxes[node].middle();
        ports.push(Port {
            line,
            is_end: false,
            node: from,
            edge: start,
            from: bend(bends.first()).unwrap_or(middle(to)),
        });
        ports.push(Port {
            line,
            is_end: true,
            node: to,
            edge: end,
            from: bend(bends.last()).unwrap_or(middle(from)),
        });
    }
    ports
}

/// Draws a line from the left of a box to the right of one further left.
fn across<'a>(
    (from, to): (&Rectangle, &Rectangle),
    (start, end): (f64, f64),
    bends: impl Iterator<Item = &'a Rectangle>,
) -> Route {
    let mut path = format!("M{:.1} {start:.1}", from.x);
    let mut at = (from.x, start);
    for room in bends {
        curve(&mut path, at, (room.right(), room.middle()));
        // Writing into a string cannot fail.
        let _infallible = write!(path, "H{:.1}", room.x);
        at = (room.x, room.middle());
    }
    let tip = (to.right() + 1.0, end);
    curve(&mut path, at, (tip.0 + HEAD, end));
    Route {
        path,
        head: head(tip, HEAD),
    }
}

/// Draws a line beside the column, from one side of a box to the same side of another.
fn beside((from, to): (&Rectangle, &Rectangle), (start, end): (f64, f64), edge: Edge) -> Route {
    let steps = ((to.y - from.y).abs() / from.height).max(1.0);
    let swing = (SWING + 7.0 * steps).min(WIDEST_SWING);
    let (x, tip, outward) = match edge {
        Edge::Right => (from.right(), to.right() + 1.0, 1.0),
        Edge::Left => (from.x, to.x - 1.0, -1.0),
    };
    let out = x + outward * swing;
    Route {
        path: format!(
            "M{x:.1} {start:.1}C{out:.1} {start:.1} {out:.1} {end:.1} {:.1} {end:.1}",
            tip + outward * HEAD
        ),
        head: head((tip, end), outward * HEAD),
    }
}

fn curve(path: &mut String, from: (f64, f64), to: (f64, f64)) {
    let middle = f64::midpoint(from.0, to.0);
    // Writing into a string cannot fail.
    let _infallible = write!(
        path,
        "C{middle:.1} {:.1} {middle:.1} {:.1} {:.1} {:.1}",
        from.1, to.1, to.0, to.1
    );
}

/// Draws an arrowhead with its tip at a point, its body `length` to the right.
fn head((x, y): (f64, f64), length: f64) -> String {
    let back = x + length;
    format!("M{x:.1} {y:.1}L{back:.1} {:.1}V{:.1}Z", y - 4.0, y + 4.0)
}
