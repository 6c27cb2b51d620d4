//! What a test does to a site past its API: writes that no request makes, rights taken away, counters.

use serde_json::{Map, Value, json};

use super::handle::Sandbox;
use super::person::SiteError;
use crate::document::RIGHTS;
use crate::failure::Failure;
use crate::site::Transaction;
use crate::value::{Cell, name_key};

impl Sandbox {
    /// Takes the bytes of a file from the disk and leaves its File, as a restored database without its files does.
    pub fn lose_file(&self, file_url: &str) {
        let mut site = self.lock();
        site.database.store_bytes(file_url, None);
        site.database.commit();
    }

    /// Writes fields of a document as `db_set` with `update_modified=False` does: no check, no hook, no new `modified` (protocol 12.6).
    ///
    /// # Errors
    ///
    /// Where there is no such document or field, or the database refuses a value.
    pub fn silent_set(&self, doctype: &str, name: &str, values: Value) -> Result<(), SiteError> {
        self.transact("Administrator", |transaction| {
            transaction.set_columns(doctype, &Cell::text(name), &values, None)
        })
    }

    /// Writes fields of all documents that match in silence, as an UPDATE by an app or a patch does: no check, no hook, no new `modified`
    /// (protocol 12.6). Returns how many there were.
    ///
    /// # Errors
    ///
    /// Where there is no such DocType or field, or the database refuses a value.
    pub fn silent_set_all(
        &self,
        doctype: &str,
        filters: &Value,
        values: &Value,
    ) -> Result<usize, SiteError> {
        self.transact("Administrator", |transaction| {
            let names = transaction.names_where(doctype, filters)?;
            for name in &names {
                transaction.set_columns(doctype, name, values, None)?;
            }
            Ok(names.len())
        })
    }

    /// Writes fields of all documents that match, as `frappe.db.set_value` with filters does: one and the same `modified` for all of them, no
    /// check, no hook (protocol 12.2). Returns how many there were.
    ///
    /// # Errors
    ///
    /// Where there is no such DocType or field, or the database refuses a value.
    pub fn bulk_touch(
        &self,
        doctype: &str,
        filters: &Value,
        values: &Value,
    ) -> Result<usize, SiteError> {
        self.transact("Administrator", |transaction| {
            let stamp = Cell::Stamp(transaction.site.stamp());
            let names = transaction.names_where(doctype, filters)?;
            for name in &names {
                transaction.set_columns(doctype, name, values, Some(&stamp))?;
            }
            Ok(names.len())
        })
    }

    /// Takes rights on a DocType from one user, whatever the roles say. Without rights it takes all of them.
    pub fn deny(&self, user: &str, doctype: &str, rights: &[&str]) {
        let rights = if rights.is_empty() {
            &RIGHTS[..]
        } else {
            rights
        };
        let mut site = self.lock();
        let denied = rights
            .iter()
            .map(|right| (user.to_owned(), doctype.to_owned(), (*right).to_owned()));
        site.denied.extend(denied);
    }

    /// Gives back what [`Sandbox::deny`] took from a user on a DocType.
    pub fn allow(&self, user: &str, doctype: &str) {
        self.lock()
            .denied
            .retain(|denied| denied.0 != user || denied.1 != doctype);
    }

    /// Gives a role to a user, made where the site does not know it.
    ///
    /// # Errors
    ///
    /// Where there is no such user.
    pub fn give_role(&self, user: &str, role: &str) -> Result<(), SiteError> {
        self.transact("Administrator", |transaction| {
            transaction.ensure_role(role)?;
            let mut record = transaction.load("User", &Cell::text(user))?;
            let mut rows: Vec<Value> = roles(&record);
            rows.push(json!({"role": role}));
            transaction.apply(
                &mut record,
                Map::from_iter([("roles".to_owned(), Value::Array(rows))]),
            )?;
            transaction.save(record).map(|_| ())
        })
    }

    /// Takes a role from a user. Columns of its levels vanish from what they read (protocol 12.15).
    ///
    /// # Errors
    ///
    /// Where there is no such user.
    pub fn take_role(&self, user: &str, role: &str) -> Result<(), SiteError> {
        self.transact("Administrator", |transaction| {
            let mut record = transaction.load("User", &Cell::text(user))?;
            let rows: Vec<Value> = roles(&record)
                .into_iter()
                .filter(|row| row["role"] != json!(role))
                .collect();
            transaction.apply(
                &mut record,
                Map::from_iter([("roles".to_owned(), Value::Array(rows))]),
            )?;
            transaction.save(record).map(|_| ())
        })
    }

    /// Puts a field on a level of permissions, through a Property Setter as a person would.
    ///
    /// # Errors
    ///
    /// Where there is no such DocType.
    pub fn set_permlevel(
        &self,
        doctype: &str,
        fieldname: &str,
        level: u8,
    ) -> Result<(), SiteError> {
        self.transact("Administrator", |transaction| {
            let values = json!({
                "doctype_or_field": "DocField", "doc_type": doctype, "field_name": fieldname,
                "property": "permlevel", "property_type": "Int", "value": level.to_string(),
            });
            let Value::Object(values) = values else {
                return Ok(());
            };
            let record = transaction.new_record("Property Setter", values)?;
            transaction.insert(record).map(|_| ())
        })
    }

    /// Sets the counter of a naming series: the last number that was given out under this prefix (protocol 5.2).
    pub fn set_series(&self, prefix: &str, number: i64) {
        let mut site = self.lock();
        site.database.set_counter(prefix, number);
        site.database.commit();
    }

    /// Inserts documents of one DocType in one transaction, with all checks.
    pub(crate) fn insert_batch(
        &self,
        doctype: &str,
        batch: Vec<Map<String, Value>>,
    ) -> Result<(), SiteError> {
        self.transact("Administrator", |transaction| {
            for values in batch {
                let record = transaction.new_record(doctype, values)?;
                transaction.insert(record)?;
            }
            Ok(())
        })
    }

    /// How many documents or rows a DocType has.
    pub fn len_of(&self, doctype: &str) -> usize {
        self.lock()
            .database
            .table(doctype)
            .map_or(0, crate::storage::Table::len)
    }
}

fn roles(user: &crate::document::Record) -> Vec<Value> {
    user.children()
        .map(|row| json!({"role": row.text("role"), "name": row.name_text()}))
        .collect()
}

impl Transaction<'_> {
    /// Makes a role unless the site knows it.
    pub(super) fn ensure_role(&mut self, role: &str) -> crate::failure::Attempt<()> {
        if self.site.database.row("Role", &Cell::text(role)).is_some() {
            return Ok(());
        }
        let record = self.new_record(
            "Role",
            Map::from_iter([("role_name".to_owned(), json!(role))]),
        )?;
        self.insert(record).map(|_| ())
    }

    fn set_columns(
        &mut self,
        doctype: &str,
        name: &Cell,
        values: &Value,
        modified: Option<&Cell>,
    ) -> crate::failure::Attempt<()> {
        let meta = self.meta(doctype)?;
        let Some(row) = self.site.database.row(doctype, name) else {
            return Err(Failure::missing(doctype, &name.to_text()));
        };
        let mut cells = meta.layout.complete(row);
        let key = name_key(&cells[0]);
        for (fieldname, value) in values.as_object().into_iter().flatten() {
            let Some(column) = meta.layout.find(fieldname) else {
                return Err(Failure::bare(
                    crate::failure::Kind::Operational,
                    format!("Unknown column '{fieldname}' in 'SET'"),
                ));
            };
            let storage = meta.layout.column(column).storage;
            cells[column] = storage.store(&Cell::from_json(value.clone()), fieldname)?;
        }
        if let Some(modified) = modified {
            cells[crate::schema::MODIFIED] = modified.clone();
            cells[crate::schema::MODIFIED_BY] = Cell::text(self.user());
        }
        self.site.database.remove(doctype, &key);
        self.site.database.put(doctype, cells.into());
        Ok(())
    }
}
