//! Finds the documents that link to one: they forbid its deletion, and follow its rename (protocol 7, 12.7).

use super::record::Record;
use crate::failure::{Attempt, Failure, Kind};
use crate::schema::{DOCSTATUS, NAME, PARENT, PARENTTYPE};
use crate::site::{Site, Transaction};
use crate::storage::Row;
use crate::value::{Cell, Key, folds_to, name_key};

/// Why links are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Links forbid, from cancelled documents too.
    Delete,
    /// Links from submitted documents forbid.
    Cancel,
}

/// A field through which documents can link to a DocType.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub(crate) doctype: String,
    pub(crate) is_single: bool,
    pub(crate) column: usize,
    pub(crate) fieldname: String,
    /// For a Dynamic Link the column that holds the DocType.
    pub(crate) type_column: Option<usize>,
    /// For a Dynamic Link the field of that column.
    pub(crate) type_field: Option<String>,
}

/// DocTypes whose links do not stand in the way of a deletion.
const IGNORED: [&str; 4] = ["Comment", "File", "Tag Link", "Deleted Document"];

impl Site {
    /// Every Link and Dynamic Link that can lead to a DocType.
    pub(crate) fn references_to(&mut self, doctype: &str) -> Vec<Reference> {
        let mut references = Vec::new();
        for name in self.doctypes() {
            let Some(meta) = self.meta(&name) else {
                continue;
            };
            for field in &meta.fields {
                let Some(column) = field.column else { continue };
                let type_column = if field.is_dynamic_link() {
                    let Some(column) = meta.layout.find(&field.options) else {
                        continue;
                    };
                    Some(column)
                } else if field.is_link() && &*field.options == doctype {
                    None
                } else {
                    continue;
                };
                references.push(Reference {
                    doctype: name.clone(),
                    is_single: meta.is_single,
                    column,
                    fieldname: field.fieldname.to_string(),
                    type_field: type_column.map(|_| field.options.to_string()),
                    type_column,
                });
            }
        }
        references
    }

    /// The rows that hold a link to a document.
    pub(crate) fn rows_linking(
        &self,
        reference: &Reference,
        doctype: &str,
        name: &Key,
    ) -> Vec<(Key, Row)> {
        let Some(table) = self.database.table(&reference.doctype) else {
            return Vec::new();
        };
        let layout = table.layout();
        table
            .rows()
            .filter(|(_, row)| holds(layout.cell(row, reference.column), name))
            .filter(|(_, row)| {
                reference
                    .type_column
                    .is_none_or(|column| layout.cell(row, column).as_text() == Some(doctype))
            })
            .map(|(key, row)| (Key::clone(key), Row::clone(row)))
            .collect()
    }
}

impl Transaction<'_> {
    /// 417 where other documents link to this one.
    pub(crate) fn check_not_linked(&mut self, record: &Record, purpose: Purpose) -> Attempt<()> {
        let name = name_key(record.name());
        for reference in self.site.references_to(record.doctype()) {
            let is_ignored = match purpose {
                Purpose::Delete => IGNORED.contains(&reference.doctype.as_str()),
                Purpose::Cancel => reference.fieldname == "amended_from",
            };
            if is_ignored {
                continue;
            }
            if reference.is_single {
                if purpose == Purpose::Delete && self.single_links(&reference, record) {
                    return Err(linked(record, &reference.doctype, &reference.doctype));
                }
                continue;
            }
            let is_child = self
                .site
                .database
                .table(&reference.doctype)
                .is_some_and(crate::storage::Table::is_child);
            for (_, row) in self.site.rows_linking(&reference, record.doctype(), &name) {
                let (holder_type, holder) = if is_child {
                    (row[PARENTTYPE].to_text().into_owned(), &row[PARENT])
                } else {
                    (reference.doctype.clone(), &row[NAME])
                };
                // Only a Link in the document itself is let pass, neither one in its rows nor a Dynamic Link.
                let is_itself = reference.type_column.is_none()
                    && reference.doctype == record.doctype()
                    && record.is_named(holder);
                let counts = match purpose {
                    // A cancelled document holds on to what it links to by Link, and not by Dynamic Link.
                    Purpose::Delete => {
                        reference.type_column.is_none() || row[DOCSTATUS] != Cell::Int(2)
                    }
                    Purpose::Cancel => row[DOCSTATUS] == Cell::Int(1),
                };
                let is_ignored = IGNORED.contains(&holder_type.as_str());
                if counts && !is_itself && !is_ignored {
                    return Err(linked(record, &holder_type, &holder.to_text()));
                }
            }
        }
        Ok(())
    }

    fn single_links(&self, reference: &Reference, record: &Record) -> bool {
        let Some(values) = self.site.database.single(&reference.doctype) else {
            return false;
        };
        // A Single's own Dynamic Link is told by the field that holds the DocType.
        reference.type_column.is_none()
            && values
                .get(reference.fieldname.as_str())
                .is_some_and(|value| record.is_named(value))
    }
}

/// Whether a cell holds this name under the collation.
fn holds(cell: &Cell, name: &str) -> bool {
    let Some(text) = cell.as_text() else {
        return false;
    };
    !text.is_empty() && folds_to(text, name)
}

fn linked(record: &Record, doctype: &str, name: &str) -> Failure {
    Failure::shown(
        Kind::LinkExists,
        format!(
            "Cannot delete or cancel because {} <strong>{}</strong> is linked with {doctype} <strong>{name}</strong>",
            record.doctype(),
            record.name_text()
        ),
    )
}
