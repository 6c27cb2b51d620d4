//! Renames and merges. Links follow in silence: no `modified` moves (protocol 4.3, 12.7).

use super::record::Record;
use super::references::Reference;
use crate::failure::{Attempt, Failure, Kind};
use crate::schema::{ASSIGN, MODIFIED, MODIFIED_BY, NAME, PARENT, PARENTTYPE};
use crate::site::Transaction;
use crate::storage::{Row, SecretKey};
use crate::value::{Cell, Key, name_key, parent_key};

/// What a rename may do.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RenameOptions {
    /// Even where the DocType does not allow it.
    pub(crate) force: bool,
    /// Into a document that exists.
    pub(crate) merge: bool,
    /// Without the message about it.
    pub(crate) quiet: bool,
    /// Without the check whether a document of the new name exists.
    pub(crate) ignore_if_exists: bool,
}

impl Transaction<'_> {
    /// Renames a document and returns the new name.
    pub(crate) fn rename(
        &mut self,
        doctype: &str,
        old: &Cell,
        new: &Cell,
        options: RenameOptions,
    ) -> Attempt<Cell> {
        let record = self.load(doctype, old)?;
        // Who renames may write the old name in another case; what is told of the rename repeats that.
        let old_text = old.to_text();
        let old = record.name().clone();
        let new = self.check_rename(&record, &old_text, new, options)?;
        if options.merge {
            self.check_tree_merge(&record, &new)?;
            self.unite_assignments(doctype, &new);
        } else {
            self.move_row(&record, &new);
        }
        self.repoint(doctype, &old, &new)?;
        if doctype == "DocType" {
            self.rename_doctype(&old.to_text(), &new.to_text());
        }
        let new_text = new.to_text();
        let (shown_old, shown_new) = (escape_ampersands(&old_text), escape_ampersands(&new_text));
        let content = if options.merge {
            format!("merged <strong>{shown_old}</strong> into <strong>{shown_new}</strong>")
        } else {
            format!("renamed from <strong>{shown_old}</strong> to <strong>{shown_new}</strong>")
        };
        self.comment(doctype, &new, "Edit", &content);
        if options.merge {
            self.delete(doctype, &old)?;
        }
        self.after_rename(doctype, &old, &new)?;
        if !options.quiet {
            self.tell(format!(
                "Document renamed from <strong>{old_text}</strong> to <strong>{new_text}</strong>"
            ));
        }
        Ok(new)
    }

    fn check_rename(
        &mut self,
        record: &Record,
        old_text: &str,
        new: &Cell,
        options: RenameOptions,
    ) -> Attempt<Cell> {
        let doctype = record.doctype();
        let new_text = new.to_text();
        let existing = self
            .site
            .database
            .row(doctype, new)
            .map(|row| row[NAME].clone());
        if old_text == new_text {
            return Err(Failure::invalid(
                "No changes made because old and new name are the same.",
            ));
        }
        // A name that differs in case or accents alone is the document itself.
        let existing = existing.filter(|name| name.to_text() == new_text);
        if options.merge && existing.is_none() {
            return Err(Failure::invalid(format!(
                "{doctype} {new_text} does not exist, select a new target to merge"
            )));
        }
        if !options.merge && existing.is_some() && !options.ignore_if_exists {
            return Err(Failure::invalid(format!(
                "Another {doctype} with name {new_text} exists, select another name"
            )));
        }
        if !self.is_allowed_on(record, "write")? {
            return Err(Failure::invalid(format!(
                "You need write permission on {doctype} {old_text} to rename"
            )));
        }
        if !options.force && !record.meta.allow_rename {
            return Err(Failure::invalid(format!(
                "{doctype} not allowed to be renamed"
            )));
        }
        self.checked_name(record, new.clone())
    }

    /// Gives the row and its child rows the new name, and the field that the DocType is named by.
    fn move_row(&mut self, record: &Record, new: &Cell) {
        let doctype = record.doctype();
        let Some(row) = self.site.database.remove(doctype, &name_key(record.name())) else {
            return;
        };
        let mut cells = record.meta.layout.complete(&row);
        cells[NAME] = new.clone();
        let naming_field = record.meta.autoname.strip_prefix("field:");
        if let Some(column) = naming_field.and_then(|field| record.meta.layout.find(field)) {
            cells[column] = new.clone();
        }
        self.site.database.put(doctype, cells.into());
        for table in &record.meta.tables {
            let Some(rows) = self.site.database.table(&table.child) else {
                continue;
            };
            let own: Vec<Row> = rows
                .keys_of_parent(&parent_key(record.name()))
                .filter_map(|key| rows.get(key))
                .filter(|row| row[PARENTTYPE].as_text() == Some(doctype))
                .cloned()
                .collect();
            for row in own {
                self.replace_cell(&table.child, &row, PARENT, new.clone());
            }
        }
        for key in self.site.database.secret_keys(doctype, &record.name_text()) {
            let secret = self.site.database.secret(&key).map(Box::from);
            let renamed = SecretKey::new(doctype, &new.to_text(), &key.fieldname);
            self.site.database.set_secret(key, None);
            self.site.database.set_secret(renamed, secret);
        }
    }

    /// Lets every link to the old name lead to the new one: in silence, but for Singles, which are saved.
    fn repoint(&mut self, doctype: &str, old: &Cell, new: &Cell) -> Attempt<()> {
        let old_key = name_key(old);
        for reference in self.site.references_to(doctype) {
            if reference.is_single {
                self.repoint_single(&reference, doctype, &old_key, new)?;
                continue;
            }
            for (_, row) in self.site.rows_linking(&reference, doctype, &old_key) {
                self.replace_cell(&reference.doctype, &row, reference.column, new.clone());
            }
        }
        // Attachments name their document without a link.
        let columns = self.site.database.table("File").and_then(|table| {
            let layout = table.layout();
            Some((
                layout.find("attached_to_doctype")?,
                layout.find("attached_to_name")?,
            ))
        });
        if let Some((of_type, of_name)) = columns {
            self.rewrite("File", |row| {
                (row[of_type].as_text() == Some(doctype) && name_key(&row[of_name]) == old_key)
                    .then_some((of_name, new.clone()))
            });
        }
        Ok(())
    }

    fn repoint_single(
        &mut self,
        reference: &Reference,
        doctype: &str,
        old: &Key,
        new: &Cell,
    ) -> Attempt<()> {
        let Some(values) = self.site.database.single(&reference.doctype) else {
            return Ok(());
        };
        let holds = values
            .get(reference.fieldname.as_str())
            .is_some_and(|value| name_key(value) == *old);
        if !holds {
            return Ok(());
        }
        let Some(type_field) = &reference.type_field else {
            let mut single = self.load(&reference.doctype, &Cell::text(&*reference.doctype))?;
            single.set(&reference.fieldname, new.clone());
            self.stamp(&mut single);
            return self.store_single(&single);
        };
        if values
            .get(type_field.as_str())
            .is_some_and(|value| value.as_text() == Some(doctype))
        {
            let mut values = values.clone();
            values.insert(reference.fieldname.as_str().into(), new.clone());
            self.site
                .database
                .set_single(&reference.doctype, Some(values));
        }
        Ok(())
    }

    /// Changes one cell of every row for which `change` gives one, and nothing else of them.
    pub(crate) fn rewrite(
        &mut self,
        doctype: &str,
        change: impl Fn(&Row) -> Option<(usize, Cell)>,
    ) {
        let Some(table) = self.site.database.table(doctype) else {
            return;
        };
        let changes: Vec<(Row, usize, Cell)> = table
            .rows()
            .filter_map(|(_, row)| {
                change(row).map(|(column, cell)| (Row::clone(row), column, cell))
            })
            .collect();
        for (row, column, cell) in changes {
            self.replace_cell(doctype, &row, column, cell);
        }
    }

    /// Changes one cell of a row.
    pub(crate) fn replace_cell(&mut self, doctype: &str, row: &Row, column: usize, cell: Cell) {
        let Some(table) = self.site.database.table(doctype) else {
            return;
        };
        let mut cells = table.layout().complete(row);
        cells[column] = cell;
        self.site.database.put(doctype, cells.into());
    }

    /// Writes the assignments of both to the one that stays, which stamps it although nothing of it changed.
    fn unite_assignments(&mut self, doctype: &str, new: &Cell) {
        let Some(row) = self.site.database.row(doctype, new).map(Row::clone) else {
            return;
        };
        let Some(table) = self.site.database.table(doctype) else {
            return;
        };
        let mut cells = table.layout().complete(&row);
        cells[ASSIGN] = Cell::text("[]");
        cells[MODIFIED] = Cell::Stamp(self.site.stamp());
        cells[MODIFIED_BY] = Cell::text(self.user());
        self.site.database.put(doctype, cells.into());
    }

    fn check_tree_merge(&mut self, record: &Record, new: &Cell) -> Attempt<()> {
        if !record.meta.is_tree {
            return Ok(());
        }
        let target = self.load(record.doctype(), new)?;
        if target.get("is_group").is_truthy() == record.get("is_group").is_truthy() {
            return Ok(());
        }
        Err(Failure::shown(
            Kind::NestedSetInvalidMerge,
            "Merging is only possible between Group-to-Group or Leaf Node-to-Leaf Node",
        ))
    }
}

/// Of the entities that a sanitised text keeps, those that are likely in a name; a `&` that begins none of them is escaped.
const KEPT_ENTITIES: [&str; 8] = ["amp", "lt", "gt", "quot", "apos", "nbsp", "copy", "reg"];

/// Writes a name into HTML as the sanitiser of comments leaves it.
fn escape_ampersands(name: &str) -> String {
    let mut parts = name.split('&');
    let mut escaped = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let entity = part.split_once(';').map_or("", |(entity, _)| entity);
        let is_number = entity.strip_prefix('#').is_some_and(|number| {
            let number = number.strip_prefix(['x', 'X']).unwrap_or(number);
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        escaped.push_str(if is_number || KEPT_ENTITIES.contains(&entity) {
            "&"
        } else {
            "&amp;"
        });
        escaped.push_str(part);
    }
    escaped
}
