//! Laws of the orders.

use std::collections::BTreeSet;

use frappe_sync_planner::{DocTypeEdge, LinkEdge, creation_levels, doctype_order};
use proptest::prelude::*;

const COUNT: usize = 8;

fn doctype_edges() -> impl Strategy<Value = Vec<DocTypeEdge>> {
    let edge = (0..COUNT, 0..COUNT, any::<bool>());
    let edge = edge.prop_map(|(from, to, mandatory)| DocTypeEdge {
        from,
        to,
        mandatory,
    });
    proptest::collection::vec(edge, 0..14)
}

fn link_edges() -> impl Strategy<Value = Vec<LinkEdge>> {
    let edge = (
        0..COUNT,
        0..COUNT,
        proptest::bool::weighted(0.3),
        0..3_usize,
    );
    let edge = edge.prop_map(|(from, to, mandatory, tag)| LinkEdge {
        from,
        to,
        mandatory,
        tag,
    });
    proptest::collection::vec(edge, 0..16)
}

fn shuffled<T: Clone + std::fmt::Debug + 'static>(
    edges: impl Strategy<Value = Vec<T>>,
) -> impl Strategy<Value = (Vec<T>, Vec<T>)> {
    edges.prop_flat_map(|edges| (Just(edges.clone()), Just(edges).prop_shuffle()))
}

/// Tells whether links lead from one node to another.
fn reaches(edges: &[(usize, usize)], from: usize, to: usize) -> bool {
    let mut seen = BTreeSet::from([from]);
    let mut open = vec![from];
    while let Some(node) = open.pop() {
        for &(_, next) in edges.iter().filter(|(start, _)| *start == node) {
            if next == to {
                return true;
            }
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    false
}

proptest! {
    #[test]
    fn every_doctype_comes_once_and_after_what_it_links_to(edges in doctype_edges()) {
        let order = doctype_order(COUNT, &edges);
        let mut all: Vec<usize> = order.groups.concat();
        let place = |doctype| order.groups.iter().position(|group| group.contains(&doctype));
        let pairs: Vec<_> = edges.iter().map(|edge| (edge.from, edge.to)).collect();
        let needed: Vec<_> = edges.iter().filter(|edge| edge.mandatory)
            .map(|edge| (edge.from, edge.to)).collect();
        for edge in &edges {
            let together = edge.from == edge.to || reaches(&pairs, edge.to, edge.from);
            prop_assert_eq!(place(edge.from) == place(edge.to), together);
            prop_assert!(place(edge.to) <= place(edge.from));
            let circular = reaches(&needed, edge.to, edge.from);
            if edge.mandatory && !circular {
                let at = |doctype| all.iter().position(|&one| one == doctype);
                prop_assert!(at(edge.to) < at(edge.from));
            }
            let told = order.mandatory_cycles.iter()
                .any(|cycle| cycle.contains(&edge.from) && cycle.contains(&edge.to));
            if edge.mandatory && edge.from != edge.to {
                prop_assert_eq!(told, circular);
            }
        }
        all.sort_unstable();
        prop_assert_eq!(all, (0..COUNT).collect::<Vec<_>>());
    }

    #[test]
    fn shuffled_doctype_edges_give_the_same_order((edges, shuffled) in shuffled(doctype_edges())) {
        prop_assert_eq!(doctype_order(COUNT, &edges), doctype_order(COUNT, &shuffled));
    }

    #[test]
    fn every_document_has_one_place_and_every_link_is_respected_or_deferred(edges in link_edges()) {
        let order = creation_levels(COUNT, &edges);
        let mut all: Vec<usize> = order.levels.concat();
        all.extend(order.stuck.concat());
        all.extend(&order.blocked);
        all.sort_unstable();
        prop_assert_eq!(all, (0..COUNT).collect::<Vec<_>>());

        let level = |document| order.levels.iter().position(|level| level.contains(&document));
        let pairs: Vec<_> = edges.iter().map(|edge| (edge.from, edge.to)).collect();
        let needed: Vec<_> = edges.iter().filter(|edge| edge.mandatory)
            .map(|edge| (edge.from, edge.to)).collect();
        for (index, edge) in edges.iter().enumerate() {
            let Some(own) = level(edge.from) else { continue };
            match level(edge.to) {
                Some(target) if !order.deferred.contains(&index) => prop_assert!(target < own),
                Some(_) => {
                    prop_assert!(!edge.mandatory);
                    prop_assert!(reaches(&pairs, edge.to, edge.from));
                }
                None => {
                    prop_assert!(!edge.mandatory);
                    prop_assert!(order.deferred.contains(&index));
                }
            }
        }
        for &document in order.stuck.iter().flatten() {
            prop_assert!(reaches(&needed, document, document));
        }
        for &document in &order.blocked {
            prop_assert!(!reaches(&needed, document, document));
            prop_assert!(order.stuck.iter().flatten().any(|&stuck| reaches(&needed, document, stuck)));
        }
        for &index in &order.deferred {
            prop_assert!(level(edges[index].from).is_some());
        }
    }

    #[test]
    fn shuffled_links_give_the_same_levels((edges, shuffled) in shuffled(link_edges())) {
        let (one, other) = (creation_levels(COUNT, &edges), creation_levels(COUNT, &shuffled));
        prop_assert_eq!(one.levels, other.levels);
        prop_assert_eq!(one.stuck, other.stuck);
        prop_assert_eq!(one.blocked, other.blocked);
        let links = |edges: &[LinkEdge], deferred: &[usize]| {
            let mut links: Vec<_> = deferred.iter().map(|&index| edges[index]).collect();
            links.sort_unstable();
            links
        };
        prop_assert_eq!(links(&edges, &one.deferred), links(&shuffled, &other.deferred));
    }
}
