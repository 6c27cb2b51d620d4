//! The two-site world: histories of chance, and those that once broke something.

use std::time::{Duration, Instant};

use frappe_sync_tests::world::{History, Planted, Scope, play, play_with, shrink};

/// How long chance is given in a run of the tests.
const BUDGET: Duration = Duration::from_secs(25);

/// The most seeds in that time.
const MOST_SEEDS: u64 = 400;

#[test]
fn whatever_people_networks_and_kills_do_both_sites_end_up_equal_and_quiet() {
    let began = Instant::now();
    for seed in 0..MOST_SEEDS {
        if began.elapsed() > BUDGET {
            break;
        }
        let history = History::of_seed(seed, Scope::All);
        if let Some(violation) = play(&history).violation {
            let (history, violation) = shrink(&history, &violation);
            panic!("world --seed {seed}\n{violation}\n{history}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_requests_and_the_same_end() {
    for seed in [1, 12, 23, 34, 45] {
        let history = History::of_seed(seed, Scope::All);
        let (first, second) = (play(&history), play(&history));
        assert_eq!(first.log, second.log, "seed {seed}");
        assert_eq!(first.violation, second.violation, "seed {seed}");
    }
}

#[test]
fn histories_that_once_broke_something_hold() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/world");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .expect("kept histories have a folder")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a kept history can be read");
        let history: History = match text.parse() {
            Ok(history) => history,
            Err(error) => panic!("{}: {error}", path.display()),
        };
        let violation = play(&history).violation;
        assert!(violation.is_none(), "{}: {violation:?}", path.display());
    }
}

/// Bugs that break the sync model are planted one after the other: a judge that finds none of them would prove nothing.
#[test]
fn a_judge_finds_every_bug_that_is_planted_and_none_where_none_is() {
    for bug in Planted::ALL {
        let path = format!(
            "{}/world/planted/{}",
            env!("CARGO_MANIFEST_DIR"),
            bug.file()
        );
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let history: History = text
            .parse()
            .unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(play(&history).violation, None, "without {bug}");
        let found = play_with(&history, Some(bug)).violation;
        assert!(found.is_some(), "{bug} breaks nothing in {path}");
    }
}
