//! Finding out what changed: cursors, pages, late commits, odd dates, filters, guards, and what it costs.

use frappe_sync_engine::NoteReport;
use frappe_sync_model::{RunOutcome, Side};
use frappe_sync_sandbox::{Action, Fault, Matcher, Method, RequestKind};
use frappe_sync_tests::{Names, PairOptions, SitePair, Sync, install, pairs, text, uninstall};
use serde_json::{Value, json};

use crate::two_way::load;

async fn pair() -> (SitePair, Names) {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let names = Names::new("R");
    install(&pair, &names).await;
    (pair, names)
}

fn customers_only(names: &Names, rest: &str) -> Vec<String> {
    vec![format!(
        "version: 1\ndoctype: {}\nfields: {{ except: [customer_group] }}\n{rest}",
        names.customer
    )]
}

async fn customers(pair: &SitePair, names: &Names, count: usize) {
    let customer = |index: usize| json!({ "doctype": names.customer, "customer_name": format!("C{index:05}"), "phone": "0" });
    pair.people
        .a
        .insert_many((0..count).map(customer).collect())
        .await;
}

#[tokio::test]
async fn five_thousand_documents_of_one_modified_cross_page_edges_without_one_lost_or_doubled() {
    let (pair, names) = pair().await;
    customers(&pair, &names, 5000).await;
    let mut sync = Sync::new(&pair, &customers_only(&names, ""));
    sync.options.keys_per_page = 700;
    sync.run().await;
    assert_eq!(pair.sandboxes().b.len_of(&names.customer), 5000);
    let touched =
        pair.sandboxes()
            .a
            .bulk_touch(&names.customer, &json!([]), &json!({ "phone": "1" }));
    assert_eq!(touched.ok(), Some(5000));
    // So many changes are what the guard is for; this time they are meant.
    sync.options.allow.insert("max_changes".to_owned());
    let report = sync.run().await;
    assert_eq!(report.summary.update, 5000, "{:?}", report.summary);
    let moments = pair
        .people
        .a
        .list(&names.customer, &["modified"], json!([]))
        .await;
    let first = &moments[0]["modified"];
    assert!(moments.iter().all(|row| &row["modified"] == first));
    assert_eq!(pair.sandboxes().b.len_of(&names.customer), 5000);
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn documents_saved_in_one_moment_all_arrive_on_either_kind_of_site() {
    for pair in pairs().await {
        let names = Names::unique("Moment");
        install(&pair, &names).await;
        customers(&pair, &names, 60).await;
        let mut sync = Sync::new(&pair, &customers_only(&names, ""));
        sync.options.keys_per_page = 7;
        let report = sync.run().await;
        assert_eq!(
            (report.outcome, report.summary.create),
            (RunOutcome::Converged, 60)
        );
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn a_commit_that_lands_late_is_seen_within_the_lag_window() {
    let (pair, names) = pair().await;
    customers(&pair, &names, 3).await;
    let sync = Sync::new(&pair, &customers_only(&names, ""));
    sync.run().await;
    // A save takes its stamp now and commits after a later save was read.
    let late = pair.sandboxes().a.faults().push(Fault {
        matcher: Matcher::writes().method(Method::Put),
        action: Action::KeepRunning { millis: None },
    });
    let slow = pair
        .people
        .a
        .try_update(&names.customer, "C00000", json!({ "phone": "late" }))
        .await;
    assert!(slow.is_err(), "{slow:?}");
    pair.people
        .a
        .update(&names.customer, "C00001", json!({ "phone": "early" }))
        .await;
    sync.run().await;
    late.release();
    while text(&pair.people.a.get(&names.customer, "C00000").await, "phone") != "late" {
        tokio::task::yield_now().await;
    }
    sync.run().await;
    assert_eq!(
        text(&pair.people.b.get(&names.customer, "C00000").await, "phone"),
        "late"
    );
    sync.assert_quiet().await;
}

#[tokio::test]
async fn a_document_dated_in_the_future_does_not_hide_later_edits() {
    let (pair, names) = pair().await;
    customers(&pair, &names, 3).await;
    let sync = Sync::new(&pair, &customers_only(&names, ""));
    sync.run().await;
    let future = json!({ "modified": "2099-01-01 00:00:00", "phone": "future" });
    assert!(
        pair.sandboxes()
            .a
            .silent_set(&names.customer, "C00000", future)
            .is_ok()
    );
    sync.run().await;
    assert_eq!(
        text(&pair.people.b.get(&names.customer, "C00000").await, "phone"),
        "future"
    );
    pair.people
        .a
        .update(&names.customer, "C00001", json!({ "phone": "now" }))
        .await;
    sync.run().await;
    assert_eq!(
        text(&pair.people.b.get(&names.customer, "C00001").await, "phone"),
        "now"
    );
    sync.assert_quiet().await;
}

#[tokio::test]
async fn the_edit_that_takes_a_document_out_of_the_filter_is_carried_over() {
    for pair in pairs().await {
        let names = Names::unique("Filter");
        install(&pair, &names).await;
        customers(&pair, &names, 3).await;
        pair.people
            .a
            .insert(
                &names.customer,
                json!({ "customer_name": "Out", "disabled": 1 }),
            )
            .await;
        let filters = "filters: [[\"disabled\", \"=\", 0]]\n";
        let sync = Sync::new(&pair, &customers_only(&names, filters));
        let report = sync.run().await;
        assert_eq!(report.summary.create, 3, "{report:#?}");
        pair.people
            .a
            .update(&names.customer, "C00001", json!({ "disabled": 1 }))
            .await;
        pair.people
            .a
            .update(&names.customer, "Out", json!({ "phone": "still out" }))
            .await;
        let report = sync.run().await;
        assert_eq!(
            (report.summary.create, report.summary.update),
            (0, 1),
            "{report:#?}"
        );
        let there = pair.people.b.get(&names.customer, "C00001").await;
        assert_eq!(there["disabled"], json!(1));
        pair.people
            .a
            .update(&names.customer, "Out", json!({ "disabled": 0 }))
            .await;
        assert_eq!(sync.run().await.summary.create, 1);
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn a_field_that_is_added_to_a_mapping_is_read_for_every_document() {
    let (pair, names) = pair().await;
    // More than the guard on changes lets pass: a new field is no change of anybody's.
    customers(&pair, &names, 40).await;
    let narrow = vec![format!(
        "version: 1\ndoctype: {}\nfields: {{ except: [customer_group, phone] }}\n",
        names.customer
    )];
    let mut sync = Sync::new(&pair, &narrow);
    sync.run().await;
    assert_eq!(
        text(&pair.people.b.get(&names.customer, "C00004").await, "phone"),
        ""
    );
    let wide = Sync::new(&pair, &customers_only(&names, ""));
    sync.mappings = wide.mappings;
    let report = sync.run().await;
    assert_eq!(report.summary.update, 40, "{report:#?}");
    assert_eq!(
        text(&pair.people.b.get(&names.customer, "C00004").await, "phone"),
        "0"
    );
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn a_rename_and_an_edit_before_any_sweep_make_no_second_document() {
    for pair in pairs().await {
        let names = Names::unique("Renamed");
        install(&pair, &names).await;
        customers(&pair, &names, 3).await;
        let sync = Sync::new(&pair, &customers_only(&names, ""));
        sync.run().await;
        let renamed = pair
            .people
            .a
            .rename(&names.customer, "C00001", "C00001 new")
            .await;
        assert!(renamed.is_ok(), "{renamed:?}");
        // A rename alone moves no `modified`; the edit after it shows the new name.
        pair.people
            .a
            .update(&names.customer, "C00001 new", json!({ "phone": "1" }))
            .await;
        let report = sync.run().await;
        assert_eq!(report.summary.create, 0, "{report:#?}");
        assert_eq!(pair.people.b.names(&names.customer).await.len(), 3);
        let there = pair.people.b.get(&names.customer, "C00001 new").await;
        assert_eq!(text(&there, "phone"), "1");
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn too_many_changes_stop_the_mapping_and_a_migration_that_only_touches_passes() {
    let (pair, names) = pair().await;
    customers(&pair, &names, 40).await;
    let mut sync = Sync::new(&pair, &customers_only(&names, ""));
    sync.run().await;
    // A `bench migrate` moves every `modified` and changes nothing.
    assert!(
        pair.sandboxes()
            .a
            .bulk_touch(&names.customer, &json!([]), &json!({}))
            .is_ok()
    );
    let report = sync.run().await;
    assert_eq!(
        (report.outcome, report.summary.writes()),
        (RunOutcome::Converged, 0),
        "{report:#?}"
    );

    let changed = json!({ "phone": "x" });
    assert!(
        pair.sandboxes()
            .a
            .bulk_touch(&names.customer, &json!([]), &changed)
            .is_ok()
    );
    let report = sync.run().await;
    assert_eq!(
        (report.outcome, report.summary.writes()),
        (RunOutcome::Stopped, 0),
        "{report:#?}"
    );
    let guard = report.guard.expect("a guard stopped it");
    assert_eq!(
        (guard.name.as_str(), guard.seen.contains("40")),
        ("max_changes", true),
        "{guard:?}"
    );
    sync.options.allow.insert("max_changes".to_owned());
    assert_eq!(sync.run().await.summary.update, 40);
    sync.assert_equal().await;
}

#[tokio::test]
async fn a_side_that_shows_nothing_any_more_stops_the_mapping() {
    let (pair, names) = pair().await;
    customers(&pair, &names, 5).await;
    let sync = Sync::new(&pair, &customers_only(&names, ""));
    sync.run().await;
    for name in pair.people.b.names(&names.customer).await {
        assert!(pair.people.b.delete(&names.customer, &name).await.is_ok());
    }
    let report = sync.run().await;
    assert_eq!(report.outcome, RunOutcome::Stopped, "{report:#?}");
    assert_eq!(
        report.guard.map(|guard| guard.name),
        Some("empty_side".to_owned())
    );
    assert_eq!(pair.people.a.names(&names.customer).await.len(), 5);
}

/// Requests that are made whatever there is to do: who, which version, which zone, and what the schema
/// looks like; and on the first run the metadata of each DocType.
const PROBE: usize = 3;
const SCHEMA: usize = 3;
/// Whether the site is the site that it was: one request each for two DocTypes.
const KNOWN_SITE: usize = 2;
/// What the site tells of deletes and of renames.
const TRACES: usize = 2;

fn counted(pair: &SitePair, side: Side) -> (usize, usize) {
    let requests = pair.sandboxes()[side].requests();
    let writes = requests
        .iter()
        .filter(|request| request.kind == RequestKind::Write)
        .count();
    (requests.len() - writes, writes)
}

#[tokio::test]
async fn request_budgets_hold() {
    let (pair, names) = pair().await;
    load(&pair, &names, 300, 1000).await;
    let sync = Sync::new(&pair, &names.mappings());
    for side in Side::BOTH {
        pair.sandboxes()[side].reset_requests();
    }
    sync.run().await;
    let doctypes = 4;
    let metadata = doctypes + 1;
    let documents = [3_usize, 300, 300, 1000];
    let tables = [0, 0, 0, 1];
    let bodies = |page: usize| -> usize {
        documents
            .iter()
            .zip(tables)
            .map(|(d, c)| (d / page + 1) * (1 + c))
            .sum()
    };
    let keys: usize = documents.iter().map(|d| d / 5000 + 1).sum();

    let (reads, writes) = counted(&pair, Side::A);
    let most = PROBE + SCHEMA + metadata + keys + bodies(500);
    assert!(
        reads <= most && writes == 0,
        "first read: {reads} of at most {most}, {writes} writes"
    );

    let (reads, writes) = counted(&pair, Side::B);
    // One chunk more for each tree level, and for the first of each DocType, which is small.
    let most_writes = documents.iter().map(|d| d.div_ceil(200)).sum::<usize>() + doctypes + 2;
    let most_reads = PROBE + SCHEMA + metadata + keys + 2 * bodies(200);
    assert!(
        writes <= most_writes,
        "first write: {writes} of at most {most_writes} writes"
    );
    assert!(
        reads <= most_reads,
        "first write: {reads} of at most {most_reads} reads"
    );

    for side in Side::BOTH {
        pair.sandboxes()[side].reset_requests();
    }
    sync.assert_quiet().await;
    for side in Side::BOTH {
        let (reads, writes) = counted(&pair, side);
        let most = doctypes + PROBE + SCHEMA + KNOWN_SITE + TRACES;
        assert!(
            reads <= most && writes == 0,
            "no change, {side}: {reads} of at most {most}"
        );
    }

    let orders = pair.people.a.names(&names.order).await;
    for name in orders.iter().take(250) {
        pair.people
            .a
            .update(
                &names.order,
                name,
                json!({ "remarks": format!("new {name}") }),
            )
            .await;
    }
    for side in Side::BOTH {
        pair.sandboxes()[side].reset_requests();
    }
    let report = sync.run().await;
    assert_eq!(report.summary.update, 250, "{report:#?}");
    let together: (usize, usize) = Side::BOTH.iter().fold((0, 0), |(reads, writes), side| {
        let (more_reads, more_writes) = counted(&pair, *side);
        (reads + more_reads, writes + more_writes)
    });
    let most =
        3 * 250_usize.div_ceil(200) * 2 + 2 * (doctypes + PROBE + SCHEMA + KNOWN_SITE + TRACES);
    assert_eq!(together.1, 250);
    assert!(
        together.0 <= most,
        "250 changed: {} reads of at most {most}",
        together.0
    );
}

#[tokio::test]
async fn a_natural_key_pairs_documents_of_different_names() {
    for pair in pairs().await {
        let names = Names::unique("Key");
        install(&pair, &names).await;
        let customer = |name: &str, phone: &str| json!({ "customer_name": name, "phone": phone });
        pair.people
            .a
            .insert(&names.customer, customer("Müller GmbH", "1"))
            .await;
        pair.people
            .a
            .insert(&names.customer, customer("Other", "2"))
            .await;
        pair.people
            .b
            .insert(&names.customer, customer("Mueller", "1"))
            .await;
        let rest = "identity: [phone]\nfields: { except: [customer_group, main_customer] }\n";
        let mapping = format!("version: 1\ndoctype: {}\n{rest}", names.customer);
        let sync = Sync::new(&pair, &[mapping]);
        let report = sync.run().await;
        assert_eq!(
            (report.summary.create, report.summary.link),
            (1, 1),
            "{report:#?}"
        );
        let phones: Vec<Value> = pair
            .people
            .b
            .list(&names.customer, &["phone"], json!([]))
            .await;
        assert_eq!(phones.len(), 2, "{phones:?}");
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn an_empty_part_of_a_natural_key_equals_an_empty_one() {
    for pair in pairs().await {
        let names = Names::unique("Part");
        install(&pair, &names).await;
        let customer = |name: &str, phone: &str, notes: &str| json!({ "customer_name": name, "phone": phone, "notes": notes });
        pair.people
            .a
            .insert(&names.customer, customer("Ada", "", "lovelace"))
            .await;
        pair.people
            .a
            .insert(&names.customer, customer("Grace", "1", ""))
            .await;
        pair.people
            .a
            .insert(&names.customer, customer("Nobody", "", ""))
            .await;
        pair.people
            .b
            .insert(&names.customer, customer("Ada B.", "", "lovelace"))
            .await;
        pair.people
            .b
            .insert(&names.customer, customer("Grace B.", "1", ""))
            .await;
        let rest =
            "identity: [phone, notes]\nfields: { except: [customer_group, main_customer] }\n";
        let mapping = format!("version: 1\ndoctype: {}\n{rest}", names.customer);
        let sync = Sync::new(&pair, &[mapping]);
        let report = sync.run().await;
        assert_eq!(
            (report.summary.create, report.summary.link),
            (1, 2),
            "{report:#?}"
        );
        for side in Side::BOTH {
            assert_eq!(
                pair.people[side].names(&names.customer).await.len(),
                3,
                "{side}"
            );
        }
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn an_edit_of_a_document_that_was_renamed_on_the_other_side_still_arrives() {
    for pair in pairs().await {
        let names = Names::unique("Across");
        install(&pair, &names).await;
        customers(&pair, &names, 3).await;
        let sync = Sync::new(&pair, &customers_only(&names, ""));
        sync.run().await;
        let renamed = pair
            .people
            .b
            .rename(&names.customer, "C00001", "C00001 new")
            .await;
        assert!(renamed.is_ok(), "{renamed:?}");
        pair.people
            .a
            .update(&names.customer, "C00001", json!({ "phone": "1" }))
            .await;
        let report = sync.run().await;
        assert_eq!(
            (report.outcome, report.summary.create),
            (RunOutcome::Converged, 0),
            "{report:#?}"
        );
        let there = pair.people.b.get(&names.customer, "C00001 new").await;
        assert_eq!(text(&there, "phone"), "1");
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn an_edit_whose_counterpart_was_deleted_is_told_and_not_dropped_in_silence() {
    for pair in pairs().await {
        let names = Names::unique("Gone");
        install(&pair, &names).await;
        customers(&pair, &names, 3).await;
        let sync = Sync::new(&pair, &customers_only(&names, ""));
        sync.run().await;
        assert!(
            pair.people
                .b
                .delete(&names.customer, "C00001")
                .await
                .is_ok()
        );
        pair.people
            .a
            .update(&names.customer, "C00001", json!({ "phone": "1" }))
            .await;
        pair.people
            .a
            .update(&names.customer, "C00002", json!({ "phone": "2" }))
            .await;
        let report = sync.run().await;
        assert_eq!(
            (report.outcome, report.summary.update),
            (RunOutcome::Converged, 1),
            "{report:#?}"
        );
        let told = |note: &&NoteReport| note.kind == "deleted_there";
        assert_eq!(report.notes.iter().filter(told).count(), 1, "{report:#?}");
        // Deleted here too, it is over.
        assert!(
            pair.people
                .a
                .delete(&names.customer, "C00001")
                .await
                .is_ok()
        );
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        uninstall(&pair, &names).await;
    }
}
