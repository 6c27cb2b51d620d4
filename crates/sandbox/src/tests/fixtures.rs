//! The fixture is the same on every site.

use serde_json::{Value, json};

use super::site;
use crate::fixture::{self, Size};
use crate::{Clock, Sandbox, SiteOptions};

const DOCTYPES: [&str; 9] = [
    "Customer Group",
    "Item Group",
    "Territory",
    "UOM",
    "Item",
    "Customer",
    "Address",
    "Employee",
    "Sales Order",
];

fn loaded(seed: u64) -> Sandbox {
    let clock = Clock::manual(chrono::DateTime::UNIX_EPOCH);
    let sandbox = Sandbox::new(SiteOptions {
        clock,
        ..SiteOptions::default()
    });
    fixture::install_doctypes(&sandbox).unwrap();
    fixture::load(&sandbox, seed, Size::default()).unwrap();
    sandbox
}

fn content(sandbox: &Sandbox) -> Vec<Value> {
    let person = sandbox.as_user("Administrator");
    DOCTYPES
        .iter()
        .flat_map(|doctype| {
            person
                .list(doctype, &["name"], Value::Null)
                .unwrap()
                .into_iter()
                .map(|row| person.get(doctype, row["name"].as_str().unwrap()).unwrap())
        })
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_documents() {
    let first = content(&loaded(7));
    assert_eq!(first, content(&loaded(7)));
    assert_ne!(first, content(&loaded(8)));
}

#[test]
fn sizes_are_kept_and_links_lead_somewhere() {
    let sandbox = loaded(7);
    let size = Size::default();
    assert_eq!(sandbox.len_of("Customer"), size.customers);
    assert_eq!(sandbox.len_of("Sales Order"), size.orders);
    assert_eq!(
        sandbox.len_of("Sales Order Item"),
        size.orders * size.rows_per_order
    );
    let person = sandbox.as_user("Administrator");
    let submitted = person
        .list("Sales Order", &["name"], json!({"docstatus": 1}))
        .unwrap();
    assert!(!submitted.is_empty() && submitted.len() < size.orders);
    let order = person.get("Sales Order", "SO-00001").unwrap();
    let customer = person
        .get("Customer", order["customer"].as_str().unwrap())
        .unwrap();
    assert_eq!(order["customer_name"], customer["customer_name"]);
    let chief = person
        .list(
            "Employee",
            &["name"],
            json!([["reports_to", "is", "not set"]]),
        )
        .unwrap();
    assert_eq!(chief.len(), 1);
}

#[test]
fn a_size_can_be_read_from_json_in_part() {
    let size: Size = serde_json::from_value(json!({"orders": 3})).unwrap();
    assert_eq!(
        size,
        Size {
            orders: 3,
            ..Size::default()
        }
    );
}

#[test]
fn the_doctypes_are_installed_once() {
    let sandbox = site();
    fixture::install_doctypes(&sandbox).unwrap();
    assert_eq!(fixture::install_doctypes(&sandbox).unwrap_err().status, 409);
}
