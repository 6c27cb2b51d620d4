//! Questions that a check of the setup asks, and a sync does not.

use std::fmt;

use futures::future::try_join_all;
use serde_json::{Value, json};

use frappe_sync_model::{DocType, Filter, SiteError};

use crate::RequestKind;
use crate::answer::unexpected;
use crate::list::List;
use crate::request::Request;
use crate::transport::Transport;

/// Something that a role may allow on a DocType.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// See documents.
    Read,
    /// Change documents.
    Write,
    /// Make documents.
    Create,
    /// Submit documents.
    Submit,
    /// Cancel documents.
    Cancel,
    /// Delete documents.
    Delete,
    /// Load documents by Data Import.
    Import,
}

impl Permission {
    /// Those that a sync may need.
    pub const ALL: [Self; 6] = [
        Self::Read,
        Self::Write,
        Self::Create,
        Self::Submit,
        Self::Cancel,
        Self::Delete,
    ];

    /// Returns Frappe's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Create => "create",
            Self::Submit => "submit",
            Self::Cancel => "cancel",
            Self::Delete => "delete",
            Self::Import => "import",
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What our user may do with documents of a DocType in general.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    granted: Vec<Permission>,
}

impl Permissions {
    /// Tells whether this is allowed; what was not asked for is not.
    pub fn allows(&self, permission: Permission) -> bool {
        self.granted.contains(&permission)
    }

    /// Returns all that is allowed.
    pub fn granted(&self) -> &[Permission] {
        &self.granted
    }
}

/// Asks for an answer of any kind, which needs no key (protocol 10.4).
pub(crate) async fn ping(transport: &Transport) -> Result<(), SiteError> {
    let request = Request::get("ping", &[], "ping".into());
    match transport.send(&request).await?.into_message() {
        Value::String(word) if word == "pong" => Ok(()),
        _ => Err(unexpected(&request, "`pong`")),
    }
}

/// Asks which of these our user may do with a DocType.
pub(crate) async fn permissions(
    transport: &Transport,
    doctype: &DocType,
    asked: &[Permission],
) -> Result<Permissions, SiteError> {
    let questions = asked
        .iter()
        .map(|permission| is_granted(transport, doctype, *permission));
    let answers = try_join_all(questions).await?;
    let granted = asked
        .iter()
        .zip(answers)
        .filter_map(|(permission, is_granted)| is_granted.then_some(*permission))
        .collect();
    Ok(Permissions { granted })
}

/// Lists documents of a DocType, in the order of `name`, with these fields of theirs and at most `limit` of them.
pub(crate) async fn rows(
    transport: &Transport,
    doctype: &DocType,
    fields: &[&str],
    filters: &[Filter],
    limit: usize,
) -> Result<Vec<Value>, SiteError> {
    let list = List {
        doctype,
        parent: None,
        fields: fields.to_vec(),
        filters: filters.to_vec(),
        or_filters: Vec::new(),
        order_by: "name asc",
        limit,
    };
    let request = list.request(format!("list {doctype}"));
    transport.send(&request).await?.into_rows(&request)
}

/// Asks for one permission. Without a document the question is about the DocType as a whole.
async fn is_granted(
    transport: &Transport,
    doctype: &DocType,
    permission: Permission,
) -> Result<bool, SiteError> {
    let request = Request::call(
        RequestKind::Read,
        "frappe.client.has_permission",
        &json!({"doctype": doctype, "docname": "", "perm_type": permission.as_str()}),
        format!("ask for permission to {permission} {doctype}"),
    );
    let message = transport.send(&request).await?.into_message();
    match message.get("has_permission") {
        Some(Value::Bool(is_granted)) => Ok(*is_granted),
        // 14 answers with a number, or null where there is no role at all.
        Some(Value::Number(number)) => Ok(number.as_f64().is_some_and(|number| number != 0.0)),
        Some(Value::Null) | None => Ok(false),
        Some(_) => Err(unexpected(&request, "a permission")),
    }
}

/// Asks whether the site runs jobs by itself, as far as System Settings say; `None` where our user may not read them.
pub(crate) async fn scheduler_is_on(transport: &Transport) -> Result<Option<bool>, SiteError> {
    let request = Request::call(
        RequestKind::Read,
        "frappe.client.get_single_value",
        &json!({"doctype": "System Settings", "field": "enable_scheduler"}),
        "ask for the scheduler".to_owned(),
    );
    let answer = match transport.send(&request).await.map_err(SiteError::from) {
        Err(error) if error.concerns_one_document() => return Ok(None),
        answer => answer?.into_message(),
    };
    let text = match &answer {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Ok(Some(!matches!(text.as_str(), "0" | "false" | "null" | "")))
}

/// Asks how many documents match. Most versions count without regard to permissions (protocol 3.4).
pub(crate) async fn count(
    transport: &Transport,
    doctype: &DocType,
    filters: &[Filter],
) -> Result<u64, SiteError> {
    let request = Request::call(
        RequestKind::Read,
        "frappe.client.get_count",
        &json!({"doctype": doctype, "filters": filters}),
        format!("count {doctype}"),
    );
    let message = transport.send(&request).await?.into_message();
    message
        .as_u64()
        .ok_or_else(|| unexpected(&request, "a count"))
}
