//! Lists, asked for by POST so that no filter is too long for a URL (protocol 3.4).

use serde_json::{Map, Value, json};

use frappe_sync_model::{DocName, DocType, Filter};

use crate::RequestKind;
use crate::request::Request;

/// How many documents are asked for by name, or read in full, with one request.
pub(crate) const NAMES_PER_PAGE: usize = 500;

/// How many keys are read with one request.
pub(crate) const KEYS_PER_PAGE: usize = 5000;

/// A list to be asked for.
#[derive(Debug)]
pub(crate) struct List<'a> {
    pub(crate) doctype: &'a DocType,
    /// The DocType whose rows are listed, where the list is one of child rows (protocol 3.5).
    pub(crate) parent: Option<&'a DocType>,
    pub(crate) fields: Vec<&'a str>,
    pub(crate) filters: Vec<Filter>,
    /// Of these, one must hold as well.
    pub(crate) or_filters: Vec<Filter>,
    /// Without an order a site gives rows in any (protocol 3.1).
    pub(crate) order_by: &'a str,
    /// 0 for all.
    pub(crate) limit: usize,
}

impl List<'_> {
    /// Makes the request. Filters are always nested: a flat one is taken for a list of fields.
    pub(crate) fn request(&self, label: String) -> Request {
        let mut arguments = Map::new();
        arguments.insert("doctype".into(), json!(self.doctype));
        arguments.insert("fields".into(), json!(self.fields));
        arguments.insert("filters".into(), json!(self.filters));
        if !self.or_filters.is_empty() {
            arguments.insert("or_filters".into(), json!(self.or_filters));
        }
        arguments.insert("order_by".into(), json!(self.order_by));
        arguments.insert("limit_page_length".into(), json!(self.limit));
        if let Some(parent) = self.parent {
            arguments.insert("parent".into(), json!(parent));
        }
        Request::call(
            RequestKind::Read,
            "frappe.client.get_list",
            &Value::Object(arguments),
            label,
        )
    }
}

/// Makes the filter that goes on after a name. The site compares, under its own collation (protocol 3.2).
pub(crate) fn after_name(name: &DocName) -> Filter {
    Filter::new("name", ">", name.as_str())
}
