//! `/api/v2`: documents by REST, second version (protocol 3.6, 4.1).

use serde_json::{Map, Value, json};

use super::form::Form;
use super::route::Reply;
use crate::document::Nulls;
use crate::failure::{Attempt, Failure, Kind};
use crate::http::{Method, Request};
use crate::list::{ListArguments, structure};
use crate::site::Transaction;
use crate::value::Cell;

impl Transaction<'_> {
    /// A list, or a new document. `None` is no route.
    pub(super) fn document_list(
        &mut self,
        doctype: &str,
        request: &Request,
        mut form: Form,
    ) -> Attempt<Option<Reply>> {
        match request.method {
            Method::Get => {
                let limit = form.get("limit").cloned().unwrap_or(json!(20));
                form.values.insert("limit_page_length".to_owned(), limit);
                let arguments = ListArguments::parse(&form.values)?;
                let rows = self.list(doctype, &arguments)?;
                Ok(Some(Reply::data(Value::Array(rows))))
            }
            Method::Post => {
                let mut values = form.values;
                values.remove("doctype");
                let record = self.new_record(doctype, values)?;
                let record = self.insert(record)?;
                Ok(Some(Reply::data(Value::Object(
                    record.to_json(Nulls::Omit)?,
                ))))
            }
            _ => Ok(None),
        }
    }

    /// One document. `None` is no route.
    pub(super) fn document_one(
        &mut self,
        doctype: &str,
        name: &Cell,
        request: &Request,
        form: Form,
    ) -> Attempt<Option<Reply>> {
        match request.method {
            Method::Get => self.read(doctype, name).map(Some),
            Method::Put | Method::Patch => {
                let record = self.update(doctype, name, form.values)?;
                Ok(Some(Reply::data(Value::Object(
                    record.to_json(Nulls::Omit)?,
                ))))
            }
            Method::Delete => {
                self.delete_through_client(doctype, name)?;
                Ok(Some(Reply {
                    status: 202,
                    ..Reply::data(json!("ok"))
                }))
            }
            _ => Ok(None),
        }
    }

    /// A whitelisted method of a document.
    pub(super) fn document_method(
        &mut self,
        doctype: &str,
        name: &Cell,
        method: &str,
        request: &Request,
        form: &Form,
    ) -> Attempt<Reply> {
        let mut record = self.load(doctype, name)?;
        let right = if request.method == Method::Get {
            "read"
        } else {
            "write"
        };
        self.require(&record, right)?;
        match method {
            "submit" | "cancel" => {
                let docstatus = if method == "submit" { 1 } else { 2 };
                record.set("docstatus", Cell::Int(docstatus));
                let saved = self.save(record)?;
                Ok(Reply::data(Value::Object(saved.to_json(Nulls::Show)?)))
            }
            "save" => {
                let saved = self.save(record)?;
                Ok(Reply::data(Value::Object(saved.to_json(Nulls::Show)?)))
            }
            "rename" => {
                let options = crate::document::RenameOptions {
                    force: form.flag("force"),
                    merge: form.flag("merge"),
                    ..Default::default()
                };
                let new = self.rename(doctype, name, &form.name("name")?, options)?;
                let renamed = self.load(doctype, &new)?;
                Ok(Reply::data(Value::Object(renamed.to_json(Nulls::Show)?)))
            }
            _ => Err(Failure::shown(
                Kind::Permission,
                format!("Method {method} is not whitelisted"),
            )),
        }
    }

    /// Metadata or count of a DocType.
    pub(super) fn doctype_part(
        &mut self,
        doctype: &str,
        part: &str,
        request: &Request,
        form: &Form,
    ) -> Attempt<Option<Reply>> {
        if request.method != Method::Get {
            return Ok(None);
        }
        match part {
            "meta" => {
                self.site.refuse_guest(self.user())?;
                let meta = self.meta(doctype)?;
                let definition = without_nulls(&meta.definition);
                Ok(Some(Reply::data(Value::Object(definition))))
            }
            "count" => {
                let meta = self.meta(doctype)?;
                self.require_on_doctype(&meta, "read")?;
                let count = self.count(doctype, &structure(form.get("filters")))?;
                Ok(Some(Reply::data(json!(count))))
            }
            _ => Ok(None),
        }
    }
}

/// Drops null properties, also those of rows.
pub(super) fn without_nulls(object: &Map<String, Value>) -> Map<String, Value> {
    object
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| {
            let value = match value {
                Value::Array(rows) => rows
                    .iter()
                    .map(|row| match row {
                        Value::Object(row) => Value::Object(without_nulls(row)),
                        other => other.clone(),
                    })
                    .collect(),
                other => other.clone(),
            };
            (key.clone(), value)
        })
        .collect()
}
