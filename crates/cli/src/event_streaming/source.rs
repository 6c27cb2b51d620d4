//! Where the documents come from: a file of JSON, or a site that has the app.

use std::collections::BTreeSet;

use frappe_sync_connector::FrappeSite;
use frappe_sync_engine::read_metadata;
use frappe_sync_model::{BodyQuery, DocType, FieldKind, Selection, Site as _, SiteError};
use serde_json::{Map, Value};

use super::documents::{DOCTYPES, InputError};

/// Returns the documents in a text of JSON: one, a list of them, or a list as `data`, `message` or `docs`, as Frappe
/// answers.
///
/// # Errors
///
/// The text is no JSON, or nothing of that.
pub(crate) fn in_text(text: &str) -> Result<Vec<Value>, InputError> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        InputError::new(
            format!("line {}, column {}", error.line(), error.column()),
            format!("this is no JSON: {error}"),
            "export the documents again: a list of whole documents, each with its `doctype`",
        )
    })?;
    documents_in(value, "the file")
}

fn documents_in(value: Value, place: &str) -> Result<Vec<Value>, InputError> {
    match value {
        Value::Array(values) => Ok(values),
        Value::Object(mut map) if !map.contains_key("doctype") => {
            let wrapped = ["data", "message", "docs"]
                .into_iter()
                .find_map(|key| map.remove(key));
            match wrapped {
                Some(inner @ (Value::Array(_) | Value::Object(_))) => documents_in(inner, place),
                _ => Err(InputError::new(
                    place,
                    "it holds an object without `doctype`",
                    "give a list of whole documents, each with its `doctype`",
                )),
            }
        }
        document @ Value::Object(_) => Ok(vec![document]),
        other => Err(InputError::kind(place, None, "a list of documents", &other)),
    }
}

/// Reads the documents from a site. One that has no such DocType gives none of it.
///
/// # Errors
///
/// As every read.
pub(crate) async fn from_site(site: &FrappeSite) -> Result<Vec<Value>, SiteError> {
    let doctypes: BTreeSet<DocType> = DOCTYPES.into_iter().map(DocType::from).collect();
    let metas = read_metadata(site, &doctypes).await?;
    let mut found = Vec::new();
    for doctype in &DOCTYPES {
        let Some(meta) = metas.get(&DocType::from(*doctype)) else {
            continue;
        };
        let tables = meta
            .doctype
            .fields
            .iter()
            .filter(|field| field.kind == FieldKind::Table);
        let query = BodyQuery {
            meta,
            selection: Selection::Filters(Vec::new()),
            tables: tables.map(|field| field.name.as_str()).collect(),
        };
        for document in site.documents(&query).await? {
            let mut value: Map<String, Value> = document.fields;
            value.insert("doctype".to_owned(), Value::from(*doctype));
            value.insert("name".to_owned(), Value::from(document.key.name.as_str()));
            for (table, rows) in document.tables {
                let rows = rows
                    .into_iter()
                    .map(|row| Value::Object(row.fields))
                    .collect();
                value.insert(table.as_str().to_owned(), Value::Array(rows));
            }
            found.push(Value::Object(value));
        }
    }
    Ok(found)
}
