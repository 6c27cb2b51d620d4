//! Documents that are set up on a site rather than synced, such as webhooks: read whole, Password fields included.

use serde_json::{Map, Value, json};

use frappe_sync_model::{DocName, DocType, SiteError, SiteErrorKind};
use secrecy::SecretString;

use crate::RequestKind;
use crate::answer::unexpected;
use crate::request::Request;
use crate::transport::Transport;

/// Reads one document with its child rows, as the site answers it (protocol 4.2).
pub(crate) async fn document(
    transport: &Transport,
    doctype: &DocType,
    name: &DocName,
) -> Result<Map<String, Value>, SiteError> {
    let request = Request::call(
        RequestKind::Read,
        "frappe.client.get",
        &json!({"doctype": doctype, "name": name}),
        format!("GET {doctype} {name}"),
    );
    match transport.send(&request).await?.into_message() {
        Value::Object(document) => Ok(document),
        _ => Err(unexpected(&request, "the document")),
    }
}

/// Reads the value of a Password field; `None` where it has none, or our user may not read it (protocol 4.2).
pub(crate) async fn password(
    transport: &Transport,
    doctype: &DocType,
    name: &DocName,
    fieldname: &str,
) -> Result<Option<SecretString>, SiteError> {
    let request = Request::call(
        RequestKind::Read,
        "frappe.client.get_password",
        &json!({"doctype": doctype, "name": name, "fieldname": fieldname}),
        format!("read {fieldname} of {doctype} {name}"),
    );
    match transport.send(&request).await.map_err(SiteError::from) {
        Ok(answer) => match answer.into_message() {
            Value::String(password) if !password.is_empty() => Ok(Some(password.into())),
            _ => Ok(None),
        },
        // A field without a value is answered like a wrong key.
        Err(error) if error.kind == SiteErrorKind::NotAuthorised => Ok(None),
        Err(error) if error.concerns_one_document() => Ok(None),
        Err(error) => Err(error),
    }
}
