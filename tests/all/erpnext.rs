//! What two ERPNext sites brought to light, each cut down to its smallest history.

use frappe_sync_model::{RunOutcome, Side};
use frappe_sync_sandbox::{Hook, RequestKind};
use frappe_sync_tests::{Names, PairOptions, SitePair, Sync, install};
use serde_json::{Value, json};

async fn pair() -> (SitePair, Names) {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let names = Names::new("E");
    install(&pair, &names).await;
    (pair, names)
}

async fn items(pair: &SitePair, names: &Names, prefix: &str, count: usize, price: f64) {
    let item = |index: usize| json!({ "doctype": names.item, "item_code": format!("{prefix}{index:04}"), "price": price });
    pair.people
        .a
        .insert_many((0..count).map(item).collect())
        .await;
}

fn items_only(names: &Names) -> Vec<String> {
    vec![format!("version: 1\ndoctype: {}\n", names.item)]
}

/// What was written on `b` since the log was reset: how many documents each request carried.
fn chunks_on_b(pair: &SitePair) -> Vec<String> {
    let requests = pair.sandboxes().b.requests().into_iter();
    requests
        .filter(|request| request.kind == RequestKind::Write)
        .map(|request| request.detail)
        .collect()
}

/// A hundred orders of ERPNext in one transaction held their series for 18 s.
#[tokio::test]
async fn the_first_chunk_is_small_and_its_speed_is_known_to_the_later_batches() {
    let (pair, names) = pair().await;
    items(&pair, &names, "I", 400, 1.0).await;
    let mut sync = Sync::new(&pair, &items_only(&names));
    sync.options.documents_per_batch = 100;
    pair.sandboxes().b.reset_requests();
    sync.run().await;
    let chunks = chunks_on_b(&pair);
    assert!(chunks[0].ends_with(" of 20"), "{chunks:?}");
    // The first of the second batch is no first one again.
    assert!(!chunks[2].ends_with(" of 20"), "{chunks:?}");
    sync.assert_equal().await;
}

/// An order with a disabled item is refused at every run: the orders of the day do not go down with it.
#[tokio::test]
async fn documents_refused_before_are_tried_alone_and_take_no_good_ones_back() {
    let (pair, names) = pair().await;
    pair.sandboxes().b.add_hook(
        &names.item,
        Hook::RefusesWhen {
            field: "item_name".to_owned(),
            value: "disabled".to_owned(),
            message: "Item is disabled".to_owned(),
        },
    );
    let bad = |index: usize| -> Value {
        json!({ "doctype": names.item, "item_code": format!("BAD{index}"), "item_name": "disabled" })
    };
    pair.people.a.insert_many((0..3).map(bad).collect()).await;
    let sync = Sync::new(&pair, &items_only(&names));
    let report = sync.run().await;
    assert_eq!(report.parked.len(), 3, "{report:#?}");

    items(&pair, &names, "GOOD", 10, 1.0).await;
    pair.sandboxes().b.reset_requests();
    let report = sync.run().await;
    assert_eq!(
        (report.outcome, report.summary.create, report.parked.len()),
        (RunOutcome::Partial, 10, 3),
        "{report:#?}"
    );
    let chunks = chunks_on_b(&pair);
    assert_eq!(chunks.len(), 1 + 3, "{chunks:?}");
    assert!(chunks[0].ends_with(" of 10"), "{chunks:?}");
}

/// A Customer with a mobile number makes its Contact, and that of a company has no first name.
#[tokio::test]
async fn what_a_hook_makes_with_a_part_of_the_key_empty_is_adopted_and_not_made_twice() {
    let (pair, names) = pair().await;
    let values = json!({ "customer": "{name}", "remarks": "of {name}", "items": [] });
    let values = values.as_object().cloned().unwrap_or_default();
    for side in Side::BOTH {
        let hook = Hook::MakesDocument {
            doctype: names.order.clone(),
            values: values.clone(),
            when: None,
        };
        pair.sandboxes()[side].add_hook(&names.customer, hook);
    }
    for index in 0..4 {
        let customer = json!({ "customer_name": format!("C{index}") });
        pair.people.a.insert(&names.customer, customer).await;
    }
    let mut mappings = names.mappings();
    mappings[0] = mappings[0].replace("identity: create", "identity: [customer, order_date]");
    let sync = Sync::new(&pair, &mappings);
    let report = sync.run().await;
    assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
    for side in Side::BOTH {
        assert_eq!(pair.sandboxes()[side].len_of(&names.order), 4, "{side}");
    }
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

/// The children of a tree that stood on both sites were told as conflicts of their parent, which was paired a moment later.
#[tokio::test]
async fn equal_trees_on_both_sites_are_no_conflict_where_a_person_decides() {
    let (pair, names) = pair().await;
    let parent = format!("parent_{}", names.group.to_lowercase().replace(' ', "_"));
    for side in Side::BOTH {
        let person = &pair.people[side];
        person
            .insert(&names.group, json!({ "group_name": "All", "is_group": 1 }))
            .await;
        for group in ["North", "South"] {
            let document = json!({ "group_name": group, parent.as_str(): "All" });
            person.insert(&names.group, document).await;
        }
    }
    let mapping = format!("version: 1\ndoctype: {}\nconflict: manual\n", names.group);
    let sync = Sync::new(&pair, &[mapping]);
    let report = sync.run().await;
    assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
    assert_eq!(report.summary.conflict, 0, "{report:#?}");
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

/// A delivery was refused since the receipt that brings its items was still to come, and a payment since its invoice was.
#[tokio::test]
async fn what_a_site_books_comes_in_the_order_in_which_it_can_be_booked() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let doctypes = [
        "Delivery Note",
        "Payment Entry",
        "Purchase Receipt",
        "Sales Invoice",
    ];
    for doctype in doctypes {
        let definition = json!({
            "name": doctype, "module": "Custom", "custom": 1, "autoname": "field:remarks",
            "permissions": [{ "role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1 }],
            "fields": [{ "fieldname": "remarks", "fieldtype": "Data", "label": "Remarks", "reqd": 1 }],
        });
        for side in Side::BOTH {
            pair.people[side]
                .insert("DocType", definition.clone())
                .await;
        }
        let document = json!({ "remarks": format!("of {doctype}") });
        pair.people.a.insert(doctype, document).await;
    }
    let mappings = doctypes.map(|doctype| format!("version: 1\ndoctype: {doctype}\n"));
    let sync = Sync::new(&pair, &mappings);
    let plan = sync.plan().await;
    let made: Vec<&str> = plan
        .operations
        .iter()
        .map(|operation| operation.doctype.as_str())
        .collect();
    assert_eq!(
        made,
        [
            "Purchase Receipt",
            "Delivery Note",
            "Sales Invoice",
            "Payment Entry"
        ]
    );
}
