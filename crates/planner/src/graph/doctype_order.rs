//! The order of DocTypes.

use super::components::ordered_components;

/// One DocType links to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DocTypeEdge {
    /// The DocType that links.
    pub from: usize,
    /// The DocType that is linked to, and comes first.
    pub to: usize,
    /// A document cannot be stored without this link.
    pub mandatory: bool,
}

/// The order in which DocTypes are worked on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocTypeOrder {
    /// DocTypes that link to each other in a circle stand in one group, all others alone. Every link
    /// between groups leads to an earlier one; inside a group, mandatory links lead to an earlier DocType
    /// wherever they are no circle themselves, and the rest goes by number.
    pub groups: Vec<Vec<usize>>,
    /// How far each group is from those that link to nothing: the longest way of links that leave it, in
    /// groups. All of one level could be worked on at once.
    pub levels: Vec<usize>,
    /// Circles of mandatory links, each sorted: their documents may turn out not to be creatable. A
    /// DocType that links to itself, such as a tree, is none.
    pub mandatory_cycles: Vec<Vec<usize>>,
}

/// Orders `count` DocTypes, numbered from zero, by their links.
///
/// The answer depends on the numbers and not on the order of `edges`. An edge to a number out of range
/// is left out.
pub fn doctype_order(count: usize, edges: &[DocTypeEdge]) -> DocTypeOrder {
    let components = ordered_components(count, edges.iter().map(|edge| (edge.from, edge.to)));
    let mut group_of = vec![0; count];
    let mut position = vec![0; count];
    for (group, component) in components.iter().enumerate() {
        for (index, &doctype) in component.iter().enumerate() {
            group_of[doctype] = group;
            position[doctype] = index;
        }
    }
    let levels = levels(components.len(), &group_of, edges);
    let mut mandatory_inside = vec![Vec::new(); components.len()];
    for edge in edges.iter().filter(|edge| edge.mandatory) {
        if edge.from < count && edge.to < count && group_of[edge.from] == group_of[edge.to] {
            mandatory_inside[group_of[edge.from]].push((position[edge.from], position[edge.to]));
        }
    }

    let mut order = DocTypeOrder {
        levels,
        ..DocTypeOrder::default()
    };
    for (component, mandatory) in components.iter().zip(mandatory_inside) {
        let mut group = Vec::with_capacity(component.len());
        for circle in ordered_components(component.len(), mandatory) {
            let members: Vec<usize> = circle.into_iter().map(|index| component[index]).collect();
            group.extend_from_slice(&members);
            if members.len() > 1 {
                order.mandatory_cycles.push(members);
            }
        }
        order.groups.push(group);
    }
    order
}

/// Returns the level of each group; every link between groups leads to an earlier one.
fn levels(groups: usize, group_of: &[usize], edges: &[DocTypeEdge]) -> Vec<usize> {
    let mut links = vec![Vec::new(); groups];
    for edge in edges {
        if let (Some(&from), Some(&to)) = (group_of.get(edge.from), group_of.get(edge.to))
            && from != to
        {
            links[from].push(to);
        }
    }
    let mut levels = vec![0; groups];
    for (group, links) in links.iter().enumerate() {
        levels[group] = links.iter().map(|&to| levels[to] + 1).max().unwrap_or(0);
    }
    levels
}
