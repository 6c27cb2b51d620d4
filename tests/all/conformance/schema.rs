//! The DocTypes of the suite, made over REST before the checks and taken away after them.

use serde_json::{Value, json};

use super::failure::{Failure, name};
use super::site::Site;

/// Every kind, targets of links before their sources.
const KINDS: [&str; 18] = [
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
    "Entry",
    "Bill",
    "Hidden",
    "Sheet",
    "Load",
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
    // A link back can only be added once its target is there.
    let back = json!({"dt": site.doctype("Entry"), "options": site.doctype("Bill")});
    site.create("Custom Field", with(field("bill", "Link"), back))
        .await?;
    Ok(())
}

/// How often the cleaning up is tried: a job in the background may hold a lock on what is to go.
const CLEANING_PASSES: usize = 5;

/// Takes everything away that this run made and that the site shows, and tells what stayed.
///
/// Documents go out of sight with their DocType, whose table Frappe never drops: deleting them one
/// by one would leave the same table and cost the site a background job for each.
pub(super) async fn remove(site: &Site) -> Vec<String> {
    let mut left = Vec::new();
    for _ in 0..CLEANING_PASSES {
        left = remove_once(site).await;
        if left.is_empty() {
            break;
        }
    }
    left
}

async fn remove_once(site: &Site) -> Vec<String> {
    let marked = format!("FSC {}%", site.letters());
    let mentioned = format!("% {marked}");
    let account = format!("fsc-{}%", site.letters());
    // The bytes of a File go with it alone.
    let mut files = delete_all(site, "File", "attached_to_doctype", &marked).await;
    // A Comment can only be deleted while the DocType that it speaks of is there.
    let mut left = delete_all(site, "Comment", "reference_doctype", &marked).await;
    left.append(&mut files);
    for kind in KINDS.iter().rev() {
        left.extend(delete(site, "DocType", &site.doctype(kind)).await);
    }
    // Custom Fields and Property Setters have gone with their DocType, unless it is still there.
    // Every delete leaves a Comment and a Deleted Document, which leave nothing themselves.
    for (doctype, field, pattern) in [
        ("Custom Field", "dt", &marked),
        ("Property Setter", "doc_type", &marked),
        ("Comment", "subject", &mentioned),
        ("Deleted Document", "deleted_doctype", &marked),
        ("Deleted Document", "deleted_name", &marked),
        ("Deleted Document", "deleted_name", &account),
    ] {
        left.extend(delete_all(site, doctype, field, pattern).await);
    }
    left
}

/// Deletes every document whose field is like a pattern, and tells what stayed.
async fn delete_all(site: &Site, doctype: &str, field: &str, pattern: &str) -> Vec<String> {
    let found = site
        .get_list(json!({
            "doctype": doctype,
            "filters": [[field, "like", pattern]],
            "limit_page_length": 0,
        }))
        .await;
    let mut left = Vec::new();
    match found {
        Ok(found) => {
            for document in found {
                match name(&document) {
                    Ok(docname) => left.extend(delete(site, doctype, docname).await),
                    Err(failure) => left.push(failure.to_string()),
                }
            }
        }
        Err(failure) => left.push(failure.to_string()),
    }
    left
}

/// Deletes a document that may be gone already, and tells why it stayed.
async fn delete(site: &Site, doctype: &str, docname: &str) -> Option<String> {
    match site.try_delete(doctype, docname).await {
        Ok(answer) if matches!(answer.status(), 202 | 404) => None,
        Ok(answer) => Some(answer.fault("not deleted").to_string()),
        Err(failure) => Some(failure.to_string()),
    }
}

fn definition(site: &Site, kind: &str) -> Value {
    let line = site.doctype("Line");
    let target = site.doctype("Target");
    match kind {
        "Load" => open(
            json!({"autoname": "naming_series:", "allow_import": 1, "fields": [
                    with(field("naming_series", "Select"), json!({"options": format!("FSCL-{}-", site.letters())})),
                    field("title", "Data"),
                    with(field("code", "Data"), json!({"unique": 1})),
                    field("at_moment", "Datetime"),
                    field("lasts", "Duration"),
                    with(field("choice", "Select"), json!({"options": "\nOne\nTwo"})),
                    with(field("given", "Data"), json!({"default": "given"})),
                    field("body", "Text"),
                    with(field("lines", "Table"), json!({"options": line})),
                    with(field("extras", "Table"), json!({"options": line})),
            ]}),
        ),
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
        "Numbered" => open(json!({"autoname": "autoincrement", "fields": [
            field("label", "Data"),
            with(field("lines", "Table"), json!({"options": site.doctype("Line")})),
        ]})),
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
        "Entry" => json!({"istable": 1, "fields": [
            field("product", "Data"),
            field("quantity", "Int"),
            with(field("remark", "Data"), json!({"allow_on_submit": 1})),
            with(field("target", "Link"), json!({"options": target})),
        ]}),
        "Bill" => bill(site),
        "Sheet" => open(
            json!({"autoname": "field:code", "allow_rename": 1, "fields": [
                field("code", "Data"),
                field("picture", "Attach Image"),
                field("paper", "Attach"),
            ]}),
        ),
        "Hidden" => json!({
            "autoname": "Prompt",
            "fields": [field("label", "Data")],
            "permissions": [{
                "role": "System Manager", "read": 0, "report": 0, "export": 0, "print": 0, "email": 0,
                "share": 0, "write": 1, "create": 1, "delete": 1,
            }],
        }),
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

/// Like an order, with everything that may or may not change after submission.
fn bill(site: &Site) -> Value {
    let series = format!("FSCB-{}-.####", site.letters());
    let bills = json!({"options": site.doctype("Bill")});
    let entries = json!({"options": site.doctype("Entry")});
    let marked = json!({"allow_on_submit": 1});
    open(
        json!({"autoname": "naming_series:", "is_submittable": 1, "fields": [
            with(field("naming_series", "Select"), json!({"options": series})),
            field("title", "Data"),
            with(field("remarks", "Data"), marked.clone()),
            with(field("target", "Link"), json!({"options": site.doctype("Target")})),
            with(field("previous", "Link"), bills.clone()),
            with(field("party_type", "Link"), json!({"options": "DocType"})),
            with(field("party", "Dynamic Link"), json!({"options": "party_type"})),
            with(field("entries", "Table"), entries.clone()),
            with(field("extras", "Table"), with(entries, marked)),
            with(field("amended_from", "Link"), with(bills, json!({"no_copy": 1, "read_only": 1}))),
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
    // A site takes that right for no other DocType.
    if definition["allow_import"] == 1 {
        permission["import"] = json!(1);
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
