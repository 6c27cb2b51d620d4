//! The fields of a list: which the user gets, and where they come from (protocol 3.1).

use std::sync::Arc;

use super::order::column;
use crate::Profile;
use crate::failure::{Attempt, Failure, Kind};
use crate::schema::{Field, Meta};
use crate::site::Transaction;

/// Where a value comes from.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// A column of the listed table.
    Own(usize),
    /// A column of a child table: each row repeats its parent.
    Child { doctype: String, column: usize },
    /// A column of the document that a link names.
    Link {
        link: usize,
        doctype: String,
        column: usize,
    },
    /// A figure over all rows, or over those of a group.
    Aggregate {
        function: Function,
        column: Option<usize>,
    },
    /// What the user may not read, where its place must stay.
    Hidden,
}

/// A figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Count,
    Sum,
    Average,
    Min,
    Max,
}

/// A value of each row.
#[derive(Debug, Clone)]
pub(super) struct Selected {
    pub(super) alias: String,
    pub(super) source: Source,
}

impl Transaction<'_> {
    /// Reads the fields. Those above the user's levels disappear without a word.
    pub(super) fn select(
        &mut self,
        fields: &[String],
        meta: &Arc<Meta>,
        permission_meta: &Meta,
        keeps_places: bool,
    ) -> Attempt<Vec<Selected>> {
        let levels = self.levels(permission_meta, "read");
        let is_administrator = self.is_administrator();
        let may_read = |field: &Field| {
            field.permlevel == 0 || is_administrator || levels.contains(&field.permlevel)
        };
        let mut selected = Vec::new();
        for text in fields {
            let (expression, alias) = split_alias(text);
            if matches!(expression.as_str(), "*") || expression == format!("tab{}.*", meta.name) {
                selected.extend(self.all_columns(meta, &may_read));
                continue;
            }
            let Some(source) = self.source(&expression, meta)? else {
                continue;
            };
            let alias = alias.unwrap_or_else(|| default_alias(&expression));
            if let Source::Own(column) = &source
                && let Some(field) = meta.field(&meta.layout.column(*column).name)
                && !may_read(field)
            {
                if keeps_places {
                    selected.push(Selected {
                        alias,
                        source: Source::Hidden,
                    });
                }
                continue;
            }
            selected.push(Selected { alias, source });
        }
        Ok(selected)
    }

    fn all_columns(&self, meta: &Meta, may_read: &impl Fn(&Field) -> bool) -> Vec<Selected> {
        let mut selected = Vec::new();
        for (index, column) in meta.layout.columns().iter().enumerate() {
            let is_listed = match meta.field(&column.name) {
                Some(field) => field.column == Some(index) && may_read(field),
                None if index < if meta.is_table { 10 } else { 7 } => true,
                // What belongs to a Custom Field that was deleted, and the columns of tags and likes.
                None => self.profile() == Profile::V14,
            };
            if is_listed {
                selected.push(Selected {
                    alias: column.name.to_string(),
                    source: Source::Own(index),
                });
            }
        }
        selected
    }

    /// `None` for what is dropped in silence.
    fn source(&mut self, expression: &str, meta: &Arc<Meta>) -> Attempt<Option<Source>> {
        if let Some((function, argument)) = expression
            .strip_suffix(')')
            .and_then(|text| text.split_once('('))
        {
            return self.aggregate(function, argument, meta).map(Some);
        }
        if let Some(column) = column(expression, meta) {
            return Ok(Some(Source::Own(column)));
        }
        if meta.table(expression).is_some() {
            return match self.profile() {
                Profile::V14 => Err(Failure::bare(
                    Kind::Operational,
                    format!(
                        "Unknown column 'tab{}.{expression}' in 'field list'",
                        meta.name
                    ),
                )),
                Profile::V15 | Profile::V16 => Ok(None),
            };
        }
        if let Some((table, fieldname)) = expression.rsplit_once('.')
            && let Some(source) = self.joined(table, fieldname, meta)?
        {
            return Ok(Some(source));
        }
        Err(Failure::bare(
            Kind::Data,
            format!("Field not permitted in query: {expression}"),
        ))
    }

    /// `child.field`, `link.field` and `` `tabChild`.`field` ``.
    fn joined(&mut self, table: &str, fieldname: &str, meta: &Meta) -> Attempt<Option<Source>> {
        if let Some(field) = meta.field(table).filter(|field| field.is_link()) {
            let target = self.meta(&field.options.clone())?;
            return Ok(field
                .column
                .zip(target.layout.find(fieldname))
                .map(|(link, column)| Source::Link {
                    link,
                    doctype: target.name.to_string(),
                    column,
                }));
        }
        let child = match meta.table(table) {
            Some((_, table)) => table.child.to_string(),
            None => table.strip_prefix("tab").unwrap_or_default().to_owned(),
        };
        if !meta.tables.iter().any(|table| *table.child == *child) {
            return Ok(None);
        }
        let target = self.meta(&child)?;
        Ok(target.layout.find(fieldname).map(|column| Source::Child {
            doctype: child,
            column,
        }))
    }

    fn aggregate(&self, function: &str, argument: &str, meta: &Meta) -> Attempt<Source> {
        let name = function.trim().to_lowercase();
        let function = match name.as_str() {
            "count" => Function::Count,
            "sum" => Function::Sum,
            "avg" => Function::Average,
            "min" if self.profile() != Profile::V14 => Function::Min,
            "max" if self.profile() != Profile::V14 => Function::Max,
            _ => {
                return Err(Failure::bare(
                    Kind::Data,
                    format!("Use of function {name} in field is restricted"),
                ));
            }
        };
        let argument = argument.trim();
        if argument == "*" {
            return Ok(Source::Aggregate {
                function,
                column: None,
            });
        }
        match column(argument, meta) {
            Some(column) => Ok(Source::Aggregate {
                function,
                column: Some(column),
            }),
            None => Err(Failure::bare(
                Kind::Data,
                format!("Field not permitted in query: {argument}"),
            )),
        }
    }
}

/// Splits `field as alias`, and takes quotes off.
fn split_alias(text: &str) -> (String, Option<String>) {
    let bare = text.replace('`', "");
    let lower = bare.to_lowercase();
    match lower.rfind(" as ") {
        Some(place) if lower.len() == bare.len() => (
            bare[..place].trim().to_owned(),
            Some(bare[place + 4..].trim().to_owned()),
        ),
        _ => (bare.trim().to_owned(), None),
    }
}

fn default_alias(expression: &str) -> String {
    if expression.ends_with(')') {
        return expression.to_owned();
    }
    expression
        .rsplit('.')
        .next()
        .unwrap_or(expression)
        .to_owned()
}
