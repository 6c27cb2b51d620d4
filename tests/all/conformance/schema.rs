//! The DocTypes of the suite, made over REST before the checks and taken away after them.

use serde_json::{Value, json};

use super::failure::{Failure, name};
use super::site::Site;
use super::version::Versions;

/// Every kind, targets of links before their sources.
const KINDS: [&str; 13] = [
    "Line",
    "Target",
    "Tag",
    "Record",
    "Defaulted",
    "Order",
    "Coded",
    "Formatted",
    "Serial",
    "Numbered",
    "Reference",
    "Setting",
    "Node",
];

/// Makes all DocTypes.
pub(super) async fn create(site: &Site) -> Result<(), Failure> {
    for kind in KINDS {
        let mut definition = definition(site, kind);
        definition["name"] = json!(site.doctype(kind));
        definition["module"] = json!("Custom");
        definition["custom"] = json!(1);
        let answer = site.try_create("DocType", definition).await?;
        answer.data()?;
    }
    Ok(())
}

/// Takes everything away that this run made, and tells what stayed.
pub(super) async fn remove(site: &Site) -> Vec<String> {
    let mut left = Vec::new();
    for kind in KINDS.iter().rev() {
        let doctype = site.doctype(kind);
        let emptied = match *kind {
            "Line" | "Tag" | "Setting" => Ok(()),
            // Roots cannot be deleted on 14; they stay in the table that the DocType leaves.
            "Node" if Versions::ONLY_14.include(site.version()) => Ok(()),
            _ => delete_all(site, &doctype, json!([])).await,
        };
        if let Err(failure) = emptied {
            left.push(format!("documents of `{doctype}`: {failure}"));
        }
    }
    for (doctype, field) in [("Custom Field", "dt"), ("Property Setter", "doc_type")] {
        if let Err(failure) = delete_all(site, doctype, ours(site, field)).await {
            left.push(format!("`{doctype}`: {failure}"));
        }
    }
    for kind in KINDS.iter().rev() {
        let doctype = site.doctype(kind);
        match site.try_delete("DocType", &doctype).await {
            Ok(answer) if matches!(answer.status(), 202 | 404) => {}
            Ok(answer) => left.push(answer.fault("not deleted").to_string()),
            Err(failure) => left.push(format!("`{doctype}`: {failure}")),
        }
    }
    for field in ["deleted_doctype", "deleted_name"] {
        if let Err(failure) = delete_all(site, "Deleted Document", ours(site, field)).await {
            left.push(format!("`Deleted Document`: {failure}"));
        }
    }
    left
}

/// What a filter must say so that only names of this run match.
fn ours(site: &Site, field: &str) -> Value {
    json!([[field, "like", format!("FSC {}%", site.letters())]])
}

/// Deletes all documents that match, in as many passes as links between them ask for.
async fn delete_all(site: &Site, doctype: &str, filters: Value) -> Result<(), Failure> {
    let mut before = usize::MAX;
    loop {
        let found = site
            .get_list(json!({
                "doctype": doctype,
                "fields": ["name", "docstatus"],
                "filters": filters,
                "order_by": "creation desc, name desc",
                "limit_page_length": 0,
            }))
            .await?;
        if found.is_empty() {
            return Ok(());
        }
        if found.len() >= before {
            return Err(Failure::new(format!("{} cannot be deleted", found.len())));
        }
        before = found.len();
        for document in &found {
            let docname = match &document["name"] {
                Value::Number(number) => number.to_string(),
                _ => name(document)?.to_owned(),
            };
            if document["docstatus"] == 1 {
                site.try_update(doctype, &docname, json!({"docstatus": 2}))
                    .await?;
            }
            site.try_delete(doctype, &docname).await?;
        }
    }
}

fn definition(site: &Site, kind: &str) -> Value {
    let line = site.doctype("Line");
    let target = site.doctype("Target");
    match kind {
        "Line" => json!({"istable": 1, "fields": [
            field("product", "Data"),
            field("quantity", "Int"),
            field("amount", "Currency"),
            with(field("note", "Data"), json!({"default": "fresh"})),
        ]}),
        "Target" => open(json!({"autoname": "Prompt", "allow_rename": 1, "fields": [
            field("label", "Data"),
            with(field("lines", "Table"), json!({"options": line})),
        ]})),
        "Tag" => json!({"istable": 1, "fields": [
            with(field("target", "Link"), json!({"options": target, "in_list_view": 1})),
        ]}),
        "Record" => {
            open(json!({"autoname": "hash", "allow_rename": 0, "fields": record_fields(site)}))
        }
        "Defaulted" => open(json!({"autoname": "hash", "fields": [
            with(field("needed", "Data"), json!({"reqd": 1})),
            with(field("greeting", "Data"), json!({"default": "hello"})),
            with(field("seven", "Int"), json!({"default": "7"})),
            with(field("choice", "Select"), json!({"options": "One\nTwo"})),
            with(field("day", "Date"), json!({"default": "Today"})),
            field("at_time", "Time"),
            field("plain", "Data"),
            with(field("lines", "Table"), json!({"options": line})),
        ]})),
        "Order" => order(site),
        "Coded" => open(
            json!({"autoname": "field:code", "allow_rename": 1, "fields": [
                field("code", "Data"),
                field("label", "Data"),
            ]}),
        ),
        "Formatted" => {
            let autoname = format!("format:FSC-{}-{{code}}-{{####}}", site.letters());
            open(json!({"autoname": autoname, "fields": [field("code", "Data")]}))
        }
        "Serial" => {
            let autoname = format!("FSCS-{}-.####", site.letters());
            open(json!({"autoname": autoname, "fields": [field("label", "Data")]}))
        }
        "Numbered" => {
            open(json!({"autoname": "autoincrement", "fields": [field("label", "Data")]}))
        }
        "Reference" => open(json!({"autoname": "hash", "fields": [
            with(field("target", "Link"), json!({"options": target})),
            with(field("fetching", "Link"), json!({"options": target})),
            with(field("fetched", "Data"), json!({"fetch_from": "fetching.label"})),
            with(field("party_type", "Link"), json!({"options": "DocType"})),
            with(field("party", "Dynamic Link"), json!({"options": "party_type"})),
            with(field("order", "Link"), json!({"options": site.doctype("Order")})),
        ]})),
        "Setting" => open(json!({"issingle": 1, "fields": [
            field("title", "Data"),
            field("quantity", "Int"),
            with(field("target", "Link"), json!({"options": target})),
        ]})),
        _ => open(
            json!({"autoname": "field:node_name", "is_tree": 1, "fields": [
                field("node_name", "Data"),
                field("label", "Data"),
            ]}),
        ),
    }
}

fn record_fields(site: &Site) -> Value {
    let table = json!({"options": site.doctype("Line")});
    json!([
        field("title", "Data"),
        with(field("short", "Data"), json!({"length": 10})),
        field("memo", "Small Text"),
        field("body", "Text Editor"),
        field("script", "Code"),
        field("amount", "Currency"),
        field("rate", "Float"),
        field("quantity", "Int"),
        field("flag", "Check"),
        field("on_date", "Date"),
        field("at_time", "Time"),
        field("at_moment", "Datetime"),
        with(field("color", "Select"), json!({"options": "\nRed\nGreen"})),
        field("payload", "JSON"),
        field("stars", "Rating"),
        with(field("unique_key", "Data"), json!({"unique": 1})),
        with(field("fixed", "Data"), json!({"set_only_once": 1})),
        with(field("locked", "Data"), json!({"read_only": 1})),
        with(field("guarded", "Data"), json!({"permlevel": 1})),
        field("secret", "Password"),
        with(field("lines", "Table"), table.clone()),
        with(field("extras", "Table"), table),
        with(
            field("tags", "Table MultiSelect"),
            json!({"options": site.doctype("Tag")})
        ),
    ])
}

fn order(site: &Site) -> Value {
    let series = format!("FSCO-{0}-.####\nFSCP-{0}-.####", site.letters());
    let orders = json!({"options": site.doctype("Order")});
    open(
        json!({"autoname": "naming_series:", "is_submittable": 1, "fields": [
            with(field("naming_series", "Select"), json!({"options": series})),
            field("title", "Data"),
            with(field("remarks", "Data"), json!({"allow_on_submit": 1})),
            with(field("target", "Link"), json!({"options": site.doctype("Target")})),
            with(field("previous", "Link"), orders.clone()),
            with(field("lines", "Table"), json!({"options": site.doctype("Line")})),
            with(field("amended_from", "Link"), with(orders, json!({"no_copy": 1, "read_only": 1}))),
        ]}),
    )
}

fn field(fieldname: &str, fieldtype: &str) -> Value {
    json!({"fieldname": fieldname, "label": fieldname, "fieldtype": fieldtype})
}

/// A definition that a System Manager may do everything with.
fn open(definition: Value) -> Value {
    let submittable = definition["is_submittable"].clone();
    let rights = [
        "read", "write", "create", "delete", "report", "export", "share",
    ];
    let mut permission = json!({"role": "System Manager"});
    for right in rights {
        permission[right] = json!(1);
    }
    if submittable == 1 {
        for right in ["submit", "cancel", "amend"] {
            permission[right] = json!(1);
        }
    }
    with(definition, json!({"permissions": [permission]}))
}

fn with(mut base: Value, more: Value) -> Value {
    if let (Value::Object(base), Value::Object(more)) = (&mut base, more) {
        base.extend(more);
    }
    base
}
