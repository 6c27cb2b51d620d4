//! The three-way merge of one value.

use frappe_sync_model::{FieldBaseline, Fingerprint, PerSide, Side};

use crate::MergeRules;

/// One value of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SideValue {
    /// Fingerprint in that side's own canonical form, compared with that side's baseline only.
    pub own: Fingerprint,
    /// Fingerprint of the value in the terms of side `b`, compared across. `None` where side `b` has no
    /// terms for it, such as a link of `a` whose target has no counterpart; a value of `b` always has
    /// one, its own.
    pub common: Option<Fingerprint>,
    /// Fingerprint of a value of side `b` in the terms of side `a`, where a mapping gives several values of one side
    /// one of the other, so that [`common`](Self::common) does not tell all that say the same. `None` on side `a`.
    pub back: Option<Fingerprint>,
    /// The value can be written to the other side as it stands.
    pub across: bool,
    /// The site stores nothing there.
    pub empty: bool,
}

/// What becomes of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Neither side changed; both baselines stand.
    Unchanged,
    /// Both sides say the same under the mapping; the baselines move without a write.
    Settle,
    /// The value of the other side goes to this one.
    Write {
        /// The side that is written.
        to: Side,
        /// Both sides had changed and a policy decided: the value of `to` lost and is journaled.
        conflict: bool,
    },
    /// Both sides changed, and a person decides. Nothing is written, no baseline moves.
    Conflict,
    /// One way: this side differs on its own account. It is left and reported, no baseline moves.
    Drift {
        /// The side that is not the source.
        side: Side,
    },
    /// A side does not show the value: no change, no write, no baseline moves.
    Unknown,
    /// The value would go to the other side, which has no terms for it: a link without counterpart.
    MissingTarget {
        /// The side that holds it.
        from: Side,
    },
    /// The value goes to this side, but something else must be done there before. No baseline moves.
    Later {
        /// The side that will be written.
        to: Side,
    },
}

impl SideValue {
    /// Tells whether a value of `a` and one of `b` say the same under the mapping.
    pub fn agrees(a: Self, b: Self) -> bool {
        agree(&PerSide { a, b })
    }
}

impl Verdict {
    /// Tells whether the verdict writes to `side`.
    pub fn writes_to(self, side: Side) -> bool {
        matches!(self, Self::Write { to, .. } if to == side)
    }

    /// Tells whether the value is agreed once the verdict is carried out.
    pub fn settles(self) -> bool {
        matches!(self, Self::Unchanged | Self::Settle | Self::Write { .. })
    }
}

/// Decides on one value from what both sides hold (`None`: not visible) and held when they last agreed.
///
/// - A change is a value that differs from its own side's baseline. A side without a baseline counts as
///   changed, but emptiness there is no proof that somebody cleared the field: a set value on the other
///   side goes before it.
/// - Changes to the same value settle; a change of one side goes across; changes of both sides to
///   different values are for [`MergeRules::winner`].
/// - One way, what the source does not hold is never erased on the first comparison: it is drift.
pub fn merge_field(
    values: PerSide<Option<SideValue>>,
    baseline: &FieldBaseline,
    rules: &MergeRules,
) -> Verdict {
    let (Some(a), Some(b)) = (values.a, values.b) else {
        return Verdict::Unknown;
    };
    let values = PerSide { a, b };
    let changed = PerSide::from_fn(|side| baseline[side] != Some(values[side].own));
    if !changed.a && !changed.b {
        return Verdict::Unchanged;
    }
    if agree(&values) {
        return Verdict::Settle;
    }

    // A side that never had a value nor a baseline has nothing to say against one that has a value.
    let silent = PerSide::from_fn(|side: Side| {
        baseline[side].is_none() && values[side].empty && !values[side.other()].empty
    });
    match (changed.a && !silent.a, changed.b && !silent.b) {
        (true, true) => match rules.winner() {
            Some(winner) => carry(winner, true, &values),
            None => undecided(&values, baseline),
        },
        (true, false) => offer(Side::A, &values, rules),
        (false, true) => offer(Side::B, &values, rules),
        // One side is silent, and the other still holds what it held when it last agreed.
        (false, false) => offer(if silent.a { Side::B } else { Side::A }, &values, rules),
    }
}

/// Says what becomes of a difference that no policy may decide. On the first comparison, a link whose target has no
/// counterpart as yet may still turn out to say the same: it waits for the target.
fn undecided(values: &PerSide<SideValue>, baseline: &FieldBaseline) -> Verdict {
    let mut sides = Side::BOTH.into_iter();
    let unsaid = sides
        .find(|side| baseline[*side].is_none() && !values[*side].empty && !values[*side].across);
    unsaid.map_or(Verdict::Conflict, |from| Verdict::MissingTarget { from })
}

/// Tells whether both sides say the same under the mapping: each would make the other's value of its own.
pub(crate) fn agree(values: &PerSide<SideValue>) -> bool {
    (values.a.empty && values.b.empty)
        || (values.a.common.is_some() && values.a.common == values.b.common)
        || values.b.back == Some(values.a.own)
}

/// Sends the value of `from` across, if that is the way.
fn offer(from: Side, values: &PerSide<SideValue>, rules: &MergeRules) -> Verdict {
    if rules.direction.writes_to(from.other()) {
        carry(from, false, values)
    } else {
        Verdict::Drift { side: from }
    }
}

/// Sends the value of `from` across, if the other side has terms for it.
fn carry(from: Side, conflict: bool, values: &PerSide<SideValue>) -> Verdict {
    if values[from].across {
        Verdict::Write {
            to: from.other(),
            conflict,
        }
    } else {
        Verdict::MissingTarget { from }
    }
}
