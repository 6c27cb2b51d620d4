//! Makes and updates documents (protocol 4 to 6).

use serde_json::{Map, Value, json};

use frappe_sync_model::{
    DocName, DocType, NewDocument, SiteError, SiteErrorKind, SiteTime, Written,
};

use crate::RequestKind;
use crate::request::Request;
use crate::singles::compared;
use crate::transport::Transport;
use crate::wire_document::{name_of, time_of};

/// What the site keeps for itself. It would store a nested set's numbers as sent and so break the tree
/// (protocol 7), and an update with `__islocal` makes a second document (protocol 4.1).
const NEVER_SENT: [&str; 6] = [
    "lft",
    "rgt",
    "old_parent",
    "__islocal",
    "__unsaved",
    "doctype",
];

/// The most documents that `insert_many` takes (protocol 4.2).
const MOST_AT_ONCE: usize = 200;

/// Puts a tag on a document, or takes it off (protocol 8). The site makes the `Tag` where there is none.
pub(crate) async fn tag(
    transport: &Transport,
    doctype: &DocType,
    name: &DocName,
    tag: &str,
    on: bool,
) -> Result<(), SiteError> {
    let verb = if on { "add_tag" } else { "remove_tag" };
    let request = Request::call(
        RequestKind::Write,
        &format!("frappe.desk.doctype.tag.tag.{verb}"),
        &json!({"tag": tag, "dt": doctype, "dn": name}),
        format!("{verb} {doctype} {name}"),
    );
    transport.send(&request).await?;
    Ok(())
}

/// Makes documents in one transaction.
pub(crate) async fn insert_many(
    transport: &Transport,
    documents: &[NewDocument],
) -> Result<Vec<DocName>, SiteError> {
    let doctype = match documents {
        [] => return Ok(Vec::new()),
        [first, ..] => &first.doctype,
    };
    if documents.len() > MOST_AT_ONCE {
        return Err(SiteError::new(
            SiteErrorKind::Refused {
                exc_type: "ValidationError".to_owned(),
            },
            format!("at most {MOST_AT_ONCE} documents can be made at once"),
        ));
    }
    let docs: Vec<Value> = documents.iter().map(whole_document).collect();
    let request = Request::call(
        RequestKind::Write,
        "frappe.client.insert_many",
        &json!({"docs": docs}),
        format!("POST {} x {doctype}", documents.len()),
    );
    let names: Option<Vec<DocName>> = match transport.send(&request).await?.into_message() {
        Value::Array(names) => names.iter().map(name_of).collect(),
        _ => None,
    };
    names
        .filter(|names| names.len() == documents.len())
        .ok_or_else(|| unclear(&request, "the names of all documents"))
}

/// Makes one document.
pub(crate) async fn insert(
    transport: &Transport,
    document: &NewDocument,
) -> Result<Written, SiteError> {
    let request = Request::insert(&document.doctype, whole_document(document));
    let data = transport.send(&request).await?.into_data();
    written(&data).ok_or_else(|| unclear(&request, "the document"))
}

/// Updates one document if its `modified` still is `base` (protocol 6.1).
pub(crate) async fn update(
    transport: &Transport,
    doctype: &DocType,
    name: &DocName,
    base: &SiteTime,
    changes: Map<String, Value>,
) -> Result<Written, SiteError> {
    let mut data = sent(changes);
    data.remove("name");
    data.insert("modified".to_owned(), json!(compared(base)));
    let request = Request::update(doctype, name, Value::Object(data))?;
    let data = transport.send(&request).await?.into_data();
    written(&data).ok_or_else(|| unclear(&request, "the document"))
}

/// Renders a document to be made. A chosen name goes as `__newname` too: only so do the names that were
/// chosen for child rows survive (protocol 5.4).
fn whole_document(document: &NewDocument) -> Value {
    let mut data = Map::new();
    data.insert("doctype".to_owned(), json!(document.doctype));
    data.extend(sent(document.body.clone()));
    match &document.name {
        Some(name) => {
            data.insert("name".to_owned(), json!(name));
            data.insert("__newname".to_owned(), json!(name));
        }
        None => {
            data.remove("name");
            data.remove("__newname");
        }
    }
    Value::Object(data)
}

fn sent(mut values: Map<String, Value>) -> Map<String, Value> {
    values.retain(|name, _| !NEVER_SENT.contains(&name.as_str()));
    values
}

fn written(data: &Value) -> Option<Written> {
    Some(Written {
        name: data.get("name").and_then(name_of)?,
        modified: data.get("modified").and_then(time_of),
    })
}

/// The site said yes, but not to what: the write must be looked for.
pub(crate) fn unclear(request: &Request, missing: &str) -> SiteError {
    let mut error = SiteError::new(
        SiteErrorKind::OutcomeUnknown,
        format!("the site carried the request out but its answer does not hold {missing}"),
    );
    error.request.clone_from(&request.label);
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_document(name: Option<&str>) -> NewDocument {
        let body = json!({
            "name": "stray", "__newname": "stray", "title": "x", "lft": 1, "rgt": 2,
            "old_parent": "y", "__islocal": 1,
            "items": [{"name": "row", "__islocal": 1, "lft": 5}]
        });
        NewDocument {
            doctype: "Item Group".into(),
            name: name.map(Into::into),
            body: match body {
                Value::Object(body) => body,
                _ => Map::new(),
            },
        }
    }

    #[test]
    fn a_document_goes_without_what_the_site_keeps_for_itself() {
        assert_eq!(
            whole_document(&new_document(None)),
            json!({
                "doctype": "Item Group", "title": "x",
                "items": [{"name": "row", "__islocal": 1, "lft": 5}]
            })
        );
    }

    #[test]
    fn a_chosen_name_goes_under_both_words() {
        let sent = whole_document(&new_document(Some("Chairs")));
        assert_eq!(sent["name"], "Chairs");
        assert_eq!(sent["__newname"], "Chairs");
    }
}
