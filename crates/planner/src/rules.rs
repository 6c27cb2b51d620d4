//! What a mapping and the two save times say of ways and winners.

use frappe_sync_model::{ConflictPolicy, Direction, Side};

/// How one pair is merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergeRules {
    /// Which way changes go.
    pub direction: Direction,
    /// Who wins where both sides changed the same value.
    pub policy: ConflictPolicy,
    /// The side that decides ties.
    pub prefer: Side,
    /// The side that was saved later, as [`newer_side`](crate::newer_side) tells; `None` where that is a
    /// tie or unknown.
    pub newer: Option<Side>,
}

impl MergeRules {
    /// Returns the side whose value stands where both changed; `None` where a person decides.
    ///
    /// One way, the source wins whatever the policy says.
    pub fn winner(&self) -> Option<Side> {
        match (self.direction, self.policy) {
            (Direction::AToB, _) | (Direction::Both, ConflictPolicy::A) => Some(Side::A),
            (Direction::BToA, _) | (Direction::Both, ConflictPolicy::B) => Some(Side::B),
            (Direction::Both, ConflictPolicy::Newest) => Some(self.newer.unwrap_or(self.prefer)),
            (Direction::Both, ConflictPolicy::Manual) => None,
        }
    }

    /// Returns the side that breaks a tie which nobody needs to be asked about, such as whose row
    /// stands first.
    pub(crate) fn leader(&self) -> Side {
        self.winner().unwrap_or(self.prefer)
    }
}
