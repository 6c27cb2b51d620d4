//! The desk's loaders of metadata and documents (protocol 4.3, 9).

use serde_json::{Map, Value, json};

use super::form::Form;
use super::route::Reply;
use super::version_two::without_nulls;
use crate::document::Nulls;
use crate::failure::Attempt;
use crate::site::Transaction;

impl Transaction<'_> {
    /// A DocType with everything customised, then the DocTypes of its tables. Nobody's permission is asked for.
    pub(super) fn getdoctype(&mut self, form: &Form) -> Attempt<Reply> {
        let doctype = form.required_text("doctype")?;
        let meta = self.meta(&doctype)?;
        let mut docs = vec![Value::Object(without_nulls(&meta.definition))];
        let mut seen = vec![doctype];
        for table in &meta.tables {
            if seen.iter().any(|known| **known == *table.child) {
                continue;
            }
            seen.push(table.child.to_string());
            let child = self.meta(&table.child)?;
            docs.push(Value::Object(without_nulls(&child.definition)));
        }
        let mut body = Map::new();
        body.insert("docs".to_owned(), Value::Array(docs));
        body.insert("user_settings".to_owned(), json!("{}"));
        Ok(Reply { status: 200, body })
    }

    /// A document for the desk. One that is missing is no error.
    pub(super) fn getdoc(&mut self, form: &Form) -> Attempt<Reply> {
        let doctype = form.required_text("doctype")?;
        let name = form.name("name")?;
        self.meta(&doctype)?;
        if self.site.database.row(&doctype, &name).is_none() {
            return Ok(Reply::keyed("message", json!([])));
        }
        let mut record = self.load(&doctype, &name)?;
        self.require(&record, "read")?;
        self.mask(&mut record);
        let mut body = Map::new();
        body.insert(
            "docs".to_owned(),
            json!([Value::Object(record.to_json(Nulls::Omit)?)]),
        );
        body.insert(
            "docinfo".to_owned(),
            json!({"doctype": doctype, "name": name.to_json()}),
        );
        Ok(Reply { status: 200, body })
    }
}
