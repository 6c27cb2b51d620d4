//! Amendments follow what they amend.

use frappe_sync_model::{ParkedCause, RunOutcome, Side};
use frappe_sync_tests::{Sales, Sync, pairs, text};

use super::{assert_stage, names};

#[tokio::test]
async fn amendments_follow_in_both_directions_and_several_in_one_run() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "Amend").await;
        let first = sales.sell(&pair, Side::A, "first", 1).await;
        let sync = Sync::new(&pair, &sales.mappings(""));
        sync.run().await;
        // Amended twice between two runs.
        sales.advance(&pair.people.a, &sales.sale, &first, 2).await;
        let second = sales.amend(&pair, Side::A, &first, "second").await;
        sales.advance(&pair.people.a, &sales.sale, &second, 1).await;
        sales.advance(&pair.people.a, &sales.sale, &second, 2).await;
        sales.amend(&pair, Side::A, &second, "third").await;
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        let summary = report.summary;
        assert_eq!(
            (summary.create, summary.cancel, summary.submit),
            (2, 2, 0),
            "{report:#?}"
        );
        for (title, docstatus) in [("first", 2), ("second", 2), ("third", 0)] {
            assert_stage(&pair, &sales, title, docstatus).await;
        }
        let [_, second_on_b] = names(&pair, &sales, "second").await;
        let third = sales.sale(&pair, Side::B, "third").await;
        assert_eq!(text(&third, "amended_from"), second_on_b);
        sync.assert_equal().await;
        sync.assert_quiet().await;

        // And back: site b amends the document that came from a.
        let third = text(&third, "name");
        for docstatus in [1, 2] {
            sales
                .advance(&pair.people.b, &sales.sale, &third, docstatus)
                .await;
        }
        let fourth = sales.amend(&pair, Side::B, &third, "fourth").await;
        sales.advance(&pair.people.b, &sales.sale, &fourth, 1).await;
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        assert_stage(&pair, &sales, "third", 2).await;
        let [a, _] = assert_stage(&pair, &sales, "fourth", 1).await;
        let [third_on_a, _] = names(&pair, &sales, "third").await;
        assert_eq!(text(&a, "amended_from"), third_on_a);
        sync.assert_equal().await;
        sync.assert_quiet().await;
        sales.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn two_independent_amendments_are_parked_and_never_paired() {
    for identity in [
        "",
        "shared_names: true\nidentity: name\n",
        "identity: [company]\n",
    ] {
        for pair in pairs().await {
            let sales = Sales::install(&pair, "Twice").await;
            let on_a = sales.sell(&pair, Side::A, "S", 1).await;
            let mut mappings = sales.mappings("");
            for mapping in &mut mappings {
                if mapping.contains(" Sale\n") && !identity.is_empty() {
                    *mapping = format!("version: 1\ndoctype: {}\n{identity}", sales.sale);
                }
            }
            let sync = Sync::new(&pair, &mappings);
            sync.run().await;
            sales.advance(&pair.people.a, &sales.sale, &on_a, 2).await;
            sync.run().await;
            let [_, on_b] = names(&pair, &sales, "S").await;
            let amended_on_a = sales.amend(&pair, Side::A, &on_a, "amended on a").await;
            let amended_on_b = sales.amend(&pair, Side::B, &on_b, "amended on b").await;
            let report = sync.run().await;
            assert_eq!(
                (report.summary.create, report.summary.link),
                (0, 0),
                "{report:#?}"
            );
            assert_eq!(report.outcome, RunOutcome::Partial, "{report:#?}");
            let mut parked: Vec<_> = report
                .parked
                .iter()
                .map(|parked| {
                    assert_eq!(
                        parked.cause,
                        ParkedCause::IndependentAmendments,
                        "{report:#?}"
                    );
                    (parked.site, parked.name.as_str())
                })
                .collect();
            parked.sort_unstable();
            let both = [(Side::A, &*amended_on_a), (Side::B, &*amended_on_b)];
            assert_eq!(parked, both, "{report:#?}");

            // Somebody takes one of them back: the other one is the amendment.
            let deleted = pair.people.b.delete(&sales.sale, &amended_on_b).await;
            assert!(deleted.is_ok(), "{deleted:?}");
            let report = sync.run().await;
            assert_eq!(
                (report.summary.create, report.parked.len()),
                (1, 0),
                "{report:#?}"
            );
            assert_stage(&pair, &sales, "amended on a", 0).await;
            sync.assert_equal().await;
            sync.assert_quiet().await;
            sales.uninstall(&pair).await;
        }
    }
}

#[tokio::test]
async fn an_amendment_waits_for_a_cancel_that_the_other_site_refuses() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "Wait").await;
        let on_a = sales.sell(&pair, Side::A, "S", 1).await;
        let sync = Sync::new(&pair, &sales.mappings("direction: a-to-b\n"));
        sync.run().await;
        let [_, on_b] = names(&pair, &sales, "S").await;
        let delivery = serde_json::json!({ "title": "D", "sale": on_b, "docstatus": 1 });
        let delivery = pair.people.b.insert(&sales.delivery, delivery).await;
        sales.advance(&pair.people.a, &sales.sale, &on_a, 2).await;
        sales.amend(&pair, Side::A, &on_a, "amended").await;
        let report = sync.run().await;
        assert_eq!(
            (report.summary.create, report.parked.len()),
            (0, 2),
            "{report:#?}"
        );

        sales
            .advance(&pair.people.b, &sales.delivery, &delivery, 2)
            .await;
        let report = sync.run().await;
        assert_eq!(
            (report.summary.create, report.parked.len()),
            (1, 0),
            "{report:#?}"
        );
        assert_stage(&pair, &sales, "amended", 0).await;
        sync.assert_quiet().await;
        sales.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn a_second_amendment_that_the_other_site_has_no_name_for_is_parked() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "Second").await;
        let on_a = sales.sell(&pair, Side::A, "S", 2).await;
        let sync = Sync::new(&pair, &sales.mappings(""));
        sync.run().await;
        let first = sales.amend(&pair, Side::A, &on_a, "first").await;
        sync.run().await;
        assert_stage(&pair, &sales, "first", 0).await;
        // The counterpart of the first one stays on site b, under the name that a second one would get.
        let deleted = pair.people.a.delete(&sales.sale, &first).await;
        assert!(deleted.is_ok(), "{deleted:?}");
        sync.run().await;
        let second = sales.amend(&pair, Side::A, &on_a, "second").await;
        let report = sync.run().await;
        assert_eq!(report.summary.create, 0, "{report:#?}");
        assert_eq!(report.parked.len(), 1, "{report:#?}");
        assert_eq!(report.parked[0].name, *second, "{report:#?}");
        assert_eq!(
            report.parked[0].cause,
            ParkedCause::IndependentAmendments,
            "{report:#?}"
        );
        assert_eq!(pair.people.b.names(&sales.sale).await.len(), 2);
        sales.uninstall(&pair).await;
    }
}
