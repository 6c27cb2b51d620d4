//! Columns of a table: what MariaDB would hold for each fieldtype, and how it turns a sent value into a stored one (protocol 5.5).

use std::collections::HashMap;

use serde_json::Value;

use crate::value::{Cell, cint, flt, parse_date, parse_stamp, parse_time, round_decimal};

/// Index of `name` in every row.
pub(crate) const NAME: usize = 0;
/// Index of `owner`.
pub(crate) const OWNER: usize = 1;
/// Index of `creation`.
pub(crate) const CREATION: usize = 2;
/// Index of `modified`.
pub(crate) const MODIFIED: usize = 3;
/// Index of `modified_by`.
pub(crate) const MODIFIED_BY: usize = 4;
/// Index of `docstatus`.
pub(crate) const DOCSTATUS: usize = 5;
/// Index of `idx`.
pub(crate) const IDX: usize = 6;
/// Index of `parent` in rows of child tables.
pub(crate) const PARENT: usize = 7;
/// Index of `parentfield` in rows of child tables.
pub(crate) const PARENTFIELD: usize = 8;
/// Index of `parenttype` in rows of child tables.
pub(crate) const PARENTTYPE: usize = 9;
/// Index of `_user_tags` in rows of other tables.
pub(crate) const USER_TAGS: usize = 7;
/// Index of `_assign` in rows of other tables.
pub(crate) const ASSIGN: usize = 9;

const SHARED: [(&str, Storage); 7] = [
    ("name", Storage::Varchar(140)),
    ("owner", Storage::Varchar(140)),
    ("creation", Storage::Datetime),
    ("modified", Storage::Datetime),
    ("modified_by", Storage::Varchar(140)),
    ("docstatus", Storage::Int),
    ("idx", Storage::Int),
];
const OF_CHILDREN: [(&str, Storage); 3] = [
    ("parent", Storage::Varchar(140)),
    ("parentfield", Storage::Varchar(140)),
    ("parenttype", Storage::Varchar(140)),
];
const OPTIONAL: [(&str, Storage); 4] = [
    ("_user_tags", Storage::Text),
    ("_comments", Storage::Text),
    ("_assign", Storage::Text),
    ("_liked_by", Storage::Text),
];

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    /// `varchar` of this many characters.
    Varchar(usize),
    /// `text`, 65,535 bytes.
    Text,
    /// `longtext`.
    LongText,
    /// `int(1)`, never NULL.
    Check,
    /// `int`, never NULL.
    Int,
    /// `decimal(21,9) not null`.
    Decimal,
    /// `decimal(3,2)`.
    Rating,
    /// `decimal(21,9)`, can be NULL.
    Duration,
    /// `date`.
    Date,
    /// `datetime(6)`.
    Datetime,
    /// `time(6)`.
    Time,
    /// `json`.
    Json,
}

/// Why the database refuses a value; a 500 for the client (protocol 1.3).
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// Not a date or time that MariaDB reads.
    #[error("incorrect {kind} value: '{value}' for column `{column}`")]
    Incorrect {
        /// `datetime`, `date` or `time`.
        kind: &'static str,
        /// What was sent.
        value: String,
        /// Its column.
        column: String,
    },
    /// Longer than the column.
    #[error("data too long for column `{column}`")]
    TooLong {
        /// Its column.
        column: String,
    },
    /// More digits than the column has.
    #[error("out of range value for column `{column}`")]
    OutOfRange {
        /// Its column.
        column: String,
    },
    /// An object in a column of scalars.
    #[error("dict can not be used as parameter")]
    NotScalar,
}

impl Storage {
    /// The column of a fieldtype; `None` for what stores no value (protocol 9).
    pub(crate) fn of(fieldtype: &str, length: i64) -> Option<Self> {
        let characters = usize::try_from(length)
            .ok()
            .filter(|length| *length > 0)
            .unwrap_or(140);
        Some(match fieldtype {
            "Data" | "Link" | "Dynamic Link" | "Select" | "Read Only" | "Color" | "Icon"
            | "Phone" | "Autocomplete" => Self::Varchar(characters),
            "Small Text" | "Text" | "Password" | "Attach" | "Attach Image" => Self::Text,
            "Long Text" | "Code" | "Text Editor" | "Markdown Editor" | "HTML Editor"
            | "Signature" | "Barcode" | "Geolocation" => Self::LongText,
            "Check" => Self::Check,
            "Int" | "Long Int" => Self::Int,
            "Float" | "Currency" | "Percent" => Self::Decimal,
            "Rating" => Self::Rating,
            "Duration" => Self::Duration,
            "Date" => Self::Date,
            "Datetime" => Self::Datetime,
            "Time" => Self::Time,
            "JSON" => Self::Json,
            _ => return None,
        })
    }

    /// Whether the column holds numbers.
    pub(crate) fn is_numeric(self) -> bool {
        matches!(
            self,
            Self::Check | Self::Int | Self::Decimal | Self::Rating | Self::Duration
        )
    }

    /// Whether the column holds a date or a time.
    pub(crate) fn is_temporal(self) -> bool {
        matches!(self, Self::Date | Self::Datetime | Self::Time)
    }

    /// What the column holds after this value was written to it.
    pub(crate) fn store(self, cell: &Cell, column: &str) -> Result<Cell, StoreError> {
        if let Cell::Json(value) = cell {
            return match (self, &**value) {
                (Self::Json, _) => Ok(Cell::text(value.to_string())),
                _ => Err(StoreError::NotScalar),
            };
        }
        match self {
            Self::Check | Self::Int => Ok(Cell::Int(cint(cell))),
            Self::Decimal => decimal(flt(cell), column),
            Self::Rating | Self::Duration if cell.is_null() => Ok(Cell::Null),
            Self::Rating => Ok(Cell::Float((flt(cell) * 100.0).round() / 100.0)),
            Self::Duration => decimal(flt(cell), column),
            _ if cell.is_null() => Ok(Cell::Null),
            Self::Varchar(_) | Self::Text | Self::LongText | Self::Json => self.text(cell, column),
            Self::Datetime => temporal(cell, column, "datetime", |text| {
                parse_stamp(text).map(Cell::Stamp)
            }),
            Self::Date => temporal(cell, column, "date", |text| {
                parse_date(text).map(Cell::Date)
            }),
            Self::Time => temporal(cell, column, "time", |text| {
                parse_time(text).map(Cell::Time)
            }),
        }
    }

    fn text(self, cell: &Cell, column: &str) -> Result<Cell, StoreError> {
        let stored = match cell {
            Cell::Text(_) => cell.clone(),
            other => Cell::text(other.to_text().into_owned()),
        };
        let length = stored.as_text().unwrap_or_default();
        let fits = match self {
            Self::Varchar(most) => length.len() <= most || length.chars().count() <= most,
            Self::Text => length.len() <= 65_535,
            _ => true,
        };
        if fits {
            Ok(stored)
        } else {
            Err(StoreError::TooLong {
                column: column.to_owned(),
            })
        }
    }
}

fn decimal(number: f64, column: &str) -> Result<Cell, StoreError> {
    round_decimal(number)
        .map(Cell::Float)
        .ok_or_else(|| StoreError::OutOfRange {
            column: column.to_owned(),
        })
}

fn temporal(
    cell: &Cell,
    column: &str,
    kind: &'static str,
    parse: impl Fn(&str) -> Option<Cell>,
) -> Result<Cell, StoreError> {
    let text = cell.to_text();
    if text.is_empty() {
        return Ok(Cell::Null);
    }
    parse(&text).ok_or_else(|| StoreError::Incorrect {
        kind,
        value: text.clone().into_owned(),
        column: column.to_owned(),
    })
}

/// One column.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    /// Its name, a fieldname.
    pub(crate) name: Box<str>,
    /// Its type.
    pub(crate) storage: Storage,
    /// What rows hold that were there before the column was.
    pub(crate) default: Cell,
}

/// The columns of a table in the order in which they were added. Like a real table it only ever grows.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    columns: Vec<Column>,
    index: HashMap<Box<str>, usize>,
}

impl Layout {
    /// The standard columns (protocol 5.1): those of a child table or those of any other.
    pub(crate) fn new(is_table: bool) -> Self {
        let mut layout = Self {
            columns: Vec::new(),
            index: HashMap::new(),
        };
        let own: &[(&str, Storage)] = if is_table { &OF_CHILDREN } else { &OPTIONAL };
        for (name, storage) in SHARED.iter().chain(own) {
            layout.add(name, *storage, None);
        }
        layout
    }

    /// Adds a column unless it is there, and returns its index.
    pub(crate) fn add(&mut self, name: &str, storage: Storage, default: Option<&str>) -> usize {
        if let Some(index) = self.index.get(name) {
            self.columns[*index].storage = storage;
            return *index;
        }
        let default = match (storage, default) {
            (Storage::Check | Storage::Int, text) => {
                Cell::Int(text.map_or(0, |text| cint(&Cell::text(text))))
            }
            (Storage::Decimal, text) => {
                Cell::Float(text.map_or(0.0, |text| flt(&Cell::text(text))))
            }
            (_, Some(text)) if !is_dynamic_default(text) => {
                storage.store(&Cell::text(text), name).unwrap_or_default()
            }
            _ => Cell::Null,
        };
        let index = self.columns.len();
        self.columns.push(Column {
            name: name.into(),
            storage,
            default,
        });
        self.index.insert(name.into(), index);
        index
    }

    /// The index of a column.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    /// The column at an index.
    pub(crate) fn column(&self, index: usize) -> &Column {
        &self.columns[index]
    }

    /// How many columns there are.
    pub(crate) fn len(&self) -> usize {
        self.columns.len()
    }

    /// All columns in order.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// A row's cell, or the column's default where the row is older than the column.
    pub(crate) fn cell<'a>(&'a self, cells: &'a [Cell], index: usize) -> &'a Cell {
        cells
            .get(index)
            .unwrap_or_else(|| &self.columns[index].default)
    }

    /// All cells of a row, also of the columns that came later.
    pub(crate) fn complete(&self, cells: &[Cell]) -> Vec<Cell> {
        let later = self.columns.iter().skip(cells.len());
        cells
            .iter()
            .cloned()
            .chain(later.map(|column| column.default.clone()))
            .collect()
    }

    /// A row as JSON with all columns.
    pub(crate) fn to_json(&self, cells: &[Cell]) -> serde_json::Map<String, Value> {
        self.columns
            .iter()
            .enumerate()
            .map(|(index, column)| (column.name.to_string(), self.cell(cells, index).to_json()))
            .collect()
    }
}

/// Whether a default is computed for each document and so is none of the column's.
fn is_dynamic_default(default: &str) -> bool {
    default.is_empty()
        || default.starts_with(':')
        || matches!(default.to_lowercase().as_str(), "today" | "now" | "__user")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_never_null_and_dates_may_be() {
        assert_eq!(Storage::Int.store(&Cell::Null, "i").unwrap(), Cell::Int(0));
        assert_eq!(
            Storage::Decimal.store(&Cell::Null, "d").unwrap(),
            Cell::Float(0.0)
        );
        assert_eq!(
            Storage::Date.store(&Cell::text(""), "d").unwrap(),
            Cell::Null
        );
    }

    #[test]
    fn a_zone_in_a_datetime_is_refused() {
        assert!(
            Storage::Datetime
                .store(&Cell::text("2026-01-01T00:00:00Z"), "at")
                .is_err()
        );
    }

    #[test]
    fn a_row_older_than_a_column_shows_its_default() {
        let mut layout = Layout::new(false);
        let cells = vec![Cell::Null; layout.len()];
        let index = layout.add("grade", Storage::Varchar(140), Some("A"));
        assert_eq!(layout.cell(&cells, index), &Cell::text("A"));
    }
}
