//! Which column each mapping stands in, and in which order, so that few lines cross.

use std::collections::BTreeMap;

use frappe_sync_engine::MappingGraph;
use frappe_sync_model::MappingName;

/// How often the columns are put in order anew, from left to right and back.
const SWEEPS: usize = 12;

/// What stands in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// A mapping, or all of a circle, by place in the graph.
    Nodes(Vec<usize>),
    /// A line on its way from one column to another further off, by place in the graph's edges.
    Bend(usize),
}

/// The columns of a picture.
#[derive(Clone, Debug, Default)]
pub(super) struct Layers {
    /// Everything that stands in a column.
    pub(super) units: Vec<Unit>,
    /// The units of each column, from top to bottom.
    pub(super) columns: Vec<Vec<usize>>,
    /// Lines between neighbouring columns: the unit on the left and the one on the right.
    pub(super) segments: Vec<(usize, usize)>,
    /// The bends of each edge, from the mapping that links to the one linked to.
    pub(super) bends: Vec<Vec<usize>>,
    /// The unit of each mapping.
    pub(super) unit_of: Vec<usize>,
    /// Both ends of each edge, by place of the mapping.
    pub(super) ends: Vec<(usize, usize)>,
}

impl Layers {
    /// Puts every mapping into the column of its level, those that link to nothing on the left.
    pub(super) fn of(graph: &MappingGraph) -> Self {
        let places: BTreeMap<&MappingName, usize> = (0..)
            .zip(&graph.nodes)
            .map(|(place, node)| (&node.mapping, place))
            .collect();
        let mut levels: Vec<usize> = graph.nodes.iter().map(|node| node.level).collect();
        levels.sort_unstable();
        levels.dedup();
        let column_of = |place: usize| {
            let level = graph.nodes[place].level;
            levels.binary_search(&level).unwrap_or_default()
        };
        let mut layers = Self {
            columns: vec![Vec::new(); levels.len()],
            unit_of: vec![usize::MAX; graph.nodes.len()],
            ..Self::default()
        };
        for place in 0..graph.nodes.len() {
            if layers.unit_of[place] != usize::MAX {
                continue;
            }
            let name = &graph.nodes[place].mapping;
            let circle = graph.cycles.iter().find(|it| it.mappings.contains(name));
            let members = match circle {
                Some(circle) => circle
                    .mappings
                    .iter()
                    .filter_map(|it| places.get(it).copied())
                    .collect(),
                None => vec![place],
            };
            for &member in &members {
                layers.unit_of[member] = layers.units.len();
            }
            layers.add(column_of(place), Unit::Nodes(members));
        }
        for (number, edge) in graph.edges.iter().enumerate() {
            let place = |name| places.get(name).copied().unwrap_or_default();
            let (from, to) = (place(&edge.from), place(&edge.to));
            layers.ends.push((from, to));
            let (left, right) = (column_of(to), column_of(from));
            let mut bends = Vec::new();
            let mut last = layers.unit_of[from];
            if left < right {
                for column in (left + 1..right).rev() {
                    let bend = layers.add(column, Unit::Bend(number));
                    layers.segments.push((bend, last));
                    bends.push(bend);
                    last = bend;
                }
                layers.segments.push((layers.unit_of[to], last));
            }
            layers.bends.push(bends);
        }
        layers.untangle();
        layers
    }

    fn add(&mut self, column: usize, unit: Unit) -> usize {
        let id = self.units.len();
        self.units.push(unit);
        self.columns[column].push(id);
        id
    }

    /// Orders each column by the middle of what it is joined to, forth and back, and keeps the order with the
    /// fewest crossings.
    fn untangle(&mut self) {
        let mut best = self.columns.clone();
        let mut fewest = self.crossings();
        for sweep in 0..SWEEPS {
            let columns = self.columns.len();
            for step in 1..columns {
                let column = match sweep % 2 {
                    0 => step,
                    _ => columns - 1 - step,
                };
                self.order_by_neighbours(column, sweep % 2 == 0);
            }
            let crossings = self.crossings();
            if crossings < fewest {
                fewest = crossings;
                best.clone_from(&self.columns);
            }
        }
        self.columns = best;
    }

    fn order_by_neighbours(&mut self, column: usize, look_left: bool) {
        let places = self.places();
        let middle = |unit: usize| {
            let joined = self.segments.iter().filter_map(|&(left, right)| {
                if look_left && right == unit {
                    Some(places[left])
                } else if !look_left && left == unit {
                    Some(places[right])
                } else {
                    None
                }
            });
            let (sum, number) = joined.fold((0.0, 0.0), |(sum, number), place| {
                (sum + place, number + 1.0)
            });
            if number == 0.0 {
                places[unit]
            } else {
                sum / number
            }
        };
        let mut keyed: Vec<(f64, usize)> = self.columns[column]
            .iter()
            .map(|&unit| (middle(unit), unit))
            .collect();
        keyed.sort_by(|left, right| left.0.total_cmp(&right.0));
        self.columns[column] = keyed.into_iter().map(|(_, unit)| unit).collect();
    }

    /// Returns where each unit stands in its column, from 0 at the top to 1, so that columns of any length
    /// compare.
    fn places(&self) -> Vec<f64> {
        let mut places = vec![0.0; self.units.len()];
        for column in &self.columns {
            for (place, &unit) in column.iter().enumerate() {
                places[unit] = (place as f64 + 0.5) / column.len() as f64;
            }
        }
        places
    }

    /// Counts the lines between neighbouring columns that cross.
    fn crossings(&self) -> usize {
        let mut column_of = vec![0; self.units.len()];
        for (column, units) in self.columns.iter().enumerate() {
            for &unit in units {
                column_of[unit] = column;
            }
        }
        let places = self.places();
        let mut crossings = 0;
        for (number, &(left, right)) in self.segments.iter().enumerate() {
            for &(other_left, other_right) in &self.segments[number + 1..] {
                if column_of[left] == column_of[other_left] {
                    let above = places[left] - places[other_left];
                    let below = places[right] - places[other_right];
                    crossings += usize::from(above * below < 0.0);
                }
            }
        }
        crossings
    }
}
