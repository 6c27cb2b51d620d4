//! What is submitted and cancelled already when two sites meet.

use frappe_sync_engine::Action;
use frappe_sync_model::{PerSide, RunOutcome, Side};
use frappe_sync_sandbox::Profile;
use frappe_sync_tests::{PairOptions, Sales, SitePair, Sync, pairs, text};
use serde_json::json;

use super::{assert_stage, names};

#[tokio::test]
async fn cancelled_documents_are_made_submitted_and_cancelled_again() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "Replay").await;
        let first = sales.sell(&pair, Side::A, "first", 2).await;
        let second = sales.amend(&pair, Side::A, &first, "second").await;
        sales.advance(&pair.people.a, &sales.sale, &second, 1).await;
        let delivery = json!({ "title": "D", "sale": second, "docstatus": 1 });
        pair.people.a.insert(&sales.delivery, delivery).await;
        let sync = Sync::new(&pair, &sales.mappings(""));
        let plan = sync.plan().await;
        let planned: Vec<_> = plan
            .operations
            .iter()
            .map(|operation| (operation.action, operation.doctype.as_str()))
            .collect();
        let expected = [
            (Action::Create, &*sales.sale),
            (Action::Cancel, &*sales.sale),
            (Action::Create, &*sales.sale),
            (Action::Create, &*sales.delivery),
        ];
        assert_eq!(planned, expected, "{plan:#?}");
        assert_eq!(plan.operations[1].after, [1], "{plan:#?}");

        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        assert_eq!(
            (report.summary.create, report.summary.cancel),
            (3, 1),
            "{report:#?}"
        );
        let [_, first_on_b] = names(&pair, &sales, "first").await;
        assert_stage(&pair, &sales, "first", 2).await;
        let [_, b] = assert_stage(&pair, &sales, "second", 1).await;
        assert_eq!(text(&b, "amended_from"), first_on_b);
        sync.assert_equal().await;
        sync.assert_quiet().await;
        sales.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn every_version_of_frappe_replays_a_chain_of_amendments() {
    for (a, b) in [(Profile::V14, Profile::V16), (Profile::V16, Profile::V14)] {
        let options = PairOptions {
            profiles: PerSide { a, b },
            ..PairOptions::default()
        };
        let pair = SitePair::sandbox(options).await;
        let sales = Sales::install(&pair, "Version").await;
        let mut name = sales.sell(&pair, Side::A, "0", 2).await;
        for title in ["1", "2", "3"] {
            name = sales.amend(&pair, Side::A, &name, title).await;
            sales.advance(&pair.people.a, &sales.sale, &name, 1).await;
            if title != "3" {
                sales.advance(&pair.people.a, &sales.sale, &name, 2).await;
            }
        }
        let sync = Sync::new(&pair, &sales.mappings(""));
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        assert_eq!(
            (report.summary.create, report.summary.cancel),
            (4, 3),
            "{report:#?}"
        );
        for (title, docstatus) in [("0", 2), ("1", 2), ("2", 2), ("3", 1)] {
            assert_stage(&pair, &sales, title, docstatus).await;
        }
        sync.assert_equal().await;
        sync.assert_quiet().await;
    }
}

#[tokio::test]
async fn what_is_cancelled_on_the_first_read_is_replayed_with_what_links_to_it() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "Chain").await;
        let sale = sales.sell(&pair, Side::A, "S", 1).await;
        let delivery = json!({ "title": "D", "sale": sale, "docstatus": 1 });
        let delivery = pair.people.a.insert(&sales.delivery, delivery).await;
        sales
            .advance(&pair.people.a, &sales.delivery, &delivery, 2)
            .await;
        sales.advance(&pair.people.a, &sales.sale, &sale, 2).await;
        let sync = Sync::new(&pair, &sales.mappings(""));
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        assert_eq!(
            (report.summary.create, report.summary.cancel),
            (2, 2),
            "{report:#?}"
        );
        assert_stage(&pair, &sales, "S", 2).await;
        sync.assert_equal().await;
        sync.assert_quiet().await;
        sales.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn submitted_documents_that_link_to_each_other_are_submitted_with_their_links() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "Circle").await;
        let one = sales.sell(&pair, Side::A, "one", 0).await;
        let two = sales.sell(&pair, Side::A, "two", 0).await;
        for (name, previous) in [(&one, &two), (&two, &one)] {
            let linked = json!({ "previous": previous });
            pair.people.a.update(&sales.sale, name, linked).await;
        }
        for name in [&one, &two] {
            sales.advance(&pair.people.a, &sales.sale, name, 1).await;
        }
        let sync = Sync::new(&pair, &sales.mappings(""));
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        assert_eq!(
            (report.summary.create, report.summary.submit),
            (2, 1),
            "{report:#?}"
        );
        for title in ["one", "two"] {
            assert_stage(&pair, &sales, title, 1).await;
        }
        sync.assert_equal().await;
        sync.assert_quiet().await;
        sales.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn cancelled_documents_are_skipped_where_the_mapping_says_so() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "Skip").await;
        let first = sales.sell(&pair, Side::A, "first", 2).await;
        let second = sales.amend(&pair, Side::A, &first, "second").await;
        sales.advance(&pair.people.a, &sales.sale, &second, 1).await;
        let sync = Sync::new(&pair, &sales.mappings("cancelled: skip\n"));
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        assert_eq!(report.summary.create, 1, "{report:#?}");
        let skipped: Vec<_> = report
            .notes
            .iter()
            .filter(|note| note.kind == "cancelled_skipped")
            .map(|note| note.name.as_ref().map_or("", |name| name.as_str()))
            .collect();
        assert_eq!(skipped, [&*first], "{report:#?}");
        let [_, b] = assert_stage(&pair, &sales, "second", 1).await;
        assert_eq!(text(&b, "amended_from"), "");
        assert_eq!(pair.people.b.names(&sales.sale).await.len(), 1);
        sync.assert_quiet().await;
        // One that is paired by then is followed all the same.
        sales.advance(&pair.people.a, &sales.sale, &second, 2).await;
        let report = sync.run().await;
        assert_eq!(report.summary.cancel, 1, "{report:#?}");
        assert_stage(&pair, &sales, "second", 2).await;
        sync.assert_quiet().await;
        sales.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn a_difference_when_two_documents_meet_is_a_conflict_unless_the_policy_names_who_is_further()
{
    for pair in pairs().await {
        for (policy, follows) in [("manual", false), ("a", true), ("b", false)] {
            let sales = Sales::install(&pair, "Meet").await;
            sales.sell(&pair, Side::A, "S", 1).await;
            sales.sell(&pair, Side::B, "S", 0).await;
            let mapping = format!(
                "version: 1\ndoctype: {}\nidentity: [title]\nconflict: {policy}\n",
                sales.sale
            );
            let sync = Sync::new(&pair, &[mapping]);
            let report = sync.run().await;
            assert_eq!(report.summary.create, 0, "{report:#?}");
            assert_eq!(report.conflicts.len(), 1, "{report:#?}");
            assert_eq!(
                report.conflicts[0].fields[0].to_string(),
                "docstatus",
                "{report:#?}"
            );
            let expected = if follows {
                assert_stage(&pair, &sales, "S", 1).await;
                sync.assert_equal().await;
                sync.assert_quiet().await;
                RunOutcome::Converged
            } else {
                assert_eq!(sales.sale(&pair, Side::B, "S").await["docstatus"], 0);
                RunOutcome::Partial
            };
            assert_eq!(report.outcome, expected, "{policy}: {report:#?}");
            if !follows {
                // A person submits it there.
                let [_, on_b] = names(&pair, &sales, "S").await;
                sales.advance(&pair.people.b, &sales.sale, &on_b, 1).await;
                let report = sync.run().await;
                assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
                sync.assert_equal().await;
                sync.assert_quiet().await;
            }
            sales.uninstall(&pair).await;
        }
    }
}

#[tokio::test]
async fn amendments_that_both_sites_had_from_the_start_are_paired() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "Start").await;
        for side in Side::BOTH {
            let first = sales.sell(&pair, side, "first", 2).await;
            let second = sales.amend(&pair, side, &first, "second").await;
            sales
                .advance(&pair.people[side], &sales.sale, &second, 1)
                .await;
        }
        for identity in [
            "shared_names: true\nidentity: name\n",
            "identity: [company]\n",
        ] {
            let mapping = format!("version: 1\ndoctype: {}\n{identity}", sales.sale);
            let sync = Sync::new(&pair, &[mapping]);
            let report = sync.run().await;
            assert_eq!(
                report.outcome,
                RunOutcome::Converged,
                "{identity}: {report:#?}"
            );
            assert_eq!(
                (report.summary.writes(), report.summary.link),
                (0, 2),
                "{identity}: {report:#?}"
            );
            sync.assert_equal().await;
            sync.assert_quiet().await;
        }
        sales.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn history_keeps_its_dates_and_its_order() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "Dates").await;
        for (title, company, date, time) in [
            ("last", "North", "2026-03-01", "08:00:00"),
            ("first", "North", "2025-12-31", "23:00:00"),
            ("third", "North", "2026-01-01", "10:00:00"),
            ("second", "North", "2026-01-01", "9:30:00"),
            ("east", "East", "2026-06-01", "10:00:00"),
        ] {
            let sale = json!({
                "title": title, "company": company, "posting_date": date, "posting_time": time,
                "set_posting_time": 0, "docstatus": 1,
            });
            pair.people.a.insert(&sales.sale, sale).await;
        }
        let sync = Sync::new(&pair, &sales.mappings(""));
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        let fields = ["title", "posting_date", "set_posting_time"];
        // The series of site b counts them as they were made.
        let made = pair.people.b.list(&sales.sale, &fields, json!([])).await;
        let titles: Vec<String> = made.iter().map(|sale| text(sale, "title")).collect();
        assert_eq!(titles, ["east", "first", "second", "third", "last"]);
        assert!(
            made.iter().all(|sale| sale["set_posting_time"] == 1),
            "{made:?}"
        );
        sync.assert_equal().await;
        sync.assert_quiet().await;
        sales.uninstall(&pair).await;
    }
}
