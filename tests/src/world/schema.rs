//! The DocTypes on a site.

use frappe_sync_sandbox::{Sandbox, SiteError};
use serde_json::{Map, Value, json};

use super::kind::{Field, Holds, Kind, MARKER, NamedBy, Shape};

/// Makes the DocTypes of these kinds, with their rows.
pub(crate) fn install(site: &Sandbox, kinds: &[Kind]) -> Result<(), SiteError> {
    let person = site.as_user("Administrator");
    for kind in kinds {
        let shape = kind.shape();
        if let Some(rows) = shape.rows {
            person.insert(
                "DocType",
                json!({
                    "name": rows.doctype, "module": "Custom", "custom": 1, "istable": 1,
                    "fields": definitions(rows.fields, kinds),
                }),
            )?;
        }
        person.insert("DocType", definition(shape, kinds))?;
    }
    // Where two DocTypes link to each other, one of them has to be there first.
    for kind in kinds {
        let shape = kind.shape();
        for field in shape
            .fields
            .iter()
            .filter(|field| links_back(shape, field, kinds))
        {
            let mut custom = field_definition(field);
            custom["dt"] = json!(shape.doctype);
            person.insert("Custom Field", custom)?;
        }
    }
    Ok(())
}

/// Whether a field links to a DocType that is made after its own.
fn links_back(shape: &Shape, field: &Field, kinds: &[Kind]) -> bool {
    let place = |doctype: &str| kinds.iter().position(|kind| kind.doctype() == doctype);
    match field.holds {
        Holds::Link(kind) => place(kind.doctype()) > place(shape.doctype),
        _ => false,
    }
}

fn definition(shape: &Shape, kinds: &[Kind]) -> Value {
    let at_once: Vec<Field> = shape
        .fields
        .iter()
        .filter(|field| !links_back(shape, field, kinds))
        .copied()
        .collect();
    let mut fields = definitions(&at_once, kinds);
    let autoname = match shape.named_by {
        NamedBy::Prompt => "Prompt".to_owned(),
        NamedBy::Series(series) => series.to_owned(),
        NamedBy::Field(field) => {
            let definition = json!({
                "fieldname": field, "label": field, "fieldtype": "Data", "reqd": 1, "unique": 1,
            });
            fields.insert(0, definition);
            format!("field:{field}")
        }
    };
    if let Some(rows) = shape.rows {
        fields.push(json!({
            "fieldname": rows.field, "label": rows.field, "fieldtype": "Table", "options": rows.doctype,
        }));
    }
    json!({
        "name": shape.doctype, "module": "Custom", "custom": 1, "autoname": autoname,
        "allow_rename": 1, "is_tree": i32::from(shape.is_tree),
        "is_submittable": i32::from(shape.is_submittable), "fields": fields,
        "permissions": [{
            "role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1, "report": 1,
            "submit": i32::from(shape.is_submittable), "cancel": i32::from(shape.is_submittable),
            "amend": i32::from(shape.is_submittable),
        }],
    })
}

/// The fields, but for links to what is not installed, after the marker.
fn definitions(fields: &[Field], kinds: &[Kind]) -> Vec<Value> {
    let marker = json!({"fieldname": MARKER, "label": MARKER, "fieldtype": "Data", "read_only": 1});
    let others = fields
        .iter()
        .filter(|field| is_installed(field, kinds))
        // A tree brings the field of its parent along.
        .filter(|field| field.name != "parent_group")
        .map(field_definition);
    std::iter::once(marker).chain(others).collect()
}

/// Whether a field is there where only these kinds are.
pub(crate) fn is_installed(field: &Field, kinds: &[Kind]) -> bool {
    match field.holds {
        Holds::Link(kind) => kinds.contains(&kind),
        _ => true,
    }
}

fn field_definition(field: &Field) -> Value {
    let (fieldtype, options) = match field.holds {
        Holds::Text => ("Data", String::new()),
        Holds::LongText => ("Small Text", String::new()),
        Holds::Html => ("Text Editor", String::new()),
        Holds::Number => ("Currency", String::new()),
        Holds::Choice(choices) => ("Select", format!("\n{}", choices.join("\n"))),
        Holds::Flag => ("Check", String::new()),
        Holds::Day => ("Date", String::new()),
        Holds::Link(kind) => ("Link", kind.doctype().to_owned()),
    };
    let mut definition = Map::new();
    let parts = [
        ("fieldname", json!(field.name)),
        ("label", json!(field.name)),
        ("fieldtype", json!(fieldtype)),
        ("options", json!(options)),
        ("reqd", json!(i32::from(field.required))),
        ("allow_on_submit", json!(i32::from(field.after_submit))),
    ];
    definition.extend(parts.map(|(name, value)| (name.to_owned(), value)));
    Value::Object(definition)
}
