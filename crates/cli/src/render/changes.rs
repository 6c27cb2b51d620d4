//! What an operation of a plan changes: fields, then rows as people find them in the form.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use frappe_sync_engine::{Action, Operation, PlannedChange, PlannedRow, RowFate};
use frappe_sync_model::FieldPath;
use serde_json::Value;

use super::style::{BAD, CAUTION, FAINT, GOOD};
use super::text::{VALUE_WIDTH, count, printable, value};
use super::word_diff::word_diff;

/// The most values of a removed row that are listed.
const LISTED: usize = 6;

/// The operations of a plan by their number, for links to documents that the plan makes.
pub(crate) type Steps<'r> = BTreeMap<u64, &'r Operation>;

/// Returns what an operation changes, line by line.
pub(crate) fn changes(operation: &Operation, steps: &Steps<'_>) -> String {
    let mut text = String::new();
    let mut shown_row: Option<(String, &PlannedRow)> = None;
    for change in &operation.changes {
        match (&change.path, &change.row) {
            (FieldPath::RowField(table, _, field), Some(row)) => {
                let place = (table.to_string(), row);
                if shown_row.as_ref() != Some(&place) {
                    text.push_str(&row_head(&place.0, row, steps));
                    shown_row = Some(place);
                }
                match row.fate {
                    RowFate::Removed => text.push_str(&removed(&change.from)),
                    RowFate::New => {
                        let line = set(field.as_str(), change, operation, steps);
                        let _infallible = writeln!(text, "        {line}");
                    }
                    RowFate::Changed => {
                        text.push_str(&field_text(
                            "        ",
                            field.as_str(),
                            change,
                            operation,
                            steps,
                        ));
                    }
                }
            }
            (FieldPath::Table(table), _) => {
                text.push_str(&order(table.as_str(), change, operation));
            }
            (path, _) => {
                text.push_str(&field_text(
                    "      ",
                    &path.to_string(),
                    change,
                    operation,
                    steps,
                ));
            }
        }
    }
    text
}

/// Returns where a row is, which it is, and what becomes of it.
fn row_head(table: &str, row: &PlannedRow, steps: &Steps<'_>) -> String {
    let keys: Vec<String> = row.key.iter().map(|key| linked(key, steps)).collect();
    let key = if keys.is_empty() {
        String::new()
    } else {
        format!(" ({})", keys.join(", "))
    };
    let head = format!("{} row {}{key}", printable(table), row.number);
    match row.fate {
        RowFate::New => format!("      {GOOD}+ {head}{GOOD:#}\n"),
        RowFate::Changed => format!("      {CAUTION}~ {head}{CAUTION:#}\n"),
        RowFate::Removed => format!("      {BAD}- {head}{BAD:#}\n"),
    }
}

/// Returns some of what a row held that is taken out.
fn removed(row: &Value) -> String {
    let fields = row.as_object().into_iter().flatten();
    let held: Vec<String> = fields
        .filter(|(_, held)| !is_nothing(held))
        .map(|(field, held)| format!("{}: {}", printable(field), value(held)))
        .collect();
    match held.as_slice() {
        [] => String::new(),
        all if all.len() <= LISTED => format!("        {FAINT}{}{FAINT:#}\n", all.join(", ")),
        many => format!(
            "        {FAINT}{}, … {} more{FAINT:#}\n",
            many[..LISTED].join(", "),
            many.len() - LISTED
        ),
    }
}

/// Returns a field with its old and its new value.
fn field_text(
    indent: &str,
    field: &str,
    change: &PlannedChange,
    operation: &Operation,
    steps: &Steps<'_>,
) -> String {
    if operation.action == Action::Create {
        return format!("{indent}{}\n", set(field, change, operation, steps));
    }
    let told = format!(
        "{}{}",
        other_name(change, operation),
        rule(change, operation)
    );
    if let (Value::String(old), Value::String(new)) = (&change.from, &change.to)
        && (is_long(old) || is_long(new))
        && !old.is_empty()
        && !new.is_empty()
    {
        let mut text = format!("{indent}{}:{told}\n", printable(field));
        for line in word_diff(old, new) {
            let _infallible = writeln!(text, "{indent}  {line}");
        }
        return text;
    }
    format!(
        "{indent}{}: {} → {}{told}\n",
        printable(field),
        linked(&change.from, steps),
        linked(&change.to, steps),
    )
}

/// Returns a field with the value that it gets.
fn set(field: &str, change: &PlannedChange, operation: &Operation, steps: &Steps<'_>) -> String {
    format!(
        "{}: {}{}{}",
        printable(field),
        linked(&change.to, steps),
        other_name(change, operation),
        rule(change, operation),
    )
}

/// Returns in which order rows stand, and will stand, by their numbers of now.
fn order(table: &str, change: &PlannedChange, operation: &Operation) -> String {
    let names = |rows: &Value| rows.as_array().cloned().unwrap_or_default();
    let (old, new) = (names(&change.from), names(&change.to));
    let numbers: Vec<String> = new
        .iter()
        .filter_map(|row| old.iter().position(|known| known == row))
        .map(|place| (place + 1).to_string())
        .collect();
    let rows = count(old.len() as u64, "row");
    format!(
        "      {}: {rows} in another order: {}{}\n",
        printable(table),
        numbers.join(", "),
        rule(change, operation)
    )
}

/// Returns a value; of a link to a document that the plan makes, which one that is.
fn linked(shown: &Value, steps: &Steps<'_>) -> String {
    let step = shown.get("op").and_then(Value::as_u64);
    let Some(made) = step.and_then(|step| steps.get(&step)) else {
        return value(shown);
    };
    match &made.counterpart {
        Some(source) => format!(
            "(the new {} from `{}`)",
            made.doctype,
            printable(source.name.as_str())
        ),
        None => format!("(the new {})", made.doctype),
    }
}

/// Returns what the other site calls the document that a value names.
fn other_name(change: &PlannedChange, operation: &Operation) -> String {
    match (&change.other_name, change.to.is_object()) {
        // The document that is made is told by that name already.
        (None, _) | (_, true) => String::new(),
        (Some(name), false) => format!(
            " {FAINT}({} on {}){FAINT:#}",
            value(name),
            operation.site.other()
        ),
    }
}

fn rule(change: &PlannedChange, operation: &Operation) -> String {
    match &change.rule {
        Some(rule) if *rule != operation.reason => {
            format!(" {CAUTION}[{}]{CAUTION:#}", printable(rule))
        }
        _ => String::new(),
    }
}

fn is_long(text: &str) -> bool {
    text.contains('\n') || text.chars().nth(VALUE_WIDTH).is_some()
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value == "" || value.as_f64() == Some(0.0)
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use frappe_sync_engine::{BaseReport, CounterpartReport};
    use frappe_sync_model::Side;
    use serde_json::json;

    use super::*;

    fn operation(id: u64, action: Action, changes: Vec<PlannedChange>) -> Operation {
        Operation {
            id,
            site: Side::B,
            doctype: "Sales Order".into(),
            name: Some("SO-7".into()),
            counterpart: Some(CounterpartReport {
                doctype: "Sales Order".into(),
                name: "SO-1".into(),
            }),
            action,
            base: BaseReport::default(),
            changes,
            after: Vec::new(),
            reason: "changed on `a`".to_owned(),
        }
    }

    fn field(path: &str, from: Value, to: Value) -> PlannedChange {
        PlannedChange::new(path.to_owned().into(), from, to)
    }

    fn in_row(number: u64, item: &str, fate: RowFate, change: PlannedChange) -> PlannedChange {
        PlannedChange {
            row: Some(PlannedRow {
                number,
                key: vec![item.into()],
                fate,
            }),
            ..change
        }
    }

    fn plain(shown: &Operation, others: &[Operation]) -> String {
        let steps = others.iter().map(|step| (step.id, step)).collect();
        strip_str(&changes(shown, &steps)).to_string()
    }

    #[test]
    fn rows_are_told_by_table_number_and_key() {
        let held = json!({ "item_code": "NAIL", "qty": 3.0, "rate": 0.0 });
        let shown = operation(
            1,
            Action::Update,
            vec![
                field("territory", json!("North"), json!("South")),
                in_row(
                    1,
                    "BOLT",
                    RowFate::Changed,
                    field("items[r1].qty", json!(1.0), json!(2.0)),
                ),
                in_row(
                    1,
                    "BOLT",
                    RowFate::Changed,
                    field("items[r1].rate", json!(0.0), json!(9.5)),
                ),
                in_row(
                    3,
                    "NUT",
                    RowFate::New,
                    field("items[r9].item_code", json!(null), json!("NUT")),
                ),
                in_row(
                    3,
                    "NUT",
                    RowFate::New,
                    field("items[r9].qty", json!(null), json!(4.0)),
                ),
                in_row(
                    2,
                    "NAIL",
                    RowFate::Removed,
                    field("items[r2].name", held, json!(null)),
                ),
                field(
                    "items[]",
                    json!(["r1", "r3", "r4"]),
                    json!(["r4", "r1", "r3"]),
                ),
            ],
        );
        insta::assert_snapshot!(plain(&shown, &[]), @r#"
              territory: "North" → "South"
              ~ items row 1 ("BOLT")
                qty: 1.0 → 2.0
                rate: 0.0 → 9.5
              + items row 3 ("NUT")
                item_code: "NUT"
                qty: 4.0
              - items row 2 ("NAIL")
                item_code: "NAIL", qty: 3.0
              items: 3 rows in another order: 3, 1, 2
        "#);
    }

    #[test]
    fn a_link_is_told_under_the_names_of_both_sites() {
        let linked = PlannedChange {
            other_name: Some(json!("CUST-1")),
            ..field("customer", json!("CUST-8"), json!("CUST-7"))
        };
        let made = PlannedChange {
            other_name: Some(json!("SO-1")),
            ..field("amended_from", json!(null), json!({ "op": 2 }))
        };
        let shown = operation(1, Action::Update, vec![linked, made]);
        let others = [operation(2, Action::Create, Vec::new())];
        insta::assert_snapshot!(plain(&shown, &others), @r#"
              customer: "CUST-8" → "CUST-7" ("CUST-1" on a)
              amended_from: (empty) → (the new Sales Order from `SO-1`)
        "#);
    }

    #[test]
    fn the_rule_that_decided_stands_beside_the_value() {
        let decided = PlannedChange {
            rule: Some("newest: `a` was saved later".to_owned()),
            ..field("territory", json!("North"), json!("South"))
        };
        let shown = operation(1, Action::Update, vec![decided]);
        assert_eq!(
            plain(&shown, &[]),
            "      territory: \"North\" → \"South\" [newest: `a` was saved later]\n"
        );
    }

    #[test]
    fn a_long_text_is_shown_where_it_changes() {
        let old = "Deliver before noon.\nRing twice, and wait for the porter.\n";
        let new = old.replace("twice", "once");
        let shown = operation(
            1,
            Action::Update,
            vec![field("terms", json!(old), json!(new))],
        );
        insta::assert_snapshot!(plain(&shown, &[]), @r"
              terms:
                Deliver before noon.⏎Ring [-twice-]{+once+}, and wait for the porter.…
        ");
    }
}
