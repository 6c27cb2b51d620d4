//! Strongly connected components in an order that depends on node numbers alone.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// Returns the strongly connected components of the graph, each sorted, those that others link to first
/// and else by their smallest node.
///
/// Edges lead from the node that links to the one that is linked to. An edge that leaves the graph is
/// left out.
pub(super) fn ordered_components(
    count: usize,
    edges: impl IntoIterator<Item = (usize, usize)>,
) -> Vec<Vec<usize>> {
    let mut graph = DiGraph::<(), (), usize>::default();
    for _ in 0..count {
        graph.add_node(());
    }
    for (from, to) in edges {
        if from < count && to < count {
            graph.add_edge(NodeIndex::new(from), NodeIndex::new(to), ());
        }
    }

    // Kosaraju's is the one that does not recurse, so that a long chain of links cannot end the stack.
    let mut components: Vec<Vec<usize>> = kosaraju_scc(&graph)
        .into_iter()
        .map(|component| {
            let mut nodes: Vec<usize> = component.into_iter().map(NodeIndex::index).collect();
            nodes.sort_unstable();
            nodes
        })
        .collect();
    components.sort_unstable();
    in_order(&graph, components)
}

/// Orders components, which are sorted by their smallest node.
fn in_order(graph: &DiGraph<(), (), usize>, components: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    let mut home = vec![0; graph.node_count()];
    for (index, component) in components.iter().enumerate() {
        for &node in component {
            home[node] = index;
        }
    }
    let mut waiting = vec![0_usize; components.len()];
    let mut dependents = vec![Vec::new(); components.len()];
    for edge in graph.raw_edges() {
        let (from, to) = (home[edge.source().index()], home[edge.target().index()]);
        if from != to {
            waiting[from] += 1;
            dependents[to].push(from);
        }
    }

    let mut ready: BinaryHeap<Reverse<usize>> = (0..components.len())
        .filter(|&index| waiting[index] == 0)
        .map(Reverse)
        .collect();
    let mut components: Vec<Option<Vec<usize>>> = components.into_iter().map(Some).collect();
    let mut ordered = Vec::with_capacity(components.len());
    while let Some(Reverse(index)) = ready.pop() {
        ordered.extend(components[index].take());
        for &dependent in &dependents[index] {
            waiting[dependent] -= 1;
            if waiting[dependent] == 0 {
                ready.push(Reverse(dependent));
            }
        }
    }
    ordered
}
