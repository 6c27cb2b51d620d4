//! The order in which documents that link to each other are created.

use super::components::ordered_components;
use super::cycle_breaking::break_cycles;

/// One document to be created links to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkEdge {
    /// The document that links.
    pub from: usize,
    /// The document that is linked to.
    pub to: usize,
    /// It cannot be stored without this link.
    pub mandatory: bool,
    /// The caller's own mark, such as which field it is. It decides nothing.
    pub tag: usize,
}

/// In which order documents are created.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreationLevels {
    /// Documents by level, each sorted by number: one links to earlier levels only, but for deferred
    /// links, so that a level can be created all at once.
    pub levels: Vec<Vec<usize>>,
    /// Links, by index into the edges, that are inserted empty and patched once all levels are created:
    /// optional links inside a circle, or to a document that is stuck or blocked.
    pub deferred: Vec<usize>,
    /// Circles of mandatory links, each sorted. None of their documents can be created.
    pub stuck: Vec<Vec<usize>>,
    /// Documents that cannot be created because a mandatory link leads to a stuck one, directly or not.
    pub blocked: Vec<usize>,
}

/// Puts `count` documents, numbered from zero, into levels by their links.
///
/// The answer depends on the numbers and not on the order of `edges`. An edge to a number out of range
/// is left out.
pub fn creation_levels(count: usize, edges: &[LinkEdge]) -> CreationLevels {
    let inside = |edge: &LinkEdge| edge.from < count && edge.to < count;
    let stuck = mandatory_circles(count, edges);
    let mut creatable = vec![true; count];
    for &document in stuck.iter().flatten() {
        creatable[document] = false;
    }
    let blocked = block_dependents(edges, &mut creatable);

    let mut deferred = Vec::new();
    let mut live = Vec::new();
    for (index, edge) in edges.iter().enumerate().filter(|(_, edge)| inside(edge)) {
        if !creatable[edge.from] {
            continue;
        }
        if creatable[edge.to] && edge.from != edge.to {
            live.push(index);
        } else {
            deferred.push(index);
        }
    }
    let broken = break_cycles(count, edges, &live);
    let mut is_broken = vec![false; edges.len()];
    for &index in &broken {
        is_broken[index] = true;
    }
    live.retain(|&index| !is_broken[index]);
    deferred.extend(broken);
    deferred.sort_unstable();

    CreationLevels {
        levels: levels(count, edges, &live, &creatable),
        deferred,
        stuck,
        blocked,
    }
}

/// Returns the circles of mandatory links, a document that needs itself among them.
fn mandatory_circles(count: usize, edges: &[LinkEdge]) -> Vec<Vec<usize>> {
    let mandatory = edges.iter().filter(|edge| edge.mandatory);
    let mut needs_itself = vec![false; count];
    for edge in mandatory.clone() {
        if edge.from == edge.to && edge.from < count {
            needs_itself[edge.from] = true;
        }
    }
    let mut circles = ordered_components(count, mandatory.map(|edge| (edge.from, edge.to)));
    circles.retain(|circle| circle.len() > 1 || needs_itself[circle[0]]);
    circles.sort_unstable();
    circles
}

/// Marks and returns the documents that need one that is not creatable.
fn block_dependents(edges: &[LinkEdge], creatable: &mut [bool]) -> Vec<usize> {
    let count = creatable.len();
    let mut dependents = vec![Vec::new(); count];
    for edge in edges.iter().filter(|edge| edge.mandatory) {
        if edge.from < count && edge.to < count {
            dependents[edge.to].push(edge.from);
        }
    }
    let mut blocked = Vec::new();
    let mut open: Vec<usize> = (0..count).filter(|&node| !creatable[node]).collect();
    while let Some(document) = open.pop() {
        for &dependent in &dependents[document] {
            if creatable[dependent] {
                creatable[dependent] = false;
                blocked.push(dependent);
                open.push(dependent);
            }
        }
    }
    blocked.sort_unstable();
    blocked
}

/// Sorts documents by the longest way of links below them; `live` edges hold no circle.
fn levels(count: usize, edges: &[LinkEdge], live: &[usize], creatable: &[bool]) -> Vec<Vec<usize>> {
    let mut waiting = vec![0_usize; count];
    let mut dependents = vec![Vec::new(); count];
    for &index in live {
        let LinkEdge { from, to, .. } = edges[index];
        waiting[from] += 1;
        dependents[to].push(from);
    }
    let mut levels = Vec::new();
    let mut level: Vec<usize> = (0..count)
        .filter(|&node| creatable[node] && waiting[node] == 0)
        .collect();
    while !level.is_empty() {
        let mut next = Vec::new();
        for &document in &level {
            for &dependent in &dependents[document] {
                waiting[dependent] -= 1;
                if waiting[dependent] == 0 {
                    next.push(dependent);
                }
            }
        }
        next.sort_unstable();
        levels.push(std::mem::replace(&mut level, next));
    }
    levels
}
