//! `kill -9` at a request, again and again.

use std::panic::resume_unwind;

use frappe_sync_sandbox::{Matcher, Moment};

use crate::book::Book;
use crate::content::fill;
use crate::dice::Dice;
use crate::oracle::judge;
use crate::people::People;
use crate::process::{Ended, Process};
use crate::twins::Twins;

/// What becomes of the request at which the process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It is carried out, and the process dies before the answer.
    Answered,
    /// The process dies, and it is carried out.
    CarriedOut,
    /// The process dies, and it is not carried out.
    Lost,
}

/// Where a process is killed.
#[derive(Debug)]
struct Place {
    side: usize,
    matcher: Matcher,
    fate: Fate,
}

impl Place {
    /// Draws one among the next requests.
    fn draw(dice: &mut Dice) -> Self {
        let fate = *dice.pick(&[Fate::Answered, Fate::CarriedOut, Fate::Lost]);
        // Reads are many, and it is the writes that matter most.
        let matcher = if fate == Fate::Lost || dice.below(3) > 0 {
            Matcher::writes().nth(1 + dice.below(4))
        } else {
            Matcher::any().nth(1 + dice.below(25))
        };
        Self {
            side: dice.below(2),
            matcher,
            fate,
        }
    }
}

/// Runs the binary and kills it there, if it comes there.
fn run_and_kill(twins: &Twins, place: &Place) -> Ended {
    let faults = twins.sites[place.side].faults();
    let process = Process::default();
    let (victim, fate) = (process.clone(), place.fate);
    let moment = match fate {
        Fate::Answered => Moment::After,
        Fate::CarriedOut | Fate::Lost => Moment::Before,
    };
    faults.interpose(place.matcher.clone(), moment, move |_| {
        victim.kill();
        if fate == Fate::Lost {
            // Ends the work on this request before it has begun.
            resume_unwind(Box::new("lost"));
        }
    });
    let ended = process.run(twins.folder(), &["run", "--json"], |_| {});
    faults.clear();
    ended
}

/// Runs and kills so many times, with `between` before each run. Returns how many kills there were.
fn kill_again_and_again(
    twins: &Twins,
    seed: u64,
    kills: usize,
    mut between: impl FnMut(),
) -> usize {
    let mut dice = Dice::of(seed);
    let mut killed = 0;
    for _ in 0..kills * 6 {
        between();
        let place = Place::draw(&mut dice);
        let ended = run_and_kill(twins, &place);
        if ended.was_killed() {
            killed += 1;
        } else {
            // It may have ended before that request; what the others left unknown may still be running.
            let code = ended.code();
            assert!(matches!(code, Some(0 | 3)), "{place:?} {ended:?}");
        }
        if killed == kills {
            break;
        }
    }
    killed
}

#[test]
fn a_first_load_that_is_killed_again_and_again_ends_as_if_nothing_had_happened() {
    for seed in [1, 2, 3] {
        let twins = Twins::new();
        let mut book = Book::default();
        fill(&twins, &mut book);
        let killed = kill_again_and_again(&twins, seed, 6, || {});
        assert!(killed >= 4, "seed {seed}: only {killed} kills");
        twins.run_to_the_end();
        judge(&twins, &book);
    }
}

#[test]
fn work_on_both_sites_survives_runs_that_are_killed_again_and_again() {
    for seed in [11, 12] {
        let twins = Twins::new();
        let mut book = Book::default();
        fill(&twins, &mut book);
        twins.run_to_the_end();
        judge(&twins, &book);
        let mut people = People::new(&twins, seed);
        let killed = kill_again_and_again(&twins, seed, 8, || people.work(&mut book, 8));
        assert_eq!(killed, 8, "seed {seed}");
        twins.run_to_the_end();
        judge(&twins, &book);
    }
}
