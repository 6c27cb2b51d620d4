//! Files with their bytes: made, kept private, paired, deleted.

use frappe_sync_engine::Cause;
use frappe_sync_model::{ParkedCause, RunOutcome, Side};
use frappe_sync_tests::{NewFile, Sheets, Sync, pairs, some_bytes, text};
use serde_json::json;

use super::{assert_same_files, sandboxes, seen};

fn file<'a>(name: &'a str, document: &'a str) -> NewFile<'a> {
    NewFile {
        name,
        document,
        field: None,
        private: false,
    }
}

fn private<'a>(name: &'a str, document: &'a str) -> NewFile<'a> {
    NewFile {
        private: true,
        ..file(name, document)
    }
}

#[tokio::test]
async fn files_travel_both_ways_with_their_bytes_and_private_ones_stay_private() {
    for pair in pairs().await {
        let sheets = Sheets::unique("Files");
        sheets.install(&pair).await;
        let (a, b) = (&pair.people.a, &pair.people.b);
        sheets.make(a, "One").await;
        sheets.make(b, "Two").await;
        let text_bytes = "Grüße\r\n\u{feff}ende".as_bytes();
        sheets
            .attach(a, &file("open.bin", "One"), &some_bytes(1, 40_000))
            .await;
        sheets
            .attach(a, &private("secret.bin", "One"), &some_bytes(2, 3))
            .await;
        sheets
            .attach(a, &private("words ä.txt", "One"), text_bytes)
            .await;
        sheets
            .attach(a, &file("data.json", "One"), b"{\"data\": [1, 2]}")
            .await;
        sheets
            .attach(b, &private("there.bin", "Two"), &some_bytes(3, 70_000))
            .await;

        let sync = Sync::new(&pair, &[sheets.mapping("")]);
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        assert_eq!(report.summary.create, 2 + 5, "{report:#?}");
        assert_same_files(&pair, &sheets, 5).await;
        sync.assert_equal().await;
        sync.assert_quiet().await;

        // Another one later, and one that becomes private.
        sheets
            .attach(b, &file("later.bin", "One"), &some_bytes(4, 10))
            .await;
        let open = sheets
            .files(b)
            .await
            .into_iter()
            .find(|file| file["file_name"] == "open.bin");
        let open = open.expect("it came over");
        b.update("File", &text(&open, "name"), json!({ "is_private": 1 }))
            .await;
        sync.run().await;
        assert_same_files(&pair, &sheets, 6).await;
        let private = seen(&pair, &sheets, Side::A).await;
        assert!(
            private
                .iter()
                .any(|(_, name, private, _)| name == "open.bin" && *private)
        );
        sync.assert_quiet().await;
        sheets.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn what_is_attached_on_both_sides_already_is_paired_and_not_sent() {
    for pair in pairs().await {
        let sheets = Sheets::unique("Twice");
        sheets.install(&pair).await;
        for (person, other) in [(&pair.people.a, "mine.bin"), (&pair.people.b, "yours.bin")] {
            sheets.make(person, "One").await;
            sheets
                .attach(person, &file("same.bin", "One"), &some_bytes(1, 500))
                .await;
            // Equal bytes under two names, and twice under one.
            sheets
                .attach(person, &file("again.bin", "One"), &some_bytes(1, 500))
                .await;
            sheets
                .attach(person, &file("same.bin", "One"), &some_bytes(1, 500))
                .await;
            sheets
                .attach(person, &file(other, "One"), &some_bytes(2, 20))
                .await;
        }
        let sync = Sync::new(&pair, &[sheets.mapping("")]);
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        assert_eq!(report.summary.create, 0, "{report:#?}");
        assert_eq!((report.requests.a.write, report.requests.b.write), (0, 0));
        assert_eq!(sheets.files(&pair.people.b).await.len(), 4);
        sync.assert_quiet().await;
        sheets.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn a_fresh_state_sends_nothing_twice() {
    let (pair, sheets) = sandboxes("Fresh").await;
    let (a, b) = (&pair.people.a, &pair.people.b);
    // The name is taken on the other site, so that the copy gets another one.
    sheets.make(b, "Other").await;
    sheets
        .attach(b, &file("offer.bin", "Other"), b"something else")
        .await;
    sheets.make(a, "One").await;
    sheets
        .attach(a, &file("offer.bin", "One"), &some_bytes(1, 900))
        .await;
    let mapping = [sheets.mapping("")];
    Sync::new(&pair, &mapping).run().await;
    let names: Vec<String> = sheets
        .files(b)
        .await
        .iter()
        .map(|it| text(it, "file_name"))
        .collect();
    assert!(
        names
            .iter()
            .any(|name| name.starts_with("offer") && name != "offer.bin"),
        "{names:?}"
    );

    let sync = Sync::new(&pair, &mapping);
    let report = sync.run().await;
    assert_eq!(report.summary.create, 0, "{report:#?}");
    sync.assert_quiet().await;
}

#[tokio::test]
async fn a_picture_that_a_site_writes_anew_is_told_and_left() {
    let (pair, sheets) = sandboxes("Jpeg").await;
    let (a, b) = (&pair.people.a, &pair.people.b);
    sheets.make(a, "One").await;
    let setting = json!({ "strip_exif_metadata_from_uploaded_images": 0 });
    a.update("System Settings", "System Settings", setting)
        .await;
    let jpeg = [&[0xff, 0xd8, 0xff, 0xe1][..], &some_bytes(1, 400)].concat();
    sheets.attach(a, &file("photo.jpg", "One"), &jpeg).await;

    let sync = Sync::new(&pair, &[sheets.mapping("")]);
    let report = sync.run().await;
    assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.kind == "file_rewritten"),
        "{report:#?}"
    );
    assert_eq!(sheets.files(b).await.len(), 1);
    sync.assert_quiet().await;
    sync.assert_equal_but(&[Cause::Rewritten]).await;
    assert_eq!(sheets.files(a).await.len(), 1);
}

#[tokio::test]
async fn one_bad_file_stops_only_itself() {
    let (pair, sheets) = sandboxes("Bad").await;
    let (a, b) = (&pair.people.a, &pair.people.b);
    b.update(
        "System Settings",
        "System Settings",
        json!({ "max_file_size": 1 }),
    )
    .await;
    sheets.make(a, "One").await;
    sheets
        .attach(a, &file("large.bin", "One"), &some_bytes(1, 1_200_000))
        .await;
    let lost = sheets
        .attach(a, &file("lost.bin", "One"), b"gone from the disk")
        .await;
    pair.sandboxes().a.lose_file(&text(&lost, "file_url"));
    sheets.attach(a, &file("good.bin", "One"), b"good").await;

    let sync = Sync::new(&pair, &[sheets.mapping("")]);
    let report = sync.run().await;
    assert_eq!(report.outcome, RunOutcome::Partial, "{report:#?}");
    assert_eq!(report.parked.len(), 2, "{report:#?}");
    let is_refused = |cause: &ParkedCause| matches!(cause, ParkedCause::Refused { .. });
    assert!(
        report.parked.iter().all(|parked| is_refused(&parked.cause)),
        "{report:#?}"
    );
    let there = seen(&pair, &sheets, Side::B).await;
    assert_eq!(there.len(), 1);
    assert_eq!(there[0].3, b"good");
    assert_eq!(sync.run().await.summary.writes(), 0);
}

#[tokio::test]
async fn a_file_that_is_taken_away_goes_on_the_other_side_where_the_mapping_says_so() {
    for (policy, left) in [("deletes: propagate\n", 1), ("deletes: ignore\n", 2)] {
        let (pair, sheets) = sandboxes("Gone").await;
        let (a, b) = (&pair.people.a, &pair.people.b);
        sheets.make(a, "One").await;
        sheets.make(a, "Two").await;
        sheets.attach(a, &file("keep.bin", "One"), b"keep").await;
        let gone = sheets.attach(a, &private("go.bin", "One"), b"go").await;
        let sync = Sync::new(&pair, &[sheets.mapping(policy)]);
        sync.run().await;
        assert_same_files(&pair, &sheets, 2).await;

        a.delete("File", &text(&gone, "name"))
            .await
            .expect("it can be deleted");
        let report = sync.run_until_quiet().await;
        assert_eq!(
            report.last().map(|last| last.outcome),
            Some(RunOutcome::Converged)
        );
        assert_eq!(sheets.files(b).await.len(), left, "{policy}");

        // A document takes its files along.
        a.delete(&sheets.doctype, "One")
            .await
            .expect("it can be deleted");
        sync.run_until_quiet().await;
        let expected = if left == 1 { 0 } else { 2 };
        assert_eq!(sheets.files(b).await.len(), expected, "{policy}");
    }
}

#[tokio::test]
async fn a_renamed_document_keeps_its_files() {
    let (pair, sheets) = sandboxes("Renamed").await;
    let (a, b) = (&pair.people.a, &pair.people.b);
    sheets.make(a, "One").await;
    sheets.attach(a, &file("x.bin", "One"), b"x").await;
    let sync = Sync::new(&pair, &[sheets.mapping("")]);
    sync.run().await;
    a.rename(&sheets.doctype, "One", "Uno")
        .await
        .expect("it can be renamed");
    sync.run_until_quiet().await;
    assert_eq!(text(&sheets.files(b).await[0], "attached_to_name"), "Uno");
    sheets.attach(b, &file("y.bin", "Uno"), b"y").await;
    sync.run().await;
    assert_same_files(&pair, &sheets, 2).await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn the_files_of_a_document_that_a_filter_leaves_out_stay_with_it() {
    let (pair, sheets) = sandboxes("Filtered").await;
    let (a, b) = (&pair.people.a, &pair.people.b);
    sheets.make(a, "One").await;
    sheets.make(a, "Two").await;
    a.update(&sheets.doctype, "Two", json!({ "note": "ours" }))
        .await;
    sheets.attach(a, &file("one.bin", "One"), b"one").await;
    sheets.attach(a, &file("two.bin", "Two"), b"two").await;
    let mut sync = Sync::new(
        &pair,
        &[sheets.mapping("filters: [[\"note\", \"!=\", \"ours\"]]\n")],
    );
    let report = sync.run().await;
    assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
    assert_eq!(seen(&pair, &sheets, Side::B).await.len(), 1);
    sync.assert_quiet().await;
    sync.assert_equal_but(&[Cause::Filtered]).await;

    // It takes part from now on, and its file with it.
    a.update(&sheets.doctype, "Two", json!({ "note": "" }))
        .await;
    sync.options.sweep = chrono::TimeDelta::zero();
    sync.run_until_quiet().await;
    assert_eq!(b.names(&sheets.doctype).await, ["One", "Two"]);
    assert_same_files(&pair, &sheets, 2).await;
}
