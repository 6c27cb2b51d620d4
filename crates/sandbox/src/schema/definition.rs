//! Merges a stored DocType with its Custom Fields and Property Setters (protocol 9).

use serde_json::{Map, Value, json};

use crate::value::{Cell, cint, flt};

type Row = Map<String, Value>;

/// What of a Custom Field belongs to the record, not to the field that it adds.
const RECORD_ONLY: [&str; 8] = [
    "dt",
    "module",
    "is_system_generated",
    "_user_tags",
    "_comments",
    "_assign",
    "_liked_by",
    "doctype",
];

/// Merges a DocType's own row and rows with what was customised.
///
/// `fields` and `permissions` are the rows of the DocType in order, the other two everything that customises it.
pub(crate) fn merged_definition(
    mut doctype: Row,
    fields: Vec<Row>,
    permissions: Vec<Row>,
    custom_fields: Vec<Row>,
    property_setters: &[Row],
) -> Row {
    let name = doctype.get("name").cloned().unwrap_or_default();
    let mut fields = fields;
    for custom in custom_fields {
        place(&mut fields, custom_field_as_row(custom, &name));
    }
    for setter in property_setters {
        apply(&mut doctype, &mut fields, setter);
    }
    for (index, field) in fields.iter_mut().enumerate() {
        field.insert("idx".to_owned(), json!(index + 1));
    }
    doctype.insert("doctype".to_owned(), json!("DocType"));
    doctype.insert("fields".to_owned(), with_doctype(fields, "DocField"));
    doctype.insert(
        "permissions".to_owned(),
        with_doctype(permissions, "DocPerm"),
    );
    doctype
}

fn with_doctype(rows: Vec<Row>, doctype: &str) -> Value {
    rows.into_iter()
        .map(|mut row| {
            row.insert("doctype".to_owned(), json!(doctype));
            Value::Object(row)
        })
        .collect()
}

fn custom_field_as_row(mut custom: Row, doctype: &Value) -> Row {
    for key in RECORD_ONLY {
        custom.remove(key);
    }
    custom.insert("is_custom_field".to_owned(), json!(1));
    custom.insert("parent".to_owned(), doctype.clone());
    custom.insert("parentfield".to_owned(), json!("fields"));
    custom.insert("parenttype".to_owned(), json!("DocType"));
    custom
}

fn place(fields: &mut Vec<Row>, custom: Row) {
    let anchor = custom
        .get("insert_after")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let place = fields
        .iter()
        .position(|field| field_name(field) == anchor && !anchor.is_empty());
    match place {
        Some(place) => fields.insert(place + 1, custom),
        None => fields.push(custom),
    }
}

fn apply(doctype: &mut Row, fields: &mut [Row], setter: &Row) {
    let text = |key: &str| setter.get(key).and_then(Value::as_str).unwrap_or_default();
    let property = text("property").to_owned();
    let value = Cell::from_json(setter.get("value").cloned().unwrap_or_default());
    let value = match text("property_type") {
        "Int" | "Check" => json!(cint(&value)),
        "Float" | "Currency" | "Percent" => json!(flt(&value)),
        _ => value.to_json(),
    };
    if text("doctype_or_field") == "DocType" {
        doctype.insert(property, value);
        return;
    }
    let target = text("field_name");
    if let Some(field) = fields.iter_mut().find(|field| field_name(field) == target) {
        field.insert(property, value);
    }
}

fn field_name(field: &Row) -> &str {
    field
        .get("fieldname")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: Value) -> Row {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn custom_fields_land_after_their_anchor_and_setters_win() {
        let merged = merged_definition(
            row(json!({"name": "Thing"})),
            vec![
                row(json!({"fieldname": "a"})),
                row(json!({"fieldname": "b", "reqd": 0})),
            ],
            vec![],
            vec![row(
                json!({"fieldname": "c", "insert_after": "a", "dt": "Thing"}),
            )],
            &[row(json!({
                "doctype_or_field": "DocField", "field_name": "b", "property": "reqd",
                "property_type": "Check", "value": "1",
            }))],
        );
        let fields = merged["fields"].as_array().unwrap();
        let names: Vec<_> = fields
            .iter()
            .map(|field| field["fieldname"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["a", "c", "b"]);
        assert_eq!(fields[1]["is_custom_field"], 1);
        assert_eq!(fields[2]["reqd"], 1);
    }
}
