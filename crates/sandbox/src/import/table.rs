//! From the bytes of a file to documents.

use serde_json::{Map, Value, json};

use super::columns::Column;
use crate::document::Record;
use crate::failure::{Attempt, Failure};
use crate::schema::Meta;
use crate::site::Transaction;
use crate::value::Cell;

/// A document of a table.
#[derive(Debug)]
pub(super) struct Payload {
    pub(super) values: Map<String, Value>,
    /// Its rows in the table, of which the heading is the first.
    pub(super) rows: Vec<usize>,
}

/// What a table holds.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) payloads: Vec<Payload>,
    /// Why nothing of it is made.
    pub(super) warnings: Vec<Value>,
}

type Row = (usize, Vec<Option<String>>);

impl Transaction<'_> {
    /// What the controller of Data Import does before it is stored.
    pub(crate) fn prepare_import(&mut self, record: &mut Record) -> Attempt<()> {
        let doctype = record.text("reference_doctype");
        let meta = self.meta(&doctype)?;
        if meta.definition.get("allow_import").and_then(Value::as_i64) != Some(1) {
            return Err(Failure::invalid(format!(
                "Data Import is not allowed for {doctype}. Enable 'Allow Import' in DocType settings."
            )));
        }
        if !self.is_administrator() && !self.is_allowed(&meta, "import", None) {
            return Err(Failure::shown(
                crate::failure::Kind::Permission,
                format!("You do not have import permission for {doctype}"),
            ));
        }
        let table = self.table_of(&doctype, &record.text("import_file"))?;
        let count = i64::try_from(table.payloads.len()).unwrap_or(i64::MAX);
        record.set("payload_count", Cell::Int(count));
        Ok(())
    }

    /// Reads the table of an import.
    pub(super) fn table_of(&mut self, doctype: &str, url: &str) -> Attempt<Table> {
        let meta = self.meta(doctype)?;
        let Some(bytes) = self.site.database.stored(url).cloned() else {
            return Err(Failure::invalid("Invalid template file for import"));
        };
        let mut rows = rows_of(&bytes)?.into_iter();
        let (Some((_, headings)), rows) = (rows.next(), rows.collect::<Vec<Row>>()) else {
            return Err(Failure::invalid(
                "Import template should contain a Header and atleast one row.",
            ));
        };
        if rows.is_empty() {
            return Err(Failure::invalid(
                "Import template should contain a Header and atleast one row.",
            ));
        }
        let columns = self.columns(&meta, &headings);
        let mut table = Table::default();
        check_times(&columns, &rows, &mut table.warnings);
        let has_tables = columns
            .iter()
            .flatten()
            .any(|column| column.table.is_some());
        let mut at = 0;
        while at < rows.len() {
            let mut end = at + 1;
            while has_tables && end < rows.len() && is_of_rows_only(&columns, &rows[end].1) {
                end += 1;
            }
            let payload = self.payload(&meta, &columns, &rows[at..end], &mut table.warnings);
            table.payloads.push(payload);
            at = end;
        }
        Ok(table)
    }

    fn payload(
        &mut self,
        meta: &Meta,
        columns: &[Option<Column>],
        rows: &[Row],
        warnings: &mut Vec<Value>,
    ) -> Payload {
        let mut values = Map::new();
        for (place, (number, cells)) in rows.iter().enumerate() {
            let mut in_tables: Map<String, Value> = Map::new();
            for (column, cell) in columns.iter().zip(cells) {
                let (Some(column), Some(text)) = (column, cell) else {
                    continue;
                };
                if column.table.is_none() && place > 0 {
                    continue;
                }
                let value = match self.value_of(column.field.as_ref(), text) {
                    Ok(value) => value,
                    Err(message) => {
                        warnings.push(json!({
                            "row": number, "field": {"fieldname": column.fieldname}, "message": message,
                        }));
                        continue;
                    }
                };
                match &column.table {
                    None => drop(values.insert(column.fieldname.clone(), value)),
                    Some(table) => {
                        let row = in_tables.entry(table.clone()).or_insert_with(|| json!({}));
                        row[column.fieldname.as_str()] = value;
                    }
                }
            }
            for (table, row) in in_tables {
                if meta.table(&table).is_some()
                    && let Some(list) = values
                        .entry(table)
                        .or_insert_with(|| json!([]))
                        .as_array_mut()
                {
                    list.push(row);
                }
            }
        }
        Payload {
            values,
            rows: rows.iter().map(|(number, _)| *number).collect(),
        }
    }
}

/// Reads rows with their numbers. Every cell loses the blanks at its ends, and an empty one is none.
fn rows_of(bytes: &[u8]) -> Attempt<Vec<Row>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    let mut rows = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let record =
            record.map_err(|_| Failure::invalid("Not a valid Comma Separated Value (CSV File)"))?;
        let cells: Vec<Option<String>> = record
            .iter()
            .map(|cell| Some(cell.trim().to_owned()).filter(|cell| !cell.is_empty()))
            .collect();
        if cells.iter().any(Option::is_some) {
            rows.push((at + 1, cells));
        }
    }
    Ok(rows)
}

fn is_of_rows_only(columns: &[Option<Column>], cells: &[Option<String>]) -> bool {
    let mut own = columns
        .iter()
        .zip(cells)
        .filter(|(column, _)| column.as_ref().is_some_and(|column| column.table.is_none()));
    own.all(|(_, cell)| cell.is_none())
}

/// One form holds for all times of a column: that of most.
fn check_times(columns: &[Option<Column>], rows: &[Row], warnings: &mut Vec<Value>) {
    for (at, column) in columns.iter().enumerate() {
        let Some(column) = column else { continue };
        let fieldtype = column.field.as_ref().map(|field| &*field.fieldtype);
        if fieldtype != Some("Datetime") {
            continue;
        }
        let times: Vec<(usize, bool)> = rows
            .iter()
            .filter_map(|(number, cells)| Some((*number, cells.get(at)?.as_ref()?.contains('.'))))
            .collect();
        let with_parts = times.iter().filter(|(_, parts)| *parts).count();
        let most_have = with_parts * 2 > times.len();
        for (number, parts) in times {
            if parts != most_have {
                warnings.push(json!({
                    "row": number, "field": {"fieldname": column.fieldname},
                    "message": "Value must be in another format",
                }));
            }
        }
    }
}
