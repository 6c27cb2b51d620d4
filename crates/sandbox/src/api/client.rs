//! `frappe.client.*`: the table of functions, and those that write (protocol 4.2).

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::form::{Form, into_object, parsed};
use crate::document::{Nulls, Record, RenameOptions};
use crate::failure::{Attempt, Failure, Kind};
use crate::list::{ListArguments, structure};
use crate::site::Transaction;
use crate::value::Cell;

/// The most documents of one `insert_many`.
const MAX_INSERTS: usize = 200;

/// Fields that `set_value` does not take one by one.
const STANDARD_FIELDS: [&str; 11] = [
    "doctype",
    "name",
    "owner",
    "creation",
    "modified",
    "modified_by",
    "docstatus",
    "idx",
    "parent",
    "parentfield",
    "parenttype",
];

impl Transaction<'_> {
    /// Calls a function of `frappe.client`.
    pub(super) fn call_client(&mut self, function: &str, form: &Form) -> Attempt<Value> {
        match function {
            "get_list" => {
                let arguments = ListArguments::parse(&form.values)?;
                self.list(&form.required_text("doctype")?, &arguments)
                    .map(Value::Array)
            }
            // No permission is asked for here (protocol 3.4).
            "get_count" => {
                let doctype = form.required_text("doctype")?;
                self.count(&doctype, &structure(form.get("filters")))
                    .map(Value::from)
            }
            "get" => self.client_get(form),
            "get_value" => self.client_get_value(form),
            "get_single_value" => self.client_single_value(form),
            "insert" => {
                let record = self.insert_sent(form.object("doc")?)?;
                shown(&record)
            }
            "insert_many" => self.client_insert_many(form),
            "save" => {
                let record = self.full_record(form.object("doc")?)?;
                let saved = self.save(record)?;
                shown(&saved)
            }
            "submit" => {
                let mut record = self.full_record(form.object("doc")?)?;
                record.set("docstatus", Cell::Int(1));
                let saved = self.save(record)?;
                shown(&saved)
            }
            "cancel" => {
                let mut record = self.load(&form.required_text("doctype")?, &form.name("name")?)?;
                record.set("docstatus", Cell::Int(2));
                let saved = self.save(record)?;
                shown(&saved)
            }
            "set_value" => self.client_set_value(form),
            "delete" => {
                self.delete_through_client(&form.required_text("doctype")?, &form.name("name")?)?;
                Ok(Value::Null)
            }
            "rename_doc" => {
                let options = RenameOptions {
                    merge: form.flag("merge"),
                    ..RenameOptions::default()
                };
                let (old, new) = (form.name("old_name")?, form.name("new_name")?);
                self.rename(&form.required_text("doctype")?, &old, &new, options)
                    .map(|name| name.to_json())
            }
            "bulk_update" => self.client_bulk_update(form),
            "has_permission" => self.client_has_permission(form),
            "get_doc_permissions" => self.client_doc_permissions(form),
            "get_time_zone" => Ok(json!({"time_zone": self.time_zone_of_user()})),
            "get_password" => self.client_password(form),
            "validate_link" => self.client_validate_link(form),
            _ => Err(Failure::shown(
                Kind::Validation,
                format!("Failed to get method for command frappe.client.{function}"),
            )),
        }
    }

    /// Deletes a document, or takes a row out of its parent.
    pub(super) fn delete_through_client(&mut self, doctype: &str, name: &Cell) -> Attempt<()> {
        let meta = self.meta(doctype)?;
        if !meta.is_table {
            return self.delete(doctype, name);
        }
        let row = self.load(doctype, name)?;
        let mut parent = self.load(&row.text("parenttype"), row.get("parent"))?;
        for rows in &mut parent.tables {
            rows.retain(|other| other.doctype() != doctype || !other.is_named(row.name()));
        }
        self.save(parent).map(|_| ())
    }

    /// Inserts a document that names its DocType; a row goes into its parent, and the parent is returned.
    fn insert_sent(&mut self, mut values: Map<String, Value>) -> Attempt<Record> {
        let doctype = doctype_of(&mut values)?;
        let text = |key: &str| {
            values
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let (parent_type, parent, field) =
            (text("parenttype"), text("parent"), text("parentfield"));
        if self.meta(&doctype)?.is_table && !parent.is_empty() {
            let mut record = self.load(&parent_type, &Cell::text(parent))?;
            let mut rows = record
                .meta
                .table(&field)
                .map_or_else(Vec::new, |(place, _)| record.tables[place].clone());
            self.apply(
                &mut record,
                Map::from_iter([(field.clone(), json!([values]))]),
            )?;
            if let Some((place, _)) = Arc::clone(&record.meta).table(&field) {
                for row in &mut record.tables[place] {
                    row.set("idx", Cell::Int(rows.len() as i64 + 1));
                }
                rows.append(&mut record.tables[place]);
                record.tables[place] = rows;
            }
            return self.save(record);
        }
        let record = self.new_record(&doctype, values)?;
        self.insert(record)
    }

    /// A document made of all that was sent and nothing else, as `save` and `submit` take it.
    fn full_record(&mut self, mut values: Map<String, Value>) -> Attempt<Record> {
        let doctype = doctype_of(&mut values)?;
        let meta = self.meta(&doctype)?;
        let mut record = Record::new(meta);
        record.is_new = false;
        self.apply(&mut record, values)?;
        Ok(record)
    }

    fn client_insert_many(&mut self, form: &Form) -> Attempt<Value> {
        let Value::Array(docs) = parsed(form.required("docs")?)? else {
            return Err(Failure::bare(Kind::Type, "`docs` is no list"));
        };
        if docs.len() > MAX_INSERTS {
            return Err(Failure::invalid("Only 200 inserts allowed in one request"));
        }
        let mut names = Vec::with_capacity(docs.len());
        for doc in docs {
            names.push(self.insert_sent(into_object(doc)?)?.name().to_json());
        }
        Ok(Value::Array(names))
    }

    fn client_set_value(&mut self, form: &Form) -> Attempt<Value> {
        let doctype = form.required_text("doctype")?;
        let name = form.name("name")?;
        let fieldname = form.required("fieldname")?;
        if fieldname
            .as_str()
            .is_some_and(|field| STANDARD_FIELDS.contains(&field))
        {
            return Err(Failure::invalid("Cannot edit standard fields"));
        }
        let value = form.get("value").cloned().unwrap_or_default();
        let values = match fieldname {
            Value::Object(values) => values,
            Value::String(field) if !Cell::from_json(value.clone()).is_truthy() => {
                // Without a value the text may itself be an object of values.
                match serde_json::from_str(&field) {
                    Ok(Value::Object(values)) => values,
                    _ => Map::from_iter([(field, json!(""))]),
                }
            }
            Value::String(field) => Map::from_iter([(field, value)]),
            other => return Err(Failure::bare(Kind::Type, format!("`{other}` is no field"))),
        };
        let meta = self.meta(&doctype)?;
        if !meta.is_table {
            let mut record = self.load(&doctype, &name)?;
            self.apply(&mut record, values)?;
            let saved = self.save(record)?;
            return shown(&saved);
        }
        let row = self.load(&doctype, &name)?;
        let mut parent = self.load(&row.text("parenttype"), row.get("parent"))?;
        let mut rows = std::mem::take(&mut parent.tables);
        for other in rows.iter_mut().flatten() {
            if other.doctype() == doctype && other.is_named(row.name()) {
                self.apply(other, values.clone())?;
            }
        }
        parent.tables = rows;
        let saved = self.save(parent)?;
        shown(&saved)
    }

    fn client_bulk_update(&mut self, form: &Form) -> Attempt<Value> {
        let Value::String(text) = form.required("docs")? else {
            return Err(Failure::bare(
                Kind::Type,
                "the JSON object must be str, bytes or bytearray, not list",
            ));
        };
        let docs: Vec<Value> = serde_json::from_str(&text)
            .map_err(|error| Failure::bare(Kind::JsonDecode, error.to_string()))?;
        let mut failed = Vec::new();
        for doc in docs {
            if let Err(failure) = self.bulk_update_one(doc.clone()) {
                failed.push(json!({"doc": doc, "exc": format!("Traceback (most recent call last):\n{failure}\n")}));
            }
        }
        Ok(json!({"failed_docs": failed}))
    }

    /// What was written before a failure stays: there is no savepoint between the documents.
    fn bulk_update_one(&mut self, doc: Value) -> Attempt<()> {
        let mut values = into_object(doc)?;
        let doctype = doctype_of(&mut values)?;
        let name = values
            .remove("docname")
            .ok_or_else(|| Failure::bare(Kind::Key, "'docname'"))?;
        let mut record = self.load(&doctype, &Cell::from_json(name))?;
        self.apply(&mut record, values)?;
        self.save(record).map(|_| ())
    }
}

fn doctype_of(values: &mut Map<String, Value>) -> Attempt<String> {
    match values.remove("doctype") {
        Some(Value::String(doctype)) => Ok(doctype),
        _ => Err(Failure::bare(Kind::Key, "'doctype'")),
    }
}

/// A document as these functions answer it, nulls included.
pub(super) fn shown(record: &Record) -> Attempt<Value> {
    record.to_json(Nulls::Show).map(Value::Object)
}
