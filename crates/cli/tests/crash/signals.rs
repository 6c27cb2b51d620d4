//! Asked to stop in the middle.

use std::time::Duration;

use frappe_sync_sandbox::{Action, Fault, Matcher, Moment};

use crate::book::Book;
use crate::content::fill;
use crate::oracle::judge;
use crate::process::Process;
use crate::twins::Twins;

/// Longer than anything here takes, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn who_is_asked_to_stop_finishes_what_is_under_way_and_the_next_run_goes_on() {
    for (signal, writes) in [("INT", 1), ("TERM", 2), ("HUP", 3)] {
        let twins = Twins::new();
        let mut book = Book::default();
        fill(&twins, &mut book);
        let process = Process::default();
        let asked = process.clone();
        twins.sites[1].faults().interpose(
            Matcher::writes().nth(writes),
            Moment::Before,
            move |_| asked.signal(signal),
        );
        let ended = process.run(twins.folder(), &["run", "--json"], |_| {});
        assert_eq!(ended.code(), Some(130), "{signal}: {ended:?}");
        assert!(ended.stdout.contains("run again"), "{signal}: {ended:?}");
        // Nothing is left unknown, so that the next run finishes at once.
        assert_eq!(twins.run_to_the_end(), 1, "{signal}");
        judge(&twins, &book);
    }
}

#[test]
fn who_is_asked_twice_stops_at_once_and_the_next_run_looks_what_became_of_it() {
    let twins = Twins::new();
    let mut book = Book::default();
    fill(&twins, &mut book);
    let fault = Fault {
        matcher: Matcher::writes().nth(2),
        action: Action::Hold,
    };
    let held = twins.sites[1].faults().push(fault);
    let process = Process::default();
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| {
            assert!(held.wait_until_hit(PATIENCE));
            process.signal("TERM");
        });
        process.run(twins.folder(), &["run"], |line| {
            if line.contains("again to stop at once") {
                process.signal("TERM");
            }
        })
    });
    assert_eq!(ended.code(), Some(130), "{ended:?}");
    assert!(ended.stderr.contains("stopped at once"), "{ended:?}");
    // The site still has the request that was held.
    held.release();
    twins.run_to_the_end();
    judge(&twins, &book);
}
