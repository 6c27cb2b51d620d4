//! `frappe.client.*` (protocol 4.2).

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::form::{Form, into_object, parsed};
use crate::document::{Nulls, RIGHTS, Record, RenameOptions};
use crate::failure::{Attempt, Failure, Kind};
use crate::list::{ListArguments, structure};
use crate::site::Transaction;
use crate::storage::SecretKey;
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

    fn client_get(&mut self, form: &Form) -> Attempt<Value> {
        let doctype = form.required_text("doctype")?;
        let meta = self.meta(&doctype)?;
        if meta.is_table {
            self.require_parent(&meta, Some(&form.text("parent")))?;
        }
        let name = match form.get("name") {
            Some(name) if !name.is_null() => Cell::from_json(name.clone()),
            _ if form.get("filters").is_some() && !meta.is_single => {
                let names = self.names_where(&doctype, &structure(form.get("filters")))?;
                names
                    .into_iter()
                    .next()
                    .ok_or_else(|| Failure::missing(&doctype, ""))?
            }
            _ => Cell::text(&*doctype),
        };
        let mut record = self.load(&doctype, &name)?;
        self.require(&record, "read")?;
        self.mask(&mut record);
        shown(&record)
    }

    fn client_get_value(&mut self, form: &Form) -> Attempt<Value> {
        let doctype = form.required_text("doctype")?;
        let meta = self.meta(&doctype)?;
        let fieldname = form.required("fieldname")?;
        let fields: Vec<String> = match structure(Some(&fieldname)) {
            Value::Array(fields) => fields
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            _ => vec![form.text("fieldname")],
        };
        let parent = form
            .get("parent")
            .and_then(Value::as_str)
            .map(str::to_owned);
        if meta.is_table {
            self.require_parent(&meta, parent.as_deref())?;
        } else if !self.is_allowed(&meta, "read", None) {
            return Err(Failure::shown(
                Kind::Permission,
                format!("No permission for {doctype}"),
            ));
        }
        if meta.is_single {
            let record = self.load(&doctype, &Cell::text(&*doctype))?;
            let values = fields
                .iter()
                .map(|field| (field.clone(), record.get(field).to_json()));
            return Ok(Value::Object(values.collect()));
        }
        let as_dict = form.get("as_dict").is_none_or(crate::list::is_true);
        let arguments = ListArguments {
            fields: Some(fields.clone()),
            filters: structure(form.get("filters")),
            limit: Some(1),
            parent,
            as_dict,
            ..ListArguments::default()
        };
        let row = self.list(&doctype, &arguments)?.into_iter().next();
        Ok(match row {
            None if as_dict => json!({}),
            None => Value::Null,
            Some(row) if as_dict || fields.len() > 1 => row,
            Some(row) => row.get(0).cloned().unwrap_or_default(),
        })
    }

    fn client_single_value(&mut self, form: &Form) -> Attempt<Value> {
        let doctype = form.required_text("doctype")?;
        let meta = self.meta(&doctype)?;
        if !self.is_allowed(&meta, "read", None) {
            return Err(Failure::shown(
                Kind::Permission,
                format!("No permission for {doctype}"),
            ));
        }
        let field = form.required_text("field")?;
        let record = self.load(&doctype, &Cell::text(&*doctype))?;
        Ok(record.get(&field).to_json())
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

    fn client_has_permission(&mut self, form: &Form) -> Attempt<Value> {
        let record = self.load(&form.required_text("doctype")?, &form.name("docname")?)?;
        let right = Some(form.text("perm_type")).filter(|right| !right.is_empty());
        let right = right.unwrap_or_else(|| "read".to_owned()).to_lowercase();
        Ok(json!({"has_permission": self.is_allowed_on(&record, &right)?}))
    }

    fn client_doc_permissions(&mut self, form: &Form) -> Attempt<Value> {
        let record = self.load(&form.required_text("doctype")?, &form.name("docname")?)?;
        let mut permissions = Map::new();
        for right in RIGHTS {
            permissions.insert(
                right.to_owned(),
                json!(i64::from(self.is_allowed_on(&record, right)?)),
            );
        }
        Ok(json!({"permissions": permissions}))
    }

    fn client_password(&mut self, form: &Form) -> Attempt<Value> {
        if !self.is_administrator() && !self.has_role("System Manager") {
            return Err(Failure::bare(Kind::Permission, "Not permitted"));
        }
        let key = SecretKey::new(
            &form.required_text("doctype")?,
            &form.required_text("name")?,
            &form.required_text("fieldname")?,
        );
        match self.site.database.secret(&key) {
            Some(secret) => Ok(json!(secret)),
            None => Err(Failure::shown(Kind::Authentication, "Password not found")),
        }
    }

    fn client_validate_link(&mut self, form: &Form) -> Attempt<Value> {
        let doctype = form.required_text("doctype")?;
        let name = form.name("docname")?;
        let meta = self.meta(&doctype)?;
        if !self.is_allowed(&meta, "read", None) && !self.is_allowed(&meta, "select", None) {
            return Err(Failure::shown(
                Kind::Permission,
                format!("You do not have Read or Select Permissions for {doctype}"),
            ));
        }
        let row = self.site.database.row(&doctype, &name);
        let Some(row) = row.map(crate::storage::Row::clone) else {
            return Ok(json!({}));
        };
        let mut values = Map::from_iter([("name".to_owned(), row[0].to_json())]);
        if let Value::Array(fields) = structure(form.get("fields")) {
            for field in fields.iter().filter_map(Value::as_str) {
                if let Some(column) = meta.layout.find(field) {
                    values.insert(field.to_owned(), meta.layout.cell(&row, column).to_json());
                }
            }
        }
        Ok(Value::Object(values))
    }

    /// The zone of the user's own, where they have one (protocol 10.3).
    fn time_zone_of_user(&mut self) -> String {
        let user = Cell::text(self.user());
        let own = self
            .load("User", &user)
            .map(|record| record.text("time_zone"))
            .unwrap_or_default();
        match own.as_str() {
            // What a guest gets is Frappe's default, not the site's.
            "" if self.user() == "Guest" => "Asia/Kolkata".to_owned(),
            "" => self.site.zone.name().to_owned(),
            zone => zone.to_owned(),
        }
    }
}

fn doctype_of(values: &mut Map<String, Value>) -> Attempt<String> {
    match values.remove("doctype") {
        Some(Value::String(doctype)) => Ok(doctype),
        _ => Err(Failure::bare(Kind::Key, "'doctype'")),
    }
}

fn shown(record: &Record) -> Attempt<Value> {
    record.to_json(Nulls::Show).map(Value::Object)
}
