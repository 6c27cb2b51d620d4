//! A chunk is one transaction, and what it locks nobody else gets meanwhile.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use frappe_sync_model::{RunOutcome, Side};
use frappe_sync_sandbox::{Moment, Sandbox};
use frappe_sync_store::StateFile;
use frappe_sync_tests::Hook;
use serde_json::{Value, json};

use crate::scene::{virtual_orders, virtual_run};

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
    let pair = virtual_orders(hook, &[]);
    for number in 0..400 {
        let order = json!({ "title": format!("order {number}") });
        let made = pair.person(Side::A).insert("Order", order);
        made.expect("an order is taken");
    }
    let state = StateFile::in_memory().expect("SQLite opens in memory");
    let report = virtual_run(&pair, &state).await;
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
