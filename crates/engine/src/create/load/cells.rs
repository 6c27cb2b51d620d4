//! Values as the cells of a table, and what a cell cannot say.
//!
//! A site takes an empty cell for no value at all, which gets the default; it takes blanks off both ends of a text; and
//! it reads no cell of more than 131,072 characters (protocol 5.6).

use frappe_sync_model::{DocTypeMeta, FieldKind, FieldMeta, FieldPath, Side};
use serde_json::{Map, Value};

use frappe_sync_mapper::EffectiveMapping;

use crate::compose::NewBody;

/// The longest text that goes into a cell, in characters; Python reads 131,072.
const LONGEST: usize = 100_000;

/// What a value becomes.
pub(super) struct Cell {
    pub(super) text: String,
    /// The site makes the value of it again.
    pub(super) is_exact: bool,
}

/// Writes a value as a cell.
pub(super) fn cell(field: Option<&FieldMeta>, value: &Value) -> Cell {
    let fieldtype = field.map_or("", |field| field.fieldtype.as_str());
    let exact = |text: String| Cell {
        is_exact: !text.is_empty() || field.is_none_or(stays_empty),
        text,
    };
    match value {
        Value::Null => exact(String::new()),
        Value::Bool(flag) => exact(u8::from(*flag).to_string()),
        Value::Number(number) if fieldtype == "Duration" => duration(number.as_f64()),
        Value::Number(number) => exact(number.to_string()),
        Value::String(text) if fieldtype == "Duration" => duration(text.parse().ok()),
        Value::String(text) => {
            let bare = text.trim_matches(is_blank).replace('\0', "");
            let cut: String = bare.chars().take(LONGEST).collect();
            let is_whole = cut == *text;
            let cell = exact(cut);
            Cell {
                is_exact: cell.is_exact && is_whole,
                ..cell
            }
        }
        Value::Array(_) | Value::Object(_) => exact(value.to_string()),
    }
}

/// Blanks as Python knows them.
fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&letter)
}

/// Tells whether a field without a value is certain to have none afterwards.
fn stays_empty(field: &FieldMeta) -> bool {
    let has_default = field.default.as_ref().is_some_and(|text| !text.is_empty());
    match field.kind {
        _ if has_default => false,
        // The first choice; a link may have a default of the user's.
        FieldKind::Select => field.options.is_empty() || field.options.starts_with('\n'),
        FieldKind::Link | FieldKind::DynamicLink => false,
        // The time of day.
        FieldKind::Time => false,
        _ => true,
    }
}

/// Writes seconds as Data Import reads them: `1d 2h 3m 4s`.
fn duration(seconds: Option<f64>) -> Cell {
    let whole = seconds.filter(|seconds| seconds.fract() == 0.0 && (0.0..1e12).contains(seconds));
    let Some(seconds) = whole else {
        return Cell {
            text: String::new(),
            is_exact: false,
        };
    };
    // A whole number within the bounds above.
    let seconds = format!("{seconds:.0}").parse::<u64>().unwrap_or_default();
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    Cell {
        text: format!(
            "{}d {}h {}m {}s",
            hours / 24,
            hours % 24,
            minutes % 60,
            seconds % 60
        ),
        is_exact: true,
    }
}

/// Returns the values of a document that its cells cannot say for certain.
pub(crate) fn lossy(mapping: &EffectiveMapping, from: Side, body: &NewBody) -> Vec<FieldPath> {
    let to = from.other();
    let meta = &mapping.meta[to];
    let values = &body.document.body;
    let is_lossy = |meta: Option<&DocTypeMeta>, values: &Map<String, Value>, name: &str| {
        let field = meta.and_then(|meta| meta.field(name));
        values
            .get(name)
            .is_some_and(|value| !cell(field, value).is_exact)
    };
    let mut paths: Vec<FieldPath> = mapping
        .fields
        .iter()
        .filter(|field| is_lossy(Some(&meta.doctype), values, field.names[to].as_str()))
        .map(|field| FieldPath::Field(field.id.clone()))
        .collect();
    for table in &mapping.tables {
        let name = table.names[to].as_str();
        let planned = body.plan.tables.iter().find(|plan| plan.id == table.id);
        let (Some(Value::Array(rows)), Some(planned)) = (values.get(name), planned) else {
            continue;
        };
        for (row, plan) in rows.iter().zip(&planned.rows) {
            let (Some(row), Some(row_name)) = (row.as_object(), &plan.names[from]) else {
                continue;
            };
            let fields = table
                .fields
                .iter()
                .filter(|field| is_lossy(meta.child_of(name), row, field.names[to].as_str()));
            paths.extend(fields.map(|field| {
                FieldPath::RowField(table.id.clone(), row_name.clone(), field.id.clone())
            }));
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(fieldtype: &str, options: &str, default: Option<&str>) -> FieldMeta {
        FieldMeta {
            name: "x".into(),
            label: String::new(),
            fieldtype: fieldtype.to_owned(),
            kind: FieldKind::of_fieldtype(fieldtype),
            options: options.to_owned(),
            length: 0,
            required: false,
            unique: false,
            read_only: false,
            no_copy: false,
            fetch_from: None,
            fetch_if_empty: false,
            is_virtual: false,
            set_only_once: false,
            allow_on_submit: false,
            permlevel: 0,
            default: default.map(str::to_owned),
        }
    }

    fn of(fieldtype: &str, value: &Value) -> (String, bool) {
        let cell = cell(Some(&field(fieldtype, "", None)), value);
        (cell.text, cell.is_exact)
    }

    #[test]
    fn what_a_cell_can_say_it_says_exactly() {
        let cases = [
            ("Data", json!("=1+1"), "=1+1"),
            ("Text", json!("a\r\nb \"c\", d"), "a\r\nb \"c\", d"),
            ("Int", json!(-7), "-7"),
            ("Check", json!(0), "0"),
            ("Currency", json!(1_234_567.891), "1234567.891"),
            ("Duration", json!(93_784), "1d 2h 3m 4s"),
            ("JSON", json!({"a": 1}), "{\"a\":1}"),
            ("Data", json!(""), ""),
        ];
        for (fieldtype, value, text) in cases {
            assert_eq!(
                of(fieldtype, &value),
                (text.to_owned(), true),
                "{fieldtype}"
            );
        }
    }

    #[test]
    fn what_a_cell_cannot_say_is_known() {
        let cases = [
            ("Text", json!(" a\n"), "a"),
            ("Data", json!("  "), ""),
            ("Duration", json!(1.5), ""),
            ("Time", json!(""), ""),
            ("Link", json!(""), ""),
        ];
        for (fieldtype, value, text) in cases {
            assert_eq!(
                of(fieldtype, &value),
                (text.to_owned(), false),
                "{fieldtype}"
            );
        }
        let long = "x".repeat(LONGEST + 1);
        assert!(!of("Long Text", &json!(long)).1);
        let choice = field("Select", "One\nTwo", None);
        assert!(!cell(Some(&choice), &json!("")).is_exact);
        let choice = field("Select", "\nTwo", None);
        assert!(cell(Some(&choice), &json!("")).is_exact);
        let given = field("Data", "", Some("x"));
        assert!(!cell(Some(&given), &json!("")).is_exact);
    }
}
