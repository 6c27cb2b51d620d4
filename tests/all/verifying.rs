//! The certificate: equal, but for these, each with its cause. Nothing is written to find out.

use chrono::TimeDelta;
use frappe_sync_engine::{
    AloneReport, Cause, DifferenceReport, DocTypeVerification, VerifyOutcome, VerifyReport,
};
use frappe_sync_model::{
    Batch, FieldName, FieldPath, PairId, PerSide, Side, StateStore as _, SyncName,
};
use frappe_sync_sandbox::{Action, Fault, Hook, Matcher, Rewrite};
use frappe_sync_tests::{Names, Sales, SitePair, Sync, install, pairs, uninstall};
use serde_json::json;

use crate::removing::sweeping;
use crate::scene::{customer, customers_only, edit, sandboxes};

/// Verifies, and nothing was written.
async fn verified(sync: &Sync<'_>) -> VerifyReport {
    let report = sync.verify().await;
    let writes = PerSide {
        a: report.requests.a.write,
        b: report.requests.b.write,
    };
    assert_eq!((writes.a, writes.b), (0, 0), "{report:#?}");
    assert_eq!(report.equal, report.outcome == VerifyOutcome::Equal);
    report
}

/// Returns what was found of the one DocType that is mapped.
fn only(report: &VerifyReport) -> &DocTypeVerification {
    assert_eq!(report.doctypes.len(), 1, "{report:#?}");
    &report.doctypes[0]
}

fn difference(report: &VerifyReport) -> &DifferenceReport {
    let different = &only(report).different;
    assert_eq!(different.len(), 1, "{report:#?}");
    &different[0]
}

fn alone(report: &VerifyReport, side: Side) -> &AloneReport {
    let doctype = only(report);
    let alone = match side {
        Side::A => &doctype.only_a,
        Side::B => &doctype.only_b,
    };
    assert_eq!(alone.len(), 1, "{report:#?}");
    &alone[0]
}

async fn made(word: &str) -> Vec<(SitePair, Names)> {
    let mut made = Vec::new();
    for pair in pairs().await {
        let names = Names::unique(word);
        install(&pair, &names).await;
        made.push((pair, names));
    }
    made
}

#[tokio::test]
async fn what_was_saved_or_made_or_renamed_since_is_not_yet_synced() {
    for (pair, names) in made("Since").await {
        for name in ["C", "D", "E"] {
            customer(&pair, &names, Side::A, name).await;
        }
        let sync = Sync::new(&pair, &customers_only(&names, ""));
        // Nothing ran yet.
        let report = verified(&sync).await;
        assert_eq!(report.outcome, VerifyOutcome::Different);
        assert_eq!(report.causes.get(&Cause::NotYetSynced), Some(&3));

        sync.run_until_quiet().await;
        let before = verified(&sync).await;
        assert_eq!(before.outcome, VerifyOutcome::Equal, "{before:#?}");
        let digests = &only(&before).digests;
        assert_eq!(digests.a, digests.b, "{before:#?}");

        edit(&pair, &names, Side::A, "C", json!({ "phone": "1" })).await;
        customer(&pair, &names, Side::B, "N").await;
        let renamed = pair.people.a.rename(&names.customer, "D", "D2").await;
        assert!(renamed.is_ok(), "{renamed:?}");
        let report = verified(&sync).await;
        assert_eq!(report.outcome, VerifyOutcome::Different);
        let changed = difference(&report);
        assert_eq!(changed.cause, Cause::NotYetSynced, "{report:#?}");
        assert_eq!(changed.paths, ["phone".to_owned().into()]);
        let alone_on_a = alone(&report, Side::A);
        assert_eq!(
            (alone_on_a.cause, alone_on_a.message.as_deref()),
            (Cause::NotYetSynced, Some("it was renamed from `D`"))
        );
        // The new one, and the counterpart of the one that has another name.
        let alone_on_b = &only(&report).only_b;
        assert_eq!(alone_on_b.len(), 2, "{report:#?}");
        assert!(
            alone_on_b
                .iter()
                .all(|alone| alone.cause == Cause::NotYetSynced)
        );
        let now = &only(&report).digests;
        assert_ne!(now.a, digests.a, "what changed has another digest");
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn a_conflict_that_waits_is_told_value_by_value() {
    for (pair, names) in made("Waits").await {
        customer(&pair, &names, Side::A, "C").await;
        let sync = Sync::new(&pair, &customers_only(&names, "conflict: manual\n"));
        sync.run_until_quiet().await;
        for (side, phone) in [(Side::A, "1"), (Side::B, "2")] {
            edit(&pair, &names, side, "C", json!({ "phone": phone })).await;
        }
        sync.run().await;
        edit(&pair, &names, Side::A, "C", json!({ "notes": "later" })).await;
        let report = verified(&sync).await;
        assert_eq!(report.outcome, VerifyOutcome::Different);
        let difference = difference(&report);
        assert_eq!(difference.cause, Cause::Conflict, "{report:#?}");
        let causes: Vec<(String, Cause)> = difference
            .values
            .iter()
            .map(|value| (value.path.to_string(), value.cause))
            .collect();
        assert!(causes.contains(&("phone".to_owned(), Cause::Conflict)));
        assert!(causes.contains(&("notes".to_owned(), Cause::NotYetSynced)));
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn what_does_not_travel_that_way_is_lawful() {
    for (pair, names) in made("Oneway").await {
        customer(&pair, &names, Side::A, "C").await;
        customer(&pair, &names, Side::B, "Only b").await;
        let sync = Sync::new(&pair, &customers_only(&names, "direction: a-to-b\n"));
        sync.run_until_quiet().await;
        edit(&pair, &names, Side::B, "C", json!({ "phone": "own" })).await;
        sync.run().await;
        let report = verified(&sync).await;
        assert_eq!(report.outcome, VerifyOutcome::EqualBut, "{report:#?}");
        assert_eq!(difference(&report).cause, Cause::Direction);
        assert_eq!(alone(&report, Side::B).cause, Cause::Direction);
        // The source has still to bring its own edit over.
        edit(&pair, &names, Side::A, "C", json!({ "phone": "1" })).await;
        let report = verified(&sync).await;
        assert_eq!(report.outcome, VerifyOutcome::Different, "{report:#?}");
        assert_eq!(difference(&report).cause, Cause::NotYetSynced);
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn what_the_filters_leave_out_is_counted() {
    for (pair, names) in made("Filter").await {
        for (name, phone) in [("C", "1"), ("D", "2")] {
            customer(&pair, &names, Side::A, name).await;
            edit(&pair, &names, Side::A, name, json!({ "phone": phone })).await;
        }
        let filters = "filters: { a: [[phone, '=', '1']] }\n";
        let sync = Sync::new(&pair, &customers_only(&names, filters));
        sync.run_until_quiet().await;
        let report = verified(&sync).await;
        assert_eq!(report.outcome, VerifyOutcome::EqualBut, "{report:#?}");
        let doctype = only(&report);
        assert_eq!((doctype.a_count, doctype.b_count), (1, 1), "{report:#?}");
        assert_eq!((doctype.filtered.a, doctype.filtered.b), (1, 0));
        assert_eq!(report.causes.get(&Cause::Filtered), Some(&1));
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn cancelled_documents_that_the_mapping_skips_are_lawful() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "Skipped").await;
        sales.sell(&pair, Side::A, "S", 2).await;
        sales.sell(&pair, Side::A, "T", 1).await;
        let sync = Sync::new(&pair, &sales.mappings("cancelled: skip\n"));
        sync.run_until_quiet().await;
        let report = verified(&sync).await;
        assert_eq!(report.outcome, VerifyOutcome::EqualBut, "{report:#?}");
        assert_eq!(
            report.causes,
            [(Cause::CancelledSkipped, 1)].into(),
            "{report:#?}"
        );
        sales.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn what_is_only_a_draft_because_the_mapping_says_so_is_lawful() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "Drafts").await;
        sales.sell(&pair, Side::A, "S", 1).await;
        let sync = Sync::new(&pair, &sales.mappings("docstatus: draft\n"));
        sync.run_until_quiet().await;
        let report = verified(&sync).await;
        assert_eq!(report.outcome, VerifyOutcome::EqualBut, "{report:#?}");
        assert_eq!(report.causes, [(Cause::Docstatus, 1)].into(), "{report:#?}");
        let sale = report.doctypes.iter().find(|one| one.pairs == 1);
        let different = &sale.expect("the sale is mapped").different;
        assert_eq!(different[0].paths, ["docstatus".to_owned().into()]);
        sales.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn what_stays_after_a_delete_that_is_not_carried_over_is_lawful() {
    for (pair, names) in made("Stays").await {
        for name in ["C", "D"] {
            customer(&pair, &names, Side::A, name).await;
        }
        let sync = sweeping(&pair, &customers_only(&names, ""));
        sync.run_until_quiet().await;
        let deleted = pair.people.a.delete(&names.customer, "C").await;
        assert!(deleted.is_ok(), "{deleted:?}");
        // Nobody looked yet.
        let report = verified(&sync).await;
        assert_eq!(alone(&report, Side::B).cause, Cause::NotYetSynced);
        sync.run_until_quiet().await;
        let report = verified(&sync).await;
        assert_eq!(report.outcome, VerifyOutcome::EqualBut, "{report:#?}");
        assert_eq!(alone(&report, Side::B).cause, Cause::DeletesIgnored);
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn what_is_parked_is_told_in_the_words_of_the_site() {
    let (pair, names) = sandboxes("Parked").await;
    customer(&pair, &names, Side::A, "C").await;
    let sync = Sync::new(&pair, &customers_only(&names, ""));
    sync.run_until_quiet().await;
    let denied = ["create", "write"];
    pair.sandboxes()
        .b
        .deny("sync@example.com", &names.customer, &denied);
    customer(&pair, &names, Side::A, "D").await;
    edit(&pair, &names, Side::A, "C", json!({ "phone": "1" })).await;
    sync.run().await;
    let report = verified(&sync).await;
    assert_eq!(report.outcome, VerifyOutcome::Different);
    let parked = alone(&report, Side::A);
    assert_eq!(parked.cause, Cause::Parked, "{report:#?}");
    assert!(parked.message.is_some(), "{report:#?}");
    let difference = difference(&report);
    assert_eq!(difference.cause, Cause::Parked, "{report:#?}");
    assert!(difference.message.is_some(), "{report:#?}");
    assert_eq!(report.causes.get(&Cause::Parked), Some(&2));
}

#[tokio::test]
async fn a_create_of_unknown_outcome_is_told_as_such() {
    let (pair, names) = sandboxes("Unknown").await;
    customer(&pair, &names, Side::A, "C").await;
    let lost = Fault {
        matcher: Matcher::writes(),
        action: Action::LoseRequest,
    };
    pair.sandboxes().b.faults().push(lost);
    let sync = Sync::new(&pair, &customers_only(&names, ""));
    sync.run().await;
    let report = verified(&sync).await;
    assert_eq!(report.outcome, VerifyOutcome::Different);
    let unknown = alone(&report, Side::A);
    assert_eq!(unknown.cause, Cause::Unknown, "{report:#?}");
    let message = unknown.message.as_deref().unwrap_or_default();
    assert!(message.starts_with("sent at "), "{report:#?}");
}

#[tokio::test]
async fn what_a_site_made_of_a_value_is_lawful_until_somebody_edits_it() {
    let (pair, names) = sandboxes("Rewritten").await;
    let hook = Hook::RewritesField {
        field: "notes".to_owned(),
        rewrite: Rewrite::Append(" (b)".to_owned()),
    };
    pair.sandboxes().b.add_hook(&names.customer, hook);
    customer(&pair, &names, Side::A, "C").await;
    let sync = Sync::new(&pair, &customers_only(&names, ""));
    sync.run_until_quiet().await;
    let report = verified(&sync).await;
    assert_eq!(report.outcome, VerifyOutcome::EqualBut, "{report:#?}");
    assert_eq!(difference(&report).cause, Cause::Rewritten);
    let digests = &only(&report).digests;
    assert_ne!(digests.a, digests.b);
    assert_eq!(digests, &only(&verified(&sync).await).digests);
    edit(&pair, &names, Side::A, "C", json!({ "notes": "new" })).await;
    let report = verified(&sync).await;
    assert_eq!(difference(&report).cause, Cause::NotYetSynced);
}

#[tokio::test]
async fn a_field_that_a_site_does_not_show_is_not_called_equal() {
    let (pair, names) = sandboxes("Shown").await;
    customer(&pair, &names, Side::A, "C").await;
    let sync = Sync::new(&pair, &customers_only(&names, ""));
    sync.run_until_quiet().await;
    let hidden = pair
        .sandboxes()
        .b
        .set_permlevel(&names.customer, "notes", 1);
    assert!(hidden.is_ok(), "{hidden:?}");
    let report = verified(&sync).await;
    assert_eq!(report.outcome, VerifyOutcome::EqualBut, "{report:#?}");
    assert_eq!(only(&report).not_shown, [FieldName::new("notes")]);
    let digests = &only(&report).digests;
    assert_eq!(digests.a, digests.b, "what both show is equal");
}

#[tokio::test]
async fn a_document_that_nothing_explains_is_said_to_be_so() {
    let (pair, names) = sandboxes("Lost").await;
    for name in ["C", "D"] {
        customer(&pair, &names, Side::A, name).await;
    }
    let mut sync = Sync::new(&pair, &customers_only(&names, ""));
    sync.options.lag = TimeDelta::zero();
    sync.run_until_quiet().await;
    let store = sync.state.sync(&SyncName::new("test"));
    let forgotten = Batch {
        forget: vec![PairId(1)],
        ..Batch::default()
    };
    store.commit(&forgotten).expect("the state can be written");
    let report = verified(&sync).await;
    assert_eq!(report.outcome, VerifyOutcome::Different);
    assert_eq!(
        alone(&report, Side::A).cause,
        Cause::Unexplained,
        "{report:#?}"
    );
    assert_eq!(
        alone(&report, Side::B).cause,
        Cause::Unexplained,
        "{report:#?}"
    );
}

#[tokio::test]
async fn rows_are_compared_with_their_counterparts_and_in_their_order() {
    for pair in pairs().await {
        let names = Names::unique("Rows");
        install(&pair, &names).await;
        crate::two_way::load(&pair, &names, 3, 1).await;
        let sync = Sync::new(&pair, &names.mappings());
        sync.run_until_quiet().await;
        sync.assert_equal().await;
        let orders = pair.people.a.names(&names.order).await;
        let mut rows = pair.people.a.get(&names.order, &orders[0]).await["items"].clone();
        let list = rows.as_array_mut().expect("an order has rows");
        assert!(list.len() > 1, "{list:?}");
        list.reverse();
        for (place, row) in list.iter_mut().enumerate() {
            row["idx"] = json!(place + 1);
        }
        edit_order(&pair, &names, &orders[0], json!({ "items": rows })).await;
        let report = verified(&sync).await;
        let different: Vec<_> = report
            .doctypes
            .iter()
            .flat_map(|one| &one.different)
            .collect();
        assert_eq!(different.len(), 1, "{report:#?}");
        // No value of any row differs: only their order does.
        assert_eq!(different[0].paths, [FieldPath::Table("items".into())]);
        assert_eq!(different[0].cause, Cause::NotYetSynced);
        uninstall(&pair, &names).await;
    }
}

async fn edit_order(pair: &SitePair, names: &Names, name: &str, changes: serde_json::Value) {
    pair.people.a.update(&names.order, name, changes).await;
}

#[tokio::test]
async fn a_silent_write_is_found_and_opens_its_pair_for_the_next_run() {
    let (pair, names) = sandboxes("Silently").await;
    customer(&pair, &names, Side::A, "C").await;
    let sync = Sync::new(&pair, &customers_only(&names, ""));
    sync.run_until_quiet().await;
    let written = pair
        .sandboxes()
        .a
        .silent_set(&names.customer, "C", json!({ "phone": "silent" }));
    assert!(written.is_ok(), "{written:?}");
    sync.assert_quiet().await;
    let report = verified(&sync).await;
    assert_eq!(difference(&report).cause, Cause::NotYetSynced);
    sync.run().await;
    sync.assert_equal().await;
}
