//! Rows that name rows of other documents, as those of a delivery note name those of its order.

use frappe_sync_engine::RunReport;
use frappe_sync_model::{RunOutcome, Side};
use frappe_sync_tests::{Names, PairOptions, SitePair, Sync, install, text};
use serde_json::{Value, json};

/// Orders, and deliveries that say which row of which order each of their rows is for.
struct Deliveries {
    pair: SitePair,
    names: Names,
    doctype: String,
}

impl Deliveries {
    async fn install() -> Self {
        let pair = SitePair::sandbox(PairOptions::default()).await;
        let names = Names::new("R");
        install(&pair, &names).await;
        let doctype = format!("{} Delivery", names.prefix);
        let row = format!("{} Delivery Item", names.prefix);
        let field = |name: &str, fieldtype: &str, options: &str, more: Value| -> Value {
            let mut field = more;
            field["fieldname"] = json!(name);
            field["fieldtype"] = json!(fieldtype);
            field["label"] = json!(name);
            field["options"] = json!(options);
            field
        };
        let filled = || json!({ "read_only": 1, "no_copy": 1 });
        let rows = json!({
            "name": row, "module": "Custom", "custom": 1, "istable": 1, "permissions": [], "fields": [
                field("item", "Link", &names.item, json!({ "reqd": 1 })),
                field("qty", "Float", "", json!({})),
                field("against", "Link", &names.order, filled()),
                field("order_row", "Data", "", filled()),
            ],
        });
        let delivery = json!({
            "name": doctype, "module": "Custom", "custom": 1, "autoname": "R-DEL-.#####",
            "permissions": [{ "role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1 }],
            "fields": [
                field("remarks", "Small Text", "", json!({})),
                field("items", "Table", &row, json!({})),
            ],
        });
        for side in Side::BOTH {
            for doctype in [&rows, &delivery] {
                pair.people[side].insert("DocType", doctype.clone()).await;
            }
            for item in ["Rope", "Sail", "Oar"] {
                let item = json!({ "item_code": item });
                pair.people[side].insert(&names.item, item).await;
            }
            let customer = json!({ "customer_name": "Ann" });
            pair.people[side].insert(&names.customer, customer).await;
        }
        Self {
            pair,
            names,
            doctype,
        }
    }

    fn sync(&self) -> Sync<'_> {
        let mut mappings = self.names.mappings();
        mappings.insert(
            0,
            format!(
                "version: 1\ndoctype: {}\nidentity: create\ntables:\n  items:\n    map:\n      \
                 against: against\n      order_row: {{row_of: against}}\n",
                self.doctype
            ),
        );
        Sync::new(&self.pair, &mappings)
    }

    /// Makes an order of these items and returns it.
    async fn order(&self, side: Side, items: &[&str]) -> Value {
        let rows: Vec<Value> = items
            .iter()
            .map(|item| json!({ "item": item, "qty": 2 }))
            .collect();
        let order = json!({ "customer": "Ann", "items": rows });
        let name = self.pair.people[side]
            .insert(&self.names.order, order)
            .await;
        self.pair.people[side].get(&self.names.order, &name).await
    }

    /// Makes a delivery of these rows of an order.
    async fn deliver(&self, side: Side, order: &Value, rows: &[usize]) -> String {
        let rows: Vec<Value> = rows
            .iter()
            .map(|place| {
                let row = &order["items"][*place];
                json!({ "item": row["item"], "qty": 1, "against": order["name"], "order_row": row["name"] })
            })
            .collect();
        let delivery = json!({ "remarks": "all of it", "items": rows });
        self.pair.people[side].insert(&self.doctype, delivery).await
    }

    /// Says of each row of the one delivery on a side which item of which order's row it names there.
    async fn delivered(&self, side: Side) -> Vec<(String, String)> {
        let person = &self.pair.people[side];
        let all = person.list(&self.doctype, &["name"], json!([])).await;
        assert_eq!(all.len(), 1, "{side}: {all:#?}");
        let delivery = person.get(&self.doctype, &text(&all[0], "name")).await;
        let mut told = Vec::new();
        for row in delivery["items"].as_array().into_iter().flatten() {
            let order = person.get(&self.names.order, &text(row, "against")).await;
            let rows = order["items"].as_array().into_iter().flatten();
            let mut meant = rows.filter(|meant| meant["name"] == row["order_row"]);
            let item = meant.next().map(|meant| text(meant, "item"));
            told.push((text(row, "item"), item.unwrap_or_default()));
        }
        told
    }
}

fn converged(report: &RunReport) {
    assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
}

fn own(items: &[&str]) -> Vec<(String, String)> {
    items
        .iter()
        .map(|item| ((*item).to_owned(), (*item).to_owned()))
        .collect()
}

#[tokio::test]
async fn a_row_names_the_counterpart_of_the_row_that_it_named() {
    let deliveries = Deliveries::install().await;
    // So that numbers and places differ on the two sites.
    deliveries.order(Side::B, &["Oar"]).await;
    let order = deliveries.order(Side::A, &["Rope", "Sail", "Oar"]).await;
    deliveries.deliver(Side::A, &order, &[2, 0]).await;
    let sync = deliveries.sync();
    converged(&sync.run().await);
    assert_eq!(deliveries.delivered(Side::A).await, own(&["Oar", "Rope"]));
    assert_eq!(deliveries.delivered(Side::B).await, own(&["Oar", "Rope"]));
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn it_comes_back_from_the_other_side_and_follows_an_edit() {
    let deliveries = Deliveries::install().await;
    let sync = deliveries.sync();
    deliveries.order(Side::A, &["Rope", "Sail"]).await;
    converged(&sync.run().await);
    let person = &deliveries.pair.people.b;
    let orders = person
        .list(&deliveries.names.order, &["name"], json!([]))
        .await;
    let order = person
        .get(&deliveries.names.order, &text(&orders[0], "name"))
        .await;
    let delivery = deliveries.deliver(Side::B, &order, &[1]).await;
    converged(&sync.run().await);
    assert_eq!(deliveries.delivered(Side::A).await, own(&["Sail"]));

    let mut rows = person.get(&deliveries.doctype, &delivery).await["items"].clone();
    rows[0]["item"] = json!("Rope");
    rows[0]["order_row"] = order["items"][0]["name"].clone();
    let edit = json!({ "items": rows });
    person.update(&deliveries.doctype, &delivery, edit).await;
    converged(&sync.run().await);
    assert_eq!(deliveries.delivered(Side::A).await, own(&["Rope"]));
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn a_row_that_is_none_of_its_document_parks_only_what_names_it() {
    let deliveries = Deliveries::install().await;
    let mut order = deliveries.order(Side::A, &["Rope"]).await;
    order["items"][0]["name"] = json!("0123456789");
    deliveries.deliver(Side::A, &order, &[0]).await;
    let report = deliveries.sync().run().await;
    assert_eq!(report.parked.len(), 1, "{report:#?}");
    assert!(
        report.parked[0].message.contains("no such row"),
        "{report:#?}"
    );
}

#[tokio::test]
async fn a_plan_that_makes_both_documents_is_carried_out_in_full() {
    let deliveries = Deliveries::install().await;
    let order = deliveries.order(Side::A, &["Rope", "Sail"]).await;
    deliveries.deliver(Side::A, &order, &[1]).await;
    let sync = deliveries.sync();
    let plan = sync.plan().await;
    assert!(plan.parked.is_empty(), "{plan:#?}");
    let applied = sync.apply(&plan).await;
    assert!(applied.skipped.is_empty(), "{applied:#?}");
    assert_eq!(deliveries.delivered(Side::B).await, own(&["Sail"]));
    sync.assert_quiet().await;
}
