//! `/api/resource`: documents by REST, first version (protocol 4.1).

use serde_json::{Map, Value, json};

use super::form::{Form, into_object};
use super::route::Reply;
use crate::Profile;
use crate::document::{Nulls, Record};
use crate::failure::{Attempt, Failure, Kind};
use crate::http::{Method, Request};
use crate::list::ListArguments;
use crate::site::Transaction;
use crate::value::Cell;

impl Transaction<'_> {
    /// A list, or a new document. `None` is no route.
    pub(super) fn resource_list(
        &mut self,
        doctype: &str,
        request: &Request,
        form: Form,
    ) -> Attempt<Option<Reply>> {
        match request.method {
            Method::Get => self.resource_get_list(doctype, form).map(Some),
            Method::Post => self.resource_create(doctype, request, form).map(Some),
            _ => self.unsupported_verb(),
        }
    }

    /// One document. `None` is no route.
    pub(super) fn resource_document(
        &mut self,
        doctype: &str,
        name: &Cell,
        request: &Request,
        form: Form,
    ) -> Attempt<Option<Reply>> {
        match request.method {
            Method::Get if form.get("run_method").is_some() => {
                let method = form.text("run_method");
                self.document_method(doctype, name, &method, request, &form)
                    .map(Some)
            }
            Method::Get => self.read(doctype, name).map(Some),
            Method::Put => {
                let values = document_of(form, request)?;
                let record = self.update(doctype, name, values)?;
                Ok(Some(Reply::data(Value::Object(
                    record.to_json(Nulls::Omit)?,
                ))))
            }
            Method::Delete => {
                self.delete(doctype, name)?;
                let key = if self.profile() == Profile::V14 {
                    "message"
                } else {
                    "data"
                };
                Ok(Some(Reply {
                    status: 202,
                    ..Reply::keyed(key, json!("ok"))
                }))
            }
            Method::Post => {
                let Some(method) = form
                    .get("run_method")
                    .and_then(Value::as_str)
                    .map(str::to_owned)
                else {
                    return Err(Failure::bare(Kind::Key, "'run_method'"));
                };
                self.document_method(doctype, name, &method, request, &form)
                    .map(Some)
            }
            _ => self.unsupported_verb(),
        }
    }

    /// A document as the user may read it.
    pub(super) fn read(&mut self, doctype: &str, name: &Cell) -> Attempt<Reply> {
        let mut record = self.load(doctype, name)?;
        if !self.is_allowed_on(&record, "read")? {
            return Err(Failure::denied(""));
        }
        if self.masks_single_reads() {
            self.mask(&mut record);
        }
        Ok(Reply::data(Value::Object(record.to_json(Nulls::Omit)?)))
    }

    /// Loads a document, applies what was sent, saves.
    pub(super) fn update(
        &mut self,
        doctype: &str,
        name: &Cell,
        mut values: Map<String, Value>,
    ) -> Attempt<Record> {
        let mut record = self.load(doctype, name)?;
        values.remove("flags");
        self.apply(&mut record, values)?;
        let record = self.save(record)?;
        if record.meta.is_table {
            let parent_type = record.text("parenttype");
            let parent_name = record.get("parent").clone();
            if !parent_type.is_empty() {
                let parent = self.load(&parent_type, &parent_name)?;
                self.save(parent)?;
            }
        }
        Ok(record)
    }

    /// Frappe 14 masks single reads only where a setting says so (protocol 3.1).
    fn masks_single_reads(&self) -> bool {
        self.profile() != Profile::V14
            || self
                .site
                .database
                .single("System Settings")
                .and_then(|settings| settings.get("apply_perm_level_on_api_calls"))
                .is_some_and(|value| &*value.to_text() == "1")
    }

    fn resource_get_list(&mut self, doctype: &str, mut form: Form) -> Attempt<Reply> {
        if let Some(fields) = form.get("fields") {
            // This route decodes the fields whatever they are.
            let Value::String(text) = fields else {
                return Err(Failure::bare(
                    Kind::Type,
                    "the JSON object must be str, bytes or bytearray, not list",
                ));
            };
            if !text.is_empty() {
                let fields: Value = serde_json::from_str(text)
                    .map_err(|error| Failure::bare(Kind::JsonDecode, error.to_string()))?;
                form.values.insert("fields".to_owned(), fields);
            }
        }
        if form.get("limit_page_length").is_none()
            && let Some(limit) = form.get("limit").cloned()
        {
            form.values.insert("limit_page_length".to_owned(), limit);
        }
        let arguments = ListArguments::parse(&form.values)?;
        let rows = self.list(doctype, &arguments)?;
        Ok(Reply::data(Value::Array(rows)))
    }

    fn resource_create(&mut self, doctype: &str, request: &Request, form: Form) -> Attempt<Reply> {
        let mut values = document_of(form, request)?;
        values.remove("doctype");
        let record = self.new_record(doctype, values)?;
        let record = self.insert(record)?;
        let nulls = if self.profile() == Profile::V14 {
            Nulls::Show
        } else {
            Nulls::Omit
        };
        Ok(Reply::data(Value::Object(record.to_json(nulls)?)))
    }

    /// Frappe 14 answers a verb that it does not serve with nothing at all.
    fn unsupported_verb(&self) -> Attempt<Option<Reply>> {
        match self.profile() {
            Profile::V14 => Ok(Some(Reply {
                status: 200,
                body: Map::new(),
            })),
            Profile::V15 | Profile::V16 => Ok(None),
        }
    }
}

/// The document of a body: the value of `data` where there is one, else the body itself, whatever its content type.
fn document_of(form: Form, request: &Request) -> Attempt<Map<String, Value>> {
    match form.values.get("data") {
        None | Some(Value::Null) => match serde_json::from_slice(&request.body) {
            Ok(Value::Object(document)) => Ok(document),
            _ => Ok(form.values),
        },
        Some(Value::String(text)) => match serde_json::from_str(text) {
            Ok(value) => into_object(value),
            Err(_) => Ok(form.values),
        },
        Some(data) => into_object(data.clone()),
    }
}
