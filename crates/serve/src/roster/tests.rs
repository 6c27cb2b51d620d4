use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn start() -> DateTime<Utc> {
    at("2026-11-30T10:00:00Z")
}

fn seconds(number: i64) -> TimeDelta {
    TimeDelta::seconds(number)
}

fn plan(schedule: &str) -> Plan {
    Plan {
        schedule: Some(Schedule::parse(schedule, Tz::UTC).expect("a schedule")),
        ..Plan::default()
    }
}

fn whole() -> Work {
    Work::Run {
        only: BTreeSet::new(),
        sweep: false,
    }
}

fn of(doctypes: &[&str]) -> Work {
    Work::Run {
        only: doctypes.iter().map(|name| (*name).to_owned()).collect(),
        sweep: false,
    }
}

/// A roster of these syncs, each of which ran just now.
fn roster(places: usize, plans: &[(&str, Plan)]) -> Roster {
    let mut roster = Roster::new(places);
    let plans = plans.iter().cloned();
    let plans = plans.map(|(name, plan)| (name.to_owned(), plan)).collect();
    roster.plan(plans, start(), |_| Some(start()));
    roster
}

fn begun(roster: &mut Roster, now: DateTime<Utc>) -> Vec<(String, Work)> {
    roster.begin(now)
}

#[test]
fn a_sync_runs_when_it_is_due_and_never_twice_at_a_time() {
    let mut roster = roster(4, &[("hq", plan("@every 100s"))]);
    assert_eq!(begun(&mut roster, start() + seconds(99)), []);
    let due = roster.next(start()).expect("it is due some time");
    assert_eq!(begun(&mut roster, due), [("hq".to_owned(), whole())]);
    assert_eq!(begun(&mut roster, due + seconds(500)), []);
    roster.ended("hq", Ended::Done, due + seconds(500));
    // Four were missed while it ran; one makes up for them.
    assert_eq!(begun(&mut roster, due + seconds(500)).len(), 1);
    roster.ended("hq", Ended::Done, due + seconds(501));
    assert_eq!(begun(&mut roster, due + seconds(502)), []);
}

#[test]
fn what_was_missed_while_the_program_stood_still_is_made_up_for_once() {
    let mut roster = Roster::new(4);
    let plans = BTreeMap::from([("nightly".to_owned(), plan("0 2 * * *"))]);
    let three_days_ago = start() - TimeDelta::days(3);
    roster.plan(plans, start(), |_| Some(three_days_ago));
    let soon = start() + seconds(30);
    assert_eq!(begun(&mut roster, soon).len(), 1);
    roster.ended("nightly", Ended::Done, soon);
    let next = roster.next(soon).expect("it is due again");
    assert!(next >= at("2026-12-01T02:00:00Z") && next < at("2026-12-01T02:00:31Z"));
}

#[test]
fn a_sync_that_never_ran_begins_at_once_unless_it_has_a_time_of_its_own() {
    let mut roster = Roster::new(4);
    let plans = BTreeMap::from([
        ("nightly".to_owned(), plan("0 2 * * *")),
        ("often".to_owned(), plan("@every 60s")),
    ]);
    roster.plan(plans, start(), |_| None);
    assert_eq!(
        begun(&mut roster, start() + seconds(6)),
        [("often".to_owned(), whole())]
    );
}

#[test]
fn a_hint_begins_a_run_of_what_it_names_and_leaves_the_rest_due_when_it_was() {
    let mut roster = roster(4, &[("hq", plan("@every 300s"))]);
    let due = roster.next(start()).expect("it is due some time");
    let now = start() + seconds(5);
    roster.hint("hq", "Item", now);
    roster.hint("hq", "Customer", now);
    assert_eq!(
        begun(&mut roster, now),
        [("hq".to_owned(), of(&["Customer", "Item"]))]
    );
    roster.hint("hq", "Item", now + seconds(1));
    assert_eq!(begun(&mut roster, now + seconds(1)), []);
    roster.ended("hq", Ended::Done, now + seconds(2));
    // What was hinted while it ran is looked at in a run of its own.
    assert_eq!(
        begun(&mut roster, now + seconds(2)),
        [("hq".to_owned(), of(&["Item"]))]
    );
    roster.ended("hq", Ended::Done, now + seconds(3));
    assert_eq!(roster.next(now + seconds(3)), Some(due));
}

#[test]
fn a_run_of_everything_takes_all_hints_with_it() {
    let mut roster = roster(4, &[("hq", plan("@every 100s"))]);
    let due = roster.next(start()).expect("it is due some time");
    roster.hint("hq", "Item", due);
    assert_eq!(begun(&mut roster, due), [("hq".to_owned(), whole())]);
    roster.ended("hq", Ended::Done, due + seconds(1));
    assert_eq!(begun(&mut roster, due + seconds(1)), []);
}

#[test]
fn a_site_that_is_down_is_asked_less_and_less_often_and_soon_again_when_it_was_due_once_a_day() {
    let mut roster = roster(4, &[("nightly", plan("0 2 * * *"))]);
    let mut now = roster.next(start()).expect("it is due some time");
    let mut rests = Vec::new();
    for _ in 0..7 {
        assert_eq!(begun(&mut roster, now).len(), 1);
        roster.ended("nightly", Ended::TryAgain, now);
        let next = roster.next(now).expect("it is tried again");
        rests.push((next - now).num_seconds());
        // A hint of the other site does not make it try sooner.
        roster.hint("nightly", "Item", now);
        assert_eq!(begun(&mut roster, now + seconds(1)), []);
        now = next;
    }
    assert_eq!(rests, [10, 20, 40, 80, 160, 300, 300]);
    assert_eq!(begun(&mut roster, now).len(), 1);
    roster.ended("nightly", Ended::Done, now);
    let next = roster.next(now).expect("it is due again");
    assert!(next >= at("2026-12-02T02:00:00Z"));
}

#[test]
fn a_sync_that_a_guard_stops_keeps_its_schedule() {
    let mut roster = roster(4, &[("nightly", plan("0 2 * * *"))]);
    let now = roster.next(start()).expect("it is due some time");
    begun(&mut roster, now);
    roster.ended("nightly", Ended::Failed, now + seconds(9));
    let next = roster.next(now + seconds(9)).expect("it is due again");
    assert!(next >= at("2026-12-02T02:00:00Z"));
}

#[test]
fn a_paused_sync_and_one_out_of_its_hours_do_what_a_person_asks_for_and_nothing_else() {
    let nights = Plan {
        hours: Hours::parse(&["20:00-06:00"], Tz::UTC).expect("hours"),
        ..plan("@every 60s")
    };
    let mut roster = roster(4, &[("night", nights), ("still", plan("@every 60s"))]);
    roster.pause("still", true);
    let later = start() + seconds(600);
    roster.hint("still", "Item", later);
    assert_eq!(begun(&mut roster, later), []);
    let evening = at("2026-11-30T20:00:00Z");
    assert_eq!(roster.next(later), Some(evening));
    roster.wish("still", whole(), later);
    roster.wish("night", Work::Verify, later);
    let begun_now = begun(&mut roster, later);
    assert_eq!(
        begun_now,
        [
            ("night".to_owned(), Work::Verify),
            ("still".to_owned(), whole())
        ]
    );
    for (name, _) in begun_now {
        roster.ended(&name, Ended::Done, later);
    }
    assert_eq!(begun(&mut roster, evening), [("night".to_owned(), whole())]);
    roster.pause("still", false);
    assert_eq!(begun(&mut roster, evening).len(), 1);
}

#[test]
fn who_has_been_due_longest_begins_first_and_no_more_than_there_are_places() {
    let names: Vec<String> = (0..6).map(|number| format!("branch-{number}")).collect();
    let plans: Vec<(&str, Plan)> = names
        .iter()
        .map(|name| (name.as_str(), plan("@every 30s")))
        .collect();
    let mut roster = roster(2, &plans);
    let mut now = start() + seconds(60);
    let mut order = Vec::new();
    for _ in 0..6 {
        for (name, _) in begun(&mut roster, now) {
            order.push(name.clone());
        }
        assert!(
            roster
                .syncs
                .values()
                .filter(|it| it.running.is_some())
                .count()
                <= 2
        );
        now += seconds(10);
        let running: Vec<String> = order.iter().rev().take(2).cloned().collect();
        for name in running {
            roster.ended(&name, Ended::Done, now);
        }
    }
    // In two rounds of three everybody was served as often as everybody else.
    for name in &names {
        assert_eq!(
            order.iter().filter(|begun| *begun == name).count(),
            2,
            "{name}"
        );
    }
}

#[test]
fn runs_that_take_long_give_their_places_up() {
    let plans: Vec<(String, Plan)> = (0..20)
        .map(|number| (format!("branch-{number:02}"), plan("@every 30s")))
        .collect();
    let plans: Vec<(&str, Plan)> = plans
        .iter()
        .map(|(name, plan)| (&**name, plan.clone()))
        .collect();
    let mut roster = roster(2, &plans);
    let now = start() + seconds(100);
    assert_eq!(begun(&mut roster, now).len(), 2);
    assert_eq!(begun(&mut roster, now + seconds(59)), []);
    assert_eq!(roster.next(now + seconds(59)), Some(now + seconds(60)));
    assert_eq!(begun(&mut roster, now + seconds(60)).len(), 2);
    assert_eq!(begun(&mut roster, now + seconds(120)).len(), 2);
    assert_eq!(begun(&mut roster, now + seconds(180)).len(), 2);
    // There is an end to that, too.
    assert_eq!(begun(&mut roster, now + seconds(240)), []);
}

#[test]
fn a_new_configuration_leaves_what_runs_alone() {
    let mut roster = roster(
        4,
        &[("old", plan("@every 30s")), ("kept", plan("@every 30s"))],
    );
    roster.pause("kept", true);
    let now = start() + seconds(60);
    assert_eq!(begun(&mut roster, now), [("old".to_owned(), whole())]);
    let plans = BTreeMap::from([
        ("kept".to_owned(), plan("@every 60s")),
        ("new".to_owned(), Plan::default()),
    ]);
    roster.plan(plans, now, |_| Some(now));
    assert!(!roster.has("old") && !roster.is_idle());
    assert_eq!(roster.paused(), BTreeSet::from(["kept".to_owned()]));
    roster.ended("old", Ended::Done, now + seconds(5));
    assert!(roster.is_idle());
    let names: Vec<String> = roster.glances(now).into_iter().map(|it| it.sync).collect();
    assert_eq!(names, ["kept", "new"]);
}

#[test]
fn sweeps_and_comparisons_have_schedules_of_their_own() {
    let all = Plan {
        sweep: Some(Schedule::parse("@every 1000s", Tz::UTC).expect("a schedule")),
        verify: Some(Schedule::parse("@every 2000s", Tz::UTC).expect("a schedule")),
        ..plan("@every 100s")
    };
    let mut roster = roster(1, &[("hq", all)]);
    let mut done: Vec<Work> = Vec::new();
    let mut now = start();
    while now < start() + seconds(4200) {
        for (name, work) in begun(&mut roster, now) {
            done.push(work);
            roster.ended(&name, Ended::Done, now + seconds(1));
        }
        now += seconds(2);
    }
    let sweeps = done
        .iter()
        .filter(|work| matches!(work, Work::Run { sweep: true, .. }));
    let comparisons = done.iter().filter(|work| **work == Work::Verify);
    assert_eq!((sweeps.count(), comparisons.count()), (4, 2));
    assert!(done.len() > 40, "{}", done.len());
}

proptest! {
    /// Whatever happens, nobody runs twice at a time, nobody is forgotten, and a look that is not asked for again
    /// finds nothing.
    #[test]
    fn nobody_is_forgotten(steps in proptest::collection::vec((0_u8..5, 0_usize..4, 1_i64..200), 1..80)) {
        let names = ["a", "b", "c", "d"];
        let plans: Vec<(&str, Plan)> = names.iter().map(|name| (*name, plan("@every 60s"))).collect();
        let mut roster = roster(2, &plans);
        let mut running: BTreeSet<String> = BTreeSet::new();
        let mut now = start();
        for (what, whom, later) in steps {
            let name = names[whom];
            match what {
                0 => now += seconds(later),
                1 => roster.hint(name, "Item", now),
                2 => roster.wish(name, whole(), now),
                3 if running.remove(name) => roster.ended(name, Ended::Done, now),
                4 if running.remove(name) => roster.ended(name, Ended::TryAgain, now),
                _ => {}
            }
            for (begun, _) in roster.begin(now) {
                prop_assert!(running.insert(begun));
            }
            prop_assert!(roster.begin(now).is_empty());
        }
        // All that is left to do is done, and each is due again.
        for _ in 0..20 {
            for name in std::mem::take(&mut running) {
                roster.ended(&name, Ended::Done, now);
            }
            if let Some(next) = roster.next(now) {
                now = next;
            }
            for (begun, _) in roster.begin(now) {
                running.insert(begun);
            }
        }
        for name in std::mem::take(&mut running) {
            roster.ended(&name, Ended::Done, now);
        }
        for glance in roster.glances(now) {
            let due = glance.due.expect("it is due again");
            prop_assert!(due <= now + seconds(400), "{glance:?}");
        }
    }
}
