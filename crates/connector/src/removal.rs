//! Takes documents away, brings them back, and gives them other names (protocol 4.1, 4.3 and 8).

use serde_json::json;

use frappe_sync_model::{DocName, DocType, SiteError};

use crate::RequestKind;
use crate::request::Request;
use crate::transport::Transport;
use crate::wire_document::name_of;
use crate::writes::unclear;

/// Deletes one document. Frappe offers no compare-and-set for it (protocol 6.1).
pub(crate) async fn delete(
    transport: &Transport,
    doctype: &DocType,
    name: &DocName,
) -> Result<(), SiteError> {
    let request = Request::delete(doctype, name)?;
    transport.send(&request).await?;
    Ok(())
}

/// Renames one document, or merges it into another one.
///
/// Never with `force`, which would pass over what the DocType allows (protocol 4.3).
pub(crate) async fn rename(
    transport: &Transport,
    doctype: &DocType,
    from: &DocName,
    to: &DocName,
    merge: bool,
) -> Result<DocName, SiteError> {
    let verb = if merge { "merge" } else { "rename" };
    let request = Request::call(
        RequestKind::Write,
        "frappe.rename_doc",
        &json!({"doctype": doctype, "old": from, "new": to, "merge": merge}),
        format!("{verb} {doctype} {from}"),
    );
    let message = transport.send(&request).await?.into_message();
    name_of(&message).ok_or_else(|| unclear(&request, "the new name"))
}

/// Makes a deleted document again.
pub(crate) async fn restore(transport: &Transport, record: &DocName) -> Result<(), SiteError> {
    let request = Request::call(
        RequestKind::Write,
        "frappe.core.doctype.deleted_document.deleted_document.restore",
        &json!({"name": record}),
        format!("restore Deleted Document {record}"),
    );
    transport.send(&request).await?;
    Ok(())
}
