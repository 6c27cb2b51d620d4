//! A parent with a table, for checks about rows.

use serde_json::{Value, json};

use super::failure::{Failure, name, rows, text};
use super::site::Site;

/// A stored Target with rows of these products, each worth 1.5.
pub(super) async fn parent(site: &Site, products: &[&str]) -> Result<Value, Failure> {
    let lines: Vec<Value> = products
        .iter()
        .map(|product| json!({"product": product, "quantity": 1, "amount": 1.5}))
        .collect();
    let fields = json!({"name": site.unique("parent"), "lines": lines});
    site.create_and_read(&site.doctype("Target"), fields).await
}

/// Sends a table, and gives what is stored then.
pub(super) async fn put(site: &Site, parent: &Value, lines: Value) -> Result<Value, Failure> {
    site.update_and_read(
        &site.doctype("Target"),
        name(parent)?,
        json!({"lines": lines}),
    )
    .await
}

pub(super) fn products(document: &Value) -> Result<Vec<&str>, Failure> {
    rows(document, "lines")?
        .iter()
        .map(|row| text(row, "product"))
        .collect()
}

pub(super) fn row_names(document: &Value) -> Result<Vec<&str>, Failure> {
    rows(document, "lines")?.iter().map(name).collect()
}
