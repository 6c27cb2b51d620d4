//! Filters of a mapping file, in Frappe's own syntax.

use frappe_sync_model::{Filter, PerSide};
use serde_json::Value;

use crate::Diagnostic;
use crate::source::{Position, Source};
use crate::yaml::{Content, Node};

const EXAMPLE: &str = "for example `[[\"disabled\", \"=\", 0]]`";

/// The filters of each side, and where the field of each stands.
pub(crate) type ReadFilters = (PerSide<Vec<Filter>>, PerSide<Vec<Position>>);

/// Reads the value of `filters`: a list for both sides, or a list for each.
pub(crate) fn read(source: Source<'_>, node: &Node) -> Result<ReadFilters, Diagnostic> {
    match &node.content {
        Content::List(_) => {
            let (filters, places) = read_list(source, node)?;
            let filters = PerSide {
                a: filters.clone(),
                b: filters,
            };
            let places = PerSide {
                a: places.clone(),
                b: places,
            };
            Ok((filters, places))
        }
        Content::Keys(_) => {
            let sides = source.section(node, &["a", "b"], "a list of filters")?;
            let side = |key| match sides.get(key) {
                Some(node) => read_list(source, node),
                None => Ok((Vec::new(), Vec::new())),
            };
            let ((a, a_places), (b, b_places)) = (side("a")?, side("b")?);
            let places = PerSide {
                a: a_places,
                b: b_places,
            };
            Ok((PerSide { a, b }, places))
        }
        _ => Err(source
            .mismatch(node, "a list of filters")
            .with_help(EXAMPLE)),
    }
}

fn read_list(source: Source<'_>, node: &Node) -> Result<(Vec<Filter>, Vec<Position>), Diagnostic> {
    let items = source
        .list(node, "a list of filters")
        .map_err(|diagnostic| diagnostic.with_help(EXAMPLE))?;
    let mut filters = Vec::new();
    let mut places = Vec::new();
    for item in items {
        let (filter, place) = read_filter(source, item)?;
        filters.push(filter);
        places.push(place);
    }
    Ok((filters, places))
}

fn read_filter(source: Source<'_>, node: &Node) -> Result<(Filter, Position), Diagnostic> {
    let parts = source
        .list(node, "a filter, `[field, operator, value]`")
        .map_err(|diagnostic| {
            diagnostic.with_help(format!("filters are a list of lists, {EXAMPLE}"))
        })?;
    let [field, operator, value] = parts else {
        return Err(source
            .diagnostic(
                node.at,
                format!(
                    "a filter has three parts, `[field, operator, value]`, this one has {}",
                    parts.len()
                ),
            )
            .with_help(EXAMPLE));
    };
    let name = source.text(field, "a fieldname")?;
    let operator_text = source.text(operator, "an operator such as `=`")?;
    let json = read_value(source, value)?;
    let filter = Filter::try_from(Value::Array(vec![name.into(), operator_text.into(), json]))
        .map_err(|error| {
            source
                .diagnostic(
                    operator.at,
                    format!("`{operator_text}` is no operator of a filter"),
                )
                .with_help(error.to_string())
        })?;
    check_value(source, &filter, value)?;
    Ok((filter, field.at))
}

/// Reads what a field is compared with.
///
/// A bare number must be written as JSON would write it: `007` and `1.10` are codes as often as numbers,
/// and would lose their zeros.
pub(crate) fn read_value(source: Source<'_>, node: &Node) -> Result<Value, Diagnostic> {
    match &node.content {
        // Frappe stores a Check as 0 or 1.
        Content::Flag(flag) => Ok(Value::from(u8::from(*flag))),
        Content::Text(text) => Ok(Value::from(text.as_str())),
        Content::Number(number) => {
            let written = source.written(node.written_at);
            if number.to_string() == written {
                return Ok(Value::Number(number.clone()));
            }
            let number = number.to_string();
            let plain = number.strip_suffix(".0").unwrap_or(&number);
            Err(source
                .diagnostic(
                    node.at,
                    format!("`{written}` without quotes is the number {plain}"),
                )
                .with_help(format!(
                    "write `\"{written}\"` for the text, or the number as `{plain}`"
                )))
        }
        Content::List(items) => {
            let values: Result<Vec<Value>, Diagnostic> = items
                .iter()
                .map(|item| match item.content {
                    Content::List(_) => Err(source.mismatch(item, "a single value")),
                    _ => read_value(source, item),
                })
                .collect();
            values.map(Value::Array)
        }
        Content::Nothing => Err(source
            .mismatch(node, "a value")
            .with_help("to ask for an empty field, write `[field, \"is\", \"not set\"]`")),
        Content::Keys(_) => Err(source.mismatch(node, "a value")),
    }
}

/// Checks that the value has the shape that its operator takes.
fn check_value(source: Source<'_>, filter: &Filter, node: &Node) -> Result<(), Diagnostic> {
    let operator = filter.operator.as_str();
    let expected = match (operator, &filter.value) {
        ("in" | "not in", Value::Array(_)) => return Ok(()),
        ("in" | "not in", _) => "a list of values",
        ("between", Value::Array(ends)) if ends.len() == 2 => return Ok(()),
        ("between", _) => "a list of two values",
        ("is", Value::String(word)) if ["set", "not set"].contains(&word.as_str()) => return Ok(()),
        ("is", _) => "`set` or `not set`",
        (_, Value::Array(_)) => "a single value",
        _ => return Ok(()),
    };
    let expected = format!("{expected} after `{operator}`");
    Err(source.mismatch(node, &expected))
}
