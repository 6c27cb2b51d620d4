//! Measures a first load beside the site's own ceiling, in one run.
//!
//! ```text
//! cargo run --release -p frappe-sync-tests --bin first-load -- [CUSTOMERS] [ITEMS] [ORDERS] [ROUNDS]
//! ```
//!
//! Between the real sites that the environment names (as for the conformance suite), else between two
//! sandboxes. First a bare loop of `frappe.client.insert_many` with the same documents fills DocTypes of
//! its own on the target; then a sync fills the others; then both sites are read by a bare bulk pager and
//! by `verify`. Rounds are interleaved, since machines are noisy.

use std::time::{Duration, Instant};

use frappe_sync_model::PerSide;
use frappe_sync_tests::{Names, Person, SitePair, Sync, install, pairs, uninstall};
use serde_json::{Value, json};

/// Rows of each order.
const ROWS: usize = 5;

#[expect(clippy::print_stdout, reason = "the figures are what it is run for")]
#[tokio::main]
async fn main() {
    let mut counts = std::env::args()
        .skip(1)
        .filter_map(|count| count.parse::<usize>().ok());
    let customers = counts.next().unwrap_or(300);
    let items = counts.next().unwrap_or(300);
    let orders = counts.next().unwrap_or(1000);
    let rounds = counts.next().unwrap_or(4);
    let all = customers + items + orders;
    let pair = pairs()
        .await
        .pop()
        .expect("there is always a pair of sandboxes");
    let kind = if pair.sandboxes.is_some() {
        "sandbox"
    } else {
        "real"
    };
    println!("{kind} sites, {customers} customers, {items} items, {orders} orders of {ROWS} rows");
    let mut ratios = Vec::new();
    for round in 1..=rounds {
        let bare = Names::unique("Bare");
        let synced = Names::unique("Load");
        install(&pair, &bare).await;
        install(&pair, &synced).await;
        for batch in documents(&synced, customers, items, orders) {
            pair.people.a.insert_many(batch).await;
        }

        // Each goes first in every other round: whoever comes second finds a warmer and a fuller site.
        let sync = Sync::new(&pair, &synced.mappings());
        let batches = documents(&bare, customers, items, orders);
        let mut ceiling = Duration::ZERO;
        if round % 2 == 1 {
            ceiling = insert_all(&pair.people.b, &batches).await;
        }
        let began = Instant::now();
        let report = sync.run().await;
        let load = began.elapsed();
        assert_eq!(report.summary.create, all as u64, "{report:#?}");
        if round % 2 == 0 {
            ceiling = insert_all(&pair.people.b, &batches).await;
        }

        let began = Instant::now();
        let quiet = sync.run().await;
        let no_change = began.elapsed();
        assert_eq!(quiet.summary.writes(), 0, "{quiet:#?}");

        let began = Instant::now();
        for person in [&pair.people.a, &pair.people.b] {
            read_all(person, &synced).await;
        }
        let pager = began.elapsed();
        let began = Instant::now();
        let verified = sync.verify().await;
        let verify = began.elapsed();
        assert!(verified.equal, "{verified:#?}");

        let ratio = ceiling.as_secs_f64() / load.as_secs_f64();
        ratios.push(ratio);
        let per_document = PerSide::from_fn(|side| {
            let counts = report.requests[side];
            (counts.read + counts.write) as f64 / all as f64
        });
        println!(
            "round {round}: insert_many {}, first load {} ({:.0} documents/s, {:.3} requests per document on \
             a, {:.3} on b), ratio {ratio:.2}; run without change {} ({} and {} requests); bulk pager {}, \
             verify {}, ratio {:.2}",
            seconds(ceiling),
            seconds(load),
            all as f64 / load.as_secs_f64(),
            per_document.a,
            per_document.b,
            seconds(no_change),
            quiet.requests.a.read,
            quiet.requests.b.read,
            seconds(pager),
            seconds(verify),
            pager.as_secs_f64() / verify.as_secs_f64(),
        );
        edits(&pair, &synced, &sync).await;
        uninstall(&pair, &bare).await;
        uninstall(&pair, &synced).await;
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "first load, median ratio to the bare loop: {:.2}",
        ratios[ratios.len() / 2]
    );
    if let Some(peak) = peak_memory() {
        println!("peak memory of this process: {peak}");
    }
}

/// The bare loop: chunks of 200, and nothing else.
async fn insert_all(person: &Person, batches: &[Vec<Value>]) -> Duration {
    let began = Instant::now();
    for batch in batches {
        person.insert_many(batch.clone()).await;
    }
    began.elapsed()
}

/// Edits a hundred orders on one side and brings them over.
#[expect(clippy::print_stdout, reason = "the figures are what it is run for")]
async fn edits(pair: &SitePair, names: &Names, sync: &Sync<'_>) {
    let orders = pair.people.a.names(&names.order).await;
    let edited = orders.len().min(100);
    for name in orders.iter().take(edited) {
        pair.people
            .a
            .update(
                &names.order,
                name,
                json!({ "remarks": format!("new {name}") }),
            )
            .await;
    }
    let began = Instant::now();
    let report = sync.run().await;
    let took = began.elapsed();
    assert_eq!(report.summary.update, edited as u64, "{report:#?}");
    println!(
        "         {edited} edited orders: {}, requests a {}, b {} of them {} writes",
        seconds(took),
        report.requests.a.read + report.requests.a.write,
        report.requests.b.read + report.requests.b.write,
        report.requests.b.write,
    );
}

fn documents(names: &Names, customers: usize, items: usize, orders: usize) -> Vec<Vec<Value>> {
    let customer = |index: usize| {
        json!({
            "doctype": names.customer, "customer_name": format!("Customer {index:05}"),
            "credit_limit": index * 10, "notes": format!("note {index}"), "phone": "030 123456",
        })
    };
    let item = |index: usize| {
        json!({
            "doctype": names.item, "item_code": format!("ITEM-{index:05}"),
            "item_name": format!("Item {index}"), "price": 1.5, "kind": "Goods",
            "description": "<p>plain</p>",
        })
    };
    let order = |index: usize| {
        let row = |place: usize| {
            json!({
                "item": format!("ITEM-{:05}", (index + place) % items), "qty": place + 1,
                "rate": 2.25, "note": format!("row {place}"),
            })
        };
        json!({
            "doctype": names.order, "customer": format!("Customer {:05}", index % customers),
            "order_date": "2026-03-01", "remarks": format!("order {index}"), "total": 12.5,
            "items": (0..ROWS).map(row).collect::<Vec<_>>(),
        })
    };
    vec![
        (0..customers).map(customer).collect(),
        (0..items).map(item).collect(),
        (0..orders).map(order).collect(),
    ]
}

/// Reads everything as a bare loop would: pages of 500 parents, and one request for their rows.
async fn read_all(person: &Person, names: &Names) {
    for doctype in [&names.group, &names.customer, &names.item, &names.order] {
        let mut after = String::new();
        loop {
            let asked = json!({
                "doctype": doctype, "fields": ["*"], "filters": [["name", ">", after]],
                "order_by": "name asc", "limit_page_length": 500,
            });
            let page = person
                .call("frappe.client.get_list", asked)
                .await
                .expect("the site answers");
            let rows = page.as_array().cloned().unwrap_or_default();
            let page_names: Vec<&str> =
                rows.iter().filter_map(|row| row["name"].as_str()).collect();
            if doctype == &names.order && !page_names.is_empty() {
                let asked = json!({
                    "doctype": names.row, "parent": names.order, "fields": ["*"],
                    "filters": [["parent", "in", page_names]], "limit_page_length": 0,
                    "order_by": "parent asc, idx asc",
                });
                person
                    .call("frappe.client.get_list", asked)
                    .await
                    .expect("the site answers");
            }
            if page_names.len() < 500 {
                break;
            }
            after = page_names
                .last()
                .map_or_else(String::new, |name| (*name).to_owned());
        }
    }
}

fn seconds(took: Duration) -> String {
    format!("{:.2} s", took.as_secs_f64())
}

/// The most memory that this process held, where the system tells.
fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    Some(
        line.split_whitespace()
            .skip(1)
            .collect::<Vec<_>>()
            .join(" "),
    )
}
