//! Carrying out a plan: what a person has seen is done, and nothing else; what moved since is named and left queued.

mod bound;
mod killed;
mod moved;
mod predicted;
mod structure;
mod two_hundred;

use frappe_sync_engine::{ApplyReport, PlanReport, SkipReason};
use frappe_sync_model::Side;
use frappe_sync_tests::{Names, PairOptions, SitePair, install};
use serde_json::json;

use crate::two_way::load;

/// Two sandboxes; `a` holds customers with groups, items and orders, `b` nothing.
async fn filled(word: &str, customers: usize, orders: usize) -> (SitePair, Names) {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let names = Names::new(word);
    install(&pair, &names).await;
    load(&pair, &names, customers, orders).await;
    (pair, names)
}

/// Returns the names of customers `Customer 00000` and so on.
fn customer(number: usize) -> String {
    format!("Customer {number:05}")
}

/// Gives customers new notes on a side, as a person.
async fn note(
    pair: &SitePair,
    names: &Names,
    side: Side,
    numbers: std::ops::Range<usize>,
    text: &str,
) {
    for number in numbers {
        let changes = json!({ "notes": text });
        pair.people[side]
            .update(&names.customer, &customer(number), changes)
            .await;
    }
}

/// Returns the names of what was skipped for a reason.
fn skipped(report: &ApplyReport, reason: SkipReason) -> Vec<&str> {
    let skipped = report
        .skipped
        .iter()
        .filter(|skipped| skipped.reason == reason);
    skipped.map(|skipped| skipped.name.as_str()).collect()
}

/// All of a plan came out as planned.
fn assert_as_planned(plan: &PlanReport, report: &ApplyReport) {
    let prediction = report.run.prediction.expect("a plan has a score");
    assert_eq!(
        (prediction.as_planned, prediction.percent),
        (plan.operations.len() as u64, 100.0),
        "{report:#?}\n{plan:#?}"
    );
    assert_eq!(
        (report.skipped.len(), report.not_in_plan),
        (0, 0),
        "{report:#?}"
    );
}
