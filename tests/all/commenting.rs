//! What people say of documents travels with them, where a mapping asks for it.

use std::time::Duration;

use frappe_sync_engine::Cause;
use frappe_sync_model::{PerSide, RunOutcome, Side};
use frappe_sync_sandbox::{Action, Fault, Matcher};
use frappe_sync_tests::{PairOptions, Person, Sheets, SitePair, Sync, pairs, text};
use serde_json::json;

/// Says something of a document, as somebody.
async fn say(person: &Person, sheets: &Sheets, document: &str, who: &str, content: &str) -> String {
    let comment = json!({
        "comment_type": "Comment", "reference_doctype": sheets.doctype, "reference_name": document,
        "comment_email": who, "comment_by": who, "content": content,
    });
    person.insert("Comment", comment).await
}

/// What people said on a side, in alphabetical order: document, author, content.
async fn said(pair: &SitePair, sheets: &Sheets, side: Side) -> Vec<String> {
    let fields = ["reference_name", "comment_email", "content"];
    let filters = json!([
        ["reference_doctype", "=", sheets.doctype],
        ["comment_type", "=", "Comment"]
    ]);
    let found = pair.people[side].list("Comment", &fields, filters).await;
    let mut lines: Vec<String> = found
        .iter()
        .map(|comment| fields.map(|field| text(comment, field)).join("|"))
        .collect();
    lines.sort();
    lines
}

fn mapping(sheets: &Sheets, more: &str) -> String {
    format!(
        "version: 1\ndoctype: {}\ncomments: true\n{more}",
        sheets.doctype
    )
}

#[tokio::test]
async fn comments_travel_both_ways_with_their_authors_and_the_trail_of_each_site_stays() {
    for pair in pairs().await {
        let sheets = Sheets::unique("Said");
        sheets.install(&pair).await;
        let (a, b) = (&pair.people.a, &pair.people.b);
        for person in [a, b] {
            sheets.make(person, "One").await;
        }
        sheets.make(a, "Two").await;
        // Said on both sites before they were ever in step, and more by the same on each.
        for person in [a, b] {
            say(person, &sheets, "One", "ann@example.com", "as agreed").await;
        }
        say(a, &sheets, "One", "ann@example.com", "called again").await;
        say(a, &sheets, "Two", "bo@example.com", "on a").await;
        let theirs = say(b, &sheets, "One", "ann@example.com", "on b").await;
        let trail = json!({ "comment_type": "Info", "reference_doctype": sheets.doctype, "reference_name": "One",
            "content": "opened" });
        a.insert("Comment", trail).await;

        let sync = Sync::new(&pair, &[mapping(&sheets, "deletes: propagate\n")]);
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        let all = [
            "One|ann@example.com|as agreed",
            "One|ann@example.com|called again",
            "One|ann@example.com|on b",
            "Two|bo@example.com|on a",
        ];
        for side in Side::BOTH {
            assert_eq!(said(&pair, &sheets, side).await, all, "{side}");
        }
        sync.assert_equal().await;
        sync.assert_quiet().await;

        // One is corrected, one is taken back.
        b.update("Comment", &theirs, json!({ "content": "on b, corrected" }))
            .await;
        let filters = json!([
            ["reference_name", "=", "Two"],
            ["comment_type", "=", "Comment"]
        ]);
        let filters = [filters, json!([["reference_doctype", "=", sheets.doctype]])];
        let filters: Vec<_> = filters
            .iter()
            .flat_map(|part| part.as_array())
            .flatten()
            .collect();
        let found = a.list("Comment", &["name"], json!(filters)).await;
        a.delete("Comment", &text(&found[0], "name"))
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        sync.run_until_quiet().await;
        for side in Side::BOTH {
            assert_eq!(
                said(&pair, &sheets, side).await,
                [all[0], all[1], "One|ann@example.com|on b, corrected"],
                "{side}"
            );
        }
        sync.assert_equal().await;
        sheets.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn a_comment_whose_answer_was_lost_is_found_among_others_of_its_author() {
    for action in [Action::FailAfterWrite, Action::LoseRequest] {
        let pair = SitePair::sandbox(PairOptions::default()).await;
        let sheets = Sheets::unique("Lost");
        sheets.install(&pair).await;
        let a = &pair.people.a;
        sheets.make(a, "One").await;
        let mut sync = Sync::new(&pair, &[mapping(&sheets, "")]);
        sync.run().await;
        for content in ["yes", "no", "perhaps"] {
            say(a, &sheets, "One", "ann@example.com", content).await;
        }
        let ticket = pair.sandboxes()[Side::B].faults().push(Fault {
            matcher: Matcher::writes().nth(1),
            action,
        });
        sync.run().await;
        assert!(ticket.is_hit());
        // It cannot be running any more.
        sync.options.request_timeout = PerSide::from_fn(|_| Duration::ZERO);
        sync.run_until_quiet().await;
        assert_eq!(
            said(&pair, &sheets, Side::B).await,
            said(&pair, &sheets, Side::A).await
        );
        sync.assert_equal().await;
    }
}

#[tokio::test]
async fn comments_of_documents_that_do_not_travel_stay_with_them() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let sheets = Sheets::unique("Kept");
    sheets.install(&pair).await;
    let a = &pair.people.a;
    sheets.make(a, "Goes").await;
    sheets.make(a, "Stays").await;
    for document in ["Goes", "Stays"] {
        say(a, &sheets, document, "ann@example.com", "hm").await;
    }
    let filter = "filters: [[title, \"=\", Goes]]\n";
    let sync = Sync::new(&pair, &[mapping(&sheets, filter)]);
    let report = sync.run().await;
    assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
    assert_eq!(
        said(&pair, &sheets, Side::B).await,
        ["Goes|ann@example.com|hm"]
    );
    sync.assert_quiet().await;
    sync.assert_equal_but(&[Cause::Filtered]).await;
}
