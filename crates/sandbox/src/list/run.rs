//! Carries out a list.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::arguments::ListArguments;
use super::condition::Condition;
use super::order::{OrderBy, compare_rows, order_by};
use super::plan::candidates;
use super::select::{Function, Selected, Source};
use crate::failure::{Attempt, Failure, Kind};
use crate::schema::{Meta, NAME, OWNER, PARENTTYPE};
use crate::site::{Site, Transaction};
use crate::storage::Row;
use crate::value::{Cell, flt, parent_key};

/// A row, with the row of each joined child table.
type Joined<'a> = (&'a Row, Vec<Option<&'a Row>>);

/// What a list needs to know about its DocType and the user.
struct Query {
    meta: Arc<Meta>,
    all: Vec<Condition>,
    any: Vec<Condition>,
    order: Vec<OrderBy>,
    /// Child DocTypes that are joined.
    joins: Vec<String>,
    /// The owner that rows must have.
    only_of: Option<String>,
}

impl Transaction<'_> {
    /// A list of rows as the user may see them.
    pub(crate) fn list(&mut self, doctype: &str, arguments: &ListArguments) -> Attempt<Vec<Value>> {
        let (query, permission_meta) = self.query(doctype, arguments)?;
        let names = vec!["name".to_owned()];
        let fields = arguments.fields.as_ref().unwrap_or(&names);
        let selected = self.select(fields, &query.meta, &permission_meta, !arguments.as_dict)?;
        let query = query.joining(&selected);
        if arguments.group_by.is_some() || selected.iter().any(Selected::is_aggregate) {
            return self.site.groups(&query, &selected, arguments);
        }
        let rows = self
            .site
            .matching(&query, arguments.start, arguments.limit)?;
        Ok(rows
            .iter()
            .map(|row| self.site.project(&query, row, &selected, arguments.as_dict))
            .collect())
    }

    /// How many rows a list without end would have. Whether the user may read them is the caller's question.
    pub(crate) fn count(&mut self, doctype: &str, filters: &Value) -> Attempt<usize> {
        let meta = self.meta(doctype)?;
        let all = self.conditions(filters, &meta)?;
        let query = Query {
            meta,
            all,
            any: Vec::new(),
            order: Vec::new(),
            joins: Vec::new(),
            only_of: None,
        };
        let query = query.joining(&[]);
        if query.all.is_empty() {
            return Ok(self
                .site
                .database
                .table(doctype)
                .map_or(0, crate::storage::Table::len));
        }
        Ok(self.site.matching(&query, 0, None)?.len())
    }

    /// The names of all rows that match, without any check.
    pub(crate) fn names_where(&mut self, doctype: &str, filters: &Value) -> Attempt<Vec<Cell>> {
        let meta = self.meta(doctype)?;
        let all = self.conditions(filters, &meta)?;
        let query = Query {
            meta,
            all,
            any: Vec::new(),
            order: Vec::new(),
            joins: Vec::new(),
            only_of: None,
        };
        let query = query.joining(&[]);
        Ok(self
            .site
            .matching(&query, 0, None)?
            .iter()
            .map(|(row, _)| row[NAME].clone())
            .collect())
    }

    fn query(&mut self, doctype: &str, arguments: &ListArguments) -> Attempt<(Query, Arc<Meta>)> {
        let meta = self.meta(doctype)?;
        let mut permission_meta = Arc::clone(&meta);
        if meta.is_table {
            self.require_parent(&meta, arguments.parent.as_deref())?;
            if let Some(parent) = arguments
                .parent
                .as_deref()
                .and_then(|parent| self.site.meta(parent))
            {
                permission_meta = parent;
            }
        } else if !self.is_allowed(&meta, "read", None) && !self.is_allowed(&meta, "select", None) {
            return Err(Failure::shown(
                Kind::Permission,
                format!("No permission to read {doctype}"),
            ));
        }
        if meta.is_single {
            return Err(Failure::bare(
                Kind::Programming,
                format!("Table 'tab{doctype}' doesn't exist"),
            ));
        }
        let only_of = (!meta.is_table && self.is_limited_to_own(&meta, "read"))
            .then(|| self.user().to_owned());
        let query = Query {
            all: self.conditions(&arguments.filters, &meta)?,
            any: self.conditions(&arguments.or_filters, &meta)?,
            order: match &arguments.order_by {
                Some(text) => order_by(text, &meta)?,
                None => Vec::new(),
            },
            joins: Vec::new(),
            only_of,
            meta,
        };
        Ok((query, permission_meta))
    }
}

impl Query {
    fn joining(mut self, selected: &[Selected]) -> Self {
        let of_conditions = self
            .all
            .iter()
            .chain(&self.any)
            .filter_map(|condition| condition.child.clone());
        let of_fields = selected
            .iter()
            .filter_map(|selected| match &selected.source {
                Source::Child { doctype, .. } => Some(doctype.clone()),
                _ => None,
            });
        let mut joins: Vec<String> = of_conditions.chain(of_fields).collect();
        joins.sort();
        joins.dedup();
        self.joins = joins;
        self
    }

    fn accepts(&self, joined: &Joined<'_>) -> bool {
        let holds = |condition: &Condition| match &condition.child {
            None => condition
                .predicate
                .accepts(self.meta.layout.cell(joined.0, condition.column)),
            Some(child) => {
                let place = self.joins.iter().position(|join| join == child);
                let row = place.and_then(|place| joined.1.get(place).copied().flatten());
                condition.predicate.accepts(
                    row.and_then(|row| row.get(condition.column))
                        .unwrap_or(&Cell::Null),
                )
            }
        };
        self.only_of
            .as_ref()
            .is_none_or(|owner| joined.0[OWNER].as_text() == Some(owner))
            && self.all.iter().all(holds)
            && (self.any.is_empty() || self.any.iter().any(holds))
    }
}

impl Selected {
    fn is_aggregate(&self) -> bool {
        matches!(self.source, Source::Aggregate { .. })
    }
}

impl Site {
    /// The rows of a page, in order.
    fn matching(
        &self,
        query: &Query,
        start: usize,
        limit: Option<usize>,
    ) -> Attempt<Vec<Joined<'_>>> {
        let Some(table) = self.database.table(&query.meta.name) else {
            return Err(Failure::bare(
                Kind::Programming,
                format!("Table 'tab{}' doesn't exist", query.meta.name),
            ));
        };
        let candidates = candidates(table, &query.meta, &query.all, &query.any, &query.order);
        let rows = candidates
            .rows
            .flat_map(|row| self.join(query, row))
            .filter(|joined| query.accepts(joined));
        if candidates.is_ordered {
            return Ok(rows.skip(start).take(limit.unwrap_or(usize::MAX)).collect());
        }
        let mut rows: Vec<Joined<'_>> = rows.collect();
        if !query.order.is_empty() {
            rows.sort_by(|left, right| compare_rows(left.0, right.0, &query.order, &query.meta));
        }
        Ok(rows
            .into_iter()
            .skip(start)
            .take(limit.unwrap_or(usize::MAX))
            .collect())
    }

    /// A left join with the rows of the child tables.
    fn join<'a>(&'a self, query: &Query, row: &'a Row) -> Vec<Joined<'a>> {
        let mut joined: Vec<Joined<'a>> = vec![(row, Vec::new())];
        for child in &query.joins {
            let rows: Vec<Option<&Row>> =
                self.database.table(child).map_or_else(Vec::new, |table| {
                    table
                        .keys_of_parent(&parent_key(&row[NAME]))
                        .filter_map(|key| table.get(key))
                        .filter(|row| row[PARENTTYPE].as_text() == Some(&query.meta.name))
                        .map(Some)
                        .collect()
                });
            let rows = if rows.is_empty() { vec![None] } else { rows };
            joined = joined
                .into_iter()
                .flat_map(|(row, others)| {
                    rows.iter().map(move |child| {
                        let mut others = others.clone();
                        others.push(*child);
                        (row, others)
                    })
                })
                .collect();
        }
        joined
    }

    fn value(&self, query: &Query, joined: &Joined<'_>, source: &Source) -> Value {
        match source {
            Source::Own(column) => query.meta.layout.cell(joined.0, *column).to_json(),
            Source::Child { doctype, column } => {
                let place = query.joins.iter().position(|join| join == doctype);
                let row = place.and_then(|place| joined.1.get(place).copied().flatten());
                row.and_then(|row| row.get(*column))
                    .map_or(Value::Null, Cell::to_json)
            }
            Source::Link {
                link,
                doctype,
                column,
            } => {
                let name = query.meta.layout.cell(joined.0, *link);
                let row = self.database.row(doctype, name);
                row.and_then(|row| row.get(*column))
                    .map_or(Value::Null, Cell::to_json)
            }
            Source::Aggregate { .. } | Source::Hidden => Value::Null,
        }
    }

    fn project(
        &self,
        query: &Query,
        joined: &Joined<'_>,
        selected: &[Selected],
        as_dict: bool,
    ) -> Value {
        let values = selected
            .iter()
            .map(|one| (one.alias.clone(), self.value(query, joined, &one.source)));
        shape(values, as_dict)
    }

    fn groups(
        &self,
        query: &Query,
        selected: &[Selected],
        arguments: &ListArguments,
    ) -> Attempt<Vec<Value>> {
        let by = match &arguments.group_by {
            Some(text) => order_by(text, &query.meta)?,
            None => Vec::new(),
        };
        let mut groups: BTreeMap<Vec<String>, Vec<Joined<'_>>> = BTreeMap::new();
        for row in self.matching(query, 0, None)? {
            let key = by
                .iter()
                .map(|by| crate::value::fold(&query.meta.layout.cell(row.0, by.column).to_text()))
                .collect();
            groups.entry(key).or_default().push(row);
        }
        if by.is_empty() && groups.is_empty() {
            groups.insert(Vec::new(), Vec::new());
        }
        let mut rows: Vec<&Vec<Joined<'_>>> = groups.values().collect();
        if !query.order.is_empty() && !by.is_empty() {
            rows.sort_by(|left, right| {
                compare_rows(left[0].0, right[0].0, &query.order, &query.meta)
            });
        }
        Ok(rows
            .into_iter()
            .skip(arguments.start)
            .take(arguments.limit.unwrap_or(usize::MAX))
            .map(|rows| {
                let values = selected.iter().map(|one| {
                    let value = match &one.source {
                        Source::Aggregate { function, column } => {
                            figure(query, rows, *function, *column)
                        }
                        source => rows
                            .first()
                            .map_or(Value::Null, |row| self.value(query, row, source)),
                    };
                    (one.alias.clone(), value)
                });
                shape(values, arguments.as_dict)
            })
            .collect())
    }
}

fn shape(values: impl Iterator<Item = (String, Value)>, as_dict: bool) -> Value {
    if as_dict {
        Value::Object(values.collect::<Map<_, _>>())
    } else {
        Value::Array(values.map(|(_, value)| value).collect())
    }
}

fn figure(query: &Query, rows: &[Joined<'_>], function: Function, column: Option<usize>) -> Value {
    let Some(column) = column else {
        return Value::from(rows.len());
    };
    let cells = rows
        .iter()
        .map(|row| query.meta.layout.cell(row.0, column))
        .filter(|cell| !cell.is_null());
    if function == Function::Count {
        return Value::from(cells.count());
    }
    let storage = query.meta.layout.column(column).storage;
    let order = |left: &&Cell, right: &&Cell| super::order::compare(left, right, storage);
    match function {
        Function::Min => cells.min_by(order).map_or(Value::Null, Cell::to_json),
        Function::Max => cells.max_by(order).map_or(Value::Null, Cell::to_json),
        Function::Count | Function::Sum | Function::Average => {
            let numbers: Vec<f64> = cells.map(flt).collect();
            if numbers.is_empty() {
                return Value::Null;
            }
            let sum: f64 = numbers.iter().sum();
            Value::from(if function == Function::Sum {
                sum
            } else {
                sum / numbers.len() as f64
            })
        }
    }
}
