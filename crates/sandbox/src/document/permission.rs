//! Who may do what: rows of DocPerm by role, and levels of fields (protocol 3.1, 4.1).

use super::record::Record;
use crate::failure::{Attempt, Failure, Kind};
use crate::schema::{Meta, OWNER, PARENTTYPE};
use crate::site::{Site, Transaction};

/// The rights that a DocPerm row can give.
pub(crate) const RIGHTS: [&str; 14] = [
    "select", "read", "write", "create", "delete", "submit", "cancel", "amend", "print", "email",
    "report", "import", "export", "share",
];

impl Transaction<'_> {
    /// Whether the user has a right on a DocType, for a document of this owner or, without one, for some document.
    pub(crate) fn is_allowed(&mut self, doctype: &Meta, right: &str, owner: Option<&str>) -> bool {
        // What a hook makes is made whatever the user's rights.
        if self.is_administrator() || self.depth > 0 {
            return true;
        }
        if self.site.is_denied(self.user(), &doctype.name, right) {
            return false;
        }
        doctype.permissions.iter().any(|permission| {
            permission.permlevel == 0
                && permission.grants(right)
                && self.has_role(&permission.role)
                && (!permission.if_owner || owner.is_none_or(|owner| owner == self.user()))
        })
    }

    /// Whether the user has a right only on documents of their own.
    pub(crate) fn is_limited_to_own(&mut self, doctype: &Meta, right: &str) -> bool {
        // A nobody's document is not theirs.
        !doctype.is_table
            && self.is_allowed(doctype, right, None)
            && !self.is_allowed(doctype, right, Some(""))
    }

    /// Whether the user has a right on a document; for a row it is that of its parent's DocType.
    pub(crate) fn is_allowed_on(&mut self, record: &Record, right: &str) -> Attempt<bool> {
        let owner = record.cells[OWNER].to_text().into_owned();
        if !record.meta.is_table {
            let meta = std::sync::Arc::clone(&record.meta);
            return Ok(self.is_allowed(&meta, right, Some(&owner)));
        }
        if self.is_administrator() {
            return Ok(true);
        }
        let parent = record.cells[PARENTTYPE].to_text().into_owned();
        match self.site.meta(&parent) {
            // Creating or deleting a row is writing its parent.
            Some(meta) => {
                let right = if matches!(right, "create" | "delete") {
                    "write"
                } else {
                    right
                };
                Ok(self.is_allowed(&meta, right, None))
            }
            None => Ok(false),
        }
    }

    /// 403 unless the user has the right on the document.
    pub(crate) fn require(&mut self, record: &Record, right: &str) -> Attempt<()> {
        if self.is_allowed_on(record, right)? {
            return Ok(());
        }
        Err(Failure::denied(format!(
            "You need the '{right}' permission on <strong>{}</strong> {} to perform this action.",
            record.doctype(),
            record.name_text()
        )))
    }

    /// 403 unless the user has the right on some document of the DocType.
    pub(crate) fn require_on_doctype(&mut self, doctype: &Meta, right: &str) -> Attempt<()> {
        if self.is_allowed(doctype, right, None) {
            return Ok(());
        }
        Err(Failure::denied(format!(
            "Insufficient Permission for <strong>{}</strong>",
            doctype.name
        )))
    }

    /// 403 unless rows of a child DocType may be read through this parent DocType (protocol 3.5).
    pub(crate) fn require_parent(&mut self, child: &Meta, parent: Option<&str>) -> Attempt<()> {
        let parent = parent.and_then(|parent| self.site.meta(parent));
        if let Some(parent) = parent
            && parent
                .tables
                .iter()
                .any(|table| *table.child == *child.name)
            && self.is_allowed(&parent, "read", None)
        {
            return Ok(());
        }
        Err(Failure::shown(
            Kind::Permission,
            format!(
                "User <strong>{}</strong> does not have access to <strong>{}</strong>",
                self.user(),
                child.name
            ),
        ))
    }

    /// The levels of fields that the user may read or write. Level 0 is there only if some row grants it.
    pub(crate) fn levels(&mut self, doctype: &Meta, right: &str) -> Vec<i64> {
        doctype
            .permissions
            .iter()
            .filter(|permission| permission.grants(right) && self.has_role(&permission.role))
            .map(|permission| permission.permlevel)
            .collect()
    }

    /// Hides what of a document is above the user's levels.
    pub(crate) fn mask(&mut self, record: &mut Record) {
        if self.is_administrator() {
            return;
        }
        let levels = self.levels(&std::sync::Arc::clone(&record.meta), "read");
        hide(record, &levels);
        for row in record.children_mut() {
            hide(row, &levels);
        }
    }

    /// Puts fields above the user's levels back to what is stored, or to their defaults.
    pub(crate) fn reset_fields_without_level(&mut self, record: &mut Record) -> Attempt<()> {
        if self.is_administrator() || record.meta.is_table {
            return Ok(());
        }
        let meta = std::sync::Arc::clone(&record.meta);
        let levels = self.levels(&meta, "write");
        let is_closed = |level: i64| level > 0 && !levels.contains(&level);
        if meta.fields.iter().any(|field| is_closed(field.permlevel)) {
            let reference = if record.is_new {
                let mut blank = Record::new(std::sync::Arc::clone(&meta));
                self.fill_defaults(&mut blank);
                blank
            } else {
                self.load(&meta.name, record.name())?
            };
            for field in meta
                .fields
                .iter()
                .filter(|field| is_closed(field.permlevel))
            {
                if let Some(column) = field.column {
                    record.cells[column] = reference.cells[column].clone();
                } else if let Some((place, _)) = meta.table(&field.fieldname) {
                    record.tables[place] = reference.tables[place].clone();
                }
            }
        }
        if record.is_new {
            return Ok(());
        }
        for row in record.children_mut().filter(|row| !row.is_new) {
            let meta = std::sync::Arc::clone(&row.meta);
            for field in meta
                .fields
                .iter()
                .filter(|field| is_closed(field.permlevel))
            {
                let Some(column) = field.column else { continue };
                if let Some(stored) = self.site.database.row(&meta.name, row.name()) {
                    row.cells[column] = meta.layout.cell(stored, column).clone();
                }
            }
        }
        Ok(())
    }

    /// Whether the user has a role.
    pub(crate) fn has_role(&self, role: &str) -> bool {
        self.roles().iter().any(|own| own == role)
    }
}

impl Site {
    /// Whether a right was taken from one user by [`crate::Sandbox::deny`].
    pub(crate) fn is_denied(&self, user: &str, doctype: &str, right: &str) -> bool {
        self.denied
            .iter()
            .any(|denied| denied.0 == user && denied.1 == doctype && denied.2 == right)
    }
}

fn hide(record: &mut Record, levels: &[i64]) {
    let meta = std::sync::Arc::clone(&record.meta);
    for (index, field) in meta.fields.iter().enumerate() {
        if field.permlevel == 0 || levels.contains(&field.permlevel) {
            continue;
        }
        match field.column {
            Some(column) => record.hidden.push(column),
            None if field.is_table() => record.hide_table(index),
            None => {}
        }
    }
}
