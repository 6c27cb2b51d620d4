//! The controller of DocType: what a definition must be like, what is added to it, and the table that it makes (protocol 1.3, 9).

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::record::Record;
use crate::failure::{Attempt, Failure, Kind};
use crate::schema::{PARENTTYPE, scrub};
use crate::site::Transaction;
use crate::value::Cell;

/// The longest name whose table name still fits.
const MAX_NAME: usize = 61;

impl Transaction<'_> {
    /// Completes and checks a definition.
    pub(crate) fn prepare_doctype(&mut self, record: &mut Record) -> Attempt<()> {
        if !record.get("custom").is_truthy() {
            return Err(Failure::shown(
                Kind::CannotCreateStandardDoctype,
                "Not in Developer Mode! Set in site_config.json or make 'Custom' DocType.",
            ));
        }
        check_doctype_name(&record.name_text())?;
        self.add_tree_fields(record)?;
        self.add_amended_from(record)?;
        name_fields(record);
        check_fieldnames(record)?;
        check_autoname(record)?;
        check_right_to_import(record)?;
        self.check_options(record)
    }

    /// Creates or extends the table of a DocType. Like any change of a schema this commits what the request wrote so far.
    pub(crate) fn sync_schema(&mut self, doctype: &str) -> Attempt<()> {
        let meta = self.meta(doctype)?;
        if meta.is_single {
            return Ok(());
        }
        self.site.database.create_table(doctype, meta.is_table);
        let Some(table) = self.site.database.alter_table(doctype) else {
            return Ok(());
        };
        let mut layout = (**table.layout()).clone();
        let mut unique = Vec::new();
        for field in &meta.fields {
            let Some(storage) = field.storage else {
                continue;
            };
            let column = layout.add(&field.fieldname, storage, field.default.as_deref());
            unique.push((column, field.unique));
        }
        table.set_layout(layout);
        for (column, unique) in unique {
            if let Err(violation) = table.set_unique(column, unique) {
                let fieldname = table.layout().column(violation.column).name.clone();
                return Err(Failure::invalid(format!(
                    "{fieldname} field cannot be set as unique in {doctype}, as there are non-unique existing values"
                )));
            }
        }
        Ok(())
    }

    /// 417 for a DocType that belongs to the framework.
    pub(crate) fn check_doctype_deletion(&mut self, record: &Record) -> Attempt<()> {
        if record.get("custom").is_truthy() {
            return Ok(());
        }
        Err(Failure::invalid("Standard DocType can not be deleted."))
    }

    /// Lets other definitions and child rows follow the rename of a DocType, and its table.
    pub(crate) fn rename_doctype(&mut self, old: &str, new: &str) {
        for doctype in ["DocField", "Custom Field"] {
            let Some(table) = self.site.database.table(doctype) else {
                continue;
            };
            let layout = Arc::clone(table.layout());
            let (Some(fieldtype), Some(options)) =
                (layout.find("fieldtype"), layout.find("options"))
            else {
                continue;
            };
            self.rewrite(doctype, |row| {
                let names_doctype = matches!(
                    layout.cell(row, fieldtype).as_text(),
                    Some("Link" | "Table" | "Table MultiSelect")
                );
                (names_doctype && layout.cell(row, options).as_text() == Some(old))
                    .then(|| (options, Cell::text(new)))
            });
        }
        for doctype in self.site.doctypes() {
            if self
                .site
                .database
                .table(&doctype)
                .is_some_and(crate::storage::Table::is_child)
            {
                self.rewrite(&doctype, |row| {
                    (row[PARENTTYPE].as_text() == Some(old)).then(|| (PARENTTYPE, Cell::text(new)))
                });
            }
        }
        self.site.database.rename_table(old, new);
    }

    /// Deletes the Custom Fields whose rows were of a deleted DocType.
    pub(crate) fn forget_custom_fields(&mut self, doctype: &str) {
        let Some(table) = self.site.database.table("Custom Field") else {
            return;
        };
        let layout = table.layout();
        let (Some(fieldtype), Some(options)) = (layout.find("fieldtype"), layout.find("options"))
        else {
            return;
        };
        let gone: Vec<_> = table
            .rows()
            .filter(|(_, row)| {
                layout.cell(row, options).as_text() == Some(doctype)
                    && matches!(
                        layout.cell(row, fieldtype).as_text(),
                        Some("Table" | "Table MultiSelect")
                    )
            })
            .map(|(key, _)| crate::value::Key::clone(key))
            .collect();
        for key in gone {
            self.site.database.remove("Custom Field", &key);
        }
    }

    fn add_tree_fields(&mut self, record: &mut Record) -> Attempt<()> {
        if !record.get("is_tree").is_truthy() {
            return Ok(());
        }
        let name = record.name_text();
        let parent_field = format!("parent_{}", scrub(&name));
        if !record.get("nsm_parent_field").is_truthy() {
            record.set("nsm_parent_field", Cell::text(&*parent_field));
        }
        let parent_field = record.text("nsm_parent_field");
        let wanted = [
            json!({"fieldname": "lft", "label": "Left", "fieldtype": "Int", "read_only": 1, "hidden": 1, "no_copy": 1}),
            json!({"fieldname": "rgt", "label": "Right", "fieldtype": "Int", "read_only": 1, "hidden": 1, "no_copy": 1}),
            json!({"fieldname": "is_group", "label": "Is Group", "fieldtype": "Check"}),
            json!({"fieldname": "old_parent", "label": "Old Parent", "fieldtype": "Link", "options": name}),
            json!({"fieldname": parent_field, "label": format!("Parent {name}"), "fieldtype": "Link", "options": name}),
        ];
        for field in wanted {
            self.add_field_if_missing(record, field)?;
        }
        Ok(())
    }

    fn add_amended_from(&mut self, record: &mut Record) -> Attempt<()> {
        if !record.get("is_submittable").is_truthy() {
            return Ok(());
        }
        let field = json!({
            "fieldname": "amended_from", "label": "Amended From", "fieldtype": "Link",
            "options": record.name_text(), "read_only": 1, "print_hide": 1, "no_copy": 1,
        });
        self.add_field_if_missing(record, field)
    }

    fn add_field_if_missing(&mut self, record: &mut Record, field: Value) -> Attempt<()> {
        let Some((place, _)) = record.meta.table("fields") else {
            return Ok(());
        };
        let known = field["fieldname"].as_str().unwrap_or_default();
        if record.tables[place]
            .iter()
            .any(|row| row.get("fieldname").as_text() == Some(known))
        {
            return Ok(());
        }
        let values: Map<String, Value> = field.as_object().cloned().unwrap_or_default();
        let mut row = self.new_record("DocField", values)?;
        self.fill_defaults(&mut row);
        row.set("parent", record.name().clone());
        row.set("parentfield", Cell::text("fields"));
        row.set("parenttype", Cell::text("DocType"));
        // Fields of a DocType are few.
        row.set("idx", Cell::Int(record.tables[place].len() as i64 + 1));
        for column in ["owner", "creation", "modified", "modified_by"] {
            let cell = record.get(column).clone();
            row.set(column, cell);
        }
        self.name_by_rule(&mut row)?;
        record.tables[place].push(row);
        Ok(())
    }

    fn check_options(&mut self, record: &Record) -> Attempt<()> {
        let name = record.name_text();
        for row in fields(record) {
            let fieldtype = row.text("fieldtype");
            if !matches!(fieldtype.as_str(), "Link" | "Table" | "Table MultiSelect") {
                continue;
            }
            let options = row.text("options");
            let label = row.text("label");
            if options.is_empty() {
                return Err(Failure::shown(
                    Kind::DoctypeLink,
                    format!(
                        "{name}: Options required for Link or Table type field {label} in row {}",
                        row.text("idx")
                    ),
                ));
            }
            let target = self.site.meta(&options);
            let is_known = options == name || options == "[Select]" || target.is_some();
            if !is_known {
                return Err(Failure::shown(
                    Kind::WrongOptionsDoctypeLink,
                    format!(
                        "{name}: Options must be a valid DocType for field {label} in row {}",
                        row.text("idx")
                    ),
                ));
            }
            if fieldtype != "Link" && target.is_some_and(|target| !target.is_table) {
                return Err(Failure::invalid(format!(
                    "Option {options} for field {label} is not a child table"
                )));
            }
        }
        Ok(())
    }
}

fn fields(record: &Record) -> impl Iterator<Item = &Record> {
    record.children().filter(|row| row.doctype() == "DocField")
}

fn check_doctype_name(name: &str) -> Attempt<()> {
    if name.chars().count() > MAX_NAME {
        return Err(Failure::shown(
            Kind::Name,
            format!("Doctype name is limited to {MAX_NAME} characters ({name})"),
        ));
    }
    let is_plain = name.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
        && name
            .chars()
            .all(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '_' | '-'));
    if is_plain {
        return Ok(());
    }
    Err(Failure::shown(
        Kind::Name,
        "A DocType's name should start with a letter and can only consist of letters, numbers, spaces, underscores and hyphens",
    ))
}

/// Gives fields without a name one made of the label or of type and place.
/// Nobody may be let import what cannot be imported.
fn check_right_to_import(record: &Record) -> Attempt<()> {
    let mut rows = record.children();
    let is_let = rows.any(|row| row.doctype() == "DocPerm" && row.get("import").is_truthy());
    if is_let && !record.get("allow_import").is_truthy() {
        let name = record.name_text();
        return Err(Failure::invalid(format!(
            "Cannot set import as DocType({name}) is not importable"
        )));
    }
    Ok(())
}

fn name_fields(record: &mut Record) {
    for row in record
        .children_mut()
        .filter(|row| row.doctype() == "DocField")
    {
        if row.get("fieldname").is_truthy() {
            continue;
        }
        let label = row.text("label");
        let fieldname = if label.is_empty() {
            format!("{}_{}", scrub(&row.text("fieldtype")), row.text("idx"))
        } else {
            scrub(label.trim_end_matches('?'))
        };
        row.set("fieldname", Cell::text(fieldname));
    }
}

fn check_fieldnames(record: &Record) -> Attempt<()> {
    let mut seen = HashSet::new();
    for row in fields(record) {
        let fieldname = row.text("fieldname");
        if !seen.insert(fieldname.clone()) {
            return Err(Failure::shown(
                Kind::UniqueFieldname,
                format!(
                    "{}: Fieldname {fieldname} appears multiple times",
                    record.name_text()
                ),
            ));
        }
    }
    Ok(())
}

/// A DocType that is named by a field needs that field, and it becomes unique.
fn check_autoname(record: &mut Record) -> Attempt<()> {
    let autoname = record.text("autoname");
    let has_series =
        fields(record).any(|row| row.get("fieldname").as_text() == Some("naming_series"));
    if autoname.is_empty() && has_series {
        record.set("autoname", Cell::text("naming_series:"));
        return Ok(());
    }
    let wanted = match autoname.split_once(':') {
        Some(("naming_series", _)) => "naming_series",
        Some(("field", fieldname)) => fieldname,
        _ => return Ok(()),
    };
    let is_field = autoname.starts_with("field:");
    let mut rows = record
        .children_mut()
        .filter(|row| row.doctype() == "DocField");
    match rows.find(|row| row.get("fieldname").as_text() == Some(wanted)) {
        Some(row) => {
            if is_field {
                row.set("unique", Cell::Int(1));
            }
            Ok(())
        }
        None => Err(Failure::invalid(format!(
            "Invalid fieldname '{wanted}' in autoname"
        ))),
    }
}
