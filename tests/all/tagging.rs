//! The tags of documents travel with them, where a mapping asks for it.

use std::time::Duration;

use frappe_sync_model::{PerSide, RunOutcome, Side};
use frappe_sync_sandbox::{Action, Fault, Matcher};
use frappe_sync_tests::{PairOptions, Person, Sheets, SitePair, Sync, pairs, text};
use serde_json::json;

/// Puts a tag on a document or takes it off, as the desk does.
async fn tag(person: &Person, sheets: &Sheets, verb: &str, document: &str, tag: &str) {
    let arguments = json!({ "tag": tag, "dt": sheets.doctype, "dn": document });
    let method = format!("frappe.desk.doctype.tag.tag.{verb}");
    let done = person.call(&method, arguments).await;
    done.unwrap_or_else(|error| panic!("{verb} {tag}: {error}"));
}

/// The tags of all documents of a side, each as the document itself shows them.
async fn shown(pair: &SitePair, sheets: &Sheets, side: Side) -> Vec<String> {
    let fields = ["name", "_user_tags"];
    let found = pair.people[side]
        .list(&sheets.doctype, &fields, json!([]))
        .await;
    let mut shown = Vec::new();
    for document in &found {
        let own = text(document, "_user_tags");
        let mut tags: Vec<&str> = own.split(',').filter(|tag| !tag.is_empty()).collect();
        tags.sort_unstable();
        shown.push(format!("{}: {}", text(document, "name"), tags.join(" ")));
    }
    shown
}

fn mapping(sheets: &Sheets, more: &str) -> String {
    format!(
        "version: 1\ndoctype: {}\ntags: true\n{more}",
        sheets.doctype
    )
}

#[tokio::test]
async fn tags_travel_both_ways_and_one_that_is_taken_off_goes_on_both() {
    for pair in pairs().await {
        let sheets = Sheets::unique("Tagged");
        sheets.install(&pair).await;
        let (a, b) = (&pair.people.a, &pair.people.b);
        for person in [a, b] {
            sheets.make(person, "One").await;
            tag(person, &sheets, "add_tag", "One", "both").await;
        }
        sheets.make(a, "Two").await;
        tag(a, &sheets, "add_tag", "One", "of a").await;
        tag(a, &sheets, "add_tag", "Two", "of a").await;
        tag(b, &sheets, "add_tag", "One", "of b").await;

        let mut sync = Sync::new(&pair, &[mapping(&sheets, "deletes: propagate\n")]);
        // What is taken off leaves no trace: the sweep finds it.
        sync.options.sweep = chrono::TimeDelta::zero();
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        for side in Side::BOTH {
            assert_eq!(
                shown(&pair, &sheets, side).await,
                ["One: both of a of b", "Two: of a"],
                "{side}"
            );
        }
        sync.assert_equal().await;
        sync.assert_quiet().await;

        tag(b, &sheets, "remove_tag", "One", "of a").await;
        tag(a, &sheets, "add_tag", "Two", "more").await;
        sync.run_until_quiet().await;
        for side in Side::BOTH {
            assert_eq!(
                shown(&pair, &sheets, side).await,
                ["One: both of b", "Two: more of a"],
                "{side}"
            );
        }
        sync.assert_equal().await;
        sync.assert_quiet().await;
        sheets.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn a_tag_whose_answer_was_lost_is_there_once() {
    for action in [Action::FailAfterWrite, Action::LoseRequest] {
        let pair = SitePair::sandbox(PairOptions::default()).await;
        let sheets = Sheets::unique("Lost");
        sheets.install(&pair).await;
        let a = &pair.people.a;
        sheets.make(a, "One").await;
        let mut sync = Sync::new(&pair, &[mapping(&sheets, "")]);
        sync.run().await;
        for word in ["x", "y", "z"] {
            tag(a, &sheets, "add_tag", "One", word).await;
        }
        let ticket = pair.sandboxes()[Side::B].faults().push(Fault {
            matcher: Matcher::writes().path("add_tag").nth(2),
            action,
        });
        sync.run().await;
        assert!(ticket.is_hit());
        // It cannot be running any more.
        sync.options.request_timeout = PerSide::from_fn(|_| Duration::ZERO);
        sync.run_until_quiet().await;
        assert_eq!(shown(&pair, &sheets, Side::B).await, ["One: x y z"]);
        sync.assert_equal().await;
    }
}

#[tokio::test]
async fn a_tag_that_never_arrived_is_not_taken_for_another_one_of_our_user() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let sheets = Sheets::unique("Never");
    sheets.install(&pair).await;
    for person in [&pair.people.a, &pair.people.b] {
        sheets.make(person, "One").await;
        sheets.make(person, "Two").await;
    }
    let mut sync = Sync::new(&pair, &[mapping(&sheets, "")]);
    sync.run().await;
    tag(&pair.people.a, &sheets, "add_tag", "One", "lost").await;
    let ticket = pair.sandboxes()[Side::B].faults().push(Fault {
        matcher: Matcher::writes().path("add_tag").nth(1),
        action: Action::LoseRequest,
    });
    sync.run().await;
    assert!(ticket.is_hit());
    // Somebody who has the key of the sync's user puts another one on.
    let (key, secret) = &pair.keys.b;
    let ours = Person::new(&pair.urls.b, key, secret);
    tag(&ours, &sheets, "add_tag", "Two", "another").await;
    // The lost one cannot be running any more.
    sync.options.request_timeout = PerSide::from_fn(|_| Duration::ZERO);
    sync.run_until_quiet().await;
    for side in Side::BOTH {
        assert_eq!(
            shown(&pair, &sheets, side).await,
            ["One: lost", "Two: another"],
            "{side}"
        );
    }
    sync.assert_equal().await;
}
