//! The counters of naming series, through Document Naming Settings (protocol 5.2).

use serde_json::{Map, Value, json};

use frappe_sync_model::SiteError;

use crate::RequestKind;
use crate::answer::unexpected;
use crate::request::Request;
use crate::transport::Transport;

const SETTINGS: &str = "Document Naming Settings";

/// Returns the last number that was handed out.
pub(crate) async fn current(transport: &Transport, prefix: &str) -> Result<u64, SiteError> {
    let request = settings(transport, RequestKind::Read, "get_current", prefix, 0).await?;
    let message = transport.send(&request).await?.into_message();
    let number = match &message {
        Value::Null => Some(0),
        number => number.as_u64(),
    };
    number.ok_or_else(|| unexpected(&request, "a number"))
}

/// Sets the counter. The same answer comes of asking twice, so a lost one is asked for again.
pub(crate) async fn raise(transport: &Transport, prefix: &str, to: u64) -> Result<(), SiteError> {
    let request = settings(
        transport,
        RequestKind::Write,
        "update_series_start",
        prefix,
        to,
    )
    .await?;
    transport.send(&request).await?;
    Ok(())
}

/// Calls a method of the settings as their form does: with the document, whose `modified` must be the stored one.
async fn settings(
    transport: &Transport,
    kind: RequestKind,
    method: &str,
    prefix: &str,
    value: u64,
) -> Result<Request, SiteError> {
    let read = Request::call(
        RequestKind::Read,
        "frappe.client.get",
        &json!({"doctype": SETTINGS, "name": SETTINGS}),
        format!("read {SETTINGS}"),
    );
    let stored = transport.send(&read).await?.into_message();
    let mut document = Map::new();
    document.insert("doctype".into(), json!(SETTINGS));
    document.insert("name".into(), json!(SETTINGS));
    document.insert("prefix".into(), json!(prefix));
    document.insert("current_value".into(), json!(value));
    if let Some(modified) = stored.get("modified").and_then(Value::as_str) {
        document.insert("modified".into(), json!(modified));
    }
    let docs = Value::Object(document).to_string();
    Ok(Request::call(
        kind,
        "run_doc_method",
        &json!({"docs": docs, "method": method}),
        format!("{method} of the series `{prefix}`"),
    ))
}
