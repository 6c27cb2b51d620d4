//! Two sites that differ in two hundred ways: all of them are planned, and nothing else.

use std::collections::BTreeSet;

use frappe_sync_engine::{Action, Operation};
use frappe_sync_model::Side;
use frappe_sync_tests::{Names, SitePair, Sync, install, pairs, text, uninstall};
use serde_json::{Value, json};

use super::{assert_as_planned, customer, note};
use crate::removing::propagating;
use crate::two_way::load;

/// What is done to a document of a site, by the name of the document that it comes from.
type Difference = (Side, Action, String, String);

fn item(number: usize) -> String {
    format!("ITEM-{number:05}")
}

/// The names of the orders of a side, in the order of their remarks.
async fn orders(pair: &SitePair, names: &Names, side: Side) -> Vec<String> {
    let fields = ["name", "remarks"];
    let mut listed = pair.people[side]
        .list(&names.order, &fields, json!([]))
        .await;
    let number = |order: &Value| {
        let remarks = text(order, "remarks");
        remarks.rsplit(' ').next().map(str::parse::<usize>)
    };
    listed.sort_by_key(|order| number(order).and_then(Result::ok));
    listed.iter().map(|order| text(order, "name")).collect()
}

/// Changes one row of an order, or takes the last away and puts a new one first.
async fn change_rows(pair: &SitePair, names: &Names, side: Side, order: &str, one: bool) {
    let person = &pair.people[side];
    let held = person.get(&names.order, order).await;
    let mut rows = held["items"].as_array().cloned().unwrap_or_default();
    if one {
        rows[1]["qty"] = json!(77);
    } else {
        rows.pop();
        rows.insert(0, json!({ "item": item(1), "qty": 1, "note": "new" }));
        for (place, row) in rows.iter_mut().enumerate() {
            row["idx"] = json!(place + 1);
        }
    }
    person
        .update(&names.order, order, json!({ "items": rows }))
        .await;
}

/// Makes two hundred differences between two sites that agree, and says what each must come to.
async fn differ(pair: &SitePair, names: &Names) -> BTreeSet<Difference> {
    let (a, b) = (&pair.people.a, &pair.people.b);
    let mut all = BTreeSet::new();
    let mut is = |to, action, doctype: &str, source: String| {
        assert!(all.insert((to, action, doctype.to_owned(), source)));
    };
    note(pair, names, Side::A, 0..50, "of a").await;
    for number in 0..50 {
        is(Side::B, Action::Update, &names.customer, customer(number));
    }
    for number in 0..40 {
        b.update(&names.item, &item(number), json!({ "price": 7.25 }))
            .await;
        is(Side::A, Action::Update, &names.item, item(number));
    }
    for order in &orders(pair, names, Side::A).await[..20] {
        change_rows(pair, names, Side::A, order, true).await;
        is(Side::B, Action::Update, &names.order, order.clone());
    }
    for order in &orders(pair, names, Side::B).await[20..35] {
        change_rows(pair, names, Side::B, order, false).await;
        is(Side::A, Action::Update, &names.order, order.clone());
    }
    for number in 0..25 {
        let new = json!({ "customer_name": format!("New {number}"), "phone": "1" });
        let name = a.insert(&names.customer, new).await;
        is(Side::B, Action::Create, &names.customer, name);
    }
    for number in 0..15 {
        let new = json!({ "item_code": format!("NEW-{number}"), "kind": "Service" });
        let name = b.insert(&names.item, new).await;
        is(Side::A, Action::Create, &names.item, name);
    }
    for number in 0..10 {
        let new = json!({
            "customer": customer(number), "remarks": "new", "items": [{ "item": item(2), "qty": 2 }],
        });
        let name = b.insert(&names.order, new).await;
        is(Side::A, Action::Create, &names.order, name);
    }
    for number in 90..100 {
        let gone = a.delete(&names.item, &item(number)).await;
        assert!(gone.is_ok(), "{gone:?}");
        is(Side::B, Action::Delete, &names.item, item(number));
    }
    for number in 80..90 {
        let new = format!("Renamed {number}");
        let renamed = a.rename(&names.customer, &customer(number), &new).await;
        assert!(renamed.is_ok(), "{renamed:?}");
        is(Side::B, Action::Rename, &names.customer, new);
    }
    for number in 60..65 {
        b.update(&names.customer, &customer(number), json!({ "notes": "" }))
            .await;
        is(Side::A, Action::Update, &names.customer, customer(number));
    }
    all
}

fn planned(operation: &Operation) -> Difference {
    let source = operation.counterpart.as_ref().map(|source| &source.name);
    let name = source.or(operation.name.as_ref());
    (
        operation.site,
        operation.action,
        operation.doctype.to_string(),
        name.map(ToString::to_string).unwrap_or_default(),
    )
}

#[tokio::test]
async fn two_hundred_differences_are_planned_and_no_other_and_come_out_as_planned() {
    for pair in pairs().await {
        let names = Names::unique("Ways");
        install(&pair, &names).await;
        load(&pair, &names, 100, 40).await;
        let mut sync = Sync::new(&pair, &propagating(&names));
        sync.options
            .allow
            .extend(["max_deletes", "max_changes"].map(str::to_owned));
        sync.run_until_quiet().await;
        let differences = differ(&pair, &names).await;
        assert_eq!(differences.len(), 200);

        let plan = sync.plan().await;
        let found: BTreeSet<Difference> = plan.operations.iter().map(planned).collect();
        let missing: Vec<_> = differences.difference(&found).collect();
        let invented: Vec<_> = found.difference(&differences).collect();
        assert!(missing.is_empty(), "not planned: {missing:#?}");
        assert!(
            invented.is_empty(),
            "planned, and nobody did: {invented:#?}"
        );
        assert_eq!(plan.operations.len(), 200, "{plan:#?}");
        assert_eq!((plan.conflicts.len(), plan.parked.len()), (0, 0));

        assert_as_planned(&plan, &sync.apply(&plan).await);
        sync.assert_equal().await;
        assert_eq!(sync.plan().await.operations, []);
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}
