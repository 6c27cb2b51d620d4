//! How far a document has got, and which side moves it on.

use frappe_sync_model::{ConflictPolicy, Direction, PerSide, Side};

use crate::MergeRules;

/// How far a document has got: Frappe's `docstatus`, which only moves forward (protocol 7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// 0: everything may be changed.
    #[default]
    Draft,
    /// 1: only what allows it may be changed.
    Submitted,
    /// 2: nothing may be changed.
    Cancelled,
}

impl Stage {
    /// All stages, in the order in which a document goes through them.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Submitted, Self::Cancelled];

    /// Reads a `docstatus`; whatever is above 2 counts as cancelled.
    pub fn of_docstatus(docstatus: u8) -> Self {
        match docstatus {
            0 => Self::Draft,
            1 => Self::Submitted,
            _ => Self::Cancelled,
        }
    }

    /// Returns the `docstatus`.
    pub fn docstatus(self) -> u8 {
        match self {
            Self::Draft => 0,
            Self::Submitted => 1,
            Self::Cancelled => 2,
        }
    }

    /// Returns the stage after this one: a draft cannot be cancelled before it was submitted (protocol 7).
    pub fn next(self) -> Self {
        match self {
            Self::Draft => Self::Submitted,
            Self::Submitted | Self::Cancelled => Self::Cancelled,
        }
    }
}

/// What becomes of the stages of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageVerdict {
    /// Neither side moved; both baselines stand.
    Unchanged,
    /// Both sides have got equally far, or stay apart by a person's decision; the baselines move without a write.
    Settle,
    /// A side is moved on by one stage; the rest of its way takes another decision.
    Advance {
        /// The side that is moved.
        to: Side,
        /// The stage that it is moved to.
        next: Stage,
        /// The two were never agreed on, and a policy decided.
        conflict: bool,
    },
    /// The two were never agreed on, and a person decides.
    Conflict,
    /// One way: this side moved on by itself. It is left and reported.
    Drift {
        /// The side that is not the source.
        side: Side,
    },
}

/// Decides on the stages that both sides have got to, and had got to when they last agreed.
///
/// - Whichever side is further leads; nothing ever goes back.
/// - Without any baseline a difference is a conflict, since submitting writes ledgers. It is decided where the policy names a
///   side, or one was saved later, and that side is the one that is further: the other way there is none.
/// - Where a person decided that the side that is further counts for nothing, the two stay as they are.
/// - One way, the source leads, and its other side is never followed.
pub fn merge_stage(
    stages: PerSide<Stage>,
    baseline: &PerSide<Option<Stage>>,
    rules: &MergeRules,
) -> StageVerdict {
    let stands = |side: Side| baseline[side] == Some(stages[side]);
    if stands(Side::A) && stands(Side::B) {
        return StageVerdict::Unchanged;
    }
    let Some(ahead) = ahead(&stages) else {
        return StageVerdict::Settle;
    };
    let to = ahead.other();
    if !rules.direction.writes_to(to) {
        return StageVerdict::Drift { side: ahead };
    }
    if stands(ahead) && baseline[to].is_none() {
        return StageVerdict::Settle;
    }
    let conflict = baseline.a.is_none() && baseline.b.is_none();
    if conflict && says_who(rules) != Some(ahead) {
        return StageVerdict::Conflict;
    }
    StageVerdict::Advance {
        to,
        next: stages[to].next(),
        conflict,
    }
}

/// Returns the side that is further, if one is.
pub(crate) fn ahead(stages: &PerSide<Stage>) -> Option<Side> {
    Side::BOTH
        .into_iter()
        .find(|side| stages[*side] > stages[side.other()])
}

/// Returns the side that the rules name; a tie is none, for a submit that nobody asked for cannot be taken back.
fn says_who(rules: &MergeRules) -> Option<Side> {
    match (rules.direction, rules.policy) {
        (Direction::Both, ConflictPolicy::Newest) => rules.newer,
        _ => rules.winner(),
    }
}
