//! Measures orders that keep their names, beside the same orders made in other ways, in one run.
//!
//! ```text
//! cargo run --release -p frappe-sync-tests --bin kept-names -- [ORDERS] [SINGLE]
//! ```
//!
//! Between the real sites that the environment names (as for the conformance suite), else between two sandboxes: 5,000
//! orders of 5 rows unless told otherwise, and 300 of them one by one. Each way fills DocTypes of its own on the target.
//! Ends with 1 where a name was not kept, or where the series does not go on after the kept ones.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use frappe_sync_tests::{Names, Person, SitePair, Sync, install, pairs, uninstall};
use serde_json::{Value, json};

const ROWS: usize = 5;
const CUSTOMERS: usize = 20;
const ITEMS: usize = 40;

/// As many as the bare loop sends at once.
const CHUNK: usize = 200;

#[expect(clippy::print_stdout, reason = "the figures are what it is run for")]
#[tokio::main]
async fn main() -> ExitCode {
    let mut counts = std::env::args()
        .skip(1)
        .filter_map(|count| count.parse::<usize>().ok());
    let orders = counts.next().unwrap_or(5000);
    let single = counts.next().unwrap_or(300).min(orders);
    let pair = pairs()
        .await
        .pop()
        .expect("there is always a pair of sandboxes");
    let kind = if pair.sandboxes.is_some() {
        "sandboxes"
    } else {
        "real sites"
    };
    println!("two {kind}, {orders} orders of {ROWS} rows\n");
    println!(
        "{:44} {:>9} {:>9} {:>13}",
        "", "orders", "seconds", "orders/second"
    );
    let line = |way: &str, count: usize, took: Duration| {
        let seconds = took.as_secs_f64();
        println!(
            "{way:44} {count:>9} {seconds:>9.1} {:>13.0}",
            count as f64 / seconds
        );
    };

    let names = prepared(&pair, "Bare").await;
    let began = Instant::now();
    for number in 0..single {
        pair.people
            .b
            .insert(&names.order, order(&names, number))
            .await;
    }
    line("POST, one after another", single, began.elapsed());
    uninstall(&pair, &names).await;

    let names = prepared(&pair, "Many").await;
    let began = Instant::now();
    make(&pair.people.b, &names, orders).await;
    line("insert_many, 200 at a time", orders, began.elapsed());
    uninstall(&pair, &names).await;

    let mut holds = true;
    for (way, naming) in [
        ("frappe-sync, names of the target's own", "own"),
        ("frappe-sync, `naming: keep`, by Data Import", "keep"),
    ] {
        let names = prepared(&pair, "Sync").await;
        make(&pair.people.a, &names, orders).await;
        let mappings = mappings(&names, naming);
        let sync = Sync::new(&pair, &mappings);
        let began = Instant::now();
        let report = sync.run().await;
        line(way, orders, began.elapsed());
        let made = usize::try_from(report.summary.create).unwrap_or_default();
        if made != orders || report.summary.parked > 0 {
            println!(
                "  made {made} of them: {:?} {:?}",
                report.outcome, report.notes
            );
            holds = false;
        }
        if naming == "keep" {
            holds &= are_kept(&pair, &names).await;
        }
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
    match holds {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Makes the DocTypes, and on both sites what orders link to.
async fn prepared(pair: &SitePair, word: &str) -> Names {
    let names = Names::unique(word);
    install(pair, &names).await;
    for person in [&pair.people.a, &pair.people.b] {
        let customers = (0..CUSTOMERS).map(|number| {
            json!({ "doctype": names.customer, "customer_name": format!("Customer {number:03}") })
        });
        let items = (0..ITEMS).map(
            |number| json!({ "doctype": names.item, "item_code": format!("ITEM-{number:03}") }),
        );
        person.insert_many(customers.chain(items).collect()).await;
    }
    names
}

fn order(names: &Names, number: usize) -> Value {
    let row = |place: usize| {
        json!({ "item": format!("ITEM-{:03}", (number + place) % ITEMS), "qty": place + 1, "rate": 2.25,
            "note": format!("row {place}, \"quoted\"") })
    };
    json!({
        "doctype": names.order, "customer": format!("Customer {:03}", number % CUSTOMERS),
        "order_date": "2026-03-01", "remarks": format!("order {number}\nof two lines"), "total": 12.5,
        "items": (0..ROWS).map(row).collect::<Vec<_>>(),
    })
}

async fn make(person: &Person, names: &Names, orders: usize) {
    let numbers: Vec<usize> = (0..orders).collect();
    for numbers in numbers.chunks(CHUNK) {
        let documents = numbers.iter().map(|number| order(names, *number));
        person.insert_many(documents.collect()).await;
    }
}

fn mappings(names: &Names, naming: &str) -> Vec<String> {
    let file = |doctype: &str, rest: &str| format!("version: 1\ndoctype: {doctype}\n{rest}");
    vec![
        file(
            &names.order,
            &format!("identity: create\nnaming: {naming}\n"),
        ),
        file(&names.customer, ""),
        file(&names.item, ""),
        file(&names.group, ""),
    ]
}

/// Tells whether both sites know the orders by the same names, and the target's next one is none of them.
#[expect(clippy::print_stdout, reason = "the figures are what it is run for")]
async fn are_kept(pair: &SitePair, names: &Names) -> bool {
    let all = |found: Vec<String>| found.into_iter().collect::<BTreeSet<_>>();
    let on_a = all(pair.people.a.names(&names.order).await);
    let on_b = all(pair.people.b.names(&names.order).await);
    let next = pair.people.b.insert(&names.order, order(names, 0)).await;
    let deleted = pair.people.b.delete(&names.order, &next).await;
    let goes_on = !on_a.contains(&next) && deleted.is_ok();
    println!(
        "  {} of {} names are the same on both; the target's next order is `{next}`",
        on_a.intersection(&on_b).count(),
        on_a.len()
    );
    on_a == on_b && goes_on
}
