//! Checks of values before a document is stored (protocol 5.5, 7).

use super::record::Record;
use super::sanitise::sanitise;
use crate::failure::{Attempt, Failure, Kind};
use crate::schema::{CREATION, Field, IDX, Meta, OWNER, Storage};
use crate::site::Transaction;
use crate::storage::SecretKey;
use crate::value::{Cell, cint, flt};

/// The most that an `int` column holds.
const MAX_INT: i64 = 2_147_483_647;

impl Transaction<'_> {
    /// Checks a document and its rows. `stored` is what is there before the save.
    pub(crate) fn validate(&mut self, record: &mut Record, stored: Option<&Record>) -> Attempt<()> {
        self.check_mandatory(record)?;
        self.validate_values(record)?;
        for place in 0..record.tables.len() {
            let mut rows = std::mem::take(&mut record.tables[place]);
            let checked = rows
                .iter_mut()
                .try_for_each(|row| self.validate_values(row));
            record.tables[place] = rows;
            checked?;
        }
        match stored {
            Some(stored) => check_constants(record, stored),
            None => {
                for column in ["_user_tags", "_comments", "_assign", "_liked_by"] {
                    record.set(column, Cell::Null);
                }
                Ok(())
            }
        }
    }

    fn check_mandatory(&mut self, record: &Record) -> Attempt<()> {
        let mut missing = Vec::new();
        for (field, text) in missing_fields(record)
            .into_iter()
            .chain(record.children().flat_map(missing_fields))
        {
            self.tell(text);
            missing.push(field);
        }
        if missing.is_empty() {
            return Ok(());
        }
        Err(Failure::bare(
            Kind::Mandatory,
            format!(
                "[{}, {}]: {}",
                record.doctype(),
                record.name_text(),
                missing.join(", ")
            ),
        ))
    }

    fn validate_values(&mut self, record: &mut Record) -> Attempt<()> {
        let meta = std::sync::Arc::clone(&record.meta);
        for field in &meta.fields {
            let Some(column) = field.column else { continue };
            check_format(field, &record.cells[column])?;
            if &*field.fieldtype == "Select" && &*field.fieldname != "naming_series" {
                check_select(record, field, column)?;
            }
        }
        for field in &meta.fields {
            let Some(column) = field.column else { continue };
            if field.non_negative && flt(&record.cells[column]) < 0.0 {
                return Err(Failure::shown(
                    Kind::NonNegative,
                    format!(
                        "Value cannot be negative for {}: <strong>{}</strong>",
                        meta.name,
                        field.title()
                    ),
                ));
            }
            if !meta.is_single {
                check_length(record, field, column)?;
            }
            if field.storage == Some(Storage::Rating) {
                record.cells[column] = Cell::Float(flt(&record.cells[column]).clamp(0.0, 1.0));
            }
        }
        keep_naming_field(record, &meta);
        self.clean_html(record, &meta);
        self.keep_passwords(record, &meta);
        Ok(())
    }

    fn clean_html(&mut self, record: &mut Record, meta: &Meta) {
        let docstatus = record.docstatus();
        for column in 0..record.cells.len() {
            let Some(text) = record.cells[column].as_text() else {
                continue;
            };
            if !text.contains(['<', '>']) {
                continue;
            }
            let field = meta.field_of_column(column);
            let is_exempt = field.is_some_and(|field| {
                field.ignore_xss_filter
                    || matches!(
                        &*field.fieldtype,
                        "Attach" | "Attach Image" | "Barcode" | "Code"
                    )
                    || (&*field.options == "Email"
                        && matches!(&*field.fieldtype, "Data" | "Small Text" | "Text"))
                    || docstatus == 2
                    || (docstatus == 1 && !field.allow_on_submit)
            });
            if !is_exempt {
                record.cells[column] = Cell::text(sanitise(text));
            }
        }
    }

    fn keep_passwords(&mut self, record: &mut Record, meta: &Meta) {
        for field in meta
            .fields
            .iter()
            .filter(|field| &*field.fieldtype == "Password")
        {
            let Some(column) = field.column else { continue };
            let sent = record.cells[column].to_text().into_owned();
            let key = SecretKey::new(record.doctype(), &record.name_text(), &field.fieldname);
            if sent.is_empty() {
                self.site.database.set_secret(key, None);
            } else if !sent.bytes().all(|byte| byte == b'*') {
                record.cells[column] = Cell::text("*".repeat(sent.chars().count()));
                self.site
                    .database
                    .set_secret(key, Some(sent.into_boxed_str()));
            }
        }
    }
}

/// Mandatory fields without content, with what the user is told of each.
fn missing_fields(record: &Record) -> Vec<(String, String)> {
    let mut missing = Vec::new();
    for field in record.meta.fields.iter().filter(|field| field.reqd) {
        let title = field.title();
        if let Some((place, _)) = record.meta.table(&field.fieldname) {
            if record.tables[place].is_empty() {
                missing.push((
                    field.fieldname.to_string(),
                    format!("Error: Data missing in table: {title}"),
                ));
            }
            continue;
        }
        if field.column.is_some() && !has_content(field, record.value(field)) {
            let text = if record.meta.is_table {
                let row = record.cells[IDX].to_text();
                format!(
                    "Error: <strong>{}</strong> Row #{row}: Value missing for: {title}",
                    record.doctype()
                )
            } else {
                format!("Error: Value missing for {}: {title}", record.doctype())
            };
            missing.push((field.fieldname.to_string(), text));
        }
    }
    if record.meta.is_table {
        for fieldname in ["parent", "parenttype"] {
            if !record.get(fieldname).is_truthy() {
                missing.push((
                    fieldname.to_owned(),
                    format!("Error: Value missing for {fieldname}"),
                ));
            }
        }
    }
    missing
}

fn has_content(field: &Field, value: &Cell) -> bool {
    if value.is_null() {
        return false;
    }
    let text = value.to_text();
    if text.contains("<img") && matches!(&*field.fieldtype, "Text Editor" | "Code") {
        return true;
    }
    let mut depth = 0;
    text.chars().any(|letter| {
        match letter {
            '<' => depth += 1,
            '>' if depth > 0 => {
                depth -= 1;
                return false;
            }
            _ => {}
        }
        depth == 0 && !letter.is_whitespace()
    })
}

fn check_format(field: &Field, value: &Cell) -> Attempt<()> {
    if &*field.fieldtype != "Data" || &*field.options != "Email" || !value.is_truthy() {
        return Ok(());
    }
    let text = value.to_text();
    let is_address = |address: &str| {
        address.split_once('@').is_some_and(|(local, host)| {
            !local.is_empty() && host.contains('.') && !address.contains(char::is_whitespace)
        })
    };
    let is_standard = matches!(&*text, "Administrator" | "Guest");
    if is_standard || text.split(',').all(|address| is_address(address.trim())) {
        return Ok(());
    }
    Err(Failure::shown(
        Kind::InvalidEmailAddress,
        format!("{text} is not a valid Email Address"),
    ))
}

fn check_select(record: &mut Record, field: &Field, column: usize) -> Attempt<()> {
    if !record.cells[column].is_truthy() || field.options.split('\n').all(str::is_empty) {
        return Ok(());
    }
    let value = record.cells[column].to_text().trim().to_owned();
    if field.options.split('\n').any(|option| option == value) {
        record.cells[column] = Cell::text(value);
        return Ok(());
    }
    let row = if record.meta.is_table {
        format!("Row #{}: ", record.cells[IDX].to_text())
    } else {
        String::new()
    };
    let options = field.options.split('\n').collect::<Vec<_>>().join("\", \"");
    Err(Failure::invalid(format!(
        "{row}{} cannot be \"{value}\". It should be one of \"{options}\"",
        field.title()
    )))
}

fn check_length(record: &Record, field: &Field, column: usize) -> Attempt<()> {
    match (field.storage, &record.cells[column]) {
        (_, Cell::Null) => return Ok(()),
        (Some(Storage::Varchar(most)), Cell::Text(text)) if text.len() <= most => return Ok(()),
        _ => {}
    }
    let value = Record::valid_value(field, &record.cells[column])?;
    let most = match field.storage {
        Some(Storage::Varchar(most)) => {
            let text = value.to_text();
            if text.len() <= most || text.chars().count() <= most {
                return Ok(());
            }
            most.to_string()
        }
        Some(Storage::Int) if field.length <= 11 && cint(&value).abs() > MAX_INT => {
            MAX_INT.to_string()
        }
        _ => return Ok(()),
    };
    let reference = if record.meta.is_table {
        format!("{}, Row {}", record.doctype(), record.cells[IDX].to_text())
    } else {
        format!("{} {}", record.doctype(), record.name_text())
    };
    Err(Failure::shown(
        Kind::CharacterLengthExceeded,
        format!(
            "{reference}: '<strong>{}</strong>' ({}) will get truncated, as max characters allowed is {most}",
            field.title(),
            value.to_text()
        ),
    ))
}

/// The field that a document is named by always holds the name; only a rename changes it.
fn keep_naming_field(record: &mut Record, meta: &Meta) {
    if let Some(fieldname) = meta.autoname.strip_prefix("field:")
        && record.name().is_truthy()
        && record.get(fieldname).to_text() != record.name().to_text()
    {
        let name = record.name().clone();
        record.set(fieldname, name);
    }
}

/// Refuses changes of what can be set only once.
fn check_constants(record: &Record, stored: &Record) -> Attempt<()> {
    for (column, label) in [(OWNER, "owner"), (CREATION, "creation")] {
        if !record.meta.is_single
            && record.cells[column].to_text() != stored.cells[column].to_text()
        {
            return Err(constant(label));
        }
    }
    for field in record
        .meta
        .fields
        .iter()
        .filter(|field| field.set_only_once)
    {
        let (Some(storage), Some(_)) = (field.storage, field.column) else {
            continue;
        };
        let now = Record::valid_value(field, record.value(field))?;
        let now = storage.store(&now, &field.fieldname).unwrap_or(now);
        if now != *stored.value(field) {
            return Err(constant(field.title()));
        }
    }
    Ok(())
}

fn constant(label: &str) -> Failure {
    Failure::shown(
        Kind::CannotChangeConstant,
        format!("Value cannot be changed for <strong>{label}</strong>"),
    )
}
