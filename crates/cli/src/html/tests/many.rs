//! A plan of ten thousand documents.

use frappe_sync_engine::{Action, PlanReport};
use serde_json::json;

use super::browser::Browser;
use super::report::{change, operation, plan_of};
use super::shown::elements;

const MANY: u64 = 10_000;

fn many() -> PlanReport {
    let documents = (1..=MANY).map(|number| {
        let name = format!("CUST-{number:05}");
        let changes = vec![
            change(
                "customer_name",
                json!("Acme"),
                json!(format!("Acme {number}")),
            ),
            change("territory", json!("North"), json!("South")),
            change(
                "website",
                json!(""),
                json!(format!("https://{number}.example")),
            ),
        ];
        operation(number, Action::Update, "Customer", &name, changes)
    });
    plan_of(documents.collect())
}

#[test]
fn ten_thousand_documents_are_made_as_far_as_they_are_looked_at() {
    let Some(browser) = Browser::showing(&many()) else {
        return;
    };
    let page = browser.page("");
    assert!(page.contains("10,000 documents"));
    assert_eq!(elements(&page, "<details class=\"document\""), 0);
    let page = browser.page("q=https://9999.example");
    assert!(page.contains("1 of 10,000 documents"));
    assert_eq!(elements(&page, "<details class=\"document\""), 1);
    let page = browser.page("op=9999");
    assert!(
        page.contains("id=\"op=9999\" open"),
        "a link leads to the last of them too"
    );
}

#[test]
fn ten_thousand_documents_can_all_be_unfolded() {
    let Some(browser) = Browser::showing(&many()) else {
        return;
    };
    let page = browser.page("unfold=all");
    assert_eq!(
        elements(&page, "<details class=\"document\""),
        MANY as usize
    );
    assert_eq!(elements(&page, "class=\"fields\""), MANY as usize);
}
