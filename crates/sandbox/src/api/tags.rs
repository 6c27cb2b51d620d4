//! Tags, by the desk's methods: a `Tag` for the word, a `Tag Link` for each document, and a column of the document
//! itself (protocol 8).

use serde_json::{Map, Value, json};

use super::form::Form;
use crate::document::Record;
use crate::failure::Attempt;
use crate::schema::USER_TAGS;
use crate::site::Transaction;
use crate::value::{Cell, Key};

impl Transaction<'_> {
    /// `add_tag`: puts a tag on a document, which is not stamped.
    pub(super) fn add_tag(&mut self, form: &Form) -> Attempt<Value> {
        let tag = form.required_text("tag")?;
        let record = self.tagged(form)?;
        let mut tags = self.tags_of(&record);
        if !tags.contains(&tag) {
            if self.site.database.row("Tag", &Cell::text(&*tag)).is_none() {
                let mut values = Map::new();
                values.insert("name".to_owned(), json!(tag));
                self.store_unchecked("Tag", values)?;
            }
            tags.push(tag.clone());
            self.set_tags(&record, &tags)?;
        }
        Ok(json!(tag))
    }

    /// `remove_tag`: takes a tag off a document. Nothing is left of it, no Deleted Document either.
    pub(super) fn remove_tag(&mut self, form: &Form) -> Attempt<Value> {
        let tag = form.required_text("tag")?;
        let record = self.tagged(form)?;
        let mut tags = self.tags_of(&record);
        tags.retain(|known| known.to_lowercase() != tag.to_lowercase());
        self.set_tags(&record, &tags)?;
        Ok(Value::Null)
    }

    fn tagged(&mut self, form: &Form) -> Attempt<Record> {
        let doctype = form.required_text("dt")?;
        let record = self.load(&doctype, &form.name("dn")?)?;
        self.require(&record, "write")?;
        Ok(record)
    }

    fn tags_of(&self, record: &Record) -> Vec<String> {
        let row = self.site.database.row(record.doctype(), record.name());
        let column = row.map_or(Cell::Null, |row| {
            row.get(USER_TAGS).cloned().unwrap_or(Cell::Null)
        });
        let tags = column.to_text();
        let tags = tags.split(',').filter(|tag| !tag.is_empty());
        tags.map(str::to_owned).collect()
    }

    fn set_tags(&mut self, record: &Record, tags: &[String]) -> Attempt<()> {
        let row = self.site.database.row(record.doctype(), record.name());
        if let Some(row) = row.cloned() {
            let column = match tags {
                [] => String::new(),
                tags => format!(",{}", tags.join(",")),
            };
            self.replace_cell(record.doctype(), &row, USER_TAGS, Cell::text(column));
        }
        let links = self.tag_links(record);
        for (key, tag) in &links {
            if !tags.iter().any(|kept| kept == tag) {
                self.site.database.remove("Tag Link", key);
            }
        }
        for tag in tags {
            if links.iter().all(|(_, known)| known != tag) {
                let mut values = Map::new();
                values.insert("document_type".to_owned(), json!(record.doctype()));
                values.insert("document_name".to_owned(), json!(record.name_text()));
                values.insert("tag".to_owned(), json!(tag));
                self.store_unchecked("Tag Link", values)?;
            }
        }
        Ok(())
    }

    fn tag_links(&self, record: &Record) -> Vec<(Key, String)> {
        let Some(table) = self.site.database.table("Tag Link") else {
            return Vec::new();
        };
        let layout = table.layout();
        let columns = ["document_type", "document_name", "tag"].map(|name| layout.find(name));
        let [Some(of_type), Some(of_name), Some(tag)] = columns else {
            return Vec::new();
        };
        table
            .rows()
            .filter(|(_, row)| row[of_type].as_text() == Some(record.doctype()))
            .filter(|(_, row)| record.is_named(&row[of_name]))
            .map(|(key, row)| (Key::clone(key), row[tag].to_text().into_owned()))
            .collect()
    }

    /// Takes the tags of a document away with it.
    pub(crate) fn forget_tags(&mut self, record: &Record) {
        for (key, _) in self.tag_links(record) {
            self.site.database.remove("Tag Link", &key);
        }
    }
}
