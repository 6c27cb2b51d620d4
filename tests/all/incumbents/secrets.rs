//! What must stay at home: passwords of documents, keys of the sites.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use frappe_sync_model::{RunOutcome, Side};
use frappe_sync_sandbox::Sandbox;
use frappe_sync_store::StateFile;
use frappe_sync_tests::{Hook, Names, SitePair, Sync, install, pairs, uninstall};
use serde_json::json;

use crate::scene::{add_field, customers_only, edit, virtual_orders, virtual_run};

async fn secret(pair: &SitePair, side: Side, names: &Names) -> Option<String> {
    let asked = json!({ "doctype": names.customer, "name": "C", "fieldname": "portal_key" });
    let told = pair.people[side]
        .call("frappe.client.get_password", asked)
        .await;
    told.ok()
        .and_then(|secret| secret.as_str().map(str::to_owned))
}

#[tokio::test]
async fn a_password_field_never_travels_and_is_never_masked_over() {
    for pair in pairs().await {
        let names = Names::unique("Pass");
        install(&pair, &names).await;
        let field =
            json!({ "fieldname": "portal_key", "fieldtype": "Password", "label": "Portal Key" });
        add_field(&pair, &names.customer, field).await;
        let with_key = json!({ "customer_name": "C", "phone": "0", "portal_key": "opensesame-a" });
        pair.people.a.insert(&names.customer, with_key).await;
        let sync = Sync::new(&pair, &customers_only(&names, ""));
        sync.run().await;
        assert_eq!(secret(&pair, Side::B, &names).await, None);
        assert_eq!(
            secret(&pair, Side::A, &names).await.as_deref(),
            Some("opensesame-a")
        );

        // Both have one of their own, and everything else goes on around it.
        let own = json!({ "portal_key": "own-key-of-b", "notes": "b" });
        edit(&pair, &names, Side::B, "C", own).await;
        edit(&pair, &names, Side::A, "C", json!({ "phone": "a" })).await;
        let report = sync.run().await;
        assert_eq!(
            (report.summary.update, report.summary.conflict),
            (2, 0),
            "{report:#?}"
        );
        assert_eq!(
            secret(&pair, Side::A, &names).await.as_deref(),
            Some("opensesame-a")
        );
        assert_eq!(
            secret(&pair, Side::B, &names).await.as_deref(),
            Some("own-key-of-b")
        );
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_request_carries_a_secret_but_the_header_that_it_belongs_to() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&seen);
    let hook: Hook = Arc::new(move |_, _: &Sandbox, request| {
        let mut shown = format!("{}?{}\n", request.path, request.query);
        let other_headers = request
            .headers
            .iter()
            .filter(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
        for (name, value) in other_headers {
            shown += &format!("{name}: {value}\n");
        }
        shown += &String::from_utf8_lossy(&request.body);
        log.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(shown);
        Duration::ZERO
    });
    let key = json!({ "fieldname": "gate_code", "fieldtype": "Password", "label": "Gate" });
    let pair = virtual_orders(hook, &[key]);
    for side in Side::BOTH {
        let order = json!({ "title": format!("of {side}"), "gate_code": "opensesame" });
        let made = pair.person(side).insert("Order", order);
        made.expect("an order is taken");
    }
    let state = StateFile::in_memory().expect("SQLite opens in memory");
    let report = virtual_run(&pair, &state).await;
    assert_eq!(
        (report.outcome, report.summary.create),
        (RunOutcome::Converged, 2)
    );
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(seen.iter().any(|request| request.contains("of a")));
    for word in ["sync-secret", "sync-key", "opensesame", "**********"] {
        let carrying = seen.iter().find(|request| request.contains(word));
        assert_eq!(carrying, None, "`{word}`");
    }
}
