//! What people do on both sites at once, and what must have become of it.

use frappe_sync_sandbox::{Action, Fault, Matcher, Method, Person, SiteError, Ticket};
use serde_json::{Value, json};

use super::world::World;

/// The customer that the headquarters gain while the network fails.
const NEW_CUSTOMER: &str = "Lighthouse Café Ltd";
const WEBSITE: &str = "https://new-shop.example.com";
const MOBILE: &str = "+49 30 1234567";

/// The same value of one document on both sites.
pub(super) type OnBoth = (Value, Value);

/// What was edited where.
pub(super) struct Edits {
    /// A customer of both sites.
    pub(super) customer: String,
    /// An order on each site, under the number that the site gave it.
    pub(super) orders: (String, String),
    /// The quantities that its first two rows were set to.
    pub(super) quantities: (f64, f64),
    /// An item of both sites.
    pub(super) item: String,
    /// What each site calls it now.
    pub(super) item_names: (&'static str, &'static str),
    /// The new customer.
    pub(super) new_customer: &'static str,
    /// Tells whether the answer was lost.
    pub(super) lost_answer: Ticket,
}

/// People work on both sites, and the branch's network is about to fail once.
pub(super) fn people_work(world: &World) -> Result<Edits, SiteError> {
    let (anna, ben) = (world.hq.at_work(), world.branch.at_work());
    let customer = first_name(&ben, "Customer")?;
    anna.update("Customer", &customer, json!({ "website": WEBSITE }))?;
    ben.update("Customer", &customer, json!({ "mobile_no": MOBILE }))?;

    let orders = twins(&anna, &ben)?;
    let quantities = (
        set_quantity(&anna, &orders.0, 0, 5.0)?,
        set_quantity(&ben, &orders.1, 1, 7.0)?,
    );

    let item = first_name(&ben, "Item")?;
    let item_names = ("Ball bearing 6204", "Deep groove bearing 6204");
    anna.update("Item", &item, json!({ "item_name": item_names.0 }))?;
    ben.update("Item", &item, json!({ "item_name": item_names.1 }))?;

    let create = Matcher::writes().doctype("Customer").method(Method::Post);
    let lost_answer = world.branch.sandbox.faults().push(Fault {
        matcher: create,
        action: Action::FailAfterWrite,
    });
    let values = json!({ "customer_name": NEW_CUSTOMER, "customer_type": "Company" });
    anna.insert("Customer", values)?;
    Ok(Edits {
        customer,
        orders,
        quantities,
        item,
        item_names,
        new_customer: NEW_CUSTOMER,
        lost_answer,
    })
}

impl Edits {
    /// Tells whether each site's field of the customer is on both.
    pub(super) fn customer_has_both(&self, world: &World) -> Result<bool, SiteError> {
        let website = on_both(world, "Customer", &self.customer, "website")?;
        let mobile = on_both(world, "Customer", &self.customer, "mobile_no")?;
        Ok(website == (json!(WEBSITE), json!(WEBSITE)) && mobile == (json!(MOBILE), json!(MOBILE)))
    }

    /// Tells whether each site's row of the order is on both.
    pub(super) fn order_has_both(&self, world: &World) -> Result<bool, SiteError> {
        let quantities = |person: &Person, name: &str| -> Result<_, SiteError> {
            let order = person.get("Sales Order", name)?;
            let row = |index: usize| order["items"][index]["qty"].as_f64();
            Ok((row(0), row(1)))
        };
        let wanted = (Some(self.quantities.0), Some(self.quantities.1));
        Ok(quantities(&world.hq.at_work(), &self.orders.0)? == wanted
            && quantities(&world.branch.at_work(), &self.orders.1)? == wanted)
    }

    /// Returns the name of the item on both sites.
    pub(super) fn item_name(&self, world: &World) -> Result<OnBoth, SiteError> {
        on_both(world, "Item", &self.item, "item_name")
    }

    /// Returns how many customers of the new name each site has.
    pub(super) fn new_customers(&self, world: &World) -> Result<(usize, usize), SiteError> {
        let filters = json!([["customer_name", "=", self.new_customer]]);
        let count = |person: Person| {
            person
                .list("Customer", &["name"], filters.clone())
                .map(|found| found.len())
        };
        Ok((count(world.hq.at_work())?, count(world.branch.at_work())?))
    }
}

fn on_both(world: &World, doctype: &str, name: &str, field: &str) -> Result<OnBoth, SiteError> {
    let value = |person: Person| {
        person
            .get(doctype, name)
            .map(|mut document| document[field].take())
    };
    Ok((value(world.hq.at_work())?, value(world.branch.at_work())?))
}

fn first_name(person: &Person, doctype: &str) -> Result<String, SiteError> {
    let found = person.list(doctype, &["name"], json!([]))?;
    Ok(text(found.first(), "name"))
}

/// Returns an order that began on the first site, and its twin on the second, by the customer's own number.
fn twins(first: &Person, second: &Person) -> Result<(String, String), SiteError> {
    let orders = first.list("Sales Order", &["name", "po_no"], json!([]))?;
    let (name, number) = (text(orders.first(), "name"), text(orders.first(), "po_no"));
    let filters = json!([["po_no", "=", number]]);
    let found = second.list("Sales Order", &["name"], filters)?;
    Ok((name, text(found.first(), "name")))
}

/// Adds to the quantity of a row as a form does: the whole table is sent. Returns the new quantity.
fn set_quantity(person: &Person, order: &str, row: usize, more: f64) -> Result<f64, SiteError> {
    let mut rows = person.get("Sales Order", order)?["items"].take();
    let quantity = rows[row]["qty"].as_f64().unwrap_or_default() + more;
    rows[row]["qty"] = json!(quantity);
    person.update("Sales Order", order, json!({ "items": rows }))?;
    Ok(quantity)
}

fn text(document: Option<&Value>, field: &str) -> String {
    document
        .and_then(|document| document[field].as_str())
        .unwrap_or_default()
        .to_owned()
}
