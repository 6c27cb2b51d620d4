//! Laws of draft, submitted and cancelled, and of what may still be written then.

use frappe_sync_model::{ConflictPolicy, Direction, FieldBaseline, PerSide, Side};
use frappe_sync_planner::{
    Fit, Lead, MergeRules, Stage, StageVerdict, Standing, TableMerge, TableWay, Verdict,
    merge_field, merge_stage,
};
use proptest::prelude::*;

use crate::values::{
    A_TO_B, MANUAL, NEWEST, both, overwrite, own, rules, swap, swap_rules, swap_verdict, write,
};

fn stage() -> impl Strategy<Value = Stage> {
    proptest::sample::select(&Stage::ALL)
}

fn stages() -> impl Strategy<Value = PerSide<Stage>> {
    (stage(), stage()).prop_map(|(a, b)| PerSide { a, b })
}

fn known() -> impl Strategy<Value = PerSide<Option<Stage>>> {
    let one = || proptest::option::weighted(0.8, stage());
    (one(), one()).prop_map(|(a, b)| PerSide { a, b })
}

fn on(a: Stage, b: Stage) -> PerSide<Stage> {
    PerSide { a, b }
}

fn agreed(stage: Stage) -> PerSide<Option<Stage>> {
    on(stage, stage).map(Some)
}

const NEVER: PerSide<Option<Stage>> = PerSide { a: None, b: None };

fn swap_stage_verdict(verdict: StageVerdict) -> StageVerdict {
    match verdict {
        StageVerdict::Advance { to, next, conflict } => StageVerdict::Advance {
            to: to.other(),
            next,
            conflict,
        },
        StageVerdict::Drift { side } => StageVerdict::Drift { side: side.other() },
        other => other,
    }
}

/// Carries verdicts out until nothing moves any more, and returns where both sides have got to.
fn carried_out(
    mut stages: PerSide<Stage>,
    mut known: PerSide<Option<Stage>>,
    rules: &MergeRules,
) -> PerSide<Stage> {
    for _ in 0..3 {
        match merge_stage(stages, &known, rules) {
            StageVerdict::Advance { to, next, .. } => {
                stages[to] = next;
                // What is agreed on is the step, even where the other side has got further.
                known = agreed(next);
            }
            StageVerdict::Settle => known = stages.map(Some),
            _ => break,
        }
    }
    stages
}

proptest! {
    #[test]
    fn the_sides_are_treated_alike(stages in stages(), known in known(), rules in rules()) {
        prop_assert_eq!(
            merge_stage(swap(stages), &swap(known), &swap_rules(&rules)),
            swap_stage_verdict(merge_stage(stages, &known, &rules))
        );
    }

    #[test]
    fn a_side_moves_one_step_forward_and_never_past_the_other(
        stages in stages(),
        known in known(),
        rules in rules(),
    ) {
        if let StageVerdict::Advance { to, next, .. } = merge_stage(stages, &known, &rules) {
            prop_assert!(rules.direction.writes_to(to));
            prop_assert_eq!(next.docstatus(), stages[to].docstatus() + 1);
            prop_assert!(next <= stages[to.other()]);
        }
    }

    #[test]
    fn what_was_agreed_on_before_follows_the_side_that_is_further(
        stages in stages(),
        stage in stage(),
        rules in rules(),
    ) {
        let after = carried_out(stages, agreed(stage), &rules);
        let further = stages.a.max(stages.b);
        let unmoved = stages == on(stage, stage);
        for side in Side::BOTH {
            if unmoved || !rules.direction.writes_to(side) {
                prop_assert_eq!(after[side], stages[side]);
            } else {
                prop_assert_eq!(after[side], further);
            }
        }
    }

    #[test]
    fn without_a_baseline_nobody_submits_against_the_policy(stages in stages(), rules in rules()) {
        prop_assume!(stages.a != stages.b);
        let ahead = if stages.a > stages.b { Side::A } else { Side::B };
        let verdict = merge_stage(stages, &NEVER, &rules);
        if !rules.direction.writes_to(ahead.other()) {
            prop_assert_eq!(verdict, StageVerdict::Drift { side: ahead });
        } else if let StageVerdict::Advance { to, conflict, .. } = verdict {
            prop_assert!(conflict);
            prop_assert_eq!(to, ahead.other());
            prop_assert!(rules.policy != ConflictPolicy::Manual || rules.direction != Direction::Both);
        } else {
            prop_assert_eq!(verdict, StageVerdict::Conflict);
        }
    }

    #[test]
    fn nothing_is_written_where_it_would_be_refused(
        a in 0..4_u64,
        b in 0..4_u64,
        known in (proptest::option::of(0..4_u64), proptest::option::of(0..4_u64)),
        stages in stages(),
        allowed in any::<(bool, bool)>(),
        lead in proptest::sample::select(vec![Lead::Further, Lead::Open, Lead::Nobody]),
        rules in rules(),
    ) {
        let baseline: FieldBaseline = PerSide {
            a: known.0.map(|value| own(Side::A, value)),
            b: known.1.map(|value| own(Side::B, value)),
        };
        let allowed = PerSide { a: allowed.0, b: allowed.1 };
        let standing = Standing { stages, lead };
        let values = both(a, b);
        let Some(shown) = values.a.zip(values.b).map(|(a, b)| PerSide { a, b }) else {
            return Ok(());
        };
        let verdict = merge_field(values, &baseline, &rules);
        let fit = standing.fit_value(verdict, &shown, &allowed);
        match fit {
            Fit::Carry(Verdict::Write { to, conflict }) => {
                prop_assert!(standing.is_writable(to, allowed[to]));
                // What goes the other way round than it was decided overwrites somebody's edit.
                prop_assert!(verdict.writes_to(to) || conflict);
            }
            Fit::Carry(_) => {}
            Fit::Apart { .. } => {
                prop_assert!(stages.a == Stage::Cancelled || stages.b == Stage::Cancelled);
            }
            Fit::Refused { to } => {
                prop_assert_eq!(stages[to], Stage::Submitted);
                prop_assert!(!allowed[to]);
            }
        }
        if stages == PerSide::default() {
            prop_assert_eq!(fit, Fit::Carry(verdict));
        }
    }

    #[test]
    fn a_fit_treats_the_sides_alike(
        verdict in proptest::sample::select(vec![
            write(Side::A), write(Side::B), overwrite(Side::A), overwrite(Side::B), Verdict::Settle,
            Verdict::Unchanged,
        ]),
        stages in stages(),
        allowed in any::<(bool, bool)>(),
        lead in proptest::sample::select(vec![Lead::Further, Lead::Open, Lead::Nobody]),
    ) {
        let allowed = PerSide { a: allowed.0, b: allowed.1 };
        let Some(values) = both(1, 2).a.zip(both(1, 2).b).map(|(a, b)| PerSide { a, b }) else {
            return Ok(());
        };
        let fit = Standing { stages, lead }.fit_value(verdict, &values, &allowed);
        let swapped = Standing { stages: swap(stages), lead }
            .fit_value(swap_verdict(verdict), &swap(values), &swap(allowed));
        let expected = match fit {
            Fit::Carry(verdict) => Fit::Carry(swap_verdict(verdict)),
            Fit::Apart { kept } => Fit::Apart { kept: kept.other() },
            Fit::Refused { to } => Fit::Refused { to: to.other() },
        };
        prop_assert_eq!(swapped, expected);
    }
}

#[test]
fn the_side_that_is_further_leads() {
    use Stage::{Cancelled, Draft, Submitted};
    let advance = |to, next, conflict| StageVerdict::Advance { to, next, conflict };
    let conflict = StageVerdict::Conflict;
    let newer = |side| MergeRules {
        newer: Some(side),
        ..NEWEST
    };
    let drift = |side| StageVerdict::Drift { side };
    let b = Side::B;
    for (stages, known, rules, expected) in [
        (on(Draft, Draft), NEVER, NEWEST, StageVerdict::Settle),
        (
            on(Submitted, Submitted),
            agreed(Submitted),
            NEWEST,
            StageVerdict::Unchanged,
        ),
        (
            on(Submitted, Draft),
            agreed(Draft),
            NEWEST,
            advance(b, Submitted, false),
        ),
        (
            on(Submitted, Draft),
            agreed(Draft),
            MANUAL,
            advance(b, Submitted, false),
        ),
        (
            on(Cancelled, Draft),
            agreed(Draft),
            NEWEST,
            advance(b, Submitted, false),
        ),
        (
            on(Cancelled, Submitted),
            agreed(Draft),
            NEWEST,
            advance(b, Cancelled, false),
        ),
        (on(Submitted, Cancelled), agreed(Draft), A_TO_B, drift(b)),
        // Never agreed on.
        (on(Submitted, Draft), NEVER, NEWEST, conflict),
        (
            on(Submitted, Draft),
            NEVER,
            newer(Side::A),
            advance(b, Submitted, true),
        ),
        (on(Submitted, Draft), NEVER, newer(b), conflict),
        (
            on(Submitted, Draft),
            NEVER,
            A_TO_B,
            advance(b, Submitted, true),
        ),
        (on(Draft, Submitted), NEVER, A_TO_B, drift(b)),
        // A person decided for the draft, or for what was submitted.
        (
            on(Submitted, Draft),
            PerSide {
                a: Some(Submitted),
                b: None,
            },
            MANUAL,
            StageVerdict::Settle,
        ),
        (
            on(Submitted, Draft),
            PerSide {
                a: None,
                b: Some(Draft),
            },
            MANUAL,
            advance(b, Submitted, false),
        ),
        // A step that a site answered and did not take is not asked for for ever.
        (
            on(Cancelled, Submitted),
            on(Cancelled, Submitted).map(Some),
            NEWEST,
            StageVerdict::Unchanged,
        ),
    ] {
        assert_eq!(
            merge_stage(stages, &known, &rules),
            expected,
            "{stages:?} {known:?}"
        );
    }
}

#[test]
fn a_table_that_one_side_cannot_take_comes_from_there() {
    use Stage::{Cancelled, Draft, Submitted};
    let writes = |a, b| TableMerge {
        write: PerSide { a, b },
        ..TableMerge::default()
    };
    let frozen = PerSide { a: false, b: false };
    let fit = |a, b, lead, merge: &TableMerge| {
        Standing {
            stages: on(a, b),
            lead,
        }
        .fit_table(merge, &frozen)
    };
    let (to_a, to_b) = (writes(true, false), writes(false, true));
    let merged = Fit::Carry(TableWay::Merged);
    assert_eq!(fit(Submitted, Draft, Lead::Further, &to_b), merged);
    let taken = Fit::Carry(TableWay::TakenFrom(Side::A));
    assert_eq!(fit(Submitted, Draft, Lead::Further, &to_a), taken);
    assert_eq!(
        fit(Submitted, Draft, Lead::Further, &writes(true, true)),
        taken
    );
    assert_eq!(
        fit(Submitted, Draft, Lead::Open, &to_a),
        Fit::Carry(TableWay::Conflict)
    );
    assert_eq!(
        fit(Submitted, Draft, Lead::Nobody, &to_a),
        Fit::Refused { to: Side::A }
    );
    assert_eq!(
        fit(Submitted, Submitted, Lead::Further, &to_b),
        Fit::Refused { to: Side::B }
    );
    assert_eq!(
        fit(Cancelled, Submitted, Lead::Further, &to_b),
        Fit::Apart { kept: Side::B }
    );
    assert_eq!(
        fit(Cancelled, Cancelled, Lead::Further, &to_a),
        Fit::Apart { kept: Side::A }
    );
}
