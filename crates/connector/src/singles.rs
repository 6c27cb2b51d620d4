//! DocTypes that have one document: the site cannot list them, so that document is read by its name (protocol 8).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

use frappe_sync_model::{
    BodyQuery, DocKey, DocType, DocTypeMeta, Document, FieldKind, FieldName, Filter, KeyOrder,
    KeyPage, KeyQuery, Row, Selection, SiteError, SiteErrorKind, SiteTime,
};

use crate::RequestKind;
use crate::answer::unexpected;
use crate::request::Request;
use crate::transport::Transport;
use crate::wire_document::{FieldFilter, document_of, row_of};

/// The `modified` of a document that was never saved and so has none: before every other.
const NEVER: &str = "1900-01-01 00:00:00";

/// What is sent to be compared with a `modified`: nothing where the document was never saved.
pub(crate) fn compared(base: &SiteTime) -> &str {
    match base.as_str() {
        NEVER => "",
        base => base,
    }
}

/// The DocTypes of a site that are known to have one document.
#[derive(Debug, Default)]
pub(crate) struct Singles(Mutex<BTreeSet<DocType>>);

impl Singles {
    /// Takes them in.
    pub(crate) fn know(&self, doctypes: impl IntoIterator<Item = DocType>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.extend(doctypes);
    }

    /// Tells whether a DocType is one.
    pub(crate) fn has(&self, doctype: &DocType) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.contains(doctype)
    }
}

/// Reads the page of keys that the one key is.
pub(crate) async fn keys(transport: &Transport, query: &KeyQuery) -> Result<KeyPage, SiteError> {
    let mut keys = matching_keys(transport, &query.doctype, &query.filters).await?;
    keys.retain(|key| match &query.order {
        KeyOrder::Name { after } => after.is_none(),
        KeyOrder::Modified { from, after } => key.modified.as_ref().is_none_or(|modified| {
            modified.is_after(from) || (modified.same_moment(from) && after.is_none())
        }),
    });
    Ok(KeyPage { keys, full: false })
}

/// Reads the one key, if filters let it through. Those that ask for more than a key tells let it through.
pub(crate) async fn matching_keys(
    transport: &Transport,
    doctype: &DocType,
    filters: &[Filter],
) -> Result<Vec<DocKey>, SiteError> {
    let found = read(transport, doctype).await?;
    let key = found.and_then(|(_, row)| document_of(&FieldFilter::only([]), row));
    let key = key.map(|document| saved(document.key));
    let admitted = key.filter(|key| filters.iter().all(|filter| admits(key, filter)));
    Ok(admitted.into_iter().collect())
}

/// Reads the one document.
pub(crate) async fn documents(
    transport: &Transport,
    query: &BodyQuery<'_>,
) -> Result<Vec<Document>, SiteError> {
    let meta = &query.meta.doctype;
    if let Selection::Names(names) = &query.selection
        && !names.iter().any(|name| name.as_str() == meta.name.as_str())
    {
        return Ok(Vec::new());
    }
    let Some((request, mut row)) = read(transport, &meta.name).await? else {
        return Ok(Vec::new());
    };
    let mut tables: BTreeMap<FieldName, Vec<Row>> = BTreeMap::new();
    for name in &query.tables {
        let rows = match row.remove(*name) {
            Some(Value::Array(rows)) => rows,
            _ => Vec::new(),
        };
        let filter = FieldFilter::of(query.meta.child_of(name));
        let rows: Option<Vec<Row>> = rows
            .into_iter()
            .map(|row| match row {
                Value::Object(row) => Some(row_of(&filter, row)?.row),
                _ => None,
            })
            .collect();
        let rows = rows.ok_or_else(|| unexpected(&request, "a name and parent in every row"))?;
        tables.insert(FieldName::new(*name), rows);
    }
    let mut document = document_of(&FieldFilter::of(Some(meta)), row)
        .ok_or_else(|| unexpected(&request, "a name in the document"))?;
    document.key = saved(document.key);
    document.tables = tables;
    show_unset(meta, &mut document.fields);
    Ok(vec![document])
}

/// Shows what was never set as empty: a Single holds what was set, and nothing else. What is above the first level may
/// as well be hidden from us, and proves nothing.
fn show_unset(meta: &DocTypeMeta, fields: &mut Map<String, Value>) {
    for field in &meta.fields {
        let holds =
            field.kind.holds_value() && field.kind != FieldKind::Password && !field.is_virtual;
        let name = field.name.as_str();
        if !holds {
            continue;
        }
        if field.permlevel == 0 {
            fields.entry(name).or_insert(Value::Null);
        } else if fields.get(name).is_some_and(Value::is_null) {
            fields.remove(name);
        }
    }
}

async fn read(
    transport: &Transport,
    doctype: &DocType,
) -> Result<Option<(Request, Map<String, Value>)>, SiteError> {
    let request = Request::call(
        RequestKind::Read,
        "frappe.client.get",
        &json!({"doctype": doctype, "name": doctype}),
        format!("read {doctype}"),
    );
    match transport.send(&request).await.map_err(SiteError::from) {
        Ok(answer) => match answer.into_message() {
            Value::Object(row) => Ok(Some((request, row))),
            _ => Err(unexpected(&request, "a document")),
        },
        Err(error) if error.kind == SiteErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Gives a document that was never saved a moment that is no other's.
fn saved(mut key: DocKey) -> DocKey {
    if key.modified.is_none() {
        key.modified = Some(SiteTime::new(NEVER));
        // Whoever reads it is told to be its owner.
        key.owner = String::new();
        key.creation = None;
    }
    key
}

fn admits(key: &DocKey, filter: &Filter) -> bool {
    let own = match filter.field.as_str() {
        "name" => Some(key.name.as_str()),
        "owner" => Some(key.owner.as_str()),
        "creation" => Some(key.creation.as_ref().map_or("", SiteTime::as_str)),
        "modified" => Some(key.modified.as_ref().map_or("", SiteTime::as_str)),
        _ => None,
    };
    let Some(own) = own else { return true };
    let is = |value: &Value| value.as_str() == Some(own);
    match (filter.operator.as_str(), &filter.value) {
        ("=", value) => is(value),
        ("in", Value::Array(values)) => values.iter().any(is),
        (">=", Value::String(value)) => own >= value.as_str(),
        _ => true,
    }
}
