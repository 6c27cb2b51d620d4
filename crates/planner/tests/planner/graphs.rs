//! Orders that people can check by eye, and sizes that they cannot.

use frappe_sync_planner::{
    CreationLevels, DocTypeEdge, DocTypeOrder, LinkEdge, creation_levels, doctype_order,
};

fn links(pairs: &[(usize, usize)]) -> Vec<DocTypeEdge> {
    let edge = |&(from, to)| DocTypeEdge {
        from,
        to,
        mandatory: false,
    };
    pairs.iter().map(edge).collect()
}

fn needs(pairs: &[(usize, usize)]) -> Vec<DocTypeEdge> {
    let mut edges = links(pairs);
    edges.iter_mut().for_each(|edge| edge.mandatory = true);
    edges
}

fn optional(from: usize, to: usize) -> LinkEdge {
    LinkEdge {
        from,
        to,
        mandatory: false,
        tag: 0,
    }
}

fn mandatory(from: usize, to: usize) -> LinkEdge {
    LinkEdge {
        mandatory: true,
        ..optional(from, to)
    }
}

#[test]
fn what_is_linked_to_comes_first() {
    let order = doctype_order(4, &links(&[(0, 1), (1, 3), (2, 3)]));
    assert_eq!(order.groups, [vec![3], vec![1], vec![0], vec![2]]);
}

#[test]
fn the_level_of_a_doctype_is_its_longest_way_of_links() {
    // 0 links to 3 at once and over 1; 2 and 4 link to each other and to 1.
    let order = doctype_order(5, &links(&[(0, 1), (0, 3), (1, 3), (2, 4), (4, 2), (4, 1)]));
    assert_eq!(order.groups, [vec![3], vec![1], vec![0], vec![2, 4]]);
    assert_eq!(order.levels, [0, 1, 2, 2]);
}

#[test]
fn doctypes_without_links_go_by_number() {
    assert_eq!(doctype_order(3, &[]).groups, [[0], [1], [2]]);
    assert_eq!(doctype_order(0, &[]), DocTypeOrder::default());
}

#[test]
fn a_circle_of_doctypes_is_one_group_with_its_mandatory_links_respected() {
    // 0 and 2 link to each other, but only 0 needs 2.
    let mut edges = links(&[(2, 0), (1, 0)]);
    edges.extend(needs(&[(0, 2)]));
    let order = doctype_order(3, &edges);
    assert_eq!(order.groups, [vec![2, 0], vec![1]]);
    assert!(order.mandatory_cycles.is_empty());
}

#[test]
fn a_circle_of_mandatory_links_is_told_with_its_members() {
    let order = doctype_order(4, &needs(&[(3, 1), (1, 3), (1, 1), (0, 1)]));
    assert_eq!(order.groups, [vec![1, 3], vec![0], vec![2]]);
    assert_eq!(order.mandatory_cycles, [[1, 3]]);
}

#[test]
fn a_tree_is_no_circle() {
    let order = doctype_order(2, &needs(&[(1, 1), (0, 1)]));
    assert_eq!(order.groups, [[1], [0]]);
    assert!(order.mandatory_cycles.is_empty());
}

#[test]
fn tree_levels_are_created_level_by_level() {
    let edges = [(1, 0), (2, 0), (3, 1), (4, 2)].map(|(from, to)| mandatory(from, to));
    let order = creation_levels(5, &edges);
    assert_eq!(order.levels, [vec![0], vec![1, 2], vec![3, 4]]);
    assert!(order.deferred.is_empty());
}

#[test]
fn a_customer_and_its_primary_contact_are_made_with_one_link_patched() {
    // The contact needs its customer; the customer names its primary contact.
    let edges = [optional(0, 1), mandatory(1, 0)];
    let order = creation_levels(2, &edges);
    assert_eq!(order.levels, [[0], [1]]);
    assert_eq!(order.deferred, [0]);
}

#[test]
fn only_links_inside_a_circle_are_deferred() {
    // 3 waits for the circle of 0 and 1, and the circle for 2.
    let edges = [
        optional(3, 0),
        optional(0, 1),
        optional(1, 0),
        optional(1, 2),
    ];
    let order = creation_levels(4, &edges);
    assert_eq!(order.deferred, [1]);
    assert_eq!(order.levels, [[0, 2], [1, 3]]);
    assert!(order.stuck.is_empty());
}

#[test]
fn a_document_that_all_others_wait_for_breaks_a_tangle_at_once() {
    let mut edges: Vec<LinkEdge> = (1..=9).map(|document| optional(document, 0)).collect();
    edges.push(optional(0, 5));
    let order = creation_levels(10, &edges);
    assert_eq!(order.deferred, [9]);
    assert_eq!(order.levels.len(), 2);
}

#[test]
fn a_document_that_names_itself_is_patched() {
    let order = creation_levels(1, &[optional(0, 0)]);
    assert_eq!(order.levels, [[0]]);
    assert_eq!(order.deferred, [0]);
}

#[test]
fn a_circle_of_mandatory_links_holds_back_only_its_dependents() {
    let edges = [
        mandatory(0, 1),
        mandatory(1, 0),
        mandatory(2, 1),
        mandatory(3, 2),
        optional(4, 3),
        mandatory(5, 4),
    ];
    let order = creation_levels(6, &edges);
    let expected = CreationLevels {
        levels: vec![vec![4], vec![5]],
        deferred: vec![4],
        stuck: vec![vec![0, 1]],
        blocked: vec![2, 3],
    };
    assert_eq!(order, expected);
}

#[test]
fn a_document_that_needs_itself_is_stuck() {
    let order = creation_levels(2, &[mandatory(1, 1)]);
    assert_eq!(order.stuck, [[1]]);
    assert_eq!(order.levels, [[0]]);
}

#[test]
fn edges_out_of_range_are_left_out() {
    let edges = [optional(0, 7), mandatory(9, 0), mandatory(9, 9)];
    assert_eq!(creation_levels(1, &edges).levels, [[0]]);
    assert_eq!(doctype_order(1, &needs(&[(0, 3), (3, 0)])).groups, [[0]]);
}

const MANY: usize = 200_000;

#[test]
fn a_chain_of_many_documents_has_as_many_levels() {
    let edges: Vec<LinkEdge> = (1..MANY).map(|to| mandatory(to - 1, to)).collect();
    let order = creation_levels(MANY, &edges);
    assert_eq!(order.levels.len(), MANY);
    assert_eq!(order.levels[0], [MANY - 1]);
}

#[test]
fn a_ring_of_many_documents_is_broken_once() {
    let edges: Vec<LinkEdge> = (0..MANY)
        .map(|from| optional(from, (from + 1) % MANY))
        .collect();
    let order = creation_levels(MANY, &edges);
    assert_eq!(order.deferred.len(), 1);
    assert_eq!(order.levels.len(), MANY);
}

#[test]
fn a_long_line_of_neighbours_that_name_each_other_takes_no_long_time() {
    let neighbours = (1..MANY).flat_map(|at| [optional(at - 1, at), optional(at, at - 1)]);
    let edges: Vec<LinkEdge> = neighbours.collect();
    let order = creation_levels(MANY, &edges);
    assert_eq!(order.deferred.len(), MANY - 1);
    assert_eq!(order.levels.iter().map(Vec::len).sum::<usize>(), MANY);
}
