//! A chunk is one transaction, and what it locks nobody else gets meanwhile.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{TimeZone as _, Utc};
use frappe_sync_engine::{Cancel, Parts, RunOptions, Silent};
use frappe_sync_mapper::parse;
use frappe_sync_model::{RunId, RunOutcome, Side, SyncName};
use frappe_sync_sandbox::{Moment, Sandbox};
use frappe_sync_store::StateFile;
use frappe_sync_tests::{Hook, VirtualOptions, VirtualPair};
use serde_json::{Value, json};

/// What one document takes.
const EACH: Duration = Duration::from_millis(70);

#[tokio::test(start_paused = true)]
async fn a_slow_site_is_given_so_little_at_once_that_its_people_do_not_wait() {
    let chunks: Arc<Mutex<Vec<u32>>> = Arc::default();
    let seen = Arc::clone(&chunks);
    let hook: Hook = Arc::new(move |moment, _: &Sandbox, request| {
        if moment == Moment::After || !request.path.contains("insert_many") {
            return Duration::ZERO;
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let documents = match &body["docs"] {
            Value::Array(documents) => documents.len(),
            Value::String(text) => text.matches("\"doctype\"").count(),
            _ => 0,
        };
        let documents = u32::try_from(documents).unwrap_or_default();
        seen.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(documents);
        EACH * documents
    });
    let start = Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).single();
    let start = start.expect("this moment exists once");
    let options = VirtualOptions {
        hook,
        ..VirtualOptions::default()
    };
    let pair = VirtualPair::new(start, &options);
    for side in Side::BOTH {
        let permission =
            json!({ "role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1 });
        let order = json!({
            "name": "Order", "module": "Custom", "custom": 1, "autoname": "ORD-.#####", "permissions": [permission],
            "fields": [{ "fieldname": "title", "fieldtype": "Data", "label": "Title" }],
        });
        pair.person(side)
            .insert("DocType", order)
            .expect("a sound DocType is taken");
    }
    for number in 0..400 {
        let order = json!({ "title": format!("order {number}") });
        pair.person(Side::A)
            .insert("Order", order)
            .expect("an order is taken");
    }
    let mapping = "version: 1\ndoctype: Order\nidentity: create\n";
    let mappings = [parse(mapping, "order.yaml").unwrap_or_else(|error| panic!("{error}"))];
    let state = StateFile::in_memory().expect("SQLite opens in memory");
    let clock = || pair.time.now();
    let parts = Parts {
        sync: SyncName::new("test"),
        run: RunId::new("run-1"),
        sites: pair.sites.as_ref(),
        store: &state.sync(&SyncName::new("test")),
        clock: &clock,
        mappings: &mappings,
        options: RunOptions::default(),
        progress: &Silent,
        cancel: &Cancel::default(),
    };
    let report = frappe_sync_engine::run(&parts).await;
    let report = report.unwrap_or_else(|error| panic!("{error}: {error:?}"));
    assert_eq!(
        (report.outcome, report.summary.create),
        (RunOutcome::Converged, 400)
    );
    let chunks = chunks
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    assert_eq!(chunks.iter().sum::<u32>(), 400, "{chunks:?}");
    let longest = EACH * chunks.iter().copied().max().unwrap_or_default();
    assert!(
        longest <= Duration::from_secs(2),
        "{longest:?} in one transaction: {chunks:?}"
    );
    assert!(chunks.len() <= 30, "nor one by one: {chunks:?}");
}
