//! The order of a merged table's rows.

use frappe_sync_model::{PerSide, Side};

use super::pairing::RowPair;
use crate::MergeRules;

/// The order of the rows that stay, by their index among them.
pub(super) struct RowOrder {
    /// As they will stand.
    pub(super) rows: Vec<usize>,
    /// As they are kept as baseline.
    pub(super) agreed: Vec<usize>,
    /// Both sides moved rows: the side whose order is taken.
    pub(super) conflict: Option<Side>,
    /// The side that is not the source moved rows alone.
    pub(super) drift: Option<Side>,
}

/// Orders the rows that stay.
///
/// Rows that both sides hold stand as on the side that moved them since the baseline; a row that one
/// side holds stands behind the row that it stands behind there.
pub(super) fn order_rows(kept: &[RowPair], rules: &MergeRules) -> RowOrder {
    let shared = PerSide::from_fn(|side| shared_by_place(kept, side));
    let leader = rules.leader();
    if shared.a == shared.b {
        return RowOrder::agreed(weave(kept, &shared.a, leader));
    }

    let mut settled: Vec<usize> = (0..kept.len())
        .filter(|&row| kept[row].is_shared() && kept[row].baseline.is_some())
        .collect();
    settled.sort_by_key(|&row| kept[row].baseline);
    let moved = PerSide::from_fn(|side: Side| {
        let now = shared[side]
            .iter()
            .filter(|&&row| kept[row].baseline.is_some());
        !now.eq(&settled)
    });
    let mover = match (moved.a, moved.b) {
        (true, false) => Some(Side::A),
        (false, true) => Some(Side::B),
        _ => None,
    };
    match mover {
        None => RowOrder {
            conflict: Some(leader),
            ..RowOrder::agreed(weave(kept, &shared[leader], leader))
        },
        Some(mover) if rules.direction.writes_to(mover.other()) => {
            RowOrder::agreed(weave(kept, &shared[mover], leader))
        }
        // The source is never written, so the order of the list is the other side's to keep.
        Some(mover) => RowOrder {
            rows: weave(kept, &shared[mover], leader),
            agreed: weave(kept, &shared[mover.other()], leader),
            conflict: None,
            drift: Some(mover),
        },
    }
}

impl RowOrder {
    fn agreed(rows: Vec<usize>) -> Self {
        Self {
            agreed: rows.clone(),
            rows,
            conflict: None,
            drift: None,
        }
    }
}

impl RowPair {
    fn is_shared(&self) -> bool {
        self.places.a.is_some() && self.places.b.is_some()
    }
}

/// Returns the rows that both sides hold, as they stand on `side`.
fn shared_by_place(kept: &[RowPair], side: Side) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..kept.len())
        .filter(|&row| kept[row].is_shared())
        .collect();
    rows.sort_by_key(|&row| kept[row].places[side]);
    rows
}

/// Puts the rows that one side holds behind their predecessors in `shared`; where both sides put rows
/// behind the same one, those of `leader` come first.
fn weave(kept: &[RowPair], shared: &[usize], leader: Side) -> Vec<usize> {
    // The rows behind each shared row; the last list holds those before all of them.
    let first = kept.len();
    let mut followers: PerSide<Vec<Vec<usize>>> =
        PerSide::from_fn(|_| vec![Vec::new(); kept.len() + 1]);
    for side in Side::BOTH {
        let mut held: Vec<usize> = (0..kept.len())
            .filter(|&row| kept[row].places[side].is_some())
            .collect();
        held.sort_by_key(|&row| kept[row].places[side]);
        let mut predecessor = first;
        for row in held {
            if kept[row].is_shared() {
                predecessor = row;
            } else {
                followers[side][predecessor].push(row);
            }
        }
    }
    let mut rows = Vec::with_capacity(kept.len());
    for &anchor in std::iter::once(&first).chain(shared) {
        if anchor != first {
            rows.push(anchor);
        }
        for side in [leader, leader.other()] {
            rows.append(&mut followers[side][anchor]);
        }
    }
    rows
}
