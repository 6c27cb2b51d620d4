//! One side submits or cancels while the other one edits: the side that is further leads, and what loses is kept.

use frappe_sync_engine::Cause;
use frappe_sync_model::{ConflictState, FieldPath, ParkedCause, RunOutcome, Side};
use frappe_sync_tests::{PairOptions, Sales, SitePair, Sync, pairs, text};
use serde_json::json;

use super::{assert_stage, names};

#[tokio::test]
async fn a_draft_that_was_edited_meanwhile_takes_what_was_submitted() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "Lead").await;
        let on_a = sales.sell(&pair, Side::A, "S", 0).await;
        let sync = Sync::new(&pair, &sales.mappings("conflict: b\n"));
        sync.run().await;
        let [_, on_b] = names(&pair, &sales, "S").await;
        // Site b edits a field, a field that may change after submit, and a row; site a submits.
        let mut items = sales.sale(&pair, Side::B, "S").await["items"].clone();
        items[0]["qty"] = json!(70);
        let edits = json!({ "terms": "from b", "note": "from b", "items": items });
        pair.people.b.update(&sales.sale, &on_b, edits).await;
        let submitted = json!({ "company": "South", "docstatus": 1 });
        pair.people.a.update(&sales.sale, &on_a, submitted).await;
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        for sale in assert_stage(&pair, &sales, "S", 1).await {
            assert_eq!(text(&sale, "company"), "South");
            assert_eq!(text(&sale, "terms"), "30 days", "frozen on a");
            assert_eq!(text(&sale, "note"), "from b", "may change after submit");
            assert_eq!(sale["items"][0]["qty"].as_f64(), Some(1.0), "frozen on a");
        }
        let conflict = &report.conflicts[0];
        assert_eq!(conflict.winner, Some(Side::A), "{report:#?}");
        assert!(conflict.reason.contains("submitted"), "{report:#?}");
        let paths = [
            FieldPath::Field("terms".into()),
            FieldPath::Table("items".into()),
        ];
        assert_eq!(conflict.fields, paths, "{report:#?}");
        let journal = sync.journal(report.run_id.as_str());
        let lost: Vec<_> = journal
            .iter()
            .map(|entry| (entry.side, entry.path.to_string()))
            .collect();
        assert_eq!(
            lost,
            [
                (Side::B, "terms".to_owned()),
                (Side::B, "items[]".to_owned())
            ]
        );
        assert_eq!(journal[0].lost, json!("from b"));
        assert_eq!(journal[1].lost[0]["qty"].as_f64(), Some(70.0));
        sync.assert_equal().await;
        sync.assert_quiet().await;
        sales.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn under_a_manual_policy_the_submit_waits_for_the_person_too() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "Manual").await;
        let on_a = sales.sell(&pair, Side::A, "S", 0).await;
        let sync = Sync::new(&pair, &sales.mappings("conflict: manual\n"));
        sync.run().await;
        let [_, on_b] = names(&pair, &sales, "S").await;
        let mut items = sales.sale(&pair, Side::B, "S").await["items"].clone();
        items[0]["qty"] = json!(70);
        let edits = json!({ "terms": "from b", "items": items });
        pair.people.b.update(&sales.sale, &on_b, edits).await;
        sales.advance(&pair.people.a, &sales.sale, &on_a, 1).await;
        for _ in 0..2 {
            let report = sync.run().await;
            assert_eq!(
                (report.summary.writes(), report.outcome),
                (0, RunOutcome::Partial),
                "{report:#?}"
            );
            let mut open: Vec<_> = sync
                .open_conflicts()
                .iter()
                .map(|conflict| conflict.path.to_string())
                .collect();
            open.sort();
            assert_eq!(open, ["items[]", "terms"]);
        }
        assert_eq!(sales.sale(&pair, Side::B, "S").await["docstatus"], 0);
        // The person gives way on site b.
        let items = sales.sale(&pair, Side::A, "S").await["items"].clone();
        let mut back = sales.sale(&pair, Side::B, "S").await["items"].clone();
        back[0]["qty"] = items[0]["qty"].clone();
        let given_way = json!({ "terms": "30 days", "items": back });
        pair.people.b.update(&sales.sale, &on_b, given_way).await;
        let report = sync.run().await;
        assert_eq!(
            (report.summary.submit, report.outcome),
            (1, RunOutcome::Converged),
            "{report:#?}"
        );
        assert_stage(&pair, &sales, "S", 1).await;
        sync.assert_equal().await;
        sync.assert_quiet().await;
        sales.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn both_sides_may_have_moved_on_and_the_further_one_leads() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "Further").await;
        let on_a = sales.sell(&pair, Side::A, "S", 0).await;
        let sync = Sync::new(&pair, &sales.mappings(""));
        sync.run().await;
        let [_, on_b] = names(&pair, &sales, "S").await;
        sales.advance(&pair.people.a, &sales.sale, &on_a, 1).await;
        for docstatus in [1, 2] {
            sales
                .advance(&pair.people.b, &sales.sale, &on_b, docstatus)
                .await;
        }
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        assert_eq!(
            (report.summary.cancel, report.summary.conflict),
            (1, 0),
            "{report:#?}"
        );
        assert_stage(&pair, &sales, "S", 2).await;
        sync.assert_equal().await;
        sync.assert_quiet().await;
        sales.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn a_cancelled_document_is_never_written_and_the_difference_is_told_once() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "Apart").await;
        let on_a = sales.sell(&pair, Side::A, "S", 1).await;
        let sync = Sync::new(&pair, &sales.mappings(""));
        sync.run().await;
        let [_, on_b] = names(&pair, &sales, "S").await;
        // Site a cancels, while site b edits what may still be edited.
        sales.advance(&pair.people.a, &sales.sale, &on_a, 2).await;
        let mut items = sales.sale(&pair, Side::B, "S").await["items"].clone();
        items[0]["note"] = json!("from b");
        let edits = json!({ "note": "from b", "items": items });
        pair.people.b.update(&sales.sale, &on_b, edits).await;
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        assert_eq!(
            (report.summary.update, report.summary.cancel),
            (0, 1),
            "{report:#?}"
        );
        assert_eq!(report.conflicts.len(), 1, "{report:#?}");
        assert_eq!(report.conflicts[0].winner, Some(Side::A), "{report:#?}");
        assert_eq!(report.conflicts[0].fields.len(), 2, "{report:#?}");
        let [a, b] = assert_stage(&pair, &sales, "S", 2).await;
        assert_eq!(
            (text(&a, "note"), text(&b, "note")),
            ("-".into(), "from b".into())
        );
        sync.assert_quiet().await;
        let verified = sync.verify().await;
        let sale = verified
            .doctypes
            .iter()
            .find(|doctype| doctype.doctype == *sales.sale);
        let different = &sale.expect("the sale is mapped").different;
        assert_eq!(
            (different.len(), different[0].cause),
            (1, Cause::Rewritten),
            "{verified:#?}"
        );
        let report = sync.run().await;
        assert_eq!(
            (report.summary.writes(), report.conflicts.len()),
            (0, 0),
            "{report:#?}"
        );
        sales.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn a_silent_write_to_a_submitted_document_is_parked_by_the_name_of_its_field() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let sales = Sales::install(&pair, "Silent").await;
    let on_a = sales.sell(&pair, Side::A, "S", 1).await;
    sales.sell(&pair, Side::A, "other", 1).await;
    let sync = Sync::new(&pair, &sales.mappings(""));
    sync.run().await;
    let silent =
        pair.sandboxes()
            .a
            .silent_set(&sales.sale, &on_a, json!({ "terms": "past the rules" }));
    assert!(silent.is_ok(), "{silent:?}");
    // The next save shows it.
    pair.people
        .a
        .update(&sales.sale, &on_a, json!({ "note": "seen" }))
        .await;
    let other = sales.sale(&pair, Side::A, "other").await;
    pair.people
        .a
        .update(
            &sales.sale,
            &text(&other, "name"),
            json!({ "note": "goes on" }),
        )
        .await;
    let report = sync.run().await;
    assert_eq!(
        (report.summary.update, report.parked.len()),
        (1, 1),
        "{report:#?}"
    );
    assert_eq!(
        report.parked[0].cause,
        ParkedCause::Docstatus,
        "{report:#?}"
    );
    assert!(report.parked[0].message.contains("`terms`"), "{report:#?}");
    assert_eq!(
        text(&sales.sale(&pair, Side::B, "other").await, "note"),
        "goes on"
    );

    let mended = pair
        .sandboxes()
        .a
        .silent_set(&sales.sale, &on_a, json!({ "terms": "30 days" }));
    assert!(mended.is_ok(), "{mended:?}");
    let report = sync.run().await;
    assert_eq!(
        (report.summary.update, report.parked.len()),
        (1, 0),
        "{report:#?}"
    );
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn a_decided_conflict_about_a_value_is_in_the_state_as_decided() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let sales = Sales::install(&pair, "State").await;
    let on_a = sales.sell(&pair, Side::A, "S", 0).await;
    let sync = Sync::new(&pair, &sales.mappings(""));
    sync.run().await;
    let [_, on_b] = names(&pair, &sales, "S").await;
    pair.people
        .b
        .update(&sales.sale, &on_b, json!({ "terms": "from b" }))
        .await;
    sales.advance(&pair.people.a, &sales.sale, &on_a, 1).await;
    sync.run().await;
    assert!(sync.open_conflicts().is_empty());
    let decided = sync.conflict_detail(1).await;
    assert_eq!(
        decided.conflict.state,
        ConflictState::Decided(Side::A),
        "{decided:#?}"
    );
}
