//! DocTypes as they are stored, and as they are with Custom Fields and Property Setters.

use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, equal, holds, name, rows, text};
use super::site::Site;

checks! {
    ALL, "9", "getdoctype gives the DocType first and then those of its tables" => tables_come_along;
    ALL, "9", "getdoctype has Custom Fields, the DocType document has not" => custom_field;
    ALL, "9", "getdoctype has Property Setters applied, the DocType document has not" => property_setter;
    ALL, "8", "a Custom Field leaves the `modified` of its DocType alone" => doctype_is_not_stamped;
    ALL, "8", "a Custom Field is named after DocType and field" => custom_field_name;
    ALL, "8", "a second Property Setter for one property takes the first one's place" => setter_replaces;
    ALL, "9", "a Custom Field is a column of lists and documents" => custom_field_holds_values;
    ONLY_14, "9", "a Custom Field that is deleted stays in `*`, as its column does, and goes from documents" => column_stays;
    FROM_15, "9", "a Custom Field that is deleted is gone from `*` and documents" => custom_field_goes;
    ALL, "9", "a Property Setter that makes a field mandatory is obeyed" => property_setter_is_obeyed;
    ALL, "8", "a change of a DocType stamps it anew" => doctype_is_stamped;
    ALL, "9", "getdoctype tells what a sync has to know of a field" => field_properties;
    ALL, "9", "getdoctype tells what a sync has to know of a DocType" => doctype_properties;
    ALL, "9", "a tree has its own fields added" => tree_fields;
    ALL, "9", "getdoctype of an unknown DocType is refused" => unknown;
    ALL, "5.6", "the right to import a DocType that cannot be imported is refused with 417" => right_to_import;
    ALL, "10.4", "get_versions names frappe with its version" => versions;
    ALL, "10.3", "System Settings tell the time zone" => time_zone;
}

async fn right_to_import(site: &Site) -> Outcome {
    let permission =
        json!({"role": "System Manager", "read": 1, "write": 1, "create": 1, "import": 1});
    let definition = json!({
        "name": site.unique("FSC Importable"), "module": "Custom", "custom": 1,
        "fields": [{"fieldname": "label", "fieldtype": "Data", "label": "Label"}],
        "permissions": [permission],
    });
    site.try_create("DocType", definition)
        .await?
        .refused(417, "ValidationError")
}

/// What `getdoctype` gives for one of the suite's DocTypes.
async fn loaded(site: &Site, kind: &str) -> Result<Vec<Value>, Failure> {
    let args = json!({"doctype": site.doctype(kind)});
    let answer = site
        .try_call("frappe.desk.form.load.getdoctype", args)
        .await?;
    answer.has_status(200)?;
    Ok(rows(&answer.json()?, "docs")?.to_vec())
}

async fn loaded_field(site: &Site, kind: &str, fieldname: &str) -> Result<Option<Value>, Failure> {
    let docs = loaded(site, kind).await?;
    let first = docs
        .first()
        .ok_or_else(|| Failure::new("`docs` is empty"))?;
    Ok(rows(first, "fields")?
        .iter()
        .find(|field| field["fieldname"] == fieldname)
        .cloned())
}

async fn stored_field(site: &Site, kind: &str, fieldname: &str) -> Result<Option<Value>, Failure> {
    let doctype = site.read("DocType", &site.doctype(kind)).await?;
    Ok(rows(&doctype, "fields")?
        .iter()
        .find(|field| field["fieldname"] == fieldname)
        .cloned())
}

async fn add_custom_field(site: &Site) -> Result<Value, Failure> {
    let fieldname = site.unique("extra").replace('-', "_");
    let fields = json!({
        "dt": site.doctype("Coded"),
        "fieldname": fieldname,
        "label": fieldname,
        "fieldtype": "Data",
        "insert_after": "label",
    });
    site.create_and_read("Custom Field", fields).await
}

async fn set_property(site: &Site, value: &str) -> Result<Value, Failure> {
    let fields = json!({
        "doctype_or_field": "DocField",
        "doc_type": site.doctype("Coded"),
        "field_name": "label",
        "property": "description",
        "property_type": "Text",
        "value": value,
    });
    site.create_and_read("Property Setter", fields).await
}

async fn tables_come_along(site: &Site) -> Outcome {
    let docs = loaded(site, "Target").await?;
    let names: Vec<&str> = docs
        .iter()
        .filter(|doc| doc["doctype"] == "DocType")
        .filter_map(|doc| doc["name"].as_str())
        .collect();
    equal(
        "names",
        names,
        [site.doctype("Target"), site.doctype("Line")],
    )
}

async fn custom_field(site: &Site) -> Outcome {
    let field = add_custom_field(site).await?;
    let fieldname = text(&field, "fieldname")?;
    let found = loaded_field(site, "Coded", fieldname).await?;
    equal(
        "type",
        found.as_ref().map(|field| &field["fieldtype"]),
        Some(&json!("Data")),
    )?;
    let stored = stored_field(site, "Coded", fieldname).await?;
    holds(stored.is_none(), "the DocType document does not have it")
}

async fn property_setter(site: &Site) -> Outcome {
    let value = site.unique("described");
    set_property(site, &value).await?;
    let found = loaded_field(site, "Coded", "label")
        .await?
        .unwrap_or_default();
    equal("description", text(&found, "description")?, value.as_str())?;
    let stored = stored_field(site, "Coded", "label")
        .await?
        .unwrap_or_default();
    equal("stored", stored.get("description"), None)
}

async fn doctype_is_not_stamped(site: &Site) -> Outcome {
    let before = site.read("DocType", &site.doctype("Coded")).await?;
    add_custom_field(site).await?;
    let after = site.read("DocType", &site.doctype("Coded")).await?;
    equal(
        "modified",
        text(&after, "modified")?,
        text(&before, "modified")?,
    )
}

async fn custom_field_name(site: &Site) -> Outcome {
    let field = add_custom_field(site).await?;
    let wanted = format!("{}-{}", site.doctype("Coded"), text(&field, "fieldname")?);
    equal("name", name(&field)?, wanted)
}

async fn setter_replaces(site: &Site) -> Outcome {
    set_property(site, "first").await?;
    let second = set_property(site, "second").await?;
    equal(
        "name",
        name(&second)?,
        format!("{}-label-description", site.doctype("Coded")),
    )?;
    let filters = json!([
        ["doc_type", "=", site.doctype("Coded")],
        ["property", "=", "description"]
    ]);
    let query = [
        ("filters", &*filters.to_string()),
        ("fields", r#"["value"]"#),
    ];
    let found = site.list("Property Setter", &query).await?;
    equal("values", found, vec![json!({"value": "second"})])
}

async fn custom_field_holds_values(site: &Site) -> Outcome {
    let field = add_custom_field(site).await?;
    let fieldname = text(&field, "fieldname")?;
    let doctype = site.doctype("Coded");
    let mut fields = json!({"code": site.unique("code")});
    fields[fieldname] = json!("kept");
    let stored = site.create_and_read(&doctype, fields).await?;
    equal("document", text(&stored, fieldname)?, "kept")?;
    let filters = json!([["name", "=", stored["name"]]]).to_string();
    let found = site
        .list(&doctype, &[("fields", r#"["*"]"#), ("filters", &filters)])
        .await?;
    equal(
        "list",
        found.first().map(|row| &row[fieldname]),
        Some(&json!("kept")),
    )
}

/// A value under a Custom Field that is deleted then, as a read and as a list show it.
async fn after_custom_field(site: &Site) -> Result<[Option<Value>; 2], Failure> {
    let (field, doctype) = (add_custom_field(site).await?, site.doctype("Coded"));
    let fieldname = text(&field, "fieldname")?;
    let mut fields = json!({"code": site.unique("code")});
    fields[fieldname] = json!("kept");
    let before = site.create_and_read(&doctype, fields).await?;
    site.delete("Custom Field", name(&field)?).await?;
    let read = site.read(&doctype, name(&before)?).await?;
    let filters = json!([["name", "=", before["name"]]]);
    let args = json!({"doctype": doctype, "fields": ["*"], "filters": filters});
    let listed = site.get_list(args).await?;
    Ok([
        read.get(fieldname).cloned(),
        listed.first().and_then(|row| row.get(fieldname)).cloned(),
    ])
}

async fn column_stays(site: &Site) -> Outcome {
    equal(
        "read and list",
        after_custom_field(site).await?,
        [None, Some(json!("kept"))],
    )
}

async fn custom_field_goes(site: &Site) -> Outcome {
    equal(
        "read and list",
        after_custom_field(site).await?,
        [None, None],
    )
}

async fn property_setter_is_obeyed(site: &Site) -> Outcome {
    let setter = json!({
        "doctype_or_field": "DocField",
        "doc_type": site.doctype("Formatted"),
        "field_name": "code",
        "property": "reqd",
        "property_type": "Check",
        "value": "1",
    });
    let setter = site.create("Property Setter", setter).await?;
    let refused = site.try_create(&site.doctype("Formatted"), json!({})).await;
    site.delete("Property Setter", name(&setter)?).await?;
    refused?.refused(417, "MandatoryError")?;
    site.create(&site.doctype("Formatted"), json!({})).await?;
    Ok(())
}

async fn doctype_is_stamped(site: &Site) -> Outcome {
    let doctype = site.doctype("Formatted");
    let before = site.read("DocType", &doctype).await?;
    let fields = json!({"description": "changed"});
    let after = site.update_and_read("DocType", &doctype, fields).await?;
    let (earlier, later) = (text(&before, "modified")?, text(&after, "modified")?);
    holds(earlier < later, format!("{earlier} is before {later}"))
}

async fn field_properties(site: &Site) -> Outcome {
    for (kind, fieldname, property, wanted) in [
        ("Record", "unique_key", "unique", json!(1)),
        ("Record", "fixed", "set_only_once", json!(1)),
        ("Record", "locked", "read_only", json!(1)),
        ("Record", "short", "length", json!(10)),
        ("Record", "lines", "options", json!(site.doctype("Line"))),
        ("Defaulted", "needed", "reqd", json!(1)),
        ("Defaulted", "greeting", "default", json!("hello")),
        ("Order", "remarks", "allow_on_submit", json!(1)),
        ("Order", "amended_from", "no_copy", json!(1)),
        (
            "Reference",
            "fetched",
            "fetch_from",
            json!("fetching.label"),
        ),
        ("Reference", "party", "options", json!("party_type")),
    ] {
        let found = loaded_field(site, kind, fieldname)
            .await?
            .unwrap_or_default();
        equal(
            &format!("`{property}` of `{fieldname}`"),
            &found[property],
            &wanted,
        )?;
    }
    Ok(())
}

async fn doctype_properties(site: &Site) -> Outcome {
    for (kind, property, wanted) in [
        ("Target", "autoname", json!("Prompt")),
        ("Target", "allow_rename", json!(1)),
        ("Coded", "autoname", json!("field:code")),
        ("Order", "is_submittable", json!(1)),
        ("Order", "autoname", json!("naming_series:")),
        ("Line", "istable", json!(1)),
        ("Setting", "issingle", json!(1)),
        ("Node", "is_tree", json!(1)),
    ] {
        let found = loaded(site, kind).await?.swap_remove(0);
        equal(
            &format!("`{property}` of `{kind}`"),
            &found[property],
            &wanted,
        )?;
        holds(
            found["modified"].is_string(),
            format!("`{kind}` has its `modified`"),
        )?;
    }
    Ok(())
}

async fn tree_fields(site: &Site) -> Outcome {
    let parent = format!(
        "parent_{}",
        site.doctype("Node").to_lowercase().replace(' ', "_")
    );
    for fieldname in ["lft", "rgt", "is_group", "old_parent", &parent] {
        let found = loaded_field(site, "Node", fieldname).await?;
        holds(found.is_some(), format!("`{fieldname}` is there"))?;
    }
    let node = loaded(site, "Node").await?.swap_remove(0);
    equal("nsm_parent_field", text(&node, "nsm_parent_field")?, parent)
}

async fn unknown(site: &Site) -> Outcome {
    let args = json!({"doctype": site.doctype("Nothing")});
    let answer = site
        .try_call("frappe.desk.form.load.getdoctype", args)
        .await?;
    answer.has_status(404)
}

async fn versions(site: &Site) -> Outcome {
    let versions = site
        .call("frappe.utils.change_log.get_versions", json!({}))
        .await?;
    let version = text(&versions["frappe"], "version")?;
    equal("parts", version.split('.').count() >= 3, true)
}

async fn time_zone(site: &Site) -> Outcome {
    let stored = site.read("System Settings", "System Settings").await?;
    equal("time_zone", text(&stored, "time_zone")?, site.time_zone())
}
