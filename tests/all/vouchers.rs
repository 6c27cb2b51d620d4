//! A DocType whose documents are submitted, with a posting date and a figure that the site works out itself.

use frappe_sync_model::Side;
use frappe_sync_sandbox::Hook;
use frappe_sync_tests::{Names, SitePair, text};
use serde_json::{Value, json};

/// The vouchers of a scenario, and the ledger that submitting one makes.
#[derive(Debug)]
pub(crate) struct Vouchers<'p> {
    pair: &'p SitePair,
    /// Named by a series, submitted and cancelled.
    pub(crate) doctype: String,
    /// Plain documents, in no mapping.
    pub(crate) ledger: String,
}

impl<'p> Vouchers<'p> {
    /// Makes both DocTypes on both sites.
    pub(crate) async fn install(pair: &'p SitePair, names: &Names) -> Self {
        let vouchers = Self {
            pair,
            doctype: format!("{} Voucher", names.prefix),
            ledger: format!("{} Ledger", names.prefix),
        };
        let all = json!({
            "role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1, "submit": 1,
            "cancel": 1, "amend": 1, "report": 1,
        });
        let plain =
            json!({ "role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1 });
        let field = |name: &str, fieldtype: &str, more: Value| -> Value {
            let mut field = more;
            field["fieldname"] = json!(name);
            field["fieldtype"] = json!(fieldtype);
            field["label"] = json!(name.replace('_', " "));
            field
        };
        let series = format!("{}-V-.#####", names.prefix.replace(' ', "-").to_uppercase());
        let voucher = json!({
            "name": vouchers.doctype, "module": "Custom", "custom": 1, "is_submittable": 1,
            "autoname": series, "permissions": [all], "fields": [
                field("posting_date", "Date", json!({ "default": "Today" })),
                field("set_posting_time", "Check", json!({})),
                field("remarks", "Small Text", json!({})),
                field("total", "Currency", json!({})),
                field("memo", "Data", json!({ "allow_on_submit": 1 })),
                field("per_delivered", "Percent", json!({ "read_only": 1, "no_copy": 1 })),
                field("amended_from", "Link", json!({
                    "options": vouchers.doctype, "read_only": 1, "no_copy": 1,
                })),
            ],
        });
        let ledger = json!({
            "name": vouchers.ledger, "module": "Custom", "custom": 1, "permissions": [plain],
            "fields": [field("voucher", "Data", json!({})), field("total", "Currency", json!({}))],
        });
        for side in Side::BOTH {
            for doctype in [&voucher, &ledger] {
                pair.people[side].insert("DocType", doctype.clone()).await;
            }
        }
        vouchers
    }

    /// Takes the DocTypes away from real sites.
    pub(crate) async fn uninstall(&self) {
        if self.pair.sandboxes.is_none() {
            for side in Side::BOTH {
                for doctype in [&self.doctype, &self.ledger] {
                    // What cannot be taken away is left: the sites are made for tests.
                    let _left = self.pair.people[side].delete("DocType", doctype).await;
                }
            }
        }
    }

    /// On both sandboxes a voucher that is submitted makes an entry in the ledger.
    pub(crate) fn keep_ledgers(&self) {
        let values = json!({ "voucher": "{name}", "total": "{total}" });
        for side in Side::BOTH {
            let hook = Hook::MakesDocument {
                doctype: self.ledger.clone(),
                values: values.as_object().cloned().unwrap_or_default(),
                when: Some("docstatus".to_owned()),
            };
            self.pair.sandboxes()[side].add_hook(&self.doctype, hook);
        }
    }

    /// The mapping of vouchers, with more keys.
    pub(crate) fn mapping(&self, rest: &str) -> Vec<String> {
        vec![format!(
            "version: 1\ndoctype: {}\nidentity: create\n{rest}",
            self.doctype
        )]
    }

    /// Makes a voucher and returns its name there.
    pub(crate) async fn make(&self, side: Side, remarks: &str, values: Value) -> String {
        let mut voucher = values;
        voucher["remarks"] = json!(remarks);
        self.pair.people[side].insert(&self.doctype, voucher).await
    }

    /// Changes the voucher with these remarks.
    pub(crate) async fn edit(&self, side: Side, remarks: &str, values: Value) {
        let name = text(&self.one(side, remarks).await, "name");
        self.pair.people[side]
            .update(&self.doctype, &name, values)
            .await;
    }

    /// Submits, or cancels, the voucher with these remarks.
    pub(crate) async fn move_to(&self, side: Side, remarks: &str, docstatus: u8) {
        self.edit(side, remarks, json!({ "docstatus": docstatus }))
            .await;
    }

    /// Returns the one voucher with these remarks.
    pub(crate) async fn one(&self, side: Side, remarks: &str) -> Value {
        let mut found = self.all(side, remarks).await;
        assert_eq!(found.len(), 1, "`{remarks}` on {side}: {found:#?}");
        found.remove(0)
    }

    /// Returns the vouchers with these remarks, in the order of their names.
    pub(crate) async fn all(&self, side: Side, remarks: &str) -> Vec<Value> {
        let fields = [
            "name",
            "docstatus",
            "remarks",
            "total",
            "memo",
            "per_delivered",
            "posting_date",
            "set_posting_time",
            "amended_from",
            "modified",
        ];
        self.pair.people[side]
            .list(&self.doctype, &fields, json!([["remarks", "=", remarks]]))
            .await
    }

    /// Returns how far the voucher with these remarks is on each side.
    pub(crate) async fn stages(&self, remarks: &str) -> (u64, u64) {
        let stage = |voucher: Value| voucher["docstatus"].as_u64().unwrap_or(9);
        (
            stage(self.one(Side::A, remarks).await),
            stage(self.one(Side::B, remarks).await),
        )
    }

    /// Returns the vouchers that the ledger of a side speaks of, each as often as it does.
    pub(crate) async fn in_ledger(&self, side: Side) -> Vec<String> {
        let entries = self.pair.people[side]
            .list(&self.ledger, &["voucher"], json!([]))
            .await;
        let mut vouchers: Vec<String> =
            entries.iter().map(|entry| text(entry, "voucher")).collect();
        vouchers.sort();
        vouchers
    }
}
