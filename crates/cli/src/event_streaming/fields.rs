//! The rows of a Document Type Mapping.

use frappe_sync_model::{PerSide, is_standard_field};
use serde_json::Value;

use super::difference::{Difference, DifferenceKind as Kind, Section};
use super::documents::{Documents, FieldRow, InputError, MAPPING, Mapping, RowKind};
use super::draft::{Fields, Table, default_value, field_expression};

/// Tells whether every document has a field, which no mapping file names.
fn is_standard(field: &str) -> bool {
    field == "doctype" || is_standard_field(field)
}

/// Of those, what an expression can read.
const READABLE: [&str; 3] = ["name", "owner", "docstatus"];

/// What the rows of a mapping say.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) fields: Fields,
    pub(super) tables: Vec<Table>,
    pub(super) differences: Vec<Difference>,
    /// Links to documents that come by a mapping of their own: the row and the mapping.
    pub(super) dependencies: Vec<(FieldRow, Mapping)>,
}

/// Reads the rows of a mapping of documents.
pub(super) fn rows(mapping: &Mapping, documents: &Documents) -> Result<Rows, InputError> {
    let mut found = Rows::default();
    for row in &mapping.rows {
        let place = place_of(mapping, row);
        match (row.kind, &row.remote) {
            (RowKind::ChildTable, Some(remote)) => {
                let of_rows = inner(row, documents, &place)?;
                found.table(remote, row, of_rows, &place);
            }
            (RowKind::Document, Some(remote)) if row.default.is_none() => {
                let of_target = inner(row, documents, &place)?;
                match looked_for_by(row, &place)? {
                    None => {
                        found.field(remote, row, &place);
                        found.dependencies.push((row.clone(), of_target.clone()));
                    }
                    Some(filters) => found.lost(remote, row, &filters, &of_target.remote, &place),
                }
            }
            (_, Some(remote)) => found.field(remote, row, &place),
            (_, None) => {}
        }
        if let Some(default) = &row.default {
            if row.kind == RowKind::ChildTable || is_standard(&row.local) {
                found.differences.push(
                    Difference::new(
                        Kind::WithoutEffect,
                        &place,
                        format!("a default cannot be given to `{}`", row.local),
                    )
                    .of(&row.local)
                    .within(Section::Fields),
                );
            } else {
                let fields = &mut found.fields;
                fields.default.retain(|(field, _)| *field != row.local);
                fields
                    .default
                    .push((row.local.clone(), default_value(default)));
            }
        }
    }
    let Fields {
        map,
        compute,
        except,
        ..
    } = &mut found.fields;
    let is_named = |field: &String| {
        map.iter().any(|(a, b)| a == field || b == field) || compute.iter().any(|(b, _)| b == field)
    };
    except.retain(|field| !is_named(field));
    Ok(found)
}

impl Rows {
    fn field(&mut self, remote: &str, row: &FieldRow, place: &str) {
        let (fields, differences) = (&mut self.fields, &mut self.differences);
        copy(fields, differences, remote, row, place, Section::Fields);
    }

    fn table(&mut self, remote: &str, row: &FieldRow, of_rows: &Mapping, place: &str) {
        let section = || Section::Table(remote.to_owned());
        if self
            .tables
            .iter()
            .any(|table| table.names.a == remote || table.names.b == row.local)
        {
            let message = twice(&row.local);
            self.differences.push(
                Difference::new(Kind::FieldTwice, place, message)
                    .of(&row.local)
                    .within(section()),
            );
            return;
        }
        let mut fields = Fields::default();
        for row in &of_rows.rows {
            let place = place_of(of_rows, row);
            if let Some(remote) = &row.remote {
                copy(
                    &mut fields,
                    &mut self.differences,
                    remote,
                    row,
                    &place,
                    section(),
                );
            }
            if let Some(default) = &row.default {
                let message = format!(
                    "event_streaming never gives the default `{default}` to rows of a child table, so it is left out"
                );
                self.differences.push(
                    Difference::new(Kind::WithoutEffect, place, message)
                        .of(&row.local)
                        .remedy(format!(
                            "to have it, write `default: {{b: {{{}: ..}}}}` under the table",
                            row.local
                        ))
                        .within(section()),
                );
            }
        }
        self.tables.push(Table {
            names: PerSide {
                a: remote.to_owned(),
                b: row.local.clone(),
            },
            mapping: of_rows.name.clone(),
            fields,
        });
    }

    /// A link whose target was looked for by other fields than its name.
    fn lost(&mut self, remote: &str, row: &FieldRow, filters: &str, target: &str, place: &str) {
        for field in [remote, row.local.as_str()] {
            if !self.fields.except.iter().any(|one| one == field) && !self.fields.takes(field) {
                self.fields.except.push(field.to_owned());
            }
        }
        let message = format!(
            "`{}` was set to a document of `{target}` that was looked for by {filters}; here a link is followed by the \
             name that it holds, so the field is left out",
            row.local
        );
        self.differences.push(
            Difference::new(Kind::DependencyByFilter, place, message)
                .of(&row.local)
                .remedy(format!(
                    "where a field of the producer is a Link to `{target}`, map that one to `{}` and give `{target}` a \
                     mapping of its own",
                    row.local
                ))
                .within(Section::Fields),
        );
    }
}

/// Carries a value from one field to another, as every row without a mapping does.
fn copy(
    fields: &mut Fields,
    differences: &mut Vec<Difference>,
    remote: &str,
    row: &FieldRow,
    place: &str,
    section: Section,
) {
    let local = row.local.as_str();
    if is_standard(local) || is_standard(remote) && !READABLE.contains(&remote) {
        // Its name, its rows' numbers and the like come by themselves.
        if local != remote {
            let which = if is_standard(local) { local } else { remote };
            let message =
                format!("`{remote}` does not go to `{local}`: each site keeps `{which}` itself");
            differences.push(
                Difference::new(Kind::StandardField, place, message)
                    .of(local)
                    .within(section),
            );
        }
        return;
    }
    if fields.gives(local) {
        let message = twice(local);
        differences.push(
            Difference::new(Kind::FieldTwice, place, message)
                .of(local)
                .within(section),
        );
        return;
    }
    if is_standard(remote) || fields.takes(remote) {
        let expression = match (&section, is_standard(remote)) {
            (Section::Table(_), false) => field_expression(remote).replacen("doc", "row", 1),
            (Section::Table(_), true) => {
                let message = format!(
                    "`{remote}` of a row does not go to `{local}`: each site keeps it itself"
                );
                differences.push(
                    Difference::new(Kind::StandardField, place, message)
                        .of(local)
                        .within(section),
                );
                return;
            }
            _ => field_expression(remote),
        };
        fields.compute.push((local.to_owned(), expression));
    } else {
        fields.map.push((remote.to_owned(), local.to_owned()));
    }
    if row.kind == RowKind::Plain && row.mapping.is_some() {
        let message = format!(
            "`{local}` has a `mapping` without `mapping_type`, of which event_streaming takes no notice"
        );
        differences.push(
            Difference::new(Kind::WithoutEffect, place, message)
                .of(local)
                .within(section),
        );
    }
}

fn twice(local: &str) -> String {
    format!(
        "`{local}` is filled twice: event_streaming takes the last that has a value, here the first is taken"
    )
}

/// Returns the mapping that a row names.
fn inner<'d>(
    row: &FieldRow,
    documents: &'d Documents,
    place: &str,
) -> Result<&'d Mapping, InputError> {
    let Some(name) = &row.mapping else {
        return Err(InputError::new(
            place,
            "`mapping_type` is set and `mapping` is empty",
            "name the Document Type Mapping there, or empty `mapping_type`",
        ));
    };
    find(name, documents, place)
}

/// Finds a mapping that something names.
pub(super) fn find<'d>(
    name: &str,
    documents: &'d Documents,
    place: &str,
) -> Result<&'d Mapping, InputError> {
    documents.mappings.get(name).ok_or_else(|| {
        InputError::new(
            place,
            format!("the {MAPPING} `{name}` is not there"),
            "export it from the site too; several files are taken with several `--file`",
        )
    })
}

/// Returns `None` where the target of a link was looked for by the name that the link holds, which is what a link means;
/// else what it was looked for by.
fn looked_for_by(row: &FieldRow, place: &str) -> Result<Option<String>, InputError> {
    let wrong = |message: String| {
        InputError::new(
            place,
            message,
            "event_streaming needs an object of texts there, such as `{\"name\": \"customer\"}`",
        )
    };
    let Some(text) = &row.filters else {
        return Err(wrong("`remote_value_filters` is empty".to_owned()));
    };
    let filters: Value = serde_json::from_str(text)
        .map_err(|error| wrong(format!("`remote_value_filters` is no JSON: {error}")))?;
    let Value::Object(filters) = filters else {
        return Err(wrong("`remote_value_filters` is no object".to_owned()));
    };
    let mut shown = Vec::new();
    let mut is_link = filters.len() == 1;
    for (key, value) in &filters {
        let Value::String(value) = value else {
            return Err(wrong(format!(
                "`{key}` of `remote_value_filters` is no text"
            )));
        };
        let remote = row.remote.as_deref().unwrap_or_default();
        let names_it = value == remote || *value == format!("eval:doc.{remote}");
        is_link &= key == "name" && names_it;
        shown.push(format!("`{key}`: `{value}`"));
    }
    Ok((!is_link).then(|| shown.join(", ")))
}

/// Returns what a row is called in messages.
fn place_of(mapping: &Mapping, row: &FieldRow) -> String {
    format!("{MAPPING} `{}`, row {}", mapping.name, row.number)
}
