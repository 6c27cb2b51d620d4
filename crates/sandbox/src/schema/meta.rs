//! The metadata of a DocType as the site works with it: stored definition, Custom Fields and Property Setters merged (protocol 9).

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::column::Layout;
use super::field::Field;
use crate::value::{Cell, cint};

/// A table field and the DocType of its rows.
#[derive(Debug, Clone)]
pub(crate) struct TableField {
    pub(crate) fieldname: Box<str>,
    pub(crate) child: Box<str>,
    /// Its place among the fields.
    pub(crate) field: usize,
}

/// One DocPerm row.
#[derive(Debug, Clone)]
pub(crate) struct Permission {
    pub(crate) role: Box<str>,
    pub(crate) permlevel: i64,
    pub(crate) if_owner: bool,
    granted: Vec<Box<str>>,
}

impl Permission {
    fn parse(row: &Map<String, Value>) -> Self {
        let number = |key: &str| {
            row.get(key)
                .map_or(0, |value| cint(&Cell::from_json(value.clone())))
        };
        Self {
            role: row
                .get("role")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .into(),
            permlevel: number("permlevel"),
            if_owner: number("if_owner") != 0,
            granted: row
                .iter()
                .filter(|(key, value)| {
                    !matches!(key.as_str(), "idx" | "docstatus" | "permlevel" | "if_owner")
                        && value.as_i64() == Some(1)
                })
                .map(|(key, _)| key.as_str().into())
                .collect(),
        }
    }

    /// Whether the row grants this right.
    pub(crate) fn grants(&self, right: &str) -> bool {
        self.granted.iter().any(|granted| &**granted == right)
    }
}

/// A DocType.
#[derive(Debug)]
pub(crate) struct Meta {
    pub(crate) name: Arc<str>,
    pub(crate) autoname: Box<str>,
    pub(crate) is_single: bool,
    pub(crate) is_table: bool,
    pub(crate) is_tree: bool,
    pub(crate) is_submittable: bool,
    pub(crate) allow_rename: bool,
    pub(crate) title_field: Box<str>,
    /// The field that names a tree node's parent.
    pub(crate) parent_field: Box<str>,
    pub(crate) fields: Vec<Field>,
    pub(crate) tables: Vec<TableField>,
    pub(crate) permissions: Vec<Permission>,
    pub(crate) layout: Arc<Layout>,
    /// The merged definition, as `getdoctype` answers it.
    pub(crate) definition: Map<String, Value>,
    by_name: HashMap<Box<str>, usize>,
    /// By column, the field that it belongs to.
    by_column: Vec<Option<usize>>,
}

impl Meta {
    /// Reads a merged definition. Every value field must have its column in the layout.
    pub(crate) fn parse(definition: Map<String, Value>, layout: Arc<Layout>) -> Self {
        let text = |key: &str| {
            definition
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let flag = |key: &str| {
            definition
                .get(key)
                .is_some_and(|value| cint(&Cell::from_json(value.clone())) != 0)
        };
        let rows = |key: &str| {
            definition
                .get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_object)
        };
        let mut fields: Vec<Field> = rows("fields").map(Field::parse).collect();
        for field in &mut fields {
            field.column = field.storage.and_then(|_| layout.find(&field.fieldname));
        }
        let tables = fields
            .iter()
            .enumerate()
            .filter(|(_, field)| field.is_table() && !field.is_virtual)
            .map(|(index, field)| TableField {
                fieldname: field.fieldname.clone(),
                child: field.options.clone(),
                field: index,
            })
            .collect();
        let by_name = fields
            .iter()
            .enumerate()
            .map(|(index, field)| (field.fieldname.clone(), index))
            .collect();
        let parent_field = match text("nsm_parent_field") {
            "" => format!("parent_{}", scrub(text("name"))).into(),
            named => named.into(),
        };
        Self {
            name: text("name").into(),
            autoname: text("autoname").into(),
            is_single: flag("issingle"),
            is_table: flag("istable"),
            is_tree: flag("is_tree"),
            is_submittable: flag("is_submittable"),
            allow_rename: flag("allow_rename"),
            title_field: text("title_field").into(),
            parent_field,
            tables,
            permissions: rows("permissions").map(Permission::parse).collect(),
            by_column: columns(&fields, &layout),
            layout,
            by_name,
            fields,
            definition,
        }
    }

    /// The field of this name; standard fields are none.
    pub(crate) fn field(&self, fieldname: &str) -> Option<&Field> {
        self.by_name
            .get(fieldname)
            .map(|index| &self.fields[*index])
    }

    /// The field that a column belongs to; standard columns and those of deleted Custom Fields have none.
    pub(crate) fn field_of_column(&self, column: usize) -> Option<&Field> {
        self.by_column
            .get(column)
            .copied()
            .flatten()
            .map(|index| &self.fields[index])
    }

    /// The table field of this name, and its place among the table fields.
    pub(crate) fn table(&self, fieldname: &str) -> Option<(usize, &TableField)> {
        self.tables
            .iter()
            .enumerate()
            .find(|(_, table)| &*table.fieldname == fieldname)
    }

    /// The label of a field, or the name itself.
    pub(crate) fn label<'a>(&'a self, fieldname: &'a str) -> &'a str {
        self.field(fieldname).map_or(fieldname, Field::title)
    }

    /// Whether names are counted up by the table itself.
    pub(crate) fn is_autoincrement(&self) -> bool {
        &*self.autoname == "autoincrement" && !self.is_single
    }

    /// Whether people choose the names.
    pub(crate) fn is_prompt(&self) -> bool {
        self.autoname.to_lowercase().starts_with("prompt")
    }

    /// The lines of `naming_series`'s options that are not empty.
    pub(crate) fn first_naming_series(&self) -> Option<&str> {
        self.field("naming_series")?
            .options
            .lines()
            .find(|option| !option.is_empty())
    }
}

fn columns(fields: &[Field], layout: &Layout) -> Vec<Option<usize>> {
    let mut by_column = vec![None; layout.len()];
    for (index, field) in fields.iter().enumerate() {
        if let Some(column) = field.column {
            by_column[column] = Some(index);
        }
    }
    by_column
}

/// Frappe's `scrub`: a name as an identifier.
pub(crate) fn scrub(name: &str) -> String {
    name.replace([' ', '-'], "_").to_lowercase()
}
