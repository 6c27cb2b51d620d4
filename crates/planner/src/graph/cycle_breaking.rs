//! Which optional links are left open so that no circle of links is left.
//!
//! The fewest possible is a problem without a fast answer (feedback arc set), so this takes the greedy way
//! of Eades, Lin and Smyth: peel off what links to nothing that is left and what nothing left links to,
//! and where only circles remain, create next what most others wait for.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::components::ordered_components;
use super::creation_levels::LinkEdge;

/// Returns the edges, by index and out of `live`, that are to be left open. All are optional and lie in a
/// circle; without them, the live edges hold none. Live mandatory edges hold no circle of their own.
pub(super) fn break_cycles(count: usize, edges: &[LinkEdge], live: &[usize]) -> Vec<usize> {
    let ends = live
        .iter()
        .map(|&index| (edges[index].from, edges[index].to));
    let components = ordered_components(count, ends);
    let mut home = vec![0; count];
    for (index, component) in components.iter().enumerate() {
        for &node in component {
            home[node] = index;
        }
    }
    let circular = live
        .iter()
        .copied()
        .filter(|&index| home[edges[index].from] == home[edges[index].to]);
    Peeling::new(count, edges, circular).run()
}

/// How a node is peeled off, best first; ties go by the smaller number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// Some of its optional links are left open; the more that wait for it, less its own, the better.
    Break(isize),
    /// Nothing that is left links to it, so it can be created last.
    Last,
    /// It links to nothing that is left, so it can be created first.
    First,
}

struct Peeling<'a> {
    edges: &'a [LinkEdge],
    /// Edges that leave each node, by index.
    links: Vec<Vec<usize>>,
    /// Edges that lead to each node, by index.
    dependents: Vec<Vec<usize>>,
    /// How many of each node's links lead to nodes that are left.
    open_links: Vec<usize>,
    /// How many of them are mandatory.
    open_mandatory: Vec<usize>,
    /// How many links of nodes that are left lead to each node.
    open_dependents: Vec<usize>,
    peeled: Vec<bool>,
    /// Steps that were possible when they were noted; a later note of the same node replaces them.
    agenda: BinaryHeap<(Step, Reverse<usize>)>,
}

impl<'a> Peeling<'a> {
    fn new(count: usize, edges: &'a [LinkEdge], circular: impl Iterator<Item = usize>) -> Self {
        let mut peeling = Self {
            edges,
            links: vec![Vec::new(); count],
            dependents: vec![Vec::new(); count],
            open_links: vec![0; count],
            open_mandatory: vec![0; count],
            open_dependents: vec![0; count],
            peeled: vec![false; count],
            agenda: BinaryHeap::new(),
        };
        for index in circular {
            let edge = edges[index];
            peeling.links[edge.from].push(index);
            peeling.dependents[edge.to].push(index);
            peeling.open_links[edge.from] += 1;
            peeling.open_mandatory[edge.from] += usize::from(edge.mandatory);
            peeling.open_dependents[edge.to] += 1;
        }
        for node in 0..count {
            peeling.note(node);
        }
        peeling
    }

    fn run(mut self) -> Vec<usize> {
        let mut broken = Vec::new();
        while let Some((step, Reverse(node))) = self.agenda.pop() {
            if self.peeled[node] || self.step_of(node) != Some(step) {
                continue;
            }
            self.peeled[node] = true;
            if matches!(step, Step::Break(_)) {
                let links = self.links[node].iter().copied();
                broken.extend(links.filter(|&link| !self.peeled[self.edges[link].to]));
            }
            self.release(node);
        }
        broken
    }

    /// Takes a node out of its neighbours' counts.
    fn release(&mut self, node: usize) {
        for at in 0..self.links[node].len() {
            let target = self.edges[self.links[node][at]].to;
            if !self.peeled[target] {
                self.open_dependents[target] -= 1;
                self.note(target);
            }
        }
        for at in 0..self.dependents[node].len() {
            let edge = self.edges[self.dependents[node][at]];
            if !self.peeled[edge.from] {
                self.open_links[edge.from] -= 1;
                self.open_mandatory[edge.from] -= usize::from(edge.mandatory);
                self.note(edge.from);
            }
        }
    }

    fn note(&mut self, node: usize) {
        if let Some(step) = self.step_of(node) {
            self.agenda.push((step, Reverse(node)));
        }
    }

    /// Returns how a node could be peeled off now; `None` while a mandatory link of its is open.
    fn step_of(&self, node: usize) -> Option<Step> {
        if self.open_links[node] == 0 {
            Some(Step::First)
        } else if self.open_dependents[node] == 0 {
            Some(Step::Last)
        } else if self.open_mandatory[node] == 0 {
            let gain =
                self.open_dependents[node].cast_signed() - self.open_links[node].cast_signed();
            Some(Step::Break(gain))
        } else {
            None
        }
    }
}
