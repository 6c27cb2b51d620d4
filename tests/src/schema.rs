//! The DocTypes of the scenarios: groups in a tree, customers, items, orders with rows.

use serde_json::{Value, json};

use crate::{Person, SitePair};

/// The names of one scenario's DocTypes, apart from those of every other.
#[derive(Clone, Debug)]
pub struct Names {
    /// Tree, named by people.
    pub group: String,
    /// Named by people.
    pub customer: String,
    /// Named by people.
    pub item: String,
    /// Named by a series of each site, with rows.
    pub order: String,
    /// Rows of an order.
    pub row: String,
    /// What all of them start with.
    pub prefix: String,
}

impl Names {
    /// Makes names that start with `prefix`.
    pub fn new(prefix: &str) -> Self {
        let name = |word: &str| format!("{prefix} {word}");
        Self {
            group: name("Group"),
            customer: name("Customer"),
            item: name("Item"),
            order: name("Order"),
            row: name("Order Item"),
            prefix: prefix.to_owned(),
        }
    }

    /// Makes names that no earlier run on the same site used.
    pub fn unique(word: &str) -> Self {
        let nanos = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |passed| passed.as_micros());
        Self::new(&format!("T{:06} {word}", nanos % 1_000_000))
    }

    /// The series that orders are named by.
    pub fn series(&self) -> String {
        format!("{}-.#####", self.prefix.replace(' ', "-").to_uppercase())
    }

    /// The mapping files of the four DocTypes, in an order that is not that of their links.
    pub fn mappings(&self) -> Vec<String> {
        let file = |doctype: &str, rest: &str| format!("version: 1\ndoctype: {doctype}\n{rest}");
        vec![
            file(&self.order, "identity: create\n"),
            file(&self.customer, ""),
            file(&self.item, ""),
            file(&self.group, ""),
        ]
    }
}

/// Makes the DocTypes on both sites.
pub async fn install(pair: &SitePair, names: &Names) {
    install_on(&pair.people.a, names).await;
    install_on(&pair.people.b, names).await;
}

/// Takes the DocTypes and their documents away again; sandboxes are simply dropped.
pub async fn uninstall(pair: &SitePair, names: &Names) {
    if pair.sandboxes.is_some() {
        return;
    }
    for person in [&pair.people.a, &pair.people.b] {
        for doctype in [
            &names.order,
            &names.customer,
            &names.item,
            &names.group,
            &names.row,
        ] {
            // What cannot be taken away is left: the sites are made for tests.
            let _left = person.delete("DocType", doctype).await;
        }
    }
}

async fn install_on(person: &Person, names: &Names) {
    let field = |name: &str, fieldtype: &str, more: Value| -> Value {
        let mut field = json!({
            "fieldname": name, "fieldtype": fieldtype, "label": name.replace('_', " "),
        });
        if let (Some(field), Some(more)) = (field.as_object_mut(), more.as_object()) {
            field.extend(more.clone());
        }
        field
    };
    let doctype = |name: &str, more: Value, fields: Vec<Value>| -> Value {
        let mut doctype = json!({
            "name": name, "module": "Custom", "custom": 1, "fields": fields,
            "permissions": [{ "role": "System Manager", "read": 1, "write": 1, "create": 1,
                "delete": 1, "submit": 0, "cancel": 0, "amend": 0, "report": 1, "export": 1 }],
        });
        if let (Some(doctype), Some(more)) = (doctype.as_object_mut(), more.as_object()) {
            doctype.extend(more.clone());
        }
        doctype
    };
    let none = || json!({});
    let all = [
        doctype(
            &names.group,
            json!({ "autoname": "field:group_name", "is_tree": 1, "allow_rename": 1,
                "nsm_parent_field": format!("parent_{}", scrubbed(&names.group)) }),
            vec![
                field("group_name", "Data", json!({ "reqd": 1, "unique": 1 })),
                field("is_group", "Check", none()),
                field(
                    &format!("parent_{}", scrubbed(&names.group)),
                    "Link",
                    json!({ "options": names.group }),
                ),
                field(
                    "old_parent",
                    "Link",
                    json!({ "options": names.group, "hidden": 1 }),
                ),
                field(
                    "lft",
                    "Int",
                    json!({ "hidden": 1, "read_only": 1, "no_copy": 1 }),
                ),
                field(
                    "rgt",
                    "Int",
                    json!({ "hidden": 1, "read_only": 1, "no_copy": 1 }),
                ),
                field("note", "Data", none()),
            ],
        ),
        doctype(
            &names.customer,
            json!({ "autoname": "field:customer_name", "allow_rename": 1 }),
            vec![
                field("customer_name", "Data", json!({ "reqd": 1, "unique": 1 })),
                field("customer_group", "Link", json!({ "options": names.group })),
                field("credit_limit", "Currency", none()),
                field("notes", "Small Text", none()),
                field("phone", "Data", none()),
                field("disabled", "Check", none()),
                field("since", "Date", none()),
                field(
                    "main_customer",
                    "Link",
                    json!({ "options": names.customer }),
                ),
            ],
        ),
        doctype(
            &names.item,
            json!({ "autoname": "field:item_code", "allow_rename": 1 }),
            vec![
                field("item_code", "Data", json!({ "reqd": 1, "unique": 1 })),
                field("item_name", "Data", none()),
                field("price", "Currency", none()),
                field("kind", "Select", json!({ "options": "\nGoods\nService" })),
                field("description", "Text Editor", none()),
            ],
        ),
        doctype(
            &names.row,
            json!({ "istable": 1, "permissions": [] }),
            vec![
                field("item", "Link", json!({ "options": names.item, "reqd": 1 })),
                field("qty", "Float", none()),
                field("rate", "Currency", none()),
                field("note", "Data", none()),
            ],
        ),
        doctype(
            &names.order,
            json!({ "autoname": names.series(), "allow_import": 1,
                "permissions": [{ "role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1,
                    "report": 1, "export": 1, "import": 1 }] }),
            vec![
                field(
                    "customer",
                    "Link",
                    json!({ "options": names.customer, "reqd": 1 }),
                ),
                field("order_date", "Date", none()),
                field("remarks", "Small Text", none()),
                field("total", "Currency", none()),
                field("items", "Table", json!({ "options": names.row })),
            ],
        ),
    ];
    for doctype in all {
        person.insert("DocType", doctype).await;
    }
}

fn scrubbed(name: &str) -> String {
    name.to_lowercase().replace([' ', '-'], "_")
}
