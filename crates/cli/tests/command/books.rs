//! `books`: ledgers that are equal, and ledgers that are not.

use frappe_sync_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::rehearsal::{Rehearsal, person};

/// The DocTypes of ERPNext that books are made of, with the fields that count here.
const LEDGERS: [(&str, &[(&str, &str)]); 6] = [
    ("Company", &[("abbr", "Data")]),
    ("Warehouse", &[("company", "Data")]),
    (
        "GL Entry",
        &[
            ("company", "Data"),
            ("account", "Data"),
            ("debit", "Currency"),
            ("credit", "Currency"),
            ("is_cancelled", "Check"),
            ("posting_date", "Date"),
        ],
    ),
    (
        "Payment Ledger Entry",
        &[
            ("company", "Data"),
            ("account_type", "Data"),
            ("party_type", "Data"),
            ("party", "Data"),
            ("amount", "Currency"),
            ("delinked", "Check"),
            ("posting_date", "Date"),
        ],
    ),
    (
        "Bin",
        &[
            ("warehouse", "Data"),
            ("item_code", "Data"),
            ("actual_qty", "Float"),
            ("stock_value", "Currency"),
        ],
    ),
    (
        "Stock Ledger Entry",
        &[
            ("company", "Data"),
            ("warehouse", "Data"),
            ("item_code", "Data"),
            ("actual_qty", "Float"),
            ("stock_value_difference", "Currency"),
            ("is_cancelled", "Check"),
            ("posting_date", "Date"),
        ],
    ),
];

fn insert(site: &Sandbox, doctype: &str, values: Value) {
    person(site).insert(doctype, values).unwrap();
}

/// Makes the DocTypes, and a company with a warehouse, an invoice, a payment of a part of it, and stock.
fn with_books(site: &Sandbox) {
    for (doctype, fields) in LEDGERS {
        let is_named = ["Company", "Warehouse"].contains(&doctype);
        let fields: Vec<Value> = fields
            .iter()
            .map(|(name, kind)| json!({"fieldname": name, "fieldtype": kind, "label": name}))
            .collect();
        let definition = json!({
            "name": doctype, "module": "Custom", "custom": 1,
            "autoname": if is_named { "prompt" } else { "hash" }, "fields": fields,
            "permissions": [{"role": "System Manager", "read": 1, "write": 1, "create": 1}],
        });
        insert(site, "DocType", definition);
    }
    insert(
        site,
        "Company",
        json!({"__newname": "Acme", "name": "Acme", "abbr": "A"}),
    );
    insert(
        site,
        "Warehouse",
        json!({"__newname": "Stores - A", "name": "Stores - A", "company": "Acme"}),
    );
    for (account, debit, credit, cancelled) in [
        ("Debtors - A", 0.1, 0.0, 0),
        ("Debtors - A", 0.2, 0.0, 0),
        ("Sales - A", 0.0, 0.3, 0),
        ("Sales - A", 0.0, 99.0, 1),
    ] {
        let entry = json!({
            "company": "Acme", "account": account, "debit": debit, "credit": credit,
            "is_cancelled": cancelled, "posting_date": "2026-03-01",
        });
        insert(site, "GL Entry", entry);
    }
    for amount in [1000.0, -400.0] {
        let entry = json!({
            "company": "Acme", "account_type": "Receivable", "party_type": "Customer", "party": "Lighthouse",
            "amount": amount, "delinked": 0, "posting_date": "2026-03-01",
        });
        insert(site, "Payment Ledger Entry", entry);
    }
    let bin = json!({
        "warehouse": "Stores - A", "item_code": "ITM-1", "actual_qty": 3, "stock_value": 33.333333333,
    });
    insert(site, "Bin", bin);
}

#[test]
fn equal_books_are_equal_and_a_day_leaves_out_what_came_later() {
    let rehearsal = Rehearsal::with_customers(1);
    with_books(&rehearsal.hq);
    with_books(&rehearsal.branch);
    let told = rehearsal.line("books hq-branch --json");
    assert_eq!(told.code, 0, "{}{}", told.stdout, told.stderr);
    let report = told.report();
    let parts = &report["companies"][0]["parts"];
    assert_eq!(
        parts[0]["lines"][0],
        json!({
            "of": ["Debtors - A"], "equal": true,
            "a": {"debit": "0.30", "credit": "0.00"}, "b": {"debit": "0.30", "credit": "0.00"},
        })
    );
    // What was cancelled does not count.
    assert_eq!(
        parts[0]["total"]["a"],
        json!({"debit": "0.30", "credit": "0.30"})
    );
    assert_eq!(parts[1]["lines"][0]["a"], json!({"amount": "600.00"}));
    assert_eq!(
        parts[2]["total"]["b"],
        json!({"quantity": "3.00", "value": "33.333333"})
    );

    let later = json!({
        "company": "Acme", "account": "Sales - A", "debit": 0.0, "credit": 7.0, "is_cancelled": 0,
        "posting_date": "2026-04-01",
    });
    insert(&rehearsal.branch, "GL Entry", later);
    assert_eq!(rehearsal.line("books hq-branch --date 2026-03-31").code, 0);
    assert_eq!(rehearsal.line("books hq-branch --date 2026-04-01").code, 3);
}

#[test]
fn books_that_differ_are_shown_side_by_side() {
    let rehearsal = Rehearsal::with_customers(1);
    with_books(&rehearsal.hq);
    with_books(&rehearsal.branch);
    let branch = &rehearsal.branch;
    let entry = json!({
        "company": "Acme", "account": "Sales - A", "credit": 0.05, "is_cancelled": 0, "posting_date": "2026-03-02",
    });
    insert(branch, "GL Entry", entry);
    let bin =
        json!({"warehouse": "Stores - A", "item_code": "ITM-2", "actual_qty": 1, "stock_value": 5});
    insert(branch, "Bin", bin);
    insert(
        branch,
        "Company",
        json!({"__newname": "Zenith", "name": "Zenith"}),
    );
    let told = rehearsal.line("books --color never");
    assert_eq!(told.code, 3, "{}{}", told.stdout, told.stderr);
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    // The first lines name sync and sites.
    let text: Vec<String> = told.stdout.lines().skip(4).map(words).collect();
    assert_eq!(
        text,
        [
            "Acme",
            "Trial balance: 2 accounts, 1 different",
            "account debit a debit b credit a credit b",
            "Sales - A 0.00 0.00 0.30 0.35",
            "all lines 0.30 0.30 0.30 0.35",
            "Outstanding: 1 party, equal",
            "Stock: 2 items in warehouses, 1 different",
            "warehouse item code quantity a quantity b value a value b",
            "Stores - A ITM-2 0.00 1.00 0.00 5.00",
            "all lines 3.00 4.00 33.333333 38.333333",
            "",
            "only on b: Zenith",
            "",
            "The books differ.",
        ]
    );
    let told = rehearsal.line("books --company Acm --json");
    assert_eq!(told.code, 64, "{}", told.stdout);
    assert_eq!(told.error()["remedy"], "did you mean `Acme`?");
}

#[test]
fn a_site_without_erpnext_has_no_books() {
    let rehearsal = Rehearsal::with_customers(1);
    with_books(&rehearsal.hq);
    let told = rehearsal.line("books --json");
    assert_eq!(told.code, 1, "{}", told.stdout);
    let error = told.error();
    let says = |key: &str, text: &str| error[key].as_str().unwrap().contains(text);
    assert!(
        says("message", "site `branch` has no DocType `Company`"),
        "{error}"
    );
    assert!(says("remedy", "ERPNext"), "{error}");
}
