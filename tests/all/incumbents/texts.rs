//! Names and messages are whatever people and translators write: nothing is read out of them.

use frappe_sync_model::{ParkedCause, RunOutcome, Side};
use frappe_sync_sandbox::{Action, Fault, Matcher};
use frappe_sync_tests::{Names, Sync, install, pairs, text, uninstall};
use serde_json::json;

use crate::removing::propagating;
use crate::scene::{edit, order, rows, said, sandboxes};
use crate::two_way::load;

/// Names with everything that breaks a URL, a list with commas, a pattern or a quotation.
const ODD: [&str; 8] = [
    "Müller, Söhne & Co.",
    "100% \"Quality\" / Fine 'Goods'",
    "What? #1 = a+b",
    "North, South",
    "50%25 off\\really",
    "like_this%",
    "Could not find Customer: A, Customer: B",
    "日本 [株式会社] {x}",
];

#[tokio::test]
async fn names_with_commas_quotes_slashes_and_percent_signs_arrive_as_they_are() {
    for pair in pairs().await {
        let names = Names::unique("Odd");
        install(&pair, &names).await;
        for (index, name) in ODD.into_iter().enumerate() {
            let customer = json!({ "customer_name": name, "phone": "0" });
            pair.people.a.insert(&names.customer, customer).await;
            pair.people
                .a
                .insert(&names.item, json!({ "item_code": name }))
                .await;
            let order = json!({
                "customer": name, "remarks": format!("order {index}"), "items": [{ "item": name, "qty": 1 }],
            });
            pair.people.a.insert(&names.order, order).await;
        }
        let sync = Sync::new(&pair, &propagating(&names));
        let report = sync.run().await;
        assert_eq!(
            (report.outcome, report.summary.create),
            (RunOutcome::Converged, 3 * ODD.len() as u64),
            "{report:#?}"
        );
        for (index, name) in ODD.into_iter().enumerate() {
            let order = order(&pair, &names, Side::B, &format!("order {index}")).await;
            assert_eq!(
                (text(&order, "customer").as_str(), rows(&order, "item")),
                (name, vec![name.to_owned()])
            );
            edit(&pair, &names, Side::B, name, json!({ "phone": name })).await;
        }
        let report = sync.run().await;
        assert_eq!(
            (report.summary.create, report.summary.update),
            (0, ODD.len() as u64),
            "{report:#?}"
        );
        for name in ODD {
            assert_eq!(said(&pair, &names, Side::A, name, "phone").await, name);
        }
        sync.assert_equal().await;
        sync.assert_quiet().await;

        let (gone, renamed) = (
            order(&pair, &names, Side::A, "order 1").await,
            "Neu, \"50%\" / 'x'",
        );
        let deleted = pair
            .people
            .a
            .delete(&names.order, &text(&gone, "name"))
            .await;
        assert!(deleted.is_ok(), "{deleted:?}");
        for doctype in [&names.customer, &names.item] {
            let deleted = pair.people.a.delete(doctype, ODD[1]).await;
            assert!(deleted.is_ok(), "{deleted:?}");
        }
        let done = pair.people.b.rename(&names.customer, ODD[0], renamed).await;
        assert!(done.is_ok(), "{done:?}");
        sync.run_until_quiet().await;
        for side in Side::BOTH {
            let customers = pair.people[side].names(&names.customer).await;
            assert_eq!(customers.len(), ODD.len() - 1, "{side}: {customers:?}");
            assert!(
                !customers.contains(&ODD[1].to_owned()),
                "{side}: {customers:?}"
            );
            assert_eq!(
                order(&pair, &names, side, "order 0").await["customer"],
                renamed
            );
        }
        sync.assert_equal().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn an_error_in_another_language_is_told_apart_by_its_type_and_nothing_is_made_up() {
    let (pair, names) = sandboxes("Lang").await;
    load(&pair, &names, 4, 6).await;
    let message = "Konnte nicht finden: Kunde: Müller, Söhne & Co., Artikel: ITEM-00001, Kunde: B";
    // The orders' requests are refused, together and one by one, by a site that speaks German.
    let sync = Sync::new(&pair, &names.mappings());
    let faults = pair.sandboxes().b.faults();
    for _ in 0..20 {
        faults.push(Fault {
            matcher: Matcher::writes().doctype(&names.order),
            action: Action::Reject {
                status: 417,
                exc_type: "LinkValidationError".to_owned(),
                message: message.to_owned(),
            },
        });
    }
    let report = sync.run().await;
    assert_eq!(
        (report.outcome, report.parked.len()),
        (RunOutcome::Partial, 6),
        "{report:#?}"
    );
    for parked in &report.parked {
        let exc_type = "LinkValidationError".to_owned();
        assert_eq!(
            parked.cause,
            ParkedCause::Refused { exc_type },
            "{parked:#?}"
        );
        assert!(
            parked.message.contains("Müller, Söhne & Co."),
            "{parked:#?}"
        );
    }
    let made = |doctype: &str| pair.sandboxes().b.len_of(doctype);
    assert_eq!(
        (made(&names.customer), made(&names.item), made(&names.group)),
        (4, 4, 3)
    );
    assert_eq!(made(&names.order), 0);

    faults.clear();
    let report = sync.run().await;
    assert_eq!(
        (report.outcome, report.summary.create),
        (RunOutcome::Converged, 6),
        "{report:#?}"
    );
    sync.assert_equal().await;
    sync.assert_quiet().await;
}
