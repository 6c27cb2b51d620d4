//! Addresses of files in fields and texts.

use chrono::Utc;
use frappe_sync_engine::Cause;
use frappe_sync_model::{ParkedCause, RunOutcome, Side, StateStore, SyncName};
use frappe_sync_tests::{NewFile, Sheets, SitePair, Sync, pairs, some_bytes, text};
use serde_json::{Value, json};

use super::{sandboxes, sheet};

/// Attaches a picture for a field, and shows it there.
async fn show(pair: &SitePair, sheets: &Sheets, side: Side, title: &str, bytes: &[u8]) -> Value {
    let person = &pair.people[side];
    let picture = NewFile {
        name: "picture.png",
        document: title,
        field: Some("image"),
        private: false,
    };
    let file = sheets.attach(person, &picture, bytes).await;
    let shown = json!({ "image": text(&file, "file_url") });
    person.update(&sheets.doctype, title, shown).await;
    file
}

/// The address in a field leads to these bytes on its own site.
async fn leads_to(pair: &SitePair, side: Side, url: &str, bytes: &[u8]) {
    let path = url.split('?').next().unwrap_or_default();
    let found = pair.people[side].download(path).await;
    assert_eq!(found.as_deref(), Ok(bytes), "{url} on {side}");
}

#[tokio::test]
async fn a_field_shows_the_file_of_its_own_site() {
    for pair in pairs().await {
        let sheets = Sheets::unique("Shown");
        sheets.install(&pair).await;
        let (a, b) = (&pair.people.a, &pair.people.b);
        // On `b` the name is taken, so that the address is another one.
        sheets.make(b, "Other").await;
        show(&pair, &sheets, Side::B, "Other", &some_bytes(9, 300)).await;
        sheets.make(a, "One").await;
        show(&pair, &sheets, Side::A, "One", &some_bytes(1, 300)).await;
        a.update(
            &sheets.doctype,
            "One",
            json!({ "paper": "https://example.com/files/x.pdf" }),
        )
        .await;

        let sync = Sync::new(&pair, &[sheets.mapping("")]);
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        let one = sheet(&pair, &sheets, Side::B, "One").await;
        assert_ne!(text(&one, "image"), "/files/picture.png");
        leads_to(&pair, Side::B, &text(&one, "image"), &some_bytes(1, 300)).await;
        assert_eq!(text(&one, "paper"), "https://example.com/files/x.pdf");
        let other = sheet(&pair, &sheets, Side::A, "Other").await;
        leads_to(&pair, Side::A, &text(&other, "image"), &some_bytes(9, 300)).await;
        for person in [a, b] {
            let files = sheets.files(person).await;
            assert_eq!(files.len(), 2, "{files:#?}");
            assert!(
                files
                    .iter()
                    .all(|file| file["attached_to_field"] == "image"),
                "{files:#?}"
            );
        }
        sync.assert_equal_but(&[Cause::Rewritten]).await;
        sync.assert_quiet().await;

        // An edit beside it does not carry the address along, and a new picture follows.
        b.update(&sheets.doctype, "One", json!({ "note": "seen" }))
            .await;
        show(&pair, &sheets, Side::A, "One", &some_bytes(2, 200)).await;
        let report = sync.run().await;
        assert!(report.conflicts.is_empty(), "{report:#?}");
        let one = sheet(&pair, &sheets, Side::B, "One").await;
        leads_to(&pair, Side::B, &text(&one, "image"), &some_bytes(2, 200)).await;
        assert_eq!(
            text(&sheet(&pair, &sheets, Side::A, "One").await, "note"),
            "seen"
        );
        sync.run_until_quiet().await;
        sync.assert_equal_but(&[Cause::Rewritten]).await;
        sheets.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn pictures_in_a_text_are_those_of_the_own_site_and_do_not_ping_pong() {
    for pair in pairs().await {
        let sheets = Sheets::unique("Story");
        sheets.install(&pair).await;
        let (a, b) = (&pair.people.a, &pair.people.b);
        sheets.make(b, "Other").await;
        let taken = NewFile {
            name: "in text.png",
            document: "Other",
            field: None,
            private: true,
        };
        sheets.attach(b, &taken, b"takes the name").await;
        sheets.make(a, "One").await;
        let picture = NewFile {
            document: "One",
            ..taken.clone()
        };
        let file = sheets.attach(a, &picture, &some_bytes(1, 300)).await;
        let (url, fid) = (text(&file, "file_url"), text(&file, "name"));
        let story = format!(
            "<p>before</p><p><img src=\"{url}?fid={fid}\"></p><p><img src=\"/files/nowhere.png\"></p>"
        );
        a.update(&sheets.doctype, "One", json!({ "story": story }))
            .await;

        let sync = Sync::new(&pair, &[sheets.mapping("")]);
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        let there = text(&sheet(&pair, &sheets, Side::B, "One").await, "story");
        assert!(!there.contains(&fid), "{there}");
        assert!(there.contains("/files/nowhere.png"), "{there}");
        let address = there
            .split("src=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        let address = address.unwrap_or_default();
        assert!(
            address.starts_with("/private/files/") && address.contains("?fid="),
            "{there}"
        );
        leads_to(
            &pair,
            Side::B,
            &address.replace("%20", " "),
            &some_bytes(1, 300),
        )
        .await;
        sync.assert_equal_but(&[Cause::Rewritten]).await;
        sync.assert_quiet().await;

        // Somebody writes on on the other side: the words come back, the address stays that of each site.
        let longer = there.replace("before", "before and after");
        b.update(&sheets.doctype, "One", json!({ "story": longer }))
            .await;
        let report = sync.run().await;
        assert_eq!(report.summary.update, 1, "{report:#?}");
        let here = text(&sheet(&pair, &sheets, Side::A, "One").await, "story");
        assert!(here.contains("before and after"), "{here}");
        assert!(here.contains(&format!("?fid={fid}")), "{here}");
        sync.assert_equal_but(&[Cause::Rewritten]).await;
        sync.assert_quiet().await;
        sheets.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn an_address_that_no_file_has_is_never_carried_over_in_silence() {
    let (pair, sheets) = sandboxes("Dangling").await;
    let (a, b) = (&pair.people.a, &pair.people.b);
    sheets.make(a, "One").await;
    sheets.make(a, "Two").await;
    a.update(
        &sheets.doctype,
        "One",
        json!({ "paper": "/files/nowhere.pdf" }),
    )
    .await;
    let sync = Sync::new(&pair, &[sheets.mapping("")]);
    let report = sync.run().await;
    assert_eq!(report.parked.len(), 1, "{report:#?}");
    assert!(matches!(
        &report.parked[0].cause,
        ParkedCause::MissingTarget { doctype, name, .. } if *doctype == "File" && *name == "/files/nowhere.pdf"
    ));
    assert_eq!(b.names(&sheets.doctype).await, ["Two"]);
    a.update(&sheets.doctype, "One", json!({ "paper": "" }))
        .await;
    sync.run_until_quiet().await;
    assert_eq!(b.names(&sheets.doctype).await, ["One", "Two"]);
}

#[tokio::test]
async fn a_document_comes_without_the_picture_that_cannot_come() {
    let (pair, sheets) = sandboxes("Without").await;
    let (a, b) = (&pair.people.a, &pair.people.b);
    b.update(
        "System Settings",
        "System Settings",
        json!({ "max_file_size": 1 }),
    )
    .await;
    sheets.make(a, "One").await;
    show(&pair, &sheets, Side::A, "One", &some_bytes(1, 1_100_000)).await;
    let sync = Sync::new(&pair, &[sheets.mapping("")]);
    let report = sync.run().await;
    assert_eq!(report.outcome, RunOutcome::Partial, "{report:#?}");
    assert_eq!(
        text(&sheet(&pair, &sheets, Side::B, "One").await, "image"),
        ""
    );

    b.update(
        "System Settings",
        "System Settings",
        json!({ "max_file_size": 9 }),
    )
    .await;
    let store = sync.state.sync(&SyncName::new("test"));
    let queued = store.requeue(&"File".into(), Utc::now(), true);
    assert_eq!(queued.expect("the state can be written"), 1);
    sync.run_until_quiet().await;
    let one = sheet(&pair, &sheets, Side::B, "One").await;
    leads_to(
        &pair,
        Side::B,
        &text(&one, "image"),
        &some_bytes(1, 1_100_000),
    )
    .await;
    sync.assert_equal().await;
}

#[tokio::test]
async fn a_plan_tells_of_files_and_is_carried_out() {
    let (pair, sheets) = sandboxes("Planned").await;
    let (a, b) = (&pair.people.a, &pair.people.b);
    sheets.make(a, "One").await;
    show(&pair, &sheets, Side::A, "One", &some_bytes(1, 300)).await;
    let sync = Sync::new(&pair, &[sheets.mapping("")]);
    let plan = sync.plan().await;
    assert_eq!(sheets.files(b).await.len(), 0);
    let made: Vec<_> = plan
        .operations
        .iter()
        .map(|it| it.doctype.to_string())
        .collect();
    assert_eq!(
        made,
        [sheets.doctype.as_str(), "File", sheets.doctype.as_str()],
        "{plan:#?}"
    );
    let report = sync.apply(&plan).await;
    assert!(report.skipped.is_empty(), "{report:#?}");
    let one = sheet(&pair, &sheets, Side::B, "One").await;
    leads_to(&pair, Side::B, &text(&one, "image"), &some_bytes(1, 300)).await;
    sync.assert_quiet().await;
    sync.assert_equal().await;
}
