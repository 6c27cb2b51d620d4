//! What the headings of a table stand for.

use std::collections::HashMap;

use crate::schema::{Field, Meta};
use crate::site::Transaction;

/// What a column holds.
#[derive(Debug, Clone)]
pub(super) struct Column {
    /// The table field whose rows it belongs to; `None` for the document's own.
    pub(super) table: Option<String>,
    pub(super) fieldname: String,
    /// `None` for the name and other standard fields, which are taken as texts.
    pub(super) field: Option<Field>,
}

impl Transaction<'_> {
    /// Finds the columns of headings; one that fits nothing is passed over, as is one that came before.
    pub(super) fn columns(
        &mut self,
        meta: &Meta,
        headings: &[Option<String>],
    ) -> Vec<Option<Column>> {
        let mut known: HashMap<String, Column> = HashMap::new();
        let standard = |table: Option<&str>, fieldname: &str| Column {
            table: table.map(str::to_owned),
            fieldname: fieldname.to_owned(),
            field: None,
        };
        for heading in ["name", "ID"] {
            known.insert(heading.to_owned(), standard(None, "name"));
        }
        for fieldname in ["owner", "docstatus"] {
            known.insert(fieldname.to_owned(), standard(None, fieldname));
        }
        for field in meta.fields.iter().filter(|field| field.storage.is_some()) {
            let column = Column {
                table: None,
                fieldname: field.fieldname.to_string(),
                field: Some(field.clone()),
            };
            let label = field.label.to_string();
            known.entry(label).or_insert_with(|| column.clone());
            known.insert(field.fieldname.to_string(), column);
        }
        for table in &meta.tables {
            let Ok(child) = self.meta(&table.child) else {
                continue;
            };
            let label = meta.label(&table.fieldname);
            for (heading, fieldname) in [("name", "name"), ("idx", "idx")] {
                let column = standard(Some(&table.fieldname), fieldname);
                known.insert(format!("{}.{heading}", table.fieldname), column);
            }
            known.insert(
                format!("ID ({label})"),
                standard(Some(&table.fieldname), "name"),
            );
            for field in child.fields.iter().filter(|field| field.storage.is_some()) {
                let column = Column {
                    table: Some(table.fieldname.to_string()),
                    fieldname: field.fieldname.to_string(),
                    field: Some(field.clone()),
                };
                known.insert(format!("{} ({label})", field.label), column.clone());
                known.insert(format!("{}.{}", table.fieldname, field.fieldname), column);
            }
        }
        let mut seen: Vec<&str> = Vec::new();
        headings
            .iter()
            .map(|heading| {
                let heading = heading.as_deref().unwrap_or_default();
                let is_first = !seen.contains(&heading);
                seen.push(heading);
                known.get(heading).filter(|_| is_first).cloned()
            })
            .collect()
    }
}
