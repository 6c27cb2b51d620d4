//! Small numbers as values: 0 is empty, and both sides write a number down in forms of their own.

use frappe_sync_model::{
    ConflictPolicy, Direction, FieldBaseline, FieldName, Fingerprint, PerSide, Side,
};
use frappe_sync_planner::{MergeRules, RowConflict, RowConflictKind, SideValue, Verdict};
use proptest::prelude::*;

/// Side `a` writes every value down in another way than side `b`, so that a comparison across sides with
/// own fingerprints cannot pass a test.
const FORM_OF_A: u64 = 1_000_000;

pub(crate) fn own(side: Side, value: u64) -> Fingerprint {
    Fingerprint::from_u64(match side {
        Side::A => FORM_OF_A + value,
        Side::B => value,
    })
}

pub(crate) fn side_value(side: Side, value: u64) -> SideValue {
    SideValue {
        own: own(side, value),
        common: Some(Fingerprint::from_u64(value)),
        back: None,
        across: true,
        empty: value == 0,
    }
}

/// A value that the other side has no terms for.
pub(crate) fn inexpressible(side: Side, value: u64) -> SideValue {
    SideValue {
        common: (side == Side::B).then(|| own(side, value)),
        across: false,
        ..side_value(side, value)
    }
}

pub(crate) fn both(a: u64, b: u64) -> PerSide<Option<SideValue>> {
    PerSide {
        a: Some(side_value(Side::A, a)),
        b: Some(side_value(Side::B, b)),
    }
}

pub(crate) fn settled(a: u64, b: u64) -> FieldBaseline {
    PerSide {
        a: Some(own(Side::A, a)),
        b: Some(own(Side::B, b)),
    }
}

pub(crate) const NEWEST: MergeRules = MergeRules {
    direction: Direction::Both,
    policy: ConflictPolicy::Newest,
    prefer: Side::A,
    newer: None,
};

pub(crate) const MANUAL: MergeRules = MergeRules {
    policy: ConflictPolicy::Manual,
    ..NEWEST
};

pub(crate) const A_TO_B: MergeRules = MergeRules {
    direction: Direction::AToB,
    ..NEWEST
};

pub(crate) fn write(to: Side) -> Verdict {
    Verdict::Write {
        to,
        conflict: false,
    }
}

pub(crate) fn overwrite(to: Side) -> Verdict {
    Verdict::Write { to, conflict: true }
}

pub(crate) fn field(number: usize) -> FieldName {
    FieldName::new(format!("f{number}"))
}

pub(crate) fn rules() -> impl Strategy<Value = MergeRules> {
    prop_oneof![
        3 => decided_rules(),
        2 => one_way_rules(),
        1 => decided_rules().prop_map(|rules| MergeRules {
            policy: ConflictPolicy::Manual,
            ..rules
        }),
    ]
}

/// Both ways, and every conflict is decided.
pub(crate) fn decided_rules() -> impl Strategy<Value = MergeRules> {
    let policies = vec![ConflictPolicy::Newest, ConflictPolicy::A, ConflictPolicy::B];
    let side = proptest::sample::select(&Side::BOTH);
    let newer = proptest::option::of(side.clone());
    (proptest::sample::select(policies), side, newer).prop_map(|(policy, prefer, newer)| {
        MergeRules {
            direction: Direction::Both,
            policy,
            prefer,
            newer,
        }
    })
}

pub(crate) fn one_way_rules() -> impl Strategy<Value = MergeRules> {
    let directions = proptest::sample::select(vec![Direction::AToB, Direction::BToA]);
    (directions, decided_rules()).prop_map(|(direction, rules)| MergeRules { direction, ..rules })
}

pub(crate) fn swap<T>(sides: PerSide<T>) -> PerSide<T> {
    PerSide {
        a: sides.b,
        b: sides.a,
    }
}

pub(crate) fn swap_rules(rules: &MergeRules) -> MergeRules {
    MergeRules {
        direction: match rules.direction {
            Direction::Both => Direction::Both,
            Direction::AToB => Direction::BToA,
            Direction::BToA => Direction::AToB,
        },
        policy: match rules.policy {
            ConflictPolicy::A => ConflictPolicy::B,
            ConflictPolicy::B => ConflictPolicy::A,
            other => other,
        },
        prefer: rules.prefer.other(),
        newer: rules.newer.map(Side::other),
    }
}

pub(crate) fn swap_verdict(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Write { to, conflict } => Verdict::Write {
            to: to.other(),
            conflict,
        },
        Verdict::Drift { side } => Verdict::Drift { side: side.other() },
        Verdict::MissingTarget { from } => Verdict::MissingTarget { from: from.other() },
        Verdict::Later { to } => Verdict::Later { to: to.other() },
        other => other,
    }
}

pub(crate) fn swap_conflict(conflict: RowConflict) -> RowConflict {
    RowConflict {
        row: swap(conflict.row),
        kind: match conflict.kind {
            RowConflictKind::EditAgainstDelete { deleted } => RowConflictKind::EditAgainstDelete {
                deleted: deleted.other(),
            },
            field => field,
        },
        winner: conflict.winner.map(Side::other),
    }
}
