//! What the scenarios of `incumbents`, `measured` and `histories` share.

use chrono::{DateTime, TimeZone as _, Utc};
use frappe_sync_engine::{Cancel, Parts, RunOptions, RunReport, Silent};
use frappe_sync_mapper::parse;
use frappe_sync_model::{PerSide, RunId, Side, SyncName};
use frappe_sync_store::StateFile;
use frappe_sync_tests::{Hook, Names, PairOptions, SitePair, Sync, VirtualOptions, VirtualPair};
use frappe_sync_tests::{install, text};
use serde_json::{Value, json};

/// Two sandboxes with the DocTypes of a scenario.
pub(crate) async fn sandboxes(word: &str) -> (SitePair, Names) {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let names = Names::new(word);
    install(&pair, &names).await;
    (pair, names)
}

/// The mapping of customers alone, with more keys.
pub(crate) fn customers_only(names: &Names, rest: &str) -> Vec<String> {
    vec![format!(
        "version: 1\ndoctype: {}\nfields: {{ except: [customer_group] }}\n{rest}",
        names.customer
    )]
}

/// Makes customers `C00000` and so on, each with the phone `0`.
pub(crate) async fn customers(pair: &SitePair, names: &Names, side: Side, numbers: &[usize]) {
    let customer = |number: &usize| json!({ "doctype": names.customer, "customer_name": format!("C{number:05}"), "phone": "0" });
    pair.people[side]
        .insert_many(numbers.iter().map(customer).collect())
        .await;
}

/// Makes one customer and returns its name.
pub(crate) async fn customer(pair: &SitePair, names: &Names, side: Side, name: &str) -> String {
    let document = json!({ "customer_name": name, "notes": "0", "phone": "0" });
    pair.people[side].insert(&names.customer, document).await
}

/// Returns a field of a customer as text.
pub(crate) async fn said(
    pair: &SitePair,
    names: &Names,
    side: Side,
    name: &str,
    field: &str,
) -> String {
    text(&pair.people[side].get(&names.customer, name).await, field)
}

/// Changes fields of a customer, as a person.
pub(crate) async fn edit(pair: &SitePair, names: &Names, side: Side, name: &str, changes: Value) {
    pair.people[side]
        .update(&names.customer, name, changes)
        .await;
}

/// Returns the one order with these remarks.
pub(crate) async fn order(pair: &SitePair, names: &Names, side: Side, remarks: &str) -> Value {
    let found = pair.people[side]
        .list(&names.order, &["name"], json!([["remarks", "=", remarks]]))
        .await;
    assert_eq!(found.len(), 1, "`{remarks}` on {side}: {found:?}");
    let name = text(&found[0], "name");
    pair.people[side].get(&names.order, &name).await
}

/// Returns one field of an order's rows, in their order.
pub(crate) fn rows(order: &Value, field: &str) -> Vec<String> {
    let rows = order["items"].as_array().into_iter().flatten();
    rows.map(|row| text(row, field)).collect()
}

/// Adds a field to a DocType on both sites, as a person who customises them would.
pub(crate) async fn add_field(pair: &SitePair, doctype: &str, field: Value) {
    for side in Side::BOTH {
        add_field_on(pair, side, doctype, field.clone()).await;
    }
}

/// Adds a field to a DocType on one site.
pub(crate) async fn add_field_on(pair: &SitePair, side: Side, doctype: &str, mut field: Value) {
    field["dt"] = json!(doctype);
    pair.people[side].insert("Custom Field", field).await;
}

/// Runs as often as asked and returns how many requests wrote, run by run.
pub(crate) async fn writes_of_runs(sync: &Sync<'_>, runs: usize) -> Vec<PerSide<u64>> {
    let mut writes = Vec::new();
    for _ in 0..runs {
        let requests = sync.run().await.requests;
        writes.push(PerSide::from_fn(|side| requests[side].write));
    }
    writes
}

/// Two sandboxes in virtual time with a DocType `Order` of these fields beside `title`, named by a series.
pub(crate) fn virtual_orders(hook: Hook, fields: &[Value]) -> VirtualPair {
    let start: Option<DateTime<Utc>> = Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).single();
    let options = VirtualOptions {
        hook,
        ..VirtualOptions::default()
    };
    let pair = VirtualPair::new(start.expect("this moment exists once"), &options);
    let title = json!({ "fieldname": "title", "fieldtype": "Data", "label": "Title" });
    let fields = [&[title], fields].concat();
    for side in Side::BOTH {
        let permission = json!({ "role": "System Manager", "read": 1, "write": 1, "create": 1 });
        let doctype = json!({
            "name": "Order", "module": "Custom", "custom": 1, "autoname": "ORD-.#####",
            "permissions": [permission], "fields": fields,
        });
        let made = pair.person(side).insert("DocType", doctype);
        made.expect("a sound DocType is taken");
    }
    pair
}

/// Runs once over the orders of such a pair.
pub(crate) async fn virtual_run(pair: &VirtualPair, state: &StateFile) -> RunReport {
    let mapping = "version: 1\ndoctype: Order\nidentity: create\n";
    let mappings = [parse(mapping, "order.yaml").unwrap_or_else(|error| panic!("{error}"))];
    let clock = || pair.time.now();
    let parts = Parts {
        sync: SyncName::new("test"),
        run: RunId::new(format!("run-{}", pair.time.now())),
        sites: pair.sites.as_ref(),
        store: &state.sync(&SyncName::new("test")),
        clock: &clock,
        mappings: &mappings,
        options: RunOptions::default(),
        progress: &Silent,
        cancel: &Cancel::default(),
    };
    match frappe_sync_engine::run(&parts).await {
        Ok(report) => report,
        Err(error) => panic!("the run failed: {error}: {error:?}"),
    }
}
