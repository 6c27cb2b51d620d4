//! Reads filters in all their shapes (protocol 3.1).

use std::sync::Arc;

use serde_json::Value;

use super::between::bounds;
use super::like::Pattern;
use super::predicate::{Comparable, OnNull, Predicate, Test, Values, comparable, empty};
use crate::Profile;
use crate::failure::{Attempt, Failure, Kind};
use crate::schema::{CREATION, MODIFIED, Meta, NAME, Storage};
use crate::site::Transaction;
use crate::value::{Cell, cint};

/// One filter: DocType, field, operator, value.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    pub(super) doctype: String,
    pub(super) fieldname: String,
    pub(super) operator: String,
    pub(super) value: Value,
}

/// A filter made ready to be tested.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    /// The child DocType whose rows are tested; `None` is the listed one.
    pub(super) child: Option<String>,
    pub(super) column: usize,
    pub(super) operator: String,
    pub(super) value: Value,
    pub(super) predicate: Predicate,
}

const OPERATORS: [&str; 17] = [
    "=",
    "!=",
    ">",
    "<",
    ">=",
    "<=",
    "like",
    "not like",
    "in",
    "not in",
    "is",
    "between",
    "descendants of",
    "ancestors of",
    "not descendants of",
    "not ancestors of",
    "descendants of (inclusive)",
];

/// Reads filters as a list, whatever their shape.
pub(super) fn filters(sent: &Value, doctype: &str) -> Attempt<Vec<Filter>> {
    let simple = |fieldname: &str, value: &Value| match value.as_array().map(Vec::as_slice) {
        Some([operator, value]) if operator.is_string() => {
            filter(doctype, fieldname, operator, value)
        }
        _ => filter(doctype, fieldname, &Value::from("="), value),
    };
    match sent {
        Value::Null => Ok(Vec::new()),
        Value::String(text) if text.is_empty() => Ok(Vec::new()),
        Value::String(name) => Ok(vec![filter(
            doctype,
            "name",
            &Value::from("="),
            &Value::from(name.as_str()),
        )]),
        Value::Object(map) => Ok(map.iter().map(|(key, value)| simple(key, value)).collect()),
        Value::Array(items) => {
            let mut all = Vec::new();
            for item in items {
                match item {
                    Value::Array(parts) => all.push(from_list(parts, doctype)?),
                    Value::Object(map) => {
                        all.extend(map.iter().map(|(key, value)| simple(key, value)));
                    }
                    // A flat filter is taken for a list of fields, and its letters for DocTypes.
                    Value::String(text) => {
                        let letter: String = text.chars().take(1).collect();
                        return Err(Failure::missing_doctype(&letter));
                    }
                    other => {
                        return Err(Failure::bare(Kind::Type, format!("`{other}` is no filter")));
                    }
                }
            }
            Ok(all)
        }
        other => Err(Failure::bare(Kind::Type, format!("`{other}` is no filter"))),
    }
}

fn from_list(parts: &[Value], doctype: &str) -> Attempt<Filter> {
    let text = |value: &Value| Cell::from_json(value.clone()).to_text().into_owned();
    match parts {
        [fieldname, value] => Ok(filter(doctype, &text(fieldname), &Value::from("="), value)),
        [fieldname, operator, value] => Ok(filter(doctype, &text(fieldname), operator, value)),
        [of, fieldname, operator, value, ..] => {
            Ok(filter(&text(of), &text(fieldname), operator, value))
        }
        _ => Err(Failure::invalid(format!(
            "Filter must have 4 values (doctype, fieldname, operator, value): {}",
            Value::from(parts)
        ))),
    }
}

fn filter(doctype: &str, fieldname: &str, operator: &Value, value: &Value) -> Filter {
    Filter {
        doctype: doctype.to_owned(),
        fieldname: fieldname.trim_matches('`').to_owned(),
        operator: operator.as_str().unwrap_or("=").to_lowercase(),
        value: value.clone(),
    }
}

/// What Frappe 16 does to filters first: several `=` on one field become one `in`.
pub(super) fn merge_equal(filters: Vec<Filter>) -> Vec<Filter> {
    let mut merged: Vec<Filter> = Vec::new();
    for filter in filters {
        let twin = merged.iter_mut().find(|other| {
            filter.operator == "="
                && matches!(other.operator.as_str(), "=" | "in")
                && other.doctype == filter.doctype
                && other.fieldname == filter.fieldname
        });
        match twin {
            Some(twin) => {
                let mut values = match &twin.value {
                    Value::Array(values) if twin.operator == "in" => values.clone(),
                    single => vec![single.clone()],
                };
                if twin.operator == "in" && !twin.value.is_array() {
                    merged.push(filter);
                    continue;
                }
                values.push(filter.value);
                twin.operator = "in".to_owned();
                twin.value = Value::Array(values);
            }
            None => merged.push(filter),
        }
    }
    merged
}

impl Transaction<'_> {
    /// Makes filters ready, with unknown fields and operators refused.
    pub(super) fn conditions(&mut self, sent: &Value, meta: &Arc<Meta>) -> Attempt<Vec<Condition>> {
        let mut filters = filters(sent, &meta.name)?;
        if self.profile() == Profile::V16 {
            filters = merge_equal(filters);
        }
        filters
            .into_iter()
            .map(|filter| self.condition(filter, meta))
            .collect()
    }

    fn condition(&mut self, filter: Filter, meta: &Arc<Meta>) -> Attempt<Condition> {
        let (child, of) = if filter.doctype == *meta.name {
            (None, Arc::clone(meta))
        } else {
            let of = self.meta(&filter.doctype)?;
            (Some(filter.doctype.clone()), of)
        };
        let Some(column) = of.layout.find(&filter.fieldname) else {
            return Err(Failure::bare(
                Kind::Data,
                format!("Field not permitted in query: {}", filter.fieldname),
            ));
        };
        if !OPERATORS.contains(&filter.operator.as_str()) {
            return Err(Failure::invalid(format!(
                "Operator must be one of {}",
                OPERATORS.join(", ")
            )));
        }
        if filter.operator == "between" && !storage_of(&of, column).is_temporal() {
            return Err(Failure::bare(
                Kind::Programming,
                "You have an error in your SQL syntax near 'between'",
            ));
        }
        let predicate =
            if filter.operator.ends_with("of") || filter.operator.ends_with("(inclusive)") {
                self.tree_predicate(&filter, &of, column)?
            } else {
                predicate(&filter, &of, column)
            };
        Ok(Condition {
            child,
            column,
            operator: filter.operator,
            value: filter.value,
            predicate,
        })
    }

    /// The names above or below a node of a tree.
    fn tree_predicate(
        &mut self,
        filter: &Filter,
        of: &Arc<Meta>,
        column: usize,
    ) -> Attempt<Predicate> {
        let tree = match of.field(&filter.fieldname) {
            Some(field) => self.meta(&field.options.clone())?,
            None => Arc::clone(of),
        };
        let node = Cell::from_json(filter.value.clone());
        let place = |key: &str| tree.layout.find(key);
        let mut values = Values::default();
        if let (Some(lft), Some(rgt)) = (place("lft"), place("rgt"))
            && let Some(table) = self.site.database.table(&tree.name)
            && let Some(row) = self.site.database.row(&tree.name, &node)
        {
            let bounds = |row: &[Cell]| {
                (
                    cint(tree.layout.cell(row, lft)),
                    cint(tree.layout.cell(row, rgt)),
                )
            };
            let (left, right) = bounds(row);
            let is_below = filter.operator.contains("descendants");
            for (_, row) in table.rows() {
                let (from, to) = bounds(row);
                let wanted = if is_below {
                    from > left && to < right
                } else {
                    from < left && to > right
                };
                if wanted && let Some(name) = comparable(&row[NAME], Storage::Varchar(140)) {
                    values.insert(name);
                }
            }
            if filter.operator.ends_with("(inclusive)")
                && let Some(name) = comparable(&node, Storage::Varchar(140))
            {
                values.insert(name);
            }
        }
        Ok(Predicate {
            test: Test::In {
                values,
                negated: filter.operator.starts_with("not"),
            },
            on_null: OnNull::AsEmpty,
            storage: of.layout.column(column).storage,
        })
    }
}

fn predicate(filter: &Filter, of: &Meta, column: usize) -> Predicate {
    let storage = storage_of(of, column);
    let is_standard = matches!(column, NAME | MODIFIED | CREATION);
    let value = Cell::from_json(filter.value.clone());
    let list = list_of(&filter.value);
    let coalesce = if is_standard || storage.is_numeric() {
        OnNull::Reject
    } else {
        OnNull::AsEmpty
    };
    let compare = |accept: fn(std::cmp::Ordering) -> bool, on_null: OnNull| {
        let wanted = match &value {
            Cell::Null => Some(empty(storage)),
            Cell::Text(text) if text.is_empty() => Some(empty(storage)),
            value => comparable(value, storage),
        };
        (
            wanted.map_or(Test::Never, |value| Test::Order { accept, value }),
            on_null,
        )
    };
    let beyond = if storage.is_temporal() {
        OnNull::Reject
    } else {
        coalesce
    };
    let (test, on_null) = match filter.operator.as_str() {
        "!=" => compare(
            |order| order.is_ne(),
            if is_empty_value(&value) {
                OnNull::Reject
            } else {
                coalesce
            },
        ),
        ">" => compare(|order| order.is_gt(), beyond),
        ">=" => compare(|order| order.is_ge(), beyond),
        "<" => compare(|order| order.is_lt(), coalesce),
        "<=" => compare(|order| order.is_le(), coalesce),
        "in" => {
            let has_empty = list.is_empty() || list.iter().any(is_empty_value);
            let on_null = if has_empty && !is_standard {
                OnNull::AsEmpty
            } else {
                OnNull::Reject
            };
            (
                Test::In {
                    values: values_of(&list, storage),
                    negated: false,
                },
                on_null,
            )
        }
        "not in" => {
            let on_null = if is_standard {
                OnNull::Reject
            } else {
                OnNull::AsEmpty
            };
            (
                Test::In {
                    values: values_of(&list, storage),
                    negated: true,
                },
                on_null,
            )
        }
        "like" => (
            Test::Like {
                pattern: Pattern::parse(&value.to_text()),
                negated: false,
            },
            OnNull::Reject,
        ),
        "not like" => (
            Test::Like {
                pattern: Pattern::parse(&value.to_text()),
                negated: true,
            },
            coalesce,
        ),
        "between" => {
            let test =
                bounds(&list, storage).map_or(Test::Never, |(from, to)| Test::Between { from, to });
            (test, OnNull::Reject)
        }
        "is" if value.to_text().eq_ignore_ascii_case("set") => (Test::Set, OnNull::Reject),
        "is" => (
            if is_standard {
                Test::Never
            } else {
                Test::NotSet
            },
            OnNull::AsEmpty,
        ),
        _ => compare(
            |order| order.is_eq(),
            if is_empty_value(&value) {
                coalesce
            } else {
                OnNull::Reject
            },
        ),
    };
    Predicate {
        test,
        on_null,
        storage,
    }
}

/// How a column compares. Names that are numbers compare as numbers.
fn storage_of(of: &Meta, column: usize) -> Storage {
    if column == NAME && of.is_autoincrement() {
        return Storage::Int;
    }
    of.layout.column(column).storage
}

/// The values of a list; a text is split at its commas, and every value trimmed.
pub(super) fn list_of(value: &Value) -> Vec<Cell> {
    let trimmed = |cell: Cell| match cell {
        Cell::Text(text) => Cell::text(text.trim()),
        other => other,
    };
    match value {
        Value::Array(items) => items
            .iter()
            .cloned()
            .map(Cell::from_json)
            .map(trimmed)
            .collect(),
        Value::Null => Vec::new(),
        other => {
            let text = Cell::from_json(other.clone()).to_text().into_owned();
            text.split(',')
                .map(|part| Cell::text(part.trim()))
                .collect()
        }
    }
}

fn values_of(list: &[Cell], storage: Storage) -> Values {
    let mut values = Values::default();
    if list.is_empty() {
        values.insert(empty(storage));
    }
    for cell in list {
        if is_empty_value(cell) {
            values.insert(empty(storage));
        } else if let Some(value) = comparable(cell, storage) {
            values.insert(value);
        }
    }
    values
}

fn is_empty_value(cell: &Cell) -> bool {
    cell.is_null() || cell.as_text() == Some("")
}

impl Condition {
    /// The values that the column must be one of, where the condition says so.
    pub(super) fn equal_to(&self) -> Option<Vec<Cell>> {
        match self.operator.as_str() {
            "=" => Some(vec![Cell::from_json(self.value.clone())]),
            "in" => Some(list_of(&self.value)),
            _ => None,
        }
    }

    /// The value that the column must not be below, and whether it may be equal to it.
    pub(super) fn lower_bound(&self) -> Option<(&Comparable, bool)> {
        match (&self.predicate.test, self.operator.as_str()) {
            (Test::Order { value, .. }, ">") => Some((value, false)),
            (Test::Order { value, .. }, ">=" | "=") => Some((value, true)),
            (Test::Between { from, .. }, _) => Some((from, true)),
            _ => None,
        }
    }
}
