//! Documents as they travel, and as the model knows them.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

use frappe_sync_model::{DocKey, DocName, DocTypeMeta, Document, FieldKind, Row, SiteTime};

/// Columns of every DocType that are not fields: what the model holds elsewhere, and what only the desk
/// uses. Frappe 14 also lists raw columns that belong to child rows (protocol 3.1).
const NOT_FIELDS: [&str; 16] = [
    "name",
    "owner",
    "creation",
    "modified",
    "modified_by",
    "docstatus",
    "idx",
    "parent",
    "parentfield",
    "parenttype",
    "doctype",
    "_user_tags",
    "_comments",
    "_assign",
    "_liked_by",
    "_seen",
];

/// A child row with what ties it to its parent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WireRow {
    pub(crate) parent: DocName,
    pub(crate) modified: Option<SiteTime>,
    pub(crate) row: Row,
}

/// Reads a key out of a listed row; `None` where it has no name.
pub(crate) fn key_of(row: &Map<String, Value>) -> Option<DocKey> {
    Some(DocKey {
        name: row.get("name").and_then(name_of)?,
        modified: row.get("modified").and_then(time_of),
        creation: row.get("creation").and_then(time_of),
        owner: text(row, "owner"),
        lft: row.get("lft").and_then(Value::as_i64),
    })
}

/// Reads a document out of a listed row, without tables; `None` where it has no name.
pub(crate) fn document_of(filter: &FieldFilter<'_>, row: Map<String, Value>) -> Option<Document> {
    let docstatus = row.get("docstatus").and_then(Value::as_u64);
    Some(Document {
        key: key_of(&row)?,
        modified_by: text(&row, "modified_by"),
        docstatus: docstatus
            .and_then(|status| status.try_into().ok())
            .unwrap_or(0),
        fields: filter.apply(row),
        tables: BTreeMap::new(),
    })
}

/// Reads a child row; `None` where it has no name.
pub(crate) fn row_of(filter: &FieldFilter<'_>, row: Map<String, Value>) -> Option<WireRow> {
    Some(WireRow {
        parent: row.get("parent").and_then(name_of)?,
        modified: row.get("modified").and_then(time_of),
        row: Row {
            name: row.get("name").and_then(name_of)?,
            idx: row.get("idx").and_then(Value::as_i64).unwrap_or(0),
            fields: filter.apply(row),
        },
    })
}

/// Reads a name: a text, or a number where the DocType counts (protocol 3.2).
pub(crate) fn name_of(value: &Value) -> Option<DocName> {
    match value {
        Value::String(name) if !name.is_empty() => Some(DocName::from(name.as_str())),
        Value::Number(number) => Some(DocName::new(number.to_string())),
        _ => None,
    }
}

/// Reads a moment.
pub(crate) fn time_of(value: &Value) -> Option<SiteTime> {
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .map(SiteTime::new)
}

fn text(row: &Map<String, Value>, name: &str) -> String {
    row.get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// Which values of a listed row are kept: those of fields that the DocType has and that can be read.
#[derive(Clone, Debug)]
pub(crate) struct FieldFilter<'a>(Option<HashSet<&'a str>>);

impl<'a> FieldFilter<'a> {
    /// Keeps what a DocType describes, or every field where it is not known. Passwords are left out, as
    /// they come as asterisks (protocol 7).
    pub(crate) fn of(meta: Option<&'a DocTypeMeta>) -> Self {
        Self(meta.map(|meta| {
            meta.fields
                .iter()
                .filter(|field| {
                    field.kind.holds_value()
                        && field.kind != FieldKind::Password
                        && !field.is_virtual
                })
                .map(|field| field.name.as_str())
                .collect()
        }))
    }

    /// Keeps these fields alone.
    pub(crate) fn only(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(Some(names.into_iter().collect()))
    }

    fn apply(&self, row: Map<String, Value>) -> Map<String, Value> {
        row.into_iter()
            .filter(|(name, _)| !NOT_FIELDS.contains(&name.as_str()) && !name.starts_with("__"))
            .filter(|(name, _)| {
                self.0
                    .as_ref()
                    .is_none_or(|kept| kept.contains(name.as_str()))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    #[test]
    fn standard_columns_go_to_their_places_and_not_among_the_fields() {
        let row = object(json!({
            "name": 17, "owner": "a@example.com", "creation": "2026-01-01 00:00:00",
            "modified": "2026-01-02 00:00:00.000000", "modified_by": "b@example.com",
            "docstatus": 1, "idx": 3, "parent": null, "parentfield": null, "parenttype": null,
            "_user_tags": null, "_comments": "[]", "_assign": null, "_liked_by": null,
            "_seen": null, "__onload": {}, "lft": 5, "status": null, "doctype": "ToDo"
        }));
        let document = document_of(&FieldFilter::of(None), row).unwrap();
        assert_eq!(document.name(), &"17");
        assert_eq!(document.key.owner, "a@example.com");
        assert_eq!(
            document.key.creation,
            Some(SiteTime::new("2026-01-01 00:00:00"))
        );
        assert_eq!(
            document.key.modified,
            Some(SiteTime::new("2026-01-02 00:00:00"))
        );
        assert_eq!(document.key.lft, Some(5));
        assert_eq!(document.modified_by, "b@example.com");
        assert_eq!(document.docstatus, 1);
        assert_eq!(
            Value::Object(document.fields),
            json!({"lft": 5, "status": null})
        );
    }

    #[test]
    fn only_the_fields_of_the_filter_are_kept() {
        let row = object(json!({"name": "r", "parent": "p", "idx": 2, "qty": 1.5, "gone": 1}));
        let wire = row_of(&FieldFilter::only(["qty"]), row).unwrap();
        assert_eq!(wire.parent, DocName::from("p"));
        assert_eq!(wire.modified, None);
        assert_eq!(wire.row.idx, 2);
        assert_eq!(Value::Object(wire.row.fields), json!({"qty": 1.5}));
    }

    #[test]
    fn what_has_no_name_is_no_document() {
        for row in [json!({}), json!({"name": null}), json!({"name": ""})] {
            assert!(document_of(&FieldFilter::of(None), object(row)).is_none());
        }
    }
}
