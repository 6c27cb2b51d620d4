//! Transfers that break: every byte arrives, once.

use std::time::Duration;

use frappe_sync_model::{PerSide, RunOutcome, Side};
use frappe_sync_sandbox::{Action, Fault, Matcher};
use frappe_sync_tests::{NewFile, Sheets, SitePair, Sync, some_bytes};

use super::{assert_same_files, sandboxes};

async fn load(pair: &SitePair, sheets: &Sheets, count: u32, most: usize) {
    for number in 0..count {
        let title = format!("Sheet {number:02}");
        sheets.make(&pair.people.a, &title).await;
        let file = NewFile {
            name: &format!("file-{number:02}.bin"),
            document: &title,
            field: None,
            private: number % 2 == 0,
        };
        let length = most / 30 * (number as usize + 1);
        let content = some_bytes(u64::from(number), length);
        sheets.attach(&pair.people.a, &file, &content).await;
    }
}

fn uploads() -> Matcher {
    Matcher::writes().path("upload_file")
}

#[tokio::test]
async fn thirty_files_whose_transfer_broke_off_twice_are_there_once_with_every_byte() {
    let (pair, sheets) = sandboxes("Broken").await;
    load(&pair, &sheets, 30, 1_000_000).await;
    let faults = pair.sandboxes().b.faults();
    // An answer that was lost, and one that is not to be had any more.
    faults.push(Fault {
        matcher: uploads().nth(7),
        action: Action::FailAfterWrite,
    });
    faults.push(Fault {
        matcher: uploads().nth(9),
        action: Action::Redirect {
            location: "http://elsewhere.invalid/".to_owned(),
        },
    });
    let sync = Sync::new(&pair, &[sheets.mapping("")]);
    let broken = sync.try_run().await;
    assert!(broken.is_ok() || sheets.files(&pair.people.b).await.len() < 30);
    let reads = pair.sandboxes().a.faults();
    reads.push(Fault {
        matcher: Matcher::reads().path("download_file").nth(5),
        action: Action::Redirect {
            location: "http://elsewhere.invalid/".to_owned(),
        },
    });
    let again = sync.try_run().await;
    assert!(again.is_err(), "{again:#?}");
    let between = sheets.files(&pair.people.b).await.len();
    assert!((7..30).contains(&between), "{between}");

    let report = sync.run().await;
    assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
    assert_same_files(&pair, &sheets, 30).await;
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn an_upload_whose_answer_was_lost_is_found_and_not_repeated() {
    for action in [
        Action::FailAfterWrite,
        Action::CutBody,
        Action::HtmlBadGateway { executed: true },
    ] {
        let (pair, sheets) = sandboxes("Lost").await;
        load(&pair, &sheets, 4, 9_000).await;
        let ticket = pair.sandboxes()[Side::B].faults().push(Fault {
            matcher: uploads().nth(2),
            action,
        });
        let sync = Sync::new(&pair, &[sheets.mapping("")]);
        let report = sync.run().await;
        assert!(ticket.is_hit());
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        assert_same_files(&pair, &sheets, 4).await;
        sync.assert_quiet().await;
    }
}

#[tokio::test]
async fn half_a_download_is_read_again_and_never_sent() {
    let (pair, sheets) = sandboxes("Half").await;
    load(&pair, &sheets, 3, 90_000).await;
    let ticket = pair.sandboxes()[Side::A].faults().push(Fault {
        matcher: Matcher::reads().path("download_file").nth(2),
        action: Action::CutBody,
    });
    let sync = Sync::new(&pair, &[sheets.mapping("")]);
    let report = sync.run().await;
    assert!(ticket.is_hit());
    assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
    assert_same_files(&pair, &sheets, 3).await;
}

#[tokio::test]
async fn an_upload_that_never_arrived_is_not_taken_for_another_file_of_its_document() {
    let (pair, sheets) = sandboxes("Never").await;
    let (a, b) = (&pair.people.a, &pair.people.b);
    sheets.make(a, "One").await;
    for number in 0..3_u8 {
        let file = NewFile {
            name: &format!("file-{number}.bin"),
            document: "One",
            field: None,
            private: false,
        };
        sheets.attach(a, &file, &[number; 50]).await;
    }
    pair.sandboxes().b.faults().push(Fault {
        matcher: uploads().nth(2),
        action: Action::LoseRequest,
    });
    let mut sync = Sync::new(&pair, &[sheets.mapping("")]);
    let report = sync.run().await;
    assert_eq!(report.unknown.len(), 1, "{report:#?}");
    assert_eq!(sheets.files(b).await.len(), 2);
    let report = sync.run().await;
    assert_eq!(report.summary.writes(), 0, "{report:#?}");

    // It cannot be running any more.
    sync.options.request_timeout = PerSide::from_fn(|_| Duration::ZERO);
    sync.run_until_quiet().await;
    assert_same_files(&pair, &sheets, 3).await;
    sync.assert_equal().await;
}
