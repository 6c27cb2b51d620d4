//! Where everything of a picture stands, in pixels.

use super::layer::{Layers, Unit};

/// Height of the box of a mapping.
pub(super) const BOX_HEIGHT: f64 = 46.0;
/// Height that a passing line takes in a column.
const BEND_HEIGHT: f64 = 6.0;
/// Space between what stands in a column.
const GAP: f64 = 20.0;
/// Space between a circle's frame and its boxes; its lines run there.
pub(super) const FRAME: f64 = 16.0;
/// Space between columns.
const COLUMN_GAP: f64 = 76.0;
/// Space for the lines of a circle on either side of its column.
const CIRCLE_GAP: f64 = 44.0;
/// Space around the picture.
const MARGIN: f64 = 12.0;
/// How often heights are evened out.
const ROUNDS: usize = 24;

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rectangle {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Rectangle {
    /// Returns the x of the right edge.
    pub(super) fn right(&self) -> f64 {
        self.x + self.width
    }

    /// Returns the y of the bottom edge.
    pub(super) fn bottom(&self) -> f64 {
        self.y + self.height
    }

    /// Returns the y of the middle.
    pub(super) fn middle(&self) -> f64 {
        self.y + self.height / 2.0
    }
}

/// Where everything stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    /// The box of each mapping, by place in the graph.
    pub(super) boxes: Vec<Rectangle>,
    /// The room of each unit: a box, the frame of a circle, or where a line passes through a column.
    pub(super) rooms: Vec<Rectangle>,
    /// Size of the picture.
    pub(super) width: f64,
    /// Size of the picture.
    pub(super) height: f64,
}

impl Layout {
    /// Places boxes of the given widths.
    pub(super) fn of(layers: &Layers, widths: &[f64]) -> Self {
        let mut layout = Self {
            boxes: vec![Rectangle::default(); widths.len()],
            rooms: vec![Rectangle::default(); layers.units.len()],
            ..Self::default()
        };
        layout.place_across(layers, widths);
        layout.place_down(layers);
        layout.place_boxes(layers);
        layout
    }

    fn place_across(&mut self, layers: &Layers, widths: &[f64]) {
        let mut x = MARGIN;
        for column in &layers.columns {
            let nodes = || {
                column.iter().filter_map(|&unit| match &layers.units[unit] {
                    Unit::Nodes(nodes) => Some(nodes),
                    Unit::Bend(_) => None,
                })
            };
            let has_circle = nodes().any(|nodes| nodes.len() > 1);
            let side = if has_circle { CIRCLE_GAP } else { 0.0 };
            let width = nodes()
                .flatten()
                .map(|&node| widths[node])
                .fold(0.0, f64::max);
            for &unit in column {
                let is_circle =
                    matches!(&layers.units[unit], Unit::Nodes(nodes) if nodes.len() > 1);
                // A circle's lines run inside its frame.
                let wider = if is_circle { CIRCLE_GAP } else { 0.0 };
                self.rooms[unit].x = x + side - wider;
                self.rooms[unit].width = width + 2.0 * wider;
                self.rooms[unit].height = match &layers.units[unit] {
                    Unit::Bend(_) => BEND_HEIGHT,
                    Unit::Nodes(nodes) if nodes.len() == 1 => BOX_HEIGHT,
                    Unit::Nodes(nodes) => {
                        let number = nodes.len() as f64;
                        number * BOX_HEIGHT + (number - 1.0) * GAP + 2.0 * FRAME
                    }
                };
            }
            x += width + 2.0 * side + COLUMN_GAP;
        }
        self.width = (x - COLUMN_GAP + MARGIN).max(2.0 * MARGIN);
    }

    /// Stacks each column, and moves what it holds towards what it is joined to.
    fn place_down(&mut self, layers: &Layers) {
        for column in &layers.columns {
            let wanted = vec![0.0; column.len()];
            self.settle(column, &wanted);
        }
        for round in 0..ROUNDS {
            let columns = layers.columns.len();
            for step in 0..columns {
                let at = if round % 2 == 0 {
                    step
                } else {
                    columns - 1 - step
                };
                let column = &layers.columns[at];
                let wanted: Vec<f64> = column
                    .iter()
                    .map(|&unit| self.pulled_to(layers, unit))
                    .collect();
                self.settle(column, &wanted);
            }
        }
        let top = self
            .rooms
            .iter()
            .map(|room| room.y)
            .fold(f64::MAX, f64::min);
        for room in &mut self.rooms {
            room.y += MARGIN - top;
        }
        let bottom = self.rooms.iter().map(Rectangle::bottom).fold(0.0, f64::max);
        self.height = bottom + MARGIN;
    }

    /// Returns the middle of what a unit is joined to; its own where it is joined to nothing.
    fn pulled_to(&self, layers: &Layers, unit: usize) -> f64 {
        let joined = layers.segments.iter().filter_map(|&(left, right)| {
            if left == unit {
                Some(right)
            } else if right == unit {
                Some(left)
            } else {
                None
            }
        });
        let (sum, number) = joined.fold((0.0, 0.0), |(sum, number), other| {
            (sum + self.rooms[other].middle(), number + 1.0)
        });
        if number == 0.0 {
            self.rooms[unit].middle()
        } else {
            sum / number
        }
    }

    /// Places a column's units as near to the middles that are wanted as their order and the gaps allow.
    fn settle(&mut self, column: &[usize], wanted: &[f64]) {
        let half = |layout: &Self, unit: usize| layout.rooms[unit].height / 2.0;
        let apart = |layout: &Self, above: usize, below: usize| {
            half(layout, column[above]) + half(layout, column[below]) + GAP
        };
        let mut down = wanted.to_vec();
        for place in 1..column.len() {
            down[place] = down[place].max(down[place - 1] + apart(self, place - 1, place));
        }
        let mut up = wanted.to_vec();
        for place in (1..column.len()).rev() {
            up[place - 1] = up[place - 1].min(up[place] - apart(self, place - 1, place));
        }
        // Both keep the gaps, so their mean does too.
        for (place, &unit) in column.iter().enumerate() {
            let middle = (down[place] + up[place]) / 2.0;
            self.rooms[unit].y = middle - half(self, unit);
        }
    }

    fn place_boxes(&mut self, layers: &Layers) {
        for (unit, room) in layers.units.iter().zip(&self.rooms) {
            let Unit::Nodes(nodes) = unit else { continue };
            let (side, frame) = match nodes.len() {
                1 => (0.0, 0.0),
                _ => (CIRCLE_GAP, FRAME),
            };
            for (number, &node) in nodes.iter().enumerate() {
                self.boxes[node] = Rectangle {
                    x: room.x + side,
                    y: room.y + frame + number as f64 * (BOX_HEIGHT + GAP),
                    width: room.width - 2.0 * side,
                    height: BOX_HEIGHT,
                };
            }
        }
    }
}
