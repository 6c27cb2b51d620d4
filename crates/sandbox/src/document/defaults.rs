//! Defaults of new documents and rows (protocol 5.3).

use super::record::Record;
use crate::failure::Attempt;
use crate::schema::Field;
use crate::site::Transaction;
use crate::value::{Cell, cint, flt, format_date, format_stamp_in_full, format_time};

const MICROS_PER_DAY: i64 = 86_400_000_000;

impl Transaction<'_> {
    /// Fills what is missing or null on a new document, and on new rows of any document.
    pub(crate) fn set_defaults(&mut self, record: &mut Record) -> Attempt<()> {
        if record.is_new {
            self.fill_defaults(record);
        }
        for row in record.children_mut().filter(|row| row.is_new) {
            self.fill_defaults(row);
            row.is_unsaved = true;
        }
        Ok(())
    }

    /// Fills every field that has no value with its default.
    pub(crate) fn fill_defaults(&mut self, record: &mut Record) {
        let meta = std::sync::Arc::clone(&record.meta);
        for field in &meta.fields {
            let Some(column) = field.column else { continue };
            if record.cells[column].is_null()
                && let Some(value) = self.default_of(field, &meta.title_field)
            {
                record.cells[column] = value;
            }
        }
    }

    fn default_of(&mut self, field: &Field, title_field: &str) -> Option<Cell> {
        match &*field.fieldtype {
            "Time" => {
                let stamp = self.site.stamp();
                return Some(Cell::text(format_time_of_day(
                    stamp.rem_euclid(MICROS_PER_DAY),
                )));
            }
            "Datetime"
                if field
                    .default
                    .as_deref()
                    .is_some_and(|text| text.eq_ignore_ascii_case("now")) =>
            {
                return Some(Cell::text(format_stamp_in_full(self.site.stamp())));
            }
            _ => {}
        }
        if *field.fieldname == *title_field {
            return None;
        }
        let value = match field.default.as_deref() {
            Some("__user") => Cell::text(self.user()),
            Some("Today") => {
                let days = self.site.stamp().div_euclid(MICROS_PER_DAY);
                Cell::text(format_date(i32::try_from(days).unwrap_or_default()))
            }
            // The value of a field of another document; the site has no defaults to take it from.
            Some(text) if text.starts_with(':') => return None,
            Some(text) => Cell::text(text),
            None if &*field.fieldtype == "Select" && !field.options.is_empty() => {
                Cell::text(field.options.split('\n').next().unwrap_or_default())
            }
            None if &*field.fieldtype == "Check" => Cell::Int(0),
            None => return None,
        };
        Some(match &*field.fieldtype {
            "Check" | "Int" => Cell::Int(cint(&value)),
            "Float" | "Currency" | "Percent" => Cell::Float(flt(&value)),
            _ => value,
        })
    }
}

/// `HH:MM:SS.ffffff`, as Python prints the time of day.
fn format_time_of_day(micros: i64) -> String {
    let whole = format_time(micros - micros % 1_000_000);
    format!("{whole:0>8}.{:06}", micros % 1_000_000)
}
