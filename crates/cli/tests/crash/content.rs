//! What both sites hold before the first run: documents of one site, of the other, and of both.

use serde_json::{Value, json};

use crate::book::Book;
use crate::kind::{CUSTOMER, EMPLOYEE, ITEM, Kind, ORDER};
use crate::twins::Twins;

/// What a marker begins with where somebody will delete the document.
pub(crate) const DOOMED: &str = "doomed";

/// How many documents of each DocType one site has for itself.
const OWN: [usize; 2] = [24, 10];

/// How many documents of the DocTypes named by people both have.
const SHARED: usize = 8;

/// What an item, a customer, an employee or an order is made with.
pub(crate) fn values(
    twins: &Twins,
    side: usize,
    kind: &Kind,
    marker: &str,
    number: usize,
) -> Value {
    match kind.doctype {
        "Item" => json!({
            "item_code": format!("Code {marker}"), "item_name": marker, "item_group": "Products",
            "stock_uom": "Nos", "standard_rate": 1.25, "weight_per_unit": 0.5,
            "description": format!("<p>{marker}</p>"),
            "uoms": [{ "uom": "Nos", "conversion_factor": 1 }, { "uom": "Box", "conversion_factor": 12 }],
        }),
        "Customer" => json!({
            "customer_name": format!("Customer {marker}"), "tax_id": marker, "customer_group": "Commercial",
            "territory": "Germany", "website": "https://example.com", "mobile_no": "030 1",
        }),
        "Employee" => {
            let bosses = names_of(twins, side, &EMPLOYEE);
            json!({
                "naming_series": "HR-EMP-.#####", "first_name": format!("First {marker}"), "last_name": "Last",
                "cell_number": marker, "designation": "Clerk", "date_of_joining": "2024-02-29",
                "reports_to": bosses.get(number / 2),
            })
        }
        _ => {
            let items = names_of(twins, side, &ITEM);
            let customers = names_of(twins, side, &CUSTOMER);
            let row = |place: usize| {
                json!({
                    "item_code": items[(number + place) % items.len()], "qty": place + 1, "uom": "Nos", "rate": 9.99,
                })
            };
            json!({
                "naming_series": "SO-.#####", "customer": customers[number % customers.len()], "po_no": marker,
                "transaction_date": "2026-01-31", "delivery_date": "2026-03-01", "terms": "<p>30 days</p>",
                "items": (0..3).map(row).collect::<Vec<_>>(),
            })
        }
    }
}

/// Returns the names of the documents of a DocType on a site that others may link to.
fn names_of(twins: &Twins, side: usize, kind: &Kind) -> Vec<String> {
    let person = twins.person(side);
    // What is to be deleted stays only as long as nothing links to it.
    let staying = json!([[kind.marker, "not like", format!("{DOOMED}%")]]);
    let rows = person.list(kind.doctype, &["name"], staying).unwrap();
    rows.iter()
        .map(|row| row["name"].as_str().unwrap().to_owned())
        .collect()
}

/// Fills both sites.
pub(crate) fn fill(twins: &Twins, book: &mut Book) {
    for kind in [ITEM, CUSTOMER, EMPLOYEE, ORDER] {
        if kind.named_by_people {
            for number in 0..SHARED {
                let marker = format!("both {number}");
                for side in [0, 1] {
                    let shared = values(twins, side, &kind, &marker, number);
                    twins.insert(side, kind.doctype, shared);
                }
                book.made(&kind, &marker);
            }
        }
        for side in [0, 1] {
            for number in 0..OWN[side] {
                let marker = format!("{} {number}", ["a", "b"][side]);
                let own = values(twins, side, &kind, &marker, number);
                let name = twins.insert(side, kind.doctype, own);
                book.made(&kind, &marker);
                if kind.doctype == ORDER.doctype && number % 4 == 3 {
                    twins.person(side).submit(kind.doctype, &name).unwrap();
                    book.wrote(&kind, &marker, "docstatus", json!(1));
                }
            }
        }
    }
}
