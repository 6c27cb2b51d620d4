//! Tells where a document is that a list does not show.

use serde_json::json;

use frappe_sync_model::{DocName, DocType, Presence, SiteError, SiteErrorKind};

use crate::RequestKind;
use crate::answer::unexpected;
use crate::collation::is_same_name;
use crate::request::Request;
use crate::transport::Transport;
use crate::wire_document::name_of;

/// Asks for one document by name.
///
/// A site finds names by its collation, and where names are numbers by what a text begins with: asked for
/// `12b` it shows `12`. That is another document.
pub(crate) async fn presence(
    transport: &Transport,
    doctype: &DocType,
    name: &DocName,
) -> Result<Presence, SiteError> {
    let request = Request::call(
        RequestKind::Read,
        "frappe.client.get",
        &json!({"doctype": doctype, "name": name}),
        format!("look for {doctype} {name}"),
    );
    let document = match transport.send(&request).await.map_err(SiteError::from) {
        Ok(answer) => answer.into_message(),
        Err(error) => {
            return match error.kind {
                SiteErrorKind::NotFound => Ok(Presence::Gone),
                SiteErrorKind::NotPermitted => Ok(Presence::Hidden),
                _ => Err(error),
            };
        }
    };
    let found = document.get("name").and_then(name_of);
    let found = found.ok_or_else(|| unexpected(&request, "a name in the document"))?;
    Ok(if is_same_name(&found, name) {
        Presence::There
    } else {
        Presence::Gone
    })
}
