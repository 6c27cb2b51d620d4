//! The functions of `frappe.client` that read (protocol 4.2).

use serde_json::{Map, Value, json};

use super::client::shown;
use super::form::Form;
use crate::document::RIGHTS;
use crate::failure::{Attempt, Failure, Kind};
use crate::list::{ListArguments, structure};
use crate::site::Transaction;
use crate::storage::SecretKey;
use crate::value::Cell;

impl Transaction<'_> {
    pub(super) fn client_get(&mut self, form: &Form) -> Attempt<Value> {
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

    pub(super) fn client_get_value(&mut self, form: &Form) -> Attempt<Value> {
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

    pub(super) fn client_single_value(&mut self, form: &Form) -> Attempt<Value> {
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

    pub(super) fn client_has_permission(&mut self, form: &Form) -> Attempt<Value> {
        let doctype = form.required_text("doctype")?;
        let right = Some(form.text("perm_type")).filter(|right| !right.is_empty());
        let right = right.unwrap_or_else(|| "read".to_owned()).to_lowercase();
        let name = form.name("docname")?;
        // An empty name asks about the DocType as a whole.
        if name.to_text().is_empty() {
            let meta = self.meta(&doctype)?;
            return Ok(json!({"has_permission": self.is_allowed(&meta, &right, None)}));
        }
        let record = self.load(&doctype, &name)?;
        Ok(json!({"has_permission": self.is_allowed_on(&record, &right)?}))
    }

    pub(super) fn client_doc_permissions(&mut self, form: &Form) -> Attempt<Value> {
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

    pub(super) fn client_password(&mut self, form: &Form) -> Attempt<Value> {
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

    pub(super) fn client_validate_link(&mut self, form: &Form) -> Attempt<Value> {
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
    pub(super) fn time_zone_of_user(&mut self) -> String {
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
