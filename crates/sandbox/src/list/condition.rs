//! Filters made ready to be tested: columns, operators, values (protocol 3.1).

use std::sync::Arc;

use serde_json::Value;

use super::between::bounds;
use super::filter::{Filter, filters, list_of, merge_equal};
use super::like::Pattern;
use super::predicate::{Comparable, OnNull, Predicate, Test, Values, comparable, empty};
use crate::Profile;
use crate::failure::{Attempt, Failure, Kind};
use crate::schema::{CREATION, MODIFIED, Meta, NAME, Storage};
use crate::site::Transaction;
use crate::value::{Cell, cint};

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
