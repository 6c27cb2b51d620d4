//! DocTypes whose documents are submitted and cancelled: sales with rows, and deliveries of them.

use frappe_sync_model::Side;
use serde_json::{Value, json};

use crate::{Person, SitePair};

/// The names of one scenario's submittable DocTypes.
#[derive(Clone, Debug)]
pub struct Sales {
    /// Named by a series of each site, with rows.
    pub sale: String,
    /// Named by a series of each site, links to a sale.
    pub delivery: String,
    row: String,
    prefix: String,
}

impl Sales {
    /// Makes names that no earlier run on the same site used, and makes the DocTypes on both sites.
    pub async fn install(pair: &SitePair, word: &str) -> Self {
        let prefix = crate::Names::unique(word).prefix;
        let sales = Self {
            sale: format!("{prefix} Sale"),
            delivery: format!("{prefix} Delivery"),
            row: format!("{prefix} Sale Item"),
            prefix,
        };
        for side in Side::BOTH {
            for doctype in sales.doctypes() {
                pair.people[side].insert("DocType", doctype).await;
            }
        }
        sales
    }

    /// Takes the DocTypes away again; sandboxes are simply dropped.
    pub async fn uninstall(&self, pair: &SitePair) {
        if pair.sandboxes.is_some() {
            return;
        }
        for side in Side::BOTH {
            for doctype in [&self.delivery, &self.sale, &self.row] {
                // What cannot be taken away is left: the sites are made for tests.
                let _left = pair.people[side].delete("DocType", doctype).await;
            }
        }
    }

    /// The mapping files of both DocTypes; `more` stands in each.
    pub fn mappings(&self, more: &str) -> Vec<String> {
        let file = |doctype: &str| {
            format!("version: 1\ndoctype: {doctype}\nidentity: create\nshared_names: false\n{more}")
        };
        vec![file(&self.delivery), file(&self.sale)]
    }

    /// Makes a sale on a side, as far as `docstatus` says, and returns its name.
    pub async fn sell(&self, pair: &SitePair, side: Side, title: &str, docstatus: u8) -> String {
        let sale = json!({
            "title": title, "company": "North", "posting_date": "2026-05-01",
            "posting_time": "10:00:00", "terms": "30 days",
            "note": "-", "items": [{ "item": "Bolt", "qty": 1 }, { "item": "Nut", "qty": 2 }],
        });
        let name = pair.people[side].insert(&self.sale, sale).await;
        for stage in 1..=docstatus {
            self.advance(&pair.people[side], &self.sale, &name, stage)
                .await;
        }
        name
    }

    /// Submits (1) or cancels (2) a document.
    pub async fn advance(&self, person: &Person, doctype: &str, name: &str, docstatus: u8) {
        person
            .update(doctype, name, json!({ "docstatus": docstatus }))
            .await;
    }

    /// Makes a draft that amends a cancelled sale, and returns its name.
    pub async fn amend(&self, pair: &SitePair, side: Side, name: &str, title: &str) -> String {
        let amendment = json!({
            "title": title, "company": "North", "posting_date": "2026-05-02",
            "posting_time": "10:00:00", "terms": "60 days",
            "note": "-", "amended_from": name, "items": [{ "item": "Bolt", "qty": 3 }],
        });
        pair.people[side].insert(&self.sale, amendment).await
    }

    /// Reads the one sale of a side with this title.
    pub async fn sale(&self, pair: &SitePair, side: Side, title: &str) -> Value {
        self.one(pair, side, &self.sale, title).await
    }

    /// Reads the one document of a side with this title.
    pub async fn one(&self, pair: &SitePair, side: Side, doctype: &str, title: &str) -> Value {
        let found = pair.people[side]
            .list(doctype, &["name"], json!([["title", "=", title]]))
            .await;
        assert_eq!(found.len(), 1, "{title} on {side}: {found:?}");
        let name = found[0]["name"].as_str().unwrap_or_default();
        pair.people[side].get(doctype, name).await
    }

    fn doctypes(&self) -> Vec<Value> {
        let field = |name: &str, fieldtype: &str, more: Value| -> Value {
            let mut field = json!({
                "fieldname": name, "fieldtype": fieldtype, "label": name.replace('_', " "),
            });
            if let (Some(field), Some(more)) = (field.as_object_mut(), more.as_object()) {
                field.extend(more.clone());
            }
            field
        };
        let series = |word: &str| {
            let stem = self.prefix.replace(' ', "-").to_uppercase();
            format!("{stem}-{word}-.#####")
        };
        let submittable = |name: &str, autoname: String, fields: Vec<Value>| {
            json!({
                "name": name, "module": "Custom", "custom": 1, "autoname": autoname, "fields": fields,
                "is_submittable": 1,
                "permissions": [{ "role": "System Manager", "read": 1, "write": 1, "create": 1,
                    "delete": 1, "submit": 1, "cancel": 1, "amend": 1, "report": 1, "export": 1 }],
            })
        };
        let allowed = json!({ "allow_on_submit": 1 });
        vec![
            json!({
                "name": self.row, "module": "Custom", "custom": 1, "istable": 1, "permissions": [],
                "fields": [
                    field("item", "Data", json!({ "reqd": 1 })),
                    field("qty", "Float", json!({})),
                    field("note", "Data", allowed.clone()),
                ],
            }),
            submittable(
                &self.sale,
                series("S"),
                vec![
                    field("title", "Data", json!({ "reqd": 1 })),
                    field("company", "Data", json!({})),
                    field("posting_date", "Date", json!({})),
                    field("posting_time", "Time", json!({})),
                    field("set_posting_time", "Check", json!({})),
                    field("terms", "Data", json!({})),
                    field("previous", "Link", json!({ "options": self.sale })),
                    field("note", "Data", allowed.clone()),
                    field("items", "Table", json!({ "options": self.row })),
                ],
            ),
            submittable(
                &self.delivery,
                series("D"),
                vec![
                    field("title", "Data", json!({ "reqd": 1 })),
                    field("sale", "Link", json!({ "options": self.sale, "reqd": 1 })),
                    field("note", "Data", allowed),
                ],
            ),
        ]
    }
}
